/**
 * How many more networks Docker can create. Each network takes a subnet of the default address pools, which are
 * exhausted after some 28 networks: "could not find an available, non-overlapping IPv4 address pool".
 */
import { networkInterfaces } from "node:os";
import { docker, type Environment } from "../docker-environment.ts";
import { formatCount } from "../output.ts";

export interface Pool {
    Base: string;
    Size: number;
}

/** Docker's pools if daemon.json names none (moby, libnetwork/ipamutils/utils.go). */
const DEFAULT_POOLS: Pool[] = [
    { Base: "172.17.0.0/16", Size: 16 },
    { Base: "172.18.0.0/15", Size: 16 },
    { Base: "172.20.0.0/14", Size: 16 },
    { Base: "172.24.0.0/13", Size: 16 },
    { Base: "192.168.0.0/16", Size: 20 },
];

/** For daemon.json: 2,048 networks of 254 addresses. */
const SMALLER_POOLS = '"default-address-pools": [{ "base": "10.200.0.0/13", "size": 24 }]';

/** First and last address, as numbers. */
type Range = [first: number, last: number];

/** @param used subnets of networks, and of the machine's interfaces */
export function freeRanges(pools: Pool[], used: string[]): number {
    const taken = used.flatMap(rangeOf);
    return pools.reduce((sum, { Base, Size }) => {
        const length = 2 ** (32 - Size);
        let free = 0;
        for (const [first, last] of rangeOf(Base))
            for (let start = first; start <= last; start += length)
                if (!taken.some(([from, to]) => from < start + length && to >= start)) free += 1;
        return sum + free;
    }, 0);
}

/** Empty for an IPv6 subnet. */
function rangeOf(subnet: string): Range[] {
    const [, address = "", bits = ""] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(subnet) ?? [];
    if (address === "") return [];
    const length = 2 ** (32 - Number(bits));
    const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
    const first = Math.floor(number / length) * length;
    return [[first, first + length - 1]];
}

/**
 * The number of networks that an engine can still create. Undefined if it cannot be determined.
 *
 * @param isLocal whether the engine is on this machine, whose network interfaces count then
 */
export function networksLeft(env: Environment, isLocal: boolean): number | undefined {
    try {
        const info = docker(env, "info", "--format", "{{json .DefaultAddressPools}}");
        const ids = docker(env, "network", "ls", "--quiet").split("\n").filter(Boolean);
        const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
        const subnets = docker(env, "network", "inspect", "--format", format, ...ids).split(/\s+/);
        const pools = (JSON.parse(info) as Pool[] | null) ?? DEFAULT_POOLS;
        return freeRanges(pools, [...subnets, ...(isLocal ? interfaceSubnets() : [])]);
    } catch {
        return undefined; // A network may have been removed in the meantime.
    }
}

/** Docker leaves out what the interfaces of its machine use. Elsewhere than on Linux it is in a virtual machine. */
function interfaceSubnets(): string[] {
    if (process.platform !== "linux") return [];
    return Object.values(networkInterfaces()).flatMap(
        (addresses) => addresses?.flatMap(({ cidr }) => cidr ?? []) ?? [],
    );
}

/** For example `subnets for 3 more networks`. */
export function describeNetworks(left: number): string {
    return `subnets for ${formatCount(left, "more network")}`;
}

/** The number of networks left, and what to do about it. */
export function addressAdvice(left: number): string {
    const count = left === 0 ? "no subnet left for another network" : describeNetworks(left);
    return (
        `Docker has ${count}. Each service creates a network, unless \`network\` names a shared one. ` +
        `Remove unused networks with \`docker network prune\`, or add \`${SMALLER_POOLS}\` to ` +
        "/etc/docker/daemon.json, with a base that your own network does not use, and restart Docker."
    );
}
