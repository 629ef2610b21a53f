import { execFileSync } from "node:child_process";
import { FakeShell } from "./fake-shell.ts";

/** A number of a user of this machine: `-u` is the user ID, `-g` the group ID. */
const idOf = (user: string, option: string) =>
    execFileSync("id", [option, user], { encoding: "utf8" }).trim();

/** Uses the users of this machine. tests/e2e/rails-storage.test.ts runs the script in an image. */
describe("own-data.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        const record = (name: string) => `{ printf '[${name}]'; printf '[%s]' "$@"; echo; } >>calls`;
        shell.command("find", `${record("find")}\n[ "$2" != -prune ] || cat writable`);
        shell.command("chown", record("chown"));
        shell.command("ls", "cat files");
        shell.write("files", "");
        shell.write("writable", "");
    });
    afterEach(() => {
        shell.remove();
    });
    const runScript = (user: string, kind: string) => {
        const result = shell.run("own-data.sh", [user, "/rails/storage", kind]);
        return { ...result, calls: shell.read("calls").split("\n").filter(Boolean) };
    };
    const chownAll = (owner: string) => {
        const [uid = ""] = owner.split(":");
        return `[find][/rails/storage][-xdev][!][-user][${uid}][-exec][chown][-h][${owner}][{}][+]`;
    };

    test.each([
        ["12345", "12345:0"],
        ["12345:54321", "12345:54321"],
        ["12345:root", "12345:0"],
        ["nobody", `${idOf("nobody", "-u")}:${idOf("nobody", "-g")}`],
    ])("gives all of a volume to %s", (user, owner) => {
        const { status, calls } = runScript(user, "volume");
        expect(status).toBe(0);
        expect(calls).toEqual([chownAll(owner)]);
    });

    test.each(["0", "root", "root:root"])("changes nothing for %s", (user) => {
        expect(runScript(user, "volume")).toMatchObject({ status: 0, calls: [] });
    });

    test("refuses a user that the image does not have", () => {
        expect(runScript("captain", "volume")).toMatchObject({
            status: 1,
            stderr: expect.stringContaining(
                "The image has no user captain: set user to an existing one",
            ) as string,
            calls: [],
        });
    });

    test("gives an empty directory to the user", () => {
        const { calls } = runScript("12345:54321", "/srv/shop");
        expect(calls.slice(1)).toEqual(["[chown][12345:54321][/rails/storage]"]);
    });

    test("does not change a directory that is writable for the user", () => {
        shell.write("writable", "/rails/storage\n");
        shell.write("files", "production.sqlite3\n");
        expect(runScript("12345", "/srv/shop")).toMatchObject({ status: 0, stderr: "" });
        expect(shell.read("calls")).not.toContain("chown");
    });

    test("refuses a directory with other files that the user cannot write to", () => {
        shell.write("files", "others\n");
        const { status, stderr, calls } = runScript("12345:54321", "/srv/shop");
        expect(status).toBe(1);
        expect(stderr).toContain("the user 12345, which cannot write to the directory /srv/shop of the host");
        expect(stderr).toContain("chown -R 12345:54321 /srv/shop");
        expect(calls).toHaveLength(1);
    });
});
