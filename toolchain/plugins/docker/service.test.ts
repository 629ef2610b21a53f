import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { check } from "../../plugin/check.ts";
import { diff } from "../../plugin/diff.ts";
import type { Context } from "../../plugin/provider.ts";
import { withDefaults } from "../../plugin/schema.ts";
import { plainObject, type Values } from "../../plugin/values.ts";
import { Daemon } from "./daemon.ts";
import { service } from "./service.ts";
import { type ServiceInputs, serviceProperties } from "./service-properties.ts";
import { serviceSpec } from "./service-spec.ts";
import { serviceState } from "./service-state.ts";
import type { Service, ServiceSpec } from "./swarm-api.ts";

/** A service with all properties. */
const fullService = {
    labels: [{ label: "team", value: "web" }],
    taskSpec: {
        containerSpec: {
            image: "redis:8",
            labels: [{ label: "a", value: "1" }],
            commands: ["redis-server"],
            args: ["--port", "1"],
            env: { B: "2=3", A: "1" },
            hostname: "h",
            dir: "/data",
            user: "redis",
            groups: ["999"],
            privileges: { seLinuxContext: { disable: true } },
            readOnly: true,
            mounts: [
                { type: "bind", target: "/etc/host", source: "/etc", readOnly: true, bindOptions: {} },
                {
                    type: "volume",
                    target: "/data",
                    source: "data",
                    volumeOptions: {
                        noCopy: true,
                        labels: [{ label: "x", value: "y" }],
                        driverName: "local",
                    },
                },
                { type: "tmpfs", target: "/tmp", tmpfsOptions: { sizeBytes: 1024, mode: 0o777 } },
            ],
            stopSignal: "SIGTERM",
            stopGracePeriod: "1m30s",
            healthcheck: { tests: ["CMD", "true"], interval: "1s", retries: 2 },
            hosts: [{ host: "db", ip: "fd00::1" }],
            dnsConfig: { nameservers: ["1.1.1.1"], searches: ["local"] },
            secrets: [{ secretId: "s", secretName: "password", fileName: "/run/password", fileMode: 0o400 }],
            configs: [{ configId: "c", configName: "conf", fileName: "/etc/conf", fileUid: "999" }],
            sysctl: { "net.core.somaxconn": "512" },
            capAdds: ["CAP_NET_ADMIN"],
            capDrops: ["ALL"],
            init: true,
        },
        resources: {
            limits: { memoryBytes: 1024, nanoCpus: 5 },
            reservation: { genericResources: { discreteResourcesSpecs: ["SSD=3"] } },
        },
        restartPolicy: { condition: "on-failure", delay: "1s", maxAttempts: 3, window: "0s" },
        placement: { constraints: ["node.role==manager"], prefs: ["node.labels.zone"], maxReplicas: 2 },
        networksAdvanceds: [{ id: "n", aliases: ["store"], driverOpts: ["a=b"] }],
        logDriver: { name: "json-file", options: { "max-size": "1m" } },
    },
    mode: { replicated: { replicas: 3 } },
    updateConfig: { order: "start-first", failureAction: "rollback", maxFailureRatio: "0.5", delay: "1m" },
    rollbackConfig: {},
    endpointSpec: { mode: "dnsrr", ports: [{ targetPort: 80, publishedPort: 8080, publishMode: "host" }] },
} as unknown as Values;

/** The checked inputs and the specification for Swarm. */
function declared(inputs: Values) {
    const checked = check(serviceProperties, { name: "app", ...inputs }, {});
    expect(checked.failures).toEqual([]);
    const complete = withDefaults(serviceProperties, plainObject(checked.inputs)) as unknown as ServiceInputs;
    const { image } = complete.taskSpec.containerSpec;
    return { inputs: plainObject(checked.inputs), spec: serviceSpec(complete, { image, platforms: [] }) };
}

/** The state read back after Swarm has added its defaults to the specification. */
function stateOf(spec: ServiceSpec, more: Partial<Service> = {}): Values {
    const kept = JSON.parse(JSON.stringify(spec)) as ServiceSpec;
    kept.TaskTemplate.Runtime = "container";
    kept.EndpointSpec = { ...kept.EndpointSpec, Mode: kept.EndpointSpec?.Mode ?? "vip" };
    if (!kept.Mode.Global) kept.Mode.Replicated ??= { Replicas: 1 };
    return serviceState({ ID: "id", Version: { Index: 1 }, Spec: kept, ...more });
}

const changes = (state: Values, inputs: Values) =>
    diff(serviceProperties, state, inputs).map(({ path, replace }) => (replace ? `${path} (replace)` : path));

const containerSpec = { image: "redis:8" };
test("a service with all properties has no diff when it is read back", () => {
    const { inputs, spec } = declared(fullService);
    expect(changes(stateOf(spec), inputs)).toEqual([]);
});

