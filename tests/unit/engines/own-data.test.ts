import { FakeShell } from "./shell.ts";

/** components/engines/own-data.sh, with the users of this machine. tests/e2e/rails-storage.test.ts runs it in an image. */
describe("the user of an application's data", () => {
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
    const give = (user: string, kind: string) => {
        const result = shell.run("own-data.sh", [user, "/rails/storage", kind]);
        return { ...result, calls: shell.read("calls").split("\n").filter(Boolean) };
    };
    const volume = (owner: string) => {
        const [uid = ""] = owner.split(":");
        return `[find][/rails/storage][-xdev][!][-user][${uid}][-exec][chown][-h][${owner}][{}][+]`;
    };

    test.each([
        ["12345", "12345:0"],
        ["12345:54321", "12345:54321"],
        ["12345:root", "12345:0"],
        ["nobody", expect.stringMatching(/^\d+:\d+$/) as string],
    ])("%s gets all of a volume", (user, owner) => {
        const { status, calls } = give(user, "volume");
        expect(status).toBe(0);
        expect(calls).toHaveLength(1);
        if (typeof owner === "string") expect(calls).toEqual([volume(owner)]);
    });

    test.each(["0", "root", "root:root"])("%s needs nothing", (user) => {
        expect(give(user, "volume")).toMatchObject({ status: 0, calls: [] });
    });

    test("must be one of the image's", () => {
        expect(give("captain", "volume")).toMatchObject({
            status: 1,
            stderr: expect.stringContaining(
                "The image has no user captain: set user to an existing one",
            ) as string,
            calls: [],
        });
    });

    test("gets an empty directory", () => {
        const { calls } = give("12345:54321", "/srv/shop");
        expect(calls.slice(1)).toEqual(["[chown][12345:54321][/rails/storage]"]);
    });

    test("keeps a directory that is writable", () => {
        shell.write("writable", "/rails/storage\n");
        shell.write("files", "production.sqlite3\n");
        expect(give("12345", "/srv/shop")).toMatchObject({ status: 0, stderr: "" });
        expect(shell.read("calls")).not.toContain("chown");
    });

    test("does not get a directory that holds other files", () => {
        shell.write("files", "others\n");
        const { status, stderr, calls } = give("12345:54321", "/srv/shop");
        expect(status).toBe(1);
        expect(stderr).toContain("the user 12345, which cannot write to the directory /srv/shop of the host");
        expect(stderr).toContain("chown -R 12345:54321 /srv/shop");
        expect(calls).toHaveLength(1);
    });
});
