/** A node of a local cluster: a Docker Engine in a container, with its data on an anonymous volume. */
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { connect } from "../engine.ts";
import { CommandError } from "../exit-codes.ts";
import { within } from "../timeout.ts";
import { messageOf } from "../project.ts";
import { findContainer, logTail, remedyFor } from "./docker.ts";
import { NODE_IMAGE } from "./images.ts";

/** Directory of the Docker Engine's socket in a node's container. */
const SOCKET_DIRECTORY = "/run/node";

/** The privileges that Docker Engine needs. Not `Privileged`, which requires capabilities that some machines lack. */
const PRIVILEGES = {
    CapAdd: ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"],
    DeviceCgroupRules: ["a *:* rwm"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    MaskedPaths: [],
    ReadonlyPaths: [],
};

const REQUIREMENTS =
    "Nodes need a kernel with overlayfs, veth, bridge, vxlan and iptables that containers may use, and a Docker Engine that runs " +
    "directly on this machine: neither rootless nor in a virtual machine, as with Docker Desktop.";

/** How long an engine may take to answer, in seconds, and how often to try while it starts, twice a second. */
const ANSWER_TIMEOUT = 10;
const ATTEMPTS = 60;

export interface NodeOptions {
    /** Name of the container. */
    name: string;
    /** Directory of this machine for its socket, `docker.sock`. */
    directory: string;
    /** Default: the name. */
    hostname?: string;
    labels?: Record<string, string>;
    env?: Record<string, string>;
    /** Options of dockerd. */
    engineOptions?: string[];
    /** Network, and the node's address in it. */
    network?: { name: string; address: string };
    /** Port of this machine that forwards to a port of the node. */
    publish?: { port: number; to: number };
}

/** The Docker Engine of a node. */
export function connectNode(directory: string): Promise<Docker> {
    return connect({ address: `unix://${join(directory, "docker.sock")}` }, process.cwd());
}

/** Directory with the socket of an existing node. */
export function socketDirectoryOf({ Mounts }: Docker.ContainerInspectInfo): string | undefined {
    return Mounts.find(({ Destination }) => Destination === SOCKET_DIRECTORY)?.Source;
}

/** Creates a node, or starts an existing one, and waits until its Docker Engine answers. Needs the image of the nodes. */
export async function startNode(docker: Docker, options: NodeOptions): Promise<void> {
    const { name, directory } = options;
    mkdirSync(directory, { recursive: true });
    const node = await connectNode(directory);
    const container = docker.getContainer(name);
    try {
        const found = await findContainer(docker, name);
        if (found?.State.Running) {
            if (await isAnswering(node)) return;
            // If the socket's directory was removed, only a restart mounts it again.
            if (!existsSync(join(directory, "docker.sock"))) await container.restart();
        } else {
            if (!found) await createNode(docker, options);
            await container.start();
        }
    } catch (error) {
        throw new CommandError(`${name} does not start: ${messageOf(error)}`, remedyFor(error, REQUIREMENTS));
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await isAnswering(node)) return;
        if (!(await isRunning(docker, name))) break;
        await sleep(500);
    }
    const state = (await isRunning(docker, name))
        ? `is running, but does not answer at ${directory}/docker.sock`
        : "does not start";
    const log = (await logTail(docker, name)).map((line) => `\n    ${line}`).join("");
    throw new CommandError(`${name} ${state}. The end of its log:${log}`, remedyFor(log, REQUIREMENTS));
}

async function createNode(docker: Docker, options: NodeOptions): Promise<void> {
    const { name, directory, hostname = name, labels, env = {}, engineOptions, network, publish } = options;
    const variables = {
        DOCKER_ALLOW_IPV6_ON_IPV4_INTERFACE: "1",
        // The group of this user may use the socket.
        SOCKET_GROUP: String(process.getgid?.() ?? 0),
        ...env,
    };
    const port = publish && `${publish.to}/tcp`;
    await docker.createContainer({
        name,
        Image: NODE_IMAGE,
        Hostname: hostname,
        ...(labels && { Labels: labels }),
        ...(engineOptions && { Cmd: engineOptions }),
        Env: Object.entries(variables).map(([key, value]) => `${key}=${value}`),
        ...(port !== undefined && { ExposedPorts: { [port]: {} } }),
        HostConfig: {
            ...PRIVILEGES,
            Mounts: [
                { Type: "bind", Source: "/sys/fs/cgroup", Target: "/sys/fs/cgroup" },
                { Type: "bind", Source: realpathSync(directory), Target: SOCKET_DIRECTORY },
            ],
            ...(network && { NetworkMode: network.name }),
            ...(port !== undefined && {
                PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: String(publish?.port) }] },
            }),
        },
        ...(network && {
            NetworkingConfig: {
                EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.address } } },
            },
        }),
    });
}

async function isAnswering(node: Docker): Promise<boolean> {
    return within(ANSWER_TIMEOUT, node.ping()).then(
        () => true,
        () => false,
    );
}

async function isRunning(docker: Docker, name: string): Promise<boolean> {
    return (await findContainer(docker, name))?.State.Running ?? false;
}
