import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { dump, load } from "js-yaml";

interface StackFile {
    config?: Record<string, unknown>;
    encryptionsalt?: string;
}

interface ProjectFile {
    name: string;
    config?: Record<string, unknown>;
}

/** Where the settings of a stack say that it runs; undefined where they say nothing. */
export interface Place {
    host: unknown;
    context: unknown;
    engine: unknown;
}

/** Ports that a project's settings name, by setting. */
export type Ports = Record<string, number>;

/** The ports of a stack's settings, those of the project where the stack has none of its own. */
export function portsOf(folder: string, stack: string): Ports {
    const { config: declared = {} } = read(folder, "Pulumi.yaml") as ProjectFile;
    const keys = Object.keys(declared).filter((key) => /port$/i.test(key));
    const ports = keys.map((key) => [key, Number(settingOf(folder, stack, key))] as const);
    return Object.fromEntries(ports.filter(([, port]) => Number.isInteger(port) && port > 0));
}

export function placeOf(folder: string, stack: string): Place {
    const [host, context, engine] = ["docker:host", "docker:context", "engine"].map((key) =>
        settingOf(folder, stack, key),
    );
    return { host, context, engine };
}

/** A stack's own setting, else the project's: a value, or a description with one. */
function settingOf(folder: string, stack: string, key: string): unknown {
    const { name, config: declared = {} } = read(folder, "Pulumi.yaml") as ProjectFile;
    const { config = {} } = read(folder, `Pulumi.${stack}.yaml`) as StackFile;
    const full = key.includes(":") ? key : `${name}:${key}`;
    const usual = declared[key] ?? declared[full];
    const described = typeof usual === "object" && usual !== null;
    const { default: start, value } = (described ? usual : { value: usual }) as Record<string, unknown>;
    return config[full] ?? value ?? start;
}

/** A port that is free for each, so that what runs on this machine already is left alone. */
export async function freePorts(ports: Ports): Promise<Ports> {
    const free = await Promise.all(Object.keys(ports).map(async (key) => [key, await freePort()] as const));
    return Object.fromEntries(free);
}

/** Writes the settings of a throwaway stack: those of another, with other ports. */
export function writeSettings(folder: string, like: string, stack: string, ports: Ports): void {
    const { name } = read(folder, "Pulumi.yaml") as ProjectFile;
    const settings = read(folder, `Pulumi.${like}.yaml`) as StackFile;
    const own = Object.fromEntries(Object.entries(ports).map(([key, port]) => [`${name}:${key}`, port]));
    writeFileSync(
        join(folder, `Pulumi.${stack}.yaml`),
        dump({ ...settings, config: { ...settings.config, ...own } }),
    );
}

function read(folder: string, file: string): object {
    try {
        return load(readFileSync(join(folder, file), "utf8")) ?? {};
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
        throw error;
    }
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
    const server = createServer();
    return new Promise((found) => {
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => {
                found(typeof address === "object" && address ? address.port : 0);
            });
        });
    });
}
