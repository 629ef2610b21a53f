import { Engine, Gateway, RailsWebApp, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { COMMAND, CONTAINER, NETWORK, refusal, run, SERVICE } from "../../../testing/index.ts";

const gateway = { scheme: "http", host: "front-dev-front", port: 80, network: "front-dev-front" };
const route = { gateway, host: "shop.example.com" };
const worker = { command: ["bin/worker"] };

const runApp = (args: Partial<WebAppArgs>) =>
    run(() => {
        const { endpoint, endpoints } = new WebApp("web", { image: "shop:1", ...args });
        return { endpoint, endpoints };
    });

type Result = Awaited<ReturnType<typeof runApp>>;
const environment = ({ one }: Result, name: string) =>
    one(COMMAND, name).inputs.environment as Record<string, string>;
const containers = ({ names }: Result) => names(CONTAINER);

describe("replicas of the web process on a Docker Engine", () => {
    test("are containers that share the requests of a route, each added by a Command of its own", async () => {
        const result = await runApp({ replicas: 3, routes: [route] });
        expect(containers(result)).toEqual(["web", "web-2", "web-3"]);
        const { name, labels } = result.one(CONTAINER, "web-2").inputs;
        expect(name).toMatch(/^shop-dev-web-2-[0-9a-f]{6}$/);
        expect(labels).toContainEqual({ label: "drydock.replica", value: "2" });
        expect(result.one(CONTAINER, "web-2").options.deleteBeforeReplace).toBe(false);
        expect(environment(result, "web-3-traffic")).toMatchObject({
            CONTAINER_ID: "web-3-id",
            HOST: "shop-dev-web-3",
            SHARED_HOST: "shop-dev-web",
            GATEWAYS: "front-dev-front",
        });
        expect(environment(result, "web-routes").ROUTES).toContain(
            "reverse_proxy {vars.upstream-shop-dev-web}:3000 {vars.upstream-shop-dev-web-2}:3000 {vars.upstream-shop-dev-web-3}:3000 {",
        );
    });

    test("must all be healthy before the routes change and before dependents of the application start", async () => {
        const { one } = await runApp({ replicas: 2, routes: [route] });
        for (const name of ["web-routes", "web-ready", "web-release"]) {
            const switches = [`${COMMAND} web-traffic`, `${COMMAND} web-2-traffic`];
            expect(one(COMMAND, name).dependencies).toEqual(expect.arrayContaining(switches));
        }
    });

    test("get requests only once all of them are healthy", async () => {
        const { one } = await runApp({ replicas: 2, routes: [route] });
        for (const name of ["web-traffic", "web-2-traffic"]) {
            const replicas = [`${CONTAINER} web`, `${CONTAINER} web-2`];
            expect(one(COMMAND, name).dependencies).toEqual(expect.arrayContaining(replicas));
        }
    });

    test("answer to the same short host names on the network of the application", async () => {
        const result = await runApp({ replicas: 2, aliases: ["shop"], overlap: true });
        expect(environment(result, "web-traffic").ALIASES).toBe("shop-dev-web\nweb\nshop");
        expect(environment(result, "web-2-traffic").ALIASES).toBe("shop-dev-web-2\nweb\nshop-dev-web\nshop");
    });

    test("have a network on which they share a host name, if no gateway knows them all", async () => {
        const networks = async (args: Partial<WebAppArgs>) => (await runApp(args)).names(NETWORK);
        expect(await networks({ replicas: 2 })).toEqual(["web-network"]);
        expect(await networks({ replicas: 2, routes: [route] })).toEqual([]);
        expect(await networks({ replicas: 1 })).toEqual([]);
    });

    test("are listed in the endpoint, from which a Gateway of another stack routes to them", async () => {
        const { outputs } = await runApp({ replicas: 2 });
        const replicaHosts = ["shop-dev-web", "shop-dev-web-2"];
        expect(outputs.endpoint?.value).toMatchObject({ host: "shop-dev-web", replicaHosts });
        expect(outputs.endpoints?.value).toMatchObject({ web: { host: "shop-dev-web", replicaHosts } });
        const { one } = await run(() => {
            new Gateway("front", {
                routes: [{ host: "shop.example.com", to: outputs.endpoint?.value as never }],
            });
            return {};
        });
        expect((one(COMMAND, "front-routes").inputs.environment as Record<string, string>).ROUTES).toContain(
            "reverse_proxy {vars.upstream-shop-dev-web}:3000 {vars.upstream-shop-dev-web-2}:3000 {",
        );
    });

    test("make no difference if there is one", async () => {
        const [none, one] = [
            await runApp({ routes: [route] }),
            await runApp({ routes: [route], replicas: 1 }),
        ];
        expect(one.declared.map(({ name }) => name)).toEqual(none.declared.map(({ name }) => name));
        expect(environment(one, "web-routes")).toEqual(environment(none, "web-routes"));
        expect(one.one(CONTAINER).inputs.labels).toEqual(none.one(CONTAINER).inputs.labels);
    });
});

describe("replicas of a process", () => {
    test("are containers, of which each must keep running", async () => {
        const result = await runApp({ processes: { worker: { ...worker, replicas: 2 } } });
        expect(containers(result)).toEqual(["web", "web-worker", "web-worker-2"]);
        expect(result.one(CONTAINER, "web-worker-2").inputs.name).toBe("shop-dev-web-worker-2");
        expect(result.names(COMMAND)).toContain("web-worker-2-running");
    });

    test("are independent of those of the web process", async () => {
        const result = await runApp({ replicas: 2, processes: { worker } });
        expect(containers(result)).toEqual(["web", "web-2", "web-worker"]);
    });

    test("all start before a process that comes after it", async () => {
        const { one } = await runApp({
            processes: { worker: { ...worker, replicas: 2 }, clock: { ...worker, after: ["worker"] } },
        });
        expect(one(CONTAINER, "web-clock").dependencies).toEqual(
            expect.arrayContaining([`${COMMAND} web-worker-running`, `${COMMAND} web-worker-2-running`]),
        );
    });

    test("of a RailsWebApp are containers too", async () => {
        const { names } = await run(() => {
            new RailsWebApp("web", {
                ...{ image: "shop:1", masterKey: "k", storage: {}, replicas: 2 },
                processes: { worker: { ...worker, replicas: 2 } },
            });
            return {};
        });
        expect(names(CONTAINER)).toEqual(["web", "web-2", "web-worker", "web-worker-2"]);
    });
});

describe("replicas on a Swarm", () => {
    const onSwarm = async (args: Partial<WebAppArgs>) => {
        const { names, one } = await runApp({ engine: Engine.Swarm, ...args });
        return names(SERVICE).map((name) => {
            const { replicated } = one(SERVICE, name).inputs.mode as { replicated: { replicas: number } };
            return replicated.replicas;
        });
    };

    test("are those of the service, unless `swarm.replicas` is set", async () => {
        expect(await onSwarm({ replicas: 3 })).toEqual([3]);
        expect(await onSwarm({ replicas: 3, swarm: { replicas: 4 } })).toEqual([4]);
        expect(await onSwarm({ replicas: 3, swarm: { replicas: undefined } })).toEqual([3]);
    });

    test("of the web process do not apply to other processes", async () => {
        expect(await onSwarm({ replicas: 3, processes: { worker } })).toEqual([3, 1]);
    });

    test("of a process override those that it inherits from `swarm` of the application", async () => {
        const swarm = { replicas: 4 };
        expect(await onSwarm({ swarm, processes: { worker } })).toEqual([4, 4]);
        expect(await onSwarm({ swarm, processes: { worker: { ...worker, replicas: 2 } } })).toEqual([4, 2]);
        const own = { ...worker, replicas: 2, swarm: { replicas: 3 } };
        expect(await onSwarm({ swarm, processes: { worker: own } })).toEqual([4, 3]);
    });
});

describe("an application refuses", () => {
    const refused = (args: Partial<WebAppArgs>) =>
        refusal(() => new WebApp("web", { image: "shop:1", ...args }));
    const publish = { port: 3000 };

    test("replicas that would publish the same port", async () => {
        const reason = "replicas: 2 containers cannot publish the same port; leave out publish";
        expect(await refused({ replicas: 2, publish })).toContain(reason);
        const ports = { metrics: { port: 9394, publish } };
        expect(await refused({ processes: { worker: { ...worker, ports, replicas: 2 } } })).toContain(
            `processes.worker.${reason}`,
        );
        const onSwarm = { engine: Engine.Swarm, replicas: 2, publish };
        expect(await refused(onSwarm)).toBe("nothing was refused");
    });

    test.each([0, 101, 1.5])("%s replicas", async (replicas) => {
        expect(await refused({ replicas })).toContain("replicas: ");
        expect(await refused({ processes: { worker: { ...worker, replicas } } })).toContain(
            "processes.worker.replicas: ",
        );
    });

    test("a process with the name of a replica", async () => {
        const reason = "is the name of a replica of the process";
        expect(await refused({ replicas: 2, processes: { "web-2": worker } })).toBe(
            `processes.web-2: ${reason} web; use another name`,
        );
        const processes = { worker: { ...worker, replicas: 2 }, "worker-2": worker };
        expect(await refused({ processes })).toBe(`processes.worker-2: ${reason} worker; use another name`);
        expect(await refused({ replicas: 2, processes: { "web-3": worker } })).toBe("nothing was refused");
    });

    test("a process with the container name of a replica", async () => {
        expect(await refused({ replicas: 2, processes: { "2": worker } })).toContain(
            'processes.2: the process 2 of web and the application web are both called "web-2"',
        );
    });

    test("replicas on a Swarm that write to the same SQLite databases", async () => {
        const common = { image: "shop:1", masterKey: "k", storage: {}, engine: Engine.Swarm };
        const onSwarm = (args: Partial<WebAppArgs>) =>
            refusal(() => new RailsWebApp("web", { ...common, ...args }));
        const reason = "replicas: 2 replicas would write to the same SQLite databases";
        expect(await onSwarm({ replicas: 2 })).toContain(reason);
        expect(await onSwarm({ swarm: { replicas: 2 } })).toContain(`swarm.${reason}`);
        expect(await onSwarm({ processes: { worker: { ...worker, replicas: 2 } } })).toContain(
            `processes.worker.${reason}`,
        );
    });
});
