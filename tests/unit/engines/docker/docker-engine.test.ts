import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    type HealthTimeArgs,
    PostgresService,
    type PostgresServiceArgs,
    type ProcessArgs,
    type PublishArgs,
    RedisService,
    type RedisServiceArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import {
    CONTAINER,
    GENERATED,
    NETWORK,
    refusal,
    run,
    SERVICE,
    type Settings,
    VOLUME,
} from "../../../../testing/index.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

const app = (args: Partial<WebAppArgs> = {}, settings: Settings = {}) =>
    run(() => ({ url: new WebApp("web", { image: "x:1", ...args }).url }), settings);
const container = async (args: Partial<WebAppArgs> = {}) => (await app(args)).one(CONTAINER);
const inputs = async (args: Partial<WebAppArgs> = {}) => (await container(args)).inputs;
const redis = (args: RedisServiceArgs, settings: Settings = {}) =>
    run(() => {
        const { connection, address } = new RedisService("cache", args);
        return { connection, address };
    }, settings);

test("is what runs a component, unless told otherwise; what is said for a Swarm has no effect", async () => {
    const swarm = { replicas: 3, constraints: ["node.role == manager"] };
    const [unsaid, said] = [await app({ swarm }), await app({ engine: Engine.Docker })];
    expect(unsaid.names(SERVICE)).toEqual([]);
    expect(unsaid.one(CONTAINER).inputs).toEqual(said.one(CONTAINER).inputs);
});

