/** What a throwaway environment leaves alone: any Docker but this machine's, and data that it has not made. */
import { isAbsolute, relative } from "node:path";
import { type Properties, type Step, typeIn } from "./events.ts";
import type { Place } from "./settings.ts";
import { list, text } from "./values.ts";

interface Mount {
    volume?: string;
    hostPath?: string;
}

const SERVICE = "docker:index/service:Service";
const SWARM = "it runs on a Swarm, which is more than this machine";

/** What leads to another Docker than this machine's, as sentences. */
export function elsewhere({ host, context, engine }: Place): string[] {
    const isHere = host === undefined || /^(unix|npipe):\/\//.test(text(host));
    return [
        ...(isHere ? [] : [`its Docker host is ${shown(host)}, which is no socket of this machine`]),
        ...(context === undefined
            ? []
            : [`its Docker context is ${shown(context)}, which may lead to another machine`]),
        ...(engine === "swarm" ? [SWARM] : []),
    ];
}

/** The same of what a program says itself, whatever its settings are. */
export function elsewhereIn(steps: Step[]): string[] {
    const found = steps.flatMap(({ type, urn, new: next }) => {
        if (typeIn(urn) === SERVICE) return [SWARM];
        const { host, context } = next?.inputs ?? {};
        return type === "pulumi:providers:docker" ? elsewhere({ host, context, engine: undefined }) : [];
    });
    return [...new Set(found)];
}

/**
 * Data that was there before, as sentences: volumes, and directories outside of a folder that are not only read.
 *
 * @param steps what is to be made, of an empty stack
 * @param there names of the volumes that Docker has
 */
export function othersData(steps: Step[], stack: string, folder: string, there: string[]): string[] {
    const mounts = steps.flatMap(({ new: next }) => mountsIn(next?.inputs ?? {}));
    const made = steps
        .filter(({ type }) => type.endsWith(":Volume"))
        .map(({ new: next }) => next?.inputs.name);
    const volumes = [...made.map(text), ...mounts.map(({ volume }) => volume ?? "")];
    const directories = mounts.map(({ hostPath }) => hostPath ?? "").filter(isAbsolute);
    return [
        ...new Set([
            ...volumes
                .filter((name) => there.includes(name) && !name.includes(stack))
                .map((name) => `the volume ${name} is there already, and is not its own`),
            ...directories
                .filter((path) => relative(folder, path).startsWith(".."))
                .map((path) => `the directory ${path} is mounted writable, and is not its own`),
        ]),
    ];
}

/** Those of a container, in both ways to write them. */
function mountsIn({ volumes, mounts }: Properties): Mount[] {
    return [
        ...list(volumes).map(({ volumeName, hostPath, readOnly }) =>
            mount(text(volumeName), text(hostPath), readOnly),
        ),
        ...list(mounts).map(({ type, source, readOnly }) => mountOf(type, text(source), readOnly)),
    ];
}

function mountOf(type: unknown, source: string, readOnly: unknown): Mount {
    return type === "bind" ? mount("", source, readOnly) : mount(source, "", readOnly);
}

function mount(volume: string, hostPath: string, readOnly: unknown): Mount {
    return { volume, hostPath: readOnly === true ? undefined : hostPath };
}

function shown(value: unknown): string {
    return text(value) || "a secret";
}
