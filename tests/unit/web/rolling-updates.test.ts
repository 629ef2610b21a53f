import * as pulumi from "@pulumi/pulumi";
import {
    type AppRouteArgs,
    Engine,
    Gateway,
    RailsWebApp,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { COMMAND, CONTAINER, refusal, run, SERVICE } from "../../../testing/index.ts";

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
        expect(ROUTES).toContain("reverse_proxy {vars.upstream-shop-dev-web}:3000 shop-dev-web:3000 {");
        expect(ROUTES).toContain(
            "reverse_proxy {vars.upstream-shop-dev-web-cable}:8080 shop-dev-web-cable:8080 {",
        );
        expect(environment(result, "web-cable-traffic")).toMatchObject({ GATEWAYS: "front-dev-front" });
        expect(environment(result, "web-traffic")).toMatchObject({ GATEWAYS: "front-dev-front" });
    });

    test("has processes that overlap, unless they publish a port or set overlap to false", async () => {
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

    test("of Rails has a container name for each version too, and migrates before it starts", async () => {
        const program = () => {
            const front = new Gateway("front", {});
            new RailsWebApp("shop", {
                ...{ image: "shop:1", masterKey: "k", storage: {} },
                routes: [{ gateway: front.connection, host: "shop.example.com" }],
            });
            return {};
        };
        const { startedWhilePaused, one } = await run(program, { pause: "shop-migration-run" });
        expect(startedWhilePaused).toContain("shop-migration-run");
        expect(startedWhilePaused).not.toContain("shop");
        expect(one(CONTAINER, "shop").inputs.name).toMatch(/^shop-dev-shop-/);
        expect(one(COMMAND, "shop-routes").inputs.environment).toMatchObject({ GATEWAYS: "shop-dev-front" });
        // The routes are removed before the gateway is.
        expect(one(COMMAND, "shop-routes").dependencies.join()).toContain("front-routes");
    });

    test("is replaced if its networks change, which the provider does not read from the container", async () => {
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

    test("cannot publish a port", async () => {
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
            "a missing gateway",
            [{ host: "a.b" } as AppRouteArgs],
            "routes[0].gateway: must be a connection with scheme, host and port",
        ],
        ["a missing host", [{ gateway }], "routes[0].host: "],
        ["a URL as host", [{ gateway, host: "https://a.b" }], "leave out https:// and the port"],
        ["an unknown endpoint", [{ ...route, endpoint: "cable" }], "routes[0].endpoint: "],
        [
            "an endpoint of a redirect",
            [{ ...route, redirect: "https://a.b", endpoint: "web" }],
            "routes[0].endpoint: has no effect with redirect",
        ],
        [
            "the name of a gateway",
            [{ gateway: "front" as never, host: "a.b" }],
            "routes[0].gateway: must be a connection",
        ],
    ])("are refused with %s", async (_, routes, message) => {
        expect(await refusal(() => new WebApp("web", { image: "shop:1", routes }))).toContain(message);
    });

    test("are refused with a connection that is not a gateway", async () => {
        const redis = pulumi.output({ scheme: "http", host: "example.com", port: 80 });
        const app = () => new WebApp("web", { image: "shop:1", routes: [{ gateway: redis, host: "a.b" }] });
        await expect(run(() => void app())).rejects.toThrow("routes[0].gateway: is not a gateway");
    });

    const declareRoutes = (routes: AppRouteArgs[]) =>
        run(() => {
            new WebApp("web", { image: "shop:1", routes });
            return {};
        });
    const other = { ...gateway, host: "front-dev-other" };

    test.each<[string, AppRouteArgs[], string]>([
        [
            "the same host and path twice",
            [route, { gateway: pulumi.output(gateway), host: "SHOP.example.com", path: "/" }],
            "routes[1]: routes[0] has the same host and path; keep one",
        ],
        [
            "two values of ask for the same hosts",
            [
                { gateway, host: "*.a.b", ask: "/domains" },
                { gateway, host: "*.A.b", ask: "/names", path: "/x" },
            ],
            "routes[1].ask: routes[0] has it for the same hosts",
        ],
        [
            "more of them than fit into an environment variable",
            Array.from({ length: 200 }, (_, i) => ({ gateway, host: `shop-${i}.example.com` })),
            "KiB, and the limit is 127 KiB; use a wildcard host, or ask for hosts that no route names",
        ],
    ])("are refused for one gateway with %s", async (_, routes, message) => {
        await expect(declareRoutes(routes)).rejects.toThrow(message);
    });

    test("can be the same in two gateways, and so can their ask", async () => {
        const routes = [gateway, other].map((gateway) => ({ gateway, ask: "/domains" }));
        const result = await declareRoutes(routes);
        const { ROUTES = "" } = environment(result, "web-routes");
        for (const { host } of [gateway, other]) expect(ROUTES).toContain(`${host}\t?\t`);
    });

    describe("on a Swarm", () => {
        const engine = Engine.Swarm;
        const onSwarm = { ...gateway, network: "front-id" };

        test("let the services of their endpoints join the networks of the gateways, and are registered", async () => {
            const { one, declared } = await run(() => {
                new WebApp("web", {
                    engine,
                    image: "shop:1",
                    processes: {
                        cable: { command: ["cable"], ports: { cable: { port: 3001 } } },
                        worker: { command: ["work"] },
                    },
                    routes: [
                        { gateway: onSwarm, host: "a.b" },
                        { gateway: onSwarm, host: "a.b", path: "/cable", endpoint: "cable" },
                    ],
                });
                return {};
            });
            const networks = (name: string) => {
                const { taskSpec } = one(SERVICE, name).inputs as {
                    taskSpec: { networksAdvanceds: { id: string }[] };
                };
                return taskSpec.networksAdvanceds.map(({ id }) => id);
            };
            expect(networks("web")).toEqual(["web-network-id", "front-id"]);
            expect(networks("web-cable")).toEqual(["web-network-id", "front-id"]);
            expect(networks("web-worker")).toEqual(["web-network-id"]);
            const { environment, stdin } = one(COMMAND, "web-routes").inputs as {
                environment: Record<string, string>;
                stdin: string;
            };
            expect(stdin).toContain("put_routes()");
            expect(environment).toMatchObject({ GATEWAYS: gateway.host, OWNER: "shop.dev.web" });
            expect(environment.ROUTES).toContain("dynamic a tasks.shop-dev-web 3000 {");
            expect(environment.ROUTES).toContain("dynamic a tasks.shop-dev-web-cable 3001 {");
            expect(environment.ROUTES).toContain("try_files /shop-dev-web-cable.html");
            expect(declared.filter(({ name }) => name.endsWith("-traffic"))).toEqual([]);
        });

        test("do not support assets", async () => {
            const routes = [{ gateway: onSwarm, host: "a.b" }];
            const rails = await run(
                () => new RailsWebApp("web", { engine, image: "shop:1", storage: {}, routes }),
            );
            expect(rails.declared.map(({ name }) => name)).not.toContain("web-assets");
            const args = { engine, image: "shop:1", assets: ["public"], routes };
            expect(await refusal(() => new WebApp("web", args))).toContain(
                "assets: gateways on a Swarm do not keep the assets",
            );
        });
    });
});
