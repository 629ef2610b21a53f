/** What a stack runs, as data: from its state and from Docker. */
import type Docker from "dockerode";
import { REPLICA_LABEL } from "../components/web/labels.ts";
import type { Engine } from "./engine.ts";
import { imageBuiltBy, type Resource, trafficOf } from "./state.ts";
import { CONTAINER, DRYDOCK, IMAGE, REMOTE_IMAGE, SERVICE } from "./resource-types.ts";

export interface Component {
    name: string;
    /** For example `RailsWebApp`, or the type of a resource outside of components: `docker:index/container:Container`. */
    type: string;
    /** Where it listens on the engine's machine: a URL, or `127.0.0.1:5432`. Of a gateway, `0.0.0.0:80, 0.0.0.0:443`. */
    address?: string;
    /** Of an application: the current release. */
    release?: CurrentRelease;
    /** Whether gateways respond with a maintenance page in place of the application. Missing if they do not. */
    maintenance?: true;
    processes: Process[];
    volumes: Volume[];
}

/** The current release of an application. */
export interface CurrentRelease {
    number: number;
    /** When it was first deployed: ISO 8601. */
    time: string;
    commit?: string;
    /** Whether the source had changes that were not committed. */
    changed?: boolean;
    /** When it was rolled back to: ISO 8601. */
    rolledBack?: string;
    /** Whether some processes run another image, as an update did not finish. */
    incomplete: boolean;
}

/** What runs one command: a container, or a Swarm service with its replicas. */
export interface Process {
    /** `web` of an application, the names in its `processes`, and `server` of a database or another service. The containers
     *  of a process with `replicas` on a Docker Engine are `web`, `web-2` and so on. */
    name: string;
    /** Name of the resource, which is unique in the stack: `shop-worker`. */
    resource: string;
    service?: Service;
    /** Empty if a container no longer exists, or no replica runs. */
    containers: Container[];
}

/** A Swarm service. */
export interface Service {
    id: string;
    name: string;
    /** Replicas that run. */
    running: number;
    /** Replicas that should run. */
    wanted: number;
}

export interface Container {
    id: string;
    name: string;
    /** As Docker reports it: `running`, `restarting`, `paused`, `exited`, `created`, `dead`. Of a Swarm task on a node that
     *  cannot be reached: its state in the Swarm. */
    state: string;
    /** `healthy`, `unhealthy` or `starting`. Missing without a health check. */
    health?: string;
    /** Of a container that has ended. */
    exitCode?: number;
    /** How often Docker has restarted it. */
    restarts: number;
    image: Image;
    /** When it started, or when it ended: ISO 8601. */
    since?: string;
    /** In bytes. */
    memory?: number;
    /** In bytes. Missing without a limit. */
    memoryLimit?: number;
    /** Of one processor: 150 for one and a half. */
    cpuPercent?: number;
    /** Host name of the Swarm node. */
    node?: string;
}

export interface Image {
    name: string;
    /** Commit that it was built from, from its label `org.opencontainers.image.revision`. */
    revision?: string;
}

export interface Volume {
    name: string;
    /** Path in the container. */
    path: string;
    /** Directory of the host, instead of a volume. */
    hostPath?: string;
}

/** A process as the state declares it. */
export interface DeclaredProcess {
    component: string;
    type: string;
    process: string;
    /** Of a container after the first one of a process: the process of the first one. */
    replicaOf?: string;
    resource: string;
    /** ID of the container or the service. */
    id: string;
    isService: boolean;
    /** How long an update waits until it is healthy, in seconds. */
    waitTimeout?: number;
    /** Name of its image, for example `postgres:17`: Docker knows only the ID, which may have several names. */
    image: string;
    volumes: Volume[];
    address?: string;
}

const APPLICATIONS = ["RailsWebApp", "WebApp"];

/** The containers and services in a state that are meant to run, in its order. */
export function declaredProcesses(resources: Resource[]): DeclaredProcess[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const images = imageNames(resources);
    return servingResources(resources)
        .filter(({ type }) => type === CONTAINER || type === SERVICE)
        .filter((resource) => !resource.external && resource.inputs?.mustRun !== false)
        .map((resource) => {
            const { inputs = {}, type, id = "" } = resource;
            const owner = outermostComponent(resource, byUrn);
            const component = nameOf(owner);
            const address = addressOf(owner) ?? publishedAddress(inputs.ports);
            const ownerType = owner.type.replace(DRYDOCK, "");
            return {
                component,
                type: ownerType,
                ...processNames(component, ownerType, nameOf(resource), replicaNumber(inputs)),
                resource: nameOf(resource),
                id,
                isService: type === SERVICE,
                ...(typeof inputs.waitTimeout === "number" && { waitTimeout: inputs.waitTimeout }),
                image: images.get(imageOf(inputs)) ?? imageOf(inputs),
                volumes: volumesOf(inputs),
                ...(address !== undefined && { address }),
            };
        });
}

