import * as pulumi from "@pulumi/pulumi";
import * as drydock from "../../../components/index.ts";
import { CONTAINER, refusal, run } from "../../../testing/index.ts";

/** Creates a component as a JavaScript program does. */
function create(component: string, args: object): void {
    const components: Record<string, unknown> = { ...drydock };
    new (components[component] as new (name: string, args: object) => pulumi.ComponentResource)("it", args);
}

test.each<[component: string, args: object]>([
    ["PostgresService", {}],
    ["RailsWebApp", { image: "x:1" }],
    ["RedisService", {}],
    ["Service", { image: "x:1" }],
    ["Task", { image: "x:1", command: ["true"] }],
    ["Volume", {}],
    ["WebApp", { image: "x:1" }],
])("a %s refuses an argument that it does not have", async (component, args) => {
    expect(
        await refusal(() => {
            create(component, { ...args, colour: 1 });
        }),
    ).toMatch(/^colour: unknown argument; remove it, or use one of .*, /);
});

test.each<[component: string, args: object, reason: string]>([
    ["RailsWebApp", { procesess: {} }, "procesess: unknown argument; did you mean processes?"],
    ["RailsWebApp", { environment: {} }, "environment: unknown argument; did you mean env?"],
    ["RailsWebApp", { masterkey: "x" }, "masterkey: unknown argument; did you mean masterKey?"],
    [
        "WebApp",
        { processes: { worker: { command: ["w"], memroy: "1g" } } },
        "processes.worker.memroy: unknown argument; did you mean memory?",
    ],
    [
        "WebApp",
        { processes: { worker: { command: ["w"], links: {} } } },
        "processes.worker.links: unknown argument; links is an argument of the component itself",
    ],
    [
        "Service",
        { mounts: [{ path: "/a", volum: "x" }] },
        "mounts[0].volum: unknown argument; did you mean volume?",
    ],
    [
        "Service",
        { data: { path: "/a", mode: "0644" } },
        "data.mode: unknown argument; remove it, or use one of path, volume, hostPath, protectData",
    ],
    ["Task", { variables: { db: { hots: "H" } } }, "variables.db.hots: unknown argument; did you mean host?"],
    [
        "RailsWebApp",
        { database: { scheme: "postgres", host: "h", port: 1, usernme: "u" } },
        "database.usernme: unknown argument; did you mean username?",
    ],
    [
        "WebApp",
        { links: { db: { scheme: "postgres", host: "h", port: 1, usernme: "u" } } },
        "links.db.usernme: unknown argument; did you mean username?",
    ],
    [
        "PostgresService",
        { databases: { queue: { nam: "q" } } },
        "databases.queue.nam: unknown argument; did you mean name?",
    ],
    [
        "PostgresService",
        { health: { intervall: 1 } },
        "health.intervall: unknown argument; did you mean interval?",
    ],
])("a %s with %j names the argument that was meant", async (component, args, reason) => {
    expect(
        await refusal(() => {
            create(component, { image: "x:1", command: ["true"], ...args });
        }),
    ).toBe(reason);
});

test("accepts names of the user's choice, undefined arguments and Outputs", async () => {
    const app = await run(
        () => {
            create("RailsWebApp", {
                image: "x:1",
                procesess: undefined,
                database: pulumi.output({ scheme: "postgres", host: "h", port: 1, later: true }),
                env: { memroy: pulumi.output("x") },
                labels: { colour: "red" },
                processes: { memroy: { command: ["w"], env: { colour: "red" } } },
            });
            return undefined;
        },
        { preview: "first" },
    );
    expect(app.names(CONTAINER)).toEqual(["it", "it-memroy"]);
});
