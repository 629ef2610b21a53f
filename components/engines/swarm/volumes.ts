import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { physicalName, volumeName } from "../../shared/names.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { dockerScript } from "../docker-command.ts";
import { ownershipCommand, ownershipEnvironment } from "../ownership.ts";
import type { ContainerEngine, Mount, VolumeSpec } from "../spec.ts";
import { nodeLabel } from "./placement.ts";

/**
 * Official image with the docker command, for the job that removes a volume from its node. Version 29 does not support
 * Docker Engines older than version 25.
 */
const DOCKER_CLI_IMAGE = "docker:28-cli";
const DOCKER_SOCKET = "/var/run/docker.sock";

/**
 * Keeps data on one node of a Swarm. A volume exists on one node only, and on any other node a service would start with
 * a new, empty volume of that name. A label marks the node that has the data, and the service runs on no other node.
 */
export function createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount {
    const { component, path, volume, hostPath, defaultName, hasGeneratedName, shared, node = "" } = spec;
    const near = spec.near?.length ? pulumi.all(spec.near) : undefined;
    const dataName = volume ?? defaultName;
    const scripts = [
        "nodes.sh",
        ...(shared ? ["keep-used.sh"] : []),
        ...(near ? ["near.sh"] : []),
        "volumes.sh",
    ];
    const script = scripts.map((file) => readScriptBody(import.meta.dirname, file)).join("");
    const { environment, triggers } = new command.local.Command(
        name,
        {
            ...dockerScript(opts.parent, script, {
                // Existing states have this variable: do not rename it.
                PLACE: dataName,
                FORMER_VOLUME: hasGeneratedName ? "" : defaultName,
                STACK_VOLUMES: volume === undefined ? "" : `${volumeName()}.`,
                CONTAINER: physicalName(component),
                NODE: node,
                ...(near && { NEAR: near.apply((labels) => labels.filter(Boolean).join(" ")) }),
                IMAGE: DOCKER_CLI_IMAGE,
                SOCKET: DOCKER_SOCKET,
            }),
            create: "sh -s create",
            delete: "sh -s delete",
            triggers: [dataName],
        },
        pulumi.mergeOptions(opts, {
            // A generated name does not change when the component is renamed with an alias. Another name that the user
            // chooses is an update: a replacement would remove the data.
            ignoreChanges: ["triggers", ...(hasGeneratedName ? ["environment.PLACE"] : [])],
            // Pulumi refuses to replace a protected resource, but not to update it.
            ...(opts.protect && { replaceOnChanges: ["environment.PLACE"] }),
        }),
    );
    // Unlike the output of the script, the name in the state is known in previews even if the script changes.
    const nameInState = pulumi
        .all([environment, triggers])
        .apply(([variables, created]) => variables?.PLACE ?? String(created?.[0]));
    return {
        path,
        nodeLabel: nameInState.apply(nodeLabel),
        ...(node !== "" && { node }),
        ...(near && { followsData: true }),
        ...(volume === undefined ? { hostPath } : { volume: nameInState }),
    };
}

/**
 * A separate volume on each node, for data that the container there can write again. A Swarm creates it with the
 * container; a job removes it from all nodes. Returns the resource that the container depends on.
 */
export function createNodeVolume(name: string, volume: string, opts: pulumi.CustomResourceOptions) {
    const script = readScriptBody(import.meta.dirname, "node-volume.sh");
    const environment = { VOLUME: volume, IMAGE: DOCKER_CLI_IMAGE, SOCKET: DOCKER_SOCKET };
    return new command.local.Command(
        name,
        { ...dockerScript(opts.parent, script, environment), delete: "sh", triggers: [volume] },
        opts,
    );
}

/** On a Swarm, a job on the node that has the data changes its owner. */
export const makeWritable: ContainerEngine["makeWritable"] = (component, mount, image, user, { parent }) => {
    const environment = {
        ...ownershipEnvironment(component, mount, image, user),
        NODE_LABEL: pulumi.output(mount.nodeLabel).apply((label = "") => label),
    };
    const scripts = ["job.sh", "ownership.sh"].map((file) => readScriptBody(import.meta.dirname, file));
    return ownershipCommand(dockerScript(parent, scripts.join(""), environment), environment);
};
