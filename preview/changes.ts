import { addresses, changedVariables, Component } from "./components";
import { LATER, MASK, Step } from "./events";
import { list, same, text } from "./values";

/** What a change does to what runs. */
export type Effect = "new" | "removed" | "restarts" | "rolls" | "in place" | "rebuilt" | "runs again";

export interface Changes {
    component: Component;
    /** Sentences for a person, without secrets. */
    what: string[];
    effects: Effect[];
}

/** Properties with a value that says something to a person, and its unit. */
const TOLD: Record<string, string> = {
    ...{ memory: "memory in MiB", cpus: "processors", restart: "restart policy", user: "user" },
    ...{
        readOnly: "read-only root",
        shmSize: "shared memory in MiB",
        destroyGraceSeconds: "time to stop in seconds",
        ...{ replicas: "replicas", constraints: "placement" },
    },
};

/** Properties that others stand for, or that are the provider's own. */
const SILENT = [
    "envs",
    "ports",
    "image",
    "volumes",
    "uploads",
    "memorySwap",
    "networksAdvanced",
    "name",
    "labels",
];

/**
 * @param open the same steps with their secrets, of which only names of variables and files are told
 */
export function changesOf(component: Component, open: Map<string, Step>): Changes | undefined {
    const told = component.steps.map((step) => ofStep(step, open.get(step.urn) ?? step));
    const what = [...new Set(told.flatMap(({ what }) => what))];
    const effects = [...new Set(told.flatMap(({ effects }) => effects))];
    if (component.operation === "create") return { component, what, effects: ["new"] };
    if (component.operation === "delete") return { component, what, effects: ["removed"] };
    return what.length + effects.length === 0 ? undefined : { component, what, effects };
}

interface Told {
    what: string[];
    effects: Effect[];
}

function ofStep(step: Step, open: Step): Told {
    const kind = step.type.split(":").at(-1) ?? "";
    const tell = step.operation === "same" ? undefined : TELLERS[kind];
    return tell?.(step, open) ?? { what: [], effects: [] };
}

const TELLERS: Record<string, (step: Step, open: Step) => Told> = {
    Container: container,
    RemoteImage: ({ operation, old, new: next }) => {
        if (operation === "delete") return told();
        const [before, after] = [text(old?.inputs.name), text(next?.inputs.name)];
        return told(before === "" ? `image ${code(after)}` : `image ${code(before)} → ${code(after)}`);
    },
    Image: ({ operation }) =>
        operation === "delete"
            ? told()
            : {
                  what: [operation === "create" ? "an image is built" : "its image is built anew"],
                  effects: ["rebuilt"],
              },
    Volume: ({ operation, name }) => told(`volume ${code(name)} ${becomes(operation)}`),
    Network: ({ operation, name }) => told(`network ${code(name)} ${becomes(operation)}`),
    Secret: (step, open) => fileOf(step, open),
    ServiceConfig: (step, open) => fileOf(step, open),
    RandomPassword: ({ operation, name }) =>
        told(operation === "replace" ? `${code(name)} is made anew` : `${code(name)} ${becomes(operation)}`),
    RandomInteger: ({ operation, name }) => told(operation === "delete" ? "" : `${code(name)} is chosen`),
    Command: ({ operation, name }) => {
        const task = name.replace(/-run$/, "");
        if (task === name || operation === "delete") return told();
        return {
            what: [`task ${code(task)} runs${operation === "create" ? "" : " again"}`],
            effects: ["runs again"],
        };
    },
};

function told(sentence = ""): Told {
    return { what: sentence === "" ? [] : [sentence], effects: [] };
}

function container(step: Step, open: Step): Told {
    const { operation, name, old, new: next } = step;
    const ports = addresses(next?.inputs);
    if (operation === "create") {
        const published = ports.length > 0 ? `, published on ${ports.map(code).join(", ")}` : "";
        return told(`container ${code(name)} is made${published}`);
    }
    if (operation === "delete") return told(`container ${code(name)} is removed`);
    const before = addresses(old?.inputs);
    const what = [
        ...variableChanges(open),
        ...(same(before, ports) ? [] : [`published on ${listed(before)} → ${listed(ports)}`]),
        ...fileChanges(open),
        ...mountChanges(step),
        ...otherChanges(step),
    ];
    const image = same(old?.inputs.image, next?.inputs.image) ? [] : ["runs the new image"];
    const effect = effectOf(step, what.length + image.length);
    return { what: [...what, ...image].map((sentence) => `${code(name)}: ${sentence}`), effects: [effect] };
}

