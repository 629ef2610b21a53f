import { RedisService, WebApp } from "../../../components/index.ts";
import { toDnsLabel } from "../../../components/shared/names.ts";
import { SERVICE_CONFIG, CONTAINER, NETWORK, SECRET, SERVICE, VOLUME } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe("a host name", () => {
    test.each([
        ["a text that is one already", "shop-dev-db", /^shop-dev-db$/],
        ["the longest there is", "a".repeat(63), /^a{63}$/],
        ["one too long, cut", "a".repeat(64), /^a{55}-[0-9a-f]{7}$/],
        ["one cut at a dash", `${"a".repeat(54)}-${"b".repeat(20)}`, /^a{54}-[0-9a-f]{7}$/],
        ["capitals", "Shop", /^shop-[0-9a-f]{7}$/],
        ["what DNS does not take", "a_b.c d", /^a-b-c-d-[0-9a-f]{7}$/],
        ["dashes at the ends", "-a-", /^a-[0-9a-f]{7}$/],
        ["nothing that is left", "_", /^[0-9a-f]{7}$/],
    ])("of %s", (_, text, expected) => {
        expect(toDnsLabel(text)).toMatch(expected);
    });

    test("differs where the texts do, and not from time to time", () => {
        const names = ["a_b", "a.b", "A-b", "a-b", "x".repeat(70), "x".repeat(71)].map(toDnsLabel);
        expect(new Set(names).size).toBe(names.length);
        expect(toDnsLabel("a_b")).toBe(toDnsLabel("a_b"));
    });
});

describe.each(ENGINES)("the names on %s", (engine) => {
    const physical = async (name: string, settings: { project?: string; stack?: string }) => {
        const program = () => ({ c: new RedisService(name, { engine }).connection });
        const { container, one, volumes } = await runOn(engine, program, settings);
        return [container().host, one(NETWORK).inputs.name, volumes[0]?.volume];
    };

    test("carry project, stack and component", async () => {
        expect(await physical("cache", {})).toEqual(["shop-dev-cache", "shop-dev-cache", "shop.dev.cache"]);
    });

    test.each([[{ stack: "other" }], [{ project: "other" }]])("differ for %j", async (settings) => {
        const here = await physical("cache", {});
        const there = await physical("cache", settings);
        expect(there.filter((name) => here.includes(name))).toEqual([]);
    });

    test("are host names, whatever the component is called", async () => {
        const names = await physical(`My_Cache.${"x".repeat(80)}`, {});
        for (const name of names.slice(0, 2)) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
    });

    test("of a volume is no other project's, however the two are cut", async () => {
        const [, , volume] = await physical("db", { project: "a-b", stack: "c" });
        const [, , other] = await physical("db", { project: "a", stack: "b-c" });
        expect(volume).not.toBe(other);
    });
});

test.each([
    ["docker", [CONTAINER, CONTAINER, NETWORK, VOLUME]],
    ["swarm", [SERVICE_CONFIG, NETWORK, SECRET, SECRET, SECRET, SERVICE, SERVICE]],
] as const)("everything on %s is labelled with project, stack and component", async (engine, types) => {
    const { declared, container, containers } = await runOn(engine, () => {
        const { connection } = new RedisService("cache", { engine });
        new WebApp("web", { engine, image: "x:1" });
        return { connection };
    });
    const labelled = declared.filter(({ inputs }) => inputs.labels !== undefined);
    expect(labelled.map(({ type }) => type).sort()).toEqual([...types].sort());
    for (const { inputs, parent } of labelled) {
        expect(inputs.labels).toEqual([
            { label: "drydock.project", value: "shop" },
            { label: "drydock.stack", value: "dev" },
            { label: "drydock.component", value: parent.split(" ")[1] },
        ]);
    }
    for (const name of containers)
        expect(container(name).labels).toEqual({
            "drydock.project": "shop",
            "drydock.stack": "dev",
            "drydock.component": name,
        });
});
