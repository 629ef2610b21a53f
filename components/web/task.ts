import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { USUAL_CAPABILITIES, validateCapabilities } from "./capabilities.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { HOST_GATEWAY_NAME } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { Engine } from "../engines/engine.ts";
import { dockerOptions, dockerSetup, getEngine, type Mount } from "../engines/index.ts";
import { resolveImage, type ImageSource, validateImage } from "../shared/image.ts";
import { type MountArgs, createMounts, validateMounts } from "../shared/mounts.ts";
import { toDnsLabel, drydockLabels, physicalName } from "../shared/names.ts";
import { shellQuote } from "../shared/shell.ts";
import { taskDescription, type TaskScript, taskScript } from "./task-script.ts";
import {
    isBoolean,
    isCommand,
    isDockerName,
    isString,
    refuse,
    required,
    validate,
    reportErrorsOn,
} from "../shared/validation.ts";
import {
    validateShellEnvironment,
    validateWiring,
    type Wiring,
    type WiringArgs,
    resolveWiring,
} from "../shared/wiring.ts";

export interface TaskArgs extends ImageSource, WiringArgs {
    /** What to run: the program and its arguments. */
    command: string[];
    /** User or `user:group` to run as. @default the image's */
    user?: string;
    /** Linux capabilities that it keeps, such as `["CHOWN", "SETUID"]`; all others are dropped. @default what the
     *  entrypoints of usual images need: CHOWN, DAC_OVERRIDE, FOWNER, KILL, NET_BIND_SERVICE, SETGID, SETPCAP, SETUID */
    capabilities?: string[];
    /** Volumes, and directories of the host, which must be there. */
    mounts?: MountArgs[];
    /** Keeps what it writes out of the update's output, where secrets may be in it; a failure still shows it. @default false */
    quiet?: boolean;
    /** Values whose change runs the task again; a change of its image, command or environment, or other data behind
     *  a link (another volume), does so anyway. */
    triggers?: pulumi.Input<string>[];
}

/**
 * A command that runs to its end in a container of its own: a migration, specs, seeds. What depends on it
 * waits for it; when it fails, so does the update, and the next one runs it again.
 *
 * @example
 * const migration = new Task("migrate", {
 *     image: "shop:1.2",
 *     command: ["bin/rails", "db:prepare"],
 *     links: { database: db.connection },
 * });
 * new WebApp("shop", { image: "shop:1.2", links: { database: db.connection } }, { dependsOn: migration });
 */
export class Task extends pulumi.ComponentResource {
    /** What it wrote to standard output. Secret, as nobody knows what a program says. */
    public readonly stdout: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: TaskArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:Task", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateArgs(name, args);
            reserveContainerName(this, `${name}.task`, "name", `the task ${name}`);
        });
        const child = { parent: this };

        // On a Swarm too it is a container, on the machine that the provider talks to, and on the services' networks.
        const engine = getEngine({ engine: Engine.Docker });
        const image = resolveImage(name, args, engine, child);
        const wiring = resolveWiring(this, physicalName(`${name}-task`), args);
        const { mounts, dependsOn } = createMounts(name, args, engine, image, child);
        const task = describeTask(name, image, args, wiring, mounts, this);
        const run = new command.local.Command(
            `${name}-run`,
            {
                // A failure's message names it, and not the script.
                create: `Task ${name}`,
                interpreter: ["/bin/sh", "-c", task.apply(taskScript)],
                stdin: task.apply((described) => describeRun(name, described)),
                environment: wiring.env.apply((env) => reportErrorsOn(this, () => taskEnvironment(env))),
                triggers: triggersOf(args),
                logging: command.local.Logging[args.quiet ? "None" : "StdoutAndStderr"],
            },
            {
                ...child,
                dependsOn,
                additionalSecretOutputs: ["stdout", "stderr"],
                // How it runs says nothing of whether it has to run again: a newer version's script is used when it does.
                ignoreChanges: ["create", "interpreter", "logging"],
                // An update would keep the script of before.
                replaceOnChanges: ["stdin", "environment"],
            },
        );

        this.stdout = pulumi.secret(run.stdout);
        this.registerOutputs({ stdout: this.stdout });
    }
}

function validateArgs(name: string, args: TaskArgs): void {
    validate({
        name: [name, isDockerName],
        command: [required(args.command), isCommand],
        user: [args.user, isString],
        quiet: [args.quiet, isBoolean],
    });
    validateCapabilities(args.capabilities);
    validateMounts(args.mounts);
    validateImage(args, true);
    validateWiring(args);
    validateTaskEnvironment(args.env);
    validateLength(args.command);
}

/** Linux takes 131,072 bytes for a word of a command line (MAX_ARG_STRLEN); the script is one. */
const LONGEST_COMMAND = 100_000;

