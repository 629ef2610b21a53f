import * as pulumi from "@pulumi/pulumi";
import * as rules from "../../../components/shared/validation.ts";
import { refusal } from "../../../testing/index.ts";

const { ifKnown, isIntegerFrom: isWhole, parseMebibytes: mebibytes, isOneOf: oneOf, validate } = rules;
const DIGEST = `sha256:${"a".repeat(64)}`;

const table: Record<string, [rule: rules.Rule, good: unknown[], bad: unknown[], remedy: string]> = {
    port: [rules.isPort, [1, 3000, 65535], [0, -1, 65536, 70000, 1.5, "80", NaN, null], "use 1 to 65535"],
    address: [
        rules.isIpAddress,
        ["127.0.0.1", "0.0.0.0", "::1", "::"],
        ["", "localhost", "256.0.0.1", "1.2.3", 1, "127.0.0.1:80"],
        "use 127.0.0.1 for this machine alone",
    ],
    "absolute path": [rules.isAbsolutePath, ["/", "/data"], ["", "data", "./data", "~/x", 1], "begin with /"],
    "path of a mount": [
        rules.isMountPath,
        ["/", "/srv/my data", "/a'b"],
        ["/a:b", "/a,b", '/a"b', "/a\nb"],
        "use none of",
    ],
    memory: [
        rules.isMemorySize,
        ["6m", "512m", "2g", "512M", "512mb", "2GB"],
        ["", "512", "5m", "0g", "1.5g", "512 m", "512k", "big", 512, "-1g"],
        "write 512m or 2g",
    ],
    cpus: [rules.isCpuCount, [0.1, 1, 1.5, 64], [0, 0.05, -1, NaN, Infinity, "1"], "use 0.1 or more"],
    "whole number": [isWhole(1), [1, 60], [0, -1, 1.5, "1", NaN], "use a whole number, 1 or more"],
    "whole number from 0": [isWhole(0), [0, 1], [-1, 0.5], "use a whole number, 0 or more"],
    command: [
        rules.isCommand,
        [["sh"], ["sh", "-c", "x"]],
        [[], "sh", "", null, [""], ["sh", 1]],
        "set it to the program",
    ],
    string: [rules.isString, ["", "x"], [1, true, null, {}], "set one, or leave it out"],
    boolean: [rules.isBoolean, [true, false], ["yes", 1, null], "use true or false"],
    alias: [
        rules.isAlias,
        ["db", "DB", "main-db", "cache_2"],
        ["", "2db", "-db", "my db", "db.main", "é"],
        "use a letter and then letters, digits, - and _",
    ],
    variable: [
        rules.isVariableName,
        ["A", "_a1", "RAILS_ENV"],
        ["", "1A", "A-B", "A=B", "A B", "A\n"],
        "use letters, digits and _, not beginning with a digit",
    ],
    image: [
        rules.isImage,
        [
            "redis",
            "redis:8",
            "redis:8.2-alpine",
            "library/redis",
            "localhost:5000/team/app:1.2",
            "registry.example.com/team/app",
            `redis@${DIGEST}`,
            `redis:8@${DIGEST}`,
            DIGEST,
        ],
        ["", "Redis", "redis:", "redis:8 ", "redis 8", ":8", "redis@sha256:1", "http://x/y", "redis:8;ls", 8],
        "write it as in docker pull",
    ],
    "name for Docker": [
        rules.isDockerName,
        ["a", "db", "My_db.1-x", "1"],
        ["", "-db", ".db", "my db", "a/b", "é", 1],
        "use letters, digits, _, . and -",
    ],
    "volume name": [rules.isVolumeName, ["db", "my_data"], ["", "d", "-db", "a b", "/x"], "use two or more"],
    "PostgreSQL name": [
        rules.isDatabaseName,
        ["app", "_app1", "App", "1app", "my-app", "shop.dev", "a".repeat(63)],
        ["", "-app", "a;b", 'a"b', "a'b", "a=b", "a b", "a$b", "a".repeat(64)],
        "use letters, digits, _, - and ., 63 at most",
    ],
    line: [rules.isSingleLine, ["", "x", "a b"], ["a\nb", "a\rb", "a\0b", 1, null], "not one line of text"],
    lines: [rules.isMultiline, ["", "x", "a\nb\n"], ["a\0b", 1, null], "several for a setting that repeats"],
    password: [rules.isPassword, ["x", "p w'\\"], ["", "a\nb", "a\r", "a\0b", 1], "must be one line"],
    setting: [
        rules.isSettingName,
        ["maxmemory-policy", "max_connections", "auto_explain.log_analyze"],
        ["", "a b", "a\nrequirepass x", "-x", "a=b"],
        "use letters, digits, _, . and -",
    ],
    version: [
        rules.isVersion,
        ["17", "17.2", "8.0.1", "17-alpine", "8.2-alpine3.22", "18beta1", "18rc1-trixie", "17-3.5-alpine"],
        ["", "latest", "v17", "alpine", "17.", "17 ", ".1", "17/x", null],
        "write 17, 17.2 or 17-alpine",
    ],
    "path of a URL": [
        rules.isUrlPath,
        ["/", "/up", "/health?full=1&x=y", "/a%20b", "/~x/y.json"],
        ["", "up", "/a b", "/$(id)", "/`id`", "/'", '/"', "/#{1}", "http://x/"],
        "begin with /",
    ],
    capability: [
        rules.isCapability,
        ["CHOWN", "NET_BIND_SERVICE", "ALL"],
        ["", "CAP_CHOWN", "chown", "NET ADMIN"],
        "in capitals and without CAP_",
    ],
    network: [rules.isNetwork, ["shop-dev-db", "Bridge2"], ["", "bridge", "host", "none", "ingress"], ""],
    "one of some": [oneOf(["a", "b"]), ["a", "b"], ["", "c", 1], "is not one of a, b"],
};

