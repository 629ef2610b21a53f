import * as pulumi from "@pulumi/pulumi";
import type { ContainerEngine, Mount } from "../engines/index.ts";
import { volumeName } from "./names.ts";
import { ifKnown, isBoolean, isMountPath, isVolumeName, quote, refuse, validate } from "./validation.ts";

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
    /** Refuses every update that would delete the volume, or no longer mount it, until this is false (Pulumi's
     *  `protect`). @default false */
    protectData?: boolean;
}

/** The arguments of a component that say what it mounts. */
interface MountSource {
    mounts?: MountArgs[];
    protectData?: boolean;
}

/** Arguments of components within another one, which makes their volumes. */
const inner = new WeakSet<object>();

export function markNested<T extends MountSource>(args: T): T {
    inner.add(args);
    return args;
}

export function isNested(args: object): boolean {
    return inner.has(args);
}

export function validateMounts(mounts: MountArgs[] = []): void {
    const paths = new Set<string>();
    mounts.forEach(({ path, volume, hostPath, readOnly, protectData }, i) => {
        validate({
            [`mounts[${i}].path`]: [path, isMountPath],
            [`mounts[${i}].hostPath`]: [hostPath, isMountPath],
            [`mounts[${i}].volume`]: [ifKnown(volume), isVolumeName],
            [`mounts[${i}].readOnly`]: [readOnly, isBoolean],
            [`mounts[${i}].protectData`]: [protectData, isBoolean],
        });
        if ((volume === undefined) === (hostPath === undefined))
            refuse(`mounts[${i}]`, "set volume or hostPath, one of the two");
        if (protectData && typeof volume !== "string")
            refuse(
                `mounts[${i}].protectData`,
                "it protects a volume that the application creates only; remove it, or set volume to a name",
            );
        if (paths.has(path))
            refuse(`mounts[${i}].path`, `${quote(path)} is mounted twice; keep one of the mounts`);
        paths.add(path);
    });
}

/** The mounts, with a volume made for each that is named: one, however often it is mounted; and what comes before. */
export function createMounts(
    name: string,
    args: MountSource,
    engine: ContainerEngine,
    image: pulumi.Input<string>,
    opts: pulumi.CustomResourceOptions,
): { mounts: Mount[]; dependsOn: pulumi.Resource[] } {
    const { mounts = [], protectData = false } = args;
    const isProtected = new Map<string, boolean>();
    for (const { volume, protectData: protect = protectData } of mounts)
        if (typeof volume === "string") isProtected.set(volume, protect || isProtected.get(volume) === true);
    const dependsOn = isNested(args) ? [] : removal(name, isProtected, engine, opts);

    const made = new Map<string, Mount>();
    for (const [volume, protect] of isProtected) {
        const { path = "" } = mounts.find((mount) => mount.volume === volume) ?? {};
        const spec = { component: name, path, volume: volumeName(name, volume), generatedName: true, image };
        const own = engine.createVolume(
            `${name}-${volume}`,
            spec,
            protectedIf(protect, { ...opts, dependsOn }),
        );
        made.set(volume, own);
    }
    return {
        // A component within another one gets mounts that say which node of a Swarm holds them.
        mounts: mounts.map(({ protectData: _, ...mount }) => ({
            ...(typeof mount.volume === "string" ? made.get(mount.volume) : mount),
            path: mount.path,
            readOnly: mount.readOnly,
        })),
        dependsOn,
    };
}

/** There without a volume, too: one that is mounted no more stays until the component goes. */
function removal(
    name: string,
    isProtected: Map<string, boolean>,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const names = [...isProtected.keys()];
    const made = engine.createVolumeRemoval(
        `${name}-data-removal`,
        {
            component: name,
            volumes: names.map((volume) => volumeName(name, volume)),
            legacy: names.map((volume) => `${name}-${volume}-removal`),
        },
        protectedIf([...isProtected.values()].includes(true), opts),
    );
    return made === undefined ? [] : [made];
}

function protectedIf(protect: boolean, opts: pulumi.CustomResourceOptions) {
    return protect ? pulumi.mergeOptions(opts, { protect }) : opts;
}
