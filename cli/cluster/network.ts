/** The network of the local cluster, recognized by its label. */
import type Docker from "dockerode";
import { CommandError } from "../exit-codes.ts";
import { messageOf } from "../project.ts";
import { type Cluster, filtersOf, labelsOf, NAME_REMEDY } from "./cluster.ts";
import { step } from "../step.ts";

/** Creates the network, unless it exists. Returns its subnet. */
export async function provideNetwork(cluster: Cluster): Promise<string> {
    const found = await findNetwork(cluster);
    if (found) return subnetOf(found);
    try {
        return await step(`Creating the network ${cluster.name}`, () => createNetwork(cluster));
    } catch (error) {
        throw new CommandError(
            `The network ${cluster.name} cannot be created: ${messageOf(error)}`,
            "`docker network prune` removes unused networks.",
        );
    }
}

export async function removeNetworks({ docker, ...cluster }: Cluster): Promise<void> {
    for (const { Id } of await docker.listNetworks({ filters: filtersOf({ docker, ...cluster }) }))
        await docker.getNetwork(Id).remove();
}

/** The address with a number in a subnet. */
export function addressIn(subnet: string, number: number): string {
    const [base = ""] = subnet.split("/");
    const bytes = base.split(".");
    return [...bytes.slice(0, 3), Number(bytes[3]) + number].join(".");
}

async function findNetwork({ docker, name, ...cluster }: Cluster) {
    // The filter matches parts of names.
    const all = (await docker.listNetworks({ filters: { name: [name] } })).filter(
        ({ Name }) => Name === name,
    );
    const own = await docker.listNetworks({ filters: filtersOf({ docker, name, ...cluster }) });
    const ids = own.map(({ Id }) => Id);
    const [network] = all;
    if (network && !ids.includes(network.Id))
        throw new CommandError(
            `The network ${name} exists, but does not belong to the local cluster`,
            NAME_REMEDY,
        );
    return network;
}

/** Docker allows fixed addresses only in a network with an explicit subnet: let it choose a free subnet first. */
async function createNetwork(cluster: Cluster): Promise<string> {
    const { docker, name } = cluster;
    await removeNetworks(cluster); // Left by a killed run.
    const Labels = labelsOf(cluster);
    const probe = await docker.createNetwork({ Name: `${name}-probe`, Labels });
    const subnet = subnetOf(await probe.inspect());
    await probe.remove();
    await docker.createNetwork({
        Name: name,
        Labels,
        IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
    });
    return subnet;
}

function subnetOf({ IPAM }: Docker.NetworkInspectInfo): string {
    return IPAM?.Config?.[0]?.Subnet ?? "";
}
