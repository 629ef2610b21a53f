import type { Operation, Plan, Step } from "./events.ts";
import { list, text, variables } from "./values.ts";

/** The resources of one component, or one that belongs to none. */
export interface Component {
    name: string;
    /** Such as `PostgresService`. */
    kind: string;
    operation: Operation;
    steps: Step[];
}

const DRYDOCK = "drydock:index:";

/** The steps by the outermost component that they belong to, in the order of the alphabet. */
export function componentsOf({ steps }: Plan): Component[] {
    const byUrn = new Map(steps.map((step) => [step.urn, step]));
    const found = new Map<string, Component>();
    for (const step of steps.filter(
        ({ type }) => type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:"),
    )) {
        const owner = outermost(step, byUrn);
        const component = found.get(owner.urn) ?? {
            name: owner.name,
            kind: owner.type.replace(DRYDOCK, ""),
            operation: owner.operation,
            steps: [],
        };
        component.steps.push(step);
        found.set(owner.urn, component);
    }
    return [...found.values()].sort((a, b) => a.name.localeCompare(b.name) || a.kind.localeCompare(b.kind));
}

function outermost(step: Step, byUrn: Map<string, Step>): Step {
    let owner = step;
    for (let at: Step | undefined = step; at; at = byUrn.get((at.new ?? at.old)?.parent ?? "")) {
        if (at.type.startsWith(DRYDOCK)) owner = at;
    }
    return owner;
}

/** Whether there is data before and after, which what runs then is to read. */
export function keepsData({ operation, steps }: Component): boolean {
    if (operation === "create" || operation === "delete") return false;
    return steps.some(
        ({ type, old, new: next }) =>
            type.endsWith(":Container") &&
            [old, next].every((state) => list(state?.inputs.volumes).length > 0),
    );
}

/**
 * Whether a volume that is deleted or replaced in the state stays in Docker: those of Drydock's components go with
 * the component, and not before. In states of version 0.1.0 they go at once.
 */
export function keepsVolume({ old }: Step, { operation, steps }: Component): boolean {
    return (
        operation !== "delete" &&
        steps.some(({ type }) => type.startsWith(DRYDOCK)) &&
        old?.inputs.deletedAtOnce !== true
    );
}

/** Names of the variables in a container's environment whose values differ, of what secrets are known. */
export function changedVariables(step: Step): { added: string[]; removed: string[]; changed: string[] } {
    const both = [step.old?.inputs.envs ?? [], step.new?.inputs.envs ?? []];
    if (!both.every(Array.isArray)) return { added: [], removed: [], changed: [] }; // Not known before the update.
    const [before, after] = [variables(both[0]), variables(both[1])];
    const names = [...new Set([...before.keys(), ...after.keys()])].sort();
    return {
        added: names.filter((name) => !before.has(name)),
        removed: names.filter((name) => !after.has(name)),
        changed: names.filter(
            (name) => before.has(name) && after.has(name) && before.get(name) !== after.get(name),
        ),
    };
}

/** Published ports of a container, such as `127.0.0.1:3000`. */
export function addresses(inputs: Record<string, unknown> | undefined): string[] {
    return list(inputs?.ports).map(
        ({ ip, external }) => `${text(ip) || "0.0.0.0"}:${text(external) || "chosen by Docker"}`,
    );
}
