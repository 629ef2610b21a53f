/** Connects to the Docker Engines of a stack, with dockerode. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Agent } from "node:http";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import type Docker from "dockerode";
import { CommandError } from "./exit-codes.ts";
import { messageOf, type Stack } from "./project.ts";
import { dockerEnvironment, enginesOf, type Environment } from "./docker-environment.ts";
import type { Resource } from "./state.ts";
import { dockerRemedy } from "./setup/docker.ts";
import { SshAgent } from "./ssh.ts";
import { within } from "./timeout.ts";

/** A Docker Engine that answers. */
export interface Engine {
    docker: Docker;
    /** For example `unix:///var/run/docker.sock` or `ssh://deploy@one`. */
    address: string;
    /** Environment variables with which the docker command reaches it. */
    env: Environment;
    version: string;
    /** ID of its Swarm node. Empty if it is in no Swarm. */
    nodeId: string;
    /** Whether it manages a Swarm. */
    isManager: boolean;
}

/** Where a Docker Engine listens. */
interface Endpoint {
    address: string;
    /** Directory with ca.pem, cert.pem and key.pem. Undefined without TLS. */
    certPath?: string;
}

/** How long an engine may take to answer, in seconds. Longer than ssh waits for a connection. */
const ANSWER_TIMEOUT = 20;

const DEFAULT_ADDRESS = "unix:///var/run/docker.sock";

/** The Docker Engines that the providers of a stack use. */
export function engineEnvironments(stack: Stack, resources: Resource[]): Environment[] {
    return enginesOf(resources, () =>
        Object.fromEntries(
            ["host", "context", "certPath"].map((key) => [key, stack.config(`docker:${key}`)]),
        ),
    );
}

export async function openEngines(stack: Stack, resources: Resource[]): Promise<Engine[]> {
    const environments = engineEnvironments(stack, resources);
    return Promise.all(environments.map((env) => openEngine(env, stack.project.directory, stack.option)));
}

/** The engine that has the container or the service, or, if none has it, the first one. */
export async function engineOf(
    { id, isService }: { id: string; isService: boolean },
    engines: Engine[],
): Promise<Engine> {
    const [first, ...others] = engines;
    if (!first) throw new CommandError("The stack uses no Docker Engine");
    if (others.length === 0) return first;
    const has = await Promise.all(
        engines.map(({ docker }) =>
            (isService ? docker.getService(id).inspect() : docker.getContainer(id).inspect()).then(
                () => true,
                () => false,
            ),
        ),
    );
    return engines[has.indexOf(true)] ?? first;
}

/**
 * Connects to a Docker Engine, and checks that it answers.
 *
 * @param directory that a relative path of a socket is relative to: Pulumi runs there
 * @param option see `Stack`
 */
export async function openEngine(env: Environment, directory: string, option = ""): Promise<Engine> {
    const endpoint = await endpointOf(dockerEnvironment(env));
    try {
        const docker = await connect(endpoint, directory);
        const info = (await within(ANSWER_TIMEOUT, docker.info())) as {
            ServerVersion: string;
            Swarm?: { NodeID?: string; ControlAvailable?: boolean };
        };
        return {
            docker,
            address: endpoint.address,
            env,
            version: info.ServerVersion,
            nodeId: info.Swarm?.NodeID ?? "",
            isManager: info.Swarm?.ControlAvailable ?? false,
        };
    } catch (error) {
        if (error instanceof CommandError) throw error;
        throw new CommandError(
            `The Docker Engine at ${endpoint.address} does not answer: ${messageOf(error)}`,
            remedyFor(endpoint.address, error, option),
        );
    }
}

/** A client of a Docker Engine, which need not answer. */
export async function connect(endpoint: Endpoint, directory: string): Promise<Docker> {
    const { default: Dockerode } = await import("dockerode");
    return new Dockerode(clientOptions(endpoint, directory));
}

