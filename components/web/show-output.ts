/**
 * Runs a command and shows its output: `node show-output.ts docker start --attach 1d`. Writes all output to standard
 * error as it arrives. If the command succeeds, also writes the command's standard output to standard output.
 *
 * A task logs only standard error. Breaks long lines and replaces invalid UTF-8: when the official command provider logs
 * a line of 64 KiB or more, the update hangs, and output that is not UTF-8 fails the update (pulumi/pulumi-command,
 * LogOutput in util.go and BaseOutputs).
 */
import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";

/** Maximum length of a line in UTF-16 code units, which take up to three bytes each. */
const MAX_LINE = 16_000;

// Ignores signals: the child receives them too, and decides when to exit.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const [file = "", ...args] = process.argv.slice(2);
const child = spawn(file, args, { stdio: ["inherit", "pipe", "pipe"] });

const output: string[] = [];
let column = 0;

/** Writes a chunk of output to standard error, and breaks long lines. */
function show(chunk: string): void {
    process.stderr.write(chunk.replace(/\n|[^\n]+/g, breakLine));
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

function follow(stream: NodeJS.ReadableStream, onChunk: (chunk: string) => void): void {
    // Replaces invalid UTF-8.
    const decoder = new StringDecoder("utf8");
    stream.on("data", (bytes: Buffer) => {
        onChunk(decoder.write(bytes));
    });
    stream.on("end", () => {
        onChunk(decoder.end());
    });
}

follow(child.stdout, (chunk) => {
    output.push(chunk);
    show(chunk);
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
