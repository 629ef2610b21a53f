import { statSync } from "node:fs";
import { extname, join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type BaseContainerArgs, validateBaseContainer } from "../container/container-args.ts";
import { isShellName, refuseVariable, validateShellEnvironment } from "../container/environment.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { loadEnvFiles } from "../container/env-files.ts";
import { describeFiles } from "../container/files.ts";
import { Engine } from "../engines/engine.ts";
import { type ContainerEngine, dockerOptions, dockerScript, getEngine } from "../engines/index.ts";
import { resolveImage, type ImageSource, validateImage, volumesReservedForImage } from "../shared/image.ts";
import { createMounts, type MountArgs, refuseReservedVolumes } from "../shared/mounts.ts";
import { physicalName } from "../shared/names.ts";
import { readScriptBody, shellQuote } from "../shared/scripts.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    isBoolean,
    isCommand,
    isDockerName,
    isIntegerFrom,
    refuse,
    required,
    validate,
    reportErrorsOn,
} from "../shared/validation.ts";
import {
    chosenVariables,
    validateWiring,
    type Wiring,
    type WiringArgs,
    resolveWiring,
} from "../shared/wiring.ts";
import {
    dockerCreateArguments,
    serviceCreateOptions,
    formatLabels,
    sortedNames,
    describeTaskContainer,
    TaskContainer,
    type TaskContainerArgs,
    type TaskRun,
    type TaskVariables,
} from "./task-container.ts";
import { packFiles } from "./task-files.ts";
import { nodeConstraints } from "./task-placement.ts";
import { taskFingerprint } from "./task-fingerprint.ts";

export interface TaskArgs extends ImageSource, WiringArgs, BaseContainerArgs {
    /** Program to run, and its arguments. */
    command: string[];
    /** Volumes and host directories to mount. A host directory must exist. */
    mounts?: MountArgs[];
    /** Keeps the task's output out of the output of `pulumi up`, for example because it contains secrets. If the task
     *  fails, it is shown anyway. @default false */
    quiet?: boolean;
    /** Values that run the task again when they change. It also runs again when its image, command, options or
     *  environment change, and when a linked database or Redis moves to another volume. */
    triggers?: pulumi.Input<string>[];
    /** Seconds that the task may take. A task that takes longer is stopped, and the update fails. Changing the value does not
     *  run the task again.
     *  @default no limit */
    timeout?: number;
}

/**
 * A command that runs to completion in its own container: a migration, specs, seeds. Resources that depend on the task
 * wait for it. If it fails, the update fails, and the next update runs it again.
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
    /** Standard output of the task. Secret, because it may contain anything. */
    public readonly stdout: pulumi.Output<string>;
    /** Digest or ID of the image, for example for another Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: TaskArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:Task", name, {}, opts);
        args = convertToDeclaredTypes("Task", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("Task", args);
            args = loadEnvFiles(args);
            validateTask(name, args);
            reserveContainerName(this, `${name}.task`, "name", `the task ${name}`);
        });
        const child = { parent: this };

        // A task runs on the provider's Docker Engine, even if its links are services of a Swarm: it can join their
        // networks. If it mounts a volume of a Swarm, it runs on the node that has the volume.
        const engine = getEngine({ engine: Engine.Docker });
        const wiring = resolveWiring(this, physicalName(`${name}-task`), args);
        const { mounts, dependsOn } = createMounts(name, args, engine, child, "any");
        const constraints = nodeConstraints(args, mounts, this);
        const image = resolveImage(name, args, imageEngine(constraints), child);
        const container = describeTaskContainer(name, image, args, wiring, mounts, constraints);
        const declared = new TaskContainer(`${name}-run`, container, child);
        const run = runTask(name, args, { container, declared, env: wiring.env }, { ...child, dependsOn });

        this.stdout = pulumi.secret(run.stdout);
        this.image = image;
        this.registerOutputs({ stdout: this.stdout, image });
    }
}

/** The engine that decides how an image is referenced: a node of a Swarm needs the digest in the registry. */
function imageEngine(constraints: TaskContainerArgs["constraints"]): ContainerEngine {
    const [docker, swarm] = [Engine.Docker, Engine.Swarm].map((engine) => getEngine({ engine })) as [
        ContainerEngine,
        ContainerEngine,
    ];
    return constraints === undefined
        ? docker
        : {
              ...docker,
              imageReference: (image) =>
                  constraints.apply((known) => (known === undefined ? docker : swarm).imageReference(image)),
          };
}

function validateTask(name: string, args: TaskArgs): void {
    validate({
        name: [name, isDockerName],
        command: [required(args.command), isCommand],
        quiet: [args.quiet, isBoolean],
        timeout: [args.timeout, isIntegerFrom(1)],
    });
    validateBaseContainer(args);
    validateImage(args, true);
    validateWiring(args);
    validateTaskEnvironment(args);
    // Unlike the provider, the docker command, which runs the task, accepts an empty word.
    getEngine({ engine: Engine.Docker }).validate({ ...args, command: undefined, build: undefined });
    refuseReservedVolumes(args.mounts, volumesReservedForImage(args), "task");
    refuseLongCommand(args.command);
    refuseLargeFiles(knownSize(args.files));
    refuseMultilineValues(args.env);
}

