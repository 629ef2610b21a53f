import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checked } from "../../components/password";
import { RedisService, RedisServiceArgs } from "../../components";
import {
    COMMAND,
    CONTAINER,
    GENERATED,
    IMAGE,
    NETWORK,
    PASSWORD,
    refusal,
    REMOTE_IMAGE,
    run,
    Settings,
} from "../../testing";

const CONFIG = "/usr/local/etc/redis/redis.conf";
const DUMP = join(mkdtempSync(join(tmpdir(), "drydock-redis-")), "dump.rdb");

const redis = (args: RedisServiceArgs = {}, settings: Settings = {}) =>
    run(() => {
        const { connection, address } = new RedisService("cache", args);
        return { connection, address };
    }, settings);
const container = async (args: RedisServiceArgs = {}) => (await redis(args)).one(CONTAINER);
const uploads = async (args: RedisServiceArgs = {}) =>
    (await container(args)).inputs.uploads as { file: string; content?: string; source?: string }[];
const config = async (args: RedisServiceArgs = {}) =>
    (await uploads(args)).find(({ file }) => file === CONFIG)?.content;

beforeAll(() => {
    writeFileSync(DUMP, "dump");
});
afterAll(() => {
    rmSync(join(DUMP, ".."), { recursive: true });
});

describe("a Redis", () => {
    test("is a container of the official image, in place of the last one, healthy before it counts as made", async () => {
        const { one } = await redis();
        expect(one(REMOTE_IMAGE).inputs.name).toBe("redis:8");
        expect(one(CONTAINER)).toMatchObject({
            name: "cache",
            parent: "drydock:index:RedisService cache",
            inputs: {
                ...{ name: "shop-dev-cache", image: GENERATED.image, command: ["redis-server", CONFIG] },
                ...{ restart: "unless-stopped", destroyGraceSeconds: 10, wait: true, waitTimeout: 120 },
                networksAdvanced: [{ name: "shop-dev-cache" }],
                securityOpts: ["no-new-privileges"],
                capabilities: {
                    drops: ["ALL"],
                    adds: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETPCAP", "SETUID"].map(
                        (c) => `CAP_${c}`,
                    ),
                },
            },
        });
    });

    test("makes a network of its own, which only what links to it joins", async () => {
        const { one } = await redis();
        expect(one(NETWORK)).toMatchObject({
            name: "cache-network",
            parent: "drydock:index:RedisService cache",
        });
    });

    test("joins a network that is given, and makes none", async () => {
        const { one, names, outputs } = await redis({ network: pulumi.output("mine") });
        expect(names(NETWORK)).toEqual([]);
        expect(one(CONTAINER).inputs.networksAdvanced).toEqual([{ name: "mine" }]);
        expect(outputs.connection?.value).toMatchObject({ network: "mine" });
    });

    test("may be another version, another image, or built", async () => {
        expect((await redis({ version: "7.4-alpine" })).one(REMOTE_IMAGE).inputs.name).toBe(
            "redis:7.4-alpine",
        );
        expect((await redis({ image: "valkey/valkey:8" })).one(REMOTE_IMAGE).inputs.name).toBe(
            "valkey/valkey:8",
        );
        const built = await redis({ build: { context: "apps/sample" } });
        expect(built.names(REMOTE_IMAGE)).toEqual([]);
        expect(built.one(IMAGE).name).toBe("cache-image");
        expect(built.names(COMMAND)).toEqual(["cache-image-removal"]);
        expect(built.one(CONTAINER).inputs.image).toBe(GENERATED.built);
    });

    test("may have a command, a limit of memory and times of its own", async () => {
        const { inputs } = await container({
            ...{
                command: ["redis-server", "--save", ""],
                memory: "256m",
                health: { interval: 90, waitTimeout: 9 },
            },
        });
        expect(inputs).toMatchObject({
            ...{ command: ["redis-server", "--save", ""], memory: 256, memorySwap: 512, waitTimeout: 9 },
            healthcheck: { interval: "1m30s", timeout: "5s" },
        });
    });

    test("has no limit of memory unless asked", async () => {
        const { inputs } = await container();
        expect(inputs).not.toHaveProperty("memory");
        expect(inputs).not.toHaveProperty("memorySwap");
    });
});

