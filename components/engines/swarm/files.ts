import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { toDnsLabel } from "../../shared/names.ts";
import { shellQuote } from "../../shared/shell.ts";
import { dockerScripts } from "../docker-command.ts";
import type { ContainerFile, ContainerSpec } from "../spec.ts";
import { labelArgs } from "../values.ts";

const ENVIRONMENT = "/run/drydock/environment";
const WITH_ENVIRONMENT = "/run/drydock/with-environment";

/** What starts a process whose environment is in a file; `sh /run/drydock/with-environment bin/rails console`. */
const WITH_ENVIRONMENT_SCRIPT = `#!/bin/sh
. ${ENVIRONMENT}
exec "$@"
`;

/** Everybody in the container may read, as its user is not known here; a directory of root's cannot be changed. */
const READABLE = 0o444;

/** Docker's limit is 64, and the provider adds eight characters: each version of a file has a name of its own. */
const LONGEST_NAME = 56;

/**
 * The files of a service. They cannot be changed: a change makes another, which the service is given before the
 * old one goes.
 */
export function filesOf(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
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
                return { secretId: id, secretName, fileName: file.path, fileMode: READABLE };
            }),
        configs: named
            .filter(({ secret }) => !secret)
            .map((file) => {
                const { id, name: configName } = new docker.ServiceConfig(
                    file.name,
                    { data: base64(file), labels },
                    opts,
                );
                return { configId: id, configName, fileName: file.path, fileMode: READABLE };
            }),
    };
}

/**
 * Whether the variables are in a file: secret ones, and several. The provider sends several in random order, which
 * Swarm takes for a change, and each update of the service would then replace its containers.
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
        { path: WITH_ENVIRONMENT, content: WITH_ENVIRONMENT_SCRIPT },
    ];
}

/** What the container runs: what the spec says, and before it what reads the file with its variables. */
export function startWith(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { command: args } = spec;
    const entrypoint = startable(spec);
    if (!hasEnvironmentFile(spec)) return { commands: entrypoint, args };
    const commands = ["sh", WITH_ENVIRONMENT];
    // As in Docker: another entrypoint leaves the image's command out.
    if (entrypoint) return { commands, args: [...entrypoint, ...(args ?? [])] };
    return {
        commands,
        args: pulumi
            .all([imageStart(name, spec.image, opts), args])
            .apply(([image, given]) => [...image.entrypoint, ...(given ?? image.command)]),
    };
}

/** A script of ours is read by the shell: what a Swarm hands over lies on a file system that need not execute. */
function startable({ entrypoint, files = [] }: ContainerSpec): string[] | undefined {
    const script = files.some(({ path, executable }) => executable && path === entrypoint?.[0]);
    return script ? ["sh", ...(entrypoint ?? [])] : entrypoint;
}

/** The entrypoint and the command of an image, which Docker knows once it has pulled or built it. */
function imageStart(name: string, image: pulumi.Input<string>, opts: pulumi.CustomResourceOptions) {
    const format = "[{{json .Config.Entrypoint}}, {{json .Config.Cmd}}]";
    const scripts = dockerScripts(opts.parent, {
        // The manager that made sure of the image may have been another.
        create: (docker) => `set -e
${docker} image inspect "$IMAGE" >/dev/null 2>&1 || ${docker} pull --quiet "$IMAGE" >/dev/null
${docker} image inspect --format '${format}' "$IMAGE"`,
    });
    const inputs = { ...scripts, environment: { IMAGE: image } };
    const { stdout } = new command.local.Command(`${name}-image-start`, inputs, opts);
    return stdout.apply((text) => {
        const [entrypoint, cmd] = JSON.parse(text) as (string[] | null)[];
        return { entrypoint: entrypoint ?? [], command: cmd ?? [] };
    });
}

function fileName(name: string, path: string): string {
    return toDnsLabel(`${name}-${basename(path)}`, LONGEST_NAME);
}

function base64({ content, source }: ContainerFile): pulumi.Output<string> {
    if (source !== undefined) return pulumi.output(readFileSync(source).toString("base64"));
    return pulumi.output(content ?? "").apply((text) => Buffer.from(text).toString("base64"));
}
