import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisService } from "../../../components/index.ts";
import { startFromDump } from "../../../components/redis/dump.ts";
import { ENGINES, runOn } from "../engines/index.ts";

const CONFIG = "/usr/local/etc/redis/redis.conf";
const DUMP = join(mkdtempSync(join(tmpdir(), "drydock-redis-")), "dump.rdb");

beforeAll(() => {
    writeFileSync(DUMP, "dump");
});
afterAll(() => {
    rmSync(join(DUMP, ".."), { recursive: true });
});

describe.each(ENGINES)("on %s", (engine) => {
    test.each([
        [{}, "/data"],
        [{ dataPath: "/srv" }, "/srv"],
    ])("a dump is put beside the data, and loaded by the command: %j", async (args, data) => {
        const { container } = await runOn(engine, () => ({
            c: new RedisService("cache", { engine, dump: DUMP, ...args }).connection,
        }));
        expect(container().files["/run/drydock/dump.rdb"]?.content).toBe("dump");
        expect(container().command).toEqual(startFromDump(data));
        expect(container().entrypoint).toBeUndefined();
    });
});

describe("a dump", () => {
    const load = (...existing: string[]) => {
        const folder = mkdtempSync(join(tmpdir(), "drydock-dump-"));
        const [data, bin] = [join(folder, "data"), join(folder, "bin")];
        mkdirSync(data);
        mkdirSync(bin);
        for (const name of existing) writeFileSync(join(data, name), "kept");
        writeFileSync(join(bin, "docker-entrypoint.sh"), `#!/bin/sh\necho "$@"\n`, { mode: 0o755 });
        const [shell = "", ...words] = startFromDump(data).map((word) =>
            word.replaceAll("/run/drydock/dump.rdb", DUMP),
        );
        const env = { PATH: `${bin}:${process.env.PATH ?? ""}` };
        const started = execFileSync(shell, words, { env, encoding: "utf8" }).trim();
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
    ])("%s, and Redis starts", (_, existing, dump) => {
        expect(load(...existing)).toEqual({ dump, started: `redis-server ${CONFIG}` });
    });
});
