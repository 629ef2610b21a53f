import { colorsFor } from "../../../../cli/output.ts";
import type { Resource } from "../../../../cli/state.ts";
import { formatData, ownedVolumes, urnsWithoutData } from "../../../../cli/update/data.ts";
import { isGenerated, protectedResources } from "../../../../cli/update/down.ts";

const STACK = { project: { name: "shop" }, name: "dev" };
const PLAIN = colorsFor({ isTTY: false }, {});

describe("the volumes of a stack", () => {
    const mounts = [
        { name: "shop.dev.db", component: "db" },
        { name: "legacy", component: "cache" },
        { name: "shop.dev.far", component: "far" },
    ];

    test("are deleted if it owns them by name or label, and kept if it only mounts them", () => {
        const labels = { "drydock.project": "shop", "drydock.stack": "dev", "drydock.component": "files" };
        const volumes = [
            { name: "shop.dev.db", labels: {}, size: 2048 },
            { name: "legacy", labels: {} },
            { name: "uploads", labels },
            { name: "shop.development.db", labels: {} },
            { name: "other", labels: { ...labels, "drydock.stack": "prod" } },
        ];
        expect(ownedVolumes(STACK, volumes, mounts)).toEqual([
            { name: "legacy", kind: "volume", component: "cache", deleted: false },
            { name: "shop.dev.db", kind: "volume", component: "db", deleted: true, size: 2048 },
            { name: "shop.dev.far", kind: "volume", component: "far", deleted: true },
            { name: "uploads", kind: "volume", component: "files", deleted: true },
        ]);
    });

    test("include those that nodes of a Swarm have labels for", () => {
        const labelled = ["shop.dev.far", "shop.dev.former", "shop.prod.db"];
        const names = ownedVolumes(STACK, [], mounts.slice(2), labelled).map(({ name }) => name);
        expect(names).toEqual(["shop.dev.far", "shop.dev.former"]);
    });

    test("are listed with their size and what happens to them", () => {
        const data = ownedVolumes(
            STACK,
            [{ name: "shop.dev.db", labels: {}, size: 2048 }],
            mounts.slice(0, 2),
        );
        expect(formatData(data, false, PLAIN).split("\n")).toEqual([
            "DATA         KIND    COMPONENT  SIZE",
            "legacy       volume  cache      unknown  kept",
            "shop.dev.db  volume  db         2.0 KiB  deleted",
        ]);
        expect(formatData(data, true, PLAIN)).not.toContain("deleted");
    });
});

test("--keep-data keeps volumes, the Commands that remove them, passwords, and the dependencies of these", () => {
    const resource = (type: string, name: string, more: Partial<Resource> = {}): Resource => ({
        ...{ type, urn: name, parent: "db" },
        ...more,
    });
    const command = "command:local:Command";
    const hidden = {
        environment: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" },
    };
    const resources = [
        resource("pulumi:pulumi:Stack", "stack", { parent: undefined }),
        resource("pulumi:providers:docker", "docker", { parent: "stack" }),
        resource("drydock:index:PostgresService", "db", { parent: "stack" }),
        resource("drydock:index:WebApp", "web", { parent: "stack" }),
        resource(command, "removal", { inputs: { environment: { VOLUME: "v" } } }),
        resource(command, "node", { inputs: { environment: { PLACE: "v" } } }),
        resource("docker:index/volume:Volume", "volume", {
            dependencies: ["removal"],
            provider: "docker::1234",
        }),
        resource("random:index/randomPassword:RandomPassword", "password"),
        resource(command, "ready", { inputs: { environment: {} } }),
        resource(command, "secret", { inputs: hidden }),
        resource(command, "healthy", { inputs: { environment: {} }, dependencies: ["container"] }),
        resource(command, "migration", { inputs: hidden, dependencies: ["healthy"] }),
        resource("docker:index/container:Container", "container", { dependencies: ["volume"] }),
    ];
    expect(urnsWithoutData(resources)).toEqual(["web", "ready", "healthy", "migration", "container"]);
});

describe("protected resources", () => {
    const urn = (name: string) => `urn:pulumi:dev::shop::type::${name}`;
    const volume = { type: "docker:index/volume:Volume", urn: urn("db-data"), protect: true };
    const container = { type: "docker:index/container:Container", urn: urn("web") };

    test("are named if a removal would delete them", () => {
        const removal = { type: "command:local:Command", urn: urn("db-data-removal"), protect: true };
        expect(protectedResources([volume, removal, container], false)).toEqual(["db-data"]);
        expect(protectedResources([removal, container], false)).toEqual(["db-data-removal"]);
    });

    test("are not named if --keep-data keeps them", () => {
        expect(protectedResources([volume, container], true)).toEqual([]);
        expect(protectedResources([volume, { ...container, protect: true }], true)).toEqual(["web"]);
    });
});

test.each([
    ["encryptionsalt: v1:abc\n", true],
    ['encryptionsalt: v1:abc\nconfig:\n  shop:port: "0"\n', true],
    ['config:\n  shop:port: "0"\n  shop:memory: 1g\n', false],
    ["config:\n  docker:host: ssh://one\n", false],
])("isGenerated(%j) is %j", (config, generated) => {
    expect(isGenerated(config, "shop")).toBe(generated);
});
