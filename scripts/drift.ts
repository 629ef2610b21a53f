/**
 * Where Docker differs from a stack's state: containers stopped or removed by hand, cut off from a network, or on a port
 * that another program has taken. A refresh reads every resource and takes seconds, and sees no networks of a
 * container; this reads Docker's lists.
 */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { distinct, dockerEnvironment, saidBy, type Environment, type Resource } from "./engines.ts";

/** A resource as the state records it. */
export interface Recorded extends Resource {
    outputs?: Record<string, unknown>;
    /** An old one, which the next update deletes. */
    delete?: boolean;
    /** One that was read, and is nobody's to make. */
    external?: boolean;
}

export interface Container {
    id: string;
    name: string;
    /** `running`, `restarting`, `paused`, `exited`, `created`, `dead`. */
    state: string;
    /** What `docker ps` says, such as `Up 3 minutes (healthy)`. */
    status: string;
    networks: string[];
    ports: string;
    /** ID of the service of a Swarm that it belongs to. */
    service?: string;
    env: Environment;
}

export interface Service {
    /** Its first twelve characters: docker service ls has no more, and no --no-trunc. */
    id: string;
    name: string;
    running: number;
    wanted: number;
    ports: string;
}

/** What the engines of a stack have. */
export interface Seen {
    containers: Container[];
    networks: { id: string; name: string }[];
    volumes: string[];
    services: Service[];
}

export interface Drift {
    /** Not there any more. */
    missing: Recorded[];
    /** There, but not running. */
    stopped: Container[];
    /** Not on a network that they were made with. */
    disconnected: { container: Container; network: string; aliases: string[] }[];
    /** Cannot be started as they are: their network or port is gone. */
    stuck: Container[];
    /** Chosen ports that something else has by now. */
    takenPorts: { urn: string; port: number }[];
}

const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";
const VOLUME = "docker:index/volume:Volume";
const SERVICE = "docker:index/service:Service";
const RANDOM_INTEGER = "random:index/randomInteger:RandomInteger";

const LISTS = {
    containers: [
        ["ps", "--all", "--no-trunc"],
        ["ID", "Names", "State", "Status", "Networks", "Ports", 'Label "com.docker.swarm.service.id"'],
    ],
    networks: [
        ["network", "ls", "--no-trunc"],
        ["ID", "Name"],
    ],
    volumes: [["volume", "ls"], ["Name"]],
    services: [
        ["service", "ls"],
        ["ID", "Name", "Replicas", "Ports"],
    ],
} as const;

export async function lookAt(engines: Environment[], resources: Recorded[]): Promise<Seen> {
    const hasServices = resources.some(({ type }) => type === SERVICE);
    const seen = await Promise.all(distinct(engines).map((env) => lookAtOne(env, hasServices)));
    return {
        containers: seen.flatMap(({ containers }) => containers),
        networks: seen.flatMap(({ networks }) => networks),
        volumes: seen.flatMap(({ volumes }) => volumes),
        services: seen.flatMap(({ services }) => services),
    };
}

async function lookAtOne(env: Environment, hasServices: boolean): Promise<Seen> {
    const [containers, networks, volumes, services] = await Promise.all([
        list(env, "containers"),
        list(env, "networks"),
        list(env, "volumes"),
        hasServices ? list(env, "services").catch(ignoreNoManager) : [],
    ]);
    return {
        containers: containers.map(
            ([id = "", name = "", state = "", status = "", joined = "", ports = "", service = ""]) => ({
                ...{ id, name, state, status, ports, env },
                networks: joined.split(",").filter(Boolean),
                ...(service && { service }),
            }),
        ),
        networks: networks.map(([id = "", name = ""]) => ({ id, name })),
        volumes: volumes.map(([name = ""]) => name),
        services: services.map(([id = "", name = "", replicas = "", ports = ""]) => {
            // `2/3`, `2/3 (max 1 per node)`, or of a job `0/1 (1/1 completed)`.
            const [running = 0, wanted = 0] = replicas.includes("completed")
                ? []
                : replicas.split(/[/ ]/).map(Number);
            return { id, name, running, wanted, ports };
        }),
    };
}

