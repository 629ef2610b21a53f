import type { Description, Effect } from "../changes.ts";
import { MASK, type State, type Step, UNKNOWN } from "../events.ts";
import { code, codeList, equal, objects, string } from "../values.ts";
import { describeMounts } from "./mounts.ts";
import { formatPublishedPorts } from "./published.ts";

/** A docker.Container, or a docker.Service in the properties of one. */
export function describeContainer(step: Step, unmasked: Step): Description {
    const { operation, name, old, new: next } = step;
    if (operation === "create") {
        const addresses = publishedAddresses(next?.inputs);
        const published = addresses.length > 0 ? `, published on ${codeList(addresses)}` : "";
        return { sentences: [`container ${code(name)} is created${published}`], effects: [] };
    }
    if (operation === "delete") return { sentences: [`container ${code(name)} is removed`], effects: [] };
    const changes = describeProperties(step, unmasked);
    if (!equal(old?.inputs.image, next?.inputs.image)) changes.push("runs the new image");
    const effect = effectOf(unmasked);
    if (effect === "rolling update") changes.push("its old and its new container overlap");
    return { sentences: changes.map((change) => `${code(name)}: ${change}`), effects: [effect] };
}

/**
 * The changed properties of a container, except for its image.
 *
 * @param unmasked the same step with its secrets, of which only names of variables and files are shown
 */
export function describeProperties(step: Step, unmasked: Step): string[] {
    const [before, after] = [publishedAddresses(step.old?.inputs), publishedAddresses(step.new?.inputs)];
    return [
        ...describeVariables(unmasked),
        ...(equal(before, after) ? [] : [`published on ${codeList(before)} → ${codeList(after)}`]),
        ...describeHostNames(step),
        ...describeFiles(unmasked),
        ...describeMounts(step),
        ...describeOtherProperties(step),
    ];
}

/** Name of a container that is created beside the one that it replaces (uniqueName in engines/docker/docker-engine.ts). */
const UNIQUE_NAME = /-[0-9a-f]{6,7}$/;

/** A service of a Swarm is updated in place, which replaces its containers if their specification or its ports change. */
function effectOf({ operation, old, new: next }: Step): Effect {
    const name = string(next?.inputs.name);
    if (operation === "replace")
        return name !== old?.inputs.name && UNIQUE_NAME.test(name) ? "rolling update" : "restarts";
    if (["taskSpec", "endpointSpec"].every((key) => equal(old?.inputs[key], next?.inputs[key])))
        return "in place";
    return next?.inputs.updateOrder === "start-first" ? "rolling update" : "restarts";
}

/** Published addresses of a container, for example `127.0.0.1:3000`. */
export function publishedAddresses(inputs: State["inputs"] | undefined): string[] {
    return formatPublishedPorts(inputs?.ports, "0.0.0.0", "chosen by Docker");
}

/** The short host names on the networks of the container. */
function describeHostNames({ old, new: next }: Step): string[] {
    // A container that is created beside another one gets its host names later.
    if (UNIQUE_NAME.test(string(next?.inputs.name))) return [];
    const [before, after] = [hostNames(old), hostNames(next)];
    return equal(before, after) ? [] : [`host names ${codeList(before)} → ${codeList(after)}`];
}

function hostNames(state: State | undefined): string[] {
    return objects(state?.inputs.networksAdvanced)
        .flatMap(({ aliases }) => (Array.isArray(aliases) ? aliases.map(string) : []))
        .sort();
}

/** Environment variables of a container by name. */
export function variables(envs: unknown): Map<string, string> {
    const lines = Array.isArray(envs) ? envs.map(string) : [];
    return new Map(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
}

/** Names of the variables that are added, changed or removed. */
function describeVariables({ old, new: next }: Step): string[] {
    return describeVariableNames(old?.inputs.envs ?? [], next?.inputs.envs ?? []);
}

/** @param before lines `NAME=value`, as `after` */
export function describeVariableNames(before: unknown, after: unknown): string[] {
    if (after === UNKNOWN) return ["variables change"];
    if (!Array.isArray(before) || !Array.isArray(after)) return [];
    const [old, next] = [variables(before), variables(after)];
    const names = [...new Set([...old.keys(), ...next.keys()])].sort();
    const groups: Record<string, string[]> = {
        new: names.filter((name) => !old.has(name)),
        changed: names.filter((name) => old.has(name) && next.has(name) && old.get(name) !== next.get(name)),
        removed: names.filter((name) => !next.has(name)),
    };
    return Object.entries(groups).flatMap(([change, group]) =>
        group.length === 0
            ? []
            : [`${change} ${group.length === 1 ? "variable" : "variables"} ${codeList(group)}`],
    );
}

function describeFiles({ old, new: next }: Step): string[] {
    const [oldHashes, newHashes] = [fileHashes(old), fileHashes(next)];
    const [before, after] = [
        new Map([...uploads(old), ...oldHashes]),
        new Map([...uploads(next), ...newHashes]),
    ];
    return [...new Set([...after.keys(), ...oldHashes.keys()])]
        .filter((path) => !equal(before.get(path), after.get(path)))
        .map((path) => {
            const change = !after.has(path) ? "is removed" : before.has(path) ? "changes" : "is added";
            return `file ${code(path)} ${change}`;
        });
}

/** The files that are uploaded to a container, by path. The official provider hides them as a whole. */
function uploads(state: State | undefined): [string, unknown][] {
    return objects(state?.inputs.uploads).map((file) => [string(file.file), file]);
}

/** Label of a file of the user. On a container, the path of the file follows, and the value is a hash (engines/file-labels.ts). */
export const FILE_LABEL = "drydock.file";

function fileHashes(state: State | undefined): Map<string, unknown> {
    const start = `${FILE_LABEL}.`;
    const labels = objects(state?.inputs.labels).filter(({ label }) => string(label).startsWith(start));
    return new Map(labels.map(({ label, value }) => [string(label).slice(start.length), value]));
}

/** Properties whose values are shown, with their unit. */
const SHOWN: Record<string, string> = {
    memory: "memory in MiB",
    cpus: "CPUs",
    restart: "restart policy",
    user: "user",
    readOnly: "read-only root file system",
    shmSize: "shared memory in MiB",
    destroyGraceSeconds: "stop timeout in seconds",
    replicas: "replicas",
    constraints: "placement constraints",
};

/** Properties that are described elsewhere, or that follow from others. */
const HIDDEN = [
    "envs",
    "ports",
    "image",
    "volumes",
    "uploads",
    "memorySwap",
    "networksAdvanced",
    "name",
    "labels",
    "updateOrder",
    "taskSpec",
    "endpointSpec",
];

function describeOtherProperties({ old, new: next }: Step): string[] {
    const names = new Set([...Object.keys(old?.inputs ?? {}), ...Object.keys(next?.inputs ?? {})]);
    return (
        [...names]
            .sort()
            .filter((name) => !HIDDEN.includes(name) && !equal(old?.inputs[name], next?.inputs[name]))
            // It follows from the links, as the networks do, and is not known if one of their passwords is not.
            .filter((name) => name !== "hosts" || next?.inputs.hosts !== UNKNOWN)
            .map((name) => {
                const label = SHOWN[name];
                return label === undefined
                    ? `${code(name)} changes`
                    : `${label} ${shown(old?.inputs[name])} → ${shown(next?.inputs[name])}`;
            })
    );
}

function shown(value: unknown): string {
    if (value === undefined) return "none";
    return value === MASK || value === UNKNOWN ? value : code(JSON.stringify(value).replace(/"/g, ""));
}
