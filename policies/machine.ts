import { posix } from "node:path";
import { isAnyContainer, known, objects, type Properties, type Resource, texts } from "./resource.ts";

/** Capabilities with which a process can do whatever root can on the machine. */
const ALL_POWERFUL = ["ALL", "SYS_ADMIN", "SYS_MODULE"];

/** Directories of the machine that Docker's socket lies in. */
const AROUND_SOCKET = ["/", "/run", "/var", "/var/run"];

/** The capability that a container has and that is as good as all of them. */
export function powerfulCapability(resource: Resource): string | undefined {
    if (!isAnyContainer(resource)) return undefined;
    const { capabilities } = resource.properties;
    return texts(known(() => (capabilities as Properties | undefined)?.adds)).find((capability) =>
        ALL_POWERFUL.includes(capability.toUpperCase().replace(/^CAP_/, "")),
    );
}

/** Host path that a container mounts and that contains the Docker socket. */
export function mountedSocket(resource: Resource): string | undefined {
    const container = isAnyContainer(resource) ? resource.properties : resource.volumeRemovalJob;
    return texts(sources(container ?? {})).find(holdsSocket);
}

/**
 * Whether the container is Drydock's own job that removes a volume from a node of a Swarm. It runs `docker volume rm` in
 * Docker's official image, and needs the node's socket.
 */
export function isVolumeRemoval(resource: Resource): boolean {
    return resource.volumeRemovalJob?.image === "docker:cli";
}

function sources(properties: Properties): unknown[] {
    return [
        ...objects(properties.volumes).map(({ hostPath }) => hostPath),
        ...objects(properties.mounts).map(({ source }) => source),
    ];
}

function holdsSocket(path: string): boolean {
    const plain = posix.normalize(path).replace(/(?<=.)\/$/, "");
    return AROUND_SOCKET.includes(plain) || plain.endsWith("/docker.sock");
}