async function list(env: Environment, kind: keyof typeof LISTS): Promise<string[][]> {
    const [command, fields] = LISTS[kind];
    const format = fields.map((field) => `{{.${field}}}`).join("\\t");
    const { stdout } = await promisify(execFile)("docker", [...command, "--format", format], {
        env: dockerEnvironment(env),
        maxBuffer: 64 * 1024 * 1024,
    });
    return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split("\t"));
}

/** An engine beside the Swarm has no services. */
function ignoreNoManager(error: unknown): string[][] {
    if (saidBy(error).includes("not a swarm manager")) return [];
    throw error;
}

/** @param portsTaken chosen ports that others have, see `takenPorts` */
export function findDrift(resources: Recorded[], seen: Seen, portsTaken: ChosenPort[]): Drift {
    const live = resources.filter((resource) => !resource.delete && !resource.external);
    const drift: Drift = {
        missing: live.filter((resource) => isMissing(resource, seen)),
        stopped: [],
        disconnected: [],
        stuck: [],
        takenPorts: portsTaken.map(({ urn, port }) => ({ urn, port })),
    };
    for (const resource of live.filter(({ type }) => type === CONTAINER)) {
        const container = seen.containers.find(({ id }) => id === resource.id);
        if (!container || isFinished(container, resource)) continue;
        const networks = networksOf(resource, seen);
        const lostNetwork = networks.some(({ exists }) => !exists);
        if (lostNetwork || container.state === "dead") drift.stuck.push(container);
        else {
            for (const { name, aliases } of networks.filter(({ name }) => !container.networks.includes(name)))
                drift.disconnected.push({ container, network: name, aliases });
            // With another port comes another container.
            const lostPort = portsTaken.some(({ holder }) => holder === container.id);
            if (!lostPort && !["running", "restarting"].includes(container.state))
                drift.stopped.push(container);
        }
    }
    return drift;
}

function isMissing({ type, id = "", inputs = {} }: Recorded, seen: Seen): boolean {
    switch (type) {
        case CONTAINER:
            return inputs.mustRun !== false && !seen.containers.some((container) => container.id === id);
        case NETWORK:
            return !seen.networks.some((network) => network.id === id);
        case VOLUME:
            return !seen.volumes.includes(id);
        case SERVICE:
            return !seen.services.some((service) => id.startsWith(service.id));
        default:
            return false;
    }
}

/** One that is to end, or has ended well and is not to be started again. */
function isFinished({ state, status }: Container, { inputs = {} }: Recorded): boolean {
    if (inputs.mustRun === false) return true;
    const { restart = "no" } = inputs;
    return (
        state === "exited" &&
        status.startsWith("Exited (0)") &&
        (restart === "no" || restart === "on-failure")
    );
}

function networksOf({ inputs = {} }: Recorded, seen: Seen) {
    // Of a container of one's own they may be secret.
    const { networksAdvanced: declared } = inputs;
    const networks = Array.isArray(declared) ? (declared as { name?: unknown; aliases?: unknown }[]) : [];
    return networks.flatMap(({ name, aliases }) => {
        if (typeof name !== "string") return [];
        const found = seen.networks.find((network) => network.name === name || network.id === name);
        const words = Array.isArray(aliases) ? aliases.filter((word) => typeof word === "string") : [];
        return [{ name: found?.name ?? name, exists: found !== undefined, aliases: words }];
    });
}

/** A port that Drydock has chosen for a service. */
export interface ChosenPort {
    urn: string;
    port: number;
    ip: string;
    /** ID of the container or service that publishes it. */
    holder?: string;
}

/** The ports that were chosen for services: a `RandomInteger` `<name>-port`, and what publishes it, if it was made. */
export function chosenPorts(resources: Recorded[]): ChosenPort[] {
    return resources.flatMap(({ type, urn = "", outputs = {} }) => {
        const { result } = outputs;
        if (type !== RANDOM_INTEGER || !/drydock:index:.*-port$/.test(urn) || typeof result !== "number")
            return [];
        const published = resources.flatMap(({ id, inputs = {} }) => {
            const { endpointSpec } = inputs as { endpointSpec?: { ports?: unknown } };
            const ports = inputs.ports ?? endpointSpec?.ports;
            return (Array.isArray(ports) ? (ports as Record<string, unknown>[]) : [])
                .filter(({ external, publishedPort }) => (external ?? publishedPort) === result)
                .map(({ ip }) => ({ id, ip }));
        });
        const [{ id: holder, ip } = {}] = published;
        return [
            { urn, port: result, ip: typeof ip === "string" ? ip : "127.0.0.1", ...(holder && { holder }) },
        ];
    });
}