test("defaults of Swarm are not a diff", () => {
    const { inputs, spec } = declared({ taskSpec: { containerSpec } });
    const state = stateOf(spec);
    expect(changes(state, inputs)).toEqual([]);
    expect(state).toMatchObject({
        taskSpec: { containerSpec: { stopGracePeriod: "0s", init: false }, runtime: "container" },
        mode: { replicated: { replicas: 1 }, global: false },
        endpointSpec: { mode: "vip" },
    });
});

test("converts inputs to Swarm's specification", () => {
    const { spec } = declared(fullService);
    expect(spec.TaskTemplate.ContainerSpec).toMatchObject({
        Env: ["A=1", "B=2=3"],
        StopGracePeriod: 90e9,
        Hosts: ["fd00::1 db"],
        Secrets: [{ SecretID: "s", File: { Name: "/run/password", UID: "0", GID: "0", Mode: 256 } }],
    });
    expect(spec.UpdateConfig).toEqual({
        Parallelism: 1,
        Delay: 60e9,
        FailureAction: "rollback",
        Monitor: 5e9,
        MaxFailureRatio: 0.5,
        Order: "start-first",
    });
    expect(declared({ taskSpec: { containerSpec }, mode: { global: true } }).spec.Mode).toEqual({
        Global: {},
    });
});

test("ports chosen by Swarm are read back and not a diff", () => {
    const { inputs, spec } = declared({
        taskSpec: { containerSpec },
        endpointSpec: { ports: [{ targetPort: 80 }] },
    });
    const Ports = [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 30000, PublishMode: "ingress" }];
    const state = stateOf(spec, { Endpoint: { Spec: { Mode: "vip" }, Ports } });
    expect(state.endpointSpec).toMatchObject({ ports: [{ publishedPort: 30000 }] });
    expect(changes(state, inputs)).toEqual([]);
});

const base = {
    image: "redis:8",
    hosts: [{ host: "a", ip: "1.1.1.1" }],
    mounts: [{ type: "volume", target: "/a", source: "a" }],
};

test.each<[string, object, object, string[]]>([
    ["an image", {}, { image: "redis:9" }, ["taskSpec.containerSpec.image"]],
    ["a first environment", {}, { env: { A: "1" } }, ["taskSpec.containerSpec.env.A"]],
    [
        "a secret",
        { secrets: [{ secretId: "1", secretName: "s1", fileName: "f" }] },
        { secrets: [{ secretId: "2", secretName: "s2", fileName: "f" }] },
        ["taskSpec.containerSpec.secrets[0]"],
    ],
    [
        "a container's label",
        { labels: [{ label: "a", value: "1" }] },
        { labels: [{ label: "a", value: "2" }] },
        ["taskSpec.containerSpec.labels[0] (replace)"],
    ],
    ["a host", {}, { hosts: [] }, ["taskSpec.containerSpec.hosts[0] (replace)"]],
    [
        "a mount",
        {},
        { mounts: [{ type: "volume", target: "/b", source: "a" }] },
        ["taskSpec.containerSpec.mounts[0]"],
    ],
    [
        "a mount with labels",
        {},
        { mounts: [{ ...base.mounts[0], volumeOptions: { labels: [{ label: "a", value: "1" }] } }] },
        ["taskSpec.containerSpec.mounts[0] (replace)"],
    ],
    // As in the official provider, a duration in another spelling is always a diff.
    [
        "a duration's spelling",
        { stopGracePeriod: "60s" },
        { stopGracePeriod: "60s" },
        ["taskSpec.containerSpec.stopGracePeriod"],
    ],
])("a change of %s updates or replaces as in the official provider", (_, before, after, expected) => {
    const { spec } = declared({ taskSpec: { containerSpec: { ...base, ...before } } });
    const { inputs } = declared({ taskSpec: { containerSpec: { ...base, ...before, ...after } } });
    expect(changes(stateOf(spec), inputs)).toEqual(expected);
});

test.each<[string, Values, string[]]>([
    ["replicas", { mode: { replicated: { replicas: 2 } } }, ["mode.replicated.replicas"]],
    ["labels", { labels: [{ label: "a", value: "1" }] }, ["labels[0]"]],
    ["a login", { auth: { serverAddress: "registry.example.com" } }, ["auth (replace)"]],
    ["a name", { name: "other" }, ["name (replace)"]],
    [
        "a network",
        { taskSpec: { containerSpec, networksAdvanceds: [{ id: "n" }] } },
        ["taskSpec.networksAdvanceds (replace)"],
    ],
    ["updateConfig", { updateConfig: { order: "start-first" } }, ["updateConfig"]],
    ["convergeConfig", { convergeConfig: { timeout: "1m" } }, ["convergeConfig"]],
])("a change of %s updates or replaces the service as in the official provider", (_, after, expected) => {
    const { spec } = declared({ taskSpec: { containerSpec } });
    expect(changes(stateOf(spec), declared({ taskSpec: { containerSpec }, ...after }).inputs)).toEqual(
        expected,
    );
});

