/**
 * Differences between Docker and a stack's state: containers that somebody stopped, removed or disconnected from a
 * network, and ports that another program has taken. `pulumi refresh` takes seconds, because it reads every resource, and
 * does not notice a missing network. This reads Docker's lists.
 */
import { distinct, dockerAsync, stderrOf, type Environment } from "../docker-environment.ts";
import { isPortUsed } from "../ports.ts";
import { type Resource, type Traffic, trafficOf } from "../state.ts";
import { CONTAINER, NETWORK, SERVICE, VOLUME } from "../resource-types.ts";

export interface Container {
    id: string;
    name: string;
    /** `running`, `restarting`, `paused`, `exited`, `created`, `dead`. */
    state: string;
    /** As in `docker ps`, for example `Up 3 minutes (healthy)`. */
    status: string;
    networks: string[];
    ports: string;
    /** ID of the Swarm service that it belongs to. */
    service?: string;
    /** Its engine. */
    env: Environment;
}

export interface Service {
    /** The first twelve characters: `docker service ls` has no `--no-trunc`. */
    id: string;
    name: string;
    running: number;
    wanted: number;
    ports: string;
}

/** What the engines of a stack run and store. */
export interface EngineState {
    containers: Container[];
    networks: { id: string; name: string }[];
    volumes: string[];
    services: Service[];
}

export interface Drift {
    /** No longer in Docker. */
    missing: Resource[];
    /** In Docker, but not running. */
    stopped: Container[];
    /** Not connected to a network that the state has. */
    disconnected: { container: Container; network: string; aliases: string[] }[];
    /** Must be replaced: their network no longer exists, or Docker could not remove them completely (`dead`). */
    stuck: Container[];
    /** Generated ports that another program listens on. */
    takenPorts: { urn: string; port: number }[];
}

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

export async function readEngines(engines: Environment[], resources: Resource[]): Promise<EngineState> {
    const hasServices = resources.some(({ type }) => type === SERVICE);
    const engineStates = await Promise.all(distinct(engines).map((env) => readEngine(env, hasServices)));
    return {
        containers: engineStates.flatMap(({ containers }) => containers),
        networks: engineStates.flatMap(({ networks }) => networks),
        volumes: engineStates.flatMap(({ volumes }) => volumes),
        services: engineStates.flatMap(({ services }) => services),
    };
}

