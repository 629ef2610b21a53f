import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { USUAL_CAPABILITIES, validateCapabilities } from "./capabilities";
import { HOST_MACHINE } from "./connection";
import { Engine } from "./engine";
import { dockerOptions, engineOf, Mount } from "./engines";
import { imageOf, ImageSource, validateImage } from "./image";
import { MountArgs, mountsOf, validateMounts } from "./mounts";
import { labels, physicalName } from "./names";
import { taskScript } from "./task-script";
import { isCommand, isDockerName, isText, refuse, required, validate } from "./validation";
import { validateShellEnvironment, validateWiring, Wiring, WiringArgs, wiringOf } from "./wiring";

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
        validateArgs(name, args);
        const child = { parent: this };

        // On a Swarm too it is a container, on the machine that the provider talks to, and on the services' networks.
        const engine = engineOf({ engine: Engine.Docker });
        const container = physicalName(`${name}-task`);
        const image = imageOf(name, args, engine, child);
        const wiring = wiringOf(container, args);
        const { mounts, dependsOn } = mountsOf(name, args, engine, image, child);
        const run = new command.local.Command(
            `${name}-run`,
            {
                create: "sh",
                stdin: scriptFor(name, container, image, args, wiring, mounts, this),
                environment: wiring.env.apply(handedOver),
                triggers: triggersOf(args),
                logging: command.local.Logging[args.quiet ? "None" : "StdoutAndStderr"],
            },
            { ...child, dependsOn, additionalSecretOutputs: ["stdout", "stderr"] },
        );

        this.stdout = pulumi.secret(run.stdout);
        this.registerOutputs({ stdout: this.stdout });
    }
}

function validateArgs(name: string, args: TaskArgs): void {
    validate({
        name: [name, isDockerName],
        command: [required(args.command), isCommand],
        user: [args.user, isText],
    });
    validateCapabilities(args.capabilities);
    validateMounts(args.mounts);
    validateImage(args, true);
    validateWiring(args);
    validateTaskEnvironment(args.env);
}

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

function scriptFor(
    name: string,
    container: string,
    image: pulumi.Output<string>,
    args: TaskArgs,
    { env, networks, reachesHost }: Wiring,
    mounts: Mount[],
    task: Task,
): pulumi.Output<string> {
    const names = pulumi.unsecret(env.apply((variables) => Object.keys(variables).sort()));
    return pulumi
        .all([dockerOptions(task), image, names, networks, reachesHost, mounts])
        .apply(([engine, reference, variables, joined, host, mounted]) =>
            taskScript({
                engine,
                container,
                image: reference,
                variables,
                networks: joined,
                options: [
                    ...Object.entries(labels(name)).flatMap(([label, value]) => [
                        "--label",
                        `${label}=${value}`,
                    ]),
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
                    ...(host ? ["--add-host", `${HOST_MACHINE}:host-gateway`] : []),
                ],
                command: args.command,
            }),
        );
}

function mountOption({ path, volume, hostPath, readOnly }: pulumi.Unwrap<Mount>): string[] {
    const source =
        hostPath === undefined ? `type=volume,source=${volume ?? ""}` : `type=bind,source=${hostPath}`;
    return ["--mount", `${source},target=${path}${readOnly ? ",readonly" : ""}`];
}

/** The environment under names of its own: one called PATH is meant for the container, not for the script. */
function handedOver(env: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
        Object.keys(env)
            .sort()
            .map((name, i) => [`DRYDOCK_TASK_${i}`, env[name] ?? ""]),
    );
}
