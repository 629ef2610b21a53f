import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The script that a Postgres starts with.
 *
 * @param volume where the volume or directory with the data is mounted, if there is one
 */
export function startScript(volume = ""): string {
    const script = readFileSync(join(import.meta.dirname, "start.sh"), "utf8");
    return script.replace(/^volume=$/m, `volume=${volume}`);
}
