import * as pulumi from "@pulumi/pulumi";
import { PostgresService, type PostgresServiceArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES } from "../engines/index.ts";

test.each<[string, PostgresServiceArgs, string]>([
    [
        "a version that is none",
        { version: "latest" },
        'version: "latest" is not a version; write it like 17, 17.2 or',
    ],
    [
        "a database's name",
        { database: "my db" },
        'database: "my db" is not a valid name; use up to 63 letters, digits, _, - and .',
    ],
    ["a reserved name", { username: "pg_app" }, 'username: "pg_app" is reserved by PostgreSQL'],
    ["a role for everybody", { username: "public" }, 'username: "public" is reserved by PostgreSQL'],
    ["a user's name", { username: 'a"b' }, 'username: "a\\"b" is not a valid name'],
    [
        "an empty password",
        { password: "" },
        "password: must be a single line that is not empty; leave it out",
    ],
    ["a limit", { memory: "5m" }, 'memory: "5m" is not an amount of memory'],
    ["a size of shared memory", { sharedMemory: "x" }, 'sharedMemory: "x" is not an amount of memory'],
    ["a network's name", { network: "" }, 'network: "" is not a name that Docker allows'],
    [
        "a script that would not run",
        { initScripts: { "x.txt": "" } },
        'initScripts.x.txt: "x.txt" would not run; use a file name that ends in .sql or .sh, without a directory',
    ],
    [
        "a script elsewhere",
        { initScripts: { "../x.sql": "" } },
        'initScripts.../x.sql: "../x.sql" would not run',
    ],
    ["a script's dot file", { initScripts: { ".x.sql": "" } }, 'initScripts..x.sql: ".x.sql" would not run'],
    [
        "a script that is none",
        { initScripts: { "x.sql": null as never } },
        "initScripts.x.sql: must be a string, but is null",
    ],
    [
        "a version that is not the image's",
        { image: "postgres:17-alpine", version: "18" },
        'version: "18" is not the version of the image, which is 17; correct it, or leave it out',
    ],
    ["a version as an output", { version: pulumi.output("17") as never }, "version: must be a plain value"],
    [
        "Docker's own network",
        { network: "bridge" },
        'network: "bridge" is one of Docker\'s built-in networks, where containers',
    ],
    [
        "an address to listen on",
        { settings: { listen_addresses: "localhost" } },
        "settings.listen_addresses: Postgres must listen on all addresses",
    ],
    ["another port", { settings: { port: "1" } }, "settings.port: Postgres listens on 5432 in its container"],
    [
        "another directory",
        { settings: { data_directory: "/x" } },
        "settings.data_directory: the image sets it",
    ],
    [
        "a setting of two lines",
        { settings: { a: "1\n2" } },
        'settings.a: "1\\n2" is not a single line of text',
    ],
    [
        "image and build",
        { image: "x", build: { context: "apps/sample" } },
        "image: image and build are both set",
    ],
    ["a time", { health: { timeout: 0 } }, "health.timeout: 0 is not allowed"],
    ["a port", { publish: { port: 0 } }, "publish.port: 0 is not a port"],
    ["a directory", { hostPath: "data" }, 'hostPath: "data" is not an absolute path'],
])("%s is refused, whatever the engine", async (_, args, reason) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new PostgresService("db", { engine, ...args }))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    expect(await refusal(() => new PostgresService("my db"))).toContain(
        'name: "my db" is not a name that Docker allows',
    );
});
