import { REPLICA_LABEL } from "../../components/web/labels.ts";
import { type Component, isComponent, isDrydockComponent } from "./components.ts";
import type { Step } from "./events.ts";
import { describeContainer } from "./resources/container.ts";
import { describeDatabases } from "./resources/databases.ts";
import { describeFile } from "./resources/file.ts";
import { describeBuiltImage, describeRemoteImage, isBuild } from "./resources/image.ts";
import { describeGeneratedPort, describeNetwork } from "./resources/other.ts";
import { describeGeneratedPassword } from "./resources/password.ts";
import { describeTaskContainer, describeTaskRun } from "./resources/task.ts";
import { changesProtection, describeVolume } from "./resources/volume.ts";
import { objects, string } from "./values.ts";
import { TASK_CONTAINER } from "../../policies/resource.ts";

/** What a change does to a running component. */
export type Effect =
    | "created"
    | "removed"
    | "restarts"
    | "replaced"
    | "rolling update"
    | "in place"
    | "starts"
    | "builds an image"
    | "runs a task";

export interface Description {
    /** For a person, without secrets. */
    sentences: string[];
    effects: Effect[];
}

/** The row of a component in the table of changes. */
export interface Change extends Description {
    component: Component;
}

/**
 * Describes a step.
 *
 * @param unmasked the same step with its secrets, of which only names of variables and files are shown
 */
type Describe = (step: Step, unmasked: Step, component: Component) => Description;

/** By type of resource. */
const DESCRIBE: Record<string, Describe | undefined> = {
    Command: (step) => (isBuild(step) ? describeBuiltImage(step) : describeTaskRun(step)),
    Container: describeContainer,
    Image: describeBuiltImage,
    Network: describeNetwork,
    PostgresService: describeDatabases,
    RandomInteger: describeGeneratedPort,
    RandomPassword: describeGeneratedPassword,
    RemoteImage: (step, _, component) => describeRemoteImage(step, component),
    Secret: describeFile,
    ServiceConfig: describeFile,
    TaskContainer: describeTaskContainer,
    Volume: (step, _, component) => describeVolume(step, component),
};

/** @param unmasked the same steps with their secrets */
export function changesOf(component: Component, unmasked: Map<string, Step>): Change | undefined {
    const descriptions = component.steps
        .filter((step) => isChanged(step) && !sharesChange(step, component))
        .map((step) => describe(step, unmasked.get(step.urn) ?? step, component));
    const sentences = unique(descriptions.flatMap(({ sentences }) => sentences));
    const effects = unique(descriptions.flatMap(({ effects }) => effects));
    if (component.operation === "create") return { component, sentences, effects: ["created"] };
    if (component.operation === "delete") return { component, sentences, effects: ["removed"] };
    const changed = component.steps.filter((step) => isChanged(step) && !isOnlyData(step));
    if (changed.length === 0) return undefined;
    if (effects.length > 0) return { component, sentences, effects: mainEffects(effects) };
    if (sentences.length > 0) return { component, sentences, effects: [effectOnContainers(component)] };
    // Changed resources without a description. Replacing a Command of Drydock only runs it again, so it does not count as replaced.
    const isReplaced = changed.some(
        (step) =>
            step.operation === "replace" && !(isDrydockComponent(component) && typeName(step) === "Command"),
    );
    return { component, sentences, effects: [isReplaced ? "replaced" : "in place"] };
}

function isChanged(step: Step): boolean {
    return step.operation !== "same" || changesProtection(step);
}

/** The effect of changes that leave existing containers as they are. After a failed update there may be none. */
function effectOnContainers({ steps }: Component): Effect {
    const operations = steps
        .filter((step) => typeName(step) === "Container")
        .map(({ operation }) => operation);
    const starts = operations.length > 0 && operations.every((operation) => operation === "create");
    return starts ? "starts" : "in place";
}

/** Whether a container is a replica that changes in the same way as the first container of its process. */
function sharesChange({ name, type, operation, old, new: next }: Step, { steps }: Component): boolean {
    const label = objects((next ?? old)?.inputs.labels).find(({ label }) => label === REPLICA_LABEL);
    if (label === undefined) return false;
    const first = name.slice(0, -`-${string(label.value)}`.length);
    return steps.some((step) => step.type === type && step.name === first && step.operation === operation);
}

/**
 * Leaves out that a password or a network is replaced if the container restarts: "replaced" would read as if the component
 * lost its data.
 */
function mainEffects(effects: Effect[]): Effect[] {
    const restarts = effects.includes("restarts") || effects.includes("rolling update");
    return effects.filter((effect) => effect !== "replaced" || !restarts);
}

function describe(step: Step, unmasked: Step, component: Component): Description {
    return DESCRIBE[typeName(step)]?.(step, unmasked, component) ?? { sentences: [], effects: [] };
}

function typeName({ type }: Step): string {
    return type.split(":").at(-1) ?? "";
}

/** Whether the resource only describes others: its change alone has no effect. A new version of Drydock may change it. */
function isOnlyData(step: Step): boolean {
    return step.type === TASK_CONTAINER || isComponent(step);
}

function unique<T>(items: T[]): T[] {
    return [...new Set(items)];
}
