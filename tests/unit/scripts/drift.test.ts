import { chosenPorts, faultsOf, findDrift, takenPorts, tasksOn } from "../../../scripts/drift.ts";
import type { Container, Recorded, Seen } from "../../../scripts/drift.ts";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const NETWORK: Recorded = { type: "docker:index/network:Network", id: "n1", inputs: { name: "shop-dev-db" } };
const VOLUME: Recorded = {
    type: "docker:index/volume:Volume",
    id: "shop.dev.db",
    inputs: { name: "shop.dev.db" },
};
const DB: Recorded = {
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
const PORT: Recorded = {
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
const SEEN: Seen = {
    containers: [RUNNING],
    networks: [{ id: "n1", name: "shop-dev-db" }],
    volumes: ["shop.dev.db"],
    services: [],
};
const STATE = [NETWORK, VOLUME, DB, PORT];
const NOTHING = { missing: [], stopped: [], disconnected: [], stuck: [], takenPorts: [] };

/** What Docker has, with the container changed. */
const withContainer = (change: Partial<Container>): Seen => ({
    ...SEEN,
    containers: [{ ...RUNNING, ...change }],
});

describe("where Docker differs from the state", () => {
    test("is nowhere if all runs", () => {
        expect(findDrift(STATE, SEEN, [])).toEqual(NOTHING);
        expect(faultsOf(STATE, SEEN)).toEqual([]);
    });

    test.each<[string, Partial<Seen>, Recorded[]]>([
        ["a container", { containers: [] }, [DB]],
        ["a volume", { volumes: [] }, [VOLUME]],
        ["a network and its container", { networks: [], containers: [] }, [NETWORK, DB]],
    ])("is seen where %s was removed", (_, change, missing) => {
        expect(findDrift(STATE, { ...SEEN, ...change }, [])).toEqual({ ...NOTHING, missing });
    });

    test("is seen where a service was removed, or runs with no replica", () => {
        const service: Recorded = {
            type: "docker:index/service:Service",
            id: "2birg5yxijo1gzvjcc5eas8qz",
            inputs: { name: "shop-web" },
        };
        expect(findDrift([service], SEEN, []).missing).toEqual([service]);
        // As docker service ls has it.
        const services = [{ id: "2birg5yxijo1", name: "shop-web", running: 0, wanted: 2, ports: "" }];
        expect(faultsOf([service], { ...SEEN, services }).map(({ sentence }) => sentence)).toEqual([
            "service shop-web runs with none of its 2 replicas",
        ]);
    });

    test.each<[Container["state"], string]>([
        ["exited", "Exited (0) 2 minutes ago"],
        ["exited", "Exited (137) 2 minutes ago"],
        ["paused", "Up 3 minutes (Paused)"],
        ["created", "Created"],
    ])("is seen where a container is %s: %s", (state, status) => {
        const seen = withContainer({ state, status, ports: "" });
        expect(findDrift(STATE, seen, [])).toEqual({ ...NOTHING, stopped: seen.containers });
        expect(faultsOf(STATE, seen)).toEqual([
            { sentence: `container shop-dev-db does not run (${status})`, starting: false },
        ]);
    });

    test("is seen where a container is cut off from its network, with the aliases that it had", () => {
        const seen = withContainer({ networks: [] });
        const [container] = seen.containers;
        expect(findDrift(STATE, seen, [])).toEqual({
            ...NOTHING,
            disconnected: [{ container, network: "shop-dev-db", aliases: ["db"] }],
        });
    });

    test("needs another container where the network is gone: it is bound to the one before", () => {
        const seen = { ...withContainer({ state: "exited", status: "Exited (0)" }), networks: [] };
        expect(findDrift(STATE, seen, [])).toEqual({
            ...NOTHING,
            missing: [NETWORK],
            stuck: seen.containers,
        });
    });

    test("is not where a container has ended as it was to", () => {
        const exited = withContainer({ state: "exited", status: "Exited (0) 1 second ago" });
        const once = (inputs: Record<string, unknown>) => [{ ...DB, inputs: { ...DB.inputs, ...inputs } }];
        expect(findDrift(once({ mustRun: false }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ restart: "no" }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ restart: "on-failure" }), exited, [])).toEqual(NOTHING);
        expect(findDrift(once({ mustRun: false }), { ...SEEN, containers: [] }, [])).toEqual(NOTHING);
    });

    test("is not looked for where a container's networks are secret", () => {
        const networksAdvanced = { "4dabf18193072939515e22adb298388d": "x", ciphertext: "y" };
        const secret = { ...DB, inputs: { ...DB.inputs, networksAdvanced } };
        expect(findDrift([secret], withContainer({ networks: [] }), [])).toEqual(NOTHING);
    });

    test("is not what an update deletes, or others have made", () => {
        const gone = { ...SEEN, containers: [], networks: [] };
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
            "container shop-dev-db exits again and again (Restarting (1) 2 seconds ago)",
            true,
        ],
    ])("is a fault that no update repairs: %j", (change, sentence, starting) => {
        expect(faultsOf(STATE, withContainer(change))).toEqual([{ sentence, starting }]);
        expect(findDrift(STATE, withContainer(change), [])).toEqual(NOTHING);
    });
});

