import * as pulumi from "@pulumi/pulumi";
import * as validation from "../../../components/shared/validation.ts";
import { refusal } from "../../../testing/index.ts";

const { ifKnown, isIntegerFrom, isOneOf, isPassword, isPort, isSingleLine, parseMebibytes, validate } =
    validation;
const DIGEST = `sha256:${"a".repeat(64)}`;

interface Examples {
    rule: validation.Rule;
    valid: unknown[];
    invalid: unknown[];
    /** What the message for each invalid value contains. */
    message: string;
}

const RULES: Record<string, Examples> = {
    isString: {
        rule: validation.isString,
        valid: ["", "x"],
        invalid: [1, true, null, {}],
        message: "must be a string",
    },
    isBoolean: {
        rule: validation.isBoolean,
        valid: [true, false],
        invalid: ["yes", 1, null],
        message: "use true or false",
    },
    isInteger: {
        rule: validation.isInteger,
        valid: [0, -1, 5],
        invalid: [1.5, "1", NaN, null],
        message: "is not an integer",
    },
    "isIntegerFrom(1)": {
        rule: isIntegerFrom(1),
        valid: [1, 60],
        invalid: [0, -1, 1.5, "1", NaN],
        message: "use an integer of at least 1",
    },
    "isIntegerFrom(0)": {
        rule: isIntegerFrom(0),
        valid: [0, 1],
        invalid: [-1, 0.5],
        message: "use an integer of at least 0",
    },
    "isIntegerBetween(1, 3)": {
        rule: validation.isIntegerBetween(1, 3),
        valid: [1, 2, 3],
        invalid: [0, 4, 1.5, "1", NaN],
        message: "use an integer from 1 to 3",
    },
    isOneOf: {
        rule: isOneOf(["a", "b"]),
        valid: ["a", "b"],
        invalid: ["", "c", 1],
        message: "is not one of a, b",
    },
    isCommand: {
        rule: validation.isCommand,
        valid: [["sh"], ["sh", "-c", "x"]],
        invalid: [[], "sh", "", null, [""], ["sh", 1]],
        message: "must be a list of strings",
    },
    isSingleLine: {
        rule: isSingleLine,
        valid: ["", "x", "a b"],
        invalid: ["a\nb", "a\rb", "a\0b", 1, null],
        message: "remove line breaks",
    },
    isMultiline: {
        rule: validation.isMultiline,
        valid: ["", "x", "a\nb\n"],
        invalid: ["a\0b", 1, null],
        message: "one line for each value",
    },
    isPassword: {
        rule: isPassword,
        valid: ["x", "p w'\\"],
        invalid: ["", "a\nb", "a\r", "a\0b", 1],
        message: "must be a single line that is not empty",
    },
    isVersion: {
        rule: validation.isVersion,
        valid: [
            "17",
            "17.10",
            "8.0.1",
            "17-alpine",
            "8.2-alpine3.22",
            "18beta1",
            "18rc10-trixie",
            "17-3.5-alpine",
        ],
        invalid: ["", "latest", "v17", "alpine", "17.", "17 ", ".1", "17/x", null],
        message: "write it like 17, 17.2 or 17-alpine",
    },
    isMemorySize: {
        rule: validation.isMemorySize,
        valid: ["6m", "512m", "2g", "512M", "512mb", "2GB"],
        invalid: ["", "512", "5m", "0g", "1.5g", "512 m", "512k", "512mib", "big", 512, ["512m"], "-1g"],
        message: "write it like 512m or 2g",
    },
    isCpuCount: {
        rule: validation.isCpuCount,
        valid: [0.1, 1, 1.5, 64],
        invalid: [0, 0.05, -1, NaN, Infinity, "1"],
        message: "use 0.1 or more",
    },
    isCapability: {
        rule: validation.isCapability,
        valid: ["CHOWN", "NET_BIND_SERVICE", "ALL"],
        invalid: ["", "CAP_CHOWN", "chown", "NET ADMIN"],
        message: "in upper case and without CAP_",
    },
    isPort: {
        rule: isPort,
        valid: [1, 3000, 65535],
        invalid: [0, -1, 65536, 70000, 1.5, "80", NaN, null],
        message: "use 1 to 65535",
    },
    isIpAddress: {
        rule: validation.isIpAddress,
        valid: ["127.0.0.1", "0.0.0.0", "::1", "::"],
        invalid: ["", "localhost", "256.0.0.1", "1.2.3", 1, ["127.0.0.1"], "127.0.0.1:80"],
        message: "use 127.0.0.1 for this machine only",
    },
    isScheme: {
        rule: validation.isScheme,
        valid: ["http", "redis", "h2", "git+ssh", "coap.tcp"],
        invalid: ["", "http://", "HTTP", "2h", "Xhttp"],
        message: "write it without ://",
    },
    isUrlPath: {
        rule: validation.isUrlPath,
        valid: ["/", "/up", "/health?full=1&x=y", "/a%20b", "/~x/y.json"],
        invalid: ["", "up", "/a b", "/$(id)", "/`id`", "/'", '/"', "/#{1}", "http://x/"],
        message: "start it with /",
    },
    isHostHeader: {
        rule: validation.isHostHeader,
        valid: ["shop.example.com", "shop:3000", "10.0.0.1", "[::1]:80"],
        invalid: ["", "http://shop", "shop/up", "a b", "shop:"],
        message: "leave out http:// and the path",
    },
    isHostName: {
        rule: validation.isHostName,
        valid: [
            "d",
            "db",
            "my_db-1",
            "a.b",
            "db.Mail.internal",
            "a".repeat(63),
            `x.${"b".repeat(63)}`,
            `${"a.".repeat(126)}a`,
        ],
        invalid: [
            "",
            "-db",
            "db-",
            "a b",
            "a!b.c",
            "x..y",
            ".db",
            "db.",
            "x.-y",
            "x.y-",
            "x.y!z",
            "a".repeat(64),
            `x.${"b".repeat(64)}`,
            `${"a.".repeat(126)}ab`,
        ],
        message: "use letters, digits and -",
    },
    "isLabelName, for Drydock's own": {
        rule: validation.isLabelName,
        valid: ["com.example.drydock."],
        invalid: ["drydock.component"],
        message: "starts with drydock.",
    },
    "isLabelName, for names": {
        rule: validation.isLabelName,
        valid: ["a", "traefik.http.routers.web"],
        invalid: ["", "a b", "a=b", " a", "a "],
        message: "leave out spaces and =",
    },
    "isNetwork, for built-in networks": {
        rule: validation.isNetwork,
        valid: ["shop-dev-db", "Bridge2"],
        invalid: ["bridge", "host", "none", "ingress"],
        message: "is one of Docker's built-in networks",
    },
    "isNetwork, for names": {
        rule: validation.isNetwork,
        valid: ["db"],
        invalid: ["", "a b"],
        message: "is not a name that Docker allows",
    },
    isAbsolutePath: {
        rule: validation.isAbsolutePath,
        valid: ["/", "/data"],
        invalid: ["", "data", "./data", "~/x", 1],
        message: "start it with /",
    },
    isMountPath: {
        rule: validation.isMountPath,
        valid: ["/", "/srv/my data", "/a'b"],
        invalid: ["/a:b", "/a,b", '/a"b', "/a\nb"],
        message: 'use a path without : , " and line breaks',
    },
    isPlainPath: {
        rule: validation.isPlainPath,
        valid: ["/", "/data/redis_1.x-y"],
        invalid: ["", "data", "data/x", "/a b", "/a'b", "/$(id)"],
        message: "use letters, digits, _, . and -",
    },
    isAlias: {
        rule: validation.isAlias,
        valid: ["db", "DB", "main-db", "cache_2"],
        invalid: ["", "2db", "-db", "my db", "db.main", "é"],
        message: "use letters, digits, - and _, and start with a letter",
    },
    isVariableName: {
        rule: validation.isVariableName,
        valid: ["A", "_a1", "RAILS_ENV", "discovery.type", "A-B", "1A", "a[0]"],
        invalid: ["", "A=B", "A B", "A\n", "#A", "É"],
        message: "use letters, digits, _, . and -, without spaces and =",
    },
    isImage: {
        rule: validation.isImage,
        valid: [
            "redis",
            "redis:8",
            "redis:8.2-alpine",
            "library/redis",
            "localhost:5000/team/app:1.2",
            "registry.example.com/team/app",
            "Registry.example.com/app",
            `redis@${DIGEST}`,
            `redis:8@${DIGEST}`,
            DIGEST,
        ],
        invalid: [
            "",
            "Redis",
            "redis:",
            "redis:8 ",
            "redis 8",
            ":8",
            "redis@sha256:1",
            ` ${DIGEST}`,
            `${DIGEST} `,
            "http://x/y",
            "redis:8;ls",
            8,
        ],
        message: "write it as for docker pull",
    },
    isDockerName: {
        rule: validation.isDockerName,
        valid: ["a", "db", "My_db.1-x", "1"],
        invalid: ["", "-db", ".db", "my db", "a/b", "é", 1],
        message: "use letters, digits, _, . and -",
    },
    isVolumeName: {
        rule: validation.isVolumeName,
        valid: ["db", "my_data"],
        invalid: ["", "d", "-db", "my data", "/x"],
        message: "use two or more letters",
    },
    isNodeName: {
        rule: validation.isNodeName,
        valid: ["a", "node-1.example.com", "1"],
        invalid: ["", "-a", "node 1", "a/b"],
        message: "as docker node ls shows it",
    },
    isNodeLabel: {
        rule: validation.isNodeLabel,
        valid: ["node.labels.zone", "engine.labels.disk-type"],
        invalid: ["", "zone", "x.node.labels.zone", "node.labels.", "node.labels.a b", "node.role"],
        message: "write node.labels. and the name of the label",
    },
    isConstraint: {
        rule: validation.isConstraint,
        valid: ["node.role==manager", "node.labels.disk  !=  slow disk", "engine.labels.zone == a"],
        invalid: [
            "",
            "x.node.role == a",
            "node.role",
            "node. == a",
            "node.role = a",
            "node.role == ",
            "node.role == a\nb",
        ],
        message: "write a comparison",
    },
    isDatabaseName: {
        rule: validation.isDatabaseName,
        valid: ["app", "_app1", "App", "1app", "my-app", "shop.dev", "a".repeat(63)],
        invalid: ["", "-app", "a;b", 'a"b', "a'b", "a=b", "a b", "a$b", "a".repeat(64)],
        message: "use up to 63 letters, digits, _, - and .",
    },
    isSettingName: {
        rule: validation.isSettingName,
        valid: ["maxmemory-policy", "max_connections", "auto_explain.log_analyze"],
        invalid: ["", "a b", "a\nrequirepass x", "-x", "a=b"],
        message: "use letters, digits, _, . and -",
    },
};

