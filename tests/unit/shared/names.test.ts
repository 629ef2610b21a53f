import { RedisService, WebApp } from "../../../components/index.ts";
import { toDnsLabel } from "../../../components/shared/dns-label.ts";
import { drydockLabelLines } from "../../../components/shared/names.ts";
import { CONTAINER, NETWORK, run, SECRET, SERVICE, SERVICE_CONFIG, VOLUME } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe("toDnsLabel", () => {
    test.each([
        ["keeps a valid name", "shop-dev-db", /^shop-dev-db$/],
        ["keeps a name of 63 characters", "a".repeat(63), /^a{63}$/],
        ["cuts a longer name", "a".repeat(64), /^a{55}-[0-9a-f]{7}$/],
        ["cuts before dashes", `${"a".repeat(53)}--${"b".repeat(20)}`, /^a{53}-[0-9a-f]{7}$/],
        ["converts to lower case", "Shop", /^shop-[0-9a-f]{7}$/],
        ["replaces invalid characters by dashes", "a_b.c d", /^a-b-c-d-[0-9a-f]{7}$/],
        ["replaces several invalid characters by one dash", "a__b", /^a-b-[0-9a-f]{7}$/],
        ["removes dashes at both ends", "--a--", /^a-[0-9a-f]{7}$/],
        ["returns a hash if nothing is left", "_", /^[0-9a-f]{7}$/],
    ])("%s", (_, name, expected) => {
        expect(toDnsLabel(name)).toMatch(expected);
    });

    test("returns different labels for different names, and the same label for the same name", () => {
        const names = ["a_b", "a.b", "A-b", "a-b", "x".repeat(70), "x".repeat(71)].map(toDnsLabel);
        expect(new Set(names).size).toBe(names.length);
        expect(toDnsLabel("a_b")).toBe(toDnsLabel("a_b"));
    });
});

describe.each(ENGINES)("names in Docker on %s", (engine) => {
    /** Names of the container, network and volume of a service. */
    const namesOf = async (name: string, settings: { project?: string; stack?: string }) => {
        const program = () => ({ c: new RedisService(name, { engine }).connection });
        const { container, one, volumes } = await runOn(engine, program, settings);
        return [container().hostName, one(NETWORK).inputs.name, volumes[0]?.volume];
    };

    test("contain project, stack and component", async () => {
        expect(await namesOf("cache", {})).toEqual(["shop-dev-cache", "shop-dev-cache", "shop.dev.cache"]);
    });

    test.each([[{ stack: "other" }], [{ project: "other" }]])(
        "differ between a stack and one with %j",
        async (settings) => {
            const here = await namesOf("cache", {});
            const there = await namesOf("cache", settings);
            expect(there.filter((name) => here.includes(name))).toEqual([]);
        },
    );

    test("are valid host names for any name of a component", async () => {
        const names = await namesOf(`My_Cache.${"x".repeat(80)}`, {});
        for (const name of names.slice(0, 2)) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
    });

    test("of volumes differ between project a-b with stack c and project a with stack b-c", async () => {
        const [, , volume] = await namesOf("db", { project: "a-b", stack: "c" });
        const [, , other] = await namesOf("db", { project: "a", stack: "b-c" });
        expect(volume).not.toBe(other);
    });
});

test.each([
    ["docker", [CONTAINER, CONTAINER, NETWORK, VOLUME]],
    ["swarm", [SERVICE_CONFIG, NETWORK, SECRET, SECRET, SECRET, SERVICE, SERVICE]],
] as const)("all resources on %s have labels for project, stack and component", async (engine, types) => {
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

test("a script gets the labels in lines", async () => {
    const { outputs } = await run(() => ({ labels: drydockLabelLines("cache") }));
    expect(outputs.labels?.value).toBe("drydock.project=shop\ndrydock.stack=dev\ndrydock.component=cache");
});
