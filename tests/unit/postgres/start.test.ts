import { spawn, spawnSync } from "node:child_process";
import {
    chmodSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../../../components/postgres/postgres-service.ts";

// These tests run start.sh on this machine. A temporary directory stands for the file system of the container, and
// small programs for those of the postgres image.

const temporary = mkdtempSync(join(tmpdir(), "drydock-postgres-"));
let root: string;

/** Path of a file in the temporary directory. */
const path = (file: string) => join(root, file);
/** Path of a file in the image's /var/lib/postgresql. */
const dataPath = (file: string) => path(join("postgresql", file)).replace(/\/$/, "");

beforeEach(() => {
    root = mkdtempSync(join(temporary, "test-"));
    mkdirSync(dataPath(""));
    mkdirSync(path("bin"));
    fakeProgram("gosu", 'shift; exec "$@"');
    fakeProgram(
        "postgres",
        `echo "$@" >${path("postgres-args")}; cat >>${path("sql")}; cat ${path("sql-answer")} 2>/dev/null || true`,
    );
    fakeProgram("docker-entrypoint.sh", 'echo "entrypoint $*"');
    fakeProgram("chown", "");
    fakeProgram("id", "echo 0");
});
afterAll(() => {
    rmSync(temporary, { recursive: true });
});

function fakeProgram(name: string, script: string): void {
    writeFileSync(path(`bin/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function removeProgram(name: string): void {
    rmSync(path(`bin/${name}`));
}

/** Creates the data of a Postgres version in a directory below /var/lib/postgresql. */
function createData(version: string, directory: string): void {
    mkdirSync(dataPath(`${directory}/global`), { recursive: true });
    writeFileSync(dataPath(`${directory}/PG_VERSION`), `${version}\n`);
}

/** SQL that Postgres got in single-user mode; undefined if it did not run. */
const sql = () => (existsSync(path("sql")) ? readFileSync(path("sql"), "utf8") : undefined);

interface StartOptions {
    /** Major version of the image. */
    major?: string;
    /** PGDATA of the image, relative to /var/lib/postgresql. */
    pgdata?: string;
    password?: string;
    /** Where the volume is mounted, relative to /var/lib/postgresql. */
    volume?: string;
}

function commandLine({ major = "17", pgdata = "data", password = "secret", volume }: StartOptions) {
    writeFileSync(path("password"), password);
    const script = startScript(volume === undefined ? undefined : dataPath(volume))
        .replaceAll("/var/lib/postgresql", dataPath(""))
        .replaceAll("/var/run/postgresql", path("run"));
    return {
        args: ["-c", script, "start", "postgres", "-c", "a=b"],
        env: {
            PATH: `${path("bin")}:${process.env.PATH ?? ""}`,
            PG_MAJOR: major,
            PGDATA: dataPath(pgdata),
            POSTGRES_USER: "app",
            POSTGRES_DB: "shop",
            POSTGRES_PASSWORD_FILE: path("password"),
        },
    };
}

/** Runs start.sh with the arguments `postgres -c a=b`. */
function start(options: StartOptions = {}) {
    const { args, env } = commandLine(options);
    return spawnSync("sh", args, { encoding: "utf8", env });
}

/** Runs start.sh and sends it a signal once it prints `running`. */
function startAndSignal(signal: NodeJS.Signals): Promise<{ code: number | null; output: string }> {
    const { args, env } = commandLine({});
    const script = spawn("sh", args, { env });
    let output = "";
    let isSignalled = false;
    const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (isSignalled || !output.includes("running")) return;
        isSignalled = true;
        script.kill(signal);
    };
    script.stdout.on("data", read);
    script.stderr.on("data", read);
    return new Promise((resolve) => {
        script.on("close", (code) => {
            resolve({ code, output });
        });
    });
}

const STARTED = "entrypoint postgres -c a=b\n";

describe("the image", () => {
    const notOfficial =
        "This image is not built from the official postgres image: it has no PGDATA or docker-entrypoint.sh.\n" +
        "Use the official image, or one that is built FROM it.\n";

    test("may have no PG_MAJOR: its version is that of the program postgres", () => {
        fakeProgram("postgres", "echo 'postgres (PostgreSQL) 16.4 (Debian 16.4-1.pgdg12+1)'");
        createData("17", "data");
        expect(start({ major: "" }).stderr).toContain("and PostgreSQL 16 cannot read it");
    });

    test("is refused with neither PG_MAJOR nor Postgres", () => {
        fakeProgram("postgres", "exit 127");
        const { status, stderr } = start({ major: "" });
        expect(status).toBe(1);
        expect(stderr).toContain("The image has neither PG_MAJOR nor the program postgres");
    });

    test("is refused without the official entrypoint", () => {
        removeProgram("docker-entrypoint.sh");
        expect(start()).toMatchObject({ status: 1, stderr: notOfficial });
    });

    test("may have su-exec instead of gosu, as older Alpine images do", () => {
        createData("17", "data");
        removeProgram("gosu");
        fakeProgram("su-exec", 'shift; exec "$@"');
        expect(start().status).toBe(0);
        expect(sql()).toContain("ALTER ROLE");
    });

    test("may run as a user other than root, without a switch of users", () => {
        createData("17", "data");
        fakeProgram("id", "echo 999");
        fakeProgram("gosu", "exit 9");
        expect(start().status).toBe(0);
        expect(sql()).toContain("ALTER ROLE");
    });
});

describe("the volume", () => {
    test.each([
        { major: "17", pgdata: "data", volume: "data" },
        { major: "18", pgdata: "18/docker", volume: "" },
    ])("of version $major is accepted at /var/lib/postgresql/$volume", (options) => {
        expect(start(options).status).toBe(0);
    });

    test.each([
        { major: "17", pgdata: "data", volume: "", expected: "data" },
        { major: "18", pgdata: "18/docker", volume: "data", expected: "" },
    ])(
        "of version $major is refused at /var/lib/postgresql/$volume",
        ({ major, pgdata, volume, expected }) => {
            expect(start({ major, pgdata, volume })).toMatchObject({
                status: 1,
                stdout: "",
                stderr: `The image is PostgreSQL ${major}, which keeps its data in ${dataPath(expected)}, but the volume is mounted at ${dataPath(volume)}. Set version to ${major}.\n`,
            });
        },
    );
});

describe("the path of the data", () => {
    test.each([
        { major: "17", pgdata: "data/cluster", volume: "data" },
        { major: "17", pgdata: "../pg", volume: "../pg" },
        { major: "18", pgdata: "18/docker", volume: "18/docker" },
        { major: "18", pgdata: "data", volume: "" },
    ])("of version $major may be $pgdata, with the volume at $volume", (options) => {
        createData(options.major, options.pgdata);
        expect(start(options).status).toBe(0);
        expect(sql()).toContain("ALTER ROLE");
    });

    test("is refused outside of the volume, where the data would be lost", () => {
        const pgdata = path("home/pgdata/data");
        const { status, stderr } = start({ pgdata: "../home/pgdata/data", volume: "data" });
        expect(status).toBe(1);
        expect(stderr).toContain("which is not on the volume. Set dataPath to ");
        expect(existsSync(pgdata)).toBe(false);
    });

    test.each([
        ["17", "data", "data", "data/cluster", "Set dataPath to DATA/data/cluster"],
        ["17", "data", "data", "data/a/b", "Set dataPath to DATA/data/a/b"],
        ["17", "data", "data/cluster", "data", "Set dataPath to DATA/data"],
        ["18", "", "18/docker", "", "Set dataPath to DATA/18/docker"],
        ["18", "", "18/docker", "docker", "Set dataPath to DATA/docker"],
        ["18", "18/docker", "18/docker", "18/docker/18/docker", "Leave dataPath out"],
    ])(
        "of version %s, with the volume at /%s, is refused as /%s if there is data in /%s",
        (major, volume, pgdata, directory, remedy) => {
            createData(major, directory);
            const { status, stdout, stderr } = start({ major, pgdata, volume });
            expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
            expect(stderr).toBe(
                `There is data in ${dataPath(directory)}, and this image looks for it in ${dataPath(pgdata)}. The data is untouched.\n` +
                    `${remedy.replace("DATA", dataPath(""))}, or name another volume.\n`,
            );
            expect(sql()).toBeUndefined();
        },
    );

    test("is not assumed to be that of a single database, which an interrupted start left behind", () => {
        mkdirSync(dataPath("data/.first-start"), { recursive: true });
        mkdirSync(dataPath("data/base/1"), { recursive: true });
        writeFileSync(dataPath("data/base/1/PG_VERSION"), "17\n");
        expect(start({ volume: "data" }).stderr).not.toContain("There is data in");
    });
});

describe("existing data", () => {
    test.each([
        { found: "17", directory: "", major: "18", pgdata: "18/docker" },
        { found: "17", directory: "data", major: "18", pgdata: "18/docker" },
        { found: "18", directory: "data/18/docker", major: "17", pgdata: "data" },
        { found: "18", directory: "18/docker", major: "19", pgdata: "19/docker" },
        { found: "16", directory: "data", major: "17", pgdata: "data" },
    ])(
        "of version $found in /var/lib/postgresql/$directory is refused by version $major and left unchanged",
        ({ found, directory, major, pgdata }) => {
            createData(found, directory);
            expect(start({ major, pgdata })).toMatchObject({
                status: 1,
                stdout: "",
                stderr:
                    `The data was written by PostgreSQL ${found}, and PostgreSQL ${major} cannot read it. The data is untouched.\n` +
                    `Set version back to ${found}; to upgrade, dump the data (pg_dumpall) and load it into a new service of version ${major}.\n`,
            });
            expect(sql()).toBeUndefined();
            expect(readFileSync(dataPath(`${directory}/PG_VERSION`), "utf8")).toBe(`${found}\n`);
        },
    );

    test("of the image's version is refused in a directory where the image does not look for it", () => {
        createData("17", "");
        const { status, stdout, stderr } = start();
        expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
        expect(stderr).toContain(
            `There is data in ${dataPath("")}, and this image looks for it in ${dataPath("data")}.`,
        );
    });

    test("of an older version is ignored beside that of the image's version", () => {
        createData("18", "18/docker");
        createData("19", "19/docker");
        expect(start({ major: "19", pgdata: "19/docker" }).status).toBe(0);
        expect(sql()).toContain("ALTER ROLE");
    });

    test.each([
        { major: "17", pgdata: "data" },
        { major: "18", pgdata: "18/docker" },
    ])("of version $major gets the role and its password before the server starts", (options) => {
        createData(options.major, options.pgdata);
        writeFileSync(path("sql-answer"), '"there"');
        expect(start(options)).toMatchObject({ status: 0, stdout: STARTED });
        expect(readFileSync(path("postgres-args"), "utf8")).toMatch(
            /^--single -D \S+ -c log_statement=none -c log_min_duration_statement=-1 .* postgres\n$/,
        );
        const [createRole, setPassword, findDatabase] = (sql() ?? "").split("\n");
        expect(createRole).toMatch(/^DO \$\$BEGIN .* END\$\$;$/);
        expect(createRole).toContain(
            `IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE "app" SUPERUSER LOGIN;`,
        );
        expect(setPassword).toBe(`ALTER ROLE "app" PASSWORD 'secret';`);
        expect(findDatabase).toBe("SELECT 'there' FROM pg_database WHERE datname = 'shop';");
    });

    test.each([
        {
            state: "is created if it is missing",
            answer: "",
            statements: [`CREATE DATABASE "shop" OWNER "app";`, ""],
        },
        {
            state: "is left alone if it exists",
            answer: ' 1: ?column? = "there" (typeid = 25)',
            statements: [""],
        },
    ])("gets the database, which $state", ({ answer, statements }) => {
        createData("17", "data");
        writeFileSync(path("sql-answer"), answer);
        expect(start()).toMatchObject({ status: 0, stdout: STARTED });
        expect((sql() ?? "").split("\n").slice(3)).toEqual(statements);
    });

    test.each([
        ["it's", "it''s"],
        [`a\\b$(id)\`id\`"$HOME"%s`, `a\\b$(id)\`id\`"$HOME"%s`],
        ["'; DROP ROLE app; --", "''; DROP ROLE app; --"],
    ])("gets a password of %j as one SQL string", (password, quoted) => {
        createData("17", "data");
        expect(start({ password }).status).toBe(0);
        expect(sql()).toContain(`ALTER ROLE "app" PASSWORD '${quoted}';\n`);
    });

    test("is not used by a server if the password cannot be set", () => {
        createData("17", "data");
        fakeProgram("postgres", "exit 3");
        const { status, stdout } = start();
        expect(status).not.toBe(0);
        expect(stdout).toBe("");
    });

    describe("with lock files", () => {
        const pidFile = () => dataPath("data/postmaster.pid");

        test("of a server that was killed starts, even if another process has its PID", () => {
            createData("17", "data");
            mkdirSync(path("run"));
            const socketLock = path("run/.s.PGSQL.5432.lock");
            writeFileSync(pidFile(), `-${process.pid}\n/data\n`);
            writeFileSync(socketLock, "999999999\n");
            expect(start().status).toBe(0);
            expect([existsSync(pidFile()), existsSync(socketLock)]).toEqual([false, false]);
        });

        test("of a server that is running keeps them", () => {
            createData("17", "data");
            mkdirSync(path("server"));
            copyFileSync("/bin/sleep", path("server/postgres"));
            chmodSync(path("server/postgres"), 0o755);
            const server = spawn(path("server/postgres"), ["60"]);
            writeFileSync(pidFile(), `${server.pid ?? ""}\n`);
            start();
            expect(existsSync(pidFile())).toBe(true);
            server.kill();
        });
    });
});

