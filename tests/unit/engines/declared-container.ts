import type { HealthCheck } from "../../../components/engines/index.ts";
import { type Declared, UNKNOWN } from "../../../testing/index.ts";

/** A container that a component has declared, in the same terms for both engines. */
export interface DeclaredContainer {
    /** Name of the resource. */
    name: string;
    /** Type and name of the parent. */
    parent: string;
    /** Name in the engine, and host name on its networks. */
    hostName: unknown;
    labels: Record<string, string>;
    image: unknown;
    /** Undefined if it is the entrypoint of the image. */
    entrypoint?: string[];
    /** Undefined if it is the command of the image. */
    command?: string[];
    /** Environment of its process. */
    env: Record<string, string> | typeof UNKNOWN;
    /** By path. */
    files: Record<string, DeclaredFile>;
    /** Of its files, by path. */
    permissions: Record<string, DeclaredPermissions>;
    mounts: DeclaredMount[];
    /** The tmpfs mounts, by path. */
    tmpfs: Record<string, DeclaredTmpfs>;
    /** Names of its networks. */
    networks: unknown;
    /** Short host names, by the name of the network. */
    aliases: Record<string, string[]>;
    /** The first published port. */
    publish?: { containerPort: unknown; hostPort: unknown };
    /** Published ports: `127.0.0.1:3000 -> 80/tcp`. */
    ports: string[];
    /** Undefined if it has none. */
    health?: HealthCheck;
    /** In MiB. */
    memory?: number;
    /** In MiB. */
    sharedMemory?: number;
    cpus?: number;
    user?: unknown;
    workingDirectory?: string;
    /** Host name that the container sees as its own. */
    ownHostName?: string;
    init?: boolean;
    /** Undefined if it is the driver of the engine. */
    logging?: { driver: string; options?: Record<string, string> };
    /** Addresses of further hosts, by name. */
    extraHosts: Record<string, string> | typeof UNKNOWN;
    readOnly?: unknown;
    /** Names without `CAP_`. */
    capabilities: { drops: string[]; adds: string[] };
    restart: "no" | "on-failure" | "always";
    /** In seconds. */
    stopTimeout: number;
    reachesHost: boolean | typeof UNKNOWN;
    /** Which of its properties are secret in the state. */
    secrets: ("env" | "files")[];
    protect: boolean;
    dependencies: string[];
}

export interface DeclaredFile {
    content: string;
    secret: boolean;
}

export interface DeclaredPermissions {
    /** In octal. Undefined if it is the engine's default. */
    mode?: string;
    owner: number;
    group: number;
}

export interface DeclaredMount {
    path: string;
    volume?: string;
    hostPath?: string;
    readOnly: boolean;
}

export interface DeclaredTmpfs {
    /** In bytes. */
    size?: number;
    mode: number;
}

/** Docker's default mode of a tmpfs mount. */
export const DEFAULT_TMPFS_MODE = 0o1777;

export type Label = Record<"label" | "value", string>;

/** A health check as the provider has it. */
export interface ProviderHealthCheck {
    tests: string[];
    interval: string;
    timeout: string;
    startPeriod: string;
    retries: number;
}

/** The properties that do not depend on the engine. */
export function commonProperties({ name, parent, dependencies, options: { protect } }: Declared) {
    return { name, parent, dependencies, protect };
}

export function toLabels(labels: Label[]): Record<string, string> {
    return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

export function toHealthCheck(
    { tests, retries, ...times }: ProviderHealthCheck,
    waitTimeout: number,
): HealthCheck {
    return {
        test: tests,
        retries,
        waitTimeout,
        interval: parseDuration(times.interval),
        timeout: parseDuration(times.timeout),
        startPeriod: parseDuration(times.startPeriod),
    };
}

/** Seconds of a Go duration such as `1m30s`. */
export function parseDuration(duration: string): number {
    const [, hours = 0, minutes = 0, rest = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [
        NaN,
        NaN,
    ];
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}

export function toCapabilities({ drops = [], adds = [] }: { drops?: string[]; adds?: string[] }) {
    return { drops, adds: adds.map((name) => name.replace(/^CAP_/, "")) };
}

/** Whether one of the host entries is the machine that runs the container, and the other entries. */
export function readHosts(hosts: unknown): Pick<DeclaredContainer, "reachesHost" | "extraHosts"> {
    if (hosts === UNKNOWN) return { reachesHost: UNKNOWN, extraHosts: UNKNOWN };
    const entries = (hosts ?? []) as { host: string; ip: string }[];
    const { "host.docker.internal": machine, ...extraHosts } = Object.fromEntries(
        entries.map(({ host, ip }) => [host, ip]),
    );
    return { reachesHost: machine === "host-gateway", extraHosts };
}
