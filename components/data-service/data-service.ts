import * as pulumi from "@pulumi/pulumi";
import { type ContainerArgs, validateContainer } from "../container/container-args.ts";
import { describeOptions } from "../container/container-options.ts";
import { Engine, type SwarmDataArgs } from "../engines/engine.ts";
import { type ContainerFile, type ContainerSpec, getEngine, validateEngine } from "../engines/index.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import type { HealthArgs, HealthTimeArgs } from "../shared/health.ts";
import { type ImageSource, resolveImage, validateImage } from "../shared/image.ts";
import { createdVolumeNames, createVolumes, refuseReservedVolumes } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import { reserveHostPorts } from "../shared/ports.ts";
import {
    addressWhenHealthy,
    createPublishedPorts,
    type PublishArgs,
    validatePublish,
} from "../shared/publish.ts";
import { startContainer, whenHealthy } from "../shared/readiness.ts";
import {
    ifKnown,
    isDockerName,
    isNetwork,
    quote,
    refuse,
    reportErrorsOn,
    validate,
} from "../shared/validation.ts";
import { createDataCheck, type Requirements } from "./data-check.ts";
import { reserveData } from "./data-reservations.ts";
import { createDataMount, type StorageArgs, storageName, validateStorage } from "./storage.ts";

/** Arguments that PostgresService and RedisService share. */
export interface DataServiceArgs extends ImageSource, StorageArgs, ContainerArgs {
    /** Publishes the port on the host. @default not published: only containers that link to the service can reach it */
    publish?: PublishArgs;
    /** Existing network for the container to join. @default its own network,
     *  which only containers that link to the service join */
    network?: pulumi.Input<string>;
    /** Timing of the health check. The check itself is the service's own. */
    health?: HealthTimeArgs;
    /** Engine that runs the container. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs the service. No effect with `Engine.Docker`. */
    swarm?: SwarmDataArgs;
}

/** What is specific to one kind of service, such as Postgres. */
export interface ServiceDefinition {
    /** Image to use if the user sets neither `image` nor `build`. */
    defaultImage: string;
    /** Port that the server listens on. */
    port: number;
    /** Where the volume or directory with the data is mounted. The data may be in a subdirectory. */
    mountPath: string;
    /** What the user's image and data directory must contain. */
    requirements: Requirements;
    container: Pick<
        ContainerSpec,
        | "entrypoint"
        | "command"
        | "env"
        | "files"
        | "health"
        | "sharedMemory"
        | "capabilities"
        | "defaultStopTimeout"
    >;
}

/** Where containers that link to a service reach it. */
export interface Endpoint {
    host: string;
    port: number;
    network: string;
    aliases?: string[];
    storage?: string;
}

/** A running service. `endpoint` and `address` resolve once it is healthy. */
export interface DataService {
    endpoint: pulumi.Output<Endpoint>;
    /** Host address and port, for example `127.0.0.1:5432`. Empty if the service is not published. */
    address: pulumi.Output<string>;
    image: pulumi.Output<string>;
    container: pulumi.CustomResource;
}

/**
 * Validates the arguments that all services share, and refuses a name or data that another component uses.
 *
 * @param mountPath where the volume or directory with the data is mounted
 * @throws pulumi.InputPropertyError
 */
export function validateDataService(
    name: string,
    args: DataServiceArgs,
    mountPath: string,
    component: pulumi.Resource,
): void {
    validateContainer(args);
    refuseHarmfulOptions(args, mountPath);
    validate({
        name: [name, isDockerName],
        network: [ifKnown(args.network), isNetwork],
    });
    validateImage(args, false);
    validatePublish(args.publish);
    validateStorage(args);
    validateEngine(args);
    reserveContainerName(component, name, "name", `the service ${name}`);
    reserveHostPorts(component, `the service ${name}`, args);
    reserveData(name, args, component);
}

/** Refuses options that would lose data or keep the server from becoming healthy. */
function refuseHarmfulOptions(args: DataServiceArgs, mountPath: string): void {
    const { path, host, command, tcp, disabled }: HealthArgs = args.health ?? {};
    for (const [key, value] of Object.entries({ path, host, command, tcp, disabled }))
        if (value !== undefined)
            refuse(
                `health.${key}`,
                "the service has its own health check; leave this out, and set only the timing",
            );
    if (args.restart === "no")
        refuse(
            "restart",
            '"no" would leave the service stopped after a crash or a reboot; leave restart out',
        );
    if (args.readOnly)
        refuse(
            "readOnly",
            "the service's configuration is written into its file system before it starts; leave it out",
        );
    for (const path of Object.keys(args.tmpfs ?? {}))
        if (isBelow(mountPath, path))
            refuse(`tmpfs.${path}`, `hides ${mountPath}, which holds the data; use another path`);
    for (const path of Object.keys(args.files ?? {}))
        if (isBelow(path, mountPath))
            refuse(
                `files.${path}`,
                `is below ${mountPath}, which holds the data of the service; use another path`,
            );
    args.mounts?.forEach(({ path }, i) => {
        if (isBelow(mountPath, path))
            refuse(
                `mounts[${i}].path`,
                `${quote(path)} hides ${mountPath}, which holds the data; set volume or hostPath of the service`,
            );
    });
    refuseReservedVolumes(args.mounts, volumesReservedForService(args.engine), "service");
}