/**
 * Linux limits the command line and the environment of a program together to two million bytes (a quarter of its stack).
 * The environment of `docker create` contains each variable twice.
 */
const MAX_ENVIRONMENT_BYTES = 900_000;
const MAX_COMMAND_BYTES = 100_000;

/** Part of the files that fits into one environment variable, which Linux limits to 131,072 bytes. */
const FILES_CHUNK = /.{1,100000}/g;

function refuseLongCommand(words: string[]): void {
    const bytes = Buffer.byteLength(words.map(shellQuote).join(" "));
    if (bytes > MAX_COMMAND_BYTES)
        refuse(
            "command",
            `is ${bytes} bytes long, more than the ${MAX_COMMAND_BYTES} that a task can have; put it into a file in the image or in a mount`,
        );
}

/** @param bytes in base64 */
function refuseLargeFiles(bytes: number): void {
    if (bytes > MAX_ENVIRONMENT_BYTES)
        refuse(
            "files",
            `they take ${bytes} bytes in base64, more than the ${MAX_ENVIRONMENT_BYTES} that a task can have; mount them with mounts, or copy them into the image with build`,
        );
}

/** Size of the files whose content is known before the update, in base64. */
function knownSize(files: TaskArgs["files"] = {}): number {
    const sizes = Object.values(files).map(({ source, content }) => {
        if (source !== undefined) return statSync(source).size;
        return typeof content === "string" ? Buffer.byteLength(content) : 0;
    });
    return Math.ceil((sizes.reduce((sum, size) => sum + size, 0) * 4) / 3);
}

/** Variables that affect `docker create`, unlike `DOCKER_BUILDKIT` or an image's own `DOCKER_USER`. */
const DOCKER_SETTING =
    /^DOCKER_(API_VERSION|AUTH_CONFIG|CERT_PATH|CLI_\w+|CONFIG|CONTENT_TRUST(_SERVER)?|CONTEXT|CUSTOM_HEADERS|DEFAULT_PLATFORM|HOST|TLS|TLS_VERIFY)$/;

/** Refuses variables that would affect the shell or the docker command. */
export function validateTaskEnvironment(args: WiringArgs): void {
    const variables = chosenVariables(args);
    validateShellEnvironment(variables);
    for (const chosen of variables) {
        if (DOCKER_SETTING.test(chosen.variable))
            refuseVariable(
                chosen,
                "would configure the docker command that starts the task; rename it, or set it in the command",
            );
    }
}

/** `docker create` reads variables with other names from a file, in which each value is one line. */
function refuseMultilineValues(env: TaskArgs["env"] = {}): void {
    for (const [name, value] of Object.entries(env))
        if (!isShellName(name) && typeof value === "string" && /[\r\n]/.test(value))
            refuse(
                `env.${name}`,
                "has several lines, which a task takes only under a name of letters, digits and _; rename it, or put the value into a file with files",
            );
}

const DOCKER_SCRIPTS = ["task-functions.sh", "task.sh"];
const SWARM_SCRIPTS = ["../engines/swarm/job.sh", "task-functions.sh", "swarm-task.sh"];

function readScripts(files: string[]): string {
    return files.map((file) => readScriptBody(import.meta.dirname, file)).join("");
}

/** Whether the task's data is on a node of a Swarm. */
function runsOnSwarm({ constraints }: TaskRun["container"]): boolean {
    return constraints !== undefined;
}

function runTask(
    name: string,
    args: TaskArgs,
    task: { container: TaskContainerArgs; declared: TaskContainer; env: Wiring["env"] },
    opts: pulumi.CustomResourceOptions,
): command.local.Command {
    const { envs: _envs, ...container } = task.container;
    const files = describeFiles(args.files);
    const archive = files && packFiles(files);
    const run = pulumi
        .all([pulumi.output(container), pulumi.unsecret(task.env.apply(taskVariables))])
        .apply(([container, variables]) => ({ container, variables }));
    const onDocker = dockerScript(opts.parent, readScripts(DOCKER_SCRIPTS), {});
    const onSwarm = dockerScript(opts.parent, readScripts(SWARM_SCRIPTS), {});
    const script = run.apply(({ container }) => pulumi.output(runsOnSwarm(container) ? onSwarm : onDocker));
    return new command.local.Command(
        `${name}-run`,
        {
            // Not a command: the error of a failed task shows it as the command line. It depends on the TaskContainer,
            // so that policies can refuse the container before it runs.
            create: task.declared.urn.apply(() => `Task ${name}`),
            interpreter: pulumi
                .all([run, script])
                .apply(([run, script]) => taskInterpreter(run, script, args.timeout)),
            stdin: pulumi
                .all([run, dockerOptions(opts.parent)])
                .apply(([run, options]) => taskFingerprint(name, run, options)),
            environment: pulumi
                .all([task.env, archive])
                .apply(([env, files]) => reportErrorsOn(opts.parent, () => taskEnvironment(env, files))),
            triggers: triggersOf(args),
            // show-output.ts writes all output of the task to standard error.
            logging: command.local.Logging[args.quiet ? "None" : "Stderr"],
        },
        {
            ...opts,
            additionalSecretOutputs: ["stdout", "stderr"],
            // A new version of the script does not run the task again. It is used when something else does.
            ignoreChanges: ["create", "interpreter", "logging"],
            // An update would run the old script.
            replaceOnChanges: ["stdin", "environment"],
        },
    );
}

