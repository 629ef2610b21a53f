import {
    driftOf,
    faultsOf,
    findDrift,
    generatedPorts,
    takenPorts,
    tasksOn,
} from "../../../../cli/repair/drift.ts";
import type { Container, EngineState } from "../../../../cli/repair/drift.ts";
import type { Resource } from "../../../../cli/state.ts";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const NETWORK: Resource = { type: "docker:index/network:Network", id: "n1", inputs: { name: "shop-dev-db" } };
const VOLUME: Resource = {
    type: "docker:index/volume:Volume",
    id: "shop.dev.db",
    inputs: { name: "shop.dev.db" },
};
const DB: Resource = {
    type: "docker:index/container:Container",
    urn: "urn:pulumi:dev::shop::drydock:index:PostgresService$docker:index/container:Container::db",
    id: "c1",
    inputs: {
        name: "shop-dev-db",
        restart: "unless-stopped",
        networksAdvanced: [{ name: "shop-dev-db", aliases: ["db"] }],
        ports: [{ internal: 5432, external: 23456, ip: "127.0.0.1" }],
    },
};
const PORT: Resource = {
    type: "random:index/randomInteger:RandomInteger",
    urn: "urn:pulumi:dev::shop::drydock:index:PostgresService$random:index/randomInteger:RandomInteger::db-port",
    id: "23456",
    outputs: { result: 23456 },
};
const RUNNING: Container = {
    id: "c1",
    name: "shop-dev-db",
    state: "running",
    status: "Up 3 minutes (healthy)",
    networks: ["shop-dev-db"],
    ports: "127.0.0.1:23456->5432/tcp",
    env: {},
};
const ENGINE: EngineState = {
    containers: [RUNNING],
    networks: [{ id: "n1", name: "shop-dev-db" }],
    volumes: ["shop.dev.db"],
    services: [],
};
const STATE = [NETWORK, VOLUME, DB, PORT];
const NOTHING = { missing: [], stopped: [], disconnected: [], stuck: [], takenPorts: [] };

/** The engine's state with a changed container. */
const withContainer = (change: Partial<Container>): EngineState => ({
    ...ENGINE,
    containers: [{ ...RUNNING, ...change }],
});

