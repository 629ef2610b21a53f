import * as pulumi from "@pulumi/pulumi";
import type { ContainerEngine, Mount } from "../engines/index.ts";
import { volumeName } from "./names.ts";
import { ifKnown, isBoolean, isMountPath, isVolumeName, quote, refuse, validate } from "./validation.ts";

/** Mounts a volume or a directory of the host in the container. */
export interface MountArgs {
    /** Absolute path in the container. */
    path: string;
    /** Name of a volume, unique in the application: its name in Docker is `<project>.<stack>.<application>.<name>`. An Output,
     *  for example of a docker.Volume, is an existing volume. */
    volume?: pulumi.Input<string>;
    /** Directory of the host, as an absolute path. */
    hostPath?: string;
    /** Mounts it read-only. @default false */
    readOnly?: boolean;
    /** Refuses every update that would delete or no longer mount the volume, until this is false (Pulumi's `protect`).
     *  @default false */
    protectData?: boolean;
}

/** Arguments of a component about its mounts. */
interface MountSource {
    mounts?: MountArgs[];
    protectData?: boolean;
}

const nested = new WeakSet<object>();

/** Marks the arguments of a component that another component creates. The outer one creates its volumes and converts types. */
export function markNested<T extends MountSource>(args: T): T {
    nested.add(args);
    return args;
}

export function isNested(args: object): boolean {
    return nested.has(args);
}

/** @param at path of the mounts */
export function validateMounts(mounts: MountArgs[] = [], at = "mounts"): void {
    const paths = new Set<string>();
    mounts.forEach(({ path, volume, hostPath, readOnly, protectData }, i) => {
        validate({
            [`${at}[${i}].path`]: [path, isMountPath],
            [`${at}[${i}].hostPath`]: [hostPath, isMountPath],
            [`${at}[${i}].volume`]: [ifKnown(volume), isVolumeName],
            [`${at}[${i}].readOnly`]: [readOnly, isBoolean],
            [`${at}[${i}].protectData`]: [protectData, isBoolean],
        });
        if ((volume === undefined) === (hostPath === undefined))
            refuse(`${at}[${i}]`, "must have either volume or hostPath");
        if (protectData && typeof volume !== "string")
            refuse(
                `${at}[${i}].protectData`,
                "protects only a volume that the application creates; remove it, or set volume to a name",
            );
        if (paths.has(path)) refuse(`${at}[${i}].path`, `${quote(path)} has two mounts; keep one`);
        paths.add(path);
    });
}

/**
 * Creates the volumes of the mounts, one for each name.
 *
 * @returns the mounts, and resources that containers with them depend on
 */
export function createMounts(
    name: string,
    args: MountSource,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): { mounts: Mount[]; dependsOn: pulumi.Resource[] } {
    const dependsOn = isNested(args) ? [] : createVolumeRemoval(name, protectedVolumes(args), engine, opts);
    return { mounts: createVolumes(name, args, engine, { ...opts, dependsOn }), dependsOn };
}

/** Whether a volume is protected, by its name. */
function protectedVolumes({ mounts = [], protectData = false }: MountSource): Map<string, boolean> {
    const volumes = new Map<string, boolean>();
    for (const { volume, protectData: protect = protectData } of mounts)
        if (typeof volume === "string") volumes.set(volume, protect || volumes.get(volume) === true);
    return volumes;
}

/** Names in Docker of the volumes that the mounts create. */
export function createdVolumes(name: string, args: MountSource): string[] {
    return [...protectedVolumes(args).keys()].map((volume) => volumeName(name, volume));
}

/** Creates the volumes of the mounts, but nothing that deletes them with the component. */
export function createVolumes(
    name: string,
    args: MountSource,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): Mount[] {
    const { mounts = [] } = args;
    const created = new Map<string, Mount>();
    for (const [volume, protect] of protectedVolumes(args)) {
        const { path = "" } = mounts.find((mount) => mount.volume === volume) ?? {};
        const spec = { component: name, path, volume: volumeName(name, volume), generatedName: true };
        const mount = engine.createVolume(`${name}-${volume}`, spec, protectedIf(protect, opts));
        created.set(volume, mount);
    }
    // The mounts of a nested component already name the Swarm node that holds the volume: keep their properties.
    return mounts.map(({ protectData: _, ...mount }) => ({
        ...(typeof mount.volume === "string" ? created.get(mount.volume) : mount),
        path: mount.path,
        readOnly: mount.readOnly,
    }));
}

/** Created without a volume too: one that is no longer mounted stays until the component is removed. */
function createVolumeRemoval(
    name: string,
    protectedVolumes: Map<string, boolean>,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const names = [...protectedVolumes.keys()];
    const removal = engine.createVolumeRemoval(
        `${name}-data-removal`,
        {
            component: name,
            volumes: names.map((volume) => volumeName(name, volume)),
            legacyRemovals: names.map((volume) => `${name}-${volume}-removal`),
        },
        protectedIf([...protectedVolumes.values()].includes(true), opts),
    );
    return removal === undefined ? [] : [removal];
}

function protectedIf(protect: boolean, opts: pulumi.CustomResourceOptions) {
    return protect ? pulumi.mergeOptions(opts, { protect }) : opts;
}
