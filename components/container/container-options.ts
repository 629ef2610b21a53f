import type { ContainerOptions } from "../engines/index.ts";
import { parseMebibytes } from "../shared/validation.ts";
import type { ContainerArgs } from "./container-args.ts";
import { describeFiles } from "./files.ts";

/**
 * Converts the user's arguments to the options that engines take. Leaves out those that are not set, so that the result can
 * be spread over defaults.
 */
export function describeOptions(args: ContainerArgs): ContainerOptions {
    const options: ContainerOptions = {
        command: args.command,
        entrypoint: args.entrypoint,
        workingDirectory: args.workingDirectory,
        user: args.user,
        files: describeFiles(args.files),
        tmpfs: args.tmpfs,
        memory: parseMebibytes(args.memory),
        cpus: args.cpus,
        sharedMemory: parseMebibytes(args.sharedMemory),
        ulimits: args.ulimits,
        capabilities: args.capabilities,
        readOnly: args.readOnly,
        labels: args.labels,
        logging: args.logging,
        extraHosts: args.extraHosts,
        hostname: args.hostname,
        init: args.init,
        tty: args.tty,
        stdinOpen: args.stdinOpen,
        restart: args.restart,
        stopTimeout: args.stopTimeout,
    };
    return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
