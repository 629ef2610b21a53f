import * as pulumi from "@pulumi/pulumi";
import { reserveData } from "../data-service/data-reservations.ts";
import { createDataMount } from "../data-service/storage.ts";
import type { Engine, SwarmVolumeArgs } from "../engines/engine.ts";
import { validateEngine } from "../engines/index.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import type { VolumeSource } from "../shared/mounts.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    isBoolean,
    isDockerName,
    isMountPath,
    isVolumeName,
    refuse,
    reportErrorsOn,
    validate,
} from "../shared/validation.ts";

export interface VolumeArgs {
    /** Name of the volume in Docker. An existing volume is used as it is and is not deleted with the component; on a Swarm,
     *  Drydock deletes no volume whose name you set. If you change the name, a new volume is used, and the old one stays until
     *  the component is removed. @default `<project>.<stack>.<name>` */
    name?: string;
    /** Directory of the host to use instead of a volume, as an absolute path. It must exist, and is never deleted. */
    hostPath?: string;
    /** Refuses every update that would delete the volume or replace it with another, until this is false (Pulumi's
     *  `protect`). @default false */
    protectData?: boolean;
    /** Engine that runs the containers that mount it. @default `Engine.Docker` */
    engine?: Engine;
    /** Where a Swarm keeps the data: everything that mounts it runs on that node. No effect with `Engine.Docker`. */
    swarm?: SwarmVolumeArgs;
}

/**
 * A volume, or a directory of the host, that several components mount.
 *
 * @example
 * const uploads = new Volume("uploads");
 * new WebApp("shop", { image: "shop:1.2", mounts: [{ path: "/app/uploads", source: uploads.source }] });
 * new WebApp("files", {
 *     image: "nginx:1.29",
 *     port: 80,
 *     mounts: [{ path: "/usr/share/nginx/html", source: uploads.source, readOnly: true }],
 * });
 */
export class Volume extends pulumi.ComponentResource {
    /** Source for `mounts`. */
    public readonly source: pulumi.Output<VolumeSource>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: VolumeArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:Volume", name, {}, opts);
        args = convertToDeclaredTypes("Volume", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("Volume", args);
            validateVolume(name, args);
            // A component of the same name would delete the volume together with its own.
            reserveContainerName(this, name, "name", `the volume ${name}`);
            if (args.name !== undefined)
                reserveData(name, { volume: args.name, engine: args.engine }, this, {
                    volume: "name",
                    hostPath: "hostPath",
                });
        });

        const { protectData, engine, swarm } = args;
        const storage = {
            volume: args.name,
            hostPath: args.hostPath,
            protectData,
            engine,
            swarm,
            shared: true,
        };
        const { mounts } = createDataMount(name, "", storage, { parent: this });
        const { volume, hostPath, nodeLabel, node } = mounts[0] ?? {};

        this.source = pulumi.output({ volume, hostPath, nodeLabel, node });
        this.registerOutputs({ source: this.source });
    }
}

function validateVolume(name: string, args: VolumeArgs): void {
    validate({
        name: [name, isDockerName],
        hostPath: [args.hostPath, isMountPath],
        protectData: [args.protectData, isBoolean],
    });
    validate({ name: [args.name, isVolumeName] });
    if (args.name !== undefined && args.hostPath !== undefined)
        refuse("hostPath", "hostPath and name are both set; keep one");
    validateEngine(args);
}