/** Linux takes two million bytes for a command line and its environment (a quarter of the stack), which has each twice. */
const LONGEST_ENVIRONMENT = 900_000;

function validateLength(words: string[]): void {
    const bytes = Buffer.byteLength(words.map(shellQuote).join(" "));
    if (bytes > LONGEST_COMMAND)
        refuse(
            "command",
            `it has ${bytes} bytes, and a task takes ${LONGEST_COMMAND}; put them into a file of the image, or into one that is mounted`,
        );
}

/** How the URL of a Redis begins that names its default user. */
const REDIS_USER = /^(rediss?:\/\/)default:/;

/** A shell and the docker command hand the variables over. */
export function validateTaskEnvironment(env: TaskArgs["env"] = {}): void {
    validateShellEnvironment(env);
    for (const variable of Object.keys(env)) {
        if (variable.startsWith("DOCKER_"))
            refuse(
                `env.${variable}`,
                "the docker command that starts the task would follow it; give it another name, or set it in the command",
            );
    }
}

/** Those given, and the names of the data that it works on: what has run on one has not run on another. */
function triggersOf({ triggers, links }: TaskArgs): pulumi.Output<string[]> | undefined {
    if (links === undefined) return triggers && pulumi.output(triggers);
    const connections = pulumi.unsecret(pulumi.output(links));
    return pulumi
        .all([triggers ?? [], connections])
        .apply(([given, linked]) => [
            ...given,
            ...Object.values(linked).flatMap(({ storage }) => storage ?? []),
        ]);
}

function describeTask(
    name: string,
    image: pulumi.Output<string>,
    args: TaskArgs,
    { env, networks, reachesHost }: Wiring,
    mounts: Mount[],
    task: Task,
): pulumi.Output<TaskScript> {
    const names = env.apply((variables) => {
        const all = Object.keys(variables).sort();
        return { all, redisUrls: all.filter((name) => REDIS_USER.test(variables[name] ?? "")) };
    });
    return pulumi
        .all([
            dockerOptions(task),
            dockerSetup(task),
            image,
            pulumi.unsecret(names),
            networks,
            reachesHost,
            mounts,
        ])
        .apply(([engine, setup, reference, { all, redisUrls }, joined, host, mounted]): TaskScript => ({
            engine,
            setup,
            container: containerName(name),
            labels: { ...drydockLabels(name), "drydock.task": name },
            image: reference,
            variables: all,
            redisUrls,
            networks: joined,
            options: [
                ...(args.user === undefined ? [] : ["--user", args.user]),
                "--security-opt",
                "no-new-privileges",
                "--cap-drop",
                "ALL",
                ...(args.capabilities ?? USUAL_CAPABILITIES).flatMap((capability) => [
                    "--cap-add",
                    capability,
                ]),
                ...mounted.flatMap(mountOption),
                ...(host ? ["--add-host", `${HOST_GATEWAY_NAME}:host-gateway`] : []),
            ],
            command: args.command,
        }));
}

/** With dots, which the names of components' containers do not have, nor any of its parts. */
function containerName(name: string): string {
    return [pulumi.getProject(), pulumi.getStack(), name, "task"].map((part) => toDnsLabel(part)).join(".");
}

/** The name and the labels that a task's container had once. */
function describeRun(
    name: string,
    { setup: _, labels: __, redisUrls: ___, options, ...task }: TaskScript,
): string {
    const own = Object.entries(drydockLabels(name)).flatMap(([label, value]) => [
        "--label",
        `${label}=${value}`,
    ]);
    return taskDescription({
        ...task,
        container: physicalName(`${name}-task`),
        options: [...own, ...options],
    });
}

function mountOption({ path, volume, hostPath, readOnly }: pulumi.Unwrap<Mount>): string[] {
    const source =
        hostPath === undefined ? `type=volume,source=${volume ?? ""}` : `type=bind,source=${hostPath}`;
    return ["--mount", `${source},target=${path}${readOnly ? ",readonly" : ""}`];
}

/**
 * The environment under names of its own: one called PATH is meant for the container, not for the script. The docker
 * command has both.
 */
function taskEnvironment(env: Record<string, string>): Record<string, string> {
    const bytes = Object.entries(env).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("=")), 0);
    if (bytes > LONGEST_ENVIRONMENT)
        refuse(
            "env",
            `the variables of the task have ${bytes} bytes together, and Linux hands over ${LONGEST_ENVIRONMENT}; put long ones into a file, and mount it`,
        );
    return Object.fromEntries(
        Object.keys(env)
            .sort()
            // The URL of a Redis is as in earlier versions, without its user, which the script adds: another value would
            // run the task again.
            .map((name, i) => [`DRYDOCK_TASK_${i}`, (env[name] ?? "").replace(REDIS_USER, "$1:")]),
    );
}
