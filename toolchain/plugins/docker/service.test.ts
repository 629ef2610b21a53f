import { check } from "../../plugin/check";
import { diff } from "../../plugin/diff";
import { withDefaults } from "../../plugin/schema";
import { plainObject, Values } from "../../plugin/values";
import { full } from "./service-example";
import { ServiceInputs, serviceProperties } from "./service-properties";
import { serviceSpec } from "./service-spec";
import { serviceState } from "./service-state";
import { Service, ServiceSpec } from "./swarm-api";

/** The inputs as the plugin gets them, and what it asks Swarm for. */
function declared(inputs: Values) {
    const checked = check(serviceProperties, { name: "app", ...inputs }, {});
    expect(checked.failures).toEqual([]);
    const complete = withDefaults(serviceProperties, plainObject(checked.inputs)) as unknown as ServiceInputs;
    const { image } = complete.taskSpec.containerSpec;
    return { inputs: plainObject(checked.inputs), spec: serviceSpec(complete, { image, platforms: [] }) };
}

/** The state after Swarm took the specification, filled in what it fills in, and gave it back. */
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
test("a service is read back as it was declared, whatever was declared of it", () => {
    const { inputs, spec } = declared(full);
    expect(changes(stateOf(spec), inputs)).toEqual([]);
});

test("what the program leaves to Swarm is no change, as long as it says nothing of it", () => {
    const { inputs, spec } = declared({ taskSpec: { containerSpec } });
    const state = stateOf(spec);
    expect(changes(state, inputs)).toEqual([]);
    expect(state).toMatchObject({
        taskSpec: { containerSpec: { stopGracePeriod: "0s", init: false }, runtime: "container" },
        mode: { replicated: { replicas: 1 }, global: false },
        endpointSpec: { mode: "vip" },
    });
});

test("what Swarm is asked for is in its own terms", () => {
    const { spec } = declared(full);
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

test("ports that Swarm chose are read back, and are no change", () => {
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
    // As officially: a duration in a spelling that is not read back is a change every time.
    [
        "a duration's spelling",
        { stopGracePeriod: "60s" },
        { stopGracePeriod: "60s" },
        ["taskSpec.containerSpec.stopGracePeriod"],
    ],
])(
    "a change of %s is rolled out, or replaces where the official provider does",
    (_, before, after, expected) => {
        const { spec } = declared({ taskSpec: { containerSpec: { ...base, ...before } } });
        const { inputs } = declared({ taskSpec: { containerSpec: { ...base, ...before, ...after } } });
        expect(changes(stateOf(spec), inputs)).toEqual(expected);
    },
);

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
    ["the way updates go", { updateConfig: { order: "start-first" } }, ["updateConfig"]],
    ["the way it is waited for", { convergeConfig: { timeout: "1m" } }, ["convergeConfig"]],
])("so is a change of %s", (_, after, expected) => {
    const { spec } = declared({ taskSpec: { containerSpec } });
    expect(changes(stateOf(spec), declared({ taskSpec: { containerSpec }, ...after }).inputs)).toEqual(
        expected,
    );
});

test("a network by name is replaced every time, as officially: it is read back by its ID", () => {
    const { inputs, spec } = declared({ taskSpec: { containerSpec, networksAdvanceds: [{ name: "n" }] } });
    expect(spec.TaskTemplate.Networks).toMatchObject([{ Target: "n" }]);
    expect(changes(stateOf(spec), inputs)).toEqual(["taskSpec.networksAdvanceds[0] (replace)"]);
});
