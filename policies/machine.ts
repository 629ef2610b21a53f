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

/** What of the machine a container mounts and has Docker's socket in it. */
export function mountedSocket(resource: Resource): string | undefined {
    return isAnyContainer(resource) ? texts(sources(resource)).find(holdsSocket) : undefined;
}

function sources({ properties }: Resource): unknown[] {
    return [
        ...objects(properties.volumes).map(({ hostPath }) => hostPath),
        ...objects(properties.mounts).map(({ source }) => source),
    ];
}

function holdsSocket(path: string): boolean {
    const plain = posix.normalize(path).replace(/(?<=.)\/$/, "");
    return AROUND_SOCKET.includes(plain) || plain.endsWith("/docker.sock");
}
