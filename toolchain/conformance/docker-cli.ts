import { execFileSync } from "node:child_process";
import { createServer } from "node:net";

/** Runs the docker CLI and returns its output. */
export function docker(...args: string[]): string {
    return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Inspects a container, network, volume or image; undefined if it does not exist. */
export function inspectAny(name: string): unknown {
    try {
        return (JSON.parse(docker("inspect", name)) as unknown[])[0];
    } catch {
        return undefined;
    }
}

export function inspectContainer(name: string): Container | undefined {
    return inspectAny(name) as Container | undefined;
}

/** The fields of an inspected container that tests use. */
export interface Container {
    Id: string;
    Name: string;
    State: { Running: boolean; ExitCode: number; Health?: { Status: string } };
    RestartCount: number;
    Config: { Env: string[]; Labels: Record<string, string> };
    HostConfig: { Memory: number; RestartPolicy: { Name: string } };
}

/** IDs of all containers with a label, running or not. */
export function labelledContainers(label: string): string[] {
    return docker("ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${label}`)
        .split("\n")
        .filter(Boolean);
}

/** Removes containers that a test has left behind, such as that of a killed update. */
export function removeLabelled(label: string): void {
    for (const id of labelledContainers(label)) docker("rm", "--force", "--volumes", id);
}

/** A free port of 127.0.0.1. */
export function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer().on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => {
                resolve(typeof address === "object" && address ? address.port : 0);
            });
        });
    });
}
