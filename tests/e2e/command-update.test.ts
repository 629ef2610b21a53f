import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "./application.ts";
import { inTerminal, pressCtrlC, type } from "./terminal.ts";

const BASE = `
    import { PostgresService } from "pulumi-drydock";
    const db = new PostgresService("db");
    export const connection = db.connection;`;

/** The Pulumi project of an application's repository, with the packed library. */
describe("in a repository of an application, drydock", () => {
    const name = `shop${process.pid}`;
    const repository = new Application(name);
    const { clone, directory: application } = repository;
    const infra = join(application, "infra");
    const inApplication = (command: string) =>
        `. ./env; unset PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE; cd ${application} && ${command}`;
    const bin = "node infra/node_modules/pulumi-drydock/dist/cli/bin.js";
    const drydock = (line: string) => inApplication(`${bin} ${line}`);
    const containers = () =>
        clone
            .shell(`docker ps --all --filter label=drydock.project=${name} --format '{{.Names}}'`)
            .split("\n")
            .filter(Boolean)
            .sort();
    const psql = (statement: string) =>
        clone.shell(`docker exec ${name}-dev-db psql --username app --tuples-only --command '${statement}'`);
    const program = (text: string) => {
        writeFileSync(join(infra, "index.ts"), text);
    };

    beforeAll(() => {
        writeFileSync(join(infra, "package.json"), JSON.stringify({ name, private: true }));
        writeFileSync(join(infra, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
        const compilerOptions = {
            target: "es2022",
            module: "commonjs",
            moduleResolution: "node",
            noCheck: true,
        };
        writeFileSync(join(infra, "tsconfig.json"), JSON.stringify({ compilerOptions }));
        program(BASE);
    });
    afterAll(async () => {
        await clone.run(drydock("down --confirm dev"));
        await repository.dispose();
    });

    // tests/soak kills updates at random moments.
    test("up repairs what a kill left, and shows what runs", async () => {
        const killed = clone.start(drydock("up"));
        await killed.waitForOutput("db-data creat");
        killed.kill();
        expect((await killed.ended).output).toContain("db-data creat");
        const { code, output } = await clone.run(drydock("up"));
        expect({ code, output }).toSucceed();
        expect(output).toContain("An update was killed. Releasing its lock");
        expect(output).toMatch(/^db +server +healthy +postgres:17 /m);
        expect(containers()).toEqual([`${name}-dev-db`]);
    });

    test("up restores a state file that a kill has emptied", async () => {
        psql("create table survivor ();");
        writeFileSync(join(infra, `.drydock/state/.pulumi/stacks/${name}/dev.json`), "");
        const status = await clone.run(drydock("status"));
        expect(status).toExitWith(1);
        expect(status.output).toContain("`drydock up` restores it");
        const { code, output } = await clone.run(drydock("up"));
        expect({ code, output }).toSucceed();
        expect(output).toContain("Restoring the previous state");
        expect(containers()).toEqual([`${name}-dev-db`]);
        expect(psql("\\dt")).toContain("survivor");
        psql("drop table survivor;");
    });

    test("up that is interrupted on a terminal ends with exit code 130", async () => {
        // With a terminal that it can draw on, Pulumi reads the key itself.
        const up = inTerminal(`TERM=xterm ${bin} up --stack stopped --yes`, pressCtrlC("creating"));
        const { code, output } = await clone.run(inApplication(up));
        expect({ code, output }).toExitWith(130);
        expect(output).toContain("The update was interrupted");
        expect(output).toContain("restored");
        expect(await clone.run(drydock("down --stack stopped --confirm stopped"))).toSucceed();
    });

    test("preview names what is at risk, and up refuses it where the stack is not for development", async () => {
        program('import { RedisService } from "pulumi-drydock"; new RedisService("cache");');
        const preview = await clone.run(drydock("preview"));
        expect(preview.output).toMatch(/Data at risk\n +db: volume db-data is deleted/);
        expect(preview).toSucceed();
        const config = join(infra, "Pulumi.dev.yaml");
        const settings = readFileSync(config, "utf8");
        program(BASE);
        const ask = await clone.run(drydock("up --stack live"));
        expect(ask.output).toContain("The stack live is not for development");
        expect(ask).toExitWith(2);
        expect(await clone.run(drydock("up --stack live --yes"))).toSucceed();
        program('import { RedisService } from "pulumi-drydock"; new RedisService("cache");');
        const refused = await clone.run(drydock("up --stack live --yes"));
        expect(refused.output).toContain("--accept-data-loss db");
        expect(refused).toExitWith(3);
        expect(containers()).toContain(`${name}-live-db`);
        const declined = await clone.run(
            inApplication(
                inTerminal(`${bin} up --stack live --accept-data-loss db`, type("n", "Update live")),
            ),
        );
        expect(declined.output).toMatch(/Data at risk.*Update live\?.*The update was not run/s);
        expect(containers()).toContain(`${name}-live-db`);
        const accepted = await clone.run(drydock("up --stack live --accept-data-loss db --yes"));
        expect(accepted).toSucceed();
        expect(containers()).not.toContain(`${name}-live-db`);
        program(BASE);
        expect(await clone.run(drydock("down --stack live --confirm live"))).toSucceed();
        expect(readFileSync(config, "utf8")).toBe(settings);
    });

    test("secrets lists, sets and imports what the program requires, on a stack that does not exist yet", async () => {
        const pem = "-----BEGIN PRIVATE KEY-----\nhunter2==\n-----END PRIVATE KEY-----";
        writeFileSync(join(application, ".env"), `SAML_KEY="${pem}"\nSTRIPE_KEY=hunter2\nOTHER=hunter2\n`);
        program(`
            import * as pulumi from "@pulumi/pulumi";
            import { RedisService, WebApp } from "pulumi-drydock";
            const password = new pulumi.Config().requireSecret("cachePassword");
            const cache = new RedisService("cache", { password });
            new WebApp("web", { image: "redis:8", secrets: ["SAML_KEY", "STRIPE_KEY"], links: { cache: cache.connection } });`);
        const files = () => readdirSync(infra).sort();
        const before = files();
        const list = await clone.run(drydock("secrets list --stack fresh --json 2>/dev/null"));
        expect(JSON.parse(list.output)).toMatchObject({
            secrets: ["SAML_KEY", "STRIPE_KEY", "cachePassword"].map((secret) => ({
                name: secret,
                state: "missing",
                required: true,
            })),
        });
        expect(files()).toEqual(before);

        const imported = await clone.run(drydock("secrets import --file .env --stack fresh"));
        expect(imported).toSucceed();
        expect(imported.output).toContain("Set SAML_KEY, STRIPE_KEY in the stack fresh.");
        expect(imported.output).toContain("Skipped (the program does not require them): OTHER");
        expect(imported.output).toContain("Still missing: cachePassword");
        const set = await clone.run(drydock("secrets set cachePassword --stack fresh <<<hunter2"));
        expect(set).toSucceed();
        expect(imported.output + set.output).not.toContain("hunter2");
        const state = `PULUMI_CONFIG_PASSPHRASE=drydock-dev PULUMI_BACKEND_URL='file://${infra}/.drydock/state'`;
        const value = (secret: string) =>
            clone.shell(inApplication(`cd infra && ${state} pulumi config get ${secret} --stack fresh`));
        expect(value("SAML_KEY")).toBe(`${pem}\n`);
        expect(value("cachePassword")).toBe("hunter2\n");
        program(BASE);
    });

    test("down asks for the stack's name, removes nothing if data is protected, and keeps data with --keep-data", async () => {
        psql("create table kept (); ");
        const refused = await clone.run(drydock("down --yes"));
        expect(refused.output).toMatch(new RegExp(`^${name}.dev.db +volume +db +\\d+ MiB +deleted$`, "m"));
        expect(refused).toExitWith(3);

        program(BASE.replace('("db")', '("db", { protectData: true })'));
        expect(await clone.run(drydock("up"))).toSucceed();
        const protectedData = await clone.run(drydock("down --confirm dev"));
        expect(protectedData.output).toContain("because these resources are protected: db-data\n");
        expect(protectedData).toExitWith(3);
        expect(containers()).toEqual([`${name}-dev-db`]);
        expect(await clone.run(drydock("down --keep-data"))).toSucceed();
        expect(containers()).toEqual([]);
        program(BASE);
        expect(await clone.run(drydock("up"))).toSucceed();
        expect(psql("\\dt")).toContain("kept");
        expect(await clone.run(drydock("down --confirm dev"))).toSucceed();
        expect(clone.shell(`docker volume ls --quiet --filter name=${name}`)).toBe("");
    });
});
