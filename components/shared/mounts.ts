import * as pulumi from "@pulumi/pulumi";
import { Engine } from "../engines/engine.ts";
import type { ContainerEngine, Mount, VolumeSpec } from "../engines/index.ts";
import { volumeName } from "./names.ts";
import { isNested } from "./nested-arguments.ts";
import {
    ifKnown,
    isBoolean,
    isMountPath,
    isUnknown,
    isVolumeName,
    quote,
    refuse,
    reportErrorsOn,
    validate,
} from "./validation.ts";

/** The data of a Volume, for `mounts`. */
export interface VolumeSource {
    /** Name of the volume in Docker. Either this or `hostPath` is set. */
    volume?: string;
    /** Directory of the host. */
    hostPath?: string;
    /** Label of the Swarm node that has the data. Only on a Swarm. */
    nodeLabel?: string;
    /** Host name of the Swarm node that `swarm.node` of the Volume names. */
    node?: string;
}

/** Mounts a volume or a directory of the host in the container. */
export interface MountArgs {
    /** Absolute path in the container. */
    path: string;
    /** Name of a volume, unique in the application: its name in Docker is `<project>.<stack>.<application>.<name>`. An Output,
     *  for example of a docker.Volume, is an existing volume. */
    volume?: pulumi.Input<string>;
    /** Directory of the host, or an existing file or socket, as an absolute path. */
    hostPath?: pulumi.Input<string>;
    /** A Volume, which other components can mount too: `uploads.source`. */
    source?: pulumi.Input<VolumeSource>;
    /** Mounts it read-only. @default false */
    readOnly?: boolean;
    /** Refuses every update that would delete or unmount the volume, until this is false (Pulumi's `protect`).
     *  @default false */
    protectData?: boolean;
}

/** Arguments that concern the mounts of a component. */
interface MountsArgs {
    mounts?: MountArgs[];
    protectData?: boolean;
    engine?: Engine;
    storage?: StorageMountArgs;
}

/** The storage of a Rails application: a volume that the user names, a directory of the host, or a generated volume. */
export interface StorageMountArgs {
    path: string;
    volume?: string;
    hostPath?: string;
    protectData?: boolean;
}

/** Engine that must have the data; `any` for a task, which runs wherever its data is. */
type DataEngine = Engine | "any";

/** Name of the storage volume among the application's volumes. */
export const STORAGE_VOLUME = "storage";

/** The processes of an application share its storage, but an update must not run two versions of a process on it. */
const STORAGE_MOUNT = { shared: true, stopsFirst: true };

/**
 * Whether the mount comes from an outer component, which has already validated it. `createVolumes` and `createStorage` set
 * `shared` on every mount. Users cannot: it is not an argument.
 */
function isResolved(mount: MountArgs): boolean {
    return (mount as Mount).shared === true;
}

