import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completions, completionScript, SHELLS } from "../../../cli/completion.ts";
import { createProgram, main } from "../../../cli/main.ts";

let written: { out: string; err: string };
beforeEach(() => {
    written = { out: "", err: "" };
    jest.spyOn(process.stdout, "write").mockImplementation((text) => {
        written.out += String(text);
        return true;
    });
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
        written.err += String(text);
        return true;
    });
});
afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
});

describe("drydock", () => {
    test("prints its version and its help with exit code 0", async () => {
        expect(await main(["--version"])).toBe(0);
        expect(written.out).toMatch(/^\d+\.\d+\.\d+\n$/);
        expect(await main(["help", "logs"])).toBe(0);
        expect(written.out).toContain("--follow");
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
    ])("%j is a wrong use, exit code 2", async (args, message) => {
        expect(await main(args)).toBe(2);
        expect(written.err).toContain(message);
    });

    test("names the verb of this command only for a verb of another one", async () => {
        await main(["nope"]);
        await main(["status", "--bad"]);
        expect(written.err).not.toContain("Here,");
    });

    test("outside of a project says what to do, exit code 2", async () => {
        const directory = mkdtempSync(join(tmpdir(), "drydock-nothing-"));
        jest.spyOn(process, "cwd").mockReturnValue(directory);
        expect(await main(["status"])).toBe(2);
        expect(written.err).toContain(`✗ There is no Pulumi project in ${directory}`);
        expect(written.err).toContain("npx pulumi-drydock init");
        rmSync(directory, { recursive: true });
    });

    test("names a file that is no YAML", async () => {
        const directory = mkdtempSync(join(tmpdir(), "drydock-broken-"));
        writeFileSync(join(directory, "Pulumi.yaml"), "name: [");
        jest.spyOn(process, "cwd").mockReturnValue(directory);
        expect(await main(["status"])).toBe(1);
        expect(written.err).toContain(`✗ ${directory}/Pulumi.yaml cannot be read: `);
        rmSync(directory, { recursive: true });
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
        [
            ["status", "--stack", ""],
            ["dev", "prod"],
        ],
        [["status", "--w"], ["--watch"]],
        [["run", ""], []],
    ])("of %j is %j", async (words, expected) => {
        const found = await completions(createProgram(), words, names);
        expect(found).toEqual(expected);
    });

    test.each(SHELLS)("has a script for %s", (shell) => {
        expect(completionScript(shell)).toContain("drydock complete --");
    });
});
