import { execFileSync } from "node:child_process";
import { CACHE, clientCommand, DATABASE } from "../../../cli/databases.ts";
import type { DeclaredProcess } from "../../../cli/inventory.ts";
import { Sandbox } from "../sandbox.ts";

const container = (type: string, image: string) => ({
    process: { component: "db", type, image } as DeclaredProcess,
    stack: { option: " --stack dev" },
});

test.each([
    ["PostgresService", "registry.example.com/team/own:1", true, false],
    ["RedisService", "own", false, true],
    ["Service", "postgis/postgis:17-3.5", true, false],
    ["Service", "registry.example.com:5000/mariadb:11", true, false],
    ["Service", "valkey/valkey:8", false, true],
    ["Service", "opensearchproject/opensearch:2", false, false],
    ["RailsWebApp", "shop/redis-app:1", false, false],
])("a %s with the image %s is a database: %s, and a Redis: %s", (type, image, isDatabase, isCache) => {
    expect(DATABASE.matches({ type, image })).toBe(isDatabase);
    expect(CACHE.matches({ type, image })).toBe(isCache);
});

test("a service that is not a database is refused", () => {
    expect(() => clientCommand(container("Service", "nginx:1"), [])).toThrow(
        expect.objectContaining({
            message: "db runs nginx:1, which is not a database that Drydock knows",
            remedy: "Run its own program: `drydock run --stack dev --component db <program>`.",
        }) as Error,
    );
});

describe("the client of a database", () => {
    const sandbox = new Sandbox();
    afterAll(() => {
        sandbox.dispose();
    });
    beforeAll(() => {
        for (const name of ["psql", "mysql", "redis-cli"])
            sandbox.program(name, `echo "${name}:$@"; echo "$PGPASSWORD$MYSQL_PWD$REDISCLI_AUTH"`);
    });

    const run = (command: string[], env: Record<string, string>) => {
        const [program = "", ...args] = command;
        const { PATH = "" } = process.env;
        const options = { encoding: "utf8", env: { ...env, PATH: `${sandbox.dir}/bin:${PATH}` } } as const;
        return execFileSync(program, args, options).trim().split("\n");
    };

    test("is psql, with the login in its environment", () => {
        const env = { POSTGRES_USER: "app", POSTGRES_DB: "shop", POSTGRES_PASSWORD: "secret" };
        expect(run(clientCommand(container("PostgresService", ""), ["-c", "select 1"]), env)).toEqual([
            "psql:--username app --dbname shop -c select 1",
            "secret",
        ]);
        expect(run(clientCommand(container("PostgresService", ""), ["-l"], "other"), env)).toEqual([
            "psql:--username app --dbname other -l",
            "secret",
        ]);
    });

    test("is mysql, as the user of the database, or as root", () => {
        const command = clientCommand(container("Service", "mysql:8"), ["-e", "select 1"]);
        const user = { MYSQL_USER: "app", MYSQL_PASSWORD: "one", MYSQL_ROOT_PASSWORD: "two" };
        expect(run(command, { ...user, MYSQL_DATABASE: "shop" })).toEqual([
            "mysql:--host=127.0.0.1 --user=app shop -e select 1",
            "one",
        ]);
        expect(run(command, { MYSQL_ROOT_PASSWORD: "two" })).toEqual([
            "mysql:--host=127.0.0.1 --user=root -e select 1",
            "two",
        ]);
    });

    test("is redis-cli, with or without a password", () => {
        const command = clientCommand(container("RedisService", "redis:8"), ["ping"]);
        expect(run(command, {})).toEqual(["redis-cli:ping"]);
        expect(run(command, { REDIS_PASSWORD: "secret" })).toEqual(["redis-cli:ping", "secret"]);
    });
});
