/** The script that starts Postgres, in a folder of its own and with programs of the test's in place of the image's. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../../components/postgres-start";

const folder = mkdtempSync(join(tmpdir(), "drydock-postgres-"));
let root: string;
let bin: string;

/** A path below what is the image's /var/lib/postgresql here. */
export const at = (path: string) => join(root, path);

beforeEach(() => {
    root = mkdtempSync(join(folder, "data-"));
    bin = join(root, "bin");
    mkdirSync(bin);
    fake("gosu", 'shift; exec "$@"');
    fake(
        "postgres",
        `echo "$@" > ${root}/single-args; cat >> ${root}/single-input; cat ${root}/answer 2>/dev/null || true`,
    );
    fake("docker-entrypoint.sh", 'echo "entrypoint $*"');
    fake("id", "echo 0");
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

export function fake(name: string, script: string): void {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Data of a version, in a folder below the image's. */
export function data(version: string, path: string): void {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "PG_VERSION"), `${version}\n`);
}

export function start(major: string, pgdata: string, { password = "secret", volume = "" } = {}) {
    writeFileSync(join(root, "password"), password);
    const script = startScript(volume).replaceAll("/var/lib/postgresql", root);
    return spawnSync("sh", ["-c", script, "start", "postgres", "-c", "a=b"], {
        encoding: "utf8",
        env: {
            PATH: `${bin}:${process.env.PATH ?? ""}`,
            PG_MAJOR: major,
            PGDATA: join(root, pgdata),
            POSTGRES_USER: "app",
            POSTGRES_DB: "shop",
            POSTGRES_PASSWORD_FILE: join(root, "password"),
        },
    });
}

/** What the server was told in single-user mode, if it was. */
export const single = () => {
    const file = join(root, "single-input");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};
