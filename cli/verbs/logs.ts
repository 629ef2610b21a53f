import { Command, InvalidArgumentError, Option } from "commander";
import { selectProcesses } from "../containers.ts";
import { isNotFound } from "../inventory.ts";
import {
    followLog,
    type LogLine,
    type LogOptions,
    mergeByTime,
    parseSince,
    readLog,
    timeAfter,
} from "../logs.ts";
import { withJson, withStack } from "../options.ts";
import { type Colors, colorsFor } from "../output.ts";
import { openStack, type StackOption } from "../project.ts";
import { nodeEngines, type PlacedProcess, readProcesses } from "../stack-inventory.ts";

interface Options extends StackOption {
    follow?: boolean;
    json?: boolean;
    since?: string;
    tail?: number;
    timestamps?: boolean;
}

export function logsCommand(): Command {
    const command = new Command("logs")
        .description("show the logs of all or some components, ordered by time")
        .argument("[components...]", "components or processes, such as shop or shop/worker (default: all)")
        .option("-f, --follow", "keep printing new lines until Ctrl-C")
        .option("--since <time>", "show lines since 10m or 1h30m ago, or since 2026-01-01T12:00:00Z")
        .addOption(
            new Option("-n, --tail <lines>", "show only the last lines of each container").argParser(
                parseCount,
            ),
        )
        .option("-t, --timestamps", "show the time of each line");
    return withJson(withStack(command)).action(showLogs);
}

export function parseCount(text: string): number {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Use a number, for example 100.");
    return Number(text);
}

async function showLogs(names: string[], options: Options): Promise<void> {
    const since = options.since === undefined ? undefined : parseSince(options.since, new Date());
    const stack = await openStack({ stack: options.stack });
    const select = async () => selectProcesses(await readProcesses(stack), names, stack);
    const processes = await select();
    const nodes = nodeEngines(stack);
    const print = printer(processes, options, colorsFor(process.stdout));

    const started = parseSince("0s", new Date());
    const lastTimes = new Map<string, string>();
    const history = processes.map((each) =>
        skipMissing(readLog(each, nodes(each.engine), { ...logOptions(options), since })),
    );
    for await (const line of mergeByTime(history)) {
        lastTimes.set(line.resource, line.time);
        print(line);
    }
    if (!options.follow) return;
    process.once("SIGINT", () => process.exit(0));
    await Promise.all(
        processes.map(async ({ resource, engine }) => {
            const current = async () => (await select()).find((each) => each.resource === resource);
            const last = lastTimes.get(resource);
            const from = last === undefined ? started : timeAfter(last);
            for await (const line of followLog(current, nodes(engine), from)) print(line);
        }),
    );
}

function logOptions({ tail }: Options): LogOptions {
    return tail === undefined ? {} : { tail };
}

/** A container that no longer exists has no log. */
async function* skipMissing(lines: AsyncGenerator<LogLine>): AsyncGenerator<LogLine> {
    try {
        yield* lines;
    } catch (error) {
        if (!isNotFound(error)) throw error;
    }
}

function printer(
    processes: PlacedProcess[],
    { json, timestamps }: Options,
    colors: Colors,
): (line: LogLine) => void {
    if (json) return (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
    const format = lineFormat(
        processes.map(({ resource }) => resource),
        { timestamps },
        colors,
    );
    return (line) => process.stdout.write(`${format(line)}\n`);
}

/** Formats lines with the name of their process in a color of its own. */
export function lineFormat(
    resources: string[],
    { timestamps }: { timestamps?: boolean },
    colors: Colors,
): (line: LogLine) => string {
    const palette = [colors.cyan, colors.yellow, colors.green, colors.magenta, colors.blue];
    const width = Math.max(...resources.map(({ length }) => length));
    return ({ resource, node, time, line }) => {
        const color = palette[resources.indexOf(resource) % palette.length] ?? colors.cyan;
        const name = node === undefined ? resource.padEnd(width) : `${resource.padEnd(width)} ${node}`;
        return `${color(`${name} |`)} ${timestamps ? `${colors.dim(time)} ` : ""}${line}`;
    };
}
