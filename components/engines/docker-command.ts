import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shellQuote } from "../shared/shell.ts";
import { refuse } from "../shared/validation.ts";

/** Which Docker Engine a provider works with; nothing where its environment decides. */
export interface Daemon {
    host?: string;
    context?: string;
    /** Directory with ca.pem, cert.pem and key.pem. */
    certPath?: string;
    certMaterial?: string;
    /** A list, as JSON. */
    sshOpts?: string;
}

/**
 * The docker command's options for the Docker Engine of a resource's provider: the one that it was given, else the one
 * that the stack's `docker:` settings describe. A script needs `dockerSetup` besides.
 */
export function dockerOptions(resource: pulumi.Resource | undefined): pulumi.Output<string[]> {
    return cliDaemon(resource).apply(daemonOptions);
}

/** The docker command with those options, for a script. */
export function dockerCommand(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return dockerOptions(resource).apply((options) => ["docker", ...options.map(shellQuote)].join(" "));
}

/**
 * How a script begins whose docker command is to reach the same Docker Engine as the provider: DOCKER_CONTEXT wins over
 * DOCKER_HOST, and the context of `docker context use` does not count (kreuzwerker/terraform-provider-docker, provider.go).
 */
export function dockerSetup(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return cliDaemon(resource).apply(daemonSetup);
}

function daemonSetup({ host, context }: Daemon): string {
    if (context !== undefined) return "";
    return host === undefined ? FOLLOW_ENVIRONMENT : REFUSE_CONTEXT;
}

/** A docker command for that Docker Engine, as a script; outside of a program. */
export function daemonScript(daemon: Daemon, ...words: string[]): string {
    const command = ["docker", ...daemonOptions(daemon), ...words].map(shellQuote).join(" ");
    return `${daemonSetup(daemon)}${command}\n`;
}

type Script = (docker: string) => string;

/**
 * The scripts of a `command.local.Command`, given the docker command that reaches the resource's Docker Engine. They come
 * by standard input: a failure prints the command that it ran.
 */
export function dockerScripts<T extends { create?: Script; delete?: Script }>(
    resource: pulumi.Resource | undefined,
    scripts: T,
): { [K in keyof T]: string } & { stdin: pulumi.Output<string> } {
    const stdin = pulumi.all([dockerCommand(resource), dockerSetup(resource)]).apply(([docker, setup]) => {
        const cases = Object.entries(scripts).map(([name, script]) => `${name})\n${script(docker)}\n;;\n`);
        return `${setup}case $1 in\n${cases.join("")}esac\n`;
    });
    const commands = Object.fromEntries(Object.keys(scripts).map((name) => [name, `sh -s ${name}`]));
    return { ...(commands as { [K in keyof T]: string }), stdin };
}

/**
 * The provider builds images where its host leads, and takes no context for it (pulumi/pulumi-docker, image.go).
 *
 * @throws pulumi.InputPropertyError where what runs them may be elsewhere
 */
export function refuseContextForBuilds(resource: pulumi.Resource | undefined): void {
    const { DOCKER_CONTEXT = "" } = process.env;
    const { context = DOCKER_CONTEXT } = providerOf(resource) ? {} : stackSettings();
    if (context !== "")
        refuse(
            "build",
            `the Docker provider follows the context "${context}" to run containers, but not to build images; set docker:host to its address in place of it (docker context inspect ${context})`,
        );
}

/** The host on which that Docker Engine runs, as this machine calls it. */
export function engineHost(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return daemonOf(resource).apply(({ host = "" }) => {
        const name = URL.canParse(host) && !host.startsWith("unix:") ? new URL(host).hostname : "";
        return name === "" ? "localhost" : name;
    });
}

/**
 * The platform of that Docker Engine, such as `linux/arm64`. Undefined where none answers: the provider says so, and
 * why.
 */
export function enginePlatform(resource: pulumi.Resource | undefined): pulumi.Output<string | undefined> {
    return pulumi.all([dockerCommand(resource), dockerSetup(resource)]).apply(async ([docker, setup]) => {
        const question = `${setup}exec ${docker} version --format '{{.Server.Os}}/{{.Server.Arch}}'`;
        const answer = promisify(execFile)("sh", ["-c", question], { timeout: 30_000, env: process.env });
        return answer.then(
            ({ stdout }) => stdout.trim(),
            () => undefined,
        );
    });
}