describe("a container of Docker Engine", () => {
    test("is deleted before it is replaced, and replaced where the provider only says that it changed", async () => {
        const { options } = await container({ memory: "64m" });
        expect(options.deleteBeforeReplace).toBe(true);
        expect(options.replaceOnChanges).toEqual([
            "#initerror",
            "healthcheck",
            "tmpfs",
            "init",
            "cpuPeriod",
            "cpuQuota",
            "rm",
        ]);
    });

    test("that holds data is not replaced for a new default of its health check, but for what is set", async () => {
        const ignored = async (args: RedisServiceArgs) =>
            (await redis(args))
                .one(CONTAINER)
                .options.ignoreChanges.filter((path) => path.startsWith("healthcheck"))
                .sort();
        expect(await ignored({})).toEqual([
            "healthcheck.interval",
            "healthcheck.retries",
            "healthcheck.startPeriod",
            "healthcheck.tests",
            "healthcheck.timeout",
        ]);
        expect(
            await ignored({ health: { interval: 9, retries: 9, startPeriod: 9, timeout: undefined } }),
        ).toEqual(["healthcheck.tests", "healthcheck.timeout"]);
        expect((await container({ stopTimeout: 9 })).options.ignoreChanges).toEqual([]);
    });

    test("keeps running when the start script or the init scripts of its Postgres change, but not its password", async () => {
        const options = async (args: PostgresServiceArgs) => {
            const { one } = await run(() => ({ c: new PostgresService("db", args).connection }));
            return one(CONTAINER).options;
        };
        const plain = await options({ password: "rum" });
        expect(plain.ignoreChanges).toContain("uploads");
        const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
        expect(plain.replacementTrigger).toEqual(["command", "entrypoint", "healthcheck", hash]);
        const scripted = await options({ password: "rum", initScripts: { "a.sql": "SELECT 1" } });
        expect(scripted.replacementTrigger).toEqual(plain.replacementTrigger);
        const rotated = await options({ password: "gold" });
        expect(rotated.replacementTrigger).not.toEqual(plain.replacementTrigger);
    });

    test("is replaced for any other file that changes", async () => {
        const { one } = await redis({});
        expect(one(CONTAINER).options.ignoreChanges).not.toContain("uploads");
    });

    test.each<[string, Partial<WebAppArgs>, boolean, number]>([
        ["until it answers", {}, true, 120],
        ["as long as it is told", { health: { waitTimeout: 9 } }, true, 9],
        ["with a command of its own too", { health: { command: ["bin/ok"] } }, true, 120],
    ])("is waited for %s", async (_, args, wait, waitTimeout) => {
        expect(await inputs(args)).toMatchObject({ wait, waitTimeout });
    });

    test("is not waited for where nothing says whether it is healthy", async () => {
        const { one } = await app({ processes: { worker: { command: ["bin/jobs"] } } });
        expect(one(CONTAINER, "web-worker").inputs).toMatchObject({ wait: false });
        expect(one(CONTAINER, "web-worker").inputs).not.toHaveProperty("healthcheck");
        expect(one(CONTAINER, "web-worker").inputs).not.toHaveProperty("waitTimeout");
    });

    test("gets no new privileges, and capabilities as the provider reads them back", async () => {
        expect(await inputs({ capabilities: ["CHOWN", "ALL"] })).toMatchObject({
            securityOpts: ["no-new-privileges"],
            capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "ALL"] },
        });
    });

    test.each<[string, Partial<WebAppArgs>, string[]]>([
        ["none", {}, ["healthcheck"]],
        ["the command", { command: ["x"] }, ["command", "healthcheck"]],
        ["the user", { user: "1000" }, ["healthcheck", "user"]],
        ["the time to stop", { stopTimeout: 10 }, ["healthcheck", "stopTimeout"]],
    ])(
        "is replaced when an argument is removed that the provider would keep: of %s",
        async (_, args, trigger) => {
            expect((await container(args)).options.replacementTrigger).toEqual(trigger);
        },
    );

    test("is replaced when the health check of a process is removed", async () => {
        const trigger = async (args: Partial<ProcessArgs>) => {
            const { one } = await app({ processes: { worker: { command: ["work"], ...args } } });
            return one(CONTAINER, "web-worker").options.replacementTrigger;
        };
        expect(await trigger({ health: { command: ["ok"] } })).toEqual(["command", "healthcheck"]);
        expect(await trigger({})).toEqual(["command"]);
    });

    test("with data is replaced when a time of its health check is removed", async () => {
        const trigger = async (health: HealthTimeArgs) =>
            (await redis({ health })).one(CONTAINER).options.replacementTrigger;
        expect(await trigger({ interval: 9, waitTimeout: 9 })).toEqual([
            "command",
            "healthcheck",
            "healthcheck.interval",
        ]);
        expect(await trigger({})).toEqual(["command", "healthcheck"]);
    });

    test("changes its limit on memory in place, and is replaced when there is none any more", async () => {
        expect((await container({ memory: "64m" })).options.replaceOnChanges).not.toContain("memory");
        expect((await container()).options.replaceOnChanges).toContain("memory");
    });

    test("has a time to stop for docker stop and a reboot, too, whose default replaces nothing", async () => {
        const own = await container({ stopTimeout: 30 });
        expect(own.inputs).toMatchObject({ stopTimeout: 30, destroyGraceSeconds: 30 });
        expect(own.options.ignoreChanges).toEqual([]);
        const usual = await container();
        expect(usual.inputs).toMatchObject({ stopTimeout: 10, destroyGraceSeconds: 10 });
        expect(usual.options.ignoreChanges).toEqual(["stopTimeout"]);
        expect((await redis({})).one(CONTAINER).options.ignoreChanges).toContain("stopTimeout");
    });

    test("may swap as much again as its memory, as else the daemon would choose", async () => {
        expect(await inputs({ memory: "512m" })).toMatchObject({ memory: 512, memorySwap: 1024 });
        expect(await inputs()).not.toHaveProperty("memorySwap");
    });

    test.each([
        [undefined, "unless-stopped"],
        ["unless-stopped", "unless-stopped"],
        ["always", "always"],
        ["on-failure", "on-failure"],
        ["no", "no"],
    ])("is started again where restart is %s: %s", async (restart, expected) => {
        expect((await inputs({ restart })).restart).toBe(expected);
    });

    test.each([
        [1, "1s"],
        [59, "59s"],
        [60, "1m0s"],
        [90, "1m30s"],
        [120, "2m0s"],
        [3600, "1h0m0s"],
        [3661, "1h1m1s"],
    ])("has times as Go writes them: %d seconds as %s", async (interval, text) => {
        expect((await inputs({ health: { interval } })).healthcheck).toMatchObject({ interval: text });
    });

    test.each([
        [1, "1.0"],
        [2, "2.0"],
        [0.5, "0.5"],
        [0.25, "0.25"],
    ])("has processors as the provider reads them back: %d as %s", async (cpus, text) => {
        expect((await inputs({ cpus })).cpus).toBe(text);
    });

    test("takes any option of a memory file system", async () => {
        const tmpfs = { "/tmp": "", "/run": "noexec,size=64m" };
        expect((await inputs({ tmpfs })).tmpfs).toEqual(tmpfs);
    });

    test("has its environment in the open where nothing in it is secret", async () => {
        const plain = await container({ env: { A: "1" } });
        expect(plain.inputs.envs).toEqual(["PORT=3000", "A=1"]);
        expect(plain.secrets).toEqual([]);
    });

    test("may be of an image by its ID", async () => {
        const { one, declared } = await app({ image: DIGEST });
        expect(one(CONTAINER).inputs.image).toBe(DIGEST);
        expect(declared.map(({ name }) => name)).not.toContain("web-image");
    });
});

