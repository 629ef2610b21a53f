import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { outputValue } from "../shared/output-value.ts";
import { readScriptBody, shellQuote } from "../shared/scripts.ts";
import { refuse } from "../shared/validation.ts";

/** Configuration of a Docker provider that selects its Docker Engine. Without any, the environment selects it. */
export interface Daemon {
    host?: string;
    context?: string;
    /** Directory with ca.pem, cert.pem and key.pem. */
    certPath?: string;
    certMaterial?: string;
    /** JSON list. */
    sshOpts?: string;
}

/**
 * Options of the docker command that select the Docker Engine of the resource's provider, or of the stack's `docker:`
 * configuration if the resource has no provider of its own. Only for a task's fingerprint: scripts use the
 * environment variables of `dockerScript` instead.
 */
export function dockerOptions(resource: pulumi.Resource | undefined): pulumi.Output<string[]> {
    return requireReachableDaemon(resource).apply(daemonOptions);
}

function daemonSetup(daemon: Daemon): string {
    const variables = Object.entries(daemonEnvironment(daemon));
    return [...variables.map(([name, value]) => `${name}=${shellQuote(value)}\n`), prelude()].join("");
}

/** A script that runs the docker command on a Docker Engine, for use outside of a Pulumi program. */
export function daemonScript(daemon: Daemon, ...args: string[]): string {
    return `${daemonSetup(daemon)}docker ${args.map(shellQuote).join(" ")}\n`;
}

/**
 * Inputs of a `command.local.Command` that runs a shell script in which `docker` reaches the Docker Engine of the
 * resource's provider. Passes the script on standard input and its data in the environment, because a failed Command
 * prints its command line. The caller adds `create: "sh"` or `delete: "sh"`.
 */
export function dockerScript(
    resource: pulumi.Resource | undefined,
    script: string,
    environment: Record<string, pulumi.Input<string>>,
) {
    return {
        stdin: `${prelude()}${script}`,
        environment: dockerEnvironment(resource).apply((daemon) => ({ ...environment, ...daemon })),
    };
}

/** Like `dockerScript`, for a script with some secret variables: the others stay readable in previews and in the state. */
export function partlySecretDockerScript(
    resource: pulumi.Resource | undefined,
    script: string,
    environment: Record<string, pulumi.Input<string>>,
) {
    const daemon = dockerEnvironment(resource);
    const daemonVariables = Object.fromEntries(
        DAEMON_VARIABLES.map((name) => [name, daemon.apply((all) => all[name])]),
    ) as Record<string, pulumi.Output<string>>;
    return { stdin: `${prelude()}${script}`, environment: { ...environment, ...daemonVariables } };
}

/** Environment variables that tell docker-command.sh which Docker Engine the resource's provider uses. */
function dockerEnvironment(resource: pulumi.Resource | undefined): pulumi.Output<Record<string, string>> {
    return requireReachableDaemon(resource).apply(daemonEnvironment);
}

/** The variables of `dockerEnvironment`. */
export const DAEMON_VARIABLES = [
    "DRYDOCK_DOCKER_CONTEXT",
    "DRYDOCK_DOCKER_HOST",
    "DRYDOCK_DOCKER_CERT_PATH",
] as const;

function daemonEnvironment({ host, context, certPath }: Daemon): Record<string, string> {
    if (context !== undefined) return { DRYDOCK_DOCKER_CONTEXT: context };
    return {
        ...(host !== undefined && { DRYDOCK_DOCKER_HOST: host }),
        ...(host !== undefined && certPath !== undefined && { DRYDOCK_DOCKER_CERT_PATH: certPath }),
    };
}

function prelude(): string {
    return readScriptBody(import.meta.dirname, "docker-command.sh");
}

/** Runs the docker command and resolves with its standard output; for `logs`, with both streams. */
export type DockerClient = (...args: string[]) => Promise<string>;

/** Runs the docker command on the Docker Engine of the resource's provider. */
export function createDockerClient(resource: pulumi.Resource | undefined): DockerClient {
    const environment = resolveDockerEnvironment(resource);
    return async (...args) => runDocker(await environment, args);
}