/** The provider looks for Docker Desktop's sockets where the usual one is not there. */
const FOLLOW_ENVIRONMENT = `if [ -n "\${DOCKER_CONTEXT:-}" ]; then
    unset DOCKER_HOST
elif [ -z "\${DOCKER_HOST:-}" ]; then
    DOCKER_HOST=unix:///var/run/docker.sock
    for socket in "\${HOME:-}/.docker/desktop/docker.sock" "\${HOME:-}/.docker/run/docker.sock"; do
        [ -S /var/run/docker.sock ] || [ ! -S "$socket" ] || DOCKER_HOST=unix://$socket
    done
    export DOCKER_HOST
fi
`;

/** Of a destroy, which runs no program that could refuse it. */
const REFUSE_CONTEXT = `[ -z "\${DOCKER_CONTEXT:-}" ] || {
    echo "DOCKER_CONTEXT is '$DOCKER_CONTEXT' beside docker:host, and the Docker provider follows it instead: unset it" >&2
    exit 1
}
`;

/** @throws pulumi.RunError for what leads the provider to an engine that the docker command cannot reach */
function cliDaemon(resource: pulumi.Resource | undefined): pulumi.Output<Daemon> {
    const provider = providerOf(resource);
    if (provider) {
        return pulumi.output(provider).apply((daemon) => {
            refuseUnreachable(daemon, "docker.Provider: ");
            return daemon;
        });
    }
    const daemon = stackSettings();
    refuseUnreachable(daemon, "docker:");
    return pulumi.output(daemon);
}

function daemonOf(resource: pulumi.Resource | undefined): pulumi.Output<Daemon> {
    return pulumi.output(providerOf(resource) ?? stackSettings());
}

const SETTINGS = ["host", "context", "certPath", "certMaterial", "sshOpts"] as const;

function providerOf(resource: pulumi.Resource | undefined): pulumi.Input<Daemon> | undefined {
    const provider = resource?.getProvider("docker:index:Container");
    if (!docker.Provider.isInstance(provider)) return undefined;
    // Its type lacks the properties that are no strings.
    const properties = provider as unknown as Record<string, pulumi.Input<string | undefined>>;
    return pulumi
        .all(SETTINGS.map((key) => pulumi.output(properties[key])))
        .apply((values) => withoutEmpty(SETTINGS.map((key, i) => [key, values[i]])));
}

function stackSettings(): Daemon {
    const settings = new pulumi.Config("docker");
    return withoutEmpty(SETTINGS.map((key) => [key, settings.get(key)]));
}

/** Lists come as JSON. */
function withoutEmpty(entries: [string, string | undefined][]): Daemon {
    return Object.fromEntries(
        entries.filter(([, value]) => value !== undefined && !["", "[]"].includes(value)),
    );
}

function refuseUnreachable(daemon: Daemon, prefix: string): void {
    const reason = unreachable(daemon, process.env);
    if (reason !== undefined) throw new pulumi.RunError(`${prefix}${reason}`);
}

/** Why the docker command cannot reach the engine that a provider with these settings reaches in this environment. */
export function unreachable(
    { host, context, sshOpts, certMaterial }: Daemon,
    env: NodeJS.ProcessEnv,
): string | undefined {
    const { DOCKER_CONTEXT = "", DOCKER_HOST = "", DOCKER_SSH_OPTS = "", DOCKER_CERT_MATERIAL = "" } = env;
    if (host !== undefined && context === undefined && DOCKER_CONTEXT !== "")
        return `host: it is "${host}", and DOCKER_CONTEXT is "${DOCKER_CONTEXT}", which the Docker provider follows instead; unset DOCKER_CONTEXT`;
    const isContext = context !== undefined || DOCKER_CONTEXT !== "";
    const address = host ?? DOCKER_HOST;
    if ((isContext || address.startsWith("ssh:")) && (sshOpts !== undefined || DOCKER_SSH_OPTS !== ""))
        return "sshOpts: neither they nor DOCKER_SSH_OPTS reach the docker command; put the options into ~/.ssh/config, which both follow";
    const usesTls = isContext || /^(tcp|https?):/.test(address);
    if (usesTls && (certMaterial !== undefined || DOCKER_CERT_MATERIAL !== ""))
        return "certMaterial: the docker command takes certificates from files; set certPath in place of certMaterial, keyMaterial and caMaterial, and unset DOCKER_CERT_MATERIAL";
    return undefined;
}

/** A context wins over a host, as in the provider. */
function daemonOptions({ host, context, certPath }: Daemon): string[] {
    if (context !== undefined) return ["--context", context];
    if (host === undefined) return [];
    if (certPath === undefined) return ["--host", host];
    const files = { "--tlscacert": "ca.pem", "--tlscert": "cert.pem", "--tlskey": "key.pem" };
    const certificates = Object.entries(files).flatMap(([option, file]) => [option, join(certPath, file)]);
    return ["--host", host, "--tlsverify", ...certificates];
}
