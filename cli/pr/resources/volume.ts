import { type Component, isComponent, isDrydockComponent } from "../components.ts";
import type { Description } from "../changes.ts";
import type { Step } from "../events.ts";
import { code, string } from "../values.ts";
import { describeResource } from "./other.ts";

/** A docker.Volume, or on a Swarm the Command that labels the node with the data, which `translateSwarmResource` turns into one. */
export function describeVolume(step: Step, component: Component): Description {
    if (!isVolume(step)) return { sentences: [], effects: [] };
    if (step.operation === "same") return { sentences: describeProtection(step), effects: [] };
    const { operation, name, old, new: next } = step;
    const [before = "", after = ""] = [old, next].map((state) => code(string(state?.inputs.name) || name));
    // On a Swarm, another volume is an update of the Command (engines/swarm/volumes.ts).
    const isOtherVolume = operation === "replace" || (operation === "update" && before !== after);
    const leavesState = operation === "delete" || isOtherVolume;
    if (!leavesState || !staysInDocker(step, component)) return describeResource(step, "volume");
    const change = operation === "delete" ? `volume ${before}` : `volume ${before} → ${after}: ${before}`;
    return { sentences: [`${change} is no longer used; its data is kept`], effects: [] };
}

/** The protection from deletion, which Pulumi changes without counting it as a change of the resource. */
function describeProtection({ name, old, new: next }: Step): string[] {
    if (old?.protect && !next?.protect) return [`volume ${code(name)} is no longer protected from deletion`];
    return next?.protect && !old?.protect ? [`volume ${code(name)} is now protected from deletion`] : [];
}

/** Whether the protection of a volume changes. */
export function changesProtection(step: Step): boolean {
    return isVolume(step) && describeProtection(step).length > 0;
}

export function volumeRisks(step: Step, component: Component): string[] {
    const formerVolume = string(step.old?.inputs.formerVolume);
    if (component.operation === "delete" && formerVolume !== "")
        return [`an earlier volume ${code(formerVolume)}, if there is one, is deleted with all its data`];
    if (!isDeletedInDocker(step, component)) return [];
    const deleted = `volume ${code(step.name)} is deleted with all its data`;
    return [step.operation === "delete" ? deleted : `${deleted}, and an empty one is created`];
}

/** Whether the step deletes a volume in Docker. If it replaces the volume, the new one is empty. */
export function isDeletedInDocker(step: Step, component: Component): boolean {
    const isDeleted = step.operation === "delete" || step.operation === "replace";
    return isVolume(step) && isDeleted && !staysInDocker(step, component);
}

/** Whether it is a volume in Docker, and not a component `Volume`. */
export function isVolume(step: Step): boolean {
    return step.type.endsWith(":Volume") && !isComponent(step);
}

/**
 * Version 0.1.0 had one Command per volume, which deleted the volume. The Command of newer versions, whose script is in
 * `stdin`, deletes volumes only with the component.
 */
export function removalCommandRisks({ operation, name, old }: Step, component: Component): string[] {
    const { environment, stdin } = old?.inputs ?? {};
    const { VOLUME: volume } = (environment ?? {}) as Record<string, unknown>;
    const deletes = operation === "delete" || operation === "replace";
    return component.operation !== "delete" && deletes && volume !== undefined && stdin === undefined
        ? [`volume ${code(name.replace(/-removal$/, ""))} is deleted with all its data`]
        : [];
}

/**
 * Whether Docker keeps a volume that the state deletes or replaces. A component's volumes are deleted only with the
 * component, and on a Swarm only if their names are generated; those in a state of version 0.1.0 at once.
 */
function staysInDocker({ old }: Step, component: Component): boolean {
    const { keptOnDelete, deletedAtOnce } = old?.inputs ?? {};
    if (keptOnDelete === true) return true;
    return component.operation !== "delete" && isDrydockComponent(component) && deletedAtOnce !== true;
}
