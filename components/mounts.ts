import * as pulumi from "@pulumi/pulumi";
import { ContainerEngine, Mount } from "./engines";
import { volumeName } from "./names";
import { ifKnown, isAbsolutePath, isVolumeName, refuse, validate } from "./validation";

/** A volume, or a directory of the host, in a container. */
export interface MountArgs {
    /** Path in the container, absolute. */
    path: string;
    /** A volume of the application's own, by a name in it; an output, as of a docker.Volume, is taken as it is. */
    volume?: pulumi.Input<string>;
    /** Directory of the host, absolute. */
    hostPath?: string;
    /** Lets the container read it only. @default false */
    readOnly?: boolean;
}

export function validateMounts(mounts: MountArgs[] = []): void {
    const paths = new Set<string>();
    mounts.forEach(({ path, volume, hostPath }, i) => {
        validate({
            [`mounts[${i}].path`]: [path, isAbsolutePath],
            [`mounts[${i}].hostPath`]: [hostPath, isAbsolutePath],
            [`mounts[${i}].volume`]: [ifKnown(volume), isVolumeName],
        });
        if ((volume === undefined) === (hostPath === undefined))
            refuse(`mounts[${i}]`, "set volume or hostPath, one of the two");
        if (paths.has(path)) refuse(`mounts[${i}].path`, `${path} is mounted twice; keep one of the mounts`);
        paths.add(path);
    });
}

/** The mounts, with a volume made for each that is named: one, however often it is mounted. */
export function mountsOf(
    name: string,
    mounts: MountArgs[] = [],
    engine: ContainerEngine,
    image: pulumi.Input<string>,
    opts: pulumi.CustomResourceOptions,
): Mount[] {
    const made = new Map<string, Mount>();
    return mounts.map(({ volume, ...mount }) => {
        if (typeof volume !== "string") return { ...mount, volume };
        const spec = {
            component: name,
            path: mount.path,
            volume: volumeName(name, volume),
            madeUp: true,
            image,
        };
        const own = made.get(volume) ?? engine.keepData(`${name}-${volume}`, spec, opts);
        made.set(volume, own);
        return { ...own, ...mount };
    });
}
