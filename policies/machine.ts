import { posix } from "node:path";
import { CONTAINER, known, objects, type Properties, type Resource, texts } from "./resource.ts";
import { optionValues } from "./task.ts";

/** Capabilities with which a process can do whatever root can on the machine. */
const ALL_POWERFUL = ["ALL", "SYS_ADMIN", "SYS_MODULE"];

/** Directories of the machine that Docker's socket lies in. */
const AROUND_SOCKET = ["/", "/run", "/var", "/var/run"];

/** The capability that a container or a task has and that is as good as all of them. */
export function powerfulCapability(resource: Resource): string | undefined {
    const { type, properties } = resource;
    const adds = type === CONTAINER && known(() => (properties.capabilities as Properties | undefined)?.adds);
    return [...texts(adds), ...optionValues(resource, "--cap-add")].find((capability) =>
        ALL_POWERFUL.includes(capability.toUpperCase().replace(/^CAP_/, "")),
    );
}

/** What of the machine a container or a task mounts and has Docker's socket in it. */
export function mountedSocket(resource: Resource): string | undefined {
    return texts(sources(resource)).find(holdsSocket);
}

function sources(resource: Resource): unknown[] {
    const { type, properties } = resource;
    if (type !== CONTAINER)
        return optionValues(resource, "--mount").map((mount) => /(?:^|,)source=([^,]*)/.exec(mount)?.[1]);
    return [
        ...objects(properties.volumes).map(({ hostPath }) => hostPath),
        ...objects(properties.mounts).map(({ source }) => source),
    ];
}

function holdsSocket(path: string): boolean {
    const plain = posix.normalize(path).replace(/(?<=.)\/$/, "");
    return AROUND_SOCKET.includes(plain) || plain.endsWith("/docker.sock");
}