describe("a port that was chosen", () => {
    const [chosen] = chosenPorts(STATE);
    const other = { ...RUNNING, id: "c2", name: "other" };

    test("is found with what publishes it, made or not", () => {
        expect(chosenPorts(STATE)).toEqual([{ urn: PORT.urn, port: 23456, ip: "127.0.0.1", holder: "c1" }]);
        expect(chosenPorts([PORT])).toEqual([{ urn: PORT.urn, port: 23456, ip: "127.0.0.1" }]);
        const urn = "urn:pulumi:dev::shop::random:index/randomInteger:RandomInteger::my-port";
        expect(chosenPorts([{ ...PORT, urn }])).toEqual([]);
    });

    test("is not taken by its own container, nor where nothing listens", async () => {
        expect(await takenPorts(chosenPorts(STATE), SEEN, false)).toEqual([]);
        expect(await takenPorts(chosenPorts([PORT]), { ...SEEN, containers: [] }, false)).toEqual([]);
    });

    test("is not taken by the containers of its own service, which publishes it on each node", async () => {
        const service = "2birg5yxijo1gzvjcc5eas8qz";
        const ports = [{ urn: PORT.urn ?? "", port: 23456, ip: "127.0.0.1", holder: service }];
        const seen = (own: string): Seen => ({
            ...withContainer({ id: "c9", service: own, ports: "0.0.0.0:23456->80/tcp" }),
            services: [{ id: service.slice(0, 12), name: "shop-web", running: 1, wanted: 1, ports: "" }],
        });
        expect(await takenPorts(ports, seen(service), false)).toEqual([]);
        expect(await takenPorts(ports, seen("another"), false)).toEqual(ports);
    });

    test("is taken by another container: another port is chosen, and its own not started on this one", async () => {
        const stopped = { ...RUNNING, state: "exited", status: "Exited (0)", ports: "" };
        const seen = { ...SEEN, containers: [stopped, other] };
        const taken = await takenPorts(chosenPorts(STATE), seen, false);
        expect(taken).toEqual([chosen]);
        expect(findDrift(STATE, seen, taken)).toEqual({
            ...NOTHING,
            takenPorts: [{ urn: PORT.urn, port: 23456 }],
        });
    });

    test("is taken by any program of this machine, if the engine is here", async () => {
        const server = createServer();
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        const { port } = server.address() as AddressInfo;
        const ports = chosenPorts([{ ...PORT, outputs: { result: port } }]);
        const seen = { ...SEEN, containers: [] };
        expect(await takenPorts(ports, seen, true)).toEqual(ports);
        expect(await takenPorts(ports, seen, false)).toEqual([]);
        await new Promise((closed) => server.close(closed));
        expect(await takenPorts(ports, seen, true)).toEqual([]);
    });
});

test("tasks that have run on a volume are found by it", () => {
    const task = (name: string, triggers: unknown): Recorded => ({
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