/** @param at path of the mounts */
export function validateMounts(mounts: MountArgs[] = [], at = "mounts"): void {
    const paths = new Set<string>();
    mounts.forEach((mount, i) => {
        if (isResolved(mount)) return;
        const { path, volume, hostPath, source, readOnly, protectData } = mount;
        validate({
            [`${at}[${i}].path`]: [path, isMountPath],
            [`${at}[${i}].hostPath`]: [ifKnown(hostPath), isMountPath],
            [`${at}[${i}].volume`]: [ifKnown(volume), isVolumeName],
            [`${at}[${i}].readOnly`]: [readOnly, isBoolean],
            [`${at}[${i}].protectData`]: [protectData, isBoolean],
        });
        if ([volume, hostPath, source].filter((value) => value !== undefined).length !== 1)
            refuse(`${at}[${i}]`, "must have exactly one of volume, hostPath and source");
        if (source !== undefined && !isUnknown(source)) requireSource(`${at}[${i}].source`, source, "any");
        if (protectData && source !== undefined)
            refuse(`${at}[${i}].protectData`, "set protectData of the Volume instead");
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
 * Refuses a volume whose resource `<component>-<volume>` would have the name of another resource of the component.
 *
 * @param reserved suffixes of these other resources
 * @param kind of the component
 */
export function refuseReservedVolumes(
    mounts: MountArgs[] = [],
    reserved: string[],
    kind: string,
    at = "mounts",
): void {
    mounts.forEach(({ volume }, i) => {
        if (typeof volume === "string" && reserved.includes(volume))
            refuse(`${at}[${i}].volume`, `${quote(volume)} is reserved for the ${kind}; use another name`);
    });
}

/**
 * Creates the volumes of the mounts, one for each name, and the volume of the storage.
 *
 * @returns the mounts, and the resources that containers with these mounts depend on
 */
export function createMounts(
    name: string,
    args: MountsArgs,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
    dataEngine?: DataEngine,
): { mounts: Mount[]; storage?: Mount; dependsOn: pulumi.Resource[] } {
    // The outer component has created the volumes.
    if (isNested(args))
        return { mounts: createVolumes(name, args, engine, opts, { dataEngine }), dependsOn: [] };
    const dependsOn = createVolumeRemoval(name, args, engine, opts);
    const options = { ...opts, dependsOn };
    const mounts = createVolumes(name, args, engine, options, { dataEngine });
    return {
        mounts,
        storage: args.storage && createStorage(name, args.storage, { ...args, mounts }, engine, options),
        dependsOn,
    };
}

/** The volumes that the component creates: whether each is protected, by name. */
function volumeProtection({ mounts = [], storage, protectData = false }: MountsArgs): Map<string, boolean> {
    const volumes = new Map<string, boolean>();
    const all = hasGeneratedVolume(storage) ? [...mounts, { ...storage, volume: STORAGE_VOLUME }] : mounts;
    for (const { volume, protectData: protect = protectData } of all)
        if (typeof volume === "string") volumes.set(volume, protect || volumes.get(volume) === true);
    return volumes;
}

/** Docker names of the volumes that the component creates for its mounts. */
export function createdVolumeNames(name: string, args: MountsArgs): string[] {
    return [...volumeProtection(args).keys()].map((volume) => volumeName(name, volume));
}

/**
 * Creates the volumes of the mounts, but not the resource that deletes them with the component.
 *
 * @param dataMounts other mounts of the component. On a Swarm, the volumes are created on the node that has their data
 */
export function createVolumes(
    name: string,
    args: MountsArgs,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
    {
        dataEngine = args.engine ?? Engine.Docker,
        dataMounts = [],
    }: { dataEngine?: DataEngine; dataMounts?: Mount[] } = {},
): Mount[] {
    const { mounts = [] } = args;
    const sources = mounts.map(
        ({ source }, i) => source && resolveSource(`mounts[${i}].source`, source, dataEngine, opts.parent),
    );
    const near = [...dataMounts, ...sources].flatMap((mount) => mount?.nodeLabel ?? []);
    const created = new Map<string, Mount>();
    for (const [volume, protect] of volumeProtection({ ...args, storage: undefined })) {
        const { path = "" } = mounts.find((mount) => mount.volume === volume) ?? {};
        const mount = createOwnVolume(name, path, volume, near, engine, protectedIf(protect, opts));
        created.set(volume, mount);
    }
    return mounts.map((mount, i) => {
        // The mounts of a nested component already name the Swarm node that holds the volume: keep their properties.
        if (isResolved(mount)) return mount;
        const { path, volume, hostPath, readOnly } = mount;
        const from = sources[i] ?? { volume, hostPath };
        return {
            ...(typeof volume === "string" ? created.get(volume) : from),
            path,
            readOnly,
            shared: true,
        };
    });
}

/** Creates a volume with a generated name. */
function createOwnVolume(
    name: string,
    path: string,
    volume: string,
    near: VolumeSpec["near"],
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): Mount {
    const defaultName = volumeName(name, volume);
    const spec = { component: name, path, volume: defaultName, defaultName, hasGeneratedName: true, near };
    return engine.createVolume(`${name}-${volume}`, spec, opts);
}

function hasGeneratedVolume(storage: StorageMountArgs | undefined): storage is StorageMountArgs {
    return storage !== undefined && (storage.volume ?? storage.hostPath) === undefined;
}

/** Creates the volume of the storage, or prepares its directory. */
function createStorage(
    name: string,
    storage: StorageMountArgs,
    { mounts, protectData = false }: { mounts: Mount[]; protectData?: boolean },
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): Mount {
    const { path, volume, hostPath, protectData: protect = protectData } = storage;
    const options = protectedIf(protect, opts);
    const near = mounts.flatMap(({ nodeLabel }) => nodeLabel ?? []);
    if (hasGeneratedVolume(storage))
        return { ...createOwnVolume(name, path, STORAGE_VOLUME, near, engine, options), ...STORAGE_MOUNT };
    const defaultName = volumeName(name, STORAGE_VOLUME);
    const spec = { component: name, path, volume, hostPath, defaultName, near };
    // As in createDataMount: a name that the user chooses needs another resource than a generated one.
    const resource = `${name}-${STORAGE_VOLUME}`;
    const aliases = volume === undefined ? [] : [{ name: resource }];
    const mount = engine.createVolume(
        volume === undefined ? resource : `${resource}-volume`,
        spec,
        pulumi.mergeOptions(options, { aliases }),
    );
    return { ...mount, ...STORAGE_MOUNT };
}

/** The properties of a Volume's source. In a preview, they may be unknown. */
function resolveSource(
    propertyPath: string,
    source: pulumi.Input<VolumeSource>,
    dataEngine: DataEngine,
    component: pulumi.Resource | undefined,
): Pick<Mount, "volume" | "hostPath" | "nodeLabel" | "node"> {
    const known = pulumi
        .output(source)
        .apply((value) => reportErrorsOn(component, () => requireSource(propertyPath, value, dataEngine)));
    return {
        // One of the two resolves to undefined, which leaves the property out.
        volume: known.apply(({ volume }) => volume) as pulumi.Output<string>,
        hostPath: known.apply(({ hostPath }) => hostPath) as pulumi.Output<string>,
        nodeLabel: known.apply(({ nodeLabel }) => nodeLabel),
        node: known.apply(({ node }) => node),
    };
}

/** @throws pulumi.InputPropertyError if the value is not the source of a Volume, or if its data is on another machine */
export function requireSource(propertyPath: string, source: unknown, dataEngine: DataEngine): VolumeSource {
    const { volume, hostPath, nodeLabel } = (source ?? {}) as Partial<Record<string, unknown>>;
    const isVolume = volume === undefined ? typeof hostPath === "string" : typeof volume === "string";
    if (!isVolume) refuse(propertyPath, "must be the source of a Volume, for example uploads.source");
    const data = volume === undefined ? `the directory ${quote(hostPath)}` : `the volume ${quote(volume)}`;
    if (dataEngine === Engine.Swarm && nodeLabel === undefined)
        refuse(propertyPath, `${data} is on no node of the Swarm; set engine of the Volume to Engine.Swarm`);
    if (dataEngine === Engine.Docker && nodeLabel !== undefined)
        refuse(
            propertyPath,
            `${data} is on a node of a Swarm, and this runs on a Docker Engine; remove engine of the Volume, or run this on the Swarm too`,
        );
    return source as VolumeSource;
}

/** Created even if there is no volume: one that is no longer mounted stays until the component is removed. */
function createVolumeRemoval(
    name: string,
    args: MountsArgs,
    engine: ContainerEngine,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { storage, protectData = false } = args;
    const volumes = volumeProtection(args);
    const names = [...volumes.keys()];
    const protectsStorage = storage !== undefined && (storage.protectData ?? protectData);
    const removal = engine.createVolumeRemoval(
        `${name}-data-removal`,
        {
            component: name,
            volumes: [
                ...names.map((volume) => volumeName(name, volume)),
                ...(storage?.volume === undefined ? [] : [storage.volume]),
            ],
            userVolume: storage?.volume,
            legacyRemovals: names.map((volume) => `${name}-${volume}-removal`),
        },
        protectedIf([...volumes.values()].includes(true) || protectsStorage, opts),
    );
    return removal === undefined ? [] : [removal];
}

function protectedIf(protect: boolean, opts: pulumi.CustomResourceOptions) {
    return protect ? pulumi.mergeOptions(opts, { protect }) : opts;
}
