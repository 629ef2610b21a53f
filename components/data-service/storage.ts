import * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmDataArgs } from "../engines/engine.ts";
import { getEngine, type Mount } from "../engines/index.ts";
import { volumeName } from "../shared/names.ts";
import { isBoolean, isMountPath, isVolumeName, refuse, validate } from "../shared/validation.ts";

/** Where a service keeps its data. */
export interface StorageArgs {
    /** Keeps the data when the container is replaced. If false, a replacement loses the data, and no task runs again by itself. @default true */
    persistent?: boolean;
    /** Name of the volume. A volume that was there before is used as it is, and stays when the service is removed; on a
     *  Swarm every named one stays. Another name is another volume: the old one stays with its data until the service is
     *  removed. @default `<project>.<stack>.<name>` */
    volume?: string;
    /** Directory of the host, absolute, in place of a volume; never removed. */
    hostPath?: string;
    /** Refuses every update that would delete the volume, or use another one, until this is false (Pulumi's `protect`). @default false */
    protectData?: boolean;
}

export function validateStorage({ persistent, volume, hostPath, protectData }: StorageArgs): void {
    validate({
        hostPath: [hostPath, isMountPath],
        volume: [volume, isVolumeName],
        persistent: [persistent, isBoolean],
        protectData: [protectData, isBoolean],
    });
    if (volume !== undefined && hostPath !== undefined) {
        refuse("hostPath", "hostPath and volume are both set; keep the directory or the volume");
    }
    if (persistent === false && protectData) {
        refuse(
            "protectData",
            "there is no data to protect while persistent is false; remove protectData, or set persistent to true",
        );
    }
    if (persistent === false && (volume ?? hostPath) !== undefined) {
        refuse(
            "persistent",
            "it is false, but volume or hostPath is set; remove persistent, or remove volume and hostPath",
        );
    }
}

/** What names the data: the volume, or the directory. Nothing, where none is kept. */
export function storageName(name: string, { persistent, volume, hostPath }: StorageArgs): string | undefined {
    return persistent === false ? undefined : (volume ?? hostPath ?? volumeName(name));
}

/** The mount for a service's data: its volume, the directory, or none; and what its container comes after. */
export function createDataMount(
    name: string,
    path: string,
    args: StorageArgs & { engine?: Engine; swarm?: SwarmDataArgs },
    image: pulumi.Input<string>,
    opts: pulumi.CustomResourceOptions,
): { mounts: Mount[]; dependsOn: pulumi.Resource[] } {
    const { persistent = true, hostPath, protectData: protect } = args;
    const volume = persistent && hostPath === undefined ? (args.volume ?? volumeName(name)) : undefined;
    const data = `${name}-data`;
    const engine = getEngine(args);
    const options = protect ? pulumi.mergeOptions(opts, { protect }) : opts;
    // Without a volume too: there may be one of earlier arguments.
    const removed = { component: name, volumes: volume === undefined ? [] : [volume], named: args.volume };
    const removal = engine.createVolumeRemoval(`${data}-removal`, removed, options);
    const dependsOn = removal === undefined ? [] : [removal];
    if (!persistent) return { mounts: [], dependsOn };
    const generatedName = args.volume === undefined;
    const spec = { component: name, path, volume, hostPath, generatedName, node: args.swarm?.node, image };
    const after = pulumi.mergeOptions(options, { dependsOn });
    // A generated name survives a rename of the component (ignoreChanges). The user's `volume` gets a resource of its
    // own: removing the argument would have no effect otherwise.
    const mount = generatedName
        ? engine.createVolume(data, spec, after)
        : engine.createVolume(
              `${name}-volume`,
              spec,
              pulumi.mergeOptions(after, { aliases: [{ name: data }] }),
          );
    return { mounts: [mount], dependsOn };
}
