import * as pulumi from "@pulumi/pulumi";
import {
    type AppRouteArgs,
    Engine,
    Gateway,
    RailsWebApp,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { COMMAND, CONTAINER, refusal, run } from "../../../testing/index.ts";

const gateway = { scheme: "http", host: "front-dev-front", port: 80, network: "front-dev-front" };
const route = { gateway, host: "shop.example.com" };

const runApp = (args: Partial<WebAppArgs>) =>
    run(() => {
        const { host, endpoint } = new WebApp("web", { image: "shop:1", ...args });
        return { host, endpoint };
    });

type Result = Awaited<ReturnType<typeof runApp>>;
const environment = ({ one }: Result, name: string) =>
    one(COMMAND, name).inputs.environment as Record<string, string>;
const names = ({ declared }: Result) => declared.map(({ name }) => name);

describe("an application with routes", () => {
    test("is replaced without downtime: the new container has its own name, and the old one is deleted last", async () => {
        const runs = [await runApp({ routes: [route] }), await runApp({ routes: [route] })];
        const containers = runs.map(({ one }) => one(CONTAINER));
        for (const { inputs, options } of containers) {
            expect(inputs.name).toMatch(/^shop-dev-web-[0-9a-f]{6}$/);
            expect(options.deleteBeforeReplace).toBe(false);
            expect(options.ignoreChanges).toEqual(expect.arrayContaining(["name", "networksAdvanced"]));
        }
        expect(new Set(containers.map(({ inputs }) => inputs.name)).size).toBe(2);
    });

    test("lets gateways send requests to a container once it is healthy, and keeps host name and endpoint", async () => {
        const result = await runApp({ routes: [route] });
        expect(environment(result, "web-traffic")).toMatchObject({
            CONTAINER_ID: "web-id",
            HOST: "shop-dev-web",
            OWN_NETWORK: "",
            GATEWAYS: "front-dev-front",
            GATEWAY_NETWORKS: "front-dev-front",
        });
        const dependencies = (name: string) => result.one(COMMAND, name).dependencies;
        expect(dependencies("web-routes").join()).toContain("web-traffic");
        expect(dependencies("web-ready").join()).toContain("web-traffic");
        expect(result.outputs.host?.value).toBe("shop-dev-web");
        expect(result.outputs.endpoint?.value).toMatchObject({
            host: "shop-dev-web",
            network: "front-dev-front",
            port: 3000,
        });
    });

    test("registers each route with its gateway, and leads it to the process that has the endpoint", async () => {
        const other = { ...gateway, host: "back-dev-back", network: "back-dev-back" };
        const result = await runApp({
            processes: { cable: { command: ["cable"], ports: { cable: { port: 8080 } } } },
            routes: [
                route,
                { ...route, path: "/cable", endpoint: "cable" },
                { gateway: other, host: "www.example.com", redirect: "https://shop.example.com" },
            ],
        });
        const { OWNER, GATEWAYS, ROUTES = "" } = environment(result, "web-routes");
        expect(OWNER).toBe("shop.dev.web");
        expect(GATEWAYS).toBe("front-dev-front\nback-dev-back");
        const lines = ROUTES.split("\n");
        expect(lines.at(-1)).toBe("");
        for (const line of lines.slice(0, -1))
            expect(line).toMatch(/^(front-dev-front\tshop\.example\.com|back-dev-back\twww\.example\.com)\t/);
        expect(ROUTES).toMatch(/targets\/shop-dev-web\}\n[^]*upstream\}:3000 shop-dev-web:3000 \{/);
        expect(ROUTES).toMatch(
            /targets\/shop-dev-web-cable\}\n[^]*upstream\}:8080 shop-dev-web-cable:8080 \{/,
        );
        expect(environment(result, "web-cable-traffic")).toMatchObject({ GATEWAYS: "front-dev-front" });
        expect(environment(result, "web-traffic")).toMatchObject({ GATEWAYS: "front-dev-front" });
    });

    test("has processes that overlap, unless they publish a port or say otherwise", async () => {
        const result = await runApp({
            routes: [route],
            processes: {
                worker: { command: ["worker"] },
                clock: { command: ["clock"], overlap: false },
                metrics: { command: ["metrics"], ports: { metrics: { port: 9394, publish: {} } } },
            },
        });
        const deletesFirst = (name: string) => result.one(CONTAINER, name).options.deleteBeforeReplace;
        expect(["web", "web-worker", "web-clock", "web-metrics"].map(deletesFirst)).toEqual([
            false,
            false,
            true,
            true,
        ]);
        expect(result.one(CONTAINER, "web-clock").inputs.name).toBe("shop-dev-web-clock");
    });

    test("that publishes a port is stopped first, as two containers cannot publish it", async () => {
        const result = await runApp({ routes: [route], publish: { port: 3000 } });
        expect(result.one(CONTAINER).inputs.name).toBe("shop-dev-web");
        expect(result.one(CONTAINER).options.deleteBeforeReplace).toBe(true);
        expect(environment(result, "web-traffic")).toMatchObject({ GATEWAYS: "front-dev-front" });
    });

    test("of Rails has them too, and migrates first", async () => {
        const { one } = await run(() => {
            const front = new Gateway("front", {});
            new RailsWebApp("shop", {
                ...{ image: "shop:1", masterKey: "k", storage: {} },
                routes: [{ gateway: front.connection, host: "shop.example.com" }],
            });
            return {};
        });
        expect(one(CONTAINER, "shop").inputs.name).toMatch(/^shop-dev-shop-/);
        expect(one(COMMAND, "shop-routes").inputs.environment).toMatchObject({ GATEWAYS: "shop-dev-front" });
        // The routes are removed before the gateway is.
        expect(one(COMMAND, "shop-routes").dependencies.join()).toContain("front-routes");
    });

    test("is replaced if its networks change, which is not read from the container", async () => {
        const triggers = async (networks: string[]) =>
            (await runApp({ routes: [route], networks })).one(CONTAINER).options.replacementTrigger;
        expect(await triggers(["one"])).toContain("one");
        expect(await triggers([])).not.toContain("one");
    });
});

