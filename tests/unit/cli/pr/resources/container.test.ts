import type { Effect } from "../../../../../cli/pr/changes.ts";
import { MASK, type Operation, type State, type Step, UNKNOWN } from "../../../../../cli/pr/events.ts";
import { describeContainer, variables } from "../../../../../cli/pr/resources/container.ts";
import { type Change, COMMAND, component, CONTAINER, type Inputs, risks, SERVICE } from "../steps.ts";

const SWARM = { updateOrder: "start-first" };

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

    const stopFirst = { updateOrder: "stop-first" };

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
        ["of a Swarm gets a new image", "update", SWARM, { ...SWARM, image: "b" }, "rolling update"],
        ["of a Swarm stops first", "update", stopFirst, { ...stopFirst, image: "b" }, "restarts"],
        ["of a Swarm gets more replicas", "update", SWARM, { ...SWARM, replicas: 2 }, "in place"],
        [
            "of a Swarm gets more replicas and a new image",
            "update",
            SWARM,
            { ...SWARM, replicas: 2, image: "b" },
            "rolling update",
        ],
        ["of a Swarm gets other labels only", "update", SWARM, { ...SWARM, labels: [] }, "in place"],
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
            { labels: [], name: "x", memorySwap: 1, networksAdvanced: [], updateOrder: "start-first" },
            [],
        ],
    ])("shows %s", (_, from, to, changes) => {
        expect(described("replace", from, to).sentences).toEqual(
            changes.map((change) => `\`it\`: ${change}`),
        );
    });

    test("says that the old and the new container of a rolling update overlap", () => {
        expect(described("update", SWARM, { ...SWARM, image: "b" }).sentences).toEqual([
            "`it`: runs the new image",
            "`it`: its old and its new container overlap",
        ]);
    });

    test("needs no state from before or after", () => {
        const inputs = {
            image: "a",
            user: "app",
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
                "`it`: replicas none → `1`",
                "`it`: user none → `app`",
                "`it`: runs the new image",
            ],
            effects: ["in place"],
        });
        expect(described("update", inputs, undefined).sentences).toContain("`it`: user `app` → none");
    });
});

test("variables has no names if the variables are not known", () => {
    expect([...variables(UNKNOWN).keys()]).toEqual([]);
});

const volumes = [{ volumeName: "data", containerPath: "/data" }];

describe("data that a container no longer mounts", () => {
    const directory = { volumes: [{ hostPath: "/srv", containerPath: "/data" }] };

    test.each<[string, Inputs, string[]]>([
        [
            "a directory",
            directory,
            [
                "directory `/srv` is no longer mounted at `/data`: its data is kept, but nothing uses it any more",
            ],
        ],
        ["a read-only directory", { volumes: [{ ...directory.volumes[0], readOnly: true }] }, []],
    ])("is at risk unless it is read-only: %s", (_, from, expected) => {
        expect(risks(component("WebApp", [CONTAINER, "it", "replace", from, {}]))).toEqual(expected);
    });

    test.each<[Operation, string]>([
        ["delete", "volume `it-volume` is deleted with all its data"],
        ["replace", "volume `it-volume` is deleted with all its data, and an empty one is created"],
    ])("is reported once if its volume is deleted too: %s", (operation, expected) => {
        // A state of version 0.1.0, whose command deletes the volume at once.
        const command = {
            delete: "docker service create; docker node update --label-rm drydock.data.data",
            triggers: ["data"],
        };
        const service = (mounts: Inputs[]) => ({ taskSpec: { containerSpec: { mounts } } });
        const mount = { type: "volume", source: "data", target: "/data" };
        const steps = component(
            "RedisService",
            [COMMAND, "it-volume", operation, command, { ...command, triggers: ["other"] }],
            [SERVICE, "it", "update", service([mount]), service([])],
        );
        expect(risks(steps)).toEqual([expected]);
    });
});

describe("a move from a Swarm to a Docker Engine", () => {
    const mounts = [{ type: "volume", source: "data", target: "/data" }];
    const service = { taskSpec: { containerSpec: { mounts } } };
    const removed: Change = [SERVICE, "it", "delete", service, {}];
    const created: Change = [CONTAINER, "it-new", "create", {}, { volumes }];

    const MOVES =
        "it moves from the Swarm to a Docker Engine: its data is kept on the node that has it, and is used only if that node is this Docker Engine";
    const UNMOUNTED =
        "volume `data` is no longer mounted at `/data`: its data is kept, but nothing uses it any more";

    test.each<[string, Change[], string[]]>([
        ["a service becomes a container", [removed, created], [MOVES]],
        ["a service stays", [[SERVICE, "it", "update", service, service], created], []],
        ["a service without data is removed", [[SERVICE, "it", "delete", {}, {}], created], []],
        ["a service becomes another service", [removed, [SERVICE, "it-new", "create", {}, service]], []],
        ["a service is removed", [removed], [UNMOUNTED]],
        ["a container has no data", [removed, [CONTAINER, "it-new", "create", {}, {}]], [UNMOUNTED]],
        [
            "a container was there before",
            [removed, [CONTAINER, "it-new", "same", { volumes }, { volumes }]],
            [],
        ],
        ["a container becomes another", [[CONTAINER, "it", "delete", { volumes }, {}], created], []],
    ])("is a risk only if the data may be on another machine: %s", (_, changes, expected) => {
        expect(risks(component("RedisService", ...changes))).toEqual(expected);
    });
});

describe("a database or a password that comes or goes with its container", () => {
    const uploads = (file: string, content: string) => ({ uploads: [{ file, content }] });
    const password = uploads("/run/drydock/redis-password", "x");
    const named = { envs: ["POSTGRES_DB=a"] };

    test.each<[string, Change]>([
        ["a name that is added", [CONTAINER, "it", "replace", {}, named]],
        ["a name that is removed", [CONTAINER, "it", "replace", named, {}]],
        ["a container that is created", [CONTAINER, "it", "create", {}, { ...named, ...password }]],
        ["a container that is removed", [CONTAINER, "it", "delete", { ...named, ...password }, {}]],
        [
            "another file of Drydock",
            [
                CONTAINER,
                "it",
                "replace",
                uploads("/run/drydock/start", "a"),
                uploads("/run/drydock/start", "b"),
            ],
        ],
        [
            "a password file of the user",
            [CONTAINER, "it", "replace", uploads("/etc/my-password", "a"), uploads("/etc/my-password", "b")],
        ],
    ])("is no risk: %s", (_, change) => {
        expect(risks(component("RedisService", change))).toEqual([]);
    });
});
