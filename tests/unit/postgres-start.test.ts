import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { at, data, fake, single, start } from "./fake-postgres";

test.each([
    ["17", "", "data"],
    ["18", "/data", ""],
])("a volume that is not where the image of %s keeps its data is refused", (major, mounted, expected) => {
    const { status, stdout, stderr } = start(major, "data", { volume: at(mounted) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
        `The image is PostgreSQL ${major}'s, which keeps its data in ${at(expected)}, and the volume is at ${at(mounted)}. Set version to ${major}.\n`,
    );
});

test.each([
    ["17", "data", "/data"],
    ["18", "18/docker", ""],
])("a volume that is where the image of %s keeps its data is taken", (major, pgdata, mounted) => {
    expect(start(major, pgdata, { volume: at(mounted) }).status).toBe(0);
});

test("data of its own version that the image would not see is refused", () => {
    data("17", "");
    const { status, stdout, stderr } = start("17", "data");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(`There is data in ${at("")}, and this image looks for it in ${at("data")}.`);
});

test.each([
    ["17", "data"],
    ["18", "18/docker"],
])("over data of its own version (%s), the role's password is brought in line first", (major, pgdata) => {
    data(major, pgdata);
    expect(start(major, pgdata)).toMatchObject({ status: 0, stdout: "entrypoint postgres -c a=b\n" });
    expect(readFileSync(at("single-args"), "utf8")).toBe(`--single -D ${at(pgdata)} postgres\n`);
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
    writeFileSync(at("answer"), answer);
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
    expect(existsSync(at(`${dirname(pgdata)}/single-args`))).toBe(false);
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
