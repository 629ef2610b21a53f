/** The registries of the local cluster: one with a login for the application's images, and a mirror of Docker Hub. */
import { CommandError } from "../exit-codes.ts";
import { messageOf } from "../project.ts";
import { type Cluster, containerName, labelsOf } from "./cluster.ts";
import { findContainer, remedyFor } from "./docker.ts";
import { REGISTRY_IMAGE } from "./images.ts";

/** The login of the registry, which only nodes and this machine reach. */
export const LOGIN = { username: "drydock", password: "local-cluster" } as const;

/** `htpasswd -nbB drydock local-cluster` */
const PASSWORD_FILE = "drydock:$2b$05$XbxHJlO1YZGHnPNwHHDT9eM.6iGSMJ8wZfkP2cXMWV37M56AK2FuS\n";

export const REGISTRY_PORT = 5000;

interface Registry {
    /** The nodes reach it by this name. */
    name: "registry" | "mirror";
    address: string;
    env?: string[];
    /** Whether this machine reaches it, on a port that Docker chooses. */
    published?: boolean;
    passwordFile?: string;
}

/** @param addressOf returns an address of the cluster's network */
export async function runRegistries(cluster: Cluster, addressOf: (number: number) => string): Promise<void> {
    await runRegistry(cluster, { name: "mirror", address: addressOf(9), published: true });
    await runRegistry(cluster, {
        name: "registry",
        address: addressOf(8),
        env: [
            "REGISTRY_AUTH=htpasswd",
            "REGISTRY_AUTH_HTPASSWD_REALM=drydock",
            "REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd",
        ],
        passwordFile: PASSWORD_FILE,
    });
}

async function runRegistry(cluster: Cluster, registry: Registry): Promise<void> {
    const { docker } = cluster;
    const name = containerName(cluster, registry.name);
    try {
        const found = await findContainer(docker, name);
        if (found?.State.Running) return;
        if (!found) await createRegistry(cluster, registry);
        const container = docker.getContainer(name);
        // Not in createRegistry: an interrupted run may have created the container without the file.
        if (registry.passwordFile !== undefined) {
            const { pack } = await import("tar-stream");
            const archive = pack();
            archive.entry({ name: "htpasswd" }, registry.passwordFile);
            archive.finalize();
            await container.putArchive(archive, { path: "/" });
        }
        await container.start();
    } catch (error) {
        throw new CommandError(`${name} does not start: ${messageOf(error)}`, remedyFor(error));
    }
}

async function createRegistry(cluster: Cluster, { name, address, env, published }: Registry): Promise<void> {
    const port = `${REGISTRY_PORT}/tcp`;
    await cluster.docker.createContainer({
        name: containerName(cluster, name),
        Image: REGISTRY_IMAGE,
        Labels: labelsOf(cluster),
        ...(env && { Env: env }),
        HostConfig: {
            NetworkMode: cluster.name,
            ...(published && { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } }),
        },
        NetworkingConfig: {
            EndpointsConfig: { [cluster.name]: { IPAMConfig: { IPv4Address: address }, Aliases: [name] } },
        },
    });
}