describe.each(Object.entries(RULES))("%s", (_, { rule, valid, invalid, message }) => {
    test.each(valid.map((value) => [value]))("accepts %j", (value) => {
        expect(rule(value)).toBeUndefined();
    });

    test.each(invalid.map((value) => [value]))("refuses %j and says what to use", (value) => {
        expect(rule(value)).toContain(message);
    });
});

test("isVersion refuses a number and says to put it in quotes", () => {
    expect(validation.isVersion(17.1)).toBe(
        "17.1 is a number, and 17.10 would be the same number as 17.1; put the version in quotes",
    );
});

test("isPassword does not quote the password", () => {
    expect(isPassword("hunter2\n")).not.toContain("hunter2");
});

test.each([
    ["6m", 6],
    ["512m", 512],
    ["2g", 2048],
    ["1GB", 1024],
    [undefined, undefined],
    ["5m", undefined],
])("parseMebibytes(%p) is %p", (size, mebibytes) => {
    expect(parseMebibytes(size)).toBe(mebibytes);
});

describe("validate", () => {
    const messageFor = (check: () => void) => refusal(check);

    test("names the property path, the value and the remedy", async () => {
        const message = await messageFor(() => {
            validate({ "publish.port": [70000, isPort] });
        });
        expect(message).toBe("publish.port: 70000 is not a port; use 1 to 65535, or leave it out");
    });

    test("shows an empty string in quotes", async () => {
        const message = await messageFor(() => {
            validate({ volume: ["", validation.isDockerName] });
        });
        expect(message).toContain('volume: "" is not');
    });

    test("skips undefined, and Outputs and promises that ifKnown has removed", () => {
        for (const value of [undefined, ifKnown(pulumi.output(0)), ifKnown(Promise.resolve(0))]) {
            expect(() => {
                validate({ port: [value, isPort] });
            }).not.toThrow();
        }
    });

    test.each([
        ["an Output", () => pulumi.output("sh")],
        ["a promise", () => Promise.resolve("sh")],
        ["a list with an Output", () => ["sh", pulumi.output("x")]],
    ])("refuses %s", async (_, value) => {
        const message = await messageFor(() => {
            validate({ command: [value(), validation.isCommand] });
        });
        expect(message).toBe("command: must be a plain value, not an Output");
    });
});

