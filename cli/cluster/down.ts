/** Removes the local cluster: its nodes and everything on them, its registries and its network. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { CommandError } from "../exit-codes.ts";
import { isNotFound } from "../inventory.ts";
import { findProject, messageOf } from "../project.ts";
import { type Cluster, filtersOf, openCluster } from "./cluster.ts";
import { interruptible } from "./interrupt.ts";
import { removeNetworks } from "./network.ts";
import { forgetStacks } from "./stack.ts";
import { step } from "../step.ts";
import { removeMirrorNames } from "./up.ts";

export interface DownOptions {
    name?: string;
}

export async function removeCluster({ name }: DownOptions): Promise<void> {
    const cluster = await openCluster(findProject(), name);
    const remedy = "Run `drydock cluster down` again to finish it.";
    await interruptible(`The removal of ${cluster.name}`, remedy, async () => {
        try {
            await removeParts(cluster);
        } catch (error) {
            throw new CommandError(`Parts of ${cluster.name} cannot be removed: ${messageOf(error)}`, remedy);
        }
        await forgetStacks(cluster);
    });
}

/** An empty `.drydock` would hide one that a parent directory gets later. */
function removeIfEmpty(directory: string): void {
    if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
}

async function removeParts(cluster: Cluster): Promise<void> {
    const { docker, name, directory } = cluster;
    const containers = await docker.listContainers({ all: true, filters: filtersOf(cluster) });
    await removeMirrorNames(cluster);
    const remove = async () => {
        await Promise.all(
            containers.map(async ({ Id }) => {
                try {
                    await docker.getContainer(Id).remove({ force: true, v: true });
                } catch (error) {
                    if (!isNotFound(error)) throw error;
                }
            }),
        );
        await removeNetworks(cluster);
        rmSync(directory, { recursive: true, force: true });
        removeIfEmpty(dirname(directory));
    };
    if (containers.length === 0) {
        await remove();
        process.stdout.write(`There is no local cluster ${name}.\n`);
        return;
    }
    process.stdout.write(`This removes all data on ${name}.\n`);
    await step(`Removing ${name}`, remove);
}
