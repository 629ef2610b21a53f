/**
 * Runs a command and shows its output: `node show-output.ts docker start --attach 1d`. All output goes to standard error as it
 * comes. What the command has written to standard output goes there too, once the command has succeeded.
 *
 * A task logs standard error only: if the official command provider logs a line of 64 KiB or more, the update hangs. If the
 * output is not UTF-8, it fails (pulumi/pulumi-command, LogOutput in util.go and BaseOutputs).
 */
import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";

/** Characters of a line that is shown, of three bytes at most. */
const MAX_LINE = 16_000;

// The child has received the signal too, and decides.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const [file = "", ...args] = process.argv.slice(2);
const child = spawn(file, args, { stdio: ["inherit", "pipe", "pipe"] });

const output: string[] = [];
let column = 0;

/** Shows text with its long lines broken. */
function show(text: string): void {
    process.stderr.write(text.replace(/\n|[^\n]+/g, breakLine));
}

function breakLine(part: string): string {
    if (part === "\n") {
        column = 0;
        return part;
    }
    const lines: string[] = [];
    let rest = part;
    for (; column + rest.length > MAX_LINE; column = 0) {
        const end = MAX_LINE - column;
        lines.push(`${rest.slice(0, end)}\n`);
        rest = rest.slice(end);
    }
    column += rest.length;
    return [...lines, rest].join("");
}

function follow(stream: NodeJS.ReadableStream, onText: (text: string) => void): void {
    // Replaces what is not UTF-8.
    const decoder = new StringDecoder("utf8");
    stream.on("data", (chunk: Buffer) => {
        onText(decoder.write(chunk));
    });
    stream.on("end", () => {
        onText(decoder.end());
    });
}

follow(child.stdout, (text) => {
    output.push(text);
    show(text);
});
follow(child.stderr, show);
child.on("error", ({ message }) => {
    show(`${message}\n`);
    process.exitCode = 127;
});
child.on("close", (code) => {
    if (code === 0) process.stdout.write(output.join(""));
    process.exitCode ??= code ?? 1;
});
