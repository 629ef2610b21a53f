import type * as pulumi from "@pulumi/pulumi";
import { Engine, type SwarmDataArgs } from "../engines/engine.ts";
import { directoriesOverlap } from "../engines/index.ts";
import { perUpdate } from "../shared/per-update.ts";
import { refuse } from "../shared/validation.ts";
import { storageName, type StorageArgs } from "./storage.ts";

/** The volume or directory of a service, and the machine that it is on. */
interface Reservation {
    service: string;
    storage: string;
    isDirectory: boolean;
    engine: Engine;
    node: string | undefined;
    provider: unknown;
}

const reservations = perUpdate((): Reservation[] => []);

/**
 * Refuses a volume or directory that another service of the program uses: two servers on the same files corrupt them.
 *
 * @param paths of the arguments that choose the volume and the directory
 * @throws pulumi.InputPropertyError
 */
export function reserveData(
    service: string,
    args: StorageArgs & { engine?: Engine; swarm?: SwarmDataArgs },
    component: pulumi.Resource | undefined,
    paths = argumentPaths(),
): void {
    const storage = storageName(service, args);
    if (storage === undefined) return;
    const isDirectory = args.hostPath !== undefined;
    const reservation: Reservation = {
        service,
        storage,
        isDirectory,
        engine: args.engine ?? Engine.Docker,
        node: isDirectory ? args.swarm?.node : undefined,
        provider: component?.getProvider("docker:index:Container"),
    };
    const other = reservations().find((known) => known.service !== service && isSameData(known, reservation));
    if (other === undefined) reservations().push(reservation);
    else if (isDirectory)
        refuse(
            paths.hostPath,
            `"${storage}" is used by the component "${other.service}" ("${other.storage}"), and two servers on the same files corrupt them; use another directory`,
        );
    else
        refuse(
            paths.volume,
            `"${storage}" is used by the component "${other.service}", and two servers on the same files corrupt them; use another volume, or leave ${paths.volume} out`,
        );
}

/** @param at path of the object with the arguments, including a trailing dot: `data.` */
export function argumentPaths(at = "") {
    return { volume: `${at}volume`, hostPath: `${at}hostPath` };
}

function isSameData(one: Reservation, other: Reservation): boolean {
    const onSameMachine = (["engine", "node", "provider"] as const).every((key) => one[key] === other[key]);
    if (!onSameMachine || one.isDirectory !== other.isDirectory) return false;
    return one.isDirectory ? directoriesOverlap(one.storage, other.storage) : one.storage === other.storage;
}