test("a network given by name is always replaced, as in the official provider: it is read back by ID", () => {
    const { inputs, spec } = declared({ taskSpec: { containerSpec, networksAdvanceds: [{ name: "n" }] } });
    expect(spec.TaskTemplate.Networks).toMatchObject([{ Target: "n" }]);
    expect(changes(stateOf(spec), inputs)).toEqual(["taskSpec.networksAdvanceds[0] (replace)"]);
});

test.each<[string, Values, string]>([
    ["an endpoint mode", { endpointSpec: { mode: "lvs" } }, "endpointSpec.mode"],
    ["a ratio", { updateConfig: { maxFailureRatio: "2" } }, "updateConfig.maxFailureRatio"],
    ["a duration", { convergeConfig: { timeout: "5" } }, "convergeConfig.timeout"],
    ["a count", { mode: { replicated: { replicas: -1 } } }, "mode.replicated.replicas"],
    [
        "a mount's type",
        { taskSpec: { containerSpec: { image: "a", mounts: [{ type: "npipe", target: "/a" }] } } },
        "taskSpec.containerSpec.mounts[0].type",
    ],
    ["a missing image", { taskSpec: { containerSpec: {} } }, "taskSpec.containerSpec.image"],
])("refuses %s that Swarm would reject, and names its path", (_, inputs, property) => {
    const { failures } = check(
        serviceProperties,
        { name: "app", taskSpec: { containerSpec }, ...inputs },
        {},
    );
    expect(failures).toMatchObject([{ property }]);
});

const DIGEST = `sha256:${"a".repeat(64)}`;

/** A request to the engine: path, login and image. */
interface Received {
    path: string;
    login: unknown;
    image?: string;
}

/** A fake engine that has one service and records requests. */
function engine(received: Received[]): Server {
    let spec: Record<string, unknown> = {};
    const answer = async (request: IncomingMessage) => {
        const url = request.url ?? "";
        const login = request.headers["x-registry-auth"] as string | undefined;
        let body = "";
        for await (const piece of request) body += String(piece);
        if (request.method === "POST") spec = JSON.parse(body) as typeof spec;
        const task = spec.TaskTemplate as { ContainerSpec: { Image: string } } | undefined;
        if (login)
            received.push({
                path: url.replace(/\?.*/, ""),
                login: JSON.parse(Buffer.from(login, "base64url").toString()),
                ...(request.method === "POST" && { image: task?.ContainerSpec.Image }),
            });
        if (url.startsWith("/distribution/"))
            return { Descriptor: { digest: DIGEST }, Platforms: [{ architecture: "arm", os: "linux" }] };
        return { ID: "id", Version: { Index: 1 }, Spec: spec, Endpoint: { Spec: spec.EndpointSpec } };
    };
    return createServer((request, response) => {
        void answer(request).then((json) => response.end(JSON.stringify(json)));
    });
}

describe("the login for a service's image", () => {
    const received: Received[] = [];
    const server = engine(received);
    const daemon = new Daemon();
    const type = service(daemon);
    const context: Context = {
        name: "app",
        signal: new AbortController().signal,
        status: () => undefined,
        log: () => undefined,
    };
    const inputs = (more: Values = {}): Values => ({
        name: "app",
        taskSpec: { containerSpec: { image: "registry.example.com/app:1" } },
        ...more,
    });

    beforeAll(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        await daemon.configure({
            host: `tcp://127.0.0.1:${port}`,
            disableDockerDaemonCheck: true,
            registryAuth: [{ address: "registry.example.com", username: "all", password: "p" }],
        });
    });
    beforeEach(() => {
        received.length = 0;
    });
    afterAll(() => {
        server.close();
    });

    const own = { auth: { serverAddress: "registry.example.com", username: "one", password: "q" } };
    test.each([
        ["that of the service", own, "one"],
        ["that of the provider", {}, "all"],
    ])("is %s, when resolving, creating and updating", async (_, more, username) => {
        const login = expect.objectContaining({ username, serveraddress: "registry.example.com" }) as unknown;
        const { id, state } = await type.create(inputs(more), context);
        await type.update?.(id, state, inputs(more), context);
        const image = "registry.example.com/app:1";
        expect(received).toEqual([
            { path: `/distribution/${image}/json`, login },
            { path: "/services/create", login, image: `${image}@${DIGEST}` },
            // As in the official provider, an update sends the tag without a digest.
            { path: "/services/id/update", login, image },
        ]);
        expect(state).toMatchObject({
            taskSpec: { placement: { platforms: [{ architecture: "", os: "linux" }] } },
        });
    });

    test("is empty if there is none, as in the official provider", async () => {
        await type.create(inputs({ auth: { serverAddress: "registry.example.com" } }), context);
        expect(received.at(-1)).toMatchObject({ path: "/services/create", login: {} });
    });
});
