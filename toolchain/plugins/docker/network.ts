import { resource } from "../../plugin/provider";
import { autoname, boolean, map, object, set, string, TypeOf } from "../../plugin/schema";
import { attempt, Daemon, found, inBody, isNotFound, reasonOf, retryWhile } from "./daemon";
import { fromRecord, label, toRecord } from "./labels";

/** How long to wait for containers to leave a network that is removed, in seconds (the official provider's). */
const REMOVAL_TIMEOUT = 30;

/** How long to wait until a network says all of itself, in seconds (the official provider's). */
const COMPLETION_TIMEOUT = 30;

const properties = {
    name: autoname,
    labels: set(label),
    driver: string({ computed: true }),
    options: map({ computed: true }),
    internal: boolean({ computed: true }),
    attachable: boolean(),
    ingress: boolean(),
    ipv6: boolean(),
    ipamDriver: string({ default: "default" }),
    ipamConfigs: set(object({ subnet: string(), ipRange: string(), gateway: string(), auxAddress: map() }), {
        computed: true,
    }),
    ipamOptions: map(),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/network:Network`: containers on it reach each other by name. */
export const network = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/network:Network",
        properties,
        outputs: ["scope"],
        schemaVersion: 1,

        async create(inputs, { signal }) {
            const { id } = await attempt(
                `creating network ${inputs.name}`,
                daemon.docker.createNetwork(
                    inBody({
                        Name: inputs.name,
                        // Docker takes two networks of one name; an early answer beats an ambiguous name later.
                        CheckDuplicate: true,
                        Labels: toRecord(inputs.labels),
                        Driver: inputs.driver,
                        Options: inputs.options,
                        Internal: inputs.internal,
                        Attachable: inputs.attachable,
                        Ingress: inputs.ingress,
                        EnableIPv6: inputs.ipv6,
                        IPAM: {
                            Driver: inputs.ipamDriver,
                            Options: inputs.ipamOptions,
                            Config: ipamConfig(inputs),
                        },
                    }),
                ),
            ).catch((error: unknown) => {
                throw withRemedy(reasonOf(error));
            });
            return { id, state: { ...inputs, ...(await whole(daemon, id, signal))?.state } };
        },

        async read(id, state) {
            const now = await inspect(daemon, id);
            return now && { id: now.id, state: { ...state, ...now.state } };
        },

        async delete(id, _state, { signal }) {
            const inUse = (error: unknown) => reasonOf(error).includes("active endpoints");
            const remove = () => daemon.docker.getNetwork(id).remove({});
            await attempt(
                `removing network ${id.slice(0, 12)}`,
                retryWhile(inUse, REMOVAL_TIMEOUT, signal, remove).catch(async (error: unknown) => {
                    if (isNotFound(error)) return;
                    if (!inUse(error)) throw error;
                    const { Containers = {} } = await daemon.docker.getNetwork(id).inspect();
                    throw withContainers(reasonOf(error), Containers);
                }),
            );
        },
    });

/** Docker says only that there are some. */
export function withContainers(reason: string, containers: Record<string, { Name: string }>): Error {
    const names = Object.values(containers)
        .map(({ Name }) => Name)
        .sort();
    if (names.length === 0) return new Error(reason);
    return new Error(`${reason}: remove or disconnect ${names.join(", ")} (docker network disconnect)`);
}

/** Docker's own address pools end at some 28 networks. */
function withRemedy(reason: string): Error {
    const full = /non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted/;
    const remedy =
        "remove networks that nothing uses (docker network prune), share one (`network` of the components), " +
        "or give Docker more addresses (default-address-pools in /etc/docker/daemon.json)";
    return new Error(
        full.test(reason) ? `Docker has no addresses left for a network: ${remedy}. ${reason}` : reason,
    );
}

function ipamConfig({ ipamConfigs = [] }: Inputs) {
    return ipamConfigs.map(({ subnet, ipRange, gateway, auxAddress }) => ({
        ...(subnet && { Subnet: subnet }),
        ...(ipRange && { IPRange: ipRange }),
        ...(gateway && { Gateway: gateway }),
        ...(auxAddress && { AuxiliaryAddresses: auxAddress }),
    }));
}

/** What dockerode's own types leave open. */
interface IpamConfig {
    Subnet?: string;
    IPRange?: string;
    Gateway?: string;
    AuxiliaryAddresses?: Record<string, string>;
}

/** A Swarm takes a moment to say all of a network that it has just made. */
async function whole(daemon: Daemon, id: string, signal: AbortSignal) {
    const incomplete = new Error(`network ${id.slice(0, 12)} has no driver yet`);
    const look = async () => {
        const seen = await inspect(daemon, id);
        if (seen && !seen.state.driver) throw incomplete;
        return seen;
    };
    return retryWhile((error) => error === incomplete, COMPLETION_TIMEOUT, signal, look);
}

async function inspect({ docker }: Daemon, id: string) {
    const seen = await found(docker.getNetwork(id).inspect());
    if (!seen) return undefined;
    const configs = (seen.IPAM?.Config ?? []) as IpamConfig[];
    return {
        id: seen.Id,
        state: {
            name: seen.Name,
            labels: fromRecord(seen.Labels),
            driver: seen.Driver,
            options: seen.Options ?? {},
            internal: seen.Internal,
            attachable: seen.Attachable,
            ingress: seen.Ingress,
            ipv6: seen.EnableIPv6,
            ipamDriver: seen.IPAM?.Driver,
            ipamConfigs: configs.map((config) => ({
                subnet: config.Subnet ?? "",
                ipRange: config.IPRange ?? "",
                gateway: config.Gateway ?? "",
                auxAddress: config.AuxiliaryAddresses ?? {},
            })),
            ipamOptions: seen.IPAM?.Options ?? {},
            scope: seen.Scope,
        },
    };
}
