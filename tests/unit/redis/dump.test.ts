import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DUMP_PATH, startFromDump } from "../../../components/redis/dump.ts";

const temporary = mkdtempSync(join(tmpdir(), "drydock-dump-"));
afterAll(() => {
    rmSync(temporary, { recursive: true });
});

/** Runs the command here, with these files in the data directory and a fake entrypoint. */
function start(files: string[]) {
    const directory = mkdtempSync(join(temporary, "test-"));
    const data = join(directory, "data");
    const bin = join(directory, "bin");
    const dump = join(directory, "source.rdb");
    mkdirSync(data);
    mkdirSync(bin);
    writeFileSync(dump, "loaded");
    for (const file of files) writeFileSync(join(data, file), "existing");
    writeFileSync(join(bin, "docker-entrypoint.sh"), `#!/bin/sh\necho "$@"\n`, { mode: 0o755 });
    const [shell = "", ...args] = startFromDump(data).map((word) => word.replaceAll(DUMP_PATH, dump));
    const output = execFileSync(shell, args, {
        env: { PATH: `${bin}:${process.env.PATH ?? ""}` },
        encoding: "utf8",
    });
    const target = join(data, "dump.rdb");
    return { output, dump: existsSync(target) ? readFileSync(target, "utf8") : undefined };
}

test.each([
    ["loads the dump into an empty data directory", [], "loaded"],
    ["keeps an existing dump", ["dump.rdb"], "existing"],
    ["loads no dump beside an append-only file", ["appendonlydir"], undefined],
    ["loads the dump after an interrupted copy", ["dump.part"], "loaded"],
])("the command with a dump %s, and starts Redis", (_, files, dump) => {
    expect(start(files)).toEqual({ dump, output: "redis-server /usr/local/etc/redis/redis.conf\n" });
});