/** Rejects, and does not throw, if the docker command cannot reach the Docker Engine. */
async function resolveDockerEnvironment(
    resource: pulumi.Resource | undefined,
): Promise<Record<string, string>> {
    return outputValue(dockerEnvironment(resource));
}

/** The lines of a command's output that are not blank. */
export function outputLines(output: string): string[] {
    return output.split("\n").filter((line) => line.trim() !== "");
}

/** Runs a shell script in a hook. In it, `docker` reaches the Docker Engine of the resource's provider. */
export async function runDockerScript(
    resource: pulumi.Resource | undefined,
    script: string,
    environment: Record<string, string>,
): Promise<void> {
    const daemon = await resolveDockerEnvironment(resource);
    const run = promisify(execFile)("sh", ["-c", `${prelude()}${script}`], {
        env: { ...process.env, ...environment, ...daemon },
    });
    // The message of Node's error repeats the whole script.
    const problem = await run.then(
        () => undefined,
        (error: unknown) => {
            const { stderr = "" } = error as { stderr?: string };
            return stderr.trim() === "" ? "a docker command failed" : stderr.trim();
        },
    );
    if (problem !== undefined) throw new Error(problem);
}

/** Like `runDockerScript`, with arguments. Calls `onLine` for each line of output. */
export async function streamDockerScript(
    resource: pulumi.Resource | undefined,
    script: string,
    args: string[],
    environment: Record<string, string>,
    onLine: (line: string) => void,
): Promise<void> {
    const daemon = await resolveDockerEnvironment(resource);
    const child = spawn("sh", ["-c", `${prelude()}${script}`, "sh", ...args], {
        env: { ...process.env, ...environment, ...daemon },
        stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error("a docker command failed");
}

async function runDocker(
    environment: Record<string, string>,
    args: string[],
    timeout?: number,
): Promise<string> {
    try {
        const { stdout, stderr } = await promisify(execFile)(
            "sh",
            ["-c", `${prelude()}exec docker "$@"`, "docker", ...args],
            { env: { ...process.env, ...environment }, maxBuffer: 2 ** 28, timeout },
        );
        return args[0] === "logs" ? stdout + stderr : stdout;
    } catch (error) {
        // The message of Node's error repeats the whole script.
        const { stdout, stderr = "" } = error as { stdout?: string; stderr?: string };
        const message = stderr.trim() || `docker ${args.join(" ")} failed`;
        throw Object.assign(new Error(message), { stdout, stderr });
    }
}

/**
 * The provider builds images on its host and ignores its context there (pulumi/pulumi-docker, image.go).
 *
 * @throws pulumi.InputPropertyError if the provider would run the container on another Docker Engine
 */
export function refuseContextForBuilds(resource: pulumi.Resource | undefined): void {
    const { DOCKER_CONTEXT = "" } = process.env;
    const { context = DOCKER_CONTEXT } = providerOf(resource) ? {} : stackConfig();
    if (context !== "")
        refuse(
            "build",
            `the Docker provider uses the context "${context}" to run containers, but not to build images; set docker:host to its address instead (docker context inspect ${context})`,
        );
}

/** Host name of the machine that runs the Docker Engine of the resource's provider, as seen from this machine. */
export function engineHost(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return daemonOf(resource).apply(({ host = "" }) => {
        const name = URL.canParse(host) && !host.startsWith("unix:") ? new URL(host).hostname : "";
        return name === "" ? "localhost" : name;
    });
}

/**
 * Platform of the Docker Engine of the resource's provider, for example `linux/arm64`. Undefined if the engine does not
 * answer, which the provider reports.
 */
export function enginePlatform(resource: pulumi.Resource | undefined): pulumi.Output<string | undefined> {
    return dockerEnvironment(resource).apply((environment) => {
        const engine = JSON.stringify(environment);
        const known = platforms.get(engine);
        if (known) return known;
        const platform = runDocker(
            environment,
            ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"],
            30_000,
        ).then(
            (platform) => platform.trim(),
            () => {
                // It may answer in the next update of this process.
                platforms.delete(engine);
                return undefined;
            },
        );
        platforms.set(engine, platform);
        return platform;
    });
}

/** By the environment that selects an engine: a program with several images asks each engine once. */
const platforms = new Map<string, Promise<string | undefined>>();

/** @throws pulumi.RunError if the docker command cannot reach the Docker Engine that the provider uses */
function requireReachableDaemon(resource: pulumi.Resource | undefined): pulumi.Output<Daemon> {
    const provider = providerOf(resource);
    if (provider) {
        return pulumi.output(provider).apply((daemon) => {
            refuseUnreachable(daemon, "docker.Provider: ");
            return daemon;
        });
    }
    const daemon = stackConfig();
    refuseUnreachable(daemon, "docker:");
    return pulumi.output(daemon);
}

function daemonOf(resource: pulumi.Resource | undefined): pulumi.Output<Daemon> {
    return pulumi.output(providerOf(resource) ?? stackConfig());
}

/** ssh options that only share a connection, as the `drydock` command sets them. */
const SHARING_OPTIONS = /^(-o Control(Master|Path|Persist)=\S+ ?)*$/;

const DAEMON_PROPERTIES = ["host", "context", "certPath", "certMaterial", "sshOpts"] as const;

function providerOf(resource: pulumi.Resource | undefined): pulumi.Input<Daemon> | undefined {
    const provider = resource?.getProvider("docker:index:Container");
    if (!docker.Provider.isInstance(provider)) return undefined;
    // The SDK declares only properties that are strings.
    const properties = provider as unknown as Record<string, pulumi.Input<string | undefined>>;
    return pulumi
        .all(DAEMON_PROPERTIES.map((key) => pulumi.output(properties[key])))
        .apply((values) => withoutEmpty(DAEMON_PROPERTIES.map((key, i) => [key, values[i]])));
}

function stackConfig(): Daemon {
    const config = new pulumi.Config("docker");
    return withoutEmpty(DAEMON_PROPERTIES.map((key) => [key, config.get(key)]));
}

/** The provider stores an empty list as `[]`. */
function withoutEmpty(entries: [string, string | undefined][]): Daemon {
    return Object.fromEntries(
        entries.filter(([, value]) => value !== undefined && !["", "[]"].includes(value)),
    );
}

function refuseUnreachable(daemon: Daemon, prefix: string): void {
    const reason = unreachableReason(daemon, process.env);
    if (reason !== undefined) throw new pulumi.RunError(`${prefix}${reason}`);
}

/** Returns why the docker command cannot reach the Docker Engine of a provider with this configuration, if it cannot. */
export function unreachableReason(
    { host, context, sshOpts, certMaterial }: Daemon,
    env: NodeJS.ProcessEnv,
): string | undefined {
    const { DOCKER_CONTEXT = "", DOCKER_HOST = "", DOCKER_SSH_OPTS = "", DOCKER_CERT_MATERIAL = "" } = env;
    if (host !== undefined && context === undefined && DOCKER_CONTEXT !== "")
        return `host: is "${host}", but the Docker provider uses DOCKER_CONTEXT ("${DOCKER_CONTEXT}") instead; unset DOCKER_CONTEXT`;
    const hasContext = context !== undefined || DOCKER_CONTEXT !== "";
    const address = host ?? DOCKER_HOST;
    if (
        (hasContext || address.startsWith("ssh:")) &&
        (sshOpts !== undefined || !SHARING_OPTIONS.test(DOCKER_SSH_OPTS))
    )
        return "sshOpts: the docker command uses neither sshOpts nor DOCKER_SSH_OPTS; put the options into ~/.ssh/config";
    const usesTls = hasContext || /^(tcp|https?):/.test(address);
    if (usesTls && (certMaterial !== undefined || DOCKER_CERT_MATERIAL !== ""))
        return "certMaterial: the docker command reads certificates from files only; set certPath instead of certMaterial, keyMaterial and caMaterial, and unset DOCKER_CERT_MATERIAL";
    return undefined;
}

/** A context takes precedence over a host, as in the provider. */
function daemonOptions({ host, context, certPath }: Daemon): string[] {
    if (context !== undefined) return ["--context", context];
    if (host === undefined) return [];
    if (certPath === undefined) return ["--host", host];
    const files = { "--tlscacert": "ca.pem", "--tlscert": "cert.pem", "--tlskey": "key.pem" };
    const certificates = Object.entries(files).flatMap(([option, file]) => [option, join(certPath, file)]);
    return ["--host", host, "--tlsverify", ...certificates];
}
