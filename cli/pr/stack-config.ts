import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "yaml";
import { isPortUsed } from "../ports.ts";
import { configFile, configValue, fullKey, type Project, readProject, readStackFile } from "../project.ts";

/** Where a stack runs according to its config. Unset values are undefined. */
export interface Target {
    host: unknown;
    context: unknown;
    engine: unknown;
}

/** Ports in the config of a project, by key. */
export type Ports = Record<string, number>;

/** Returns the ports in the config of a stack, or their defaults in the project. */
export function configuredPorts(directory: string, stack: string): Ports {
    const project = projectIn(directory);
    const keys = Object.keys(project.file.config ?? {}).filter((key) => /port$/i.test(key));
    const ports = keys.map((key) => [key, Number(configValue(project, stack, key))] as const);
    return Object.fromEntries(ports.filter(([, port]) => Number.isInteger(port) && port > 0));
}

export function configuredTarget(directory: string, stack: string): Target {
    const project = projectIn(directory);
    const [host, context, engine] = ["docker:host", "docker:context", "engine"].map((key) =>
        configValue(project, stack, key),
    );
    return { host, context, engine };
}

/** A revision may have no project yet. */
function projectIn(directory: string): Project {
    return readProject(directory) ?? { directory, name: "", file: {} };
}

/** Returns a free port for each key. */
export async function freePorts(ports: Ports): Promise<Ports> {
    const free = await Promise.all(Object.keys(ports).map(async (key) => [key, await freePort()] as const));
    return Object.fromEntries(free);
}

/** Writes the config of a stack: a copy of another stack's, with other ports. */
export function writeConfig(directory: string, source: string, stack: string, ports: Ports): void {
    const project = projectIn(directory);
    const { config, ...rest } = readStackFile({ project, name: source });
    const changed = Object.fromEntries(
        Object.entries(ports).map(([key, port]) => [fullKey(project, key), port]),
    );
    const file = configFile({ project, name: stack });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stringify({ ...rest, config: { ...config, ...changed } }));
}

/**
 * Returns a port of this machine that no process listens on, below those for outgoing connections on Linux (from 32768),
 * which any program could take before the stack does.
 */
export async function freePort(): Promise<number> {
    for (;;) {
        const port = randomInt(20_000, 30_000);
        if (!(await isPortUsed(port))) return port;
    }
}