function remedyFor(address: string, error: unknown, option: string): string {
    const { code } = error as NodeJS.ErrnoException;
    if (address.includes(".drydock/swarm/"))
        return "The local cluster is not running. Start it with `drydock cluster up`.";
    if (address.startsWith("ssh:"))
        return `Check docker:host in the stack's configuration, and that \`ssh ${address} docker version\` works.`;
    if (code === "EACCES")
        return "Your user has no permission to use Docker. Add it to the group docker, `sudo usermod -aG docker $USER`, and log in again.";
    if (address === DEFAULT_ADDRESS) return dockerRemedy(option);
    return "Check docker:host in the stack's configuration, or DOCKER_HOST, and that the machine is running.";
}

/** The endpoint that the docker command would connect to. */
async function endpointOf({ DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY }: Environment) {
    if (DOCKER_HOST) {
        const usesTls = Boolean(DOCKER_TLS_VERIFY) || DOCKER_HOST.startsWith("https:");
        return { address: DOCKER_HOST, ...(usesTls && DOCKER_CERT_PATH && { certPath: DOCKER_CERT_PATH }) };
    }
    if (!DOCKER_CONTEXT || DOCKER_CONTEXT === "default") return { address: DEFAULT_ADDRESS };
    return inspectContext(DOCKER_CONTEXT);
}

async function inspectContext(name: string): Promise<Endpoint> {
    try {
        const { stdout } = await promisify(execFile)("docker", ["context", "inspect", name]);
        const [context] = JSON.parse(stdout) as {
            Endpoints: { docker?: { Host?: string } };
            TLSMaterial?: { docker?: string[] };
            Storage?: { TLSPath?: string };
        }[];
        const { Endpoints, TLSMaterial, Storage } = context ?? { Endpoints: {} };
        const certPath = TLSMaterial?.docker && join(Storage?.TLSPath ?? "", "docker");
        return { address: Endpoints.docker?.Host ?? DEFAULT_ADDRESS, ...(certPath && { certPath }) };
    } catch (error) {
        throw new CommandError(
            `The docker context ${name} cannot be read: ${messageOf(error)}`,
            "`docker context ls` lists the contexts; set docker:context or DOCKER_CONTEXT to one of them.",
        );
    }
}

/** The types of dockerode lack `agent`. */
type ClientOptions = Docker.DockerOptions & { agent?: Agent };

/** The kernel limits the length of a socket's path: macOS to this, Linux to 107. */
const MAX_SOCKET_PATH = 103;

/** A relative path may be shorter. */
function socketPath(directory: string, address: string): string {
    const path = resolve(directory, address.slice("unix://".length));
    const short = [path, relative(process.cwd(), path)].find(({ length }) => length <= MAX_SOCKET_PATH);
    if (short !== undefined) return short;
    throw new CommandError(
        `The path ${path} is too long for a socket`,
        "Run this in the directory of the project, or move it to a shorter path.",
    );
}

const ADDRESS_REMEDY =
    "Use an address such as unix:///var/run/docker.sock, ssh://user@host or tcp://host:2376.";

/** Options of dockerode. Sets all of them: dockerode would take missing ones from DOCKER_HOST. */
export function clientOptions({ address, certPath }: Endpoint, directory: string): ClientOptions {
    const none = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
    if (address.startsWith("unix://"))
        return { ...none, protocol: "http", socketPath: socketPath(directory, address) };
    if (!URL.canParse(address))
        throw new CommandError(`The Docker address ${address} is not a URL`, ADDRESS_REMEDY);
    const { protocol, hostname, port } = new URL(address);
    if (protocol === "ssh:")
        return { ...none, protocol: "http", host: "docker", agent: new SshAgent(address) };
    if (!["tcp:", "http:", "https:"].includes(protocol))
        throw new CommandError(
            `The Docker address ${address} has the unknown scheme ${protocol}`,
            ADDRESS_REMEDY,
        );
    const read = (file: string) => certPath && readFileSync(join(certPath, file), "utf8");
    return {
        protocol: certPath === undefined ? "http" : "https",
        host: hostname,
        port: port === "" ? (certPath === undefined ? 2375 : 2376) : port,
        ca: read("ca.pem"),
        cert: read("cert.pem"),
        key: read("key.pem"),
    };
}
