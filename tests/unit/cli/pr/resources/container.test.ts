import type { Effect } from "../../../../../cli/pr/changes.ts";
import { MASK, type Operation, type State, type Step, UNKNOWN } from "../../../../../cli/pr/events.ts";
import { describeContainer, variables } from "../../../../../cli/pr/resources/container.ts";
import { CONTAINER, type Inputs } from "../steps.ts";

/** A service of a Swarm, whose task has an image and other properties. */
const swarm = (image: string, more: Inputs = {}): Inputs => ({
    updateOrder: "start-first",
    image,
    taskSpec: { containerSpec: { image } },
    ...more,
});

describe("the description of a container", () => {
    const state = (inputs: Inputs): State => ({ inputs, outputs: {} });
    const step = (operation: Operation, from?: Inputs, to?: Inputs): Step => ({
        operation,
        urn: `urn:pulumi:prod::shop::${CONTAINER}::it`,
        type: CONTAINER,
        name: "it",
        ...(from && { old: state(from) }),
        ...(to && { new: state(to) }),
    });
    const described = (operation: Operation, from?: Inputs, to?: Inputs) =>
        describeContainer(step(operation, from, to), step(operation, from, to));

    const ports = [{ ip: "127.0.0.1", external: 3000 }, {}];

    test.each<[Operation, Inputs | undefined, Inputs | undefined, string]>([
        ["create", undefined, {}, "container `it` is created"],
        ["create", undefined, undefined, "container `it` is created"],
        [
            "create",
            undefined,
            { ports },
            "container `it` is created, published on `127.0.0.1:3000`, `0.0.0.0:chosen by Docker`",
        ],
        ["delete", { ports }, undefined, "container `it` is removed"],
    ])("says that it appears or disappears: %s", (operation, from, to, sentence) => {
        expect(described(operation, from, to)).toEqual({ sentences: [sentence], effects: [] });
    });

    test.each<[string, Operation, Inputs, Inputs, Effect]>([
        ["is replaced", "replace", { user: "a" }, { user: "b" }, "restarts"],
        ["of a Docker Engine is updated", "update", { memory: 1 }, { memory: 2 }, "in place"],
        [
            "gets a name of its own beside the old one",
            "replace",
            { name: "shop-dev-web-1a2b3c" },
            { name: "shop-dev-web-4d5e6f" },
            "rolling update",
        ],
        [
            "gets another name",
            "replace",
            { name: "shop-dev-web-1a2b3c" },
            { name: "shop-dev-web" },
            "restarts",
        ],
        [
            "keeps its name",
            "replace",
            { name: "shop-dev-web-1a2b3c" },
            { name: "shop-dev-web-1a2b3c", image: "b" },
            "restarts",
        ],
        [
            "gets a name with such letters in it",
            "replace",
            { name: "shop-dev-web" },
            { name: "shop-dev-4d5e6f-web" },
            "restarts",
        ],
        ["of a Swarm gets a new image", "update", swarm("a"), swarm("b"), "rolling update"],
        [
            "of a Swarm stops first",
            "update",
            swarm("a"),
            swarm("b", { updateOrder: "stop-first" }),
            "restarts",
        ],
        [
            "of a Swarm has the order of Docker",
            "update",
            swarm("a"),
            swarm("b", { updateOrder: undefined }),
            "restarts",
        ],
        ["of a Swarm gets more replicas", "update", swarm("a"), swarm("a", { replicas: 2 }), "in place"],
        [
            "of a Swarm gets more replicas and a new image",
            "update",
            swarm("a"),
            swarm("b", { replicas: 2 }),
            "rolling update",
        ],
        [
            "of a Swarm is published",
            "update",
            swarm("a"),
            swarm("a", { endpointSpec: { ports: [{ publishedPort: 80 }] } }),
            "rolling update",
        ],
        [
            "of a Swarm changes in a way that no sentence describes",
            "update",
            swarm("a"),
            swarm("a", { taskSpec: { containerSpec: { image: "a", dir: "/srv" } } }),
            "rolling update",
        ],
        ["of a Swarm gets other labels only", "update", swarm("a"), swarm("a", { labels: [] }), "in place"],
    ])("has the effect of a container that %s", (_, operation, from, to, effect) => {
        expect(described(operation, from, to).effects).toEqual([effect]);
    });

    const udp = (external: number) => ({ ip: "127.0.0.1", external, protocol: "udp" });
    const file = (content: string) => ({ file: "/a", content });
    const hashes = (value: string) => [
        { label: "drydock.file./etc/a", value },
        { label: "com.example.label", value },
    ];
    const volume = { volumeName: "v", containerPath: "/data" };
    const directory = { hostPath: "/srv", containerPath: "/srv" };

    test.each<[string, Inputs, Inputs, string[]]>([
        ["nothing", { image: "a", user: "x" }, { image: "a", user: "x" }, []],
        ["the image", { image: "a" }, { image: "b" }, ["runs the new image"]],
        ["added variables", {}, { envs: ["B=1", "A=1"] }, ["new variables `A`, `B`"]],
        ["an added variable", { envs: ["A=1"] }, { envs: ["A=1", "B=2"] }, ["new variable `B`"]],
        ["a changed variable", { envs: ["A=1=x"] }, { envs: ["A=1=y"] }, ["changed variable `A`"]],
        ["removed variables", { envs: ["A=1"] }, {}, ["removed variable `A`"]],
        ["variables in another order", { envs: ["A=1", "B=2"] }, { envs: ["B=2", "A=1"] }, []],
        ["unknown variables", { envs: ["A=1"] }, { envs: UNKNOWN }, ["variables change"]],
        ["unknown entries for hosts", { hosts: [] }, { hosts: UNKNOWN }, []],
        ["other entries for hosts", { hosts: [] }, { hosts: [{}] }, ["`hosts` changes"]],
        [
            "what else changes",
            { hosts: [], dns: [] },
            { hosts: UNKNOWN, dns: ["1.1.1.1"] },
            ["`dns` changes"],
        ],
        ["variables that were unknown", { envs: UNKNOWN }, { envs: ["A=1"] }, []],
        [
            "a published port",
            {},
            { ports },
            ["published on nothing → `127.0.0.1:3000`, `0.0.0.0:chosen by Docker`"],
        ],
        [
            "a port that is no longer published",
            { ports: [{ external: 1 }] },
            {},
            ["published on `0.0.0.0:1` → nothing"],
        ],
        [
            "several published ports, and a range as one",
            { ports: [udp(53), { ...udp(53), protocol: "tcp" }] },
            { ports: [udp(7000), udp(7001), udp(7002), udp(7004), { ...udp(7005), ip: "10.0.0.1" }] },
            [
                "published on `127.0.0.1:53/udp`, `127.0.0.1:53` → `127.0.0.1:7000-7002/udp`, `127.0.0.1:7004/udp`, `10.0.0.1:7005/udp`",
            ],
        ],
        [
            "a range that is still to be chosen",
            {},
            { ports: [1, 2, 3].map((internal) => ({ internal, ip: "127.0.0.1", external: UNKNOWN })) },
            [`published on nothing → \`127.0.0.1:${UNKNOWN}\``],
        ],
        [
            "host names",
            { networksAdvanced: [{ name: "n" }] },
            { networksAdvanced: [{ name: "n" }, { name: "web", aliases: ["web", "app"] }] },
            ["host names nothing → `app`, `web`"],
        ],
        [
            "no host names of a container beside the old one, which gets them later",
            { networksAdvanced: [{ name: "n", aliases: ["web"] }] },
            { name: "shop-dev-web-4d5e6f", networksAdvanced: [{ name: "n" }] },
            ["its old and its new container overlap"],
        ],
        ["an added file", {}, { uploads: [file("1")] }, ["file `/a` is added"]],
        ["a changed file", { uploads: [file("1")] }, { uploads: [file("2")] }, ["file `/a` changes"]],
        [
            "a changed file by its hash, where Pulumi hides all files",
            { uploads: MASK, labels: hashes("1") },
            { uploads: MASK, labels: hashes("2") },
            ["file `/etc/a` changes"],
        ],
        ["a removed file by its hash", { labels: hashes("1") }, {}, ["file `/etc/a` is removed"]],
        ["the same file", { uploads: [file("1")] }, { uploads: [file("1")] }, []],
        [
            "mounts",
            { volumes: [volume] },
            { volumes: [volume, directory] },
            ["mounts `v at /data` → `v at /data`, `/srv at /srv`"],
        ],
        ["an added mount", {}, { volumes: [volume] }, ["mounts nothing → `v at /data`"]],
        ["memory", { memory: 256 }, { memory: 512 }, ["memory in MiB `256` → `512`"]],
        ["a user, where there was none", {}, { user: "app" }, ["user none → `app`"]],
        ["a removed user", { user: "app" }, {}, ["user `app` → none"]],
        ["a secret user", { user: MASK }, { user: UNKNOWN }, [`user ${MASK} → ${UNKNOWN}`]],
        ["constraints", {}, { constraints: ["a", "b"] }, ["placement constraints none → `[a,b]`"]],
        ["other properties", { init: true }, { dns: ["1.1.1.1"] }, ["`dns` changes", "`init` changes"]],
        [
            "properties that follow from others",
            {},
            {
                labels: [],
                name: "x",
                memorySwap: 1,
                networksAdvanced: [],
                updateOrder: "start-first",
                taskSpec: {},
                endpointSpec: {},
            },
            [],
        ],
    ])("shows %s", (_, from, to, changes) => {
        expect(described("replace", from, to).sentences).toEqual(
            changes.map((change) => `\`it\`: ${change}`),
        );
    });

    test("says that the old and the new container of a rolling update overlap", () => {
        expect(described("update", swarm("a"), swarm("b")).sentences).toEqual([
            "`it`: runs the new image",
            "`it`: its old and its new container overlap",
        ]);
    });

    test("needs no state from before or after", () => {
        const inputs = {
            image: "a",
            user: "app",
            hosts: [],
            replicas: 1,
            envs: ["A=1"],
            uploads: [file("1")],
            volumes: [volume],
        };
        expect(described("update", undefined, inputs)).toEqual({
            sentences: [
                "`it`: new variable `A`",
                "`it`: file `/a` is added",
                "`it`: mounts nothing → `v at /data`",
                "`it`: `hosts` changes",
                "`it`: replicas none → `1`",
                "`it`: user none → `app`",
                "`it`: runs the new image",
            ],
            effects: ["in place"],
        });
        const { sentences } = described("update", inputs, undefined);
        expect(sentences).toContain("`it`: user `app` → none");
        expect(sentences).toContain("`it`: `hosts` changes");
    });
});

test("variables has the variables by name, or nothing if they are not known", () => {
    expect([...variables(["A=1=x", "B="])]).toEqual([
        ["A", "1=x"],
        ["B", ""],
    ]);
    expect([...variables(UNKNOWN)]).toEqual([]);
});