describe.each(Object.entries(table))("a rule: %s", (_, [rule, good, bad, remedy]) => {
    test.each(good.map((value) => [value]))("takes %j", (value) => {
        expect(rule(value)).toBeUndefined();
    });

    test.each(bad.map((value) => [value]))("refuses %j, and says what to do", (value) => {
        expect(rule(value)).toContain(remedy);
    });
});

test("a password is never quoted in what is said of it", () => {
    expect(rules.isPassword("hunter2\n")).not.toContain("hunter2");
});

test.each([
    ["6m", 6],
    ["512m", 512],
    ["2g", 2048],
    ["1GB", 1024],
    [undefined, undefined],
    ["5m", undefined],
])("%p of memory is %p MiB", (text, amount) => {
    expect(mebibytes(text)).toBe(amount);
});

describe("validating", () => {
    test("names the path, the value and the remedy", async () => {
        expect(
            await refusal(() => {
                validate({ "publish.port": [70000, rules.isPort] });
            }),
        ).toBe("publish.port: 70000 is not a port; use 1 to 65535, or leave it out");
    });

    test("shows an empty text as one", async () => {
        expect(
            await refusal(() => {
                validate({ volume: ["", rules.isDockerName] });
            }),
        ).toContain('volume: "" is not');
    });

    test("leaves out what is not given, and what may be known later", () => {
        const later = Promise.resolve(0);
        for (const value of [undefined, ifKnown(pulumi.output(0)), ifKnown(later)]) {
            expect(() => {
                validate({ port: [value, rules.isPort] });
            }).not.toThrow();
        }
    });

    test.each([
        ["an output", () => pulumi.output("sh")],
        ["a promise", () => Promise.resolve("sh")],
        ["a list with an output", () => ["sh", pulumi.output("x")]],
    ])("refuses %s where nothing may be known later", async (_, value) => {
        expect(
            await refusal(() => {
                validate({ command: [value(), rules.isCommand] });
            }),
        ).toBe("command: must be a plain value and not an Output");
    });

    test("of settings says which argument to use in place of one", async () => {
        const check = () => {
            rules.validateSettings({ Port: "1" }, { port: "use publish" }, rules.isSingleLine);
        };
        expect(await refusal(check)).toBe("settings.Port: use publish");
    });
});
