import { type Component, keepsVolume } from "./components.ts";
import { code } from "./differences.ts";
import { LATER, type State, type Step } from "./events.ts";
import { settingsRisks } from "./redis-risk.ts";
import { list, same, text, variables } from "./values.ts";
import { versionRisks } from "./version-risk.ts";

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
    return [...new Set([...versionRisks(component), ...found])].map((what) => ({
        component: component.name,
        what,
    }));
}

/** Another Docker Engine has nothing of what runs, which no preview shows: it asks none. */
export function engineRisks(open: Step[]): Risk[] {
    const moves = open.some(
        ({ type, old, new: next }) =>
            type === "pulumi:providers:docker" && old && next && !same(engineOf(old), engineOf(next)),
    );
    const what = "it moves to another Docker Engine; its data stays on the old one";
    return moves ? [{ component: "environment", what }] : [];
}

/** As the provider chooses it: a context wins over a host. */
function engineOf({ inputs }: State): string {
    return text(inputs.context) || text(inputs.host) || "unix:///var/run/docker.sock";
}

const RULES: Record<string, (step: Step, open: Step, component: Component) => string[]> = {
    Volume: (step, _, component) => {
        const { operation, name } = step;
        if (keepsVolume(step, component)) return [];
        if (operation === "delete") return [`volume ${code(name)} is deleted, with all its data`];
        return operation === "replace" ? [`volume ${code(name)} is deleted and made anew, empty`] : [];
    },
    Command: ({ operation, name, old }, _, component) =>
        component.operation !== "delete" &&
        (operation === "delete" || operation === "replace") &&
        text(old?.inputs.delete).includes('volume rm "$VOLUME"')
            ? [`volume ${code(name.replace(/-removal$/, ""))} is deleted, with all its data`]
            : [],
    RandomPassword: ({ operation }, _, { kind }) =>
        operation === "replace" && isDataService(kind)
            ? ["its password is made anew: whoever holds the old one is locked out"]
            : [],
    Container: (step, open, component) =>
        step.operation === "create"
            ? []
            : [
                  ...detached(step, component),
                  ...renamed(step, open),
                  ...rotated(open, component),
                  ...settingsRisks(open, component),
              ],
    Secret: (_, open, component) => settingsRisks(open, component),
};

function isDataService(kind: string): boolean {
    return kind === "PostgresService" || kind === "RedisService";
}

/** What is mounted at a path no more; that a volume is deleted is said of the volume. */
function detached({ operation, old, new: next }: Step, component: Component): string[] {
    const { steps } = component;
    const volumes = steps.filter(({ type }) => type.endsWith(":Volume"));
    const gone = volumes
        .filter((step) => step.operation === "delete" || step.operation === "replace")
        .filter((step) => !keepsVolume(step, component))
        .map((step) => text(step.old?.inputs.name));
    // On a Swarm, the name of a volume whose mark changes is not known before the update; unless the mark is another
    // volume's then, it is the same.
    const marked = volumes
        .filter((step) => step.operation === "update")
        .filter((step) => text(step.old?.inputs.name) === text(step.new?.inputs.name))
        .map(() => LATER);
    const after = operation === "delete" ? [] : sources(next);
    const anywhere = steps.flatMap((step) => (step.operation === "delete" ? [] : sources(step.new)));
    return list(old?.inputs.volumes).flatMap((mount) => {
        const source = sourceOf(mount);
        const used = anywhere.includes(source);
        const stays =
            [source, ...marked].some((name) => after.includes(name)) || (operation === "delete" && used);
        if (stays || mount.readOnly === true || gone.includes(source)) return [];
        const kind = text(mount.volumeName) === "" ? "directory" : "volume";
        const end = used ? "others use it still" : "is not used any more";
        return [
            `${kind} ${code(source)} is no longer at ${code(text(mount.containerPath))}: its data stays, and ${end}`,
        ];
    });
}

function sources(state: Step["old"]): string[] {
    return list(state?.inputs.volumes).map(sourceOf);
}

function sourceOf({ volumeName, hostPath }: Record<string, unknown>): string {
    return text(volumeName) || text(hostPath);
}

/** Names that are secret are compared, and not told. */
function renamed(step: Step, open: Step): string[] {
    if (step.operation === "delete") return [];
    const namesIn = ({ old, new: next }: Step, variable: string) =>
        [old, next].map((state) => variables(state?.inputs.envs).get(variable));
    return Object.entries({ POSTGRES_DB: "database", POSTGRES_USER: "role" }).flatMap(([variable, what]) => {
        const [from, to] = namesIn(open, variable);
        if (from === undefined || to === undefined || from === to) return [];
        const [before, after] = namesIn(step, variable);
        const change =
            before === from && after === to ? `${code(from)} becomes ${code(to)}` : "becomes another";
        return [
            `${what} ${change}, which the data does not have: it is made, and the one before is left behind`,
        ];
    });
}

/** A password that is another now, or the first; of a generated one that is made anew, its resource tells. */
function rotated({ operation, old, new: next }: Step, { kind, steps }: Component): string[] {
    const made = steps.some((step) => step.type.endsWith(":RandomPassword") && step.operation === "replace");
    if (operation === "delete" || !isDataService(kind) || made) return [];
    const password = (state: Step["old"]) =>
        list(state?.inputs.uploads).find(({ file }) => /\/run\/drydock\/.*-password$/.test(text(file)))
            ?.content;
    const [before, after] = [password(old), password(next)];
    if (same(before, after)) return [];
    return before === undefined
        ? ["it asks for a password now: whoever has none is locked out"]
        : ["its password changes: whoever holds the old one is locked out"];
}
