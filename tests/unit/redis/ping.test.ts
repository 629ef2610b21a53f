import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SCRIPT = resolve(import.meta.dirname, "../../../components/redis/ping.sh");

const bin = mkdtempSync(join(tmpdir(), "drydock-ping-"));
const passwordFile = join(bin, "password");
afterAll(() => {
    rmSync(bin, { recursive: true });
});

/** Runs ping.sh with this script as redis-cli. */
function ping(script: string, file = "") {
    writeFileSync(join(bin, "redis-cli"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    writeFileSync(passwordFile, "secret");
    const env = { PATH: `${bin}:${process.env.PATH ?? ""}` };
    const { status, stdout } = spawnSync("sh", [SCRIPT, file, "10.1.2.3"], { env, encoding: "utf8" });
    return { status, stdout };
}

describe("ping.sh", () => {
    test("succeeds if Redis answers PONG", () => {
        expect(ping("echo PONG")).toEqual({ status: 0, stdout: "" });
    });

    test("fails and prints another answer", () => {
        expect(ping('echo "LOADING Redis is loading the dataset in memory"')).toEqual({
            status: 1,
            stdout: "LOADING Redis is loading the dataset in memory\n",
        });
    });

    test("sends the ping to the address", () => {
        expect(ping('echo "$@"').stdout).toBe("-h 10.1.2.3 ping\n");
    });

    test("passes the password of the file in the environment", () => {
        expect(ping('echo "password: $REDISCLI_AUTH"', passwordFile).stdout).toBe("password: secret\n");
    });

    test("passes no password if there is none", () => {
        expect(ping('echo "password: ${REDISCLI_AUTH-unset}"').stdout).toBe("password: unset\n");
    });
});
