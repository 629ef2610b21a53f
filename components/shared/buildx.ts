import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MAX_VARIABLE_BYTES } from "../container/environment.ts";
import { dockerScript, streamDockerScript } from "../engines/index.ts";
import { createHook, hasHooks } from "../engines/hooks.ts";
import { contextDigest } from "./build-context.ts";
import { type BuildArgs, type BuildSecretArgs, isDirectory } from "./build-args.ts";
import { outputValue } from "./output-value.ts";
import { explainBuild } from "./registry-login.ts";
import { readScriptBody } from "./scripts.ts";
import { propertyError, reportErrorsOn } from "./validation.ts";

/** Whether a build needs `docker buildx`: docker.Image supports none of these arguments. */
export function needsBuildx({
    secrets = {},
    ssh = [],
    contexts = {},
    cacheFrom = [],
    cacheTo = [],
}: BuildArgs) {
    const lists = [
        Object.keys(secrets),
        ssh,
        Object.keys(contexts),
        cacheTo,
        cacheFrom.filter(isCacheOption),
    ];
    return lists.some((list) => list.length > 0);
}

/** Whether the value is an option of `docker buildx build`, such as `type=registry,ref=...`, and not the name of an image. */
function isCacheOption(value: string): boolean {
    return /(^|,)type=/.test(value);
}

/**
 * Creates the Command `<name>-image`, which represents an image that `docker buildx build` builds: its output is the
 * image's ID or, for a pushed image, its digest. A hook builds the image before the Command is created, so that secrets
 * stay in the memory of the program: as inputs of the Command, they would be in the state, and a new token would rebuild
 * the image.
 */
export function createBuildxImage(
    name: string,
    image: pulumi.Input<string>,
    build: BuildArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const { parent } = opts;
    const script = dockerScript(parent, readScriptBody(import.meta.dirname, "buildx-image.sh"), {
        BUILT_IMAGE: image,
        PUSHED: build.push === undefined ? "" : "yes",
    });
    const built = new command.local.Command(
        `${name}-image`,
        {
            ...script,
            create: "sh",
            triggers: [reportErrorsOn(parent, () => buildDigest(build))],
            logging: command.local.Logging.None,
        },
        pulumi.mergeOptions(opts, {
            // If the name or the Docker Engine changes, replace the Command: an update would only look up the image, not build
            // it.
            replaceOnChanges: ["environment"],
            // A new version of the script is no reason to rebuild.
            ignoreChanges: ["create", "stdin", "logging"],
            ...(hasHooks() && { hooks: { beforeCreate: [buildHook(name, image, build, parent)] } }),
        }),
    );
    return built.stdout;
}

/**
 * A digest of everything that an image is built from, except secrets: a short one could be guessed from the digest, and
 * a new token is no reason to rebuild.
 */
function buildDigest({ context, dockerfile, args = {}, target, platform, contexts = {} }: BuildArgs) {
    const files = contextDigest({
        path: "build.context",
        directory: context,
        dockerfile: dockerfile ?? join(context, "Dockerfile"),
    });
    const furtherContexts = sortedEntries(contexts).map(([name, source]) => [
        name,
        isDirectory(source) ? contextDigest({ path: `build.contexts.${name}`, directory: source }) : source,
    ]);
    return pulumi.output(args).apply((known) =>
        createHash("sha256")
            .update(JSON.stringify([files, furtherContexts, sortedEntries(known), target, platform]))
            .digest("hex"),
    );
}

