import * as pulumi from "@pulumi/pulumi";
import {
    PostgresService,
    type PostgresServiceArgs,
    RailsWebApp,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { convertToDeclaredTypes } from "../../../components/shared/conversion.ts";
import { CONTAINER, inspected, refusal, REMOTE_IMAGE, run } from "../../../testing/index.ts";

test.each<[what: string, component: string, given: object, expected: object]>([
    ["a number to a string", "PostgresService", { version: 17 }, { version: "17" }],
    ["a boolean to a string", "WebApp", { user: true }, { user: "true" }],
    [
        "the values of a map to strings",
        "WebApp",
        { env: { THREADS: 4, DEBUG: true, A: "a" } },
        { env: { THREADS: "4", DEBUG: "true", A: "a" } },
    ],
    ["a fraction to a string", "WebApp", { env: { RATIO: 0.5 } }, { env: { RATIO: "0.5" } }],
    [
        "the values of a map whose keys are also names of arguments",
        "RedisService",
        { settings: { port: 1 } },
        { settings: { port: "1" } },
    ],
    ["a number in a command", "WebApp", { command: ["sleep", 60] }, { command: ["sleep", "60"] }],
    ["a string to a number", "WebApp", { port: "3000", cpus: "1.5" }, { port: 3000, cpus: 1.5 }],
    ["a string to a boolean", "Task", { quiet: "true", readOnly: "false" }, { quiet: true, readOnly: false }],
    [
        "ports, whose names may be those of arguments",
        "Service",
        { ports: { port: { port: "53", endPort: "60", publish: { port: "5353" } }, env: { port: 1 } } },
        { ports: { port: { port: 53, endPort: 60, publish: { port: 5353 } }, env: { port: 1 } } },
    ],
    [
        "the order of processes",
        "WebApp",
        { processes: { clock: { after: ["web"], overlap: "false" } } },
        { processes: { clock: { after: ["web"], overlap: false } } },
    ],
    [
        "nested arguments",
        "WebApp",
        { publish: { port: "80" }, processes: { w: { health: { interval: "5" }, memory: 1 } } },
        { publish: { port: 80 }, processes: { w: { health: { interval: 5 }, memory: "1" } } },
    ],
    [
        "the properties of a connection",
        "Task",
        { links: { port: { host: "h", port: "1", password: 5, parameters: { port: 2 } } } },
        { links: { port: { host: "h", port: 1, password: "5", parameters: { port: "2" } } } },
    ],
    [
        "what has a name of the user's choice that is also the name of an argument",
        "RailsWebApp",
        {
            links: { settings: { port: 1 } },
            databases: { env: { port: "1" } },
            processes: { args: { stopTimeout: 9 } },
        },
        {
            links: { settings: { port: 1 } },
            databases: { env: { port: 1 } },
            processes: { args: { stopTimeout: 9 } },
        },
    ],
    ["nothing that has its declared type", "WebApp", { port: 1, user: "u" }, { port: 1, user: "u" }],
])("converts %s", (_, component, given, expected) => {
    expect(convertToDeclaredTypes(component, given)).toEqual(expected);
});

test.each<[what: string, component: string, given: object]>([
    ["a string that is not a number", "WebApp", { port: "80a" }],
    ["an empty string for a number", "WebApp", { port: "" }],
    ["a string that is not a boolean", "Task", { quiet: "yes" }],
    ["null", "WebApp", { env: { A: null } }],
    ["a number that JavaScript has rounded", "RedisService", { password: 2 ** 60 }],
    ["a version that may have lost a zero", "PostgresService", { version: 17.1 }],
    ["an argument that no component has", "WebApp", { prot: "80" }],
    ["an object of a class", "WebApp", { when: new Date(0) }],
])("leaves %s to validation", (_, component, given) => {
    expect(convertToDeclaredTypes(component, given)).toEqual(given);
});

test("converts Outputs and promises, and keeps them secret", async () => {
    await run(() => ({}));
    const { env, port } = convertToDeclaredTypes("WebApp", {
        env: { A: pulumi.secret(1) },
        port: Promise.resolve("80"),
    });
    expect(await inspected(env.A as pulumi.Output<unknown>)).toMatchObject({ value: "1", secret: true });
    expect(await inspected(port as unknown as pulumi.Output<unknown>)).toMatchObject({ value: 80 });
});

describe("components", () => {
    test("accept numbers and booleans for strings, and the reverse", async () => {
        const { one } = await run(() => {
            new PostgresService("db", {
                version: 17,
                settings: { max_connections: 50, fsync: true },
                publish: { port: "5432" },
            } as unknown as PostgresServiceArgs);
            new WebApp("web", {
                image: "x:1",
                port: "8080",
                env: { THREADS: 4, DEBUG: true, LATER: pulumi.output(1) },
            } as unknown as WebAppArgs);
            return {};
        });
        expect(one(REMOTE_IMAGE, "db-image").inputs.name).toBe("postgres:17");
        expect(one(CONTAINER, "db").inputs).toMatchObject({
            command: ["postgres", "-c", "max_connections=50", "-c", "fsync=true"],
            ports: [{ internal: 5432, external: 5432 }],
        });
        expect(one(CONTAINER, "web").inputs.envs).toEqual([
            "PORT=8080",
            "THREADS=4",
            "DEBUG=true",
            "LATER=1",
        ]);
    });

    test.each<[string, unknown, string]>([
        ["a version that may have lost a zero", { version: 17.1 }, "version: 17.1 is a number"],
        ["another string for a boolean", { persistent: "no" }, 'persistent: "no" is not a boolean'],
        ["another string for a port", { publish: { port: "web" } }, 'publish.port: "web" is not a port'],
        [
            "a port for publish",
            { publish: 5432 },
            "publish: must be an object and not an Output, for example { port: 3000 }",
        ],
    ])("refuse %s", async (_, args, reason) => {
        expect(await refusal(() => new PostgresService("db", args as PostgresServiceArgs))).toContain(reason);
    });

    test.each<[string, object, string]>([
        [
            "links",
            { links: pulumi.output({}) },
            "links: must map aliases to connections: { database: db.connection }",
        ],
        [
            "env",
            { env: pulumi.output({}) },
            'env: must be an object and not an Output, for example { LOG_LEVEL: "info" }',
        ],
        ["processes", { processes: ["x"] }, "processes: must be an object"],
        ["databases", { databases: "x" }, "databases: must be an object"],
    ])("refuse another type for %s", async (_, args, reason) => {
        expect(await refusal(() => new RailsWebApp("web", { image: "x:1", ...args }))).toContain(reason);
    });
});
