import * as pulumi from "@pulumi/pulumi";
import type { BaseContainerArgs } from "../container/container-args.ts";
import { describeOptions } from "../container/container-options.ts";
import { describeFiles } from "../container/files.ts";
import { type ContainerProperties, containerProperties, hostEntries, type Mount } from "../engines/index.ts";
import { toDnsLabel } from "../shared/dns-label.ts";
import { drydockLabels } from "../shared/names.ts";
import type { Wiring } from "../shared/wiring.ts";
import { DEFAULT_CAPABILITIES } from "../container/capabilities.ts";
import { describeTaskFiles, type TaskFile } from "./task-files.ts";

/** The container of a task, with the properties of a docker.Container. */
export interface TaskContainerArgs extends ContainerProperties {
    name: string;
    image: pulumi.Output<string>;
    /** `NAME=value`, sorted by name. Secret. */
    envs: pulumi.Output<string[]>;
    labels: { label: string; value: string }[];
    capabilities: { adds: string[]; drops: string[] };
    securityOpts: string[];
    volumes: VolumeArgs[];
    networksAdvanced: pulumi.Output<{ name: string }[]>;
    /** Constraints that select the node of a Swarm that has the task's data. The task then runs there as a job. */
    constraints?: pulumi.Output<string[] | undefined>;
    hosts: pulumi.Output<{ host: string; ip: string }[]>;
    uploads?: TaskFile[];
}

interface VolumeArgs {
    containerPath: string;
    volumeName?: pulumi.Input<string | undefined>;
    hostPath?: pulumi.Input<string | undefined>;
    readOnly?: boolean;
}

/** A container and its variables, once they are known. */
export interface TaskRun {
    container: pulumi.Unwrap<Omit<TaskContainerArgs, "envs">>;
    variables: TaskVariables;
}

export interface TaskVariables {
    /** Sorted. */
    names: string[];
    /** Names of the variables that contain a Redis URL with the user `default`. */
    redisUrls: string[];
}

/**
 * Describes the container of a task in the state, for previews, policies and diagrams: a script (task.sh) creates and
 * removes the container, so there is no docker.Container that they could read.
 *
 * It is a resource of its own because the inputs of the Task itself cannot contain outputs of its children, which wait
 * for its URN.
 */
export class TaskContainer extends pulumi.ComponentResource {
    constructor(name: string, args: TaskContainerArgs, opts: pulumi.ComponentResourceOptions) {
        super("drydock:index:TaskContainer", name, args, opts);
        this.registerOutputs();
    }
}

export function describeTaskContainer(
    name: string,
    image: pulumi.Output<string>,
    args: BaseContainerArgs,
    { env, networks, reachesHost }: Wiring,
    mounts: Mount[],
    constraints: TaskContainerArgs["constraints"],
): TaskContainerArgs {
    const files = describeFiles(args.files);
    return {
        name: containerName(name),
        image,
        ...containerProperties(describeOptions(args)),
        envs: pulumi.secret(
            env.apply((values) => sortedNames(values).map((key) => `${key}=${values[key] ?? ""}`)),
        ),
        labels: Object.entries({ ...drydockLabels(name), [TASK_LABEL]: name, ...args.labels }).map(
            ([label, value]) => ({
                label,
                value,
            }),
        ),
        capabilities: { adds: args.capabilities ?? DEFAULT_CAPABILITIES, drops: ["ALL"] },
        securityOpts: ["no-new-privileges"],
        volumes: mounts.map(({ path, volume, hostPath, readOnly }) => ({
            containerPath: path,
            volumeName: volume,
            hostPath,
            readOnly,
        })),
        networksAdvanced: networks.apply((names) => names.map((network) => ({ name: network }))),
        constraints,
        hosts: reachesHost.apply((known) => hostEntries(known, args.extraHosts)),
        uploads: files && describeTaskFiles(containerName(name), files),
    };
}

/** Label that only the container of a task has. */
export const TASK_LABEL = "drydock.task";

export function sortedNames(variables: Record<string, string>): string[] {
    return Object.keys(variables).sort();
}

/** Separated by dots, which no other container name contains. */
function containerName(name: string): string {
    return [pulumi.getProject(), pulumi.getStack(), name, "task"].map((part) => toDnsLabel(part)).join(".");
}

/** Arguments of `docker create`. It takes the values of variables from its environment. */
export function dockerCreateArguments(container: TaskRun["container"], variables: string[]): string[] {
    const { user, securityOpts, capabilities, volumes, hosts, entrypoints, command = [] } = container;
    const [entrypoint, ...entrypointArguments] = entrypoints ?? [];
    return [
        ...repeatOption("--label", formatLabels(container)),
        ...repeatOption("--user", user === undefined ? [] : [user]),
        ...repeatOption("--security-opt", securityOpts),
        ...repeatOption("--cap-drop", capabilities.drops),
        ...repeatOption("--cap-add", capabilities.adds),
        ...repeatOption("--mount", volumes.map(mountOption)),
        ...repeatOption(
            "--add-host",
            hosts.map(({ host, ip }) => `${host}:${ip}`),
        ),
        ...repeatOption("--env", variables),
        ...optionArguments(container),
        ...repeatOption("--entrypoint", toList(entrypoint)),
        container.image,
        ...entrypointArguments,
        ...command,
    ];
}

