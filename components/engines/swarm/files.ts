import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isShellName } from "../../container/environment.ts";
import { toDnsLabel } from "../../shared/dns-label.ts";
import { readScript, readScriptBody, shellQuote } from "../../shared/scripts.ts";
import { DAEMON_VARIABLES, dockerScript } from "../docker-command.ts";
import type { ContainerFile, ContainerSpec } from "../spec.ts";
import { labelArgs } from "../provider-values.ts";
import { FILE_LABEL } from "../file-labels.ts";
import { checkFileSize } from "./validation.ts";

const ENVIRONMENT = "/run/drydock/environment";
const WITH_ENVIRONMENT = "/run/drydock/with-environment";

/** Readable by every user in the container, as the user that runs the process is not known here. */
const FILE_MODE = 0o444;

/** Docker allows 64 characters. The provider appends eight, so that each version of a file has its own name. */
const MAX_NAME_LENGTH = 56;

/**
 * Creates a Docker secret or config for each file of a service. Both are immutable: a change creates a new one, updates the
 * service, and deletes the old one.
 */
export function createFiles(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const files = [...(spec.files ?? []), ...environmentFiles(spec)];
    const named = files.map((file) => ({
        ...file,
        name: fileName(name, file),
        // For previews, as the name of the resource contains only part of the path.
        labels: labelArgs(spec.component, file.userDefined ? { [FILE_LABEL]: file.path } : {}),
    }));
    return {
        secrets: named
            .filter(({ secret }) => secret)
            .map((file) => {
                const { id, name: secretName } = new docker.Secret(
                    file.name,
                    { data: pulumi.secret(base64(file)), labels: file.labels },
                    opts,
                );
                return { secretId: id, secretName, ...target(file) };
            }),
        configs: named
            .filter(({ secret }) => !secret)
            .map((file) => {
                const { id, name: configName } = new docker.ServiceConfig(
                    file.name,
                    { data: base64(file), labels: file.labels },
                    opts,
                );
                return { configId: id, configName, ...target(file) };
            }),
    };
}

/**
 * Whether environment variables are passed in a file: if they may be secret, or if there are several. The provider sends
 * several in random order, which a Swarm treats as a change: every update of the service would replace its containers.
 */
export function hasEnvironmentFile({ env = {}, secretEnv }: ContainerSpec): boolean {
    return secretEnv !== undefined || Object.keys(env).length > 1;
}

function environmentFiles(spec: ContainerSpec): ContainerFile[] {
    if (!hasEnvironmentFile(spec)) return [];
    const { env, secretEnv } = spec;
    const content = pulumi
        .output(secretEnv ?? {})
        .apply((variables) => environmentScript({ ...env, ...variables }));
    return [
        { path: ENVIRONMENT, content, secret: secretEnv !== undefined },
        { path: WITH_ENVIRONMENT, content: readScript(import.meta.dirname, "with-environment.sh") },
    ];
}

/**
 * A script that sets the variables. A shell cannot set one with a name like `discovery.type`: `env` does, which then execs
 * the program. Until then, anyone who can list the container's processes sees the value on the command line.
 */
function environmentScript(variables: Record<string, string>): string {
    const lines = Object.entries(variables).map(([name, value]) =>
        isShellName(name)
            ? `export ${name}=${shellQuote(value)}\n`
            : `set -- ${shellQuote(`${name}=${value}`)} "$@"\n`,
    );
    return [...lines, ...(Object.keys(variables).every(isShellName) ? [] : ['set -- env "$@"\n'])].join("");
}

/** Entrypoint and command of the container. If its environment is in a file, with-environment.sh starts them. */
export function startCommand(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { command: args } = spec;
    const entrypoint = executableEntrypoint(spec);
    if (!hasEnvironmentFile(spec)) return { commands: entrypoint, args };
    const commands = ["sh", WITH_ENVIRONMENT];
    // As in Docker, another entrypoint replaces the command of the image too.
    if (entrypoint) return { commands, args: [...entrypoint, ...(args ?? [])] };
    return {
        commands,
        args: pulumi
            .all([readImageStart(name, spec.image, opts), args])
            .apply(([image, command]) => [...image.entrypoint, ...(command ?? image.command)]),
    };
}

/** Runs a script with `sh`: secrets and configs are on a file system that may be mounted `noexec`. */
function executableEntrypoint({ entrypoint, files = [] }: ContainerSpec): string[] | undefined {
    const isScript = files.some(({ path, executable }) => executable && path === entrypoint?.[0]);
    return isScript ? ["sh", ...(entrypoint ?? [])] : entrypoint;
}

/** Reads the entrypoint and the command of an image once it has been pulled or built. */
function readImageStart(name: string, image: pulumi.Input<string>, opts: pulumi.CustomResourceOptions) {
    const script = readScriptBody(import.meta.dirname, "image-start.sh");
    const { stdout } = new command.local.Command(
        `${name}-image-start`,
        { ...dockerScript(opts.parent, script, { IMAGE: image }), create: "sh" },
        pulumi.mergeOptions(opts, {
            // The output depends only on the image. For any other change, an update would make the output, and with it the
            // service, unknown in previews.
            ignoreChanges: [
                "create",
                "stdin",
                ...DAEMON_VARIABLES.map((variable) => `environment.${variable}`),
            ],
            replaceOnChanges: ["environment.IMAGE"],
        }),
    );
    return stdout.apply((json) => {
        const [entrypoint, cmd] = JSON.parse(json) as (string[] | null)[];
        return { entrypoint: entrypoint ?? [], command: cmd ?? [] };
    });
}

/** The user's files may have the same name in several directories. */
function fileName(name: string, { path, userDefined }: ContainerFile): string {
    return toDnsLabel(`${name}-${userDefined ? `file${path}` : basename(path)}`, MAX_NAME_LENGTH);
}

function target({ path, mode, owner, group }: ContainerFile) {
    return {
        fileName: path,
        fileMode: mode === undefined ? FILE_MODE : Number.parseInt(mode, 8),
        fileUid: owner ? String(owner) : undefined,
        fileGid: group ? String(group) : undefined,
    };
}

function base64({ path, content, contentBase64, source, secret }: ContainerFile): pulumi.Output<string> {
    if (contentBase64 !== undefined)
        return pulumi.output(contentBase64).apply((data) => {
            checkFileSize(Buffer.from(data, "base64").length, `files.${path}`, secret);
            return data;
        });
    if (source !== undefined) return pulumi.output(readFileSync(source).toString("base64"));
    return pulumi.output(content ?? "").apply((string) => Buffer.from(string).toString("base64"));
}
