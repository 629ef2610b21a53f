import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { Programs } from "../e2e/programs.ts";
import { createNote, notes } from "../e2e/rails-new/notes.ts";

const DATABASES = `{
    cache: { name: "orchard_production_cache" },
    queue: { name: "orchard_production_queue" },
    cable: { name: "orchard_production_cable" },
}`;

const build = (database: string) =>
    `build: { context: "tests/e2e/rails-new", args: { DATABASE: "${database}" } }, publish: {}`;

/** Programs by the name of their stack, which has the application as `orchard`. */
const PROGRAMS = {
    newsqlite: `
        const { url } = new drydock.RailsWebApp("orchard", { ${build("sqlite")}, storage: {} });
        return { url };`,
    newpostgres: `
        const db = new drydock.PostgresService("db", {
            database: "orchard_production",
            username: "orchard",
            databases: ${DATABASES},
        });
        const { cache, queue, cable } = db.connections;
        const { url } = new drydock.RailsWebApp("orchard", {
            ${build("postgres")},
            database: db.connection,
            databases: { cache, queue, cable },
        });
        return { url };`,
};

describe.each(Object.entries(PROGRAMS))("an application of rails new on %s", (stack, program) => {
    const programs = new Programs();
    afterAll(() => programs.dispose());

    const update = async () => {
        const { code, output } = await programs.up(stack, program);
        if (code !== 0) throw new Error(output);
        return output;
    };
    const url = () => programs.shell(`. ./env; pulumi stack output url --stack ${stack}`);
    test("comes up as it is, with its further databases", async () => {
        await update();
        await createNote(url(), "Plant the pear tree");
        const runner = `docker exec drydock-${stack}-orchard bin/rails runner`;
        const tables = `%w[cache queue cable].map { |name|
            ActiveRecord::Base.establish_connection(name.to_sym).lease_connection.table_exists?("#{name}_entries") }`;
        expect(programs.shell(`${runner} 'p(${tables})'`)).toBe("[true, true, true]");
    });

    test("keeps its data when nothing changes, and when the code does", async () => {
        expect(await update()).not.toMatch(/[+~-] \d+ (created|updated|replaced|deleted)|changes/);
        appendFileSync(join(programs.clone.dir, "tests/e2e/rails-new/Dockerfile"), "LABEL changed=1\n");
        await update();
        expect(await notes(url())).toContain("Plant the pear tree");
    });

    test("leaves nothing after destroy", async () => {
        const { code, output } = await programs.clone.run(
            `. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`,
        );
        expect({ code, output }).toSucceed();
        const filter = `--quiet --filter label=drydock.stack=${stack}`;
        const left = `docker ps --all ${filter}; docker volume ls ${filter}; docker network ls ${filter}`;
        expect(programs.shell(left)).toBe("");
    });
});
