import type * as pulumi from "@pulumi/pulumi";
import { claimsOfUpdate } from "../shared/container-names.ts";
import { Engine, type SwarmDataArgs } from "../engines/engine.ts";
import { directoriesOverlap } from "../engines/index.ts";
import { storageName, type StorageArgs } from "./storage.ts";
import { refuse } from "../shared/validation.ts";

interface Claim {
    /** Name of the service. */
    service: string;
    storage: string;
    isDirectory: boolean;
    /** What tells apart the machines that it may be on. */
    engine: Engine;
    node: string | undefined;
    provider: unknown;
}

/** The data of the program's services, in each update. */
const claims = new Map<unknown, Claim[]>();

/**
 * The files of a server belong to it alone: two on the same files corrupt them.
 *
 * @throws pulumi.InputPropertyError if another service of the program has the volume or the directory
 */
export function reserveData(
    service: string,
    args: StorageArgs & { engine?: Engine; swarm?: SwarmDataArgs },
    component: pulumi.Resource | undefined,
): void {
    const storage = storageName(service, args);
    if (storage === undefined) return;
    const claim: Claim = {
        service,
        storage,
        isDirectory: args.hostPath !== undefined,
        engine: args.engine ?? Engine.Docker,
        node: args.hostPath === undefined ? undefined : args.swarm?.node,
        provider: component?.getProvider("docker:index:Container"),
    };
    const others = claimsOfUpdate(claims, (): Claim[] => []);
    const other = others.find((known) => known.service !== service && clash(known, claim));
    if (other === undefined) others.push(claim);
    else if (claim.isDirectory)
        refuse(
            "hostPath",
            `"${storage}" is where the service "${other.service}" has its data ("${other.storage}"), and two servers on the same files corrupt them; name a directory of its own`,
        );
    else
        refuse(
            "volume",
            `"${storage}" has the data of the service "${other.service}", and two servers on the same files corrupt them; name a volume of its own, or leave volume out`,
        );
}

function clash(one: Claim, other: Claim): boolean {
    if (one.isDirectory !== other.isDirectory) return false;
    const isElsewhere = (["engine", "node", "provider"] as const).some((key) => one[key] !== other[key]);
    if (isElsewhere) return false;
    return one.isDirectory ? directoriesOverlap(one.storage, other.storage) : one.storage === other.storage;
}
