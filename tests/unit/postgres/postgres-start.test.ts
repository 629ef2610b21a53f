import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { at, beside, data, fake, interrupt, remove, single, start } from "./fake-postgres.ts";

/** Where a volume is mounted, or data is looked for. */
const mount = (path: string) => at(path).replace(/\/$/, "");

test.each([
    ["17", "", "data"],
    ["18", "data", ""],
])("a volume that is not where the image of %s keeps its data is refused", (major, mounted, expected) => {
    const { status, stdout, stderr } = start(major, "data", { volume: mount(mounted) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
        `The image is PostgreSQL ${major}, which keeps its data in ${mount(expected)}, but the volume is mounted at ${mount(mounted)}. Set version to ${major}.\n`,
    );
});

test.each([
    ["17", "data", "data"],
    ["18", "18/docker", ""],
])("a volume that is where the image of %s keeps its data is taken", (major, pgdata, mounted) => {
    expect(start(major, pgdata, { volume: mount(mounted) }).status).toBe(0);
});

test("data of its own version that the image would not see is refused", () => {
    data("17", "");
    const { status, stdout, stderr } = start("17", "data");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(`There is data in ${mount("")}, and this image looks for it in ${at("data")}.`);
});

test.each([
    ["17", "data"],
    ["18", "18/docker"],
])("over data of its own version (%s), the role's password is brought in line first", (major, pgdata) => {
    data(major, pgdata);
    writeFileSync(beside("answer"), '"there"');
    expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
    expect(readFileSync(beside("single-args"), "utf8")).toMatch(
        /^--single -D \S+ -c log_statement=none -c log_min_duration_statement=-1 .* postgres\n$/,
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
    writeFileSync(beside("answer"), answer);
    expect(start("17", "data")).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
    expect((single() ?? "").split("\n").slice(3)).toEqual(more);
});

test.each([
    ["it's", "it''s"],
    [`a\\b$(id)\`id\`"$HOME"%s`, `a\\b$(id)\`id\`"$HOME"%s`],
    ["'; DROP ROLE app; --", "''; DROP ROLE app; --"],
])("a password of %j is one quoted text", (password, quoted) => {
    data("17", "data");
    expect(start("17", "data", { password }).status).toBe(0);
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
    expect(readFileSync(at(`${path}/PG_VERSION`), "utf8")).toBe(`${found}\n`);
    expect(existsSync(beside("single-args"))).toBe(false);
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

test.each([
    ["no PG_MAJOR", () => start("", "data")],
    [
        "no docker-entrypoint.sh",
        () => {
            remove("docker-entrypoint.sh");
            return start("17", "data");
        },
    ],
])("an image with %s is refused with the remedy", (_, run) => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toBe(
        "This image is not built from the official postgres image: it has no PG_MAJOR, PGDATA or docker-entrypoint.sh.\n" +
            "Use the official image, or one that is built FROM it.\n",
    );
});

test("an older Alpine image, which has su-exec in place of gosu, starts too", () => {
    data("17", "data");
    remove("gosu");
    fake("su-exec", 'shift; exec "$@"');
    expect(start("17", "data").status).toBe(0);
    expect(single()).toContain("ALTER ROLE");
});

test("the files of a server that was killed do not keep the next one from starting, unless that is running", () => {
    data("17", "data");
    const lock = at("data/postmaster.pid");
    writeFileSync(lock, `-${process.pid}\n/data\n`);
    mkdirSync(beside("run"));
    writeFileSync(beside("run/.s.PGSQL.5432.lock"), "999999999\n");
    expect(start("17", "data").status).toBe(0);
    expect([existsSync(lock), existsSync(beside("run/.s.PGSQL.5432.lock"))]).toEqual([false, false]);

    mkdirSync(beside("server"));
    copyFileSync("/bin/sleep", beside("server/postgres"));
    chmodSync(beside("server/postgres"), 0o755);
    const server = spawn(beside("server/postgres"), ["60"]);
    writeFileSync(lock, `${server.pid ?? ""}\n`);
    start("17", "data");
    expect(existsSync(lock)).toBe(true);
    server.kill();
});

describe("a signal", () => {
    test("stops a running server, which closes its connections, and gives its exit code", async () => {
        data("17", "data");
        const server =
            'process.on("SIGTERM", () => {}); process.on("SIGINT", () => process.exit(5)); console.log("running"); setTimeout(() => {}, 60000)';
        fake("docker-entrypoint.sh", `exec ${process.execPath} -e '${server}'`);
        expect((await interrupt("data", "running", "SIGINT")).code).toBe(5);
    });

    test.each([
        ["while the entrypoint prepares the server", "docker-entrypoint.sh"],
        ["in single-user mode", "postgres"],
    ])("%s ends it, and no server starts", async (_, program) => {
        data("17", "data");
        fake(program, "echo running >&2; exec sleep 60");
        const { code, output } = await interrupt("data", "running", "SIGINT");
        expect(code).toBe(0);
        expect(output).not.toContain("entrypoint");
    });

    test("during a first start ends it, and the next one starts again from nothing", async () => {
        fake("docker-ensure-initdb.sh", 'touch "$PGDATA/half"; echo running; exec sleep 60');
        const { code, output } = await interrupt("data", "running", "SIGTERM");
        expect(code).toBe(0);
        expect(output).not.toContain("entrypoint");
        fake("docker-ensure-initdb.sh", 'ls "$PGDATA"');
        expect(start("17", "data").stdout).toBe("entrypoint postgres -c a=b\n");
    });

    test("to reload the configuration reaches a server, and nothing else", async () => {
        data("17", "data");
        fake("docker-entrypoint.sh", "echo running; sleep 0.5; exit 3");
        expect(await interrupt("data", "running", "SIGHUP")).toMatchObject({ code: 3 });
    });
});
