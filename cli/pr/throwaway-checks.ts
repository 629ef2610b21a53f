/** What a throwaway stack must not use: a Docker Engine on another machine, and data that it did not create. */
import { isAbsolute, relative } from "node:path";
import { type Properties, type Step, typeIn } from "./events.ts";
import type { Target } from "./stack-config.ts";
import { objects, string } from "./values.ts";
import { SERVICE } from "../resource-types.ts";

const SWARM = "it runs on a Swarm, which may have other machines";

/** Describes each part of the config that may refer to a Docker Engine on another machine. */
export function remoteDaemons({ host, context, engine }: Target): string[] {
    const isLocal = host === undefined || /^(unix|npipe):\/\//.test(string(host));
    return [
        ...(isLocal ? [] : [`its Docker host is ${shown(host)}, which is not a socket of this machine`]),
        ...(context === undefined
            ? []
            : [`its Docker context is ${shown(context)}, which may be on another machine`]),
        ...(engine === "swarm" ? [SWARM] : []),
    ];
}

/** Like remoteDaemons, for the resources that a program declares, whatever its config says. */
export function remoteDaemonsIn(steps: Step[]): string[] {
    const found = steps.flatMap(({ type, urn, new: next }) => {
        if (typeIn(urn) === SERVICE) return [SWARM];
        const { host, context } = next?.inputs ?? {};
        return type === "pulumi:providers:docker" ? remoteDaemons({ host, context, engine: undefined }) : [];
    });
    return [...new Set(found)];
}

/**
 * Describes data that exists already and does not belong to the stack: volumes, and directories outside of the checkout
 * that are mounted writable.
 *
 * @param steps the creation of the whole stack
 * @param existing names of the volumes that Docker has
 */
export function foreignData(steps: Step[], stack: string, checkout: string, existing: string[]): string[] {
    const mounts = steps.flatMap(({ new: next }) => mountsOf(next?.inputs ?? {}));
    const created = steps
        .filter(({ type }) => type.endsWith(":Volume"))
        .map(({ new: next }) => next?.inputs.name);
    const volumes = [...created.map(string), ...mounts.map(({ volume }) => volume ?? "")];
    const directories = mounts.map(({ directory }) => directory ?? "").filter(isAbsolute);
    return [
        ...new Set([
            ...volumes
                .filter((name) => existing.includes(name) && !name.includes(stack))
                .map((name) => `the volume ${name} already exists and does not belong to this stack`),
            ...directories
                .filter((path) => relative(checkout, path).startsWith(".."))
                .map((path) => `the directory ${path} is outside of the checkout and is mounted writable`),
        ]),
    ];
}

interface Mount {
    volume?: string;
    /** Undefined if it is mounted read-only. */
    directory?: string;
}

/** The mounts of a container: `volumes` and `mounts` are two ways to declare one. */
function mountsOf({ volumes, mounts }: Properties): Mount[] {
    return [
        ...objects(volumes).map(({ volumeName, hostPath, readOnly }) =>
            mount(string(volumeName), string(hostPath), readOnly),
        ),
        ...objects(mounts).map(({ type, source, readOnly }) =>
            type === "bind" ? mount("", string(source), readOnly) : mount(string(source), "", readOnly),
        ),
    ];
}

function mount(volume: string, hostPath: string, readOnly: unknown): Mount {
    return { volume, directory: readOnly === true ? undefined : hostPath };
}

function shown(value: unknown): string {
    return string(value) || "secret";
}
