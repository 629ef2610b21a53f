/** Rules that keep containers from controlling the host. */
import { posix } from "node:path";
import {
    CONTAINER,
    ifKnown,
    isAnyContainer,
    objects,
    type Properties,
    type Resource,
    strings,
} from "../resource.ts";
import type { Rule } from "./rule.ts";

export const notPrivileged: Rule = {
    name: "not-privileged",
    description: "Containers are not privileged, and have no capability that gives full control of the host.",
    level: "mandatory",
    check: (resource) => {
        if (resource.type === CONTAINER && resource.properties.privileged === true)
            return "it is privileged; leave out privileged, and add only the capabilities that it needs";
        const capability = powerfulCapability(resource);
        return capability === undefined
            ? undefined
            : `the capability ${capability} gives full control of the host; add only the capabilities that it needs`;
    },
};

export const noDockerSocket: Rule = {
    name: "no-docker-socket",
    description: "Containers do not mount the Docker socket, which gives full control of the host.",
    level: "mandatory",
    check: (resource) => {
        const path = isVolumeRemoval(resource) ? undefined : mountedSocket(resource);
        return path === undefined
            ? undefined
            : `it mounts ${path}, which contains the Docker socket; leave out the mount`;
    },
};

/** Capabilities that let a process do everything that root can do on the host. */
const POWERFUL_CAPABILITIES = ["ALL", "SYS_ADMIN", "SYS_MODULE"];

function powerfulCapability(resource: Resource): string | undefined {
    if (!isAnyContainer(resource)) return undefined;
    const { capabilities } = resource.properties;
    return strings(ifKnown(() => (capabilities as Properties | undefined)?.adds)).find((capability) =>
        POWERFUL_CAPABILITIES.includes(capability.toUpperCase().replace(/^CAP_/, "")),
    );
}

/** A mounted host path that is, or contains, the Docker socket. */
function mountedSocket(resource: Resource): string | undefined {
    const { volumes, mounts } = isAnyContainer(resource)
        ? resource.properties
        : (resource.volumeRemovalJob ?? {});
    const paths = [
        ...objects(volumes).map(({ hostPath }) => hostPath),
        ...objects(mounts).map(({ source }) => source),
    ];
    return strings(paths).find(containsSocket);
}

/**
 * Whether the container is Drydock's own job that removes a volume from a node of a Swarm. It runs `docker volume rm` in
 * Docker's official image, and needs the node's socket.
 */
function isVolumeRemoval(resource: Resource): boolean {
    // DOCKER_CLI_IMAGE in components/engines/swarm/volumes.ts.
    return resource.volumeRemovalJob?.image === "docker:28-cli";
}

function containsSocket(path: string): boolean {
    const normalized = posix.normalize(path).replace(/(?<=.)\/$/, "");
    return ["/", "/run", "/var", "/var/run"].includes(normalized) || normalized.endsWith("/docker.sock");
}
