import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchPage, freePort } from "./network.ts";
import { Programs } from "./programs.ts";

/** The database.yml that `rails new --database=postgresql` writes for Rails 8, with Solid Cache, Queue and Cable. */
const DATABASE_YML = `
default: &default
  adapter: postgresql
  encoding: unicode
  pool: 5
production:
  primary: &primary_production
    <<: *default
    database: orchard_production
    username: orchard
    password: <%= ENV["ORCHARD_DATABASE_PASSWORD"] %>
  cache:
    <<: *primary_production
    database: orchard_production_cache
    migrations_paths: db/cache_migrate
  queue:
    <<: *primary_production
    database: orchard_production_queue
    migrations_paths: db/queue_migrate
  cable:
    <<: *primary_production
    database: orchard_production_cable
    migrations_paths: db/cable_migrate
`;

const TABLES = { cache: "solid_cache_entries", queue: "solid_queue_jobs", cable: "solid_cable_messages" };

describe("the databases of a PostgresService", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => programs.dispose());

    const container = "drydock-orchard-db";
    const sql = (statement: string, database = "orchard_production") =>
        programs.shell(`docker exec ${container} psql -U admin -d '${database}' -Atc "${statement}"`);
    const startedAt = (name: string) =>
        programs.shell(`docker inspect --format '{{.Id}} {{.State.StartedAt}}' ${name}`);

    test("serve Solid Queue, Cache and Cable on a server that has data, with a role that may create none", async () => {
        const app = join(clone.dir, "apps/orchard");
        cpSync(join(clone.dir, "apps/sample"), app, { recursive: true });
        writeFileSync(join(app, "config/database.yml"), DATABASE_YML);
        for (const [name, table] of Object.entries(TABLES))
            writeFileSync(
                join(app, `db/${name}_schema.rb`),
                `ActiveRecord::Schema[7.1].define(version: 1) do\n  create_table "${table}" do |t|\n    t.string "key"\n  end\nend\n`,
            );
        const port = await freePort();
        const program = (databases: string, rails = "", settings = "{}") => `
            const db = new drydock.PostgresService("db", {
                database: "postgres", username: "admin", settings: ${settings}, databases: { ${databases} },
            });
            ${rails}
            return {};`;
        const role = 'username: "orchard"';
        const four = `primary: { name: "orchard_production", ${role} },
            cache: { name: "orchard_production_cache", ${role} },
            queue: { name: "orchard_production_queue", ${role} },
            cable: { name: "orchard_production_cable", ${role} },
            tests: { name: "Orchard-Test", username: "Orchard-Test", createDatabases: true },`;
        const rails = `
            const { primary, cache, queue, cable } = db.connections;
            new drydock.RailsWebApp("orchard", {
                build: { context: "apps/orchard" },
                database: primary, databases: { cache, queue, cable },
                publish: { port: ${port} },
            });
            new drydock.Task("tests", {
                image: "postgres:17",
                command: ["psql", "--command", 'CREATE DATABASE "Orchard-Test-1"'],
                env: { PGHOST: db.connections.tests.host, PGUSER: db.connections.tests.username,
                       PGPASSWORD: db.connections.tests.password, PGDATABASE: db.connections.tests.database },
                links: { tests: db.connections.tests },
            });`;

        expect(await programs.up("orchard", program(""))).toSucceed();
        sql("CREATE TABLE kept AS SELECT 'apples' AS what", "postgres");
        const server = startedAt(container);

        const first = await programs.up("orchard", program(four, rails));
        expect(first).toSucceed();
        expect(startedAt(container)).toBe(server);
        expect(sql("SELECT what FROM kept", "postgres")).toBe("apples");
        expect(await fetchPage(`http://127.0.0.1:${port}/up`)).toContain("green");
        for (const [name, table] of Object.entries(TABLES))
            expect(sql(`SELECT count(*) FROM ${table}`, `orchard_production_${name}`)).toBe("0");
        expect(sql("SELECT count(*) FROM users")).toMatch(/^\d+$/);
        expect(
            sql(
                "SELECT rolname, rolcreatedb, rolsuper FROM pg_roles WHERE rolname ILIKE 'orchard%' ORDER BY 1",
            ),
        ).toBe("Orchard-Test|t|f\norchard|f|f");
        expect(sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'Orchard-Test-1'")).toBe(
            "Orchard-Test",
        );
        expect(programs.shell(`docker logs ${container} 2>&1`)).not.toMatch(/ALTER ROLE/);

        const again = await programs.up("orchard", program(four, rails));
        expect(again.output).toMatch(/Resources:\n +\d+ unchanged\n/);

        // A new container of the server: what uses the databases keeps running.
        const web = startedAt("drydock-orchard-orchard");
        const logged = '{ log_statement: "all" }';
        const replaced = await programs.up("orchard", program(four, rails, logged));
        expect(replaced).toSucceed();
        expect(startedAt(container)).not.toBe(server);
        expect(startedAt("drydock-orchard-orchard")).toBe(web);
        expect(replaced.output).not.toContain("orchard-migration");
        expect(programs.shell(`docker logs ${container} 2>&1`)).not.toMatch(/ALTER ROLE/);

        // Without the tests, and their Task.
        const fewer = four.replace(/tests: .*\n?/, "");
        programs.write("orchard", program(fewer, rails.replace(/new drydock\.Task[^]*/, ""), logged));
        const { code, output } = await clone.run("make up STACK=orchard");
        expect(output).toContain(
            "The database Orchard-Test of db is no longer used. It stays on the server with its data. " +
                "To delete it: `drydock psql --stack orchard --component db -c 'DROP DATABASE \"Orchard-Test\"'`",
        );
        expect({ code, output }).toSucceed();
        expect(sql("SELECT current_database()", "Orchard-Test")).toBe("Orchard-Test");
    });
});
