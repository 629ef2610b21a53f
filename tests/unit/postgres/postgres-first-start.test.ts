import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, data, fake, remove, single, start } from "./fake-postgres.ts";

/** What the image's command does with an empty data directory: initdb, and then the init scripts. */
const INITIALISE = `initdb --username=app || exit; echo "scripts $* in $PGDATA"; cat "$PGDATA/PG_VERSION"`;

describe.each([
    ["17", "data"],
    ["18", "18/docker"],
])("a first start of %s", (major, pgdata) => {
    const first = join(pgdata, ".first-start");
    const files = () => readdirSync(at(pgdata)).sort();

    beforeEach(() => {
        fake(
            "initdb",
            `[ -z "$(ls -A "$PGDATA" 2>/dev/null)" ] || { echo "not empty" >&2; exit 1; }
            mkdir -p "$PGDATA/base"; echo ${major} >"$PGDATA/PG_VERSION"; echo "initdb $*"`,
        );
        fake("docker-ensure-initdb.sh", INITIALISE);
    });

    test("initialises the data directory itself, so that init scripts may change what is in it", () => {
        expect(start(major, pgdata)).toMatchObject({
            status: 0,
            stdout: `initdb --username=app\nscripts postgres -c a=b in ${at(pgdata)}\n${major}\nentrypoint postgres -c a=b\n`,
            stderr: "",
        });
        expect(files()).toEqual(["PG_VERSION", "base"]);
        expect(single()).toBeUndefined();
    });

    test("that fails leaves no database: the next one starts again from nothing", () => {
        fake("docker-ensure-initdb.sh", `initdb; touch "$PGDATA/half"; echo "no such table" >&2; exit 3`);
        expect(start(major, pgdata)).toMatchObject({ status: 3, stderr: "no such table\n" });
        expect(files()).toContain(".first-start");
        fake("docker-ensure-initdb.sh", INITIALISE);
        expect(start(major, pgdata)).toMatchObject({
            status: 0,
            stderr: "The first start was interrupted, or failed: it starts again from nothing.\n",
        });
        expect(files()).toEqual(["PG_VERSION", "base"]);
    });

    test.each([
        ["during initdb", `kill -KILL $PPID`, "initdb"],
        ["between initdb and the scripts", "initdb; kill -KILL $PPID", "docker-ensure-initdb.sh"],
    ])("that is killed %s starts again from nothing", (_, script, program) => {
        fake(program, script);
        expect(start(major, pgdata).stdout).not.toContain("entrypoint");
        fake("docker-ensure-initdb.sh", INITIALISE);
        fake("initdb", `mkdir -p "$PGDATA"; echo ${major} >"$PGDATA/PG_VERSION"`);
        expect(start(major, pgdata).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION"]);
    });

    test("that an earlier version of Drydock has left starts again from nothing", () => {
        data(major, `${first}/data`);
        writeFileSync(at(`${first}/complete`), "");
        mkdirSync(at(`${pgdata}/half`));
        expect(start(major, pgdata).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION", "base"]);
    });

    test("refuses a directory that holds something else, and leaves it alone", () => {
        mkdirSync(at(`${pgdata}/letters`), { recursive: true });
        expect(start(major, pgdata)).toMatchObject({
            status: 1,
            stdout: "",
            stderr:
                "The data directory is not empty, and what it holds is no database of PostgreSQL: letters ... It is untouched.\n" +
                `Name an empty directory or volume, or one with the data of PostgreSQL ${major}.\n`,
        });
        expect(files()).toEqual(["letters"]);
    });

    // All of these would be deleted before initdb.
    test.each(["data", major])(
        "refuses a directory that holds one called %s, and leaves it alone",
        (name) => {
            mkdirSync(at(`${pgdata}/${name}/letters`), { recursive: true });
            const { status, stderr } = start(major, pgdata, { volume: at(major === "18" ? "" : pgdata) });
            expect(status).toBe(1);
            expect(stderr).toContain(
                `what it holds is no database of PostgreSQL: ${name} ... It is untouched.`,
            );
            expect(readdirSync(at(`${pgdata}/${name}`))).toEqual(["letters"]);
        },
    );

    test("refuses a database in a directory called data, as other images keep it", () => {
        data(major, `${pgdata}/data`);
        const { status, stderr } = start(major, pgdata);
        expect(status).toBe(1);
        expect(stderr).toContain(`There is data in ${at(pgdata)}/data, and this image looks for it in`);
        expect(existsSync(at(`${pgdata}/data/PG_VERSION`))).toBe(true);
    });

    test("takes a file system's lost and found for nothing", () => {
        mkdirSync(at(`${pgdata}/lost+found`), { recursive: true });
        expect(start(major, pgdata).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION", "base", "lost+found"]);
    });

    test("leaves initdb to an init script that makes a cluster of its own", () => {
        fake("docker-ensure-initdb.sh", `initdb; PGDATA=${at("other")} initdb -D other`);
        fake("initdb", `mkdir -p "$PGDATA"; echo ${major} >"$PGDATA/PG_VERSION"`);
        mkdirSync(at("other"));
        writeFileSync(at("other/PG_VERSION"), "");
        expect(start(major, pgdata).status).toBe(0);
        expect(files()).toEqual(["PG_VERSION"]);
    });

    test("is the entrypoint's in an image without the command", () => {
        remove("docker-ensure-initdb.sh");
        expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
        expect(existsSync(at(pgdata))).toBe(false);
    });
});

test("a directory of the host above the data, as of 18, must not hold anything else either", () => {
    mkdirSync(at("letters"), { recursive: true });
    const { status, stderr } = start("18", "18/docker", { volume: at("") });
    expect(status).toBe(1);
    expect(stderr).toContain("what it holds is no database of PostgreSQL: letters ... It is untouched.");
    expect(existsSync(at("18"))).toBe(false);
});
