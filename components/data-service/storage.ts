import * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmVolumeArgs } from "../engines/engine.ts";
import { getEngine, type Mount } from "../engines/index.ts";
import { volumeName } from "../shared/names.ts";
import { isBoolean, isMountPath, isVolumeName, refuse, validate } from "../shared/validation.ts";

/** Where a service stores its data. */
export interface StorageArgs {
    /** Keeps the data when the container is replaced. If false, replacing the container deletes the data, and Tasks that
     *  have run do not run again. @default true */
    persistent?: boolean;
    /** Name of the volume. An existing volume is used as it is and is not deleted with the service; on a Swarm, a volume
     *  that you name is never deleted. If you change the name, the service starts with a new volume, and the old one
     *  stays until the service is removed. @default `<project>.<stack>.<name>` */
    volume?: string;
    /** Directory of the host to use instead of a volume, as an absolute path. Never deleted. */
    hostPath?: string;
    /** Refuses every update that would delete the volume or replace it with another, until this is false (Pulumi's
     *  `protect`). @default false */
    protectData?: boolean;
}

/** @param at path of the object with the arguments, including a trailing dot: `data.` */
export function validateStorage({ persistent, volume, hostPath, protectData }: StorageArgs, at = ""): void {
    validate({
        [`${at}hostPath`]: [hostPath, isMountPath],
        [`${at}volume`]: [volume, isVolumeName],
        [`${at}persistent`]: [persistent, isBoolean],
        [`${at}protectData`]: [protectData, isBoolean],
    });
    if (volume !== undefined && hostPath !== undefined)
        refuse(`${at}hostPath`, "hostPath and volume are both set; keep one");
    if (persistent === false && protectData)
        refuse(
            `${at}protectData`,
            "there is no data to protect while persistent is false; remove protectData, or set persistent to true",
        );
    if (persistent === false && (volume ?? hostPath) !== undefined)
        refuse(
            `${at}persistent`,
            "persistent is false, but volume or hostPath is set; remove persistent, or remove volume and hostPath",
        );
}

/** Volume or directory that holds the data; undefined if it is not persistent. */
export function storageName(name: string, { persistent, volume, hostPath }: StorageArgs): string | undefined {
    return persistent === false ? undefined : (volume ?? hostPath ?? volumeName(name));
}

/**
 * Creates the volume of a service, unless the data is in a directory of the host or not persistent.
 *
 * @param path of the data in the container
 * @param otherVolumes Docker names of the service's other volumes, which are deleted with it
 * @returns the mount, if there is one, and the resources that the container depends on
 */
export function createDataMount(
    name: string,
    path: string,
    args: StorageArgs & { engine?: Engine; swarm?: SwarmVolumeArgs; shared?: boolean },
    opts: pulumi.CustomResourceOptions,
    otherVolumes: string[] = [],
): { mounts: Mount[]; dependsOn: pulumi.Resource[] } {
    const { persistent = true, hostPath, protectData: protect, shared } = args;
    const defaultName = volumeName(name);
    const engine = getEngine(args);
    const options = protect ? pulumi.mergeOptions(opts, { protect }) : opts;
    const volume = persistent && hostPath === undefined ? (args.volume ?? defaultName) : undefined;
    // Created even if there is no volume now: earlier arguments may have created one.
    const removal = engine.createVolumeRemoval(
        `${name}-data-removal`,
        {
            component: name,
            volumes: [...(volume === undefined ? [] : [volume]), ...otherVolumes],
            userVolume: args.volume,
            shared,
        },
        options,
    );
    const dependsOn = removal === undefined ? [] : [removal];
    if (!persistent) return { mounts: [], dependsOn };

    const hasGeneratedName = args.volume === undefined;
    const { node } = args.swarm ?? {};
    const spec = { component: name, path, volume, hostPath, defaultName, hasGeneratedName, shared, node };
    const volumeOptions = pulumi.mergeOptions(options, { dependsOn });
    // Engines ignore changes of a generated name, so that a renamed component keeps its volume. A name that the user
    // chooses therefore needs another resource: otherwise, removing the argument would have no effect.
    const mount = hasGeneratedName
        ? engine.createVolume(`${name}-data`, spec, volumeOptions)
        : engine.createVolume(
              `${name}-volume`,
              spec,
              pulumi.mergeOptions(volumeOptions, { aliases: [{ name: `${name}-data` }] }),
          );
    return { mounts: [mount], dependsOn };
}
