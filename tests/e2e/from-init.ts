import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Application } from "./application.ts";
import { passwordsIn } from "./environment.ts";
import { freePort } from "./network.ts";
import { createNote, notes } from "./rails-new/notes.ts";

const FIXTURE = join(import.meta.dirname, "rails-new");

const lockFile = (...gems: string[]) => `GEM
  remote: https://rubygems.org/
  specs:
${gems.map((gem) => `    ${gem}\n`).join("")}
PLATFORMS
  ruby

DEPENDENCIES
${gems.map((gem) => `  ${gem.replace(/ .*/, "")}\n`).join("")}`;

interface Case {
    gem: string;
    /** Rows of the status besides the application's. */
    servers: string[];
    /** Counts the notes in dbconsole. */
    count: (application: Application) => Promise<{ code: number | null; output: string }>;
    /** What a branch removes from the program, and the component whose data that loses. */
    lost: [RegExp, string];
}

const CASES: Record<"sqlite" | "postgres", Case> = {
    sqlite: {
        gem: "sqlite3 (2.6.0)",
        servers: [],
        count: (application) => application.drydock("dbconsole <<<'select count(*) from notes;'"),
        lost: [/ *storage: .*\n/, "web"],
    },
    postgres: {
        gem: "pg (1.5.9)",
        servers: ["db"],
        count: (application) =>
            application.drydock("dbconsole --tuples-only -c 'select count(*) from notes'"),
        lost: [/PostgresService\("db"/, "db"],
    },
};

/** From an application's repository without any of Drydock to a page and nothing. */
export function describeApplication(database: "sqlite" | "postgres"): void {
    const { gem, servers, count, lost } = CASES[database];
    describe(`an application of rails new on ${database}`, () => {
        const name = `orchard${database}${process.pid}`;
        const application = new Application(name);
        const outputs: string[] = [];
        const drydock = async (line: string) => {
            const result = await application.drydock(line);
            outputs.push(result.output);
            return result;
        };
        const inRepository = (command: string) =>
            application.shell(`cd ${application.directory} && ${command}`);
        const commit = (message: string, paths = ".") =>
            inRepository(
                `git add --all -- ${paths} && git -c user.name=t -c user.email=t@t commit --quiet --message ${message}`,
            );
        let url = "";

        beforeAll(() => {
            for (const file of readdirSync(FIXTURE).filter((each) => !each.endsWith(".ts")))
                cpSync(join(FIXTURE, file), join(application.directory, file));
            const dockerfile = application.read("Dockerfile");
            application.write("Dockerfile", dockerfile.replace("DATABASE=sqlite", `DATABASE=${database}`));
            application.write("config/database.yml", application.read(`database.${database}.yml`));
            application.write("Gemfile.lock", lockFile("puma (6.6.0)", "rails (7.2.2.2)", gem));
            inRepository("git init --quiet --initial-branch main");
            commit("application", ". ':!infra'");
        });
        afterAll(async () => {
            await drydock("down --confirm dev");
            await application.dispose();
        });

        test("comes up from what init writes, without an edit", async () => {
            const init = await drydock("init --yes");
            expect(init).toSucceed();
            // Other tests may run beside this one.
            application.shell(
                `cd ${application.directory}/infra && sed -i 's/default: 3000/default: ${await freePort()}/' Pulumi.yaml`,
            );
            const { code, output } = await drydock("up");
            expect({ code, output }).toSucceed();
            for (const server of servers)
                expect(output).toMatch(new RegExp(`^${server} +server +healthy`, "m"));
            url = (await drydock("open --url")).output.trim();
            await createNote(url, "Plant the pear tree");
            expect(await notes(url)).toContain("Plant the pear tree");
        });

        test("runs programs and the database's console, with its further databases", async () => {
            const tables = `%w[cache queue cable].map { |name|
                ActiveRecord::Base.establish_connection(name.to_sym).lease_connection.table_exists?("#{name}_entries") }`;
            expect(await drydock(`run bin/rails runner 'p Note.count * 42, ${tables}'`)).toEqual({
                code: 0,
                output: "42\n[true, true, true]\n",
            });
            const counted = await count(application);
            outputs.push(counted.output);
            expect(counted.output.trim()).toBe("1");
        });

        test("a branch that loses data is reported with exit code 3", async () => {
            // Packages are shared with a checkout that has the same lock file.
            application.write("infra/package-lock.json", "{}");
            commit("infra");
            const program = application.read("infra/index.ts");
            const [part, component] = lost;
            expect(program).toMatch(part);
            application.write(
                "infra/index.ts",
                program.replace(part, database === "sqlite" ? "" : 'PostgresService("other"'),
            );
            const { code, output } = await drydock("pr --base main");
            expect({ code, output }).toExitWith(3);
            expect(output).toMatch(new RegExp(`^> - \\*\\*${component}\\*\\*: volume `, "m"));
            application.write("infra/index.ts", program);
            expect(await notes(url)).toContain("Plant the pear tree");
        });

        test("down leaves nothing, and no verb has printed a password", async () => {
            const infra = join(application.directory, "infra");
            const env = `export PULUMI_BACKEND_URL=file://${infra}/.drydock/state; . ./env`;
            const passwords = passwordsIn(
                application.shell(`${env}; cd ${infra} && pulumi stack export --stack dev --show-secrets`),
            );
            expect(passwords.length).toBeGreaterThan(0);
            expect(await drydock("down --confirm dev")).toSucceed();
            const filter = `--quiet --filter label=drydock.project=${name}`;
            const left = `docker ps --all ${filter}; docker volume ls ${filter}; docker network ls ${filter}; docker images --quiet '${name}/*'`;
            expect(application.shell(left)).toBe("");
            for (const password of passwords) expect(outputs.join("")).not.toContain(password);
        });
    });
}
