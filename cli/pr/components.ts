import type { Operation, Plan, Step } from "./events.ts";
import { DRYDOCK } from "../resource-types.ts";

/** The resources of one component, or a single resource outside of components. */
export interface Component {
    name: string;
    /** For example `PostgresService`. The type of the resource if it is not in a component. */
    kind: string;
    operation: Operation;
    steps: Step[];
}

/** Groups the steps by the outermost component of the library that they belong to, sorted by name. */
export function componentsOf({ steps }: Plan): Component[] {
    const byUrn = new Map(steps.map((step) => [step.urn, step]));
    const components = new Map<string, Component>();
    for (const step of steps) {
        if (step.type === "pulumi:pulumi:Stack" || step.type.startsWith("pulumi:providers:")) continue;
        const owner = outermostComponent(step, byUrn);
        const component = components.get(owner.urn) ?? {
            name: owner.name,
            kind: owner.type.replace(DRYDOCK, ""),
            operation: owner.operation,
            steps: [],
        };
        component.steps.push(step);
        components.set(owner.urn, component);
    }
    return [...components.values()].sort(
        (a, b) => a.name.localeCompare(b.name) || a.kind.localeCompare(b.kind),
    );
}

function outermostComponent(step: Step, byUrn: Map<string, Step>): Step {
    let owner = step;
    for (let at: Step | undefined = step; at; at = byUrn.get((at.new ?? at.old)?.parent ?? ""))
        if (isComponent(at)) owner = at;
    return owner;
}

export function isComponent({ type }: Step): boolean {
    return type.startsWith(DRYDOCK) && !type.endsWith("Container");
}

/** Whether it is a component of the library, and not a resource outside of components. */
export function isDrydockComponent({ steps }: Component): boolean {
    return steps.some(isComponent);
}

/** Whether clients may log in to it with a password: a database, a Redis, or a service of another image. */
export function hasClientPassword({ kind }: Component): boolean {
    return ["PostgresService", "RedisService", "Service"].includes(kind);
}