/**
 * The resources without those that are to be deleted. If a new container has not become healthy, the old container, which
 * still serves, stands in for it.
 */
function servingResources(resources: Resource[]): Resource[] {
    const receiving = new Set(resources.map((resource) => trafficOf(resource)?.CONTAINER_ID));
    const serving = new Map(
        resources.filter((old) => old.delete && receiving.has(old.id)).map((old) => [old.urn, old]),
    );
    return resources
        .filter((resource) => !resource.delete)
        .map((resource) =>
            resource.type === CONTAINER ? (serving.get(resource.urn) ?? resource) : resource,
        );
}

/** The image of a container or a service. Empty if it is secret. */
export function imageOf(inputs: Record<string, unknown>): string {
    const { image, taskSpec } = inputs as {
        image?: unknown;
        taskSpec?: { containerSpec?: { image?: unknown } };
    };
    const name = image ?? taskSpec?.containerSpec?.image;
    return typeof name === "string" ? name : "";
}

/** The names of images, by their IDs and digests. */
function imageNames(resources: Resource[]): Map<string, string> {
    return new Map(
        resources.flatMap((resource) => {
            const { outputs = {} } = resource;
            const name = imageName(resource);
            if (typeof name !== "string") return [];
            const references = [outputs.imageId, outputs.repoDigest, outputs.imageName, outputs.stdout];
            return references
                .filter((reference) => typeof reference === "string")
                .map((reference) => [reference, name.replace(/@sha256:.*$/, "")] as const);
        }),
    );
}

function imageName(resource: Resource): unknown {
    const { type, inputs = {} } = resource;
    return type === IMAGE ? inputs.imageName : type === REMOTE_IMAGE ? inputs.name : imageBuiltBy(resource);
}

/** The component of the library that a resource belongs to, or the resource itself if there is none. */
export function outermostComponent(resource: Resource, byUrn: Map<string | undefined, Resource>): Resource {
    let owner = resource;
    for (let at: Resource | undefined = resource; at; at = byUrn.get(at.parent))
        if (at.type.startsWith(DRYDOCK)) owner = at;
    return owner;
}

export function nameOf({ urn = "" }: Pick<Resource, "urn">): string {
    return urn.split("::").at(-1) ?? "";
}

/** The name of a process, and of the one that it is a replica of. */
function processNames(
    component: string,
    type: string,
    resource: string,
    replica: string | undefined,
): Pick<DeclaredProcess, "process" | "replicaOf"> {
    const suffix = `-${replica}`;
    if (replica === undefined || !resource.endsWith(suffix))
        return { process: processName(component, type, resource) };
    const replicaOf = processName(component, type, resource.slice(0, -suffix.length));
    return { process: `${replicaOf}${suffix}`, replicaOf };
}

function replicaNumber({ labels }: Record<string, unknown>): string | undefined {
    const all = Array.isArray(labels) ? (labels as { label?: string; value?: string }[]) : [];
    return all.find(({ label }) => label === REPLICA_LABEL)?.value;
}

function processName(component: string, type: string, resource: string): string {
    if (resource !== component && resource.startsWith(`${component}-`))
        return resource.slice(component.length + 1);
    return APPLICATIONS.includes(type) ? "web" : "server";
}

/** The URL or the address in the outputs of a component. Of a gateway those for HTTP and HTTPS. */
function addressOf({ outputs = {} }: Resource): string | undefined {
    const isAddress = (value: unknown): value is string => typeof value === "string" && value !== "";
    const gateway = [outputs.httpAddress, outputs.httpsAddress].filter(isAddress).join(", ");
    return [outputs.url, outputs.address, gateway].find(isAddress);
}

function publishedAddress(ports: unknown): string | undefined {
    const [port] = Array.isArray(ports) ? (ports as { ip?: string; external?: number }[]) : [];
    return port?.external === undefined ? undefined : `${port.ip ?? "0.0.0.0"}:${port.external}`;
}

function volumesOf(inputs: Record<string, unknown>): Volume[] {
    interface Declared {
        volumeName?: string;
        containerPath?: string;
        hostPath?: string;
    }
    interface Mount {
        type: string;
        source?: string;
        target: string;
    }
    const { volumes, taskSpec } = inputs as {
        volumes?: Declared[];
        taskSpec?: { containerSpec?: { mounts?: Mount[] } };
    };
    const mounts = taskSpec?.containerSpec?.mounts;
    return [
        ...(Array.isArray(volumes) ? volumes : []).map(({ volumeName, containerPath, hostPath }) => ({
            name: volumeName ?? "",
            path: containerPath ?? "",
            ...(hostPath && { hostPath }),
        })),
        ...(Array.isArray(mounts) ? mounts : [])
            .filter(({ type }) => type === "volume" || type === "bind")
            .map(({ type, source = "", target }) => ({
                name: type === "volume" ? source : "",
                path: target,
                ...(type === "bind" && { hostPath: source }),
            })),
    ];
}

