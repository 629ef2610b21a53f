import { RedisService } from "../../components";
import { hostName } from "../../components/names";
import { CONTAINER, NETWORK, run, VOLUME } from "../../testing";

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
        expect(hostName(text)).toMatch(expected);
    });

    test("differs where the texts do, and not from time to time", () => {
        const names = ["a_b", "a.b", "A-b", "a-b", "x".repeat(70), "x".repeat(71)].map(hostName);
        expect(new Set(names).size).toBe(names.length);
        expect(hostName("a_b")).toBe(hostName("a_b"));
    });
});

describe("the names in Docker", () => {
    const physical = async (name: string, settings: { project?: string; stack?: string }) => {
        const { one } = await run(() => ({ c: new RedisService(name).connection }), settings);
        return [CONTAINER, NETWORK, VOLUME].map((type) => one(type).inputs.name);
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

test("everything in Docker is labelled with project, stack and component", async () => {
    const { declared } = await run(() => ({ c: new RedisService("cache").connection }));
    const labelled = declared.filter(({ type }) => [CONTAINER, NETWORK, VOLUME].includes(type));
    expect(labelled).toHaveLength(3);
    for (const { inputs } of labelled) {
        expect(inputs.labels).toEqual([
            { label: "drydock.project", value: "shop" },
            { label: "drydock.stack", value: "dev" },
            { label: "drydock.component", value: "cache" },
        ]);
    }
});