describe("validateSettings", () => {
    const refused = (settings: unknown) =>
        refusal(() => {
            validation.validateSettings(
                settings as Record<string, string>,
                { port: "use publish" },
                isSingleLine,
            );
        });

    test.each<[string, unknown, string]>([
        ["a reserved setting, whatever its case", { Port: "1" }, "settings.Port: use publish"],
        ["a list", ["a"], 'settings: must be an object and not an Output, for example { name: "value" }'],
        ["a name with a blank", { "a b": "1" }, 'settings.a b: "a b" is not the name of a setting'],
        ["a value of several lines", { a: "1\n2" }, 'settings.a: "1\\n2" is not a single line'],
        ["a missing value", { a: undefined }, "settings.a: null is not a single line"],
    ])("refuses %s", async (_, settings, message) => {
        expect(await refused(settings)).toContain(message);
    });

    test.each([[undefined], [{}], [{ a: "1", "b-c": "" }]])("accepts %j", async (settings) => {
        expect(await refused(settings)).toBe("nothing was refused");
    });
});

describe("validateObject", () => {
    const refused = (value: unknown) =>
        refusal(() => {
            validation.validateObject("env", value, "{ A: 1 }");
        });

    test.each([
        ["a string", "password"],
        ["null", null],
        ["a list", ["password"]],
        ["an Output", pulumi.output({})],
        ["a promise", Promise.resolve({})],
    ])("refuses %s, and does not quote it", async (_, value) => {
        expect(await refused(value)).toBe("env: must be an object and not an Output, for example { A: 1 }");
    });

    test.each([[undefined], [{}], [{ a: 1 }]])("accepts %j", async (value) => {
        expect(await refused(value)).toBe("nothing was refused");
    });
});