function sortedEntries<T>(record: Record<string, T>): [string, T][] {
    return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function buildHook(
    name: string,
    image: pulumi.Input<string>,
    build: BuildArgs,
    parent: pulumi.Resource | undefined,
): pulumi.ResourceHook {
    const { args = {}, secrets = {}, push } = build;
    const values = Object.fromEntries(Object.entries(secrets).map(([id, { value }]) => [id, value]));
    const resolved: Promise<Resolved> = outputValue(pulumi.output({ image, args, values, push }));
    return createHook(`${name} build`, async () => {
        const { image, args, values, push } = await resolved;
        const known = sortedEntries(secrets).map(([id, secret]) => readSecret(id, secret, values[id]));
        const lines: string[] = [];
        const hide = hideSecrets(known.map(({ content }) => content));
        try {
            await streamDockerScript(
                parent,
                readScriptBody(import.meta.dirname, "buildx-build.sh"),
                [
                    ...buildOptions(build, args),
                    ...known.flatMap(({ option }) => ["--secret", option]),
                    build.context,
                ],
                {
                    DRYDOCK_IMAGE: image,
                    DRYDOCK_CONTEXT: build.context,
                    ...Object.fromEntries(known.flatMap(({ variable }) => (variable ? [variable] : []))),
                    ...pushEnvironment(push),
                },
                (line) => {
                    const shown = hide(line);
                    lines.push(shown);
                    void pulumi.log.info(shown, parent, undefined, true);
                },
            );
        } catch (error) {
            if (lines.length === 0) lines.push(String(error));
            throw new Error(describeFailure(image, lines, push !== undefined), { cause: error });
        }
    });
}

interface Resolved {
    image: string;
    args: Record<string, string>;
    values: Record<string, string | undefined>;
    push?: { username?: string; password?: string };
}

/** Sets all of the variables, so that none comes from the environment of Pulumi. */
function pushEnvironment(push: Resolved["push"]): Record<string, string> {
    const { username = "", password = "" } = push ?? {};
    return {
        DRYDOCK_PUSH: push === undefined ? "" : "yes",
        DRYDOCK_PUSH_USERNAME: username,
        DRYDOCK_PUSH_PASSWORD: password,
    };
}

/** Options of `docker buildx build` without the secrets. */
export function buildOptions(build: BuildArgs, args: Record<string, string>): string[] {
    const {
        context,
        dockerfile,
        target,
        platform,
        ssh = [],
        contexts = {},
        cacheFrom = [],
        cacheTo = [],
    } = build;
    // BuildKit reuses layers only of images that contain its cache metadata.
    const inline: Record<string, string> =
        cacheFrom.length > 0 && cacheTo.length === 0 ? { BUILDKIT_INLINE_CACHE: "1" } : {};
    const each = (option: string, values: string[]) => values.flatMap((value) => [option, value]);
    const pairs = (record: Record<string, string>) =>
        sortedEntries(record).map(([key, value]) => `${key}=${value}`);
    return [
        ...["--file", dockerfile ?? join(context, "Dockerfile")],
        ...each("--target", target === undefined ? [] : [target]),
        ...each("--platform", platform === undefined ? [] : [platform]),
        ...each("--build-arg", pairs({ ...inline, ...args })),
        ...each("--build-context", pairs(contexts)),
        ...each("--ssh", ssh),
        ...each("--cache-from", cacheFrom),
        ...each("--cache-to", cacheTo),
    ];
}

interface Secret {
    /** Value of `--secret`. */
    option: string;
    /** Name and value of the variable that holds it. */
    variable?: [string, string];
    /** The secret itself, which output must not show. */
    content: string;
}

/** @throws Error if the machine does not have the variable or the file */
export function readSecret(
    id: string,
    { variable, file }: BuildSecretArgs,
    value: string | undefined,
    env = process.env,
): Secret {
    const path = `build.secrets.${id}`;
    if (file !== undefined) {
        if (!existsSync(file))
            throw propertyError(`${path}.file`, `${file} is not a file on this machine; create it`);
        return {
            option: `id=${id},"src=${file.replaceAll('"', '""')}"`,
            content: readFileSync(file, "utf8"),
        };
    }
    if (variable !== undefined) {
        const { [variable]: content = "" } = env;
        if (content === "")
            throw propertyError(`${path}.variable`, `${variable} is not set; set it where Pulumi runs`);
        return { option: `id=${id},env=${variable}`, content };
    }
    const content = value ?? "";
    if (content === "") throw propertyError(`${path}.value`, "is empty; set the secret's value");
    if (Buffer.byteLength(content) > MAX_VARIABLE_BYTES)
        throw propertyError(`${path}.value`, `is longer than ${MAX_VARIABLE_BYTES} bytes; use file`);
    const name = `DRYDOCK_BUILD_SECRET_${Buffer.from(id).toString("hex")}`;
    return { option: `id=${id},env=${name}`, variable: [name, content], content };
}

/**
 * Returns a function that hides the secrets in a line of output. A command of the Dockerfile may print a secret or a
 * part of one, such as the token of an `.npmrc`. Hiding very short lines and parts would hide too much.
 */
export function hideSecrets(secrets: string[]): (line: string) => string {
    const secretLines = secrets.flatMap((secret) => secret.split("\n")).map((line) => line.trim());
    const parts = secretLines.flatMap((line) => line.split(/[\s=:"']+/));
    const words = [
        ...secretLines.filter((line) => line.length >= 4),
        ...parts.filter((part) => part.length >= 8),
    ].sort((a, b) => b.length - a.length);
    return (line) => words.reduce((shown, word) => shown.replaceAll(word, "[secret]"), line);
}

const LAST_LINES = 30;

/** Errors of a build, and what to do about them. */
const REMEDIES: [RegExp, string][] = [
    [
        /Cache export is not supported/,
        "build.cacheTo: this Docker Engine can only write the cache into the image, with type=inline; for other types, turn on its containerd image store",
    ],
    [
        /unsupported frontend capability \S*contexts/,
        "build.contexts: this Docker Engine is older than version 23; make `# syntax=docker/dockerfile:1` the first line of the Dockerfile, or use a newer Docker Engine",
    ],
    [
        /invalid empty ssh agent socket/,
        "build.ssh: no SSH agent runs where Pulumi runs; start one (eval $(ssh-agent) && ssh-add), or name a key: default=/home/me/.ssh/id_ed25519",
    ],
];

/** Describes a failed build: the remedy, if it is known, and the end of the output. */
export function describeFailure(image: string, lines: string[], isPushed = false): string {
    const output = lines.filter((line) => line.trim() !== "");
    // Leaves out the output of the Dockerfile's commands: lines after a step number, and excerpts between lines of dashes.
    const errors = output
        .filter((line) => !line.startsWith("#"))
        .join("\n")
        .replace(/^-{6}\n > \[(?!internal\])[^]*?\n-{6}$/gm, "");
    const remedy =
        REMEDIES.find(([pattern]) => pattern.test(errors))?.[1] ??
        explainBuild(isPushed ? image : undefined, errors);
    return [
        `could not build the image ${image}${remedy === undefined ? "" : `: ${remedy}`}`,
        ...output.slice(-LAST_LINES),
    ].join("\n");
}
