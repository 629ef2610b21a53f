import { TASK_CONTAINER } from "../policies/resource.ts";
import { addresses, type Component, keepsVolume } from "./components.ts";
import { code, exported, fileChanges, mountChanges, otherChanges, variableChanges } from "./differences.ts";
import type { Step } from "./events.ts";
import { same, text } from "./values.ts";

/** What a change does to what runs. */
export type Effect =
    "new" | "removed" | "restarts" | "replaced" | "rolls" | "in place" | "rebuilt" | "runs again";

export interface Changes {
    component: Component;
    /** Sentences for a person, without secrets. */
    what: string[];
    effects: Effect[];
}

/**
 * @param open the same steps with their secrets, of which only names of variables and files are told
 */
export function changesOf(component: Component, open: Map<string, Step>): Changes | undefined {
    const told = component.steps.map((step) => ofStep(step, open.get(step.urn) ?? step, component));
    const what = [...new Set(told.flatMap(({ what }) => what))];
    const effects = [...new Set(told.flatMap(({ effects }) => effects))];
    if (component.operation === "create") return { component, what, effects: ["new"] };
    if (component.operation === "delete") return { component, what, effects: ["removed"] };
    // Alone, a task's container is what a new version of Drydock says of it: nothing runs.
    const changed = component.steps.filter(
        ({ operation, type }) => operation !== "same" && type !== TASK_CONTAINER,
    );
    if (changed.length === 0) return undefined;
    if (what.length + effects.length > 0) return { component, what, effects };
    // What nobody here has words for changes too.
    const replaced = changed.some(({ operation }) => operation === "replace");
    return { component, what, effects: [replaced ? "replaced" : "in place"] };
}

interface Told {
    what: string[];
    effects: Effect[];
}

function ofStep(step: Step, open: Step, component: Component): Told {
    const kind = step.type.split(":").at(-1) ?? "";
    const tell = step.operation === "same" ? undefined : TELLERS[kind];
    return tell?.(step, open, component) ?? { what: [], effects: [] };
}

const TELLERS: Record<string, (step: Step, open: Step, component: Component) => Told> = {
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
    Volume: (step, _, component) =>
        keepsVolume(step, component) ? volume(step) : whole(step, `volume ${code(step.name)}`),
    Network: (step) => whole(step, `network ${code(step.name)}`),
    Secret: (step, open) => fileOf(step, open),
    ServiceConfig: (step, open) => fileOf(step, open),
    RandomPassword: (step) => whole(step, code(step.name)),
    RandomInteger: ({ operation, name }) => told(operation === "delete" ? "" : `${code(name)} is chosen`),
    Command: (step) => {
        const { operation, name } = step;
        if (!runsTask(step) || operation === "delete") return told();
        const task = code(name.replace(/-run$/, ""));
        return {
            what: [`task ${task} runs${operation === "create" ? "" : " again"}`],
            effects: ["runs again"],
        };
    },
    TaskContainer: (step, open) => {
        if (step.operation !== "update") return told();
        const task = code(step.name.replace(/-run$/, ""));
        return { what: differences(step, open).map((what) => `${task}: ${what}`), effects: [] };
    },
};

/** Whether it is the command of a task, which also has commands that remove volumes. */
function runsTask({ urn, name }: Step): boolean {
    const [, , types = ""] = urn.split("::");
    return types.includes("drydock:index:Task$") && name.endsWith("-run");
}

function told(sentence = ""): Told {
    return { what: sentence === "" ? [] : [sentence], effects: [] };
}

/** What is made and removed as a whole. */
function whole({ operation }: Step, what: string): Told {
    return { what: [`${what} ${becomes(operation)}`], effects: operation === "replace" ? ["replaced"] : [] };
}

function volume({ operation, name, old, new: next }: Step): Told {
    const [before, after] = [text(old?.inputs.name) || name, text(next?.inputs.name) || name].map(code);
    if (operation === "delete") return told(`volume ${before} is not used any more, and stays with its data`);
    // On a Swarm the mark on the node is updated.
    return operation === "replace" || (operation === "update" && before !== after)
        ? told(`volume ${before} → ${after}: the data of the first stays, and is not used any more`)
        : told(`volume ${code(name)} ${becomes(operation)}`);
}

function container(step: Step, open: Step): Told {
    const { operation, name, old, new: next } = step;
    const ports = addresses(next?.inputs);
    if (operation === "create") {
        const published = ports.length > 0 ? `, published on ${ports.map(code).join(", ")}` : "";
        return told(`container ${code(name)} is made${published}`);
    }
    if (operation === "delete") return told(`container ${code(name)} is removed`);
    const what = differences(step, open);
    const image = same(old?.inputs.image, next?.inputs.image) ? [] : ["runs the new image"];
    const effect = effectOf(step, what.length + image.length);
    return { what: [...what, ...image].map((sentence) => `${code(name)}: ${sentence}`), effects: [effect] };
}

function differences(step: Step, open: Step): string[] {
    const [before, after] = [step.old, step.new].map((state) => addresses(state?.inputs));
    return [
        ...variableChanges(open),
        ...(same(before, after) ? [] : [`published on ${listed(before)} → ${listed(after)}`]),
        ...fileChanges(open),
        ...mountChanges(step),
        ...otherChanges(step),
    ];
}

/** On a Swarm a service is changed in place: its containers are made anew, but for their number. */
function effectOf({ operation, old, new: next }: Step, changes: number): Effect {
    if (operation === "replace") return "restarts";
    const scaled = same(old?.inputs.replicas, next?.inputs.replicas) ? 0 : 1;
    if (changes === scaled) return "in place";
    const order = next?.inputs.updateOrder;
    return order === "start-first" ? "rolls" : order === "stop-first" ? "restarts" : "in place";
}

function listed(ports: string[] = []): string {
    return ports.length === 0 ? "nothing" : ports.map(code).join(", ");
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

/** A file of a service, which is a resource of its own; of one that holds variables, their names. */
function fileOf({ operation, name }: Step, { old, new: next }: Step): Told {
    if (operation !== "replace") return told();
    if (!name.endsWith("-environment")) return told(`file ${code(name)} changes`);
    const lines = (state: Step["old"]) => ({ inputs: { envs: exported(state?.inputs.data) }, outputs: {} });
    const changed = { operation, name, urn: "", type: "", old: lines(old), new: lines(next) };
    return { what: variableChanges(changed), effects: [] };
}
