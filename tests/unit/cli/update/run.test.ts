import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ExitCode } from "../../../../cli/exit-codes.ts";
import { runOperation } from "../../../../cli/update/run.ts";
import { Sandbox } from "../../sandbox.ts";

describe("an operation of Pulumi", () => {
    const sandbox = new Sandbox();
    const { PATH = "" } = process.env;
    let output = "";
    beforeEach(() => {
        process.env.PATH = [join(sandbox.dir, "bin"), PATH].join(delimiter);
        sandbox.write("calls", "");
        output = "";
        jest.spyOn(process.stderr, "write").mockImplementation((text) => {
            output += String(text);
            return true;
        });
    });
    afterEach(() => {
        process.env.PATH = PATH;
        jest.restoreAllMocks();
    });
    afterAll(() => {
        sandbox.dispose();
    });

    const run = (wait: boolean) => runOperation({ title: "The update", stack: "live", wait }, ["up"]);
    const calls = () => readFileSync(join(sandbox.dir, "calls"), "utf8").split("\n").filter(Boolean);

    test("does not ask, and shows no outputs", async () => {
        sandbox.program("pulumi", "");
        await run(false);
        expect(calls()).toEqual([
            "pulumi up --yes --skip-preview --suppress-outputs --stack live --color never",
        ]);
    });

    test("fails after Pulumi has said why", async () => {
        sandbox.program("pulumi", "echo 'error: no network' >&2; exit 255");
        await expect(run(true)).rejects.toMatchObject({ message: "The update failed" });
        expect(output).toContain("error: no network");
    });

    test("says what to do about a wrong passphrase", async () => {
        sandbox.program(
            "pulumi",
            "echo 'error: get stack secrets manager: incorrect passphrase' >&2; exit 255",
        );
        await expect(run(true)).rejects.toMatchObject({
            remedy: expect.stringContaining("PULUMI_CONFIG_PASSPHRASE") as string,
        });
    });

    const LOCKED = "echo 'error: the stack is currently locked by 1 lock(s)' >&2; exit 255";

    test("fails beside another update, and names the stack whose lock to release", async () => {
        sandbox.program("pulumi", LOCKED);
        await expect(run(false)).rejects.toMatchObject({
            message: "Another update of the stack is running",
            remedy: expect.stringContaining("drydock pulumi cancel --stack live") as string,
        });
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
        "does not start any more after %s while it waits for another update",
        async (signal) => {
            sandbox.program("pulumi", LOCKED);
            const waiting = run(true);
            const ended = expect(waiting).rejects.toMatchObject({ exitCode: ExitCode.Interrupted });
            while (!output.includes("Waiting until")) await new Promise((tick) => setTimeout(tick, 5));
            process.emit(signal, signal);
            await ended;
            expect(calls()).toHaveLength(1);
        },
    );

    test("that is terminated ends once Pulumi has", async () => {
        sandbox.program(
            "pulumi",
            "trap 'echo stopped >&2; exit 255' INT; echo started >&2; while :; do sleep 0.05; done",
        );
        const ended = expect(run(false)).rejects.toMatchObject({ exitCode: ExitCode.Interrupted });
        while (!output.includes("started")) await new Promise((tick) => setTimeout(tick, 5));
        process.emit("SIGTERM", "SIGTERM");
        await ended;
        expect(output).toContain("stopped");
    });

    test("that Ctrl-C interrupts during its progress ends with exit code 130", async () => {
        const event = JSON.stringify({ stdoutEvent: { message: "^C received; cancelling." } });
        sandbox.program("pulumi", `shift $(($# - 1)); echo '${event}' >"$1"; exit 255`);
        const terminals = [process.stdin, process.stderr];
        const before = terminals.map(({ isTTY }) => isTTY);
        for (const terminal of terminals) terminal.isTTY = true;
        try {
            await expect(run(false)).rejects.toMatchObject({ exitCode: ExitCode.Interrupted });
        } finally {
            terminals.forEach((terminal, i) => (terminal.isTTY = before[i] ?? false));
        }
    });
});
