import type { ContainerOptions } from "../spec.ts";

/** Properties of a docker.Container. */
export interface ContainerProperties {
    command?: ContainerOptions["command"];
    entrypoints?: string[];
    workingDir?: string;
    user?: string;
    hostname?: string;
    init?: boolean;
    tty?: boolean;
    stdinOpen?: boolean;
    readOnly?: boolean;
    tmpfs?: Record<string, string>;
    memory?: number;
    memorySwap?: number;
    shmSize?: number;
    cpus?: string;
    ulimits?: { name: string; soft: number; hard: number }[];
    logDriver?: string;
    logOpts?: Record<string, string>;
}

/** Options that a docker.Container and the container of a Task have in common. Options that are not set are undefined. */
export function containerProperties(options: ContainerOptions): ContainerProperties {
    const { memory, cpus, ulimits, logging } = options;
    return {
        command: options.command,
        entrypoints: options.entrypoint,
        workingDir: options.workingDirectory,
        user: options.user,
        hostname: options.hostname,
        init: options.init,
        tty: options.tty,
        stdinOpen: options.stdinOpen,
        readOnly: options.readOnly,
        tmpfs: options.tmpfs,
        memory,
        // If unset, the daemon uses twice the memory limit, and the provider reports that as a change.
        memorySwap: memory && memory * 2,
        shmSize: options.sharedMemory,
        cpus: cpus === undefined ? undefined : canonicalCpus(cpus),
        ulimits:
            ulimits && Object.entries(ulimits).map(([name, { soft, hard = soft }]) => ({ name, soft, hard })),
        logDriver: logging?.driver,
        logOpts: logging?.options,
    };
}

/** A number of CPUs as the provider reads it back: 1 as `1.0`. */
function canonicalCpus(cpus: number): string {
    return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}