test.each([
    [70000, "70000"],
    [NaN, "NaN"],
    ["", '""'],
    [null, "null"],
])("quote(%p) is %s", (value, text) => {
    expect(validation.quote(value)).toBe(text);
});

test.each([
    ["x", "x"],
    [false, false],
    [undefined, null],
])("required(%p) is %p", (value, result) => {
    expect(validation.required(value)).toBe(result);
});

test("isPlainObject is true for an object literal only", () => {
    for (const value of [{}, { a: 1 }]) expect(validation.isPlainObject(value)).toBe(true);
    const others = [
        undefined,
        null,
        "x",
        1,
        [],
        new Date(0),
        pulumi.output({}),
        () => ({}),
        Object.prototype,
    ];
    for (const value of others) expect(validation.isPlainObject(value)).toBe(false);
});

test("requireArgument refuses an argument that is missing, with an example", () => {
    for (const value of [undefined, null])
        expect(() => {
            validation.requireArgument("path", value, "/data");
        }).toThrow("path: required, for example /data");
    for (const value of ["", 0, false, "x"])
        expect(() => {
            validation.requireArgument("path", value, "/data");
        }).not.toThrow();
});

test("ifKnown returns a plain value", () => {
    expect(ifKnown("x")).toBe("x");
});

/** The error that a check throws. */
function thrownBy(check: () => void): unknown {
    try {
        check();
    } catch (error) {
        return error;
    }
    return undefined;
}

test("refuse throws an error on the property, without a stack trace", () => {
    const error = thrownBy(() => validation.refuse("port", "is used"));
    expect(error).toMatchObject({ propertyPath: "port", reason: "port: is used", stack: "port: is used" });
});

describe("reportErrorsOn", () => {
    const component = Object.create(pulumi.Resource.prototype) as pulumi.Resource;

    test("returns the result of the check", () => {
        expect(validation.reportErrorsOn(component, () => 1)).toBe(1);
    });

    test("makes Pulumi report an invalid argument on the component, without a stack trace", () => {
        const error = thrownBy(() =>
            validation.reportErrorsOn(component, () => validation.refuse("port", "is used")),
        );
        expect(error).toMatchObject({ message: "port: is used", resource: component, hideStack: true });
    });

    test("passes on any other error", () => {
        const error = new Error("broken");
        const check = () => {
            throw error;
        };
        expect(() => validation.reportErrorsOn(component, check)).toThrow(error);
        expect(error).not.toHaveProperty("resource");
    });
});