async function readEngine(env: Environment, hasServices: boolean): Promise<EngineState> {
    const [containers, networks, volumes, services] = await Promise.all([
        list(env, "containers"),
        list(env, "networks"),
        list(env, "volumes"),
        hasServices ? list(env, "services").catch(ignoreNoManager) : [],
    ]);
    return {
        containers: containers.map(
            ([id = "", name = "", state = "", status = "", joined = "", ports = "", service = ""]) => ({
                id,
                name,
                state,
                status,
                ports,
                env,
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
    const output = await dockerAsync(env, ...command, "--format", format);
    return output
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split("\t"));
}

/** An engine outside of the Swarm has no services. */
function ignoreNoManager(error: unknown): string[][] {
    if (stderrOf(error).includes("not a swarm manager")) return [];
    throw error;
}

/** @param portsTaken generated ports that other programs listen on, see `takenPorts` */
export function findDrift(resources: Resource[], docker: EngineState, portsTaken: GeneratedPort[]): Drift {
    const live = resources.filter((resource) => !resource.delete && !resource.external);
    const drift: Drift = {
        missing: live.filter((resource) => isMissing(resource, docker)),
        stopped: [],
        disconnected: [],
        stuck: [],
        takenPorts: portsTaken.map(({ urn, port }) => ({ urn, port })),
    };
    const traffics = resources.flatMap((resource) => trafficOf(resource) ?? []);
    const trafficTo = ({ id }: Resource) => traffics.find(({ CONTAINER_ID }) => CONTAINER_ID === id);
    // A container that is to be deleted serves until the new one is healthy.
    const serving = resources.filter((old) => old.delete && trafficTo(old));
    for (const resource of [...live, ...serving].filter(({ type }) => type === CONTAINER)) {
        const container = docker.containers.find(({ id }) => id === resource.id);
        if (!container || isFinished(container, resource)) continue;
        const traffic = trafficTo(resource);
        const networks = traffic ? networksWithTraffic(traffic, docker) : networksOf(resource, docker);
        const lostNetwork = networks.some(({ exists }) => !exists);
        if (lostNetwork || container.state === "dead") drift.stuck.push(container);
        else {
            for (const { name, aliases } of networks.filter(({ name }) => !container.networks.includes(name)))
                drift.disconnected.push({ container, network: name, aliases });
            // A new port replaces the container.
            const lostPort = portsTaken.some(({ holder }) => holder === container.id);
            if (!lostPort && !["running", "restarting"].includes(container.state))
                drift.stopped.push(container);
        }
    }
    return drift;
}

function isMissing({ type, id = "", inputs = {} }: Resource, docker: EngineState): boolean {
    switch (type) {
        case CONTAINER:
            return inputs.mustRun !== false && !docker.containers.some((container) => container.id === id);
        case NETWORK:
            return !docker.networks.some((network) => network.id === id);
        case VOLUME:
            return !docker.volumes.includes(id);
        case SERVICE:
            return !docker.services.some((service) => id.startsWith(service.id));
        default:
            return false;
    }
}

/** Whether a container is meant to exit, or has exited with code 0 and has no restart policy. */
function isFinished({ state, status }: Container, { inputs = {} }: Resource): boolean {
    if (inputs.mustRun === false) return true;
    const { restart = "no" } = inputs;
    return (
        state === "exited" &&
        status.startsWith("Exited (0)") &&
        (restart === "no" || restart === "on-failure")
    );
}

function networksOf({ inputs = {} }: Resource, docker: EngineState) {
    // The networks of a container that the user declares may be secret.
    const { networksAdvanced: declared } = inputs;
    const networks = Array.isArray(declared) ? (declared as { name?: unknown; aliases?: unknown }[]) : [];
    return networks.flatMap(({ name, aliases }) => {
        if (typeof name !== "string") return [];
        const found = docker.networks.find((network) => network.name === name || network.id === name);
        const words = Array.isArray(aliases) ? aliases.filter((word) => typeof word === "string") : [];
        return [{ name: found?.name ?? name, exists: found !== undefined, aliases: words }];
    });
}

/** The networks of a container, including those that it joined after its creation, with its host names there. */
function networksWithTraffic(traffic: Traffic, docker: EngineState) {
    const { HOST, NETWORKS, OWN_NETWORK, ALIASES, GATEWAY_NETWORKS } = traffic;
    const aliasesOn = (network: string) => (network === OWN_NETWORK ? lines(ALIASES) : []);
    const own = lines(NETWORKS).map((name) => ({ name, aliases: aliasesOn(name) }));
    const ofGateways = lines(GATEWAY_NETWORKS).map((name) => ({ name, aliases: [HOST] }));
    return networksOf({ type: CONTAINER, inputs: { networksAdvanced: [...own, ...ofGateways] } }, docker);
}

function lines(text: string): string[] {
    return text.split("\n").filter(Boolean);
}

/** A host port that Drydock generated for a service. */
export interface GeneratedPort {
    urn: string;
    port: number;
    ip: string;
    /** If it is not TCP. */
    protocol?: string;
    /** ID of the container or service that publishes it. */
    holder?: string;
}

/** The generated ports: each `RandomInteger` called `<name>-port`, and the container or service that publishes it. */
export function generatedPorts(resources: Resource[]): GeneratedPort[] {
    return resources.flatMap(({ type, urn = "", outputs = {} }) => {
        const { result } = outputs;
        if (type !== RANDOM_INTEGER || !/drydock:index:.*-port$/.test(urn) || typeof result !== "number")
            return [];
        const published = resources.flatMap(({ id, inputs = {} }) => {
            const { endpointSpec } = inputs as { endpointSpec?: { ports?: unknown } };
            const ports = inputs.ports ?? endpointSpec?.ports;
            return (Array.isArray(ports) ? (ports as Record<string, unknown>[]) : [])
                .filter(({ external, publishedPort }) => (external ?? publishedPort) === result)
                .map(({ ip, protocol }) => ({ id, ip, protocol }));
        });
        const [{ id: holder, ip, protocol } = {}] = published;
        return [
            {
                urn,
                port: result,
                ip: typeof ip === "string" ? ip : "127.0.0.1",
                ...(protocol === "udp" && { protocol }),
                ...(holder && { holder }),
            },
        ];
    });
}

/**
 * The ports that another container publishes or, if the engine is on this machine, on which any other program listens.
 *
 * @param isLocal whether the engine is on this machine
 */
export async function takenPorts(
    ports: GeneratedPort[],
    docker: EngineState,
    isLocal: boolean,
): Promise<GeneratedPort[]> {
    const taken = await Promise.all(
        ports.map(async ({ port, ip, protocol = "tcp", holder }) => {
            // `docker service ls` leaves out ports in host mode: the containers have them.
            const containers = docker.containers.map((each) => ({ ...each, id: each.service ?? each.id }));
            const publishers = [...containers, ...docker.services].filter((each) =>
                publishes(each.ports, port, protocol),
            );
            if (publishers.some(({ id }) => holder?.startsWith(id))) return false;
            if (publishers.length > 0) return true;
            return isLocal && protocol === "tcp" && (await isPortUsed(port, ip));
        }),
    );
    return ports.filter((_, i) => taken[i]);
}

/** @param ports as `docker ps` prints them: `127.0.0.1:3000->3000/tcp, 0.0.0.0:7000-7002->8000-8002/udp` */
function publishes(ports: string, port: number, protocol: string): boolean {
    return [...ports.matchAll(/:(\d+)(?:-(\d+))?->[^,]*\/(\w+)/g)].some(
        ([, first, last = first, its]) => its === protocol && Number(first) <= port && port <= Number(last),
    );
}

/** URNs of tasks that ran on volumes that no longer exist. A task names its volumes in `triggers`. */
export function tasksOn(volumes: string[], resources: Resource[]): string[] {
    return resources.flatMap(({ urn = "", inputs = {} }) => {
        const { triggers } = inputs;
        const isTask = urn.includes("drydock:index:Task$command:local:Command::");
        const names = Array.isArray(triggers) ? triggers : [];
        return isTask && names.some((name) => volumes.includes(name as string)) ? [urn] : [];
    });
}

/** For messages: `container drydock-dev-db`. */
export function describe({ type, urn = "", id, inputs = {} }: Resource): string {
    const kind = /:(\w+)$/.exec(type)?.[1]?.toLowerCase() ?? type;
    const name = typeof inputs.name === "string" ? inputs.name : (urn.split("::").at(-1) ?? id ?? "");
    return `${kind} ${name}`;
}

/** A sentence for each resource that the next update creates, starts or connects again. */
export function driftOf(resources: Resource[], docker: EngineState): string[] {
    const { missing, stopped, disconnected, stuck } = findDrift(resources, docker, []);
    return [
        ...missing.map((resource) => `${describe(resource)} no longer exists`),
        ...[...stopped, ...stuck].map(({ name, status }) => `container ${name} is not running (${status})`),
        ...disconnected.map(
            ({ container, network }) =>
                `container ${container.name} is disconnected from its network ${network}`,
        ),
    ];
}

/** A sentence for each resource that is not running as the state declares, and whether it may still be starting. */
export function faultsOf(
    resources: Resource[],
    docker: EngineState,
): { sentence: string; starting: boolean }[] {
    const fault = (sentence: string, starting = false) => ({ sentence, starting });
    const ids = resources.filter(({ inputs = {} }) => inputs.mustRun !== false).map(({ id }) => id);
    const ours = docker.containers.filter(({ id }) => ids.includes(id));
    return [
        ...driftOf(resources, docker).map((sentence) => fault(sentence)),
        ...ours
            .filter(({ state }) => state === "restarting")
            .map(({ name, status }) => fault(`container ${name} keeps restarting (${status})`, true)),
        ...ours
            .filter(({ status }) => status.includes("(unhealthy)"))
            .map(({ name }) => fault(`container ${name} is unhealthy`)),
        ...ours
            .filter(({ status }) => status.includes("(health: starting)"))
            .map(({ name }) => fault(`container ${name} is not healthy yet`, true)),
        ...docker.services
            .filter(
                ({ id, running, wanted }) =>
                    ids.some((full) => full?.startsWith(id)) && running === 0 && wanted > 0,
            )
            .map(({ name, wanted }) => fault(`service ${name} runs none of its ${wanted} replicas`)),
    ];
}
