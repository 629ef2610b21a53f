import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, data, fake, single, start } from "./fake-postgres";

/** What the image makes of an empty directory. */
const INITDB = `mkdir -p "$PGDATA/base"; echo "$PG_MAJOR" >"$PGDATA/PG_VERSION"`;

describe.each([
    ["17", "data"],
    ["18", "18/docker"],
])("a first start of %s", (major, pgdata) => {
    const first = join(pgdata, ".first-start");
    const made = () => readdirSync(at(pgdata)).sort();

    test("makes a database beside, with the arguments of the server, and moves it to its place", () => {
        fake("docker-ensure-initdb.sh", `${INITDB}; echo "$PGDATA $*"`);
        expect(start(major, pgdata)).toMatchObject({
            status: 0,
            stdout: `${at(first)}/data postgres -c a=b\nentrypoint postgres -c a=b\n`,
            stderr: "",
        });
        expect(made()).toEqual(["PG_VERSION", "base"]);
        expect(single()).toBeUndefined();
    });

    test("that fails is none: the next one begins again", () => {
        fake("docker-ensure-initdb.sh", `${INITDB}; echo "no such table" >&2; exit 3`);
        expect(start(major, pgdata)).toMatchObject({ status: 3, stdout: "", stderr: "no such table\n" });
        expect(made()).toEqual([".first-start"]);
        fake("docker-ensure-initdb.sh", `ls "$PGDATA" 2>&1; ${INITDB}`);
        expect(start(major, pgdata).stdout).toContain("No such file or directory");
        expect(made()).toEqual(["PG_VERSION", "base"]);
    });

    test("that was killed while it moved the database goes on", () => {
        data(major, `${first}/data`);
        writeFileSync(at(`${first}/complete`), "");
        mkdirSync(at(`${pgdata}/base`));
        fake("docker-ensure-initdb.sh", "exit 3");
        expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
        expect(made()).toEqual(["PG_VERSION", "base"]);
    });

    test("leaves what it finds to the image's entrypoint, which refuses it", () => {
        mkdirSync(at(`${pgdata}/letters`), { recursive: true });
        fake("docker-ensure-initdb.sh", "exit 3");
        expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
        expect(made()).toEqual(["letters"]);
    });

    test("takes a file system's lost and found for nothing", () => {
        mkdirSync(at(`${pgdata}/lost+found`), { recursive: true });
        fake("docker-ensure-initdb.sh", INITDB);
        expect(start(major, pgdata).status).toBe(0);
        expect(made()).toEqual(["PG_VERSION", "base", "lost+found"]);
    });

    test("in an older image is the entrypoint's", () => {
        expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
        expect(existsSync(at(pgdata))).toBe(false);
    });
});

test("what a first start has left goes with the next", () => {
    data("17", "data");
    mkdirSync(at("data/.first-start"));
    expect(start("17", "data").status).toBe(0);
    expect(readdirSync(at("data"))).toEqual(["PG_VERSION"]);
});
