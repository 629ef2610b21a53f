import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds or pulls images that only tests use, unless Docker has them. */
export function provideImages(...images: string[]): void {
    const script = join(import.meta.dirname, "../../toolchain/images/build.sh");
    execFileSync(script, images, { stdio: ["ignore", "pipe", "pipe"] });
}
