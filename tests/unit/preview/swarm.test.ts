import type { Operation } from "../../../preview/events.ts";
import { COMMAND, component, type Inputs, SECRET, SERVICE, summary } from "./steps.ts";

const service = ({
    order = "start-first",
    replicas = 1,
    image = "a",
    mounts = [] as Inputs[],
    ports = [] as Inputs[],
}) => ({
    name: "prod-web",
    labels: [{ label: "drydock.component", value: "web" }],
    mode: { replicated: { replicas } },
    updateConfig: { order },
    endpointSpec: { ports },
    taskSpec: {
        containerSpec: { image, mounts },
        resources: { limits: { memoryBytes: 512 * 1024 * 1024 } },
    },
});

describe("what a change does to a service of a Swarm", () => {
    test.each<[string, Inputs, Inputs, string | RegExp]>([
        [
            "another image, where there may be two",
            service({}),
            service({ image: "b" }),
            "replaced one by one, goes on answering",
        ],
        [
            "another image, where there is data",
            service({ order: "stop-first" }),
            service({ order: "stop-first", image: "b" }),
            "**restarts**: down for some seconds",
        ],
        [
            "more replicas",
            service({}),
            service({ replicas: 3 }),
            /replicas `1` → `3`.*changed in place, goes on running/,
        ],
        [
            "more replicas of another image",
            service({}),
            service({ replicas: 3, image: "b" }),
            "replaced one by one, goes on answering",
        ],
        [
            "a port",
            service({}),
            service({ ports: [{ targetPort: 3000, publishedPort: 80 }] }),
            "published on nothing → `0.0.0.0:80`",
        ],
    ])("%s", (_, from, to, expected) => {
        const { markdown } = summary(component("WebApp", [SERVICE, "web", "update", from, to]));
        if (typeof expected === "string") expect(markdown).toContain(expected);
        else expect(markdown).toMatch(expected);
    });

    test("tells the names of variables in its secret, and no value", () => {
        const data = (text: string) => ({ data: Buffer.from(text).toString("base64") });
        const [from, to] = [
            data("export A=1\nexport B=rum\n"),
            data("export A=1\nexport B=gin\nexport C=tea\n"),
        ];
        const { markdown } = summary(component("WebApp", [SECRET, "web-environment", "replace", from, to]));
        expect(markdown).toContain("new variable `C`");
        expect(markdown).toContain("changed variable `B`");
        expect(markdown).not.toMatch(/rum|gin|tea/);
    });

    test("tells that a file changes", () => {
        const { markdown } = summary(
            component("PostgresService", [
                SECRET,
                "db-postgres-password",
                "replace",
                { data: "YQ==" },
                { data: "Yg==" },
            ]),
        );
        expect(markdown).toContain("file `db-postgres-password` changes");
    });
});

describe("data on a node of a Swarm", () => {
    const data = {
        delete: "docker service create; docker node update --label-rm drydock.data.shop.prod.web",
        triggers: ["shop.prod.web"],
    };

    test.each<[Operation, Inputs, Inputs, string]>([
        ["delete", data, {}, "volume `web-data` is deleted, with all its data"],
        [
            "replace",
            data,
            { ...data, triggers: ["other"] },
            "volume `web-data` is deleted and made anew, empty",
        ],
    ])("is at risk where its mark is to %s", (operation, from, to, expected) => {
        const { risks } = summary(component("PostgresService", [COMMAND, "web-data", operation, from, to]));
        expect(risks.map(({ what }) => what)).toEqual([expected]);
    });

    test("is not at risk where another command goes", () => {
        const { risks } = summary(
            component("WebApp", [COMMAND, "web-image-start", "delete", { create: "x" }, {}]),
        );
        expect(risks).toEqual([]);
    });

    test("is at risk where it is mounted no more", () => {
        const mounts = [{ type: "volume", source: "shop.prod.web", target: "/data" }];
        const { risks } = summary(
            component("RedisService", [SERVICE, "web", "update", service({ mounts }), service({})]),
        );
        expect(risks[0]?.what).toContain("volume `shop.prod.web` is no longer at `/data`");
    });
});

test("the picture shows what a service is linked to: on a Swarm a network is known by its ID", () => {
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
