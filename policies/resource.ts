/** A resource as a policy sees it, with its secrets in the clear. */
export interface Resource {
    type: string;
    name: string;
    /** Types of the resource and of what it is a part of: `drydock:index:WebApp$docker:index/container:Container`. */
    types: string;
    properties: Properties;
    /** The container that removes the volume from its node of a Swarm, with properties of a docker.Container. */
    volumeRemovalJob?: Properties;
    isProtected: boolean;
    stack: string;
}

export type Properties = Record<string, unknown>;

export const CONTAINER = "docker:index/container:Container";
/** The container of a Task, with the properties of a docker.Container. */
export const TASK_CONTAINER = "drydock:index:TaskContainer";
export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const VOLUME = "docker:index/volume:Volume";
export const COMMAND = "command:local:Command";

export function isAnyContainer({ type }: Pick<Resource, "type">): boolean {
    return type === CONTAINER || type === TASK_CONTAINER;
}

/** In a preview a policy must not touch what is not known yet: that is an error (CrossGuard). */
export function known<T>(read: () => T): T | undefined {
    try {
        return read();
    } catch {
        return undefined;
    }
}

/** A property that is a list of objects; empty where it is not there. */
export function objects(value: unknown): Properties[] {
    return Array.isArray(value) ? (value as Properties[]) : [];
}

/** A property that is a list of texts; empty where it is not there. */
export function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
