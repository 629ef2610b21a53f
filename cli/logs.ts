/** The logs of several containers, merged by time. */
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./exit-codes.ts";
import { isNotFound } from "./inventory.ts";
import { warn } from "./output.ts";
import { messageOf } from "./project.ts";
import type { PlacedProcess } from "./stack-inventory.ts";
import type { NodeEngines } from "./swarm.ts";
import { within } from "./timeout.ts";

export interface LogLine {
    component: string;
    /** Name of the resource: `shop-worker`. */
    resource: string;
    /** Name of the Swarm node. */
    node?: string;
    /** With nanoseconds: `2026-01-01T00:00:00.000000000Z`. */
    time: string;
    stream: "stdout" | "stderr";
    line: string;
}

export interface LogOptions {
    /** Seconds since 1970, with nanoseconds: `1767225600.000000000`. */
    since?: string;
    /** Number of lines of each container. @default all */
    tail?: number;
}

/** Pause before reopening the log of a stopped container, in milliseconds. */
const RETRY = 1000;

/** How long the nodes of a Swarm may take to send their logs, in seconds. */
const IDLE_TIMEOUT = 10;

/** Parses `10m`, `1h30m` (ago), `2026-01-01T12:00:00Z`. */
export function parseSince(text: string, now: Date): string {
    const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
    if (/^(\d+[smhd])+$/.test(text)) {
        const seconds = [...text.matchAll(/(\d+)([smhd])/g)].reduce(
            (sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units],
            0,
        );
        return (now.getTime() / 1000 - seconds).toFixed(9);
    }
    const date = new Date(text);
    if (/^\d{4}-/.test(text) && !Number.isNaN(date.getTime())) return (date.getTime() / 1000).toFixed(9);
    throw new UsageError(
        `--since: ${text} is not a time`,
        "Use for example 10m, 1h30m or 2026-01-01T12:00:00Z.",
    );
}

