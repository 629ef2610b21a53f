import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Engine, RedisService, type RedisServiceArgs } from "../../../components/index.ts";
import {
    GENERATED,
    IMAGE,
    NETWORK,
    RANDOM_PASSWORD,
    refusal,
    REMOTE_IMAGE,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

const CONFIG_PATH = "/usr/local/etc/redis/redis.conf";
const PASSWORD_PATH = "/run/drydock/redis-password";

const temporary = mkdtempSync(join(tmpdir(), "drydock-redis-"));
const dump = join(temporary, "dump.rdb");
beforeAll(() => {
    writeFileSync(dump, "content of the dump");
});
afterAll(() => {
    rmSync(temporary, { recursive: true });
});

describe.each([
    {
        engine: Engine.Docker,
        pulledImage: GENERATED.image,
        build: { context: "apps/sample" },
        network: "shop-dev-cache",
    },
    {
        engine: Engine.Swarm,
        pulledImage: GENERATED.digest,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        network: "cache-network-id",
    },
])("RedisService on $engine", ({ engine, pulledImage, build, network }) => {
    const runRedis = (args: RedisServiceArgs = {}, settings: Settings = {}) =>
        runOn(
            engine,
            () => {
                const { connection, address } = new RedisService("cache", { engine, ...args });
                return { connection, address };
            },
            settings,
        );
    const containerWith = async (args: RedisServiceArgs = {}) => (await runRedis(args)).container();

    test("runs the official image with a health check", async () => {
        const { one, container } = await runRedis();
        expect(one(REMOTE_IMAGE).inputs.name).toBe("redis:8");
        expect(container()).toMatchObject({
            name: "cache",
            parent: "drydock:index:RedisService cache",
            hostName: "shop-dev-cache",
            image: pulledImage,
            command: ["redis-server", CONFIG_PATH],
            env: {},
            restart: "always",
            stopTimeout: 10,
            networks: ["shop-dev-cache"],
            health: { interval: 2, retries: 5, startPeriod: 120, waitTimeout: 120 },
            capabilities: {
                drops: ["ALL"],
                adds: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETPCAP", "SETUID"],
            },
        });
        expect(container().entrypoint).toBeUndefined();
    });

    test("creates a network of its own", async () => {
        expect((await runRedis()).one(NETWORK)).toMatchObject({
            name: "cache-network",
            inputs: { name: "shop-dev-cache" },
            parent: "drydock:index:RedisService cache",
        });
    });

    test("joins an existing network instead", async () => {
        const { container, networks, outputs } = await runRedis({ network: pulumi.output("mine") });
        expect(networks).toEqual([]);
        expect(container().networks).toEqual(["mine"]);
        expect(outputs.connection?.value).toMatchObject({ network: "mine" });
    });

    test.each([
        [{ version: "7.4-alpine" }, "redis:7.4-alpine"],
        [{ image: "valkey/valkey:8" }, "valkey/valkey:8"],
    ])("with %j pulls %s", async (args, image) => {
        expect((await runRedis(args)).one(REMOTE_IMAGE).inputs.name).toBe(image);
    });

    test("builds its image", async () => {
        const { names, one, container } = await runRedis({ build });
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect(one(IMAGE).name).toBe("cache-image");
        expect(container().image).toBe(GENERATED.built);
    });

    test("takes another command, a memory limit and the timing of its health check", async () => {
        const command = ["redis-server", CONFIG_PATH, "--appendonly", "yes"];
        const health = { interval: 90, waitTimeout: 9 };
        expect(await containerWith({ command, memory: "256m", health })).toMatchObject({
            command,
            memory: 256,
            health: { ...health, timeout: 5 },
        });
    });

    test.each<[string, RedisServiceArgs]>([
        ["redis-server without the configuration, if nothing is in it", { passwordless: true }],
        ["another program", { command: ["start-redis"] }],
        [
            "a shell that loads the configuration",
            { command: ["sh", "-c", `exec redis-server ${CONFIG_PATH}`] },
        ],
        ["arguments of an entrypoint", { entrypoint: ["start"], command: ["redis-server"] }],
    ])("takes the command of %s", async (_, args) => {
        const command = args.command ?? ["redis-server"];
        expect(await containerWith({ command, ...args })).toMatchObject({ command });
    });

    test("has no memory limit by default", async () => {
        expect((await containerWith()).memory).toBeUndefined();
    });

    test("has no inputs that may be secret: only the settings with which Redis keeps its data", async () => {
        const { one } = await runRedis({ password: "own" });
        expect(one("drydock:index:RedisService").inputs).toEqual({ persistence: { save: "60 1" } });
    });

    test("generates a password of letters and digits", async () => {
        expect((await runRedis()).one(RANDOM_PASSWORD)).toMatchObject({
            name: "cache-password",
            inputs: { length: 32, special: false },
            parent: "drydock:index:RedisService cache",
        });
    });

    test.each<[string, RedisServiceArgs, string]>([
        ["generated", {}, GENERATED.password],
        ["given", { password: "own-password" }, "own-password"],
    ])("keeps a %s password in secret files and nowhere else", async (_, args, password) => {
        const run = await runRedis(args);
        expect(run.container().files).toEqual({
            [CONFIG_PATH]: { content: `dir /data\nsave 60 1\nrequirepass "${password}"\n`, secret: true },
            [PASSWORD_PATH]: { content: password, secret: true },
        });
        expect(run.container().secrets).toEqual(["files"]);
        expect(nonSecretText(run)).not.toContain(password);
    });

    test("passes the password to the health check by a file", async () => {
        expect((await containerWith()).health?.test.slice(-2)).toEqual(["ping", PASSWORD_PATH]);
    });

    test("has no password if it is passwordless", async () => {
        const { container, names, outputs } = await runRedis({ passwordless: true });
        expect(names(RANDOM_PASSWORD)).toEqual([]);
        expect(Object.keys(container().files)).toEqual([CONFIG_PATH]);
        expect(container().files[CONFIG_PATH]?.content).toBe("dir /data\nsave 60 1\nprotected-mode no\n");
        expect(container().health?.test.slice(-2)).toEqual(["ping", ""]);
        expect(outputs.connection).toMatchObject({ secret: true });
        expect(outputs.connection?.value).not.toHaveProperty("password");
    });

    test.each([
        [{}, "/data"],
        [{ dataPath: "/srv" }, "/srv"],
    ])("with %j loads a dump into %s", async (args, directory) => {
        const { files, command, entrypoint } = await containerWith({ dump, ...args });
        expect(files["/run/drydock/dump.rdb"]?.content).toBe("content of the dump");
        expect(command?.join(" ")).toContain(`mv ${directory}/dump.part ${directory}/dump.rdb`);
        expect(entrypoint).toBeUndefined();
    });

    describe("connection", () => {
        const connection = {
            scheme: "redis",
            host: "shop-dev-cache",
            port: 6379,
            password: GENERATED.password,
            database: "0",
            network,
            aliases: ["cache"],
            storage: "shop.dev.cache",
        };

        test("holds address and password, and is secret", async () => {
            const { outputs } = await runRedis();
            expect(outputs.connection).toEqual({ value: connection, secret: true, known: true });
        });

        test("is unknown in the first preview and known in later ones", async () => {
            const first = await runRedis({}, { preview: "first" });
            expect(first.outputs.connection).toMatchObject({ known: false, secret: true });
            const later = await runRedis({}, { preview: "later" });
            expect(later.outputs.connection?.value).toEqual(connection);
        });

        test("is known in the first preview if nothing in it is generated", async () => {
            const args = { password: "own", network: "mine" };
            const { outputs } = await runRedis(args, { preview: "first" });
            expect(outputs.connection?.value).toEqual({ ...connection, aliases: undefined, ...args });
        });
    });
});

test.each<[RedisServiceArgs, string]>([
    [
        { version: "latest" },
        'version: "latest" is not a version; write it like 17, 17.2 or 17-alpine, or use image',
    ],
    [{ version: "8", image: "redis:8" }, "version: version selects the official image, but"],
    [{ version: "8", build: { context: "apps/sample" } }, "version: version selects the official"],
    [{ password: "" }, "password: must be a single line that is not empty; leave it out"],
    [{ password: "a\nb" }, "password: must be a single line that is not empty"],
    [{ password: "x", passwordless: true }, "passwordless: passwordless is true, but password is set"],
    [{ memory: "lots" }, 'memory: "lots" is not an amount of memory; write it like 512m or 2g'],
    [{ network: "my net" }, 'network: "my net" is not a name that Docker allows'],
    [{ command: [] }, "command: must be a list of strings"],
    [
        { command: ["redis-server", "--appendonly", "yes"] },
        'command: does not load /usr/local/etc/redis/redis.conf, which has the password and the settings; leave it out, and use settings, or put this path after "redis-server"',
    ],
    [
        { command: ["/usr/bin/valkey-server"], passwordless: true, settings: { maxmemory: "1mb" } },
        "command: does not load /usr/local/etc/redis/redis.conf",
    ],
    [{ settings: { RequirePass: "x" } }, "settings.RequirePass: settings are not secret; use password"],
    [{ settings: { port: "7000" } }, "settings.port: Redis listens on 6379 in its container"],
    [{ settings: { Bind: "127.0.0.1" } }, "settings.Bind: Redis must listen on all addresses"],
    [{ settings: { dir: "/x" } }, "settings.dir: use dataPath"],
    [{ settings: { save: "1\0" } }, "is not plain text; write one line, or one line for each"],
    [{ settings: { "a b": "1" } }, 'settings.a b: "a b" is not the name of a setting'],
    [{ dump: "dump.rdb" }, 'dump: "dump.rdb" is not an absolute path; start it with /'],
    [{ dump: "/no/dump.rdb" }, 'dump: "/no/dump.rdb" is not a file on this machine; use'],
    [{ dump: "/tmp" }, 'dump: "/tmp" is not a file on this machine'],
    [{ dump, command: ["x"] }, "dump: dump needs the official image's command; leave out command"],
    [{ dump, settings: { AppendOnly: "YES" } }, "dump: Redis loads no dump while appendonly is yes; set"],
    [
        { dump, settings: { DbFilename: "x.rdb" } },
        "settings.dbfilename: a dump needs Redis' default file names; leave it out",
    ],
    [{ health: { interval: 0 } }, "health.interval: 0 is not allowed"],
    [{ publish: { port: 70000 } }, "publish.port: 70000 is not a port"],
    [{ hostPath: "data" }, 'hostPath: "data" is not an absolute path'],
])("RedisService refuses %j", async (args, message) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new RedisService("cache", { engine, ...args }))).toContain(message);
});

test("RedisService refuses a name that Docker does not allow", async () => {
    expect(await refusal(() => new RedisService("my cache"))).toContain(
        'name: "my cache" is not a name that Docker allows',
    );
});
