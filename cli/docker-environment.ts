/** The Docker Engines that a stack uses, each as the environment variables with which the docker command reaches it. */
import { execFile, execFileSync, spawnSync, type StdioOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CommandError } from "./exit-codes.ts";
import type { Resource } from "./state.ts";

export type Environment = Record<string, string | undefined>;

/**
 * The Docker Engine of each provider in the state. The configuration of the default provider may have been corrected
 * since, so it comes from the stack's configuration.
 *
 * @param config the stack's configuration of the Docker provider
 */
export function enginesOf(resources: Resource[], config: () => Record<string, unknown>): Environment[] {
    const nonEmpty = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
    const providers = resources.filter(({ type }) => type === "pulumi:providers:docker");
    const explicit = providers.filter(({ urn = "" }) => !urn.includes("::default_"));
    const usesDefault = explicit.length < providers.length || providers.length === 0;
    const configurations = [...(usesDefault ? [config()] : []), ...explicit.map(({ inputs = {} }) => inputs)];
    return distinct(
        configurations.map(({ host, context, certPath }) => ({
            ...(nonEmpty(host) && { DOCKER_HOST: nonEmpty(host) }),
            ...(nonEmpty(context) && { DOCKER_CONTEXT: nonEmpty(context) }),
            ...(nonEmpty(certPath) && { DOCKER_CERT_PATH: nonEmpty(certPath), DOCKER_TLS_VERIFY: "1" }),
        })),
    );
}

/** The engines in a state. After an update these are the ones that the update used. */
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

/** Each engine once, even if several providers reach it the same way. */
export function distinct(engines: Environment[]): Environment[] {
    return [...new Map(engines.map((env) => [JSON.stringify(env), env])).values()];
}

/** In bytes. `docker inspect` prints some 10 KB a container. */
const MAX_OUTPUT = 64 * 1024 ** 2;

/** Runs the docker command and returns its output. */
export function docker(env: Environment, ...args: string[]): string {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    const options = { encoding: "utf8", env: dockerEnvironment(env), maxBuffer: MAX_OUTPUT, stdio } as const;
    return execFileSync("docker", args, options);
}

/** Like `docker`, so that several can run at a time. */
export async function dockerAsync(env: Environment, ...args: string[]): Promise<string> {
    const options = { env: dockerEnvironment(env), maxBuffer: MAX_OUTPUT };
    const { stdout } = await promisify(execFile)("docker", args, options);
    return stdout;
}

/** The last lines of a container's log, with both of its streams in order. */
export function dockerLogs(env: Environment, id: string, lines: number): string {
    const script = 'exec docker logs --tail "$1" "$2" 2>&1';
    const options = { encoding: "utf8", env: dockerEnvironment(env), maxBuffer: MAX_OUTPUT } as const;
    return spawnSync("sh", ["-c", script, "sh", String(lines), id], options).stdout;
}

/** The Docker provider ignores `docker context use` (components/engines/docker-command.ts follows the same rule). */
export function dockerEnvironment(given: Environment): Environment {
    const env: Environment = { ...process.env, ...given };
    // The docker command would prefer DOCKER_HOST.
    if (given.DOCKER_CONTEXT || (!given.DOCKER_HOST && env.DOCKER_CONTEXT))
        return { ...env, DOCKER_HOST: "" };
    if (env.DOCKER_HOST) return env;
    const socket = ["/var/run/docker.sock", ...DESKTOP_SOCKETS].find((path) => existsSync(path));
    if (socket === undefined || !DESKTOP_SOCKETS.includes(socket))
        return { ...env, DOCKER_CONTEXT: "default" };
    return { ...env, DOCKER_HOST: `unix://${socket}` };
}

/** Where the provider looks for Docker Desktop. */
const DESKTOP_SOCKETS = ["run", "desktop"].map((directory) =>
    join(homedir(), ".docker", directory, "docker.sock"),
);

export interface EngineInfo {
    id: string;
    /** Whether it is a manager of a Swarm. */
    isManager: boolean;
}

const infos = new Map<string, Promise<EngineInfo>>();

/**
 * Asks each engine once.
 *
 * @throws CommandError if it does not answer
 */
export function engineInfo(env: Environment): Promise<EngineInfo> {
    // The engine also depends on variables of this process, such as DOCKER_HOST.
    const key = JSON.stringify(dockerEnvironment(env));
    const info = infos.get(key) ?? requestInfo(env);
    infos.set(key, info);
    // Ask again next time: it may have been started.
    info.catch(() => infos.delete(key));
    return info;
}

async function requestInfo(env: Environment): Promise<EngineInfo> {
    try {
        const output = await dockerAsync(env, "info", "--format", "{{.ID}} {{.Swarm.ControlAvailable}}");
        const [id = "", isManager] = output.trim().split(" ");
        return { id, isManager: isManager === "true" };
    } catch (error) {
        const remedy = env.DOCKER_HOST?.includes(".drydock/swarm/")
            ? "The local cluster is not running. Start it with `drydock cluster up`."
            : "Check docker:host in the stack's configuration, and that the machine is running.";
        const reason = stderrOf(error).split("\n").at(-1) ?? "";
        throw new CommandError(
            reason === "" ? `The docker command cannot be run: ${(error as Error).message}` : reason,
            remedy,
        );
    }
}

/** The standard error of a command that failed. */
export function stderrOf(error: unknown): string {
    const { stderr = "" } = error as { stderr?: string };
    return stderr.trim();
}
