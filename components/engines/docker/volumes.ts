import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { physicalName, volumeName } from "../../shared/names.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { volumeHooks } from "../data-guard.ts";
import { dockerScript } from "../docker-command.ts";
import { ownershipCommand, ownershipEnvironment } from "../ownership.ts";
import { labelArgs } from "../provider-values.ts";
import type { ContainerEngine, Mount, VolumeRemovalSpec, VolumeSpec } from "../spec.ts";

/**
 * Only removing the component deletes its volumes (`createVolumeRemoval`). The provider never deletes one: changing an
 * argument must not delete data.
 */
export function createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount {
    const { component, path, volume, hostPath, hasGeneratedName, shared } = spec;
    if (volume === undefined) return { path, hostPath };
    const { name: createdName } = new docker.Volume(
        name,
        { name: volume, labels: labelArgs(component) },
        pulumi.mergeOptions(opts, {
            ignoreChanges: ["labels", "driver", "driverOpts", ...(hasGeneratedName ? ["name"] : [])],
            retainOnDelete: true,
            // The container mounts the new volume before the old one leaves the state.
            deleteBeforeReplace: false,
            ...(!hasGeneratedName && !shared && { hooks: volumeHooks(name, physicalName(component), opts) }),
        }),
    );
    return { path, volume: createdName };
}

/**
 * When the component is removed, deletes all volumes that it has ever had. The volumes and their containers depend on this
 * resource, so that it is created before them and deleted after them.
 */
export function createVolumeRemoval(
    name: string,
    { component, volumes, userVolume = "", legacyRemovals = [], shared }: VolumeRemovalSpec,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    // Version 0.1.0 had a Command for each volume, which deleted the volume. Without a script, the Command does nothing.
    // Ignore triggers: a changed one would run the old script.
    for (const legacy of legacyRemovals)
        if (legacy !== name)
            new command.local.Command(legacy, {}, pulumi.mergeOptions(opts, { ignoreChanges: ["triggers"] }));
    return new command.local.Command(
        name,
        {
            ...dockerScript(opts.parent, readScriptBody(import.meta.dirname, "volumes.sh"), {
                PROJECT: pulumi.getProject(),
                STACK: pulumi.getStack(),
                CURRENT_COMPONENT: component,
                CONTAINER: physicalName(component),
                MOUNTED: volumes.join(" "),
                USER_VOLUME: userVolume,
                STACK_VOLUMES: `${volumeName()}.`,
                COMPONENT_VOLUMES: volumeName(component),
                COMPONENT: component,
                VOLUME: volumeName(component),
                ...(shared && { SHARED: "true" }),
            }),
            create: "sh -s create",
            delete: "sh -s delete",
        },
        pulumi.mergeOptions(opts, {
            // A component that is renamed with an alias keeps its volumes, with their names and labels. The triggers are
            // those of version 0.1.0: a replacement would run its script, which deletes the volume.
            ignoreChanges: ["environment.COMPONENT", "environment.VOLUME", "triggers"],
        }),
    );
}

/** On a Docker Engine, a container of the image changes the owner of the data. */
export const makeWritable: ContainerEngine["makeWritable"] = (component, mount, image, user, { parent }) => {
    const environment = ownershipEnvironment(component, mount, image, user);
    const script = readScriptBody(import.meta.dirname, "ownership.sh");
    return ownershipCommand(dockerScript(parent, script, environment), environment);
};
