import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisService, type RedisServiceArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES } from "../engines/index.ts";

const DUMP = join(mkdtempSync(join(tmpdir(), "drydock-redis-")), "dump.rdb");

beforeAll(() => {
    writeFileSync(DUMP, "dump");
});
afterAll(() => {
    rmSync(join(DUMP, ".."), { recursive: true });
});

test.each<[string, RedisServiceArgs, string]>([
    [
        "a version that is none",
        { version: "latest" },
        'version: "latest" is not a version; write it like 17, 17.2 or',
    ],
    [
        "version and image",
        { version: "8", image: "redis:8" },
        "version: version selects the official image, but",
    ],
    [
        "version and build",
        { version: "8", build: { context: "apps/sample" } },
        "version: version selects the official",
    ],
    [
        "image and build",
        { image: "redis", build: { context: "apps/sample" } },
        "image: image and build are both set",
    ],
    [
        "an empty password",
        { password: "" },
        "password: must be a single line that is not empty; leave it out",
    ],
    ["a password of two lines", { password: "a\nb" }, "password: must be a single line that is not empty"],
    [
        "password and none",
        { password: "x", passwordless: true },
        "passwordless: passwordless is true, but password is",
    ],
    [
        "a limit that is none",
        { memory: "lots" },
        'memory: "lots" is not an amount of memory; write it like 512m or 2g',
    ],
    ["a network's name", { network: "my net" }, 'network: "my net" is not a name that Docker allows'],
    ["an empty command", { command: [] }, "command: must be a list of strings"],
    [
        "the password as a setting",
        { settings: { RequirePass: "x" } },
        "settings.RequirePass: settings are not secret; use password",
    ],
    ["another port", { settings: { port: "7000" } }, "settings.port: Redis listens on 6379 in its container"],
    [
        "an address to listen on",
        { settings: { Bind: "127.0.0.1" } },
        "settings.Bind: Redis must listen on all addresses",
    ],
    ["another directory", { settings: { dir: "/x" } }, "settings.dir: use dataPath"],
    [
        "a setting that is none",
        { settings: { save: "1\0" } },
        "is not plain text; write one line, or one line for each",
    ],
    [
        "another name of the file that a dump is loaded as",
        { dump: import.meta.filename, settings: { DbFilename: "x.rdb" } },
        "settings.dbfilename: a dump needs Redis' default file names",
    ],
    [
        "a dump where an append-only file is read",
        { dump: import.meta.filename, settings: { AppendOnly: "YES" } },
        "dump: Redis loads no dump while appendonly is yes",
    ],
    [
        "a setting with a space",
        { settings: { "a b": "1" } },
        'settings.a b: "a b" is not the name of a setting',
    ],
    [
        "a dump by a relative path",
        { dump: "dump.rdb" },
        'dump: "dump.rdb" is not an absolute path; start it with /',
    ],
    [
        "a dump that is not there",
        { dump: "/no/dump.rdb" },
        'dump: "/no/dump.rdb" is not a file on this machine; use',
    ],
    ["a dump that is a folder", { dump: "/tmp" }, 'dump: "/tmp" is not a file on this machine'],
    [
        "dump and command",
        { dump: DUMP, command: ["x"] },
        "dump: dump needs the official image's command; leave out",
    ],
    [
        "a dump that Redis would not read",
        { dump: DUMP, settings: { appendonly: "yes" } },
        "dump: Redis loads no dump while appendonly is yes; set appendonly after",
    ],
    ["a time", { health: { interval: 0 } }, "health.interval: 0 is not allowed"],
    ["a port", { publish: { port: 70000 } }, "publish.port: 70000 is not a port"],
    ["a directory", { hostPath: "data" }, 'hostPath: "data" is not an absolute path'],
])("%s is refused, whatever the engine", async (_, args, reason) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new RedisService("cache", { engine, ...args }))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    expect(await refusal(() => new RedisService("my cache"))).toContain(
        'name: "my cache" is not a name that Docker',
    );
});