/** Options of `docker service create`. */
export function serviceCreateOptions(container: TaskRun["container"]): string[] {
    const { capabilities, volumes, hosts, networksAdvanced, constraints = [] } = container;
    const { tmpfs = {}, shmSize, memory, init, readOnly } = container;
    return [
        ...repeatOption("--label", formatLabels(container)),
        ...repeatOption("--constraint", constraints),
        ...repeatOption(
            "--network",
            networksAdvanced.map(({ name }) => name),
        ),
        ...repeatOption("--user", toList(container.user)),
        ...repeatOption("--cap-drop", capabilities.drops),
        ...repeatOption("--cap-add", capabilities.adds),
        ...repeatOption("--mount", [
            ...volumes.map(mountOption),
            ...Object.entries(tmpfs).map(([path, options]) => tmpfsMount(path, options)),
            ...mebibytes(shmSize).map((size) => tmpfsMount("/dev/shm", `size=${size}`)),
        ]),
        ...repeatOption(
            "--host",
            hosts.map(({ host, ip }) => `${host}:${ip}`),
        ),
        ...repeatOption("--workdir", toList(container.workingDir)),
        ...repeatOption("--hostname", toList(container.hostname)),
        ...(init ? ["--init"] : []),
        ...(container.tty ? ["--tty"] : []),
        ...ulimitArguments(container),
        ...(readOnly ? ["--read-only"] : []),
        ...repeatOption("--limit-memory", mebibytes(memory)),
        ...repeatOption("--limit-cpu", toList(container.cpus)),
        ...loggingArguments(container),
    ];
}

/** A service has no option for tmpfs, but a type of mount. */
function tmpfsMount(path: string, options: string): string {
    const words = options.split(",").filter((option) => option !== "");
    return ["type=tmpfs", `target=${path}`, ...words.map((option) => `tmpfs-${option.toLowerCase()}`)].join(
        ",",
    );
}

function ulimitArguments({ ulimits = [] }: TaskRun["container"]): string[] {
    return repeatOption(
        "--ulimit",
        ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`),
    );
}

function loggingArguments({ logDriver, logOpts = {} }: TaskRun["container"]): string[] {
    return [
        ...repeatOption("--log-driver", toList(logDriver)),
        ...repeatOption(
            "--log-opt",
            Object.entries(logOpts).map(([key, value]) => `${key}=${value}`),
        ),
    ];
}

/** Options that are not set add no argument, so that a task of an earlier version does not run again. */
function optionArguments(container: TaskRun["container"]): string[] {
    const { tmpfs = {}, memory, shmSize } = container;
    return [
        ...repeatOption("--workdir", toList(container.workingDir)),
        ...repeatOption("--hostname", toList(container.hostname)),
        ...(container.init === undefined ? [] : [`--init=${container.init}`]),
        ...(container.tty === undefined ? [] : [`--tty=${container.tty}`]),
        ...(container.readOnly ? ["--read-only"] : []),
        ...repeatOption(
            "--tmpfs",
            Object.entries(tmpfs).map((pair) => pair.filter((part) => part !== "").join(":")),
        ),
        ...repeatOption("--memory", mebibytes(memory)),
        ...repeatOption("--memory-swap", mebibytes(container.memorySwap)),
        ...repeatOption("--shm-size", mebibytes(shmSize)),
        ...repeatOption("--cpus", toList(container.cpus)),
        ...ulimitArguments(container),
        ...loggingArguments(container),
    ];
}

function toList(value: string | number | undefined): string[] {
    return value === undefined ? [] : [String(value)];
}

function mebibytes(size: number | undefined): string[] {
    return toList(size).map((amount) => `${amount}m`);
}

export function formatLabels({ labels }: Pick<TaskContainerArgs, "labels">): string[] {
    return labels.map(({ label, value }) => `${label}=${value}`);
}

function repeatOption(option: string, values: string[]): string[] {
    return values.flatMap((value) => [option, value]);
}

function mountOption({ containerPath, volumeName, hostPath, readOnly }: pulumi.Unwrap<VolumeArgs>): string {
    const source =
        hostPath === undefined ? `type=volume,source=${volumeName ?? ""}` : `type=bind,source=${hostPath}`;
    return `${source},target=${containerPath}${readOnly ? ",readonly" : ""}`;
}
