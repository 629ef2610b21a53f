import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Environment } from "./environment.ts";
import { fetchPage } from "./network.ts";

const users = "SELECT count(*) FROM users";

describe("data and order", () => {
    const environment = new Environment("data");
    const { clone } = environment;
    /** Gives the database a further argument, until it is restored. */
    const declare = (argument: string) => {
        clone.edit(
            "stacks/sample.ts",
            'new PostgresService("db", {',
            `new PostgresService("db", { ${argument},`,
        );
    };
    beforeAll(() => environment.prepare());
    afterAll(() => environment.dispose());

    test("a first start of Postgres that is killed, or whose script fails, is none: the next begins again", async () => {
        declare('initScripts: { "00.sql": "CREATE TABLE half (); SELECT pg_sleep(60)" }');
        const up = clone.start(`make up STACK=${environment.stack}`);
        const said = () => clone.shell(`docker logs ${environment.container("db")} 2>&1 || true`);
        const end = Date.now() + 120_000;
        while (!said().includes("00.sql") && Date.now() < end) await sleep(500);
        up.kill();
        expect((await up.ended).output).toContain("Service db creating");
        expect(said()).toContain("00.sql");
        environment.restore();

        declare('initScripts: { "00.sql": "CREATE TABLE half (); SELECT no_such" }');
        const { code, output } = await environment.make("up");
        environment.restore();
        expect(output).toContain('column "no_such" does not exist');
        expect(code).not.toBe(0);
    });

    test("a Postgres that is slow to start is waited for", async () => {
        declare('initScripts: { "00-slow.sql": "SELECT pg_sleep(6)" }');
        await environment.up();
        environment.restore();
        expect(await fetchPage(environment.url)).toContain("Sample App");
        expect(Number(environment.sql(users))).toBeGreaterThan(0);
        expect(environment.sql("SELECT to_regclass('half') IS NULL")).toBe("t");
    });

    test("a failing migration shows what it said, and the old version goes on; after a fix up completes", async () => {
        const now = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
        const migration = `apps/sample/db/migrate/${now}_fail.rb`;
        clone.shell(
            `echo 'class Fail < ActiveRecord::Migration[7.2]; def change = raise("no such harbour"); end' > ${migration}`,
        );
        const before = clone.shell(`docker inspect --format '{{.Id}}' ${environment.container("sample")}`);
        const { code, output } = await environment.make("up");
        expect(output).toContain("no such harbour");
        expect(code).not.toBe(0);
        expect(clone.shell(`docker inspect --format '{{.Id}}' ${environment.container("sample")}`)).toBe(
            before,
        );
        expect(await fetchPage(environment.url)).toContain("Sample App");

        const again = await environment.make("up");
        expect(again.output).toContain("no such harbour");
        environment.restore();
        await environment.up();
    });

    test("ten updates killed at random moments lose nothing, and the next completes", async () => {
        environment.sql("CREATE TABLE kept AS SELECT 'cargo' AS what");
        for (let round = 1; round <= 10; round++) {
            clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", `Welcome ${round} to`);
            const up = clone.start(`make up STACK=${environment.stack}`);
            await sleep(500 + Math.random() * 9000);
            up.kill();
            await up.ended;
            environment.restore();
        }
        await environment.up();
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    test("a rotated password reaches database and application in one update, and the data stays", async () => {
        const urn = environment.resources().find((resource) => resource.urn.endsWith("::db-password"))?.urn;
        const old = environment.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'");
        const { code } = await environment.pulumi(`up --yes --skip-preview --replace '${urn ?? ""}'`);
        expect(code).toBe(0);
        expect(environment.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")).not.toBe(old);
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    test("a database that is replaced leaves in its place what links to it", async () => {
        declare('sharedMemory: "64m"');
        const { output } = await environment.pulumi("preview");
        expect(output).toMatch(/db.*replace/);
        expect(output).not.toMatch(/sample(-worker)? .*(replace|delete)/);
        await environment.up();
        environment.restore();
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
        await environment.up();
    });

    test("a database of another name is made and migrated, and the one before stays", async () => {
        declare('database: "harbour"');
        await environment.up();
        environment.restore();
        const psql = `docker exec ${environment.container("db")} psql --username app --tuples-only harbour`;
        expect(Number(clone.shell(`${psql} --command "${users}"`))).toBeGreaterThan(0);
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
        await environment.up();
    });

    test("containers that are all stopped at once come up again with their data", async () => {
        const containers = ["sample", "sample-worker", "db", "cache"].map((name) =>
            environment.container(name),
        );
        clone.shell(`docker kill ${containers.join(" ")}`);
        const { code } = await environment.pulumi("up --yes --skip-preview --refresh");
        expect(code).toBe(0);
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
    });

    test("a state that a killed update has put aside, and not yet written anew, is taken up", async () => {
        const { stack } = environment;
        const folder = `${clone.dir}/.drydock/state/.pulumi`;
        const lock = { pid: 999_999_999, username: "me", hostname: hostname(), timestamp: new Date() };
        clone.shell(`mv ${folder}/stacks/drydock/${stack}.json ${folder}/stacks/drydock/${stack}.json.bak`);
        clone.shell(`mkdir -p ${folder}/locks/organization/drydock/${stack}`);
        clone.shell(`echo '${JSON.stringify(lock)}' > ${folder}/locks/organization/drydock/${stack}/1.json`);
        // What Pulumi has not written whole beside it, either.
        clone.shell(`: > ${folder}/stacks/drydock/${stack}.json.attrs`);
        const output = await environment.up();
        expect(output).toContain("Restoring the previous state");
        expect(output).toContain(
            `removing what keeps its state from being read, stacks/drydock/${stack}.json.attrs`,
        );
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    test("data of another major version is refused with the way out, and stays", async () => {
        const volume = environment.volume("db");
        const version = (text: string) => {
            clone.shell(
                `docker run --rm --volume ${volume}:/data debian:trixie-slim sh -c 'echo ${text} > /data/PG_VERSION'`,
            );
        };
        version("16");
        clone.shell(`docker rm --force ${environment.container("db")}`);
        const { code, output } = await environment.pulumi("up --yes --skip-preview --refresh");
        expect(output).toContain("The data is PostgreSQL 16's, and this is PostgreSQL 17");
        expect(output).toContain("Set version back to 16");
        expect(code).not.toBe(0);

        version("17");
        await environment.up();
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");
    });

    test("a volume of another name is another database; the one before stays, and is back with its name", async () => {
        const other = `drydock-test-other-${process.pid}`;
        const volumes = () => clone.shell("docker volume ls --quiet").split("\n");
        clone.shell(`docker volume create ${other}`);
        declare(`volume: "${other}"`);
        await environment.up();
        environment.restore();
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
        expect(environment.sql("SELECT to_regclass('kept') IS NULL")).toBe("t");

        await environment.up();
        expect(environment.sql("SELECT what FROM kept")).toBe("cargo");

        expect((await environment.make("down")).output).toContain(
            `The volume ${environment.volume("db")} is removed, with its data.`,
        );
        expect(volumes()).not.toContain(environment.volume("db"));
        expect(volumes()).toContain(other);
        clone.shell(`docker volume rm ${other}`);
    });
});
