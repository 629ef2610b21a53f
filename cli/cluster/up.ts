/** Starts the local cluster. Keeps what is running, and creates or starts the rest. */
import { join } from "node:path";
import { CommandError, UsageError } from "../exit-codes.ts";
import { isPortUsed } from "../ports.ts";
import { findProject, messageOf } from "../project.ts";
import { provideDocker } from "../setup/docker.ts";
import {
    APPLICATION_PORT,
    type Cluster,
    containerName,
    labelsOf,
    nodeHost,
    nodeName,
    NODES,
    openCluster,
    refuseForeignContainers,
    refuseMoved,
    rememberName,
    socketDirectory,
} from "./cluster.ts";
import { boundPort, findContainer, proxyVariables, publishedPort, remedyFor } from "./docker.ts";
import { BASE_IMAGE, buildNodeImage, provideImage, REGISTRY_IMAGE } from "./images.ts";
import { interruptible } from "./interrupt.ts";
import { joinNodes } from "./members.ts";
import { pushToMirror, removeNames } from "./mirror.ts";
import { addressIn, provideNetwork } from "./network.ts";
import { startNode } from "./node.ts";
import { LOGIN, REGISTRY_PORT, runRegistries } from "./registries.ts";
import { configureStack } from "./stack.ts";
import { type Report, step } from "../step.ts";

export interface UpOptions {
    name?: string;
    /** Undefined for that of the existing cluster, or the default. */
    port?: number;
}

const DEFAULT_PORT = 8080;

/** Maximum length of a socket's path on Linux, in bytes. */
const SOCKET_PATH_LIMIT = 107;

/** Default images of the components, and the base of the nodes. Without the mirror, each node would pull them. */
const MIRRORED = ["postgres:17", "redis:8", "caddy:2", BASE_IMAGE, "docker:28-cli"];

export async function startCluster({ name, port }: UpOptions): Promise<void> {
    refuseOtherSystems(process.platform);
    const project = findProject();
    await provideDocker({}, false);
    const cluster = await openCluster(project, name);
    refuseRemoteEngine(cluster.host);
    await refuseMoved(cluster);
    await refuseForeignContainers(cluster);
    refuseLongPath(cluster);
    await refuseUsedPort(cluster, port);
    rememberName(cluster);
    await interruptible(
        `The start of ${cluster.name}`,
        "Run `drydock cluster up` again to finish it, or `drydock cluster down` to remove it.",
        () => runCluster(cluster, port ?? DEFAULT_PORT).catch(explain),
        () => removeMirrorNames(cluster),
    );
    await report(cluster);
}

export function refuseOtherSystems(platform: NodeJS.Platform): void {
    if (platform === "linux") return;
    throw new CommandError(
        "The local cluster needs Linux: its nodes share the kernel and the sockets of the machine",
        "Run this in a virtual machine with Linux and Docker Engine, or create a Swarm of your own machines.",
    );
}

/** The sockets of the nodes are files on the machine of the Docker Engine. */
function refuseRemoteEngine(host: string): void {
    if (host.startsWith("unix://")) return;
    throw new CommandError(
        `The local cluster needs the Docker Engine of this machine, but ${host} is another one`,
        "Unset DOCKER_HOST and DOCKER_CONTEXT.",
    );
}

function refuseLongPath(cluster: Cluster): void {
    const paths = NODES.map((node) => join(socketDirectory(cluster, node), "docker.sock"));
    const tooLong = paths.find((path) => Buffer.byteLength(path) > SOCKET_PATH_LIMIT);
    if (tooLong === undefined) return;
    throw new CommandError(
        `${tooLong}, the path of a node's socket, is longer than ${SOCKET_PATH_LIMIT} bytes, the limit of Linux`,
        "Move the project to a directory with a shorter path.",
    );
}

async function refuseUsedPort(cluster: Cluster, port: number | undefined): Promise<void> {
    const node = await findContainer(cluster.docker, containerName(cluster, 1));
    const bound = node && boundPort(node, APPLICATION_PORT);
    if (bound === undefined) {
        const wanted = port ?? DEFAULT_PORT;
        if (!(await isPortUsed(wanted))) return;
        throw new UsageError(
            `Port ${wanted} of this machine, on which the application is published, is in use`,
            "Choose another: --port 8090, or SWARM_PORT=8090.",
        );
    }
    const change = (to: number) =>
        `remove the cluster and choose another port: \`drydock cluster down\`, \`drydock cluster up --port ${to}\`.`;
    if (port !== undefined && port !== bound)
        throw new UsageError(
            `The local cluster publishes the application on port ${bound}, not ${port}`,
            `Leave out --port and SWARM_PORT, or ${change(port)}`,
        );
    if (node?.State.Running || !(await isPortUsed(bound))) return;
    throw new CommandError(
        `Port ${bound} of this machine, on which the application is published, is in use`,
        `Stop the program that uses port ${bound}, or ${change(8090)}`,
    );
}

/** Adds a message and a remedy to errors that have none. */
function explain(error: unknown): never {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`The local cluster does not start: ${messageOf(error)}`, remedyFor(error));
}

