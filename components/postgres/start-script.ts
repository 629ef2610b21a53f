import { readScript } from "../shared/scripts.ts";

/**
 * The script that a Postgres starts with.
 *
 * @param volume where the volume or directory with the data is mounted, if there is one
 */
export function startScript(volume = ""): string {
    return readScript(import.meta.dirname, "start.sh").replace(/^volume=$/m, `volume=${volume}`);
}