describe("drift", () => {
    test("is empty if everything runs", () => {
        expect(findDrift(STATE, ENGINE, [])).toEqual(NOTHING);
        expect(faultsOf(STATE, ENGINE)).toEqual([]);
    });

    test.each<[string, Partial<EngineState>, Resource[]]>([
        ["a container", { containers: [] }, [DB]],
        ["a volume", { volumes: [] }, [VOLUME]],
        ["a network and its container", { networks: [], containers: [] }, [NETWORK, DB]],
    ])("includes %s that was removed", (_, change, missing) => {
        expect(findDrift(STATE, { ...ENGINE, ...change }, [])).toEqual({ ...NOTHING, missing });
    });

    test("includes a service that was removed or has no running replica", () => {
        const service: Resource = {
            type: "docker:index/service:Service",
            id: "2birg5yxijo1gzvjcc5eas8qz",
            inputs: { name: "shop-web" },
        };
        expect(findDrift([service], ENGINE, []).missing).toEqual([service]);
        expect(driftOf([service], ENGINE)).toEqual(["service shop-web no longer exists"]);
        // As `docker service ls` prints it.
        const services = [{ id: "2birg5yxijo1", name: "shop-web", running: 0, wanted: 2, ports: "" }];
        expect(faultsOf([service], { ...ENGINE, services }).map(({ sentence }) => sentence)).toEqual([
            "service shop-web runs none of its 2 replicas",
        ]);
        // An update does not start replicas.
        expect(driftOf([service], { ...ENGINE, services })).toEqual([]);
    });

    test.each<[Container["state"], string]>([
        ["exited", "Exited (0) 2 minutes ago"],
        ["exited", "Exited (137) 2 minutes ago"],
        ["paused", "Up 3 minutes (Paused)"],
        ["created", "Created"],
    ])("includes a container that is %s: %s", (state, status) => {
        const engine = withContainer({ state, status, ports: "" });
        expect(findDrift(STATE, engine, [])).toEqual({ ...NOTHING, stopped: engine.containers });
        expect(faultsOf(STATE, engine)).toEqual([
            { sentence: `container shop-dev-db is not running (${status})`, starting: false },
        ]);
        expect(driftOf(STATE, engine)).toEqual([`container shop-dev-db is not running (${status})`]);
    });

    test("includes a container that is disconnected from its network, with its aliases", () => {
        const engine = withContainer({ networks: [] });
        const [container] = engine.containers;
        expect(findDrift(STATE, engine, [])).toEqual({
            ...NOTHING,
            disconnected: [{ container, network: "shop-dev-db", aliases: ["db"] }],
        });
    });

    describe("of a container that gateways send requests to", () => {
        const traffic: Resource = {
            type: "command:local:Command",
            urn: "urn:pulumi:dev::shop::drydock:index:WebApp$command:local:Command::db-traffic",
            inputs: {
                environment: {
                    ...{ CONTAINER_ID: "c1", HOST: "shop-dev-web", NETWORKS: "shop-dev-db\nn2" },
                    ...{ OWN_NETWORK: "shop-dev-db", ALIASES: "shop-dev-web\nweb", GATEWAY_NETWORKS: "n3" },
                },
            },
        };
        const networks = [...ENGINE.networks, { id: "n2", name: "links" }, { id: "n3", name: "front" }];

        test("includes lost networks, with the host names that it got there", () => {
            const engine = { ...withContainer({ networks: [] }), networks };
            const [container] = engine.containers;
            expect(findDrift([...STATE, traffic], engine, []).disconnected).toEqual([
                { container, network: "shop-dev-db", aliases: ["shop-dev-web", "web"] },
                { container, network: "links", aliases: [] },
                { container, network: "front", aliases: ["shop-dev-web"] },
            ]);
        });

        test("includes one that stopped and is deleted only once the new container is healthy", () => {
            const engine = { ...withContainer({ state: "exited", status: "Exited (1)" }), networks };
            const old = { ...DB, delete: true };
            expect(findDrift([NETWORK, VOLUME, old, traffic], engine, []).stopped).toEqual(engine.containers);
            expect(findDrift([NETWORK, VOLUME, old], engine, []).stopped).toEqual([]);
        });
    });

    test("includes a container whose network was removed: it cannot start again", () => {
        const engine = { ...withContainer({ state: "exited", status: "Exited (0)" }), networks: [] };
        expect(findDrift(STATE, engine, [])).toEqual({
            ...NOTHING,
            missing: [NETWORK],
            stuck: engine.containers,
        });
    });

    test("leaves out a container that was meant to exit", () => {
        const exited = withContainer({ state: "exited", status: "Exited (0) 1 second ago" });
        const once = (inputs: Record<string, unknown>) => [{ ...DB, inputs: { ...DB.inputs, ...inputs } }];
        expect(findDrift(once({ mustRun: false }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ restart: "no" }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ restart: "on-failure" }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ mustRun: false }), { ...ENGINE, containers: [] }, [])).toEqual(NOTHING);
    });

    test("leaves out a container whose networks are secret", () => {
        const networksAdvanced = { "4dabf18193072939515e22adb298388d": "x", ciphertext: "y" };
        const secret = { ...DB, inputs: { ...DB.inputs, networksAdvanced } };
        expect(findDrift([secret], withContainer({ networks: [] }), [])).toEqual(NOTHING);
    });

    test("leaves out what an update deletes, and what the stack only reads", () => {
        const gone = { ...ENGINE, containers: [], networks: [] };
        expect(
            findDrift(
                [
                    { ...DB, delete: true },
                    { ...NETWORK, external: true },
                ],
                gone,
                [],
            ),
        ).toEqual(NOTHING);
    });

    test.each<[Partial<Container>, string, boolean]>([
        [{ status: "Up 1 second (health: starting)" }, "container shop-dev-db is not healthy yet", true],
        [{ status: "Up 9 minutes (unhealthy)" }, "container shop-dev-db is unhealthy", false],
        [
            { state: "restarting", status: "Restarting (1) 2 seconds ago" },
            "container shop-dev-db keeps restarting (Restarting (1) 2 seconds ago)",
            true,
        ],
    ])(
        "leaves out a container that an update cannot repair, and reports it as a fault: %j",
        (change, sentence, starting) => {
            expect(faultsOf(STATE, withContainer(change))).toEqual([{ sentence, starting }]);
            expect(findDrift(STATE, withContainer(change), [])).toEqual(NOTHING);
        },
    );
});

