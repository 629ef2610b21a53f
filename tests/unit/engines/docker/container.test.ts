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

test("the Docker Engine is the default, and ignores arguments of a Swarm", async () => {
    const swarm = { replicas: 3, constraints: ["node.role == manager"] };
    const [byDefault, explicit] = [await app({ swarm }), await app({ engine: Engine.Docker })];
    expect(byDefault.names(SERVICE)).toEqual([]);
    expect(byDefault.one(CONTAINER).inputs).toEqual(explicit.one(CONTAINER).inputs);
});

describe("a container", () => {
    test("is deleted before it is replaced, and is replaced for changes that the provider reports but does not make", async () => {
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

    test("with data is replaced for new times of the health check that the user sets, but not for new defaults", async () => {
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
        const { ignoreChanges } = (await container({ stopTimeout: 9 })).options;
        expect(ignoreChanges.filter((path) => path.startsWith("healthcheck"))).toEqual([]);
    });

    test("of a Postgres is replaced for another password, but not for other start or init scripts", async () => {
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

    test("of a Redis is replaced for changed files", async () => {
        const { one } = await redis({});
        expect(one(CONTAINER).options.ignoreChanges).not.toContain("uploads");
    });

    test.each<[string, Partial<WebAppArgs>, boolean, number]>([
        ["until it is healthy", {}, true, 120],
        ["as long as the user says", { health: { waitTimeout: 9 } }, true, 9],
        ["with a command as its health check", { health: { command: ["bin/ok"] } }, true, 120],
    ])("is waited for %s", async (_, args, wait, waitTimeout) => {
        expect(await inputs(args)).toMatchObject({ wait, waitTimeout });
    });

    test("is not waited for without a health check", async () => {
        const { one } = await app({ processes: { worker: { command: ["bin/jobs"], health: {} } } });
        expect(one(CONTAINER, "web-worker").inputs).toMatchObject({ wait: false });
        expect(one(CONTAINER, "web-worker").inputs).not.toHaveProperty("healthcheck");
        expect(one(CONTAINER, "web-worker").inputs).not.toHaveProperty("waitTimeout");
    });

    test("has `no-new-privileges`, and capabilities as the provider reads them back", async () => {
        expect(await inputs({ capabilities: ["CHOWN", "ALL"] })).toMatchObject({
            securityOpts: ["no-new-privileges"],
            capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "ALL"] },
        });
    });

    test.each<[string, Partial<WebAppArgs>, string[]]>([
        ["the health check alone by default", {}, ["healthcheck"]],
        ["the command", { command: ["x"] }, ["command", "healthcheck"]],
        ["the user", { user: "1000" }, ["healthcheck", "user"]],
        ["the time to stop", { stopTimeout: 10 }, ["healthcheck", "stopTimeout"]],
    ])(
        "is replaced when an argument that the provider would keep is removed: %s",
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

    test("is replaced when its memory limit is removed, but not when it changes", async () => {
        expect((await container({ memory: "64m" })).options.replaceOnChanges).not.toContain("memory");
        expect((await container()).options.replaceOnChanges).toContain("memory");
    });

    test("stops within the same time by Pulumi, by `docker stop` and at a reboot; a new default does not replace it", async () => {
        const withTimeout = await container({ stopTimeout: 30 });
        expect(withTimeout.inputs).toMatchObject({ stopTimeout: 30, destroyGraceSeconds: 30 });
        expect(withTimeout.options.ignoreChanges).not.toContain("stopTimeout");
        const byDefault = await container();
        expect(byDefault.inputs).toMatchObject({ stopTimeout: 10, destroyGraceSeconds: 10 });
        expect(byDefault.options.ignoreChanges).toContain("stopTimeout");
        expect((await redis({})).one(CONTAINER).options.ignoreChanges).toContain("stopTimeout");
    });

    test("keeps 3 log files of 10 MB unless the user sets logging; the default does not replace it", async () => {
        const byDefault = await container();
        expect(byDefault.inputs).toMatchObject({
            logDriver: "json-file",
            logOpts: { "max-size": "10m", "max-file": "3" },
        });
        expect(byDefault.options.ignoreChanges).toEqual(expect.arrayContaining(["logDriver", "logOpts"]));
        expect(byDefault.options.replacementTrigger).not.toContain("logging");

        const chosen = await container({ logging: { driver: "local" } });
        expect(chosen.inputs.logDriver).toBe("local");
        expect(chosen.inputs.logOpts).toBeUndefined();
        expect(chosen.options.ignoreChanges).toEqual(["stopTimeout"]);
        expect(chosen.options.replacementTrigger).toContain("logging");
    });

    test("has twice its memory as memory and swap, as the daemon would choose", async () => {
        expect(await inputs({ memory: "512m" })).toMatchObject({ memory: 512, memorySwap: 1024 });
        expect(await inputs()).not.toHaveProperty("memorySwap");
    });

    test.each([
        [undefined, "unless-stopped"],
        ["unless-stopped", "unless-stopped"],
        ["always", "always"],
        ["on-failure", "on-failure"],
        ["no", "no"],
    ])("with restart %s has the restart policy %s", async (restart, expected) => {
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
    ])("has durations as the provider reads them back: %d seconds as %s", async (interval, text) => {
        expect((await inputs({ health: { interval } })).healthcheck).toMatchObject({ interval: text });
    });

    test.each([
        [1, "1.0"],
        [2, "2.0"],
        [0.5, "0.5"],
        [0.25, "0.25"],
    ])("has CPUs as the provider reads them back: %d as %s", async (cpus, text) => {
        expect((await inputs({ cpus })).cpus).toBe(text);
    });

    test("accepts all options of tmpfs mounts", async () => {
        const tmpfs = { "/tmp": "", "/run": "noexec,size=64m" };
        expect((await inputs({ tmpfs })).tmpfs).toEqual(tmpfs);
    });

    test("has an environment that is not secret if none of its values is", async () => {
        const plain = await container({ env: { A: "1" } });
        expect(plain.inputs.envs).toEqual(["PORT=3000", "A=1"]);
        expect(plain.secrets).toEqual([]);
    });

    test("can have an image by ID", async () => {
        const { one, declared } = await app({ image: DIGEST });
        expect(one(CONTAINER).inputs.image).toBe(DIGEST);
        expect(declared.map(({ name }) => name)).not.toContain("web-image");
    });
});

describe("a published port", () => {
    test.each<[string, PublishArgs, string, string]>([
        ["left out", { port: 7000 }, "127.0.0.1", "127.0.0.1:7000"],
        [
            "left out, and the port is chosen",
            { port: undefined, ip: undefined },
            "127.0.0.1",
            `127.0.0.1:${GENERATED.port}`,
        ],
        ["an address of the machine", { port: 7000, ip: "10.1.2.3" }, "10.1.2.3", "10.1.2.3:7000"],
        ["an output", { port: 7000, ip: pulumi.output("10.1.2.3") }, "10.1.2.3", "10.1.2.3:7000"],
        ["0.0.0.0", { port: 7000, ip: "0.0.0.0" }, "0.0.0.0", "localhost:7000"],
        ["::", { port: 7000, ip: "::" }, "::", "localhost:7000"],
        ["::1", { port: 7000, ip: "::1" }, "::1", "[::1]:7000"],
    ])("is open on 127.0.0.1 by default: ip is %s", async (_, publish, ip, address) => {
        const { one, outputs } = await redis({ publish });
        const external = publish.port ?? GENERATED.port;
        expect(one(CONTAINER).inputs.ports).toEqual([{ internal: 6379, external, ip }]);
        expect(outputs.address?.value).toBe(address);
    });
});

describe("a network", () => {
    test("keeps its name when its service is renamed", async () => {
        expect((await redis({})).one(NETWORK).options.ignoreChanges).toEqual(["name", "labels"]);
    });

    test("is known in a first preview, and so is a connection without generated values", async () => {
        const { outputs } = await redis({ password: "own" }, { preview: "first" });
        expect(outputs.connection).toMatchObject({
            value: { host: "shop-dev-cache", password: "own", network: "shop-dev-cache" },
            known: true,
            secret: true,
        });
    });
});

test("an unknown engine is refused", async () => {
    expect(await refusal(() => new RedisService("cache", { engine: "podman" as never }))).toContain(
        'engine: "podman" is not one of docker, swarm',
    );
});
