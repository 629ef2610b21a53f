import { Environment } from "./environment.ts";
import { fetchPage } from "./network.ts";
import { soakTest } from "./soak-test.ts";
import { waitUntil } from "./wait.ts";

const COUNT_USERS = "SELECT count(*) FROM users";

describe("the data of an environment", () => {
    const environment = new Environment("data");
    const { clone } = environment;
    /** Adds an argument to the database in the program, until `environment.restore()`. */
    const addDatabaseArgument = (argument: string) => {
        clone.edit(
            "stacks/sample.ts",
            'new PostgresService("db", {',
            `new PostgresService("db", { ${argument},`,
        );
    };
    const containerId = (component: string) =>
        clone.shell(`docker inspect --format '{{.Id}}' ${environment.container(component)}`);

    beforeAll(() => environment.prepare());
    afterAll(() => environment.dispose());

    test("is not half initialised after a first start that was killed, or whose init script failed", async () => {
        addDatabaseArgument('initScripts: { "00.sql": "CREATE TABLE half (); SELECT pg_sleep(3600)" }');
        const up = clone.start(`make up STACK=${environment.stack}`);
        const log = () => clone.shell(`docker logs ${environment.container("db")} 2>&1 || true`);
        await waitUntil("the init script runs", () => log().includes("00.sql"));
        up.kill();
        expect((await up.ended).output).toContain("Service db creating");
        environment.restore();

        addDatabaseArgument('initScripts: { "00.sql": "CREATE TABLE half (); SELECT no_such" }');
        const { code, output } = await environment.make("up");
        environment.restore();
        expect(output).toContain('column "no_such" does not exist');
        expect({ code, output }).toFail();

        // The application waits for the slow database.
        addDatabaseArgument('initScripts: { "00.sql": "SELECT pg_sleep(6)" }');
        await environment.up();
        environment.restore();
        expect(await fetchPage(environment.url)).toContain("Sample App");
        expect(Number(environment.sql(COUNT_USERS))).toBeGreaterThan(0);
        expect(environment.sql("SELECT to_regclass('half') IS NULL")).toBe("t");
    });

    // tests/soak kills updates at random moments.
    test("stays when a migration fails and when an update is killed, and the next update completes", async () => {
        environment.sql("CREATE TABLE kept AS SELECT 'cargo' AS what");
        const now = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
        const migration = `apps/sample/db/migrate/${now}_fail.rb`;
        clone.shell(
            `echo 'class Fail < ActiveRecord::Migration[7.2]; def change = raise("no such harbour"); end' > ${migration}`,
        );
        const before = containerId("sample");
        const { code, output } = await environment.make("up");
        expect(output).toContain("no such harbour");
        expect({ code, output }).toFail();
        expect(containerId("sample")).toBe(before);
        expect(await fetchPage(environment.url)).toContain("Sample App");

        environment.restore();

        clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from");
        const up = clone.start(`make up STACK=${environment.stack}`);
        await up.waitForOutput("Container sample");
        up.kill();
        expect((await up.ended).output).not.toContain("Resources:");
        environment.restore();

        await environment.up();
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    soakTest(
        "stays when the password is replaced, which reaches database and application in one update",
        async () => {
            const urn = environment
                .resources()
                .find((resource) => resource.urn.endsWith("::db-password"))?.urn;
            const old = environment.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'");
            const { code, output } = await environment.pulumi(
                `up --yes --skip-preview --replace '${urn ?? ""}'`,
            );
            expect({ code, output }).toSucceed();
            expect(environment.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")).not.toBe(old);
            expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
            expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
        },
    );

    test("stays when the database is replaced, without replacing what links to it", async () => {
        const applications = () => ["sample", "sample-worker"].map(containerId);
        const [db, before] = [containerId("db"), applications()];
        addDatabaseArgument('sharedMemory: "64m"');
        await environment.up();
        environment.restore();
        expect(containerId("db")).not.toBe(db);
        expect(applications()).toEqual(before);
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
    });

    soakTest("stays when another database is declared, which is created and migrated", async () => {
        addDatabaseArgument('database: "harbour"');
        await environment.up();
        environment.restore();
        const psql = `docker exec ${environment.container("db")} psql --username app --tuples-only harbour`;
        expect(Number(clone.shell(`${psql} --command "${COUNT_USERS}"`))).toBeGreaterThan(0);
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    soakTest("stays when all containers are killed and started again", async () => {
        const containers = ["sample", "sample-worker", "db", "cache"].map((name) =>
            environment.container(name),
        );
        clone.shell(`docker kill ${containers.join(" ")}`);
        const { code, output } = await environment.pulumi("up --yes --skip-preview --refresh");
        expect({ code, output }).toSucceed();
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
    });

    test("stays when the server has another major version, which is refused with the remedy", async () => {
        const volume = environment.volume("db");
        const version = (text: string) => {
            clone.shell(
                `docker run --rm --volume ${volume}:/data debian:trixie-slim sh -c 'echo ${text} > /data/PG_VERSION'`,
            );
        };
        version("16");
        clone.shell(`docker rm --force ${environment.container("db")}`);
        const { code, output } = await environment.pulumi("up --yes --skip-preview --refresh");
        expect(output).toContain("The data was written by PostgreSQL 16, and PostgreSQL 17 cannot read it");
        expect(output).toContain("Set version back to 16");
        expect({ code, output }).toFail();

        version("17");
        await environment.up();
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    soakTest("stays in its volume while another volume is declared", async () => {
        const other = `drydock-test-other-${process.pid}`;
        const volumes = () => clone.shell("docker volume ls --quiet").split("\n");
        clone.shell(`docker volume create ${other}`);
        addDatabaseArgument(`volume: "${other}"`);
        await environment.up();
        environment.restore();
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
        expect(environment.sql("SELECT to_regclass('kept') IS NULL")).toBe("t");

        await environment.up();
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");

        expect((await environment.make("down")).output).toContain(
            `Removed the volume ${environment.volume("db")} with its data.`,
        );
        expect(volumes()).not.toContain(environment.volume("db"));
        expect(volumes()).toContain(other);
        clone.shell(`docker volume rm ${other}`);
    });
});
