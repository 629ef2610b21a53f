import { UNKNOWN } from "../../../../../cli/pr/events.ts";
import { type Change, COMMAND, component, CONTAINER, PASSWORD, risks, summary } from "../steps.ts";

describe("a changed password", () => {
    const FILE = "/run/drydock/redis-password";
    const container = (from?: string, to?: string): Change => {
        const uploads = (content?: string) => ({
            uploads: content === undefined ? [] : [{ file: FILE, content }],
        });
        return [CONTAINER, "it", "replace", uploads(from), uploads(to)];
    };
    const CHANGES = "its password changes: clients with the old password are locked out";

    test.each<[string, Change[], string[]]>([
        ["another one is given", [container("rum", "gin")], [CHANGES]],
        [
            "one is generated instead of a given one",
            [[PASSWORD, "it-password", "create", {}, {}], container("rum", UNKNOWN)],
            [CHANGES],
        ],
        [
            "one is given instead of a generated one",
            [[PASSWORD, "it-password", "delete", {}, {}], container("rum", "gin")],
            [CHANGES],
        ],
        [
            "one is added",
            [[PASSWORD, "it-password", "create", {}, {}], container(undefined, UNKNOWN)],
            ["it now requires a password: clients without one are locked out"],
        ],
        ["it is removed", [container("rum", undefined)], [CHANGES]],
        [
            "one is generated again",
            [[PASSWORD, "it-password", "replace", {}, {}], container("rum", UNKNOWN)],
            ["a new password is generated: clients with the old password are locked out"],
        ],
        ["it stays the same", [[PASSWORD, "it-password", "same", {}, {}], container("rum", "rum")], []],
    ])("is a risk for clients: %s", (_, changes, expected) => {
        expect(risks(component("RedisService", ...changes))).toEqual(expected);
    });

    const given = { uploads: [{ file: FILE, content: "rum" }] };
    const changed = (file: string): Change => [
        CONTAINER,
        "it",
        "replace",
        { uploads: [{ file, content: "a" }] },
        { uploads: [{ file, content: "b" }] },
    ];

    test.each<[string, string, Change]>([
        ["the container is new", "RedisService", [CONTAINER, "it", "create", {}, given]],
        ["the container is removed", "RedisService", [CONTAINER, "it", "delete", given, {}]],
        ["it is another file of Drydock", "RedisService", changed("/run/drydock/start")],
        ["it is a file of the user", "RedisService", changed("/etc/my-password")],
        ["it belongs to an application", "WebApp", changed(FILE)],
    ])("is no risk if %s", (_, kind, change) => {
        expect(risks(component(kind, change))).toEqual([]);
    });

    const hash = (value: string) => ({ environment: { HASH: value } });
    const record = (from: string, to: string): Change => [
        COMMAND,
        "it-password-change",
        from === to ? "same" : "update",
        hash(from),
        hash(to),
    ];

    test.each<[string, Change[], string[]]>([
        ["another one is given", [record("rum", "gin")], [CHANGES]],
        [
            "one is generated again",
            [[PASSWORD, "it-password", "replace", {}, {}], record("rum", UNKNOWN)],
            ["a new password is generated: clients with the old password are locked out"],
        ],
        ["it stays the same", [record("rum", "rum")], []],
        [
            "it is recorded for the first time",
            [[COMMAND, "it-password-change", "create", {}, hash("rum")]],
            [],
        ],
        ["it is no longer recorded", [[COMMAND, "it-password-change", "delete", hash("rum"), {}]], []],
        ["another Command has a hash", [[COMMAND, "it-other", "update", hash("rum"), hash("gin")]], []],
    ])("of a Service with data is a risk for clients: %s", (_, changes, expected) => {
        expect(risks(component("Service", ...changes))).toEqual(expected);
    });
});

test("a generated password is described", () => {
    const { markdown } = summary(component("RedisService", [PASSWORD, "it-password", "create", {}, {}]));
    expect(markdown).toContain("password `it-password` is created");
});
