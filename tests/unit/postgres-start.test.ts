import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { START_SCRIPT } from "../../components/postgres-start";

const folder = mkdtempSync(join(tmpdir(), "drydock-postgres-"));
let root: string;
let bin: string;

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

function fake(name: string, script: string): void {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Data of a version, in a folder below the image's. */
function data(version: string, path: string): void {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "PG_VERSION"), `${version}\n`);
}

function start(major: string, pgdata: string, password = "secret") {
    writeFileSync(join(root, "password"), password);
    const script = START_SCRIPT.replaceAll("/var/lib/postgresql", root);
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

const single = () => {
    const file = join(root, "single-input");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

test.each([
    ["17", "data"],
    ["18", "18/docker"],
])("an empty directory goes straight to the image's entrypoint (%s)", (major, pgdata) => {
    expect(start(major, pgdata)).toMatchObject({
        status: 0,
        stdout: "entrypoint postgres -c a=b\n",
        stderr: "",
    });
    expect(single()).toBeUndefined();
});

test.each([
    ["17", "data"],
    ["18", "18/docker"],
])("over data of its own version (%s), the role's password is brought in line first", (major, pgdata) => {
    data(major, pgdata);
    expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
    expect(readFileSync(join(root, "single-args"), "utf8")).toBe(
        `--single -D ${join(root, pgdata)} postgres\n`,
    );
    const [missing, password, ...others] = (single() ?? "").split("\n");
    expect(missing).toContain(
        `IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE "app" SUPERUSER LOGIN;`,
    );
    expect(missing).toMatch(/^DO \$\$BEGIN .* END\$\$;$/);
    expect(password).toBe(`ALTER ROLE "app" PASSWORD 'secret';`);
    expect(others[0]).toBe("SELECT 'there' FROM pg_database WHERE datname = 'shop';");
});

test.each([
    ["is not there is made, and belongs to the role", "", [`CREATE DATABASE "shop" OWNER "app";`, ""]],
    ["is there is left alone", ' 1: ?column? = "there" (typeid = 25)', [""]],
])("over data, a database that %s", (_, answer, more) => {
    data("17", "data");
    writeFileSync(join(root, "answer"), answer);
    expect(start("17", "data")).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
    expect((single() ?? "").split("\n").slice(3)).toEqual(more);
});

test.each([
    ["it's", "it''s"],
    [`a\\b$(id)\`id\`"$HOME"%s`, `a\\b$(id)\`id\`"$HOME"%s`],
    ["'; DROP ROLE app; --", "''; DROP ROLE app; --"],
])("a password of %j is one quoted text", (password, quoted) => {
    data("17", "data");
    expect(start("17", "data", password).status).toBe(0);
    expect(single()).toContain(`ALTER ROLE "app" PASSWORD '${quoted}';\n`);
});

test("where the image's user is not root, no other is asked for", () => {
    data("17", "data");
    fake("id", "echo 999");
    fake("gosu", "exit 9");
    expect(start("17", "data").status).toBe(0);
    expect(single()).toContain("ALTER ROLE");
});

test.each([
    ["17's data, as 18 finds it", "17", "", "18", "18/docker"],
    ["17's data, where 17 left it", "17", "data", "18", "18/docker"],
    ["18's data, as 17 finds it", "18", "data/18/docker", "17", "data"],
    ["18's data, as 19 finds it", "18", "18/docker", "19", "19/docker"],
    ["16's data, as 17 finds it", "16", "data", "17", "data"],
])("%s, is refused with the way out", (_, found, path, major, pgdata) => {
    data(found, path);
    const { status, stderr, stdout } = start(major, pgdata);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toBe(
        `The data is PostgreSQL ${found}'s, and this is PostgreSQL ${major}, which cannot read it. The data is untouched.\n` +
            `Set version back to ${found}; to move on, dump it there (pg_dumpall) and load it into a new service of version ${major}.\n`,
    );
    expect(single()).toBeUndefined();
    expect(readFileSync(join(root, path, "PG_VERSION"), "utf8")).toBe(`${found}\n`);
    expect(existsSync(join(root, dirname(pgdata), "single-args"))).toBe(false);
});

test("older data beside that of its own version is no reason to refuse", () => {
    data("18", "18/docker");
    data("19", "19/docker");
    expect(start("19", "19/docker").status).toBe(0);
    expect(single()).toContain("ALTER ROLE");
});

test("a server that can't bring the password in line does not start", () => {
    data("17", "data");
    fake("postgres", "exit 3");
    const { status, stdout } = start("17", "data");
    expect(status).not.toBe(0);
    expect(stdout).toBe("");
});