describe("the password of a Redis", () => {
    test("is generated, of letters and digits", async () => {
        const { one } = await redis();
        expect(one(PASSWORD)).toMatchObject({
            ...{ name: "cache-password", inputs: { length: 32, special: false } },
            parent: "drydock:index:RedisService cache",
        });
    });

    test.each([
        ["generated", {}, GENERATED.password] as const,
        ["given", { password: "own" }, "own"] as const,
    ])("%s, is in files alone, and secret there", async (_, args, password) => {
        const { declared, one } = await redis(args);
        expect(one(CONTAINER).inputs.uploads).toEqual([
            { file: CONFIG, content: `dir /data\nsave 60 1\nrequirepass "${password}"\n` },
            { file: "/run/drydock/redis-password", content: password },
        ]);
        expect(one(CONTAINER).secrets).toEqual(["uploads"]);
        for (const { inputs, secrets } of declared) {
            const open = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
            expect(JSON.stringify(open)).not.toContain(password);
        }
    });

    test("reaches the health check by a file", async () => {
        const { inputs } = await container();
        expect(inputs.healthcheck).toMatchObject({
            tests: [
                "CMD-SHELL",
                'REDISCLI_AUTH="$(cat /run/drydock/redis-password)" redis-cli ping | grep -q PONG',
            ],
        });
    });

    test("that comes as an empty output is refused, and not taken for none", () => {
        expect(() => checked("cache-password", "")).toThrow(
            "cache-password must be one line and not empty; leave it out to have one made",
        );
        expect(checked("cache-password", "rum")).toBe("rum");
    });

    test("may be none at all", async () => {
        const { one, names, outputs } = await redis({ passwordless: true });
        expect(names(PASSWORD)).toEqual([]);
        expect(one(CONTAINER).inputs).toMatchObject({
            uploads: [{ file: CONFIG, content: "dir /data\nsave 60 1\nprotected-mode no\n" }],
            healthcheck: { tests: ["CMD-SHELL", "redis-cli ping | grep -q PONG"] },
        });
        expect(outputs.connection?.value).not.toHaveProperty("password");
    });

    test("is quoted as the configuration file needs it", async () => {
        expect(await config({ password: 'a "b" \\ c' })).toContain('requirepass "a \\"b\\" \\\\ c"\n');
    });
});

describe("the connection to a Redis", () => {
    const connection = {
        ...{ scheme: "redis", host: "shop-dev-cache", port: 6379, password: GENERATED.password },
        ...{ database: "0", network: "shop-dev-cache" },
    };

    test("is secret, and says how to reach it", async () => {
        const { outputs } = await redis();
        expect(outputs.connection).toEqual({ value: connection, secret: true, known: true });
    });

    test("is secret without a password too", async () => {
        expect((await redis({ passwordless: true })).outputs.connection?.secret).toBe(true);
    });

    test("is not known in the first preview, and known in later ones", async () => {
        expect((await redis({}, { preview: "first" })).outputs.connection).toMatchObject({
            known: false,
            secret: true,
        });
        expect((await redis({}, { preview: "later" })).outputs.connection).toMatchObject({
            value: connection,
        });
    });

    test("is known in the first preview, where nothing is generated", async () => {
        const { outputs } = await redis({ password: "own" }, { preview: "first" });
        expect(outputs.connection?.value).toEqual({ ...connection, password: "own" });
    });
});

describe("the configuration file", () => {
    test("has the settings, and they win over ours but for the password", async () => {
        expect(await config({ settings: { "maxmemory-policy": "allkeys-lru", save: "900 1" } })).toBe(
            `dir /data\nsave 900 1\nmaxmemory-policy allkeys-lru\nrequirepass "${GENERATED.password}"\n`,
        );
    });

    test("saves nothing where nothing is to be kept", async () => {
        expect(await config({ persistent: false })).toContain('save ""\n');
    });
});

