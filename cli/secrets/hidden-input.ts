/** Reads a secret from this process's standard input. */
import { on } from "node:events";
import * as readline from "node:readline";
import { text } from "node:stream/consumers";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { isOpenPem } from "./pem.ts";

/** Makes a terminal mark what is pasted, so that the line breaks of a paste do not end the input. */
const BRACKETED_PASTE = { on: "\x1b[?2004h", off: "\x1b[?2004l" };

/** All of standard input, without the line break at its end. */
export async function readPiped(): Promise<string> {
    return withoutLastBreak(await text(process.stdin));
}

/** What files and commands end with. */
function withoutLastBreak(value: string): string {
    return value.replace(/\r?\n$/, "");
}

/**
 * Asks for a secret on the terminal without showing it. Enter ends it, and a paste may have several lines.
 *
 * @throws CommandError with exit code 130 on Ctrl-C
 */
export async function askForSecret(question: string): Promise<string> {
    const { stdin, stderr } = process;
    const input = new HiddenInput();
    stderr.write(`${question} (hidden): ${BRACKETED_PASTE.on}`);
    readline.emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    const keys = on(stdin, "keypress") as AsyncIterable<[string | undefined, readline.Key]>;
    stdin.resume();
    try {
        for await (const [character, key] of keys) {
            const end = input.press(character, key);
            if (end === "interrupt") throw new CommandError("Interrupted", undefined, ExitCode.Interrupted);
            if (end === "enter") break;
        }
    } finally {
        stdin.setRawMode(false);
        stdin.pause();
        stderr.write(`${BRACKETED_PASTE.off}\n`);
    }
    return withoutLastBreak(input.value);
}

/** What has been typed and pasted. */
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
        // A terminal that does not mark a paste.
        else if (name === "return" && isOpenPem(this.value)) this.value += "\n";
        else if (name === "return" || name === "enter" || (ctrl && name === "d")) return "enter";
        else if (ctrl && name === "u") this.value = "";
        else if (name === "backspace") this.value = this.value.slice(0, -1);
        else if (!ctrl && !meta && character !== undefined) this.value += character;
        return undefined;
    }
}
