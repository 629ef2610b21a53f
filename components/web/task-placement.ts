import type * as pulumi from "@pulumi/pulumi";
import type { BaseContainerArgs } from "../container/container-args.ts";
import { type Mount, resolveNodeLabels, validateSwarmFiles, validateSwarmTmpfs } from "../engines/index.ts";
import { refuse, reportErrorsOn } from "../shared/validation.ts";

/**
 * Constraints that select the node of a Swarm that has the data of a task, which then runs there as a job. Undefined if
 * the data is on no node of a Swarm.
 *
 * @param mounts the resolved mounts of `args`, in the same order
 * @param component on which errors are reported
 */
export function nodeConstraints(
    args: BaseContainerArgs,
    mounts: Mount[],
    component: pulumi.Resource,
): pulumi.Output<string[] | undefined> | undefined {
    if (mounts.every(({ nodeLabel }) => nodeLabel === undefined)) return undefined;
    return resolveNodeLabels(mounts, component).apply((labels) => {
        const known = new Set(labels.filter((label) => label !== undefined));
        if (known.size === 0) return undefined;
        reportErrorsOn(component, () => {
            validateJob(args, labels);
        });
        return [...known].map((label) => `node.labels.${label}==true`);
    });
}

/**
 * @param labels of the nodes that have the data of the mounts
 * @throws pulumi.InputPropertyError for arguments that a job on a node of a Swarm cannot have
 */
export function validateJob(args: BaseContainerArgs, labels: (string | undefined)[]): void {
    refuseLocalVolumes(args, labels);
    validateSwarmTmpfs(args.tmpfs);
    // The files of a job are secrets.
    validateSwarmFiles(args.files, true);
}

/** Refuses volumes of the Docker Engine: on the node, the job would get an empty volume of the same name. */
function refuseLocalVolumes({ mounts = [] }: BaseContainerArgs, labels: (string | undefined)[]): void {
    const nodeMount = labels.findIndex((label) => label !== undefined);
    mounts.forEach(({ volume, source }, i) => {
        const isLocal = typeof volume === "string" || source !== undefined;
        if (isLocal && labels[i] === undefined)
            refuse(
                `mounts[${i}]`,
                `its data is on the machine of the Docker Engine, but the task runs on the node of the Swarm that has the data of mounts[${nodeMount}]; mount a Volume with engine: Engine.Swarm`,
            );
    });
}
