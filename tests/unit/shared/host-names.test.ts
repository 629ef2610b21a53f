import {
    type Connection,
    Engine,
    PostgresService,
    type PostgresServiceArgs,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { refuseAmbiguousHostNames, reserveHostNames } from "../../../components/shared/host-names.ts";
import { CONTAINER, refusal, run, SERVICE } from "../../../testing/index.ts";
import { runOn } from "../engines/index.ts";

describe.each([
    { engine: Engine.Docker, type: CONTAINER, path: "networksAdvanced" },
    { engine: Engine.Swarm, type: SERVICE, path: "taskSpec.networksAdvanceds" },
])("short host names on $engine", ({ engine, type, path }) => {
    const postgres = (args: PostgresServiceArgs = {}) =>
        runOn(engine, () => ({ connection: new PostgresService("db", { engine, ...args }).connection }));
    const app = (args: Partial<WebAppArgs>) =>
        runOn(engine, () => ({ host: new WebApp("web", { engine, image: "x:1", ...args }).host }));

    test("of a service are its name and its aliases, on its own network, and in its connection", async () => {
        const { container, outputs } = await postgres({ aliases: ["postgres"] });
        expect(container().aliases).toEqual({ "shop-dev-db": ["db", "postgres"] });
        expect(outputs.connection?.value).toMatchObject({
            host: "shop-dev-db",
            aliases: ["db", "postgres"],
        });
    });

    test("of a service on a shared network are its aliases only", async () => {
        const { container, outputs } = await postgres({ network: "mine" });
        expect(container().aliases).toEqual({});
        expect(outputs.connection?.value).not.toHaveProperty("aliases");
        const chosen = await postgres({ network: "mine", aliases: ["postgres"] });
        expect(chosen.container().aliases).toEqual({ mine: ["postgres"] });
    });

    test("that are new do not replace a database; those of the user's do, also once they are removed", async () => {
        const options = async (args: PostgresServiceArgs) => {
            const { ignoreChanges, replacementTrigger } = (await postgres(args)).one(type).options;
            return { ignoreChanges, replacementTrigger };
        };
        const byDefault = await options({});
        expect(byDefault.ignoreChanges).toContain(`${path}[*].aliases`);
        expect(byDefault.replacementTrigger).not.toContain("aliases");
        const chosen = await options({ aliases: ["postgres"] });
        expect(chosen.ignoreChanges).not.toContain(`${path}[*].aliases`);
        expect(chosen.replacementTrigger).toContain("aliases");
    });

    test("of an application give it a network, on which its processes answer too", async () => {
        const { container, networks } = await app({
            aliases: ["app"],
            networks: ["n"],
            processes: { worker: { command: ["w"], aliases: ["jobs"] }, clock: { command: ["c"] } },
        });
        expect(networks).toEqual(["web-network"]);
        expect(container("web").networks).toEqual(["n", "shop-dev-web"]);
        const all = ["web", "web-worker", "web-clock"].map((name) => container(name).aliases);
        expect(all).toEqual([
            { "shop-dev-web": ["web", "app"] },
            { "shop-dev-web": ["web-worker", "jobs"] },
            { "shop-dev-web": ["web-clock"] },
        ]);
    });

    test("of a container are not on the networks that it joins", async () => {
        const { container } = await runOn(engine, () => {
            const { connection } = new PostgresService("db", { engine });
            new WebApp("web", { engine, image: "x:1", links: { database: connection } });
            return {};
        });
        expect(container("web")).toMatchObject({ networks: ["shop-dev-db"], aliases: {} });
    });
});

describe("two services with one short host name", () => {
    const connection = (host: string, ...aliases: string[]): Connection => ({
        ...{ scheme: "tcp", host, port: 1, network: `${host}-network` },
        aliases,
    });

    test("are refused in the links of a container, and both are named", () => {
        const links = { database: connection("shop-db", "db"), old: connection("blog-db", "db") };
        expect(() => {
            refuseAmbiguousHostNames(links);
        }).toThrow(
            'links.old: "db" is a host name of blog-db and also of links.database (shop-db), so the name is ambiguous; rename one of the components, or change its aliases',
        );
    });

    test("are refused if one of them is the container itself", () => {
        const links = { search: connection("shop-search", "search", "finder") };
        expect(() => {
            refuseAmbiguousHostNames(links, ["web", "finder"]);
        }).toThrow('links.search: "finder" is a host name of shop-search and also of this component');
        expect(() => {
            refuseAmbiguousHostNames(links, ["web"]);
        }).not.toThrow();
    });

    test("are one service in two links, or cannot be reached by name", () => {
        const one = connection("shop-db", "db");
        const far = { ...connection("db.example.com", "db"), network: undefined };
        expect(() => {
            refuseAmbiguousHostNames({ a: one, b: { ...one, database: "queue" }, far, c: connection("x") });
        }).not.toThrow();
    });
});

test("two containers on one network cannot have the same short name", () => {
    reserveHostNames("shop-db", "mine", ["postgres", "db"]);
    reserveHostNames("shop-db", "mine", ["postgres"]);
    reserveHostNames("shop-other", "theirs", ["postgres"]);
    expect(() => {
        reserveHostNames("shop-other", "mine", ["other", "postgres"]);
    }).toThrow(
        'aliases: "postgres" is also a host name of shop-db on the network mine, and either would answer; use another name',
    );
});

test.each<[string, Partial<WebAppArgs>, string]>([
    ["a name with a space", { aliases: ["a b"] }, 'aliases[0]: "a b" is not a host name'],
    ["a name twice", { aliases: ["a", "a"] }, 'aliases[1]: "a" is in the list twice; keep one'],
    [
        "a name of two processes",
        { aliases: ["a"], processes: { w: { command: ["w"], aliases: ["a"] } } },
        'processes.w.aliases[0]: "a" is a host name of the web process; use another name',
    ],
    [
        "the own name of a process",
        { aliases: ["web-w"], processes: { w: { command: ["w"] } } },
        'aliases[0]: "web-w" is a host name of the process w; use another name',
    ],
])("refuses %s", async (_, args, reason) => {
    expect(await refusal(() => new WebApp("web", { image: "x:1", ...args }))).toContain(reason);
});

test("the name of a service among its own aliases counts once", async () => {
    const { one } = await run(() => ({ url: new WebApp("web", { image: "x:1", aliases: ["web"] }).url }));
    expect(one(CONTAINER).inputs.networksAdvanced).toEqual([{ name: "shop-dev-web", aliases: ["web"] }]);
});
