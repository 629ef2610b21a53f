import {
    Engine,
    type PortArgs,
    Protocol,
    PublishMode,
    RedisService,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { CONTAINER, GENERATED, RANDOM_INTEGER, refusal, run } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each([
    { engine: Engine.Docker, ip: "127.0.0.1", machine: "127.0.0.1", network: "shop-dev-web" },
    { engine: Engine.Swarm, ip: "", machine: "localhost", network: "web-network-id" },
])("ports on $engine", ({ engine, ip, machine, network }) => {
    const app = (args: Partial<WebAppArgs>) =>
        runOn(engine, () => {
            const { endpoints } = new WebApp("web", { engine, image: "x:1", ...args });
            return { endpoints };
        });
    const where = { host: "shop-dev-web", network, aliases: ["web"] };

    test("are several of one container, TCP and UDP, in a fixed order", async () => {
        const { container } = await app({
            publish: { port: 80 },
            ports: {
                dns: { port: 53, protocol: Protocol.Udp, publish: { port: 5353 } },
                zones: { port: 53, publish: { port: 5354 } },
                inner: { port: 9000 },
            },
        });
        expect(container().ports).toEqual([
            `${ip}:5354 -> 53/tcp`,
            `${ip}:5353 -> 53/udp`,
            `${ip}:80 -> 3000/tcp`,
        ]);
    });

    test("are endpoints that others link to", async () => {
        const { outputs, networks } = await app({
            publish: { port: 80 },
            ports: {
                dns: { port: 53, protocol: Protocol.Udp, publish: { port: 5353 } },
                admin: { port: 9000, scheme: "https" },
            },
        });
        expect(networks).toEqual(["web-network"]);
        expect(outputs.endpoints).toEqual({
            secret: false,
            known: true,
            value: {
                web: { ...where, scheme: "http", port: 3000, address: `${machine}:80` },
                dns: { ...where, scheme: "udp", port: 53, address: `${machine}:5353` },
                admin: { ...where, scheme: "https", port: 9000 },
            },
        });
    });

    test("name the port of the web process too", async () => {
        const { outputs, container } = await app({ ports: { web: { port: 3000, publish: { port: 80 } } } });
        expect(outputs.endpoints?.value).toEqual({
            web: { ...where, scheme: "tcp", port: 3000, address: `${machine}:80` },
        });
        expect(container().ports).toEqual([`${ip}:80 -> 3000/tcp`]);
    });

    test("are none by default: the application has no network and no endpoints", async () => {
        const { outputs, networks, container } = await app({ processes: { worker: { command: ["w"] } } });
        expect(networks).toEqual([]);
        expect(outputs.endpoints?.value).toEqual({});
        expect(container("web").aliases).toEqual({});
        expect(container("web").networks).toEqual([]);
    });

    test("resolve once the container is healthy, and give a link its URL and network", async () => {
        const program = () => {
            const { endpoints } = new WebApp("web", {
                engine,
                image: "x:1",
                processes: { cable: { command: ["c"], ports: { cable: { port: 8080, scheme: "ws" } } } },
            });
            const cable = endpoints.apply((all) => all.cable ?? { scheme: "", host: "", port: 0 });
            new WebApp("front", { engine, image: "x:1", links: { cable } });
            return {};
        };
        const { startedWhilePaused } = await runOn(engine, program, { pause: "web-cable" });
        expect(startedWhilePaused).toContain("web-cable");
        expect(startedWhilePaused).not.toContain("front");
        const { container } = await runOn(engine, program);
        expect(container("front")).toMatchObject({
            networks: ["shop-dev-web"],
            env: { CABLE_URL: "ws://shop-dev-web-cable:8080" },
        });
    });

    test("are ranges, published as ranges of the same size", async () => {
        const { container, outputs, one } = await app({
            ports: { media: { port: 7000, endPort: 7002, protocol: Protocol.Udp, publish: {} } },
        });
        const first = GENERATED.port;
        expect(container().ports).toEqual([0, 1, 2].map((i) => `${ip}:${first + i} -> ${7000 + i}/udp`));
        expect(outputs.endpoints?.value).toMatchObject({
            media: { port: 7000, address: `${machine}:${first}-${first + 2}` },
        });
        expect(one(RANDOM_INTEGER)).toMatchObject({
            name: "web-media-port",
            inputs: { min: 20000, max: 29997 },
        });
    });
});

test.each<[string, Partial<WebAppArgs>, string]>([
    ["a missing port", { ports: { a: {} as PortArgs } }, "ports.a.port: required, for example 53"],
    ["port 0", { ports: { a: { port: 0 } } }, "ports.a.port: 0 is not a port"],
    ["a name with a space", { ports: { "a b": { port: 1 } } }, 'ports.a b: "a b" is not a name'],
    [
        "another protocol",
        { ports: { a: { port: 1, protocol: "sctp" as Protocol } } },
        'ports.a.protocol: "sctp" is not one of tcp, udp',
    ],
    [
        "a scheme with ://",
        { ports: { a: { port: 1, scheme: "http://" } } },
        'ports.a.scheme: "http://" is not the scheme of a URL; write it without ://, for example http',
    ],
    [
        "a range that ends before it starts",
        { ports: { a: { port: 9, endPort: 8 } } },
        "ports.a.endPort: 8 is less than port, which is 9; raise it, or leave it out",
    ],
    [
        "a range that does not fit on the host",
        { ports: { a: { port: 1, endPort: 10, publish: { port: 65530 } } } },
        "ports.a.publish.port: 65530 is too high for a range of 10 ports; use 65526 or less",
    ],
    [
        "port 0 of the host",
        { ports: { a: { port: 1, publish: { port: 0 } } } },
        "ports.a.publish.port: 0 is not a port",
    ],
    [
        "the same port twice",
        { ports: { a: { port: 1, protocol: Protocol.Tcp }, b: { port: 1 } } },
        "ports.b.port: 1/tcp is also in ports.a; keep one of the two",
    ],
    [
        "a port in the range of another",
        { ports: { a: { port: 1, endPort: 5 }, b: { port: 5, endPort: 6 } } },
        "ports.b.port: 5-6/tcp is also in ports.a",
    ],
    [
        "the port of the web process published twice",
        { publish: {}, ports: { a: { port: 3000, publish: {} } } },
        "ports.a.publish: publish publishes 3000/tcp too; keep one of the two",
    ],
    [
        "one name in two processes",
        { ports: { a: { port: 1 } }, processes: { w: { command: ["w"], ports: { a: { port: 1 } } } } },
        "processes.w.ports.a: ports.a has the same name; rename one of them",
    ],
    [
        "the name web for another port",
        { processes: { w: { command: ["w"], ports: { web: { port: 3000 } } } } },
        "processes.w.ports.web: web is the port of the web process, 3000; use another name",
    ],
    ["a string", { ports: { a: "80" as unknown as PortArgs } }, "ports.a: must be an object"],
])("refuses %s, on every engine", async (_, args, reason) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new WebApp("web", { engine, image: "x:1", ...args }))).toContain(reason);
});

