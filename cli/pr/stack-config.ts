import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";

interface StackFile {
    config?: Record<string, unknown>;
    encryptionsalt?: string;
}

interface ProjectFile {
    name: string;
    config?: Record<string, unknown>;
}

/** Where a stack runs according to its config. Undefined values are not set. */
export interface Target {
    host: unknown;
    context: unknown;
    engine: unknown;
}

/** Ports in the config of a project, by key. */
export type Ports = Record<string, number>;

/** Returns the ports in the config of a stack, or their defaults in the project. */
export function configuredPorts(directory: string, stack: string): Ports {
    const { config: declared = {} } = read(directory, "Pulumi.yaml") as ProjectFile;
    const keys = Object.keys(declared).filter((key) => /port$/i.test(key));
    const ports = keys.map((key) => [key, Number(configValue(directory, stack, key))] as const);
    return Object.fromEntries(ports.filter(([, port]) => Number.isInteger(port) && port > 0));
}

export function configuredTarget(directory: string, stack: string): Target {
    const [host, context, engine] = ["docker:host", "docker:context", "engine"].map((key) =>
        configValue(directory, stack, key),
    );
    return { host, context, engine };
}

/** The value of the stack, or the default of the project: a plain value, or an object with one. */
function configValue(directory: string, stack: string, key: string): unknown {
    const { name, config: declared = {} } = read(directory, "Pulumi.yaml") as ProjectFile;
    const { config = {} } = read(directory, `Pulumi.${stack}.yaml`) as StackFile;
    const full = key.includes(":") ? key : `${name}:${key}`;
    const inProject = declared[key] ?? declared[full];
    const isObject = typeof inProject === "object" && inProject !== null;
    const { default: initial, value } = (isObject ? inProject : { value: inProject }) as Record<
        string,
        unknown
    >;
    return config[full] ?? value ?? initial;
}

/** Returns a free port for each key. */
export async function freePorts(ports: Ports): Promise<Ports> {
    const free = await Promise.all(Object.keys(ports).map(async (key) => [key, await freePort()] as const));
    return Object.fromEntries(free);
}

/** Writes the config of a stack: that of another one, with other ports. */
export function writeConfig(directory: string, source: string, stack: string, ports: Ports): void {
    const { name } = read(directory, "Pulumi.yaml") as ProjectFile;
    const { config, ...rest } = read(directory, `Pulumi.${source}.yaml`) as StackFile;
    const changed = Object.fromEntries(Object.entries(ports).map(([key, port]) => [`${name}:${key}`, port]));
    writeFileSync(
        join(directory, `Pulumi.${stack}.yaml`),
        stringify({ ...rest, config: { ...config, ...changed } }),
    );
}

function read(directory: string, file: string): object {
    try {
        return (parse(readFileSync(join(directory, file), "utf8")) ?? {}) as object;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
        throw error;
    }
}

/**
 * Returns a port of this machine that no process listens on. Not one that Linux uses for outgoing connections (from
 * 32768), as any program could take that before the stack does.
 */
export async function freePort(): Promise<number> {
    for (;;) {
        const port = randomInt(20_000, 30_000);
        if (await isFree(port)) return port;
    }
}

function isFree(port: number): Promise<boolean> {
    const server = createServer();
    return new Promise((resolve) => {
        server.once("error", () => {
            resolve(false);
        });
        server.listen(port, "127.0.0.1", () => {
            server.close(() => {
                resolve(true);
            });
        });
    });
}