/** A Redis URL that names the default user. */
const REDIS_USER = /^(rediss?:\/\/)default:/;

function taskVariables(env: Record<string, string>): TaskVariables {
    const names = sortedNames(env);
    return { names, redisUrls: names.filter((name) => REDIS_USER.test(env[name] ?? "")) };
}

/** Command that runs another one and shows its output, with the Node.js and the file extension of this program. */
const SHOW_OUTPUT = [
    process.execPath,
    join(import.meta.dirname, `show-output${extname(import.meta.filename)}`),
];

/** The command that runs task.sh or swarm-task.sh, which document their environment and arguments. */
function taskInterpreter(
    { container, variables }: TaskRun,
    { stdin, environment }: { stdin: string; environment: Record<string, string> },
    timeout: number | undefined,
): string[] {
    const lists = {
        TASK_CONTAINER: [container.name],
        TASK_LABELS: formatLabels(container),
        TASK_NETWORKS: container.networksAdvanced.map((network) => network.name),
        TASK_VARIABLES: variables.names,
        TASK_REDIS_URLS: variables.redisUrls,
        TASK_TIMEOUT: timeout === undefined ? [] : [String(timeout)],
        TASK_SHOW: SHOW_OUTPUT,
        ...(runsOnSwarm(container) && {
            TASK_IMAGE: [container.image],
            TASK_HAS_ENTRYPOINT: [String(container.entrypoints !== undefined)],
            TASK_FILES: (container.uploads ?? []).map(
                ({ file, permissions = "0644", owner = "0", group = "0" }) =>
                    `${permissions} ${owner} ${group} ${file}`,
            ),
        }),
    };
    // Variables whose names a shell cannot set are passed in a file, on standard input.
    const envFile = variables.names.every(isShellName) ? [] : ["--env-file", "/dev/stdin"];
    return [
        "env",
        ...Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
        ...Object.entries(lists).map(([variable, items]) => `${variable}=${items.join("\n")}`),
        ...["/bin/sh", "-c", stdin, "task"],
        ...(runsOnSwarm(container)
            ? [
                  ...serviceCreateOptions(container),
                  "--",
                  ...(container.entrypoints ?? []),
                  ...(container.command ?? []),
              ]
            : [...envFile, ...dockerCreateArguments(container, variables.names.filter(isShellName))]),
    ];
}

/** Variables of the container, under names that do not affect the script (PATH would). */
function taskEnvironment(env: Record<string, string>, files = ""): Record<string, string> {
    const bytes = Object.entries(env).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("=")), 0);
    if (files.length > bytes) refuseLargeFiles(bytes + files.length);
    if (bytes + files.length > MAX_ENVIRONMENT_BYTES)
        refuse(
            "env",
            `its variables take ${bytes} bytes, more than the ${MAX_ENVIRONMENT_BYTES} that a task can have; put long values into a file, and mount it`,
        );
    refuseMultilineValues(env);
    const chunks = files.match(FILES_CHUNK) ?? [];
    // As in earlier versions, Redis URLs have no user here, as a different value would run the task again. The script
    // adds it.
    return Object.fromEntries([
        ...sortedNames(env).map((name, i) => [
            `DRYDOCK_TASK_${i}`,
            isShellName(name) ? (env[name] ?? "").replace(REDIS_USER, "$1:") : (env[name] ?? ""),
        ]),
        ...chunks.map((chunk, i) => [`DRYDOCK_FILES_${i}`, chunk]),
    ]) as Record<string, string>;
}

/** The user's triggers, and the volumes of linked databases: the task has not run on another volume yet. */
function triggersOf({ triggers, links }: TaskArgs): pulumi.Output<string[]> | undefined {
    if (links === undefined) return triggers && pulumi.output(triggers);
    const connections = pulumi.unsecret(pulumi.output(links));
    return pulumi
        .all([triggers ?? [], connections])
        .apply(([userTriggers, connections]) => [
            ...userTriggers,
            ...Object.values(connections).flatMap(({ storage }) => storage ?? []),
        ]);
}