/** On a Swarm a service is changed in place: its containers are made anew, but for their number. */
function effectOf({ operation, old, new: next }: Step, changes: number): Effect {
    if (operation === "replace") return "restarts";
    const scaled = same(old?.inputs.replicas, next?.inputs.replicas) ? 0 : 1;
    if (changes === scaled) return "in place";
    const order = next?.inputs.updateOrder;
    return order === "start-first" ? "rolls" : order === "stop-first" ? "restarts" : "in place";
}

function listed(ports: string[]): string {
    return ports.length === 0 ? "nothing" : ports.map(code).join(", ");
}

function variableChanges(open: Step): string[] {
    const { added, removed, changed } = changedVariables(open);
    const groups: [string, string[]][] = [
        ["new", added],
        ["changed", changed],
        ["removed", removed],
    ];
    return groups.flatMap(([how, names]) =>
        names.length === 0
            ? []
            : [`${how} ${names.length === 1 ? "variable" : "variables"} ${names.map(code).join(", ")}`],
    );
}

function fileChanges({ old, new: next }: Step): string[] {
    const before = new Map(list(old?.inputs.uploads).map((file) => [text(file.file), file]));
    const after = list(next?.inputs.uploads);
    const changed = after
        .filter((file) => !same(before.get(text(file.file)), file))
        .map(({ file }) => text(file));
    return changed.map((file) => `file ${code(file)} changes`);
}

/** A file of a service, which is a resource of its own; of one that holds variables, their names. */
function fileOf({ operation, name }: Step, { old, new: next }: Step): Told {
    if (operation !== "replace") return told();
    if (!name.endsWith("-environment")) return told(`file ${code(name)} changes`);
    const lines = (state: Step["old"]) => ({ inputs: { envs: exported(state?.inputs.data) }, outputs: {} });
    const changed = { operation, name, urn: "", type: "", old: lines(old), new: lines(next) };
    return { what: variableChanges(changed), effects: [] };
}

/** The lines `NAME=value` of a file of variables. */
function exported(data: unknown): string[] {
    const file = Buffer.from(text(data), "base64").toString();
    return file.split(/^export /m).filter(Boolean);
}

function mountChanges({ old, new: next }: Step): string[] {
    const shown = (inputs: Step["old"]) =>
        list(inputs?.inputs.volumes).map(
            ({ containerPath, volumeName, hostPath }) =>
                `${text(volumeName) || text(hostPath)} at ${text(containerPath)}`,
        );
    const [before, after] = [shown(old), shown(next)];
    if (same(before, after)) return [];
    return [
        `mounts ${before.map(code).join(", ") || "nothing"} → ${after.map(code).join(", ") || "nothing"}`,
    ];
}

function otherChanges({ old, new: next }: Step): string[] {
    const names = [
        ...new Set([...Object.keys(old?.inputs ?? {}), ...Object.keys(next?.inputs ?? {})]),
    ].sort();
    return names
        .filter((name) => !SILENT.includes(name) && !same(old?.inputs[name], next?.inputs[name]))
        .map((name) => {
            const values = [old?.inputs[name], next?.inputs[name]].map(shown);
            return name in TOLD ? `${TOLD[name] ?? name} ${values.join(" → ")}` : `${code(name)} changes`;
        });
}

function shown(value: unknown): string {
    if (value === undefined) return "none";
    return value === MASK || value === LATER ? value : code(JSON.stringify(value).replace(/"/g, ""));
}

function becomes(operation: Step["operation"]): string {
    return {
        create: "is made",
        delete: "is removed",
        replace: "is replaced",
        update: "changes",
        same: "stays",
    }[operation];
}

/** As code; what is in it can't end it. */
export function code(value: string): string {
    return `\`${value.replace(/[`|\r\n]/g, " ")}\``;
}
