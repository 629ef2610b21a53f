import { resource } from "../../plugin/provider.ts";
import { autoname, boolean, map, object, set, string, type TypeOf } from "../../plugin/schema.ts";
import {
    attempt,
    type Daemon,
    undefinedIfNotFound,
    inBody,
    isNotFound,
    errorReason,
    retryWhile,
} from "./daemon.ts";
import { fromRecord, label, toRecord } from "./labels.ts";

/** How long to wait until no container uses a deleted network. The same as in the official provider. */
const REMOVAL_TIMEOUT_SECONDS = 30;

/** How long to wait until the details of a new network are complete. The same as in the official provider. */
const COMPLETION_TIMEOUT_SECONDS = 30;

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

/** `docker:index/network:Network`: a network on which containers reach each other by name. */
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
                        // Docker allows two networks with the same name. Fail early rather than with an ambiguous name later.
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
                throw addRemedy(errorReason(error));
            });
            return { id, state: { ...inputs, ...(await inspectOnceComplete(daemon, id, signal))?.state } };
        },

        async read(id, state) {
            const inspected = await inspect(daemon, id);
            return inspected && { id: inspected.id, state: { ...state, ...inspected.state } };
        },

        async delete(id, _state, { signal }) {
            const inUse = (error: unknown) => errorReason(error).includes("active endpoints");
            const remove = () => daemon.docker.getNetwork(id).remove({});
            await attempt(
                `removing network ${id.slice(0, 12)}`,
                retryWhile(inUse, REMOVAL_TIMEOUT_SECONDS, signal, remove).catch(async (error: unknown) => {
                    if (isNotFound(error)) return;
                    if (!inUse(error)) throw error;
                    const { Containers = {} } = await daemon.docker.getNetwork(id).inspect();
                    throw withContainers(errorReason(error), Containers);
                }),
            );
        },
    });

/** Adds the names of the connected containers, which Docker's message lacks. */
export function withContainers(reason: string, containers: Record<string, { Name: string }>): Error {
    const names = Object.values(containers)
        .map(({ Name }) => Name)
        .sort();
    if (names.length === 0) return new Error(reason);
    return new Error(`${reason}: remove or disconnect ${names.join(", ")} (docker network disconnect)`);
}

/** Docker's default address pools suffice for about 28 networks. */
function addRemedy(reason: string): Error {
    const exhausted =
        /non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted/;
    const remedy =
        "remove unused networks (docker network prune), share one (`network` of the components), " +
        "or configure larger pools (default-address-pools in /etc/docker/daemon.json)";
    return new Error(
        exhausted.test(reason) ? `Docker has no free subnet for a network: ${remedy}. ${reason}` : reason,
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

/** dockerode's types do not describe these. */
interface IpamConfig {
    Subnet?: string;
    IPRange?: string;
    Gateway?: string;
    AuxiliaryAddresses?: Record<string, string>;
}

/** A Swarm needs a moment until it reports all details of a new network. */
async function inspectOnceComplete(daemon: Daemon, id: string, signal: AbortSignal) {
    const incomplete = new Error(`network ${id.slice(0, 12)} has no driver yet`);
    const attemptInspect = async () => {
        const inspected = await inspect(daemon, id);
        if (inspected && !inspected.state.driver) throw incomplete;
        return inspected;
    };
    return retryWhile((error) => error === incomplete, COMPLETION_TIMEOUT_SECONDS, signal, attemptInspect);
}

async function inspect({ docker }: Daemon, id: string) {
    const inspected = await undefinedIfNotFound(docker.getNetwork(id).inspect());
    if (!inspected) return undefined;
    const configs = (inspected.IPAM?.Config ?? []) as IpamConfig[];
    return {
        id: inspected.Id,
        state: {
            name: inspected.Name,
            labels: fromRecord(inspected.Labels),
            driver: inspected.Driver,
            options: inspected.Options ?? {},
            internal: inspected.Internal,
            attachable: inspected.Attachable,
            ingress: inspected.Ingress,
            ipv6: inspected.EnableIPv6,
            ipamDriver: inspected.IPAM?.Driver,
            ipamConfigs: configs.map((config) => ({
                subnet: config.Subnet ?? "",
                ipRange: config.IPRange ?? "",
                gateway: config.Gateway ?? "",
                auxAddress: config.AuxiliaryAddresses ?? {},
            })),
            ipamOptions: inspected.IPAM?.Options ?? {},
            scope: inspected.Scope,
        },
    };
}
