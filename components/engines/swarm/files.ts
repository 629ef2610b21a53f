import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { toDnsLabel } from "../../shared/names.ts";
import { readScript, readScriptBody, shellQuote } from "../../shared/scripts.ts";
import { DAEMON_VARIABLES, dockerScript } from "../docker-command.ts";
import type { ContainerFile, ContainerSpec } from "../spec.ts";
import { labelArgs } from "../provider-values.ts";

const ENVIRONMENT = "/run/drydock/environment";
const WITH_ENVIRONMENT = "/run/drydock/with-environment";

/** Readable for every user in the container: which one runs the process is not known here. */
const FILE_MODE = 0o444;

/** Docker allows 64 characters. The provider adds eight, so that each version of a file has a name of its own. */
const MAX_NAME_LENGTH = 56;

/**
 * Creates a Docker secret or config for each file of a service. Both are immutable: a change creates a new one, updates the
 * service, and deletes the old one.
 */
export function createFiles(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const files = [...(spec.files ?? []), ...environmentFiles(spec)];
    const labels = labelArgs(spec.component);
    const named = files.map((file) => ({ ...file, name: fileName(name, file.path) }));
    return {
        secrets: named
            .filter(({ secret }) => secret)
            .map((file) => {
                const { id, name: secretName } = new docker.Secret(
                    file.name,
                    { data: pulumi.secret(base64(file)), labels },
                    opts,
                );
                return { secretId: id, secretName, fileName: file.path, fileMode: FILE_MODE };
            }),
        configs: named
            .filter(({ secret }) => !secret)
            .map((file) => {
                const { id, name: configName } = new docker.ServiceConfig(
                    file.name,
                    { data: base64(file), labels },
                    opts,
                );
                return { configId: id, configName, fileName: file.path, fileMode: FILE_MODE };
            }),
    };
}

/**
 * Whether the environment variables come in a file: if they may be secret, or if there are several. The provider sends
 * several in random order, which a Swarm takes for a change: every update of the service would replace its containers.
 */
export function hasEnvironmentFile({ env = {}, secretEnv }: ContainerSpec): boolean {
    return secretEnv !== undefined || Object.keys(env).length > 1;
}

function environmentFiles(spec: ContainerSpec): ContainerFile[] {
    if (!hasEnvironmentFile(spec)) return [];
    const { env, secretEnv } = spec;
    const content = pulumi.output(secretEnv ?? {}).apply((variables) =>
        Object.entries({ ...env, ...variables })
            .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
            .join(""),
    );
    return [
        { path: ENVIRONMENT, content, secret: secretEnv !== undefined },
        { path: WITH_ENVIRONMENT, content: readScript(import.meta.dirname, "with-environment.sh") },
    ];
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
            // The output depends on the image only. After another change, an update would make it unknown in the preview, and
            // with it the service.
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

function fileName(name: string, path: string): string {
    return toDnsLabel(`${name}-${basename(path)}`, MAX_NAME_LENGTH);
}

function base64({ content, source }: ContainerFile): pulumi.Output<string> {
    if (source !== undefined) return pulumi.output(readFileSync(source).toString("base64"));
    return pulumi.output(content ?? "").apply((string) => Buffer.from(string).toString("base64"));
}
