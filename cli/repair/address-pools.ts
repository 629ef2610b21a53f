/**
 * How many more networks Docker can create. Each network takes a subnet of the default address pools, which are
 * exhausted after some 28 networks: "could not find an available, non-overlapping IPv4 address pool".
 */
import { readFileSync } from "node:fs";
import { docker, type Environment } from "./engines.ts";

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

/** First and last address, as numbers. */
type Range = [first: number, last: number];

/** @param used subnets of networks, and routes of the machine */
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

/** Nothing for an IPv6 subnet. */
function rangeOf(subnet: string): Range[] {
    const [, address = "", bits = ""] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(subnet) ?? [];
    if (address === "") return [];
    const length = 2 ** (32 - Number(bits));
    const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
    const first = Math.floor(number / length) * length;
    return [[first, first + length - 1]];
}

/** The routes of this machine but for the default one, from /proc/net/route. */
export function routesIn(table: string): string[] {
    return table
        .split("\n")
        .slice(1)
        .map((line) => line.split(/\s+/))
        .flatMap(([, destination = "", , , , , , mask = ""]) => {
            if (!/^[0-9A-F]{8}$/.test(destination) || mask === "00000000") return [];
            const bytes = (hex: string) =>
                (hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse();
            const bits = bytes(mask).reduce(
                (sum, byte) => sum + byte.toString(2).replaceAll("0", "").length,
                0,
            );
            return [`${bytes(destination).join(".")}/${bits}`];
        });
}

/**
 * Undefined if it cannot be determined.
 *
 * @param isLocal whether the engine is on this machine, whose routes count then
 */
export function networksLeft(env: Environment, isLocal: boolean): number | undefined {
    try {
        const info = docker(env, "info", "--format", "{{json .DefaultAddressPools}}");
        const ids = docker(env, "network", "ls", "--quiet").split("\n").filter(Boolean);
        const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
        const subnets = docker(env, "network", "inspect", "--format", format, ...ids).split(/\s+/);
        const pools = (JSON.parse(info) as Pool[] | null) ?? DEFAULT_POOLS;
        return freeRanges(pools, [...subnets, ...(isLocal ? routes() : [])]);
    } catch {
        return undefined; // A network may be removed meanwhile.
    }
}

function routes(): string[] {
    try {
        return routesIn(readFileSync("/proc/net/route", "utf8"));
    } catch {
        return []; // Not Linux: Docker is in a virtual machine.
    }
}

/** What the user can do. */
export function addressAdvice(left: number): string {
    const count = left === 0 ? "no subnet left for another network" : `subnets for ${left} more networks`;
    return (
        `Docker has ${count}. Each service creates a network, unless \`network\` names a shared one. ` +
        "Remove unused networks with `docker network prune`, or add `default-address-pools` to " +
        "/etc/docker/daemon.json (docs/scale.md)."
    );
}
