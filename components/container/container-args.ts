import { validateHealth, type HealthArgs } from "../shared/health.ts";
import { type MountArgs, validateMounts } from "../shared/mounts.ts";
import {
    type Rule,
    ifKnown,
    isAbsolutePath,
    isBoolean,
    isCapability,
    isCommand,
    isCpuCount,
    isHostName,
    isInteger,
    isIntegerFrom,
    isLabelName,
    isMemorySize,
    isOneOf,
    isString,
    quote,
    refuse,
    requireArgument,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { type EnvironmentArgs, validateEnvironment } from "./environment.ts";
import { type FileArgs, validateFiles } from "./files.ts";

/** Arguments of every container, including that of a `Task`. */
export interface BaseContainerArgs extends EnvironmentArgs {
    /** Program to run, and its arguments. @default the image's command */
    command?: string[];
    /** Program that starts the command. As in Docker, it also replaces the image's command. @default the image's entrypoint */
    entrypoint?: string[];
    /** Directory in which the program starts, as an absolute path. @default the image's working directory */
    workingDirectory?: string;
    /** User or `user:group` to run as. @default the image's user */
    user?: string;
    /** Files to copy into the container before it starts, by path: `{"/etc/nginx/conf.d/default.conf": {source: "nginx.conf"}}`. A
     *  changed file replaces the container. */
    files?: Record<string, FileArgs>;
    /** Volumes and host directories to mount. */
    mounts?: MountArgs[];
    /** Temporary file systems in memory, by path, with their mount options: `{"/tmp": "size=64m"}`. */
    tmpfs?: Record<string, string>;
    /** Memory limit, for example `512m`. @default no limit */
    memory?: string;
    /** CPU limit, for example 1.5. @default no limit */
    cpus?: number;
    /** Size of `/dev/shm`, for example `256m`. @default `64m` */
    sharedMemory?: string;
    /** Resource limits of the kernel, by name: `{nofile: {soft: 65536, hard: 65536}}`. Not on a Swarm. */
    ulimits?: Record<string, UlimitArgs>;
    /** Linux capabilities to keep, for example `["CHOWN", "SETUID"]`; all others are dropped. @default those that the
     *  entrypoints of common images need: CHOWN, DAC_OVERRIDE, FOWNER, KILL, NET_BIND_SERVICE, SETGID, SETPCAP, SETUID (a
     *  `Service`: also AUDIT_WRITE, FSETID, SYS_CHROOT; Postgres and Redis: only those that their entrypoints need) */
    capabilities?: string[];
    /** Makes the root file system read-only. @default false */
    readOnly?: boolean;
    /** Labels of the container. */
    labels?: Record<string, string>;
    /**
     * Where the container's output goes. An existing container keeps its default until it is replaced.
     * @default on a Docker Engine `json-file` with 3 files of 10 MB; on a Swarm the logging driver of each node
     */
    logging?: LoggingArgs;
    /** Further host names, with their IPv4 addresses. `host-gateway` is the machine that the container runs on:
     *  `{"mail.internal": "host-gateway"}`. */
    extraHosts?: Record<string, string>;
    /** Host name that the container sees as its own. @default the container's ID */
    hostname?: string;
    /** Runs an init process that forwards signals and reaps zombies. @default the setting of the Docker Engine */
    init?: boolean;
    /** Allocates a terminal. Not on a Swarm. @default false */
    tty?: boolean;
}

/** Arguments of every container that keeps running. */
export interface ContainerArgs extends BaseContainerArgs {
    /** Short host names on the container's own network, besides its name: `["postgres"]`. Containers that link to it can
     *  use them. */
    aliases?: string[];
    /** When Docker restarts a container that has exited: `no`, `on-failure`, `always` or `unless-stopped`. @default
     *  `unless-stopped` */
    restart?: string;
    /** Seconds between the stop signal and the kill. @default 10 */
    stopTimeout?: number;
    /** Keeps the standard input open, for `docker attach`. Not on a Swarm. @default false */
    stdinOpen?: boolean;
    /** Health check of the container. */
    health?: HealthArgs;
}

/** A resource limit, as in `ulimit`. */
export interface UlimitArgs {
    /** Limit that the process starts with; -1 is unlimited. */
    soft: number;
    /** Limit up to which the process can raise it; -1 is unlimited. @default `soft` */
    hard?: number;
}

/** Logging driver of a container. */
export interface LoggingArgs {
    /** Name of the driver: `json-file`, `local`, `journald`, `syslog` and so on. */
    driver: string;
    /** Options of the driver: `{"max-size": "10m"}`. */
    options?: Record<string, string>;
}

/** @param at path of the object with the arguments, including a trailing dot: `processes.worker.` */
export function validateContainer(args: ContainerArgs, at = ""): void {
    validateBaseContainer(args, at);
    validate({
        [`${at}restart`]: [args.restart, isOneOf(["no", "on-failure", "always", "unless-stopped"])],
        [`${at}stopTimeout`]: [args.stopTimeout, isIntegerFrom(1)],
        [`${at}stdinOpen`]: [args.stdinOpen, isBoolean],
    });
    args.aliases?.forEach((alias, i) => {
        validate({ [`${at}aliases[${i}]`]: [alias, isHostName] });
        if (args.aliases?.indexOf(alias) !== i)
            refuse(`${at}aliases[${i}]`, `${quote(alias)} is in the list twice; keep one`);
    });
    validateHealth(args.health, `${at}health`);
}

export function validateBaseContainer(args: BaseContainerArgs, at = ""): void {
    validate({
        [`${at}command`]: [args.command, isCommand],
        [`${at}entrypoint`]: [args.entrypoint, isCommand],
        [`${at}workingDirectory`]: [args.workingDirectory, isAbsolutePath],
        [`${at}user`]: [args.user, isString],
        [`${at}memory`]: [args.memory, isMemorySize],
        [`${at}cpus`]: [args.cpus, isCpuCount],
        [`${at}sharedMemory`]: [args.sharedMemory, isMemorySize],
        [`${at}readOnly`]: [args.readOnly, isBoolean],
        [`${at}hostname`]: [args.hostname, isHostName],
        [`${at}init`]: [args.init, isBoolean],
        [`${at}tty`]: [args.tty, isBoolean],
    });
    args.capabilities?.forEach((capability, i) => {
        validate({ [`${at}capabilities[${i}]`]: [capability, isCapability] });
    });
    validateObject(`${at}tmpfs`, args.tmpfs, '{ "/tmp": "" }');
    for (const path of Object.keys(args.tmpfs ?? {}))
        validate({ [`${at}tmpfs.${path}`]: [path, isAbsolutePath] });
    validateMounts(args.mounts, `${at}mounts`);
    validateUlimits(args.ulimits, `${at}ulimits`);
    validateLabels(args.labels, `${at}labels`);
    validateLogging(args.logging, `${at}logging`);
    validateExtraHosts(args.extraHosts, `${at}extraHosts`);
    validateEnvironment(args, at);
    validateFiles(args, at);
}

function validateUlimits(ulimits: BaseContainerArgs["ulimits"], at: string): void {
    validateObject(at, ulimits, "{ nofile: { soft: 65536, hard: 65536 } }");
    for (const [name, limit] of Object.entries(ulimits ?? {})) {
        validateObject(`${at}.${name}`, limit, "{ soft: 65536, hard: 65536 }");
        requireArgument(`${at}.${name}.soft`, limit.soft, "65536");
        validate({
            [`${at}.${name}`]: [name, isOneOf(ULIMITS)],
            [`${at}.${name}.soft`]: [limit.soft, isInteger],
            [`${at}.${name}.hard`]: [limit.hard, isInteger],
        });
        const { soft, hard = soft } = limit;
        if (hard !== -1 && (soft === -1 || soft > hard))
            refuse(
                `${at}.${name}.soft`,
                `${soft === -1 ? "-1 (unlimited)" : soft} is more than hard, which is ${hard}; lower it, or raise hard`,
            );
    }
}

/** The limits that Docker supports (docker/go-units, ulimit.go). */
const ULIMITS = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

function validateLabels(labels: BaseContainerArgs["labels"], at: string): void {
    validateObject(at, labels, '{ "com.example.team": "shop" }');
    for (const [name, value] of Object.entries(labels ?? {})) {
        validate({ [`${at}.${name}`]: [name, isLabelName] });
        validate({ [`${at}.${name}`]: [required(value), isString] });
    }
}

function validateLogging(logging: LoggingArgs | undefined, at: string): void {
    validateObject(at, logging, '{ driver: "local" }');
    if (logging === undefined) return;
    requireArgument(`${at}.driver`, logging.driver, "local");
    validate({ [`${at}.driver`]: [logging.driver, isString] });
    validateObject(`${at}.options`, logging.options, '{ "max-size": "10m" }');
    for (const [name, value] of Object.entries(logging.options ?? {}))
        validate({ [`${at}.options.${name}`]: [required(value), isString] });
}

/** The provider splits an entry at its colons, so it cannot pass on IPv6 addresses. */
const isHostAddress: Rule = (value) =>
    value === "host-gateway" || /^\d{1,3}(\.\d{1,3}){3}$/.test(String(value))
        ? undefined
        : `${quote(value)} is not an IPv4 address; use one, or host-gateway for the machine that the container runs on`;

function validateExtraHosts(hosts: BaseContainerArgs["extraHosts"], at: string): void {
    validateObject(at, hosts, '{ "mail.internal": "host-gateway" }');
    for (const [host, address] of Object.entries(hosts ?? {})) {
        validate({ [`${at}.${host}`]: [host, isHostName] });
        validate({ [`${at}.${host}`]: [ifKnown(required(address)), isHostAddress] });
    }
}