/** Groups processes by their components, sorted by name, with the status that Docker reports for each. */
export function groupByComponent(
    declared: DeclaredProcess[],
    statusOf: (process: DeclaredProcess) => Pick<Process, "service" | "containers">,
): Component[] {
    const components = new Map<string, Component>();
    for (const one of declared) {
        const component = components.get(one.component) ?? {
            name: one.component,
            type: one.type,
            ...(one.address !== undefined && { address: one.address }),
            processes: [],
            volumes: [],
        };
        component.processes.push({ name: one.process, resource: one.resource, ...statusOf(one) });
        const known = component.volumes.map(({ path, name }) => `${name}:${path}`);
        component.volumes.push(...one.volumes.filter(({ path, name }) => !known.includes(`${name}:${path}`)));
        components.set(one.component, component);
    }
    const order = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    // The web process comes first: its resource is the component's name alone.
    const shortest = (a: Process, b: Process) => a.resource.length - b.resource.length || order(a, b);
    return [...components.values()]
        .sort(order)
        .map((component) => ({ ...component, processes: component.processes.sort(shortest) }));
}

/**
 * Reads a container. Undefined if it no longer exists.
 *
 * @param image its name
 * @param measure whether to measure memory and CPU
 */
export async function readContainer(
    { docker }: Engine,
    id: string,
    image: string,
    measure: boolean,
): Promise<Container | undefined> {
    const handle = docker.getContainer(id);
    try {
        const inspected = await handle.inspect();
        const [revision, usage] = await Promise.all([
            readRevision(docker, inspected),
            measure && inspected.State.Running ? readUsage(handle) : {},
        ]);
        return {
            ...describeContainer(inspected),
            image: { name: image, ...(revision && { revision }) },
            ...usage,
        };
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
    }
}

/** Converts the output of `docker inspect`. */
export function describeContainer({
    Id,
    Name,
    RestartCount,
    State,
    HostConfig,
}: Docker.ContainerInspectInfo): Omit<Container, "image"> {
    const { Status, Running, StartedAt, FinishedAt, ExitCode, Health } = State;
    const since = Running ? StartedAt : FinishedAt;
    const memoryLimit = HostConfig.Memory ?? 0;
    return {
        id: Id,
        name: Name.replace(/^\//, ""),
        state: Status,
        ...(Health && Health.Status !== "none" && { health: Health.Status }),
        ...(!Running && Status !== "created" && { exitCode: ExitCode }),
        restarts: RestartCount,
        // Docker's zero time: it has never started.
        ...(!since.startsWith("0001-") && { since }),
        ...(memoryLimit > 0 && { memoryLimit }),
    };
}

async function readRevision(
    docker: Docker,
    { Image }: Docker.ContainerInspectInfo,
): Promise<string | undefined> {
    try {
        const { Config } = await docker.getImage(Image).inspect();
        const labels = Config.Labels as Record<string, string> | null;
        return labels?.["org.opencontainers.image.revision"];
    } catch {
        return undefined; // Somebody has removed the image.
    }
}

/** Between the two samples of the processor time, in milliseconds. */
const SAMPLE_TIME = 500;

/** Memory and CPU of a running container. Docker's own average over a second would take two. */
async function readUsage(container: Docker.Container): Promise<Pick<Container, "memory" | "cpuPercent">> {
    const sample = () => container.stats({ stream: false, "one-shot": true });
    const first = await sample();
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_TIME));
    return usageBetween(first, await sample());
}

/** As `docker stats` computes it. Empty if the container has ended in the meantime. */
export function usageBetween(
    first: Docker.ContainerStats,
    second: Docker.ContainerStats,
): Pick<Container, "memory" | "cpuPercent"> {
    // Docker leaves the statistics of a container that has ended empty, and has none on some hosts with cgroups v1.
    const memory = second.memory_stats as Partial<Docker.ContainerStats["memory_stats"]> | undefined;
    const { usage, stats } = memory ?? {};
    if (usage === undefined) return {};
    const { total_inactive_file: version1, inactive_file: version2 } = stats as unknown as Record<
        string,
        number | undefined
    >;
    const used = second.cpu_stats.cpu_usage.total_usage - first.cpu_stats.cpu_usage.total_usage;
    const available = second.cpu_stats.system_cpu_usage - first.cpu_stats.system_cpu_usage;
    const { online_cpus: processors } = second.cpu_stats;
    const cpuPercent = available > 0 ? (used / available) * processors * 100 : 0;
    return { memory: usage - (version1 ?? version2 ?? 0), cpuPercent: Math.round(cpuPercent * 10) / 10 };
}

export function isNotFound(error: unknown): boolean {
    return (error as { statusCode?: number }).statusCode === 404;
}
