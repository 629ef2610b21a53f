import { changedVariables } from "./components.ts";
import { LATER, MASK, type Step } from "./events.ts";
import { list, same, text } from "./values.ts";

/** Properties with a value that says something to a person, and its unit. */
const TOLD: Record<string, string> = {
    memory: "memory in MiB",
    cpus: "processors",
    restart: "restart policy",
    user: "user",
    readOnly: "read-only root",
    shmSize: "shared memory in MiB",
    destroyGraceSeconds: "time to stop in seconds",
    replicas: "replicas",
    constraints: "placement",
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

export function variableChanges(open: Step): string[] {
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

export function fileChanges({ old, new: next }: Step): string[] {
    const before = new Map(list(old?.inputs.uploads).map((file) => [text(file.file), file]));
    const after = list(next?.inputs.uploads);
    const changed = after
        .filter((file) => !same(before.get(text(file.file)), file))
        .map(({ file }) => text(file));
    return changed.map((file) => `file ${code(file)} changes`);
}

/** The lines `NAME=value` of a file of variables. */
export function exported(data: unknown): string[] {
    const file = Buffer.from(text(data), "base64").toString();
    return file.split(/^export /m).filter(Boolean);
}

export function mountChanges({ old, new: next }: Step): string[] {
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

export function otherChanges({ old, new: next }: Step): string[] {
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

/** As code; what is in it can't end it. */
export function code(value: string): string {
    return `\`${value.replace(/[`|\r\n]/g, " ")}\``;
}