describe("a dump", () => {
    test("is put beside the data, and loaded by the command", async () => {
        const { inputs } = await container({ dump: DUMP });
        expect(inputs.uploads).toContainEqual({ file: "/run/drydock/dump.rdb", source: DUMP });
        expect(inputs.command).toEqual(["sh", "-c", expect.any(String)]);
    });

    const load = async (...existing: string[]) => {
        const folder = mkdtempSync(join(tmpdir(), "drydock-dump-"));
        const [data, bin] = [join(folder, "data"), join(folder, "bin")];
        mkdirSync(data);
        mkdirSync(bin);
        for (const name of existing) writeFileSync(join(data, name), "kept");
        writeFileSync(join(bin, "docker-entrypoint.sh"), `#!/bin/sh\necho "$@"\n`, { mode: 0o755 });
        const [, , script = ""] = (await container({ dump: DUMP })).inputs.command as string[];
        const local = script.replaceAll("/data", data).replaceAll("/run/drydock/dump.rdb", DUMP);
        const env = { PATH: `${bin}:${process.env.PATH ?? ""}` };
        const started = execFileSync("sh", ["-c", local], { env, encoding: "utf8" }).trim();
        let dump = "";
        try {
            dump = readFileSync(join(data, "dump.rdb"), "utf8");
        } catch {
            // There is none.
        }
        rmSync(folder, { recursive: true });
        return { started, dump };
    };

    test.each([
        ["is loaded into an empty directory", [], "dump"],
        ["is never loaded over a dump", ["dump.rdb"], "kept"],
        ["is never loaded beside an append-only file", ["appendonlydir"], ""],
        ["is loaded where an earlier attempt was cut off", ["dump.part"], "dump"],
    ])("%s, and Redis starts", async (_, existing, dump) => {
        expect(await load(...existing)).toEqual({ dump, started: `redis-server ${CONFIG}` });
    });
});

test.each<[string, RedisServiceArgs, string]>([
    ["a version that is none", { version: "latest" }, "version: latest is not a version; write 17, 17.2 or"],
    [
        "version and image",
        { version: "8", image: "redis:8" },
        "version: version names the official image, but",
    ],
    [
        "version and build",
        { version: "8", build: { context: "apps/sample" } },
        "version: version names the official",
    ],
    [
        "image and build",
        { image: "redis", build: { context: "apps/sample" } },
        "image: image and build are both set",
    ],
    ["an empty password", { password: "" }, "password: must be one line and not empty; leave it out"],
    ["a password of two lines", { password: "a\nb" }, "password: must be one line and not empty"],
    [
        "password and none",
        { password: "x", passwordless: true },
        "passwordless: passwordless is true, but a password is",
    ],
    ["a limit that is none", { memory: "lots" }, "memory: lots is not an amount of memory; write 512m or 2g"],
    ["a network's name", { network: "my net" }, "network: my net is not a name that Docker takes"],
    ["an empty command", { command: [] }, "command: there is nothing to run"],
    [
        "the password as a setting",
        { settings: { RequirePass: "x" } },
        "settings.RequirePass: it would be readable",
    ],
    ["another port", { settings: { port: "7000" } }, "settings.port: the connection says 6379; leave it out"],
    [
        "another directory",
        { settings: { dir: "/x" } },
        "settings.dir: the data is kept in dataPath; set that",
    ],
    [
        "a setting of two lines",
        { settings: { save: "1\n2" } },
        "settings.save: 1\n2 does not do; write one line",
    ],
    ["a setting with a space", { settings: { "a b": "1" } }, "settings.a b: a b is not a setting"],
    ["an empty setting", { settings: { save: "" } }, 'settings.save: "" does not do; write one line'],
    [
        "a dump by a relative path",
        { dump: "dump.rdb" },
        "dump: dump.rdb is not an absolute path; begin with /",
    ],
    [
        "a dump that is not there",
        { dump: "/no/dump.rdb" },
        "dump: /no/dump.rdb is not a file on this machine; name",
    ],
    ["a dump that is a folder", { dump: "/tmp" }, "dump: /tmp is not a file on this machine"],
    [
        "dump and command",
        { dump: DUMP, command: ["x"] },
        "dump: dump needs the official image's command; leave out",
    ],
    [
        "a dump that Redis would not read",
        { dump: DUMP, settings: { appendonly: "yes" } },
        "dump: Redis reads no dump where appendonly is yes; load it first",
    ],
    ["a time", { health: { interval: 0 } }, "health.interval: 0 does not do"],
    ["a port", { publish: { port: 70000 } }, "publish.port: 70000 is not a port"],
    ["a directory", { hostPath: "data" }, "hostPath: data is not an absolute path"],
])("%s is refused", async (_, args, reason) => {
    expect(await refusal(() => new RedisService("cache", args))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    expect(await refusal(() => new RedisService("my cache"))).toContain(
        "name: my cache is not a name that Docker",
    );
});

test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
    const { one } = await redis({ password: "own" });
    expect(one("drydock:index:RedisService").inputs).toEqual({});
});
