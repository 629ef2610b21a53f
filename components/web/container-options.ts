import {
    isAbsolutePath,
    isBoolean,
    isCapability,
    isCpuCount,
    isIntegerFrom,
    isMemorySize,
    isOneOf,
    isString,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** How Docker runs the containers of an application. */
export interface ContainerOptions {
    /** Memory limit of each container, for example `512m`. @default no limit */
    memory?: string;
    /** CPU limit of each container, for example 1.5. @default no limit */
    cpus?: number;
    /** When Docker restarts a container that has exited: `no`, `on-failure`, `always` or `unless-stopped`. @default
     *  `unless-stopped` */
    restart?: string;
    /** User or `user:group` to run as. @default the image's user */
    user?: string;
    /** Makes the root file system read-only. @default false */
    readOnly?: boolean;
    /** Temporary file systems in memory, by path, with their mount options: `{"/tmp": ""}`. */
    tmpfs?: Record<string, string>;
    /** Linux capabilities to keep, for example `["CHOWN", "SETUID"]`; all others are dropped. @default those that the
     *  entrypoints of common images need: CHOWN, DAC_OVERRIDE, FOWNER, KILL, NET_BIND_SERVICE, SETGID, SETPCAP, SETUID */
    capabilities?: string[];
    /** Seconds between the stop signal and the kill. @default 10 */
    stopTimeout?: number;
}

/**
 * Needed by entrypoints that start as root, change the owner of files, and switch to another user. A process that is not
 * root does not get them. Docker's own default also has MKNOD, NET_RAW and others.
 */
export const DEFAULT_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETPCAP",
    "SETUID",
];

export function validateContainerOptions(options: ContainerOptions): void {
    validate({
        memory: [options.memory, isMemorySize],
        cpus: [options.cpus, isCpuCount],
        stopTimeout: [options.stopTimeout, isIntegerFrom(1)],
        restart: [options.restart, isOneOf(["no", "on-failure", "always", "unless-stopped"])],
        user: [options.user, isString],
        readOnly: [options.readOnly, isBoolean],
    });
    validateCapabilities(options.capabilities);
    validateObject("tmpfs", options.tmpfs, '{ "/tmp": "" }');
    for (const path of Object.keys(options.tmpfs ?? {}))
        validate({ [`tmpfs.${path}`]: [path, isAbsolutePath] });
}

export function validateCapabilities(capabilities: string[] = []): void {
    capabilities.forEach((capability, i) => {
        validate({ [`capabilities[${i}]`]: [capability, isCapability] });
    });
}