/** Whether the path is that of the directory, or below it. */
function isBelow(path: string, directory: string): boolean {
    return `${path}/`.startsWith(`${directory.replace(/\/+$/, "")}/`);
}

/**
 * Names that volumes in `mounts` of a service cannot have: the service has other resources `<service>-data` and so on. On a
 * Swarm, where a volume is a Command, it also has the Command `<service>-shutdown`.
 */
export function volumesReservedForService(engine: Engine = Engine.Docker): string[] {
    return ["data", "volume", "ready", ...(engine === Engine.Swarm ? ["shutdown"] : [])];
}

/** Refuses files and mounts that would replace or hide a file that the service writes. */
function refuseReservedFiles(
    { files = {}, tmpfs = {}, mounts = [] }: DataServiceArgs,
    ownFiles: ContainerFile[] = [],
): void {
    for (const { path } of ownFiles) {
        // The file, which may hold a password, would be written into the volume or host directory.
        mounts.forEach((mount, i) => {
            if (isBelow(path, mount.path))
                refuse(`mounts[${i}].path`, `contains ${path}, which the service writes; use another path`);
        });
        if (files[path] !== undefined)
            refuse(`files.${path}`, "the service writes this file; use settings, or another path");
        for (const directory of Object.keys(tmpfs))
            if (isBelow(path, directory))
                refuse(
                    `tmpfs.${directory}`,
                    `hides ${path}, which the service needs to start; use another path`,
                );
    }
}

/** Creates the image, network, volume and container of a service. */
export function createDataService(
    name: string,
    args: DataServiceArgs,
    definition: ServiceDefinition,
    opts: pulumi.CustomResourceOptions,
): DataService {
    reportErrorsOn(opts.parent, () => {
        refuseReservedFiles(args, definition.container.files);
    });
    const engine = getEngine(args);
    const defaultImage = args.build ? undefined : definition.defaultImage;
    const image = resolveImage(name, { ...args, image: args.image ?? defaultImage }, engine, opts);
    const network = args.network ?? createNetwork(name, args, opts);
    // On a shared network, another service may have the same name.
    const aliases = [...new Set([...(args.network === undefined ? [name] : []), ...(args.aliases ?? [])])];
    const ports = createPublishedPorts(name, args.publish, definition, opts);
    const { mounts, dependsOn } = createDataMount(
        name,
        definition.mountPath,
        args,
        opts,
        createdVolumeNames(name, args),
    );
    const options = describeOptions(args);
    const otherMounts = createVolumes(name, args, engine, { ...opts, dependsOn }, { dataMounts: mounts });
    const check = createDataCheck(name, args, definition.requirements, image, mounts, opts);
    const spec: ContainerSpec = {
        ...definition.container,
        ...options,
        files: [...(definition.container.files ?? []), ...(options.files ?? [])],
        secretEnv: args.env && pulumi.output(args.env),
        hasDefaultSharedMemory: definition.container.sharedMemory !== undefined,
        component: name,
        name: physicalName(name),
        image,
        ports,
        networks: [network],
        ownNetwork: network,
        aliases,
        aliasesSetByUser: args.aliases !== undefined,
        mounts: [...mounts, ...otherMounts],
        stateful: true,
        swarm: args.swarm,
    };
    const containerOptions = pulumi.mergeOptions(opts, { dependsOn: [...dependsOn, ...check] });
    const { container, started } = startContainer(name, spec, engine, containerOptions);
    const healthy = whenHealthy(name, started, spec, engine, opts);

    const storage = storageName(name, args);
    return {
        endpoint: pulumi.all([network, healthy]).apply(([network]) => ({
            host: spec.name,
            port: definition.port,
            network,
            ...(aliases.length > 0 && { aliases }),
            ...(storage !== undefined && { storage }),
        })),
        address: addressWhenHealthy(healthy, ports, engine, opts),
        image,
        container,
    };
}

function createNetwork(
    name: string,
    args: DataServiceArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const spec = { component: name, name: physicalName(name), encrypted: args.swarm?.encrypted };
    return getEngine(args).createNetwork(`${name}-network`, spec, opts);
}
