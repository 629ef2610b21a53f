import type Docker from "dockerode";
import {
    declaredProcesses,
    describeContainer,
    groupByComponent,
    usageBetween,
} from "../../../cli/inventory.ts";
import type { Resource } from "../../../cli/state.ts";

const STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const urn = (types: string, name: string) => `urn:pulumi:dev::shop::${types}::${name}`;

const APP = urn("drydock:index:RailsWebApp", "web");
const INNER = urn("drydock:index:RailsWebApp$drydock:index:WebApp", "web");
const CONTAINER = "docker:index/container:Container";

function container(name: string, parent: string, more: Partial<Resource> = {}): Resource {
    return {
        type: CONTAINER,
        urn: `${parent.split("::").slice(0, 3).join("::")}$${CONTAINER}::${name}`,
        id: `id-${name}`,
        parent,
        inputs: { image: "sha256:1", waitTimeout: 70 },
        ...more,
    };
}

const RESOURCES: Resource[] = [
    { type: "pulumi:pulumi:Stack", urn: STACK },
    { type: "drydock:index:RailsWebApp", urn: APP, parent: STACK, outputs: { url: "http://127.0.0.1:3000" } },
    { type: "drydock:index:WebApp", urn: INNER, parent: APP, outputs: { url: "http://127.0.0.1:3000" } },
    {
        type: "drydock:index:PostgresService",
        urn: urn("drydock:index:PostgresService", "db"),
        parent: STACK,
        outputs: { address: "" },
    },
    {
        type: "docker:index/remoteImage:RemoteImage",
        urn: urn("docker:index/remoteImage:RemoteImage", "db-image"),
        inputs: { name: "postgres:17@sha256:abc" },
        outputs: { imageId: "sha256:1" },
    },
    container("web-worker", INNER),
    container("web", INNER),
    container("db", urn("drydock:index:PostgresService", "db"), {
        inputs: { image: "sha256:1", volumes: [{ volumeName: "shop.dev.db", containerPath: "/data" }] },
    }),
    container("proxy", STACK, {
        inputs: { image: "nginx:1.29", ports: [{ ip: "127.0.0.1", internal: 80, external: 8080 }] },
    }),
];

describe("the processes in a state", () => {
    const processes = declaredProcesses(RESOURCES);

    test("belong to the outermost component, by the names in its arguments", () => {
        expect(processes.map(({ component, type, process }) => `${component} ${type} ${process}`)).toEqual([
            "web RailsWebApp worker",
            "web RailsWebApp web",
            "db PostgresService server",
            `proxy ${CONTAINER} server`,
        ]);
    });

    test("of replicas have the name of the process and the number", () => {
        const labels = [
            { label: "drydock.component", value: "web" },
            { label: "drydock.replica", value: "2" },
        ];
        const replicas = ["web-2", "web-worker-2"].map((name) =>
            container(name, INNER, { inputs: { labels } }),
        );
        // A process may have such a name too.
        const named = container("web-3", INNER);
        const all = declaredProcesses([...RESOURCES, ...replicas, named]);
        expect(
            all.slice(-3).map(({ process, replicaOf, resource }) => ({ process, replicaOf, resource })),
        ).toEqual([
            { process: "web-2", replicaOf: "web", resource: "web-2" },
            { process: "worker-2", replicaOf: "worker", resource: "web-worker-2" },
            { process: "3", replicaOf: undefined, resource: "web-3" },
        ]);
    });

    test("include the old container that still serves, if the new one has not become healthy", () => {
        const old = container("web", INNER, { id: "id-old", delete: true });
        const traffic = (id: string): Resource => ({
            type: "command:local:Command",
            urn: `${INNER}$command:local:Command::web-traffic`,
            inputs: { environment: { CONTAINER_ID: id, GATEWAY_NETWORKS: "front" } },
        });
        const ids = (id: string) =>
            declaredProcesses([...RESOURCES, old, traffic(id)]).map((process) => process.id);
        expect(ids("id-old")).toEqual(["id-web-worker", "id-old", "id-db", "id-proxy"]);
        expect(ids("id-web")).toEqual(["id-web-worker", "id-web", "id-db", "id-proxy"]);
    });

    test("have the image's name in place of its ID", () => {
        expect(processes.map(({ image }) => image)).toEqual([
            "postgres:17",
            "postgres:17",
            "postgres:17",
            "nginx:1.29",
        ]);
    });

    test("have the name of an image that a command has built", () => {
        const build: Resource = {
            type: "command:local:Command",
            urn: urn("command:local:Command", "web-image"),
            inputs: { environment: { BUILT_IMAGE: "shop/web:dev" } },
            outputs: { stdout: "sha256:2" },
        };
        const built = container("web", INNER, { inputs: { image: "sha256:2" } });
        expect(declaredProcesses([build, built]).map(({ image }) => image)).toEqual(["shop/web:dev"]);
    });

    test("have the address of their component, or of their port", () => {
        expect(processes.map(({ address }) => address)).toEqual([
            "http://127.0.0.1:3000",
            "http://127.0.0.1:3000",
            undefined,
            "127.0.0.1:8080",
        ]);
    });

    test.each([
        ["127.0.0.1:80, 127.0.0.1:443", { httpAddress: "127.0.0.1:80", httpsAddress: "127.0.0.1:443" }],
        ["127.0.0.1:80", { httpAddress: "127.0.0.1:80", httpsAddress: "" }],
    ])("of a gateway have the address %s", (address, outputs) => {
        const gateway = urn("drydock:index:Gateway", "front");
        const own = { type: "drydock:index:Gateway", urn: gateway, parent: STACK, outputs };
        expect(declaredProcesses([own, container("front", gateway)])[0]?.address).toBe(address);
    });

    test.each<Partial<Resource>>([{ delete: true }, { external: true }, { inputs: { mustRun: false } }])(
        "leave out %j",
        (more) => {
            expect(declaredProcesses([container("web", INNER, more)])).toEqual([]);
        },
    );

    test("of a Swarm have the mounts of their service", () => {
        const service: Resource = {
            type: "docker:index/service:Service",
            urn: urn("docker:index/service:Service", "db"),
            id: "s1",
            inputs: {
                taskSpec: {
                    containerSpec: {
                        image: "postgres:17",
                        mounts: [
                            { type: "volume", source: "shop.dev.db", target: "/data" },
                            { type: "bind", source: "/srv", target: "/srv" },
                            { type: "tmpfs", target: "/dev/shm" },
                        ],
                    },
                },
            },
        };
        expect(declaredProcesses([service])).toMatchObject([
            {
                isService: true,
                image: "postgres:17",
                volumes: [
                    { name: "shop.dev.db", path: "/data" },
                    { name: "", path: "/srv", hostPath: "/srv" },
                ],
            },
        ]);
    });
});

