import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { physicalName, volumeName } from "../../shared/names.ts";
import { dockerScripts } from "../docker-command.ts";
import type { VolumeSpec, Mount } from "../spec.ts";
import { keepScript, label, removeScript } from "./data-scripts.ts";

/**
 * Data on one node of a Swarm. Volumes belong to nodes, and the Swarm starts a service wherever it likes, with a
 * new and empty volume: the node that holds the data has a label, and the service runs nowhere else.
 */
export function createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount {
    const { component, path, volume, hostPath, generatedName, node = "", image } = spec;
    const place = volume ?? volumeName(component);
    const container = physicalName(component);
    const { stdout } = new command.local.Command(
        name,
        {
            ...dockerScripts(opts.parent, {
                create: (docker) => keepScript({ docker, place, node, container }),
                delete: (docker) =>
                    removeScript({
                        docker,
                        place,
                        own: volume && `${volumeName()}.`,
                        earlier: generatedName ? undefined : volumeName(component),
                        container,
                    }),
            }),
            // What removes the volume runs on its node, and the image is there.
            environment: { IMAGE: image, PLACE: place },
            triggers: [place],
        },
        pulumi.mergeOptions(opts, {
            // The image in the state is as good as a newer one, and not a change of the data. Another place is an
            // update: a replacement would run the script that removes the data, in a state of version 0.1.0 too.
            ignoreChanges: ["environment.IMAGE", "triggers", ...(generatedName ? ["environment.PLACE"] : [])],
            // Pulumi refuses to replace what is protected, but would update it.
            ...(opts.protect && { replaceOnChanges: ["environment"] }),
        }),
    );
    return {
        path,
        nodeLabel: stdout.apply(label),
        ...(volume === undefined ? { hostPath } : { volume: stdout }),
    };
}
