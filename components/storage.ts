import * as pulumi from "@pulumi/pulumi";
import type { Engine, SwarmDataArgs } from "./engine";
import { engineOf, Mount } from "./engines";
import { volumeName } from "./names";
import { isAbsolutePath, isVolumeName, refuse, validate } from "./validation";

/** Where a service keeps its data. */
export interface StorageArgs {
    /** Whether data outlives the container. Without, a change of the service starts it empty, and no task runs again by itself. @default true */
    persistent?: boolean;
    /** Name of the volume. One that was there before is taken as it is, and stays when the service goes; on a Swarm
     *  each that is named stays. Another name is another volume, and the old one goes, where this stack has made it. @default `<project>.<stack>.<name>` */
    volume?: string;
    /** Directory of the host, absolute, in place of a volume; never removed. */
    hostPath?: string;
    /** Refuses every update that would delete the volume, until this is false (Pulumi's `protect`). @default false */
    protectData?: boolean;
}

export function validateStorage({ persistent, volume, hostPath, protectData }: StorageArgs): void {
    validate({ hostPath: [hostPath, isAbsolutePath], volume: [volume, isVolumeName] });
    if (volume !== undefined && hostPath !== undefined) {
        refuse("hostPath", "hostPath and volume are both set; keep the directory or the volume");
    }
    if (persistent === false && protectData) {
        refuse(
            "protectData",
            "persistent is false: there is no data to protect; leave out the one or the other",
        );
    }
    if (persistent === false && (volume ?? hostPath) !== undefined) {
        refuse(
            "persistent",
            "persistent is false, but a volume or a hostPath is set; leave out the one or the other",
        );
    }
}

/** What names the data: the volume, or the directory. Nothing, where none is kept. */
export function storageName(name: string, { persistent, volume, hostPath }: StorageArgs): string | undefined {
    return persistent === false ? undefined : (volume ?? hostPath ?? volumeName(name));
}

/** The mount for a service's data: its volume, the directory, or none. */
export function dataMount(
    name: string,
    path: string,
    args: StorageArgs & { engine?: Engine; swarm?: SwarmDataArgs },
    image: pulumi.Input<string>,
    opts: pulumi.ResourceOptions,
): Mount[] {
    if (args.persistent === false) return [];
    const { hostPath, volume = hostPath === undefined ? volumeName(name) : undefined } = args;
    const options = args.protectData ? pulumi.mergeOptions(opts, { protect: true }) : opts;
    const madeUp = args.volume === undefined;
    const spec = { component: name, path, volume, hostPath, madeUp, node: args.swarm?.node, image };
    return [engineOf(args).keepData(`${name}-data`, spec, options)];
}
