import { PassThrough } from "node:stream";
import * as readline from "node:readline";
import { setImmediate } from "node:timers/promises";
import { askForSecrets, HiddenInput } from "../../../../cli/secrets/hidden-input.ts";

/** Types into a terminal, and returns what was read and how it ended. */
async function type(keys: string): Promise<{ value: string; end?: string }> {
    const terminal = new PassThrough();
    const input = new HiddenInput();
    let end: string | undefined;
    readline.emitKeypressEvents(terminal);
    terminal.on("keypress", (character: string | undefined, key: readline.Key) => {
        end ??= input.press(character, key);
    });
    terminal.write(keys);
    await setImmediate();
    return { value: input.value, ...(end !== undefined && { end }) };
}

const PEM = ["-----BEGIN PRIVATE KEY-----", "AB==", "-----END PRIVATE KEY-----"];

describe("a hidden input", () => {
    test.each([
        ["abc\r", "abc", "enter"],
        ["abx\x7fc d\r", "abc d", "enter"],
        ["no\x15yes\r", "yes", "enter"],
        ["é€\r", "é€", "enter"],
        ["a\x1b[Db\r", "ab", "enter"],
        ["abc\x03", "abc", "interrupt"],
        ["abc", "abc", undefined],
    ])("of %j is %j", async (keys, value, end) => {
        expect(await type(keys)).toEqual({ value, ...(end !== undefined && { end }) });
    });

    test("takes all lines of a paste", async () => {
        expect(await type("\x1b[200~a=1\rb\tc\r\x1b[201~\r")).toEqual({ value: "a=1\nb\tc\n", end: "enter" });
    });

    test("takes all lines of a PEM, where the terminal does not mark a paste", async () => {
        expect(await type(`${PEM.join("\r")}\r`)).toEqual({ value: PEM.join("\n"), end: "enter" });
    });
});

describe("secrets of a terminal", () => {
    const { stdin } = process;
    const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: jest.fn() });
    let shown = "";
    beforeEach(() => {
        Object.defineProperty(process, "stdin", { value: terminal, configurable: true });
        jest.spyOn(process.stderr, "write").mockImplementation((text) => {
            shown += String(text);
            return true;
        });
    });
    afterEach(() => {
        Object.defineProperty(process, "stdin", { value: stdin, configurable: true });
        jest.restoreAllMocks();
    });
    const read = async (names: string[]) => {
        const values: Record<string, string> = {};
        for await (const [name, value] of askForSecrets(names)) values[name] = value;
        return values;
    };

    test("keep keys that are pressed before their question", async () => {
        const values = read(["A", "B", "C"]);
        terminal.write("one\rtwo\rthree\r");
        expect(await values).toEqual({ A: "one", B: "two", C: "three" });
        expect(shown).toMatch(/A \(hidden\).*B \(hidden\).*C \(hidden\)/s);
        expect(shown).not.toContain("two");
        expect(terminal.setRawMode).toHaveBeenLastCalledWith(false);
        expect(terminal.listenerCount("keypress")).toBe(0);
    });

    test("end with exit code 130 on Ctrl-C", async () => {
        const values = expect(read(["A", "B"])).rejects.toMatchObject({ exitCode: 130 });
        terminal.write("one\r\x03");
        await values;
        expect(terminal.setRawMode).toHaveBeenLastCalledWith(false);
    });
});
