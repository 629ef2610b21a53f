import type { Component } from "../components.ts";
import { type State, type Step, typeIn, UNKNOWN } from "../events.ts";
import { code, codeList, equal, objects, string } from "../values.ts";
import { isDeletedInDocker, isVolume } from "./volume.ts";
import { SERVICE } from "../../resource-types.ts";

/** The volumes and directories of the host that a container mounts. */
export function describeMounts({ old, new: next }: Step): string[] {
    const mounts = (state: State | undefined) =>
        mountsOf(state).map((mount) => `${sourceOf(mount)} at ${string(mount.containerPath)}`);
    const [before, after] = [mounts(old), mounts(next)];
    return equal(before, after) ? [] : [`mounts ${codeList(before)} → ${codeList(after)}`];
}

/** Volumes and directories that the container no longer mounts. A deleted volume is reported with the volume. */
export function unmountedDataRisks({ operation, old, new: next }: Step, components: Component[]): string[] {
    const steps = components.flatMap((component) => component.steps);
    const deleted = components.flatMap((component) =>
        component.steps
            .filter((step) => isDeletedInDocker(step, component))
            .map(({ old: volume }) => string(volume?.inputs.name)),
    );
    // On a Swarm, the name of a volume is unknown if the command that labels its node changes. It is the same volume
    // unless the command gets another name.
    const isRelabelled = steps.some(
        (step) =>
            isVolume(step) &&
            step.operation === "update" &&
            equal(step.old?.inputs.name, step.new?.inputs.name),
    );
    const after = mountsOf(next).map(sourceOf);
    const mounted = steps.flatMap((step) => mountsOf(step.new).map(sourceOf));
    return mountsOf(old).flatMap((mount) => {
        const source = sourceOf(mount);
        const used = mounted.includes(source);
        const stays =
            after.includes(source) ||
            (isRelabelled && after.includes(UNKNOWN)) ||
            (operation === "delete" && used);
        if (stays || mount.readOnly === true || deleted.includes(source)) return [];
        const kind = string(mount.volumeName) === "" ? "directory" : "volume";
        const use = used ? "and other containers still use it" : "but nothing uses it any more";
        return [
            `${kind} ${code(source)} is no longer mounted at ${code(string(mount.containerPath))}: its data is kept, ${use}`,
        ];
    });
}

/** A container in place of a service of a Swarm, whose volume may be on another machine. */
export function otherEngineRisks({ operation, urn, old }: Step, { steps }: Component): string[] {
    if (operation !== "delete" || typeIn(urn) !== SERVICE || mountsOf(old).length === 0) return [];
    const becomesContainer = steps.some(
        (step) =>
            step.operation === "create" && typeIn(step.urn) === step.type && mountsOf(step.new).length > 0,
    );
    return becomesContainer
        ? [
              "it moves from the Swarm to a Docker Engine: its data is kept on the node that has it, and is used only if that node is this Docker Engine",
          ]
        : [];
}

function mountsOf(state: State | undefined): Record<string, unknown>[] {
    return objects(state?.inputs.volumes);
}

function sourceOf({ volumeName, hostPath }: Record<string, unknown>): string {
    return string(volumeName) || string(hostPath);
}