async function runCluster(cluster: Cluster, port: number): Promise<void> {
    const { docker } = cluster;
    for (const image of [REGISTRY_IMAGE, ...MIRRORED]) await provideImage(docker, image);
    const subnet = await provideNetwork(cluster);
    await runRegistries(cluster, (number) => addressIn(subnet, number));
    await startNodes(cluster, port, subnet);
    await joinNodes(cluster, (node) => nodeAddress(subnet, node));
}

function nodeAddress(subnet: string, node: number): string {
    return addressIn(subnet, 10 + node);
}

/** Starts the nodes and fills the mirror, at the same time. */
async function startNodes(cluster: Cluster, port: number, subnet: string): Promise<void> {
    const { docker } = cluster;
    const found = await Promise.all(NODES.map((node) => findContainer(docker, containerName(cluster, node))));
    const isNew = found.includes(undefined);
    if (isNew) await buildNodeImage(docker);
    const nameServers = isNew ? await containerNameServers(cluster) : [];
    const mirror = await mirrorAddress(cluster);
    const start = (node: number) =>
        startNode(docker, {
            name: containerName(cluster, node),
            hostname: nodeName(node),
            directory: socketDirectory(cluster, node),
            labels: labelsOf(cluster),
            network: { name: cluster.name, address: nodeAddress(subnet, node) },
            // What the application publishes is reachable on every node, and on this machine through the first one.
            ...(node === 1 && { publish: { port, to: APPLICATION_PORT } }),
            env: nodeProxies(subnet),
            engineOptions: [
                ...nameServers.flatMap((server) => ["--dns", server]),
                `--registry-mirror=http://mirror:${REGISTRY_PORT}`,
                `--insecure-registry=mirror:${REGISTRY_PORT}`,
                `--insecure-registry=registry:${REGISTRY_PORT}`,
            ],
        });
    const work = async (report: Report) => {
        await Promise.all([
            ...NODES.map(start),
            ...MIRRORED.map((image) => pushToMirror(docker, mirror, image, report)),
        ]);
    };
    await step(`Starting three nodes, and pushing ${MIRRORED.join(" ")} to the mirror`, work);
}

/** Proxies for the nodes, which use them only for hosts outside the cluster. */
function nodeProxies(subnet: string, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
    const { no_proxy: exceptions, ...proxies } = proxyVariables(
        ["http_proxy", "https_proxy", "no_proxy"],
        env,
    );
    const own = ["registry", "mirror", subnet].join(",");
    return { ...proxies, no_proxy: exceptions === undefined ? own : `${exceptions},${own}` };
}

/**
 * The name servers of this machine's containers, for containers and builds on the nodes: those cannot reach the name server
 * that the nodes themselves use.
 */
async function containerNameServers(cluster: Cluster): Promise<string[]> {
    const { docker } = cluster;
    const name = containerName(cluster, "name-servers");
    await docker
        .getContainer(name)
        .remove({ force: true })
        .catch(() => undefined); // Left by a killed run.
    const container = await docker.createContainer({
        name,
        Image: BASE_IMAGE,
        Labels: labelsOf(cluster),
        Cmd: ["cat", "/etc/resolv.conf"],
        Tty: true,
    });
    try {
        await container.start();
        await container.wait();
        return parseNameServers((await container.logs({ stdout: true })).toString());
    } finally {
        await container.remove({ force: true });
    }
}

function parseNameServers(resolvConf: string): string[] {
    return [...resolvConf.matchAll(/^nameserver\s+(\S+)/gm)].map(([, address = ""]) => address);
}

async function mirrorAddress(cluster: Cluster): Promise<string> {
    const container = await findContainer(cluster.docker, containerName(cluster, "mirror"));
    return `127.0.0.1:${container ? publishedPort(container, REGISTRY_PORT) : ""}`;
}

export async function removeMirrorNames(cluster: Cluster): Promise<void> {
    const mirror = await mirrorAddress(cluster);
    if (!mirror.endsWith(":")) await removeNames(cluster.docker, `${mirror}/`);
}

async function report(cluster: Cluster): Promise<void> {
    const { docker, name } = cluster;
    const next = configureStack(cluster);
    const containers = await Promise.all(
        NODES.map((node) => findContainer(docker, containerName(cluster, node))),
    );
    const nodes = containers.flatMap((container, i) => {
        const node = NODES[i] ?? 0;
        const address = container?.NetworkSettings.Networks[name]?.IPAddress ?? "";
        return `  ${nodeName(node)}  ${address.padEnd(15)}  ${nodeHost(cluster, node)}`;
    });
    const [first] = containers;
    const port = first ? publishedPort(first, APPLICATION_PORT) : "";
    const text = `
The local cluster ${name} is running: a Swarm of three managers, each in a container.

${nodes.join("\n")}

  registry:${REGISTRY_PORT}  registry for the nodes: user ${LOGIN.username}, password ${LOGIN.password}
  mirror:${REGISTRY_PORT}    mirror with ${MIRRORED.join(" ")}

  http://localhost:${port}  port ${APPLICATION_PORT} of node-1

This cluster is for development: if this machine fails, all nodes do. For real machines, create
a Swarm with \`docker swarm init\`, and set docker:host of a stack to one of its managers.

Next: ${next}. Remove the cluster with \`drydock cluster down\`.
`;
    process.stdout.write(text);
}