test("components are sorted by name, and their web process comes first", () => {
    const components = groupByComponent(declaredProcesses(RESOURCES), () => ({ containers: [] }));
    expect(components.map(({ name, processes }) => [name, ...processes.map(({ name }) => name)])).toEqual([
        ["db", "server"],
        ["proxy", "server"],
        ["web", "web", "worker"],
    ]);
    expect(components[0]?.volumes).toEqual([{ name: "shop.dev.db", path: "/data" }]);
});

describe("a container", () => {
    const inspected = (state: object) =>
        ({
            Id: "1",
            Name: "/shop-dev-web",
            RestartCount: 2,
            Config: { Image: "sha256:1" },
            HostConfig: { Memory: 1024 },
            State: {
                Status: "running",
                Running: true,
                StartedAt: "2026-01-01T00:00:00Z",
                FinishedAt: "0001-01-01T00:00:00Z",
                ExitCode: 0,
                ...state,
            },
        }) as Docker.ContainerInspectInfo;

    test("that is healthy has its health, limit and start", () => {
        expect(describeContainer(inspected({ Health: { Status: "healthy" } }))).toEqual({
            id: "1",
            name: "shop-dev-web",
            state: "running",
            health: "healthy",
            restarts: 2,
            since: "2026-01-01T00:00:00Z",
            memoryLimit: 1024,
        });
    });

    test("that has ended has its exit code, and when it ended", () => {
        const ended = { Status: "exited", Running: false, ExitCode: 3, FinishedAt: "2026-01-02T00:00:00Z" };
        expect(describeContainer(inspected(ended))).toMatchObject({
            state: "exited",
            exitCode: 3,
            since: "2026-01-02T00:00:00Z",
        });
    });

    test("that never started has no time", () => {
        expect(describeContainer(inspected({ Status: "created", Running: false }))).not.toHaveProperty(
            "since",
        );
    });
});

describe("memory and CPU", () => {
    const stats = (cpu: number, system: number, memory: object) =>
        ({
            cpu_stats: { cpu_usage: { total_usage: cpu }, system_cpu_usage: system, online_cpus: 4 },
            memory_stats: memory,
        }) as Docker.ContainerStats;

    test.each([
        ["cgroup v1", { total_inactive_file: 100, inactive_file: 7 }],
        ["cgroup v2", { inactive_file: 100 }],
    ])("are counted without the page cache under %s", (_, cache) => {
        const memory = { usage: 1100, stats: cache };
        expect(usageBetween(stats(0, 0, memory), stats(50, 200, memory))).toEqual({
            memory: 1000,
            cpuPercent: 100,
        });
    });

    test("are missing for a container that has ended", () => {
        expect(usageBetween(stats(0, 0, {}), stats(0, 0, {}))).toEqual({});
    });

    test("are missing if the engine does not measure them", () => {
        expect(usageBetween({} as Docker.ContainerStats, {} as Docker.ContainerStats)).toEqual({});
    });
});
