import * as pulumi from "@pulumi/pulumi";
import { RedisService, type RedisServiceArgs } from "../../../components/index.ts";
import { checkSecret } from "../../../components/shared/password.ts";
import {
    GENERATED,
    IMAGE,
    NETWORK,
    RANDOM_PASSWORD,
    REMOTE_IMAGE,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, open, runOn, TERMS } from "../engines/index.ts";

const CONFIG = "/usr/local/etc/redis/redis.conf";
const PASSWORD_FILE = "/run/drydock/redis-password";

describe.each(ENGINES)("on %s", (engine) => {
    const terms = TERMS[engine];
    const redis = (args: RedisServiceArgs = {}, settings: Settings = {}) =>
        runOn(
            engine,
            () => {
                const { connection, address } = new RedisService("cache", { engine, ...args });
                return { connection, address };
            },
            settings,
        );
    const container = async (args: RedisServiceArgs = {}) => (await redis(args)).container();
    const config = async (args: RedisServiceArgs = {}) => (await container(args)).files[CONFIG]?.content;

    describe("a Redis", () => {
        test("is a container of the official image, healthy before it counts as made", async () => {
            const { one, container } = await redis();
            expect(one(REMOTE_IMAGE).inputs.name).toBe("redis:8");
            expect(container()).toMatchObject({
                name: "cache",
                parent: "drydock:index:RedisService cache",
                host: "shop-dev-cache",
                image: terms.pulled,
                command: ["redis-server", CONFIG],
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

        test("makes a network of its own, which only what links to it joins", async () => {
            expect((await redis()).one(NETWORK)).toMatchObject({
                name: "cache-network",
                inputs: { name: "shop-dev-cache" },
                parent: "drydock:index:RedisService cache",
            });
        });

        test("joins a network that is given, and makes none", async () => {
            const { container, networks, outputs } = await redis({ network: pulumi.output("mine") });
            expect(networks).toEqual([]);
            expect(container().networks).toEqual(["mine"]);
            expect(outputs.connection?.value).toMatchObject({ network: "mine" });
        });

        test.each([
            [{ version: "7.4-alpine" }, "redis:7.4-alpine"],
            [{ image: "valkey/valkey:8" }, "valkey/valkey:8"],
        ])("may be another version or another image: %j", async (args, image) => {
            expect((await redis(args)).one(REMOTE_IMAGE).inputs.name).toBe(image);
        });

        test("may be built", async () => {
            const { names, one, container } = await redis({ build: terms.build });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(one(IMAGE).name).toBe("cache-image");
            expect(container().image).toBe(GENERATED.built);
        });

        test("may have a command, a limit of memory and times of its own", async () => {
            const command = ["redis-server", "--save", ""];
            const health = { interval: 90, waitTimeout: 9 };
            expect(await container({ command, memory: "256m", health })).toMatchObject({
                command,
                memory: 256,
                health: { ...health, timeout: 5 },
            });
        });

        test("has no limit of memory unless asked", async () => {
            expect((await container()).memory).toBeUndefined();
        });

        test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
            const { one } = await redis({ password: "own" });
            expect(one("drydock:index:RedisService").inputs).toEqual({});
        });
    });

    describe("the password of a Redis", () => {
        test("is generated, of letters and digits", async () => {
            expect((await redis()).one(RANDOM_PASSWORD)).toMatchObject({
                name: "cache-password",
                inputs: { length: 32, special: false },
                parent: "drydock:index:RedisService cache",
            });
        });

        test.each<[string, RedisServiceArgs, string]>([
            ["generated", {}, GENERATED.password],
            ["given", { password: "own-password" }, "own-password"],
        ])("%s, is in files alone, and secret there", async (_, args, password) => {
            const run = await redis(args);
            expect(run.container().files).toEqual({
                [CONFIG]: { content: `dir /data\nsave 60 1\nrequirepass "${password}"\n`, secret: true },
                [PASSWORD_FILE]: { content: password, secret: true },
            });
            expect(run.container().secrets).toEqual(["files"]);
            expect(open(run)).not.toContain(password);
        });

        test("reaches the health check by a file", async () => {
            expect((await container()).health?.test.slice(-2)).toEqual(["ping", PASSWORD_FILE]);
        });

        test("may be none at all", async () => {
            const { container, names, outputs } = await redis({ passwordless: true });
            expect(names(RANDOM_PASSWORD)).toEqual([]);
            expect(Object.keys(container().files)).toEqual([CONFIG]);
            expect(container().files[CONFIG]?.content).toBe("dir /data\nsave 60 1\nprotected-mode no\n");
            expect(container().health?.test.slice(-2)).toEqual(["ping", ""]);
            expect(outputs.connection?.value).not.toHaveProperty("password");
        });

        test("is quoted as the configuration file needs it", async () => {
            expect(await config({ password: 'a "b" \\ c' })).toContain('requirepass "a \\"b\\" \\\\ c"\n');
            expect(await config({ password: "\\u0001\u0001\f\té" })).toContain(
                'requirepass "\\\\u0001\\x01\\x0c\\té"\n',
            );
        });
    });

    describe("the connection to a Redis", () => {
        const connection = {
            scheme: "redis",
            host: "shop-dev-cache",
            port: 6379,
            password: GENERATED.password,
            database: "0",
            network: terms.network("cache"),
            storage: "shop.dev.cache",
        };

        test("is secret, and says how to reach it", async () => {
            const { outputs } = await redis();
            expect(outputs.connection).toEqual({ value: connection, secret: true, known: true });
        });

        test("is secret without a password too", async () => {
            expect((await redis({ passwordless: true })).outputs.connection?.secret).toBe(true);
        });

        test("is not known in the first preview, and known in later ones", async () => {
            const first = await redis({}, { preview: "first" });
            expect(first.outputs.connection).toMatchObject({ known: false, secret: true });
            const later = await redis({}, { preview: "later" });
            expect(later.outputs.connection?.value).toEqual(connection);
        });

        test("is known in the first preview, where nothing is generated", async () => {
            const args = { password: "own", network: "mine" };
            const { outputs } = await redis(args, { preview: "first" });
            expect(outputs.connection?.value).toEqual({ ...connection, ...args });
        });
    });

    describe("the configuration file", () => {
        test("has the settings, and they win over ours but for the password", async () => {
            expect(await config({ settings: { "maxmemory-policy": "allkeys-lru", save: "900 1" } })).toBe(
                `dir /data\nsave 900 1\nmaxmemory-policy allkeys-lru\nrequirepass "${GENERATED.password}"\n`,
            );
        });

        test("has an empty setting, and one of several lines as often", async () => {
            const settings = { save: "", "rename-command": 'FLUSHALL ""\r\n\nFLUSHDB ""\n' };
            expect(await config({ settings, passwordless: true })).toBe(
                'dir /data\nsave ""\nprotected-mode no\nrename-command FLUSHALL ""\nrename-command FLUSHDB ""\n',
            );
        });

        test("saves nothing where nothing is to be kept", async () => {
            expect(await config({ persistent: false })).toContain('save ""\n');
        });
    });
});

test("a password that comes as an empty output is refused, and not taken for none", () => {
    expect(() => checkSecret("cache-password", "")).toThrow(
        "cache-password must be a single line that is not empty; leave it out to have one generated",
    );
    expect(checkSecret("cache-password", "rum")).toBe("rum");
    expect(() => checkSecret("masterKey", "", () => "is none")).toThrow("masterKey is none");
});
