/** A resource as the policies see it, with its secrets in plain text. */
export interface Resource {
    /** A Swarm service has the type and the properties of a docker.Container (swarm.ts). */
    type: string;
    name: string;
    /** Types of the components that contain the resource, outermost first, and of the resource itself. */
    types: string[];
    properties: Properties;
    /** For a volume of a Swarm: the container that removes it from its node, with properties of a docker.Container. */
    volumeRemovalJob?: Properties;
    isProtected: boolean;
    stack: string;
}

export type Properties = Record<string, unknown>;

export const CONTAINER = "docker:index/container:Container";
/** The container of a Task, with the properties of a docker.Container. */
export const TASK_CONTAINER = "drydock:index:TaskContainer";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const VOLUME = "docker:index/volume:Volume";
export const COMMAND = "command:local:Command";

export function isAnyContainer({ type }: Pick<Resource, "type">): boolean {
    return type === CONTAINER || type === TASK_CONTAINER;
}

/** Reads a value that may be unknown. During a preview, reading an unknown value throws (CrossGuard). */
export function ifKnown<T>(read: () => T): T | undefined {
    try {
        return read();
    } catch {
        return undefined;
    }
}

/** The items of a property that is a list of objects. Empty for anything else. */
export function objects(value: unknown): Properties[] {
    return Array.isArray(value) ? (value as Properties[]) : [];
}

/** The strings among the items of a property that is a list. Empty for anything else. */
export function strings(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