/** The time right after that of a line, for `since`. */
export function timeAfter(time: string): string {
    const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
    const nanoseconds = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0")) + 1n;
    return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}`;
}

/** Merges sources, each in the order of its times, reading no further ahead than one line of each. */
export async function* mergeByTime(sources: AsyncIterator<LogLine>[]): AsyncGenerator<LogLine> {
    const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
    for (;;) {
        const open = heads.filter(({ next }) => !next.done);
        const [first] = open.sort((a, b) => compareTimes(a.next.value as LogLine, b.next.value as LogLine));
        if (!first) return;
        yield first.next.value as LogLine;
        first.next = await first.source.next();
    }
}

/** Docker leaves out zeros at the end of the fraction: `.12Z` is later than `.119Z`. */
function compareTimes(a: LogLine, b: LogLine): number {
    const [one, other] = [a.time.replace("Z", ""), b.time.replace("Z", "")];
    return one < other ? -1 : Number(one > other);
}

/** The log of a process until now. On a Swarm, of its replicas on all nodes. */
export async function* readLog(
    process: PlacedProcess,
    nodes: NodeEngines,
    options: LogOptions,
): AsyncGenerator<LogLine> {
    const lines = requestLog(process, nodes, { ...options, follow: false });
    if (!process.isService) {
        yield* lines;
        return;
    }
    // A Swarm sends the lines of each replica in order.
    const all: LogLine[] = [];
    for await (const line of lines) all.push(line);
    yield* all.sort(compareTimes);
}

/**
 * The log of a process from a time on. Continues when its container restarts or is replaced.
 *
 * @param current returns the process, which has another container after an update; undefined if the stack no longer has it
 */
export async function* followLog(
    current: () => Promise<PlacedProcess | undefined>,
    nodes: NodeEngines,
    since: string,
): AsyncGenerator<LogLine> {
    let from = since;
    for (;;) {
        const process = await current();
        if (!process) return;
        try {
            for await (const line of requestLog(process, nodes, { since: from, follow: true })) {
                from = timeAfter(line.time);
                yield line;
            }
        } catch (error) {
            if (!isNotFound(error)) throw error; // It has been replaced in the meantime.
        }
        await sleep(RETRY);
    }
}

async function* requestLog(
    { engine: { docker }, id, isService, component, resource }: PlacedProcess,
    nodes: NodeEngines,
    { since, tail, follow }: LogOptions & { follow: boolean },
): AsyncGenerator<LogLine> {
    const hasTerminal = !isService && (await docker.getContainer(id).inspect()).Config.Tty;
    const stream = await openStream(
        docker.modem as Modem,
        `/${isService ? "services" : "containers"}/${id}/logs?`,
        {
            stdout: true,
            stderr: true,
            timestamps: true,
            follow,
            details: isService,
            ...(since !== undefined && { since }),
            tail: tail ?? "all",
        },
    );
    // A node that hangs would keep back the end of the log.
    const chunks = isService && !follow ? untilIdle(stream, resource) : stream;
    for await (const { stream: name, text } of hasTerminal ? plainLines(chunks) : multiplexedLines(chunks)) {
        if (name === "error") {
            warn(`The log of ${resource} is incomplete: ${text}`);
            continue;
        }
        const { time, details, line } = parseLine(text, isService);
        const nodeId = details["com.docker.swarm.node.id"];
        const node = nodeId === undefined ? undefined : await nodes.nameOf(nodeId);
        yield { component, resource, ...(node !== undefined && { node }), time, stream: name, line };
    }
}

interface Modem {
    dial: (options: object, done: (error: Error | null, stream: Readable) => void) => void;
}

/** dockerode would collect a log that it does not follow in memory. */
function openStream(modem: Modem, path: string, options: object): Promise<Readable> {
    const statusCodes = { 200: true, 404: "no such container or service", 500: "server error" };
    return new Promise((resolve, reject) => {
        modem.dial({ path, method: "GET", isStream: true, statusCodes, options }, (error, stream) => {
            if (error) reject(error);
            else resolve(stream);
        });
    });
}

/** Ends once no data has arrived for some time. */
async function* untilIdle(stream: Readable, resource: string): AsyncGenerator<Buffer> {
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
        const next = await within(IDLE_TIMEOUT, chunks.next()).catch((error: unknown) => {
            warn(`The log of ${resource} may be incomplete: ${messageOf(error)}`);
            stream.destroy();
        });
        if (!next || next.done) return;
        yield next.value;
    }
}

interface RawLine {
    /** `error` is a message of Docker itself: the log of a node is missing. */
    stream: "stdout" | "stderr" | "error";
    text: string;
}

/** Of a container with a terminal. */
export async function* plainLines(stream: AsyncIterable<Buffer>): AsyncGenerator<RawLine> {
    let rest = "";
    const decoder = new StringDecoder();
    for await (const chunk of stream) {
        const lines = (rest + decoder.write(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const text of lines) yield { stream: "stdout", text: text.replace(/\r$/, "") };
    }
    if (rest !== "") yield { stream: "stdout", text: rest };
}

const STREAMS = ["stdout", "stdout", "stderr", "error"] as const;

/** Of a container without a terminal: frames with a header of 8 bytes, whose first is the stream and last four the length. */
export async function* multiplexedLines(stream: AsyncIterable<Buffer>): AsyncGenerator<RawLine> {
    let buffer = Buffer.alloc(0);
    const rest = { stdout: "", stderr: "", error: "" };
    for await (const chunk of stream) {
        buffer = Buffer.concat([buffer, chunk]);
        while (buffer.length >= 8) {
            const end = 8 + buffer.readUInt32BE(4);
            if (buffer.length < end) break;
            const name = STREAMS[buffer.readUInt8(0)] ?? "stdout";
            const lines = (rest[name] + buffer.toString("utf8", 8, end)).split("\n");
            rest[name] = lines.pop() ?? "";
            buffer = buffer.subarray(end);
            for (const text of lines) yield { stream: name, text };
        }
    }
    for (const name of ["stdout", "stderr", "error"] as const)
        if (rest[name] !== "") yield { stream: name, text: rest[name] };
}

/** `<time> <details> <line>`. The details of a service name the node. */
export function parseLine(text: string, hasDetails: boolean) {
    const [, time = "", rest = ""] = /^(\S+) ?(.*)$/s.exec(text) ?? [];
    if (!hasDetails) return { time, details: {} as Record<string, string | undefined>, line: rest };
    const [, list = "", line = ""] = /^(\S*) ?(.*)$/s.exec(rest) ?? [];
    const pairs = list.split(",").map((pair) => pair.split("=").map(decodeURIComponent) as [string, string]);
    return { time, details: Object.fromEntries(pairs) as Record<string, string | undefined>, line };
}
