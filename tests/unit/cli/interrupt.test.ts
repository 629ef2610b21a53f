import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { main } from "../../../cli/main.ts";
import { runScript } from "../../../cli/verbs/cluster.ts";

let directory: string;
beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-interrupt-"));
});
afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
    rmSync(directory, { recursive: true });
});

test("Ctrl-C at a question of init ends with exit code 130", async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const { stdin } = process;
    Object.defineProperty(process, "stdin", { value: input, configurable: true });
    const terminals = [process.stdout, process.stderr];
    const wereTerminals = terminals.map(({ isTTY }) => isTTY);
    for (const terminal of terminals) terminal.isTTY = true;
    let err = "";
    jest.spyOn(process.stdout, "write").mockReturnValue(true);
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
        err += String(text);
        if (err.includes("Change infra/")) input.write("\x03");
        return true;
    });
    writeFileSync(join(directory, "Gemfile"), 'gem "rails", "~> 8.0.1"\ngem "sqlite3"\n');
    mkdirSync(join(directory, "infra"));
    writeFileSync(join(directory, "infra/index.ts"), "// another program\n");
    try {
        expect(await main(["init", directory])).toBe(130);
    } finally {
        Object.defineProperty(process, "stdin", { value: stdin, configurable: true });
        terminals.forEach((terminal, i) => (terminal.isTTY = wereTerminals[i] ?? false));
    }
    expect(err).toContain(" Interrupted\n");
});

describe("a script of the local cluster", () => {
    const script = (content: string) => {
        const file = join(directory, "script.sh");
        writeFileSync(file, `#!/bin/sh\n${content}\n`);
        chmodSync(file, 0o755);
        return file;
    };

    test.each([
        ["true", 0],
        ["exit 3", 1],
    ])("that runs %s ends with exit code %i", async (content, code) => {
        expect(await runScript(script(content))).toBe(code);
    });

    test("that Ctrl-C interrupts ends with exit code 130", async () => {
        const started = join(directory, "started");
        const ended = runScript(script(`touch ${started}; sleep 0.2`));
        while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 10));
        process.emit("SIGINT");
        expect(await ended).toBe(130);
    });
});
