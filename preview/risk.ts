import { Component } from "./components";
import { code } from "./differences";
import { Step } from "./events";
import { list, same, text, variables } from "./values";

/** Data that a change would delete, replace, detach or lock out. */
export interface Risk {
    component: string;
    what: string;
}

/** @param open the same steps with their secrets, which are compared and not told */
export function risksOf(component: Component, open: Map<string, Step>): Risk[] {
    const found = component.steps.flatMap((step) => {
        const kind = step.type.split(":").at(-1) ?? "";
        return RULES[kind]?.(step, open.get(step.urn) ?? step, component) ?? [];
    });
    return [...new Set(found)].map((what) => ({ component: component.name, what }));
}

const RULES: Record<string, (step: Step, open: Step, component: Component) => string[]> = {
    Volume: ({ operation, name }) => {
        if (operation === "delete") return [`volume ${code(name)} is deleted, with all its data`];
        return operation === "replace" ? [`volume ${code(name)} is deleted and made anew, empty`] : [];
    },
    RemoteImage: ({ operation, old, new: next }, _, { kind }) => {
        const [before, after] = [text(old?.inputs.name), text(next?.inputs.name)];
        if (kind !== "PostgresService" || operation === "delete" || before === "") return [];
        return major(before) === major(after)
            ? []
            : [
                  `PostgreSQL ${major(before)} becomes ${major(after)}, which does not read the data of ${major(before)}; dump it first, and load it afterwards`,
              ];
    },
    RandomPassword: ({ operation }, _, { kind }) =>
        operation === "replace" && isDataService(kind)
            ? ["its password is made anew: whoever holds the old one is locked out"]
            : [],
    Container: (step, open, component) =>
        step.operation === "create"
            ? []
            : [...detached(step, component), ...renamed(step), ...rotated(open, component)],
};

function isDataService(kind: string): boolean {
    return kind === "PostgresService" || kind === "RedisService";
}

/** The number behind the tag's colon; the whole name where there is none. */
function major(image: string): string {
    return /:(\d+)[^/]*$/.exec(image)?.[1] ?? image;
}

/** What is mounted at a path no more; that a volume is deleted is said of the volume. */
function detached({ operation, old, new: next }: Step, component: Component): string[] {
    const deleted = component.steps.filter(
        (step) =>
            step.type.endsWith(":Volume") && (step.operation === "delete" || step.operation === "replace"),
    );
    const gone = deleted.map((step) => text(step.old?.inputs.name));
    const after = operation === "delete" ? [] : list(next?.inputs.volumes);
    return list(old?.inputs.volumes).flatMap((mount) => {
        const source = text(mount.volumeName) || text(mount.hostPath);
        const path = text(mount.containerPath);
        const stays = after.some((other) => (text(other.volumeName) || text(other.hostPath)) === source);
        if (stays || mount.readOnly === true || gone.includes(source)) return [];
        const kind = text(mount.volumeName) === "" ? "directory" : "volume";
        return [
            `${kind} ${code(source)} is no longer at ${code(path)}: its data stays, and is not used any more`,
        ];
    });
}

function renamed({ operation, old, new: next }: Step): string[] {
    if (operation === "delete") return [];
    const [before, after] = [variables(old?.inputs.envs), variables(next?.inputs.envs)];
    return Object.entries({ POSTGRES_DB: "database", POSTGRES_USER: "role" }).flatMap(([variable, what]) => {
        const [from, to] = [before.get(variable), after.get(variable)];
        if (from === undefined || to === undefined || from === to) return [];
        return [
            `${what} ${code(from)} becomes ${code(to)}, which the data that is there does not have; rename it there too`,
        ];
    });
}

/** A password that was given and is another now; one that is made anew is told of its resource. */
function rotated({ operation, old, new: next }: Step, { kind, steps }: Component): string[] {
    const made = steps.some((step) => step.type.endsWith(":RandomPassword") && step.operation !== "delete");
    if (operation === "delete" || !isDataService(kind) || made) return [];
    const password = (state: Step["old"]) =>
        list(state?.inputs.uploads).find(({ file }) => /\/run\/drydock\/.*-password$/.test(text(file)))
            ?.content;
    return same(password(old), password(next))
        ? []
        : ["its password changes: whoever holds the old one is locked out"];
}