/**
 * Those that something else listens on: another container, or, for an engine on this machine, any program.
 *
 * @param isLocal whether the engine is on this machine
 */
export async function takenPorts(ports: ChosenPort[], seen: Seen, isLocal: boolean): Promise<ChosenPort[]> {
    const taken = await Promise.all(
        ports.map(async ({ port, ip, holder }) => {
            // What a service publishes on its nodes, docker service ls does not tell: its containers have it.
            const containers = seen.containers.map((each) => ({ ...each, id: each.service ?? each.id }));
            const publishers = [...containers, ...seen.services].filter((each) =>
                new RegExp(`:${port}->`).test(each.ports),
            );
            if (publishers.some(({ id }) => holder?.startsWith(id))) return false;
            return publishers.length > 0 || (isLocal && (await isListening(port, ip)));
        }),
    );
    return ports.filter((_, i) => taken[i]);
}

function isListening(port: number, host: string): Promise<boolean> {
    const server = createServer();
    return new Promise((found) => {
        server.once("error", (error: NodeJS.ErrnoException) => {
            found(error.code === "EADDRINUSE");
        });
        server.listen({ port, host, exclusive: true }, () => {
            server.close(() => {
                found(false);
            });
        });
    });
}

/** Tasks that have run on data that is gone: they name their volumes in `triggers`. */
export function tasksOn(volumes: string[], resources: Recorded[]): string[] {
    return resources.flatMap(({ urn = "", inputs = {} }) => {
        const { triggers } = inputs;
        const isTask = urn.includes("drydock:index:Task$command:local:Command::");
        const names = Array.isArray(triggers) ? triggers : [];
        return isTask && names.some((name) => volumes.includes(name as string)) ? [urn] : [];
    });
}

/** As a person reads it: `container drydock-dev-db`. */
export function describe({ type, urn = "", id, inputs = {} }: Recorded): string {
    const kind = /:(\w+)$/.exec(type)?.[1]?.toLowerCase() ?? type;
    const name = typeof inputs.name === "string" ? inputs.name : (urn.split("::").at(-1) ?? id ?? "");
    return `${kind} ${name}`;
}

/** What does not run as the state says, a sentence each; and whether it may only be starting. */
export function faultsOf(resources: Recorded[], seen: Seen): { sentence: string; starting: boolean }[] {
    const { missing, stopped, disconnected, stuck } = findDrift(resources, seen, []);
    const fault = (sentence: string, starting = false) => ({ sentence, starting });
    const ids = resources.filter(({ inputs = {} }) => inputs.mustRun !== false).map(({ id }) => id);
    const ours = seen.containers.filter(({ id }) => ids.includes(id));
    return [
        ...missing.map((resource) => fault(`${describe(resource)} is gone`)),
        ...[...stopped, ...stuck].map(({ name, status }) =>
            fault(`container ${name} does not run (${status})`),
        ),
        ...disconnected.map(({ container, network }) =>
            fault(`container ${container.name} is cut off from its network ${network}`),
        ),
        ...ours
            .filter(({ state }) => state === "restarting")
            .map(({ name, status }) => fault(`container ${name} exits again and again (${status})`, true)),
        ...ours
            .filter(({ status }) => status.includes("(unhealthy)"))
            .map(({ name }) => fault(`container ${name} is unhealthy`)),
        ...ours
            .filter(({ status }) => status.includes("(health: starting)"))
            .map(({ name }) => fault(`container ${name} is not healthy yet`, true)),
        ...seen.services
            .filter(
                ({ id, running, wanted }) =>
                    ids.some((full) => full?.startsWith(id)) && running === 0 && wanted > 0,
            )
            .map(({ name, wanted }) => fault(`service ${name} runs with none of its ${wanted} replicas`)),
    ];
}