describe.each([
    { major: "17", pgdata: "data" },
    { major: "18", pgdata: "18/docker" },
])("the first start of version $major", (image) => {
    const { major, pgdata } = image;
    const files = () => readdirSync(dataPath(pgdata)).sort();
    /** Like the image's program: runs initdb, then the init scripts, of which it prints what they see. */
    const ENSURE_INITDB = `initdb --username=app || exit; echo "scripts $* in $PGDATA"; cat "$PGDATA/PG_VERSION"`;

    beforeEach(() => {
        fakeProgram(
            "initdb",
            `[ -z "$(ls -A "$PGDATA" 2>/dev/null)" ] || { echo "not empty" >&2; exit 1; }
            mkdir -p "$PGDATA/base"; echo ${major} >"$PGDATA/PG_VERSION"; echo "initdb $*"`,
        );
        fakeProgram("docker-ensure-initdb.sh", ENSURE_INITDB);
    });

    test("runs init scripts in the final data directory", () => {
        expect(start(image)).toMatchObject({
            status: 0,
            stdout: `initdb --username=app\nscripts postgres -c a=b in ${dataPath(pgdata)}\n${major}\n${STARTED}`,
            stderr: "",
        });
        expect(files()).toEqual(["PG_VERSION", "base"]);
        expect(sql()).toBeUndefined();
    });

    test("starts again from nothing after it failed", () => {
        fakeProgram(
            "docker-ensure-initdb.sh",
            `initdb; touch "$PGDATA/half"; echo "no such table" >&2; exit 3`,
        );
        expect(start(image)).toMatchObject({ status: 3, stderr: "no such table\n" });
        expect(files()).toContain(".first-start");

        fakeProgram("docker-ensure-initdb.sh", ENSURE_INITDB);
        expect(start(image)).toMatchObject({
            status: 0,
            stderr: "The first start was interrupted or failed. Starting again from scratch.\n",
        });
        expect(files()).toEqual(["PG_VERSION", "base"]);
    });

    test.each([
        ["during initdb", "initdb", "kill -KILL $PPID"],
        ["between initdb and the init scripts", "docker-ensure-initdb.sh", "initdb; kill -KILL $PPID"],
    ])("starts again from nothing after it was killed %s", (_, program, script) => {
        fakeProgram(program, script);
        expect(start(image).stdout).not.toContain("entrypoint");

        fakeProgram("docker-ensure-initdb.sh", ENSURE_INITDB);
        fakeProgram("initdb", `mkdir -p "$PGDATA"; echo ${major} >"$PGDATA/PG_VERSION"`);
        expect(start(image).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION"]);
    });

    test("starts again from nothing after version 0.1.0 of Drydock was interrupted", () => {
        createData(major, `${pgdata}/.first-start/data`);
        writeFileSync(dataPath(`${pgdata}/.first-start/complete`), "");
        mkdirSync(dataPath(`${pgdata}/half`));
        expect(start(image).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION", "base"]);
    });

    test("refuses a directory that holds something else, and changes nothing", () => {
        mkdirSync(dataPath(`${pgdata}/letters`), { recursive: true });
        expect(start(image)).toMatchObject({
            status: 1,
            stdout: "",
            stderr:
                "The data directory is not empty, and does not hold a PostgreSQL database: letters ... It is untouched.\n" +
                `Name an empty directory or volume, or one with the data of PostgreSQL ${major}.\n`,
        });
        expect(files()).toEqual(["letters"]);
    });

    test.each(["data", major])("refuses a directory that holds a directory called %s", (name) => {
        mkdirSync(dataPath(`${pgdata}/${name}/letters`), { recursive: true });
        const { status, stderr } = start({ ...image, volume: major === "18" ? "" : pgdata });
        expect(status).toBe(1);
        expect(stderr).toContain(`does not hold a PostgreSQL database: ${name} ... It is untouched.`);
        expect(readdirSync(dataPath(`${pgdata}/${name}`))).toEqual(["letters"]);
    });

    test("refuses a database in a directory called data, where other images keep it", () => {
        createData(major, `${pgdata}/data`);
        const { status, stderr } = start(image);
        expect(status).toBe(1);
        expect(stderr).toContain(`There is data in ${dataPath(pgdata)}/data, and this image looks for it in`);
        expect(existsSync(dataPath(`${pgdata}/data/PG_VERSION`))).toBe(true);
    });

    test("ignores the lost+found of a file system", () => {
        mkdirSync(dataPath(`${pgdata}/lost+found`), { recursive: true });
        expect(start(image).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION", "base", "lost+found"]);
    });

    test("lets an init script create another cluster with initdb", () => {
        fakeProgram("docker-ensure-initdb.sh", `initdb; PGDATA=${dataPath("other")} initdb -D other`);
        fakeProgram("initdb", `mkdir -p "$PGDATA"; echo ${major} >"$PGDATA/PG_VERSION"`);
        createData("", "other");
        expect(start(image).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION"]);
    });

    test("leaves everything to the entrypoint of an image without docker-ensure-initdb.sh", () => {
        removeProgram("docker-ensure-initdb.sh");
        expect(start(image)).toMatchObject({ status: 0, stdout: STARTED });
        expect(existsSync(dataPath(pgdata))).toBe(false);
    });
});

test("the first start of version 18 refuses other files in the volume above the data directory", () => {
    mkdirSync(dataPath("letters"), { recursive: true });
    const { status, stderr } = start({ major: "18", pgdata: "18/docker", volume: "" });
    expect(status).toBe(1);
    expect(stderr).toContain("does not hold a PostgreSQL database: letters ... It is untouched.");
    expect(existsSync(dataPath("18"))).toBe(false);
});

describe("a signal", () => {
    test("stops a running server by SIGINT, which closes its connections, and returns its exit code", async () => {
        createData("17", "data");
        const server =
            'process.on("SIGTERM", () => {}); process.on("SIGINT", () => process.exit(5)); console.log("running"); setTimeout(() => {}, 60000)';
        fakeProgram("docker-entrypoint.sh", `exec ${process.execPath} -e '${server}'`);
        expect((await startAndSignal("SIGINT")).code).toBe(5);
    });

    test.each([
        ["the entrypoint before the server runs", "docker-entrypoint.sh"],
        ["Postgres in single-user mode", "postgres"],
    ])("stops %s, and no server starts", async (_, program) => {
        createData("17", "data");
        fakeProgram(program, "echo running >&2; exec sleep 60");
        const { code, output } = await startAndSignal("SIGINT");
        expect(code).toBe(0);
        expect(output).not.toContain("entrypoint");
    });

    test("stops a first start, and the next one starts again from nothing", async () => {
        fakeProgram("docker-ensure-initdb.sh", 'touch "$PGDATA/half"; echo running; exec sleep 60');
        const { code, output } = await startAndSignal("SIGTERM");
        expect(code).toBe(0);
        expect(output).not.toContain("entrypoint");

        fakeProgram("docker-ensure-initdb.sh", 'ls "$PGDATA"');
        expect(start().stdout).toBe(STARTED);
    });

    test("to reload the configuration does not end the start", async () => {
        createData("17", "data");
        fakeProgram("docker-entrypoint.sh", "echo running; sleep 0.5; exit 3");
        expect(await startAndSignal("SIGHUP")).toMatchObject({ code: 3 });
    });
});
