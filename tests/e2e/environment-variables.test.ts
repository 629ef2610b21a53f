import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, fetchPage } from "./network.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

const DATABASE_YML = `
production:
  adapter: postgresql
  host: <%= ENV.fetch("DB_HOST") %>
  port: <%= ENV.fetch("DB_PORT") %>
  username: <%= ENV.fetch("DB_USER") %>
  password: <%= ENV.fetch("DB_PASS") %>
  database: <%= ENV.fetch("DB_NAME") %>
`;
const PEM = "-----BEGIN PRIVATE KEY-----\nMIIE 'quoted' $HOME\nvQ==\n-----END PRIVATE KEY-----";

describe("environment variables of an application", () => {
    const programs = new Programs();
    const directory = programs.clone.dir;
    const names = { depot: "drydock-variables-depot", cache: "drydock-variables-cache" };
    let port = 0;

    beforeAll(async () => {
        port = await freePort();
        // An application that reads separate variables, and no DATABASE_URL.
        cpSync(join(directory, "apps/sample"), join(directory, "apps/depot"), { recursive: true });
        writeFileSync(join(directory, "apps/depot/config/database.yml"), DATABASE_YML);
        writeFileSync(join(directory, "saml.pem"), PEM);
    });
    afterAll(() => programs.dispose());

    const program = (volume: string) => `
        const db = new drydock.PostgresService("db", { username: "depot", database: "depot_live", volume: "${volume}" });
        const cache = new drydock.RedisService("cache", {
            settings: { save: "900 1", appendonly: "no", maxmemory: "200mb" },
        });
        const depot = new drydock.RailsWebApp("depot", {
            build: { context: "apps/depot" },
            database: db.connection,
            redis: cache.connection,
            variables: {
                database: { host: "DB_HOST", port: "DB_PORT", username: "DB_USER", password: "DB_PASS", name: "DB_NAME" },
                redis: { database: "2" },
            },
            secrets: ["SAML_KEY", "STRIPE_KEY"],
            publish: { port: ${port} },
        });
        const dump = new drydock.Task("dump", {
            image: "postgres:17",
            command: ["psql", "--no-align", "--tuples-only", "--command", "SELECT count(*), current_user FROM users"],
            links: { database: db.connection },
            linkStyle: drydock.LinkStyle.Libpq,
        }, { dependsOn: depot });
        return { counted: dump.stdout };`;
    const variablesOf = (container: string) =>
        programs.shell(`docker exec ${container} env --null`).split("\0");

    test("from the configuration are all named if they are missing, before anything is created", async () => {
        const { code, output } = await programs.up(
            "variables",
            program("depot-1"),
            {},
            "--skip-preview=false",
        );
        expect({ code, output }).toFail();
        expect(output).toContain("does not have SAML_KEY, STRIPE_KEY");
        const commands = output.match(/pulumi config set --secret .*/g) ?? [];
        expect(commands).toHaveLength(2);
        const created = "docker ps --all --quiet --filter label=drydock.stack=variables";
        expect(programs.shell(created)).toBe("");

        programs.shell(`. ./env; ${commands[0] ?? ""} < saml.pem; echo sk_live_1 | ${commands[1] ?? ""}`);
    });

    test("are those that it reads, with the values of its services", async () => {
        const { code, output } = await programs.up("variables", program("depot-1"));
        expect({ code, output }).toSucceed();
        expect(await fetchPage(`http://127.0.0.1:${port}/users`)).toContain("Ada Lovelace");
        const variables = variablesOf(names.depot);
        expect(variables).toEqual(
            expect.arrayContaining([
                "DB_HOST=drydock-variables-db",
                "DB_PORT=5432",
                "DB_USER=depot",
                "DB_NAME=depot_live",
                `SAML_KEY=${PEM}`,
                "STRIPE_KEY=sk_live_1",
                expect.stringMatching(/^DB_PASS=\w{32}$/),
                expect.stringMatching(/^REDIS_URL=redis:\/\/default:\w+@drydock-variables-cache:6379\/2$/),
            ]),
        );
        expect(variables.join("\n")).not.toContain("DATABASE_URL");
        expect(programs.shell("cat .drydock/state/.pulumi/stacks/*/variables.json")).not.toMatch(
            /sk_live_1|MIIE 'quoted'/,
        );

        const counted = programs.shell(
            ". ./env; pulumi stack output counted --show-secrets --stack variables",
        );
        expect(counted).toMatch(/^[1-9]\d*\|depot$/);
        const url = variables
            .find((variable) => variable.startsWith("REDIS_URL="))
            ?.slice("REDIS_URL=".length);
        const { password } = new URL(url ?? "");
        const redis = (command: string) =>
            programs.shell(
                `docker exec --env REDISCLI_AUTH=${password} ${names.cache} redis-cli -n 2 ${command}`,
            );
        expect(redis("CONFIG GET save")).toBe("save\n900 1");
        expect(await fetchPage(`http://127.0.0.1:${port}/`)).toContain("<html");
        expect(Number(redis("DBSIZE"))).toBeGreaterThan(0);
        const words = programs.shell(
            `docker inspect --format '{{json .Config.Cmd}}{{json .Args}}' ${names.cache}`,
        );
        expect(words).not.toContain(password);
    });

    soakTest("stay as they are, and the migration runs again on another volume", async () => {
        const unchanged = await programs.clone.run(
            ". ./env; pulumi preview --expect-no-changes --color=never --stack variables",
        );
        expect(unchanged).toSucceed();

        const { code, output } = await programs.up("variables", program("depot-2"));
        expect({ code, output }).toSucceed();
        expect(await fetchPage(`http://127.0.0.1:${port}/users`)).toContain("Ada Lovelace");
    });
});
