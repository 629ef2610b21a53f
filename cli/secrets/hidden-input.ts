/** Reads a secret from this process's standard input. */
import { on } from "node:events";
import * as readline from "node:readline";
import { text } from "node:stream/consumers";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { isOpenPem } from "./pem.ts";

/** Makes a terminal mark pasted text, so that its line breaks do not end the input. */
const BRACKETED_PASTE = { on: "\x1b[?2004h", off: "\x1b[?2004l" };

type Keypress = [character: string | undefined, key: readline.Key];

/** All of standard input, without the line break at its end. */
export async function readPiped(): Promise<string> {
    return withoutLastBreak(await text(process.stdin));
}

/** Files and the output of commands end with a line break, which is not part of the value. */
function withoutLastBreak(value: string): string {
    return value.replace(/\r?\n$/, "");
}

/**
 * Asks for secrets on the terminal, one after the other, without showing them. Enter ends each, but a paste may have several
 * lines. Keys pressed before the next question appears belong to its answer.
 *
 * @throws CommandError with exit code 130 on Ctrl-C
 */
export async function* askForSecrets(names: string[]): AsyncGenerator<[name: string, value: string]> {
    const { stdin, stderr } = process;
    readline.emitKeypressEvents(stdin);
    const keys = on(stdin, "keypress") as AsyncIterableIterator<Keypress, undefined>;
    stdin.setRawMode(true);
    stdin.resume();
    try {
        for (const name of names) {
            stderr.write(`${name} (hidden): ${BRACKETED_PASTE.on}`);
            const value = await readSecret(keys);
            stderr.write(`${BRACKETED_PASTE.off}\n`);
            yield [name, withoutLastBreak(value)];
        }
    } finally {
        await keys.return?.();
        stdin.setRawMode(false);
        stdin.pause();
    }
}

async function readSecret(keys: AsyncIterator<Keypress, undefined>): Promise<string> {
    const input = new HiddenInput();
    for (;;) {
        const key = await keys.next();
        if (key.done) return input.value;
        const end = input.press(...key.value);
        if (end === "enter") return input.value;
        if (end === "interrupt") {
            process.stderr.write(`${BRACKETED_PASTE.off}\n`);
            throw new CommandError("Interrupted", undefined, ExitCode.Interrupted);
        }
    }
}

/** The input so far, typed and pasted. */
export class HiddenInput {
    value = "";
    #isPaste = false;

    /** @returns how this key ends the input. Undefined if it does not */
    press(
        character: string | undefined,
        { name, ctrl, meta }: readline.Key,
    ): "enter" | "interrupt" | undefined {
        if (name === "paste-start" || name === "paste-end") this.#isPaste = name === "paste-start";
        else if (this.#isPaste) this.value += character === "\r" ? "\n" : (character ?? "");
        else if (ctrl && name === "c") return "interrupt";
        // The terminal does not mark a paste.
        else if (name === "return" && isOpenPem(this.value)) this.value += "\n";
        else if (name === "return" || name === "enter" || (ctrl && name === "d")) return "enter";
        else if (ctrl && name === "u") this.value = "";
        else if (name === "backspace") this.value = this.value.slice(0, -1);
        else if (!ctrl && !meta && character !== undefined) this.value += character;
        return undefined;
    }
}
