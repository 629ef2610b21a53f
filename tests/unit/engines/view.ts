import type { HealthCheck } from "../../../components/engines/index.ts";
import { type Declared, UNKNOWN } from "../../../testing/index.ts";

/** A container that a component declared, in the terms of the components and of no engine. */
export interface ContainerView {
    /** Name of the resource. */
    name: string;
    /** Type and name of the parent. */
    parent: string;
    /** Name in the engine, by which others reach it. */
    host: unknown;
    labels: Record<string, string>;
    image: unknown;
    /** Undefined where it is the image's. */
    entrypoint?: string[];
    /** Undefined where it is the image's. */
    command?: string[];
    /** What its process finds in its environment. */
    env: Record<string, string> | typeof UNKNOWN;
    /** By path. */
    files: Record<string, FileView>;
    mounts: MountView[];
    /** Memory file systems by path. */
    tmpfs: Record<string, TmpfsView>;
    /** Names of the networks that it joins. */
    networks: unknown;
    publish?: { containerPort: unknown; hostPort: unknown };
    /** Undefined where it counts as made once it runs. */
    health?: HealthCheck;
    /** In MiB. */
    memory?: number;
    /** In MiB. */
    sharedMemory?: number;
    cpus?: number;
    user?: unknown;
    readOnly?: unknown;
    /** With no CAP_ before their names. */
    capabilities: { drops: string[]; adds: string[] };
    restart: "no" | "on-failure" | "always";
    /** In seconds. */
    stopTimeout: number;
    reachesHost: boolean | typeof UNKNOWN;
    /** Which of these are secret in the state. */
    secrets: ("env" | "files")[];
    protect: boolean;
    dependencies: string[];
}

export interface FileView {
    content: string;
    secret: boolean;
}

export interface MountView {
    path: string;
    volume?: string;
    hostPath?: string;
    readOnly: boolean;
}

export interface TmpfsView {
    /** In bytes. */
    size?: number;
    mode: number;
}

/** What Docker gives a memory file system of which nothing else is said. */
export const USUAL_MODE = 0o1777;

export type Label = Record<"label" | "value", string>;

/** What a health check is, to the provider. */
export interface Check {
    tests: string[];
    interval: string;
    timeout: string;
    startPeriod: string;
    retries: number;
}

/** What all engines say in the same words. */
export function common({ name, parent, dependencies, options: { protect } }: Declared) {
    return { name, parent, dependencies, protect };
}

export function labelled(labels: Label[]): Record<string, string> {
    return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

export function health({ tests, retries, ...times }: Check, waitTimeout: number): HealthCheck {
    return {
        test: tests,
        retries,
        waitTimeout,
        interval: seconds(times.interval),
        timeout: seconds(times.timeout),
        startPeriod: seconds(times.startPeriod),
    };
}

/** Of a duration as Go writes it: `1m30s`. */
export function seconds(duration: string): number {
    const [, hours = 0, minutes = 0, rest = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [
        NaN,
        NaN,
    ];
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
}

export function capabilities({ drops = [], adds = [] }: { drops?: string[]; adds?: string[] }) {
    return { drops, adds: adds.map((name) => name.replace(/^CAP_/, "")) };
}

/** Whether the names that it is given are the one that means the machine it runs on. */
export function reachesHost(hosts: unknown): ContainerView["reachesHost"] {
    if (hosts === UNKNOWN) return UNKNOWN;
    const text = JSON.stringify(hosts ?? []);
    if (text === "[]") return false;
    if (text === JSON.stringify([{ host: "host.docker.internal", ip: "host-gateway" }])) return true;
    throw new Error(`hosts that no component asks for: ${text}`);
}
