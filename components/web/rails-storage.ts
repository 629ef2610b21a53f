import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { argumentPaths, reserveData } from "../data-service/data-reservations.ts";
import { Engine } from "../engines/engine.ts";
import { getEngine, type Mount } from "../engines/index.ts";
import { STORAGE_VOLUME, type StorageMountArgs } from "../shared/mounts.ts";
import {
    isBoolean,
    isMountPath,
    isVolumeName,
    quote,
    refuse,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { withReplicas } from "./replicas.ts";
import type { WebAppArgs } from "./web-app-args.ts";

/** Where a Rails application keeps its SQLite databases and uploaded files. */
export interface RailsStorageArgs {
    /** Absolute path in the container. @default `/rails/storage` */
    path?: string;
    /** Name of the volume. An existing volume is used as it is and is not deleted with the application; on a Swarm, a
     *  volume that you name is never deleted. @default `<project>.<stack>.<application>.storage` */
    volume?: string;
    /** Directory of the host to use instead of a volume, as an absolute path. Never deleted. */
    hostPath?: string;
    /** Refuses every update that would delete the volume or replace it with another, until this is false (Pulumi's
     *  `protect`). @default `protectData` of the application */
    protectData?: boolean;
}

const DEFAULT_PATH = "/rails/storage";

/** @throws pulumi.InputPropertyError */
export function validateRailsStorage(
    name: string,
    storage: RailsStorageArgs | undefined,
    app: WebAppArgs,
    component: pulumi.Resource,
): void {
    if (storage === undefined) return;
    validateObject("storage", storage, "{}");
    const { path = DEFAULT_PATH, volume, hostPath, protectData } = storage;
    validate({
        "storage.path": [path, isMountPath],
        "storage.volume": [volume, isVolumeName],
        "storage.hostPath": [hostPath, isMountPath],
        "storage.protectData": [protectData, isBoolean],
    });
    if (volume !== undefined && hostPath !== undefined)
        refuse("storage.hostPath", "hostPath and volume are both set; keep one");
    for (const [at, mount] of allMounts(app)) {
        if (mount.path === path)
            refuse(`${at}.path`, `${quote(path)} is the path of storage; keep one of the two`);
        if (mount.volume === STORAGE_VOLUME)
            refuse(`${at}.volume`, `${quote(STORAGE_VOLUME)} is the volume of storage; use another name`);
    }
    refuseReplicas(app);
    if ((volume ?? hostPath) !== undefined)
        reserveData(name, { volume, hostPath, engine: app.engine }, component, argumentPaths("storage."));
}

/** All mounts of the application and its processes, with their property paths. */
function allMounts({ mounts = [], processes = {} }: WebAppArgs) {
    return [
        ...mounts.map((mount, i) => [`mounts[${i}]`, mount] as const),
        ...Object.entries(processes).flatMap(([process, { mounts: processMounts = [] }]) =>
            processMounts.map((mount, i) => [`processes.${process}.mounts[${i}]`, mount] as const),
        ),
    ];
}

function refuseReplicas({ engine, processes = {}, ...app }: WebAppArgs): void {
    if (engine !== Engine.Swarm) return;
    const all = [
        ["", app] as const,
        ...Object.entries(processes).map(([process, own]) => [`processes.${process}.`, own] as const),
    ];
    for (const [at, args] of all) {
        const { replicas = 1 } = withReplicas(args) ?? {};
        const argument = args.swarm?.replicas === undefined ? "replicas" : "swarm.replicas";
        if (replicas > 1)
            refuse(
                `${at}${argument}`,
                `${replicas} replicas would write to the same SQLite databases; use 1, or a database instead of storage`,
            );
    }
}

export function storageMountArgs(storage: RailsStorageArgs | undefined): StorageMountArgs | undefined {
    return storage && { ...storage, path: storage.path ?? DEFAULT_PATH };
}

/** Creates the Command that makes the storage writable for the user that the application runs as. */
export function createStorageOwner(
    name: string,
    storage: Mount,
    image: pulumi.Output<string>,
    args: WebAppArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const inputs = getEngine(args).makeWritable(name, storage, image, args.user, opts);
    return new command.local.Command(`${name}-${STORAGE_VOLUME}-owner`, inputs, opts);
}
