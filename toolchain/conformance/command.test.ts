import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { byName, nameOf, Stack } from "./stack.ts";

const SECRET = "correct horse battery staple";

/** Reads a file that a command wrote to the project's directory. */
const read = (stack: Stack, file: string) => readFileSync(join(stack.dir, file), "utf8").trim();

describe("a local command", () => {
    const stack = new Stack("command");
    let ids: Record<string, string | undefined>;

    afterAll(() => stack.dispose());

    const program = ({ word = "one", trigger = "a", logged = "first" } = {}) => `
        const log = (words) => "echo " + words + " >> log";
        const full = new command.local.Command("full", {
            create: log("create ${word}") + "; echo 'out ${word}'; echo 'err ${word}' >&2",
            update: log('"update after $PULUMI_COMMAND_STDOUT / $PULUMI_COMMAND_STDERR"') + "; echo 'out ${word}'",
            delete: log('"delete after $PULUMI_COMMAND_STDOUT in $PLACE"'),
            environment: { PLACE: "${trigger}" },
            triggers: ["${trigger}", { nested: [1, true] }],
        });
        const again = new command.local.Command("again", {
            create: 'echo "${word}, not [$PULUMI_COMMAND_STDOUT]"', addPreviousOutputInEnv: false,
        });
        const odd = new command.local.Command("odd", {
            create: "process.stdin.on('data', (text) => console.log(process.cwd() + ' ' + text + process.env.WORD))",
            interpreter: ["node", "-e"], dir: "/usr", stdin: "fed ", environment: { WORD: full.stdout },
        });
        const quiet = new command.local.Command("quiet", {
            create: 'echo "$PASSWORD"; echo shown >&2', logging: "stderr",
            environment: { PASSWORD: pulumi.secret("${SECRET}"), PLAIN: "${logged}" },
        }, { additionalSecretOutputs: ["stdout"] });
        const none = new command.local.Command("none", { delete: "true" });
        return {
            full: full.stdout, err: full.stderr, again: again.stdout, odd: odd.stdout, quiet: quiet.stdout,
            none: none.stdout,
        };`;

    test("runs on create, and its output is shown and part of its outputs", async () => {
        const run = await stack.up(program());
        expect(run).toSucceed();
        expect(run.output).toMatch(/full creating .* out one/);
        expect(run.output).toMatch(/full creating .* err one/);
        expect(run.output).toMatch(/quiet creating .* shown/);
        expect(await stack.outputs()).toEqual({
            full: "out one",
            err: "err one",
            again: "one, not []",
            odd: "/usr fed out one",
            quiet: SECRET,
            none: "",
        });
        // The secret is neither logged nor stored in plain text.
        expect(run.output).not.toContain(SECRET);
        expect(stack.stateFile()).not.toContain(SECRET);

        const state = byName(await stack.state());
        ids = Object.fromEntries(Object.entries(state).map(([name, resource]) => [name, resource?.id]));
        expect(ids.full).toMatch(/^full[0-9a-f]{8}$/);
        expect(Object.keys(state.again?.inputs ?? {}).sort()).toEqual(["addPreviousOutputInEnv", "create"]);
        expect(Object.keys(state.again?.outputs ?? {}).sort()).toEqual(
            ["addPreviousOutputInEnv", "create", "stderr", "stdout"].sort(),
        );
    });

    test("does not run again without a change, even after a refresh", async () => {
        const run = await stack.up(program(), "--refresh", "--expect-no-changes");
        expect(run).toSucceed();
        expect(run.output).toContain("6 unchanged");
        expect(read(stack, "log")).toBe("create one");
    });

    test("runs its update command, or else its create command, when an input changes", async () => {
        const changed = program({ word: "two", logged: "second" });
        const steps = await stack.preview(changed);
        // The preview runs nothing. The environment of "odd" is unknown, as it contains an output of "full".
        expect(read(stack, "log")).toBe("create one");
        const updated = steps.filter(({ op }) => op === "update").map(nameOf);
        expect(updated.sort()).toEqual(["again", "full", "odd", "quiet"]);

        const run = await stack.up(changed);
        expect(run).toSucceed();
        expect(run.output).toContain("4 updated");
        expect(run.output).not.toContain(SECRET);
        expect(read(stack, "log").split("\n").slice(1)).toEqual(["update after out one / err one"]);
        expect(await stack.outputs()).toMatchObject({ full: "out two", err: "", again: "two, not []" });
        expect((await stack.state()).map(({ id }) => id).sort()).toEqual(Object.values(ids).sort());
    });

    test("is replaced when a trigger changes, and deletes with the old inputs", async () => {
        const run = await stack.up(program({ word: "two", trigger: "b", logged: "second" }));
        expect(run).toSucceed();
        expect(run.output).toContain("1 replaced");
        expect(read(stack, "log").split("\n").slice(2)).toEqual(["create two", "delete after out two in a"]);
    });

    test("runs its delete command on destroy", async () => {
        expect(await stack.destroy()).toSucceed();
        expect(read(stack, "log").split("\n").slice(4)).toEqual(["delete after out two in b"]);
        expect(await stack.state()).toEqual([]);
    });
});

describe("a local command that fails", () => {
    const stack = new Stack("command-failure");
    afterAll(() => stack.dispose());

    const waiting = `new command.local.Command("slow", { create: "echo $$ > pid; exec sleep 60", delete: "true" });`;
    const done = `new command.local.Command("slow", { create: "echo done", delete: "true" });`;

    /** Starts an update and returns once its command runs. */
    async function started() {
        rmSync(join(stack.dir, "pid"), { force: true });
        const up = await stack.startUp(waiting);
        while (!existsSync(join(stack.dir, "pid")) || read(stack, "pid") === "") await sleep(50);
        return { ...up, pid: Number(read(stack, "pid")) };
    }

    function isRunning(pid: number): boolean {
        try {
            return process.kill(pid, 0);
        } catch {
            return false;
        }
    }

    test("fails the update with exit status and output, and is not recorded", async () => {
        const run = await stack.up(`
            const good = new command.local.Command("good", { create: "true" });
            new command.local.Command("bad", { create: "echo 'no such table' >&2; exit 7" }, { dependsOn: good });`);
        expect(run).toFail();
        expect(run.output).toMatch(
            /exit status 7: running "echo 'no such table' >&2; exit 7":\s+no such table/,
        );
        expect((await stack.state()).map(nameOf)).toEqual(["good"]);
    });

    test("is refused for an unknown property before anything runs", async () => {
        const run = await stack.up(`
            new pulumi.CustomResource("command:local:Command", "odd", { create: "touch ran", nonsense: 1 }, {
                version: "1.2.1",
            });`);
        expect(run).toFail();
        expect(run.output).toContain("nonsense");
        expect(existsSync(join(stack.dir, "ran"))).toBe(false);
    });

    test("stops on Ctrl-C and is not recorded", async () => {
        const { process, ended, pid } = await started();
        process.kill("SIGINT");
        expect(await ended).toFail();
        expect(isRunning(pid)).toBe(false);
        expect((await stack.state()).map(nameOf)).not.toContain("slow");
    });

    test("is created by the next update if the engine was killed", async () => {
        const { process, ended, pid } = await started();
        process.kill("SIGKILL");
        await ended;
        await stack.pulumi("cancel", "--yes");
        const run = await stack.up(done);
        expect(run).toSucceed();
        expect(run.output).toMatch(/slow created/);
        if (isRunning(pid)) globalThis.process.kill(pid, "SIGKILL");
    });
});
