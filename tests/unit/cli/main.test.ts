import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completions, completionScript, SHELLS } from "../../../cli/completion.ts";
import { createProgram } from "../../../cli/main.ts";
import { runMain } from "./run-main.ts";

const drydock = (...args: string[]) => runMain(process.cwd(), args);

describe("drydock", () => {
    test("prints its version and its help with exit code 0", async () => {
        const version = await drydock("--version");
        expect(version.code).toBe(0);
        expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
        const help = await drydock("help", "logs");
        expect(help.code).toBe(0);
        expect(help.out).toContain("--follow");
    });

    test.each([
        [["nope"], "unknown command 'nope'"],
        [["exec", "ls"], "Did you mean `drydock run`?"],
        [["deploy"], "Did you mean `drydock up`?"],
        [["status", "--bad"], "unknown option '--bad'"],
        [["status", "extra"], "too many arguments"],
        [["preview", "--diff", "--json"], "cannot be used with option '--json'"],
        [["logs", "--tail", "x"], "Use a number"],
        [["logs", "--since", "x"], "x is not a time"],
        [["run"], "missing required argument 'command'"],
        [["restart"], "missing required argument 'components'"],
        [["rotate"], "missing required argument 'components'"],
        [["secrets", "set"], "missing required argument 'names'"],
        [["secrets", "set", "KEY=hunter2"], "Argument 1 contains a value"],
        [["secrets", "set", "A", "sk/live"], "Argument 2 is not the name of a secret"],
        [["secrets", "import", ".env/production"], "--file"],
        [["secrets", "import", "A", "--all"], "--all cannot be combined with names"],
        [["server", "setup"], "missing required argument 'user@host'"],
        [["server", "setup", "deploy@-x"], "deploy@-x does not name a machine"],
        [["server", "check", "shop", "--ports", "0"], "Use ports from 1 to 65535"],
        [["cluster", "sideways"], "unknown command 'sideways'"],
        [["completion", "tcsh"], "Allowed choices are bash, zsh, fish"],
    ])("refuses %j with exit code 2", async (args, message) => {
        const { code, err } = await drydock(...args);
        expect(err).toContain(message);
        expect(code).toBe(2);
    });

    test.each([[["sideways"]], [["status", "--bad"]]])("suggests no verb for %j", async (args) => {
        expect((await drydock(...args)).err).not.toContain("Did you mean");
    });

    test("says what to do outside of a project, with exit code 2", async () => {
        const directory = mkdtempSync(join(tmpdir(), "drydock-nothing-"));
        const { code, err } = await runMain(directory, ["status"]);
        rmSync(directory, { recursive: true });
        expect(err).toContain(`✗ There is no Pulumi project in ${directory}`);
        expect(err).toContain("npx pulumi-drydock init");
        expect(code).toBe(2);
    });

    test("names a file that is not YAML", async () => {
        const directory = mkdtempSync(join(tmpdir(), "drydock-broken-"));
        writeFileSync(join(directory, "Pulumi.yaml"), "name: [");
        const { code, err } = await runMain(directory, ["status"]);
        rmSync(directory, { recursive: true });
        expect(err).toContain(`✗ ${directory}/Pulumi.yaml cannot be read: `);
        expect(code).toBe(1);
    });
});

describe("a verb that runs a program", () => {
    const parsed = (...args: string[]) => {
        const program = createProgram();
        let result: unknown;
        for (const command of program.commands)
            command.action((words: unknown, options: unknown) => {
                result = { words, options };
            });
        program.parse(args, { from: "user" });
        return result;
    };

    test.each([
        [["run", "bin/rails", "db:migrate", "--trace"], ["bin/rails", "db:migrate", "--trace"], {}],
        [["run", "--component", "db", "df", "-h"], ["df", "-h"], { component: "db" }],
        [["run", "--stack", "prod", "ls", "--stack", "x"], ["ls", "--stack", "x"], { stack: "prod" }],
        [["console", "--sandbox"], ["--sandbox"], {}],
        [["psql", "-c", "select 1"], ["-c", "select 1"], {}],
        [["dbconsole", "--database", "queue", "-l"], ["-l"], { database: "queue" }],
        [["redis-cli", "--stack", "prod", "-n", "2", "ping"], ["-n", "2", "ping"], { stack: "prod" }],
        [["redis-cli", "--url"], [], { url: true }],
    ])("%j passes on %j", (args, words, options) => {
        expect(parsed(...args)).toEqual({ words, options });
    });
});

describe("completion", () => {
    const names = {
        components: () => Promise.resolve(["db", "shop", "shop/worker"]),
        stacks: () => Promise.resolve(["dev", "prod"]),
    };

    test.each([
        [["st"], ["status"]],
        [["ps"], ["psql"]],
        [["com"], ["completion"]],
        [["rotate", "d"], ["db"]],
        [
            ["secrets", ""],
            ["list", "set", "import", "help"],
        ],
        [["secrets", "import", "--k"], ["--kamal"]],
        [
            ["server", ""],
            ["setup", "check", "help"],
        ],
        [["server", "setup", "shop", "--st"], ["--stack"]],
        [
            ["logs", "shop"],
            ["shop", "shop/worker"],
        ],
        [
            ["restart", ""],
            ["db", "shop", "shop/worker"],
        ],
        [["run", "--component", "d"], ["db"]],
        [["up", "--accept-data-loss", "d"], ["db"]],
        [["pr", "--accept-data-loss", ""], ["comment"]],
        [
            ["maintenance", "on", "s"],
            ["shop", "shop/worker"],
        ],
        [
            ["status", "--stack", ""],
            ["dev", "prod"],
        ],
        [["status", "--w"], ["--watch"]],
        [["run", ""], []],
    ])("of %j offers %j", async (words, expected) => {
        const found = await completions(createProgram(), words, names);
        expect(found).toEqual(expected);
    });

    test.each(SHELLS)("has a script for %s", (shell) => {
        expect(completionScript(shell)).toContain("drydock complete --");
    });
});
