/** The script that starts Postgres, in a directory of its own, and with the tests' programs in place of the image's. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../../../components/postgres/postgres-service.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-postgres-"));
let base: string;

/** A path below the image's /var/lib/postgresql. */
export const at = (path: string) => join(base, "postgresql", path);

/** A path outside of it. */
export const beside = (path: string) => join(base, path);

beforeEach(() => {
    base = mkdtempSync(join(folder, "start-"));
    mkdirSync(at(""));
    mkdirSync(beside("bin"));
    fake("gosu", 'shift; exec "$@"');
    fake(
        "postgres",
        `echo "$@" > ${beside("single-args")}; cat >> ${beside("single-input")}; cat ${beside("answer")} 2>/dev/null || true`,
    );
    fake("docker-entrypoint.sh", 'echo "entrypoint $*"');
    fake("chown", "");
    fake("id", "echo 0");
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

export function fake(name: string, script: string): void {
    writeFileSync(beside(`bin/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** An image without one of the programs. */
export function remove(name: string): void {
    rmSync(beside(`bin/${name}`));
}

/** Data of a version, in a directory below the image's. */
export function data(version: string, path: string): void {
    mkdirSync(at(path), { recursive: true });
    writeFileSync(at(`${path}/PG_VERSION`), `${version}\n`);
}

interface Start {
    password?: string;
    volume?: string;
    env?: NodeJS.ProcessEnv;
}

function prepared(major: string, pgdata: string, { password = "secret", volume = "", env = {} }: Start) {
    writeFileSync(beside("password"), password);
    const script = startScript(volume)
        .replaceAll("/var/lib/postgresql", at("").replace(/\/$/, ""))
        .replaceAll("/var/run/postgresql", beside("run"));
    return {
        args: ["-c", script, "start", "postgres", "-c", "a=b"],
        env: {
            PATH: `${beside("bin")}:${process.env.PATH ?? ""}`,
            PG_MAJOR: major,
            PGDATA: at(pgdata),
            POSTGRES_USER: "app",
            POSTGRES_DB: "shop",
            POSTGRES_PASSWORD_FILE: beside("password"),
            ...env,
        },
    };
}

export function start(major: string, pgdata: string, options: Start = {}) {
    const { args, env } = prepared(major, pgdata, options);
    return spawnSync("sh", args, { encoding: "utf8", env });
}

/** Sends signals to the script once its output contains a text; resolves with its exit code and its output. */
export function interrupt(pgdata: string, text: string, ...signals: NodeJS.Signals[]) {
    const { args, env } = prepared("17", pgdata, {});
    const script = spawn("sh", args, { env });
    let output = "";
    let signalled = false;
    const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (signalled || !output.includes(text)) return;
        signalled = true;
        for (const signal of signals) script.kill(signal);
    };
    script.stdout.on("data", read);
    script.stderr.on("data", read);
    return new Promise<{ code: number | null; output: string }>((resolve) => {
        script.on("close", (code) => {
            resolve({ code, output });
        });
    });
}

/** What the server was told in single-user mode, if it was. */
export const single = () => {
    const file = beside("single-input");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};