describe("an application that overlaps without routes of its own", () => {
    test("has a network of its own, and gets its host names there once it is healthy", async () => {
        expect(environment(await runApp({ overlap: true }), "web-traffic")).toMatchObject({
            OWN_NETWORK: "shop-dev-web",
            ALIASES: "shop-dev-web\nweb",
        });
        const result = await runApp({ overlap: true, aliases: ["shop"] });
        expect(result.one(CONTAINER).inputs.networksAdvanced).toEqual([{ name: "shop-dev-web" }]);
        expect(environment(result, "web-traffic")).toMatchObject({
            OWN_NETWORK: "shop-dev-web",
            ALIASES: "shop-dev-web\nweb\nshop",
        });
        expect(names(result)).not.toContain("web-routes");
    });

    test("publishes no port", async () => {
        const args = { image: "shop:1", overlap: true, publish: {} };
        expect(await refusal(() => new WebApp("web", args))).toContain(
            "overlap: two containers cannot publish the same port",
        );
    });
});

test.each<[string, Partial<WebAppArgs>]>([
    ["without a gateway", { links: { search: gateway } }],
    // nginx resolves a host name only once.
    ["on its own network", { aliases: ["shop"] }],
    ["that must not overlap", { overlap: false, routes: [route] }],
])("an application %s is stopped before the new one starts", async (_, args) => {
    const result = await runApp(args);
    expect(result.one(CONTAINER).inputs.name).toBe("shop-dev-web");
    expect(result.one(CONTAINER).options.deleteBeforeReplace).toBe(true);
    expect(names(result).includes("web-traffic")).toBe(args.routes !== undefined);
});

describe("routes of an application", () => {
    test.each<[string, WebAppArgs["routes"], string]>([
        ["a string", "shop.example.com" as never, "routes: must be a list"],
        [
            "no gateway",
            [{ host: "a.b" } as AppRouteArgs],
            "routes[0].gateway: must be a connection with scheme, host and port",
        ],
        ["no host", [{ gateway }], "routes[0].host: "],
        ["a URL as host", [{ gateway, host: "https://a.b" }], "leave out https:// and the port"],
        ["an unknown endpoint", [{ ...route, endpoint: "cable" }], "routes[0].endpoint: "],
        [
            "an endpoint of a redirect",
            [{ ...route, redirect: "https://a.b", endpoint: "web" }],
            "routes[0].endpoint: has no effect with redirect",
        ],
        [
            "the gateway itself",
            [{ gateway: "front" as never, host: "a.b" }],
            "routes[0].gateway: must be a connection",
        ],
    ])("are refused with %s", async (_, routes, message) => {
        expect(await refusal(() => new WebApp("web", { image: "shop:1", routes }))).toContain(message);
    });

    test("are refused with what is no gateway", async () => {
        const redis = pulumi.output({ scheme: "http", host: "example.com", port: 80 });
        const app = () => new WebApp("web", { image: "shop:1", routes: [{ gateway: redis, host: "a.b" }] });
        await expect(run(() => void app())).rejects.toThrow("routes[0].gateway: is not a gateway");
    });

    test("are refused on a Swarm", async () => {
        const args = { image: "shop:1", engine: Engine.Swarm, routes: [route] };
        expect(await refusal(() => new WebApp("web", args))).toContain(
            "routes: not available on a Swarm yet",
        );
    });
});
