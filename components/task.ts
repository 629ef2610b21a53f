import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { HOST_MACHINE } from "./connection";
import { imageOf, ImageSource, validateImage } from "./image";
import { labels, physicalName } from "./names";
import { isCommand, isDockerName, required, validate } from "./validation";
import { validateWiring, Wiring, WiringArgs, wiringOf } from "./wiring";

export interface TaskArgs extends ImageSource, WiringArgs {
    /** What to run: the program and its arguments. */
    command: string[];
    /** User or `user:group` to run as. @default the image's */
    user?: string;
    /** Values whose change runs the task again; a change of its image, command or environment does so anyway. */
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

        const container = physicalName(`${name}-task`);
        const image = imageOf(name, args, child);
        const wiring = wiringOf(container, args);
        const run = new command.local.Command(
            `${name}-run`,
            {
                create: "sh",
                stdin: scriptFor(name, container, image, args, wiring),
                environment: wiring.env.apply(handedOver),
                triggers: args.triggers,
                logging: command.local.Logging.StdoutAndStderr,
            },
            { ...child, additionalSecretOutputs: ["stdout", "stderr"] },
        );

        this.stdout = pulumi.secret(run.stdout);
        this.registerOutputs({ stdout: this.stdout });
    }
}

function validateArgs(name: string, args: TaskArgs): void {
    validate({ name: [name, isDockerName], command: [required(args.command), isCommand] });
    validateImage(args, true);
    validateWiring(args);
}

function scriptFor(
    name: string,
    container: string,
    image: pulumi.Output<string>,
    args: TaskArgs,
    { env, networks, reachesHost }: Wiring,
): pulumi.Output<string> {
    const names = pulumi.unsecret(env.apply((variables) => Object.keys(variables).sort()));
    return pulumi.all([image, names, networks, reachesHost]).apply(([reference, variables, joined, host]) =>
        taskScript({
            container,
            image: reference,
            variables,
            networks: joined,
            options: [
                ...Object.entries(labels(name)).flatMap(([label, value]) => ["--label", `${label}=${value}`]),
                ...(args.user === undefined ? [] : ["--user", args.user]),
                ...(host ? ["--add-host", `${HOST_MACHINE}:host-gateway`] : []),
            ],
            command: args.command,
        }),
    );
}

/** The environment under names of its own: one called PATH is meant for the container, not for the script. */
function handedOver(env: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
        Object.keys(env)
            .sort()
            .map((name, i) => [`DRYDOCK_TASK_${i}`, env[name] ?? ""]),
    );
}

export interface TaskScript {
    container: string;
    image: string;
    /** Names of the variables, whose values the environment holds as `DRYDOCK_TASK_0` and so on. */
    variables: string[];
    networks: string[];
    options: string[];
    command: string[];
}

/**
 * The script that runs the container in the foreground. Values of variables are handed from environment to
 * environment: on a command line, everybody on the machine could read them.
 */
export function taskScript({
    container,
    image,
    variables,
    networks,
    options,
    command: run,
}: TaskScript): string {
    const [first, ...others] = networks;
    const values = variables.map((name, i) => `${name}="$DRYDOCK_TASK_${i}" `).join("");
    const create = [
        ...["--name", container, ...options],
        ...(first === undefined ? [] : ["--network", first]),
        ...variables.flatMap((name) => ["--env", name]),
        ...[image, ...run],
    ];
    return [
        "set -eu",
        'docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }',
        // A variable called HOME is meant for the container, not for the docker command's own settings.
        'export DOCKER_CONFIG="${DOCKER_CONFIG:-${HOME:-}/.docker}"',
        `remove() { "$docker" rm --force --volumes ${quoted(container)} >/dev/null 2>&1 || true; }`,
        "remove # What a killed run may have left.",
        "trap remove EXIT",
        "trap 'exit 130' INT TERM",
        `${values}"$docker" create ${create.map(quoted).join(" ")} >/dev/null`,
        ...others.map((network) => `"$docker" network connect ${quoted(network)} ${quoted(container)}`),
        `"$docker" start --attach ${quoted(container)}`,
        "",
    ].join("\n");
}

/** As one word for a shell. */
function quoted(text: string): string {
    return /^[\w./:=@-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