describe("a port of Docker Engine", () => {
    test.each<[string, PublishArgs, string, string]>([
        ["left out", { port: 7000 }, "127.0.0.1", "127.0.0.1:7000"],
        [
            "left out with the port",
            { port: undefined, ip: undefined },
            "127.0.0.1",
            `127.0.0.1:${GENERATED.port}`,
        ],
        ["one of the machine's", { port: 7000, ip: "10.1.2.3" }, "10.1.2.3", "10.1.2.3:7000"],
        ["an output", { port: 7000, ip: pulumi.output("10.1.2.3") }, "10.1.2.3", "10.1.2.3:7000"],
        ["every one", { port: 7000, ip: "0.0.0.0" }, "0.0.0.0", "localhost:7000"],
        ["every one, in IPv6", { port: 7000, ip: "::" }, "::", "localhost:7000"],
        ["one in IPv6", { port: 7000, ip: "::1" }, "::1", "[::1]:7000"],
    ])(
        "is open on the machine alone, unless told otherwise: the address is %s",
        async (_, publish, ip, address) => {
            const { one, outputs } = await redis({ publish });
            const external = publish.port ?? GENERATED.port;
            expect(one(CONTAINER).inputs.ports).toEqual([{ internal: 6379, external, ip }]);
            expect(outputs.address?.value).toBe(address);
        },
    );
});

describe("a volume of Docker Engine", () => {
    test.each<[string, RedisServiceArgs, string[]]>([
        ["labels, driver or name", {}, ["driver", "driverOpts", "labels", "name"]],
        [
            "labels or driver, where its name is one's own",
            { volume: "mine" },
            ["driver", "driverOpts", "labels"],
        ],
    ])("is made anew by no change of %s", async (_, args, ignored) => {
        expect((await redis(args)).one(VOLUME).options.ignoreChanges.sort()).toEqual(ignored);
    });
});

describe("a network of Docker Engine", () => {
    test("keeps its name when its service is renamed", async () => {
        expect((await redis({})).one(NETWORK).options.ignoreChanges).toEqual(["name", "labels"]);
    });

    test("has a name that a first preview knows, and so does a connection where nothing is generated", async () => {
        const { outputs } = await redis({ password: "own" }, { preview: "first" });
        expect(outputs.connection).toMatchObject({
            value: { host: "shop-dev-cache", password: "own", network: "shop-dev-cache" },
            known: true,
            secret: true,
        });
    });
});

test("an engine that is none is refused", async () => {
    expect(await refusal(() => new RedisService("cache", { engine: "podman" as never }))).toContain(
        'engine: "podman" is not one of docker, swarm',
    );
});
