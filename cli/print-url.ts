import { warn } from "./output.ts";
import type { PlacedContainer } from "./stack-inventory.ts";

/** Prints a URL for programs, and, if the engine is on another machine, how to reach it from here. */
export function printUrl({ engine: { address } }: PlacedContainer, url: string): void {
    process.stdout.write(`${url}\n`);
    const { hostname, port } = new URL(url);
    if (address.startsWith("ssh://") && ["127.0.0.1", "localhost"].includes(hostname))
        warn(
            `The URL is for programs on ${address}. To use it here, forward its port: \`ssh -N -L ${port}:127.0.0.1:${port} ${address}\``,
        );
}
