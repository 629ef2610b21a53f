/** The Docker Engines that a stack uses, by what the docker command reads. */
import { execFileSync, spawnSync, type StdioOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface Resource {
    type: string;
    urn?: string;
    id?: string;
    inputs?: Record<string, unknown>;
}

export type Environment = Record<string, string | undefined>;

/**
 * How to reach the Docker Engine of each provider. The state knows them, but for the default one, which the settings
 * tell: they may have been corrected since.
 *
 * @param settings the stack's settings of the Docker provider
 */
export function enginesOf(resources: Resource[], settings: () => Record<string, unknown>): Environment[] {
    const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
    const known = resources.filter(({ type }) => type === "pulumi:providers:docker");
    const own = known.filter(({ urn = "" }) => !urn.includes("::default_"));
    const isDefault = own.length < known.length || known.length === 0;
    const providers = [...(isDefault ? [settings()] : []), ...own.map(({ inputs = {} }) => inputs)];
    return distinct(
        providers.map(({ host, context, certPath }) => ({
            ...(text(host) && { DOCKER_HOST: text(host) }),
            ...(text(context) && { DOCKER_CONTEXT: text(context) }),
            ...(text(certPath) && { DOCKER_CERT_PATH: text(certPath), DOCKER_TLS_VERIFY: "1" }),
        })),
    );
}

/** The engines that a state names. After an update these are the ones that were used. */
export function enginesIn(resources: Resource[]): Environment[] {
    const isDefault = ({ type, urn = "" }: Resource) =>
        type === "pulumi:providers:docker" && urn.includes("::default_");
    return enginesOf(resources, () => resources.find(isDefault)?.inputs ?? {});
}

/** Whether an engine is on this machine. */
export function isLocal(env: Environment): boolean {
    const { DOCKER_HOST, DOCKER_CONTEXT } = dockerEnvironment(env);
    if (DOCKER_HOST) return DOCKER_HOST.startsWith("unix://");
    return !DOCKER_CONTEXT || DOCKER_CONTEXT === "default";
}

/** One engine, however many providers reach it the same way. */
export function distinct(engines: Environment[]): Environment[] {
    return [...new Map(engines.map((env) => [JSON.stringify(env), env])).values()];
}

/** Bytes. What docker inspect says of a container is some ten thousand. */
const MAX_OUTPUT = 64 * 1024 ** 2;

export function docker(env: Environment, ...args: string[]): string {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    const options = { encoding: "utf8", env: dockerEnvironment(env), maxBuffer: MAX_OUTPUT, stdio } as const;
    return execFileSync("docker", args, options);
}

/** The last lines of what a container wrote, to both of its streams in order. */
export function dockerLogs(env: Environment, id: string, lines: number): string {
    const script = 'exec docker logs --tail "$1" "$2" 2>&1';
    const options = { encoding: "utf8", env: dockerEnvironment(env), maxBuffer: MAX_OUTPUT } as const;
    return spawnSync("sh", ["-c", script, "sh", String(lines), id], options).stdout;
}

/** The Docker provider follows no context of `docker context use` (components/engines/cli.ts has the same rule). */
export function dockerEnvironment(given: Environment): Environment {
    const env: Environment = { ...process.env, ...given };
    // The docker command prefers a host.
    if (given.DOCKER_CONTEXT || (!given.DOCKER_HOST && env.DOCKER_CONTEXT))
        return { ...env, DOCKER_HOST: "" };
    if (env.DOCKER_HOST) return env;
    const socket = ["/var/run/docker.sock", ...DESKTOP_SOCKETS].find((path) => existsSync(path));
    if (socket === undefined || !DESKTOP_SOCKETS.includes(socket))
        return { ...env, DOCKER_CONTEXT: "default" };
    return { ...env, DOCKER_HOST: `unix://${socket}` };
}

/** Where the provider looks for Docker Desktop. */
const DESKTOP_SOCKETS = ["run", "desktop"].map((folder) => join(homedir(), ".docker", folder, "docker.sock"));

/** A part of what an engine tells of itself. Fails, with a sentence, where none answers. */
export function told(env: Environment, format: string): string {
    try {
        return docker(env, "info", "--format", format).trim();
    } catch (error) {
        const remedy =
            env.DOCKER_HOST === "unix://.drydock/swarm/docker.sock"
                ? "the rehearsal is not up: run `make swarm-up`"
                : "see that docker:host in the stack's settings is right, and the machine is up";
        console.error(`\n✗ ${saidBy(error).split("\n").at(-1) ?? ""}\n  ${remedy}.`);
        process.exit(1);
    }
}

export function saidBy(error: unknown): string {
    const { stderr = "" } = error as { stderr?: string };
    return stderr.trim();
}
