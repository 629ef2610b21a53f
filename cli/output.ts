/** What the command prints: tables, JSON, and colors on a terminal. Results go to stdout, progress and errors to stderr. */
import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";

/** A stream of the process. Node leaves `isTTY` out if it is not a terminal. */
type Stream = Pick<NodeJS.WriteStream, "write"> & { isTTY?: boolean };

/** Colors for a stream: none if it is not a terminal, or if NO_COLOR is set (https://no-color.org). */
export function colorsFor(stream: Pick<Stream, "isTTY">, env: NodeJS.ProcessEnv = process.env) {
    const { NO_COLOR = "", TERM } = env;
    return pc.createColors(stream.isTTY === true && NO_COLOR === "" && TERM !== "dumb");
}

export type Colors = ReturnType<typeof colorsFor>;

/** Formats rows as a table with a header, in columns that are as wide as their content. */
export function formatTable(header: string[], rows: string[][], colors: Colors): string {
    const all = [header.map((title) => colors.dim(title)), ...rows];
    const widths = header.map((_, i) => Math.max(...all.map((row) => visibleLength(row[i] ?? ""))));
    return all
        .map((row) =>
            row
                .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - visibleLength(cell)))
                .join("  ")
                .trimEnd(),
        )
        .join("\n");
}

function visibleLength(text: string): number {
    return stripVTControlCharacters(text).length;
}

/** For `--json`. */
export function printJson(value: unknown): void {
    process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** A step that takes time, on stderr so that it does not mix with results. */
export function progress(sentence: string): void {
    process.stderr.write(`→ ${sentence}\n`);
}

export function warn(sentence: string): void {
    process.stderr.write(`${colorsFor(process.stderr).yellow("!")} ${sentence}\n`);
}

/** For example `512 MiB`. */
export function formatBytes(bytes: number): string {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
    const amount = bytes / 1024 ** power;
    return `${amount < 10 && power > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[power] ?? ""}`;
}

/** For example `3 minutes`, `2 days`. */
export function formatDuration(seconds: number): string {
    const units = [
        [86_400, "day"],
        [3600, "hour"],
        [60, "minute"],
        [1, "second"],
    ] as const;
    const [length, name] = units.find(([length]) => seconds >= length) ?? units[3];
    const amount = Math.max(0, Math.floor(seconds / length));
    return formatCount(amount, name);
}

/** For example `1 network`, `3 networks`. */
export function formatCount(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Shortens the IDs and digests of an image. */
export function shortenDigest(image: string): string {
    return image.replace(/sha256:([0-9a-f]{12})[0-9a-f]+/, "$1");
}
