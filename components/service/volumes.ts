import * as pulumi from "@pulumi/pulumi";
import { volumesReservedForService } from "../data-service/data-service.ts";
import { argumentPaths, reserveData } from "../data-service/data-reservations.ts";
import { createDataMount, storageName, validateStorage } from "../data-service/storage.ts";
import { Engine, type SwarmDataArgs } from "../engines/engine.ts";
import { getEngine, type Mount } from "../engines/index.ts";
import {
    createdVolumeNames,
    createVolumes,
    type MountArgs,
    refuseReservedVolumes,
} from "../shared/mounts.ts";
import { volumeName } from "../shared/names.ts";
import {
    isDockerName,
    isMountPath,
    quote,
    refuse,
    requireArgument,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** Data that a service keeps, and where. */
export interface ServiceDataArgs {
    /** Absolute path in the container. */
    path: string;
    /** Name of the volume. An existing volume is used as it is and is not deleted with the service; on a Swarm, a volume
     *  that you name is never deleted. @default a generated name */
    volume?: string;
    /** Directory of the host to use instead of a volume, as an absolute path. Never deleted. */
    hostPath?: string;
    /** Refuses every update that would delete the volume or replace it with another, until this is false (Pulumi's
     *  `protect`). @default `protectData` of the service */
    protectData?: boolean;
}

/** Arguments that concern the data of a service. */
export interface DataOwner {
    data?: ServiceDataArgs;
    volumes?: Record<string, ServiceDataArgs>;
    protectData?: boolean;
    mounts?: MountArgs[];
    tmpfs?: Record<string, string>;
    engine?: Engine;
    swarm?: SwarmDataArgs;
}

/** @throws pulumi.InputPropertyError */
export function validateServiceData({
    data,
    volumes = {},
    mounts = [],
    tmpfs = {},
    engine,
    swarm,
}: DataOwner): void {
    refuseReservedVolumes(mounts, volumesReservedForService(engine), "service");
    validateObject("data", data, '{ path: "/data" }');
    validateObject("volumes", volumes, '{ config: { path: "/etc/search" } }');
    const all = Object.entries(volumes).map(([key, volume]): [string, ServiceDataArgs] => [
        `volumes.${key}`,
        volume,
    ]);
    for (const key of Object.keys(volumes)) validate({ [`volumes.${key}`]: [key, isDockerName] });
    if (data !== undefined) all.unshift(["data", data]);
    const paths = new Set([...mounts.map(({ path }) => path), ...Object.keys(tmpfs)]);
    const sources = new Set<string>();
    for (const [at, volume] of all) {
        validateObject(at, volume, '{ path: "/data" }');
        requireArgument(`${at}.path`, volume.path, "/data");
        validate({ [`${at}.path`]: [volume.path, isMountPath] });
        validateStorage(volume, `${at}.`);
        if (paths.has(volume.path)) refuse(`${at}.path`, `${quote(volume.path)} has two mounts; keep one`);
        paths.add(volume.path);
        const source = volume.volume ?? volume.hostPath;
        if (source !== undefined && sources.has(source))
            refuse(
                `${at}.${volume.volume === undefined ? "hostPath" : "volume"}`,
                `${quote(source)} is mounted twice; keep one`,
            );
        if (source !== undefined) sources.add(source);
    }
    if (engine === Engine.Swarm && all.length > 1 && swarm?.node === undefined)
        refuse(
            "swarm.node",
            "required for several volumes, which must be on one node; set it to the host name of the node",
        );
}

/** Refuses volumes and directories that another service of the program uses. */
export function reserveServiceData(name: string, args: DataOwner, component: pulumi.Resource): void {
    const { data, volumes = {}, engine, swarm } = args;
    if (data !== undefined) reserveData(name, { ...data, engine, swarm }, component, argumentPaths("data."));
    for (const [key, { volume, hostPath }] of Object.entries(volumes)) {
        const storage = hostPath === undefined ? { volume: volume ?? volumeName(name, key) } : { hostPath };
        reserveData(name, { ...storage, engine, swarm }, component, argumentPaths(`volumes.${key}.`));
    }
}

/** Identifies the data. If it changes, the service has other data, which may be empty. */
export function serviceStorageName(name: string, { data, volumes = {} }: DataOwner): string | undefined {
    if (data !== undefined) return storageName(name, data);
    const [first] = Object.entries(volumes);
    return first && (first[1].volume ?? first[1].hostPath ?? volumeName(name, first[0]));
}

/** Docker names of the volumes, and directories of the host. On a Swarm, a directory is identified by a volume name. */
export function dataSources(
    name: string,
    { data, volumes = {}, engine }: DataOwner,
): { volumes: string[]; directories: string[] } {
    const all = [
        ...(data === undefined ? [] : [{ ...data, generated: volumeName(name) }]),
        ...Object.entries(volumes).map(([key, volume]) => ({ ...volume, generated: volumeName(name, key) })),
    ];
    const inDirectory = all.filter(({ hostPath }) => hostPath !== undefined && engine !== Engine.Swarm);
    return {
        volumes: all
            .filter((source) => !inDirectory.includes(source))
            .map(({ volume, generated }) => volume ?? generated),
        directories: inDirectory.flatMap(({ hostPath }) => hostPath ?? []),
    };
}

/** Creates the volumes of a service. Returns the mounts and the resources that the container depends on. */
export function createServiceVolumes(
    name: string,
    args: DataOwner,
    opts: pulumi.CustomResourceOptions,
): { mounts: Mount[]; dependsOn: pulumi.Resource[] } {
    const { data, volumes = {}, engine, swarm } = args;
    const isProtected = ({ protectData = args.protectData }: ServiceDataArgs) => protectData === true;
    const protectData = data === undefined ? Object.values(volumes).some(isProtected) : isProtected(data);
    const { mounts: dataMounts, dependsOn } = createDataMount(
        name,
        data?.path ?? "",
        { ...data, persistent: data !== undefined, protectData, engine, swarm },
        opts,
        [...dataSources(name, { volumes }).volumes, ...createdVolumeNames(name, args)],
    );
    const options = pulumi.mergeOptions(opts, { dependsOn });
    const namedMounts = Object.entries(volumes).map(([key, volume]) =>
        createNamedVolume(
            name,
            key,
            volume,
            args,
            pulumi.mergeOptions(options, { protect: isProtected(volume) }),
        ),
    );
    const ownMounts = [...dataMounts, ...namedMounts];
    const otherMounts = createVolumes(name, args, getEngine({ engine }), options, { dataMounts: ownMounts });
    return { mounts: [...ownMounts, ...otherMounts], dependsOn };
}

function createNamedVolume(
    name: string,
    key: string,
    { path, volume, hostPath }: ServiceDataArgs,
    { engine, swarm }: DataOwner,
    opts: pulumi.CustomResourceOptions,
): Mount {
    const hasGeneratedName = volume === undefined;
    const defaultName = volumeName(name, key);
    const spec = {
        component: name,
        path,
        volume: hostPath === undefined ? (volume ?? defaultName) : undefined,
        hostPath,
        defaultName,
        hasGeneratedName,
        node: swarm?.node,
    };
    const resource = `${name}-volume-${key}`;
    // As in createDataMount: a name that the user chooses needs another resource than a generated one.
    return hasGeneratedName
        ? getEngine({ engine }).createVolume(resource, spec, opts)
        : getEngine({ engine }).createVolume(
              `${resource}-named`,
              spec,
              pulumi.mergeOptions(opts, { aliases: [{ name: resource }] }),
          );
}