test("TCP and UDP can have the same port number", async () => {
    const ports = {
        a: { port: 53, publish: { port: 53 } },
        b: { port: 53, protocol: Protocol.Udp, publish: { port: 53 } },
    };
    const { one } = await run(() => ({ app: new WebApp("web", { image: "x:1", ports }).url }));
    expect(one(CONTAINER).inputs.ports).toEqual([
        { internal: 53, external: 53, ip: "127.0.0.1" },
        { internal: 53, external: 53, ip: "127.0.0.1", protocol: "udp" },
    ]);
});

describe("a port of the host that two containers of the program publish", () => {
    const publish = (port: number, ip?: string) => ({ image: "x:1", publish: { port, ip } });

    test.each<[string, () => unknown, string]>([
        [
            "of an application and a service",
            () => [new RedisService("cache", { publish: { port: 80 } }), new WebApp("web", publish(80))],
            "publish.port: port 80/tcp of the host is also published by the service cache (publish.port); use another port, or leave it out",
        ],
        [
            "of two processes, in a range",
            () =>
                new WebApp("web", {
                    image: "x:1",
                    ports: { a: { port: 1, endPort: 3, publish: { port: 80 } } },
                    processes: { w: { command: ["w"], ports: { b: { port: 1, publish: { port: 82 } } } } },
                }),
            "processes.w.ports.b.publish.port: port 82/tcp of the host is also published by the application web (ports.a.publish.port)",
        ],
        [
            "on all addresses",
            () => [new WebApp("a", publish(80, "10.0.0.1")), new WebApp("b", publish(80, "0.0.0.0"))],
            "publish.port: port 80/tcp of the host is also published by the application a",
        ],
        [
            "on a Swarm",
            () =>
                ["a", "b"].map(
                    (name) => new WebApp(name, { engine: Engine.Swarm, image: "x:1", publish: { port: 80 } }),
                ),
            "publish.port: port 80/tcp of the host is also published by the application a",
        ],
    ])("is refused: %s", async (_, program, reason) => {
        expect(await refusal(program)).toContain(reason);
    });

    test.each<[string, () => unknown]>([
        ["on two addresses", () => [new WebApp("a", publish(80, "10.0.0.1")), new WebApp("b", publish(80))]],
        [
            "on IPv4 and IPv6",
            () => [new WebApp("a", publish(80, "::")), new WebApp("b", publish(80, "0.0.0.0"))],
        ],
        ["that is chosen", () => ["a", "b"].map((name) => new WebApp(name, { image: "x:1", publish: {} }))],
        [
            "by the nodes of a Swarm",
            () =>
                ["a", "b"].map(
                    (name) =>
                        new WebApp(name, {
                            engine: Engine.Swarm,
                            image: "x:1",
                            publish: { port: 80 },
                            swarm: { publishMode: PublishMode.Host },
                        }),
                ),
        ],
    ])("is accepted: %s", async (_, program) => {
        expect(await refusal(program)).toBe("nothing was refused");
    });
});

test("an address is refused on a Swarm", async () => {
    const args = { engine: Engine.Swarm, image: "x:1" };
    const ports = { a: { port: 1, publish: { ip: "127.0.0.1" } } };
    expect(await refusal(() => new WebApp("web", { ...args, ports }))).toContain(
        "ports.a.publish.ip: a Swarm publishes on all addresses of its nodes; leave ip out",
    );
    const processes = { w: { command: ["w"], ports } };
    expect(await refusal(() => new WebApp("web", { ...args, processes }))).toContain(
        "processes.w.ports.a.publish.ip: a Swarm publishes on all addresses",
    );
});
