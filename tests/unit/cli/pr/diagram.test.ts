import { UNKNOWN } from "../../../../cli/pr/events.ts";
import {
    type Change,
    COMMAND,
    component,
    CONTAINER,
    type Inputs,
    SERVICE,
    summary,
    TASK_CONTAINER,
    VOLUME,
} from "./steps.ts";

const LABELS = [
    { label: "drydock.component", value: "seed" },
    { label: "drydock.task", value: "seed" },
];
const container = (inputs: Inputs = {}): Inputs => ({ image: "sha256:1", labels: LABELS, ...inputs });
const run = (operation: Change[2]): Change => [COMMAND, "seed-run", operation, {}, {}];
const service = ({ image = "a" }): Inputs => ({ taskSpec: { containerSpec: { image, mounts: [] } } });

describe("the diagram", () => {
    const DB = "shop-dev-db";
    const drawn = (task: Inputs): string => {
        const database = component(
            "PostgresService",
            ["docker:index/network:Network", "db-network", "same", {}, { name: DB, labels: owner("db") }],
            [
                "docker:index/container:Container",
                "db",
                "same",
                {},
                { networksAdvanced: [{ name: DB }], labels: owner("db") },
            ],
        );
        const steps = component(
            "Task",
            [TASK_CONTAINER, "seed-run", "create", {}, container(task)],
            run("create"),
        );
        const others = database.map((step) => ({ ...step, urn: step.urn.replace("::it", "::db") }));
        return summary([...others, ...steps]).markdown;
    };
    const owner = (value: string) => [{ label: "drydock.component", value }];

    test("shows a task, and the variable of its link to a database", () => {
        const markdown = drawn({
            networksAdvanced: [{ name: DB }],
            envs: [`DATABASE_URL=postgres://app@${DB}:5432/app`],
        });
        expect(markdown).toContain('n_seed[/"seed<br>Task"/]');
        expect(markdown).toContain("n_seed -->|DATABASE_URL| n_db");
    });

    test("draws a link to a process, and published ports with their protocol", () => {
        const labels = owner("web");
        const steps = component(
            "WebApp",
            ["docker:index/network:Network", "web-network", "same", {}, { name: "shop-dev-web", labels }],
            [CONTAINER, "web", "create", {}, { name: "shop-dev-web", labels }],
            [
                CONTAINER,
                "web-cable",
                "create",
                {},
                {
                    name: "shop-dev-web-cable",
                    labels,
                    networksAdvanced: [{ name: "shop-dev-web" }],
                    ports: [
                        { external: 53, ip: "127.0.0.1", protocol: "udp" },
                        { external: 7000, ip: "0.0.0.0" },
                        { external: 7001, ip: "0.0.0.0" },
                    ],
                },
            ],
        );
        const front = component("WebApp", [
            CONTAINER,
            "front",
            "create",
            {},
            {
                labels: owner("front"),
                networksAdvanced: [{ name: "shop-dev-web" }],
                envs: ["CABLE_URL=ws://shop-dev-web-cable:8080"],
            },
        ]).map((step) => ({ ...step, urn: step.urn.replace("::it", "::front") }));
        const { markdown } = summary([...steps, ...front]);
        const edges = markdown
            .split("\n")
            .filter((line) => /^\s+n_|^\s+host -->/.test(line) && line.includes("-->"));
        expect(edges.map((line) => line.trim()).sort()).toEqual([
            'host -->|"127.0.0.1:53/udp"| n_web_cable',
            'host -->|"all addresses:7000-7001"| n_web_cable',
            "n_front -->|CABLE_URL| n_web_cable",
        ]);
    });

    test.each([
        ["is created", "green", "create", "create", "#d7f5dd"],
        ["runs again", "blue", "update", "replace", "#ddf4ff"],
        ["runs again because of its triggers", "blue", "same", "replace", "#ddf4ff"],
        ["is removed", "red", "delete", "delete", "#ffd7d5"],
        ["only a new version of Drydock describes", "no color", "create", "same", undefined],
    ] as const)("draws a task that %s in %s", (_, __, ofContainer, ofRun, color) => {
        const change: Change = [TASK_CONTAINER, "seed-run", ofContainer, container(), container()];
        const { markdown } = summary([
            ...component("Task", change, run(ofRun)),
            // Without another change, there is no diagram.
            ...component("RedisService", [CONTAINER, "cache", "create", {}, {}]),
        ]);
        expect(/style n_seed fill:(#\w+)/.exec(markdown)?.[1]).toBe(color);
    });

    test("shows that a task reaches this machine", () => {
        const hosts = [{ host: "host.docker.internal", ip: "host-gateway" }];
        expect(drawn({ hosts })).toContain("n_seed --> host");
        expect(drawn({ hosts: [] })).not.toContain("n_seed --> host");
    });
});

test.each([
    [
        CONTAINER,
        VOLUME,
        { volumes: [{ volumeName: "u", containerPath: "/srv", readOnly: true }] },
        { name: "u" },
    ],
    [
        SERVICE,
        COMMAND,
        {
            taskSpec: {
                containerSpec: { mounts: [{ type: "volume", source: "u", target: "/srv", readOnly: true }] },
            },
        },
        { environment: { PLACE: "u", STACK_VOLUMES: "p" } },
    ],
])("the diagram shows what mounts a shared volume (%s)", (container, type, mounting, volume) => {
    const markdown = summary([
        ...component("Volume", [type, "it-data", "same", volume, volume]),
        ...component("WebApp", [container, "front", "create", {}, mounting]),
    ]).markdown;
    expect(markdown).toContain('n_it[("it<br>Volume")]');
    expect(markdown).toContain('n_front -.->|"/srv (read-only)"| n_it');
});

test("the diagram of a Swarm shows links: services join a network by its ID", () => {
    const labels = (value: string) => [{ label: "drydock.component", value }];
    const own = { name: "n", labels: labels("db") };
    const db = component(
        "PostgresService",
        [SERVICE, "db", "update", service({}), { ...service({ image: "b" }), labels: labels("db") }],
        ["docker:index/network:Network", "db-network", "same", own, own],
    );
    const network = db.at(-1);
    if (network?.old) network.old.id = "net-id";
    const linked = {
        ...service({}),
        taskSpec: { containerSpec: { image: "a" }, networksAdvanceds: [{ id: "net-id" }] },
    };
    const web = component("WebApp", [SERVICE, "web", "same", linked, linked]);
    expect(summary([...db, ...web]).markdown).toContain("n_web --> n_db");
});

test.each<[string, string, Inputs, string]>([
    ["container", CONTAINER, { networksAdvanced: UNKNOWN }, "networksAdvanced"],
    [
        "service that joins other networks too",
        SERVICE,
        { taskSpec: { networksAdvanceds: [{ id: "known" }, { id: UNKNOWN }] } },
        "taskSpec",
    ],
    ["service", SERVICE, { taskSpec: { networksAdvanceds: UNKNOWN } }, "taskSpec"],
])("the diagram shows a link to a network that is not known yet: %s", (_, type, joining, property) => {
    const labels = [{ label: "drydock.component", value: "db" }];
    const db = component(
        "PostgresService",
        ["docker:index/network:Network", "db-network", "create", {}, { name: "n", labels }],
        [type, "db", "create", {}, { ...service({}), labels }],
    );
    const web = component("WebApp", [type, "web", "update", {}, joining]);
    // The network, and the password of the link, which has no place in the diagram.
    const urns = [db[1]?.urn ?? "", "urn:pulumi:prod::shop::random:index/randomPassword:RandomPassword::db"];
    const unmasked = web.map((step) => ({ ...step, propertyDependencies: { [property]: urns, envs: urns } }));
    const { markdown } = summary([...db, ...web], [...db, ...unmasked]);
    expect(markdown.match(/n_web --> \w+/g)).toEqual(["n_web --> n_db"]);
});
