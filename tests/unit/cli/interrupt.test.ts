import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { main } from "../../../cli/main.ts";

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
