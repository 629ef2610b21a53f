import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { StateResource } from "./stack";

/** What the docker CLI prints: a look at the engine past the plugin that is tested. */
export function docker(...args: string[]): string {
    return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** What the engine knows of a container, network, volume or image; undefined where there is none. */
export function lookUp(name: string): unknown {
    try {
        return (JSON.parse(docker("inspect", name)) as unknown[])[0];
    } catch {
        return undefined;
    }
}

export function inspect(name: string): Container | undefined {
    return lookUp(name) as Container | undefined;
}

/** The part of an inspected container that the tests look at. */
export interface Container {
    Id: string;
    Name: string;
    State: { Running: boolean; ExitCode: number; Health?: { Status: string } };
    RestartCount: number;
    Config: { Env: string[]; Labels: Record<string, string> };
    HostConfig: { Memory: number; RestartPolicy: { Name: string } };
}

/** IDs of the containers, running or not, that carry a label. */
export function labelled(label: string): string[] {
    return docker("ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${label}`).split("\n").filter(Boolean);
}

/** Removes what a test left behind on purpose, such as the container of a killed update. */
export function removeLabelled(label: string): void {
    for (const id of labelled(label)) docker("rm", "--force", "--volumes", id);
}

/** A port of 127.0.0.1 that nothing listens on. */
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

export const nameOf = ({ urn }: { urn: string }) => urn.split("::").pop() ?? "";

export function byName(resources: StateResource[]): Record<string, StateResource | undefined> {
    return Object.fromEntries(resources.map((resource) => [nameOf(resource), resource]));
}