describe("a generated port", () => {
    const [generated] = generatedPorts(STATE);
    const other = { ...RUNNING, id: "c2", name: "other" };

    test("is found with the container that publishes it, if there is one", () => {
        expect(generatedPorts(STATE)).toEqual([
            { urn: PORT.urn, port: 23456, ip: "127.0.0.1", holder: "c1" },
        ]);
        expect(generatedPorts([PORT])).toEqual([{ urn: PORT.urn, port: 23456, ip: "127.0.0.1" }]);
        const urn = "urn:pulumi:dev::shop::random:index/randomInteger:RandomInteger::my-port";
        expect(generatedPorts([{ ...PORT, urn }])).toEqual([]);
    });

    test("is free if only its own container listens, or nothing", async () => {
        expect(await takenPorts(generatedPorts(STATE), ENGINE, false)).toEqual([]);
        expect(await takenPorts(generatedPorts([PORT]), { ...ENGINE, containers: [] }, false)).toEqual([]);
    });

    test("is free if the containers of its own service listen", async () => {
        const service = "2birg5yxijo1gzvjcc5eas8qz";
        const ports = [{ urn: PORT.urn ?? "", port: 23456, ip: "127.0.0.1", holder: service }];
        const engineWith = (own: string): EngineState => ({
            ...withContainer({ id: "c9", service: own, ports: "0.0.0.0:23456->80/tcp" }),
            services: [{ id: service.slice(0, 12), name: "shop-web", running: 1, wanted: 1, ports: "" }],
        });
        expect(await takenPorts(ports, engineWith(service), false)).toEqual([]);
        expect(await takenPorts(ports, engineWith("another"), false)).toEqual(ports);
    });

    test.each([
        ["127.0.0.1:23450-23460->5432-5442/tcp", "tcp", true],
        ["127.0.0.1:23450-23455->5432-5437/tcp, 127.0.0.1:23457->80/tcp", "tcp", false],
        ["127.0.0.1:23456->53/udp", "tcp", false],
        ["127.0.0.1:23456->53/tcp, 127.0.0.1:23456->53/udp", "udp", true],
    ])("is compared with the ranges and protocols of others: %s for %s", async (ports, protocol, taken) => {
        const [container] = generatedPorts(
            STATE.map((resource) =>
                resource.inputs?.ports === undefined
                    ? resource
                    : { ...resource, inputs: { ports: [{ external: 23456, ip: "127.0.0.1", protocol }] } },
            ),
        );
        const engine = { ...ENGINE, containers: [{ ...other, ports }] };
        const found = await takenPorts(container === undefined ? [] : [container], engine, false);
        expect(found).toHaveLength(taken ? 1 : 0);
        const own = { ...ENGINE, containers: [{ ...RUNNING, ports }] };
        expect(await takenPorts(container === undefined ? [] : [container], own, false)).toEqual([]);
    });

    test("is taken if another container listens: its own container is not started", async () => {
        const stopped = { ...RUNNING, state: "exited", status: "Exited (0)", ports: "" };
        const engine = { ...ENGINE, containers: [stopped, other] };
        const taken = await takenPorts(generatedPorts(STATE), engine, false);
        expect(taken).toEqual([generated]);
        expect(findDrift(STATE, engine, taken)).toEqual({
            ...NOTHING,
            takenPorts: [{ urn: PORT.urn, port: 23456 }],
        });
    });

    test("is taken if any program on this machine listens, for a local engine", async () => {
        const server = createServer();
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        const { port } = server.address() as AddressInfo;
        const ports = generatedPorts([{ ...PORT, outputs: { result: port } }]);
        const engine = { ...ENGINE, containers: [] };
        expect(await takenPorts(ports, engine, true)).toEqual(ports);
        expect(await takenPorts(ports, engine, false)).toEqual([]);
        await new Promise((closed) => server.close(closed));
        expect(await takenPorts(ports, engine, true)).toEqual([]);
    });
});

test("tasks are found by the volume that they ran on", () => {
    const task = (name: string, triggers: unknown): Resource => ({
        type: "command:local:Command",
        urn: `urn:pulumi:dev::shop::drydock:index:Task$command:local:Command::${name}`,
        inputs: { triggers },
    });
    const resources = [
        task("migration-run", ["shop.dev.db"]),
        task("other-run", ["shop.dev.cache"]),
        task("third-run", undefined),
    ];
    expect(tasksOn(["shop.dev.db"], resources)).toEqual([resources[0]?.urn]);
});
