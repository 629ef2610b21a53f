/** Writes the measurements into README.md, between its markers: `node bench/report.ts <results>`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Measurement } from "./measure.ts";

const README = "bench/README.md";
const BASELINE = "preview, empty program";
const [results = ""] = process.argv.slice(2);
const measurements = readFileSync(results, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Measurement);

const sections = [machine(), overhead(), compose(), deploys(), idle()];
const markers = /(<!-- results -->\n)[^]*(<!-- end of results -->)/;
const readme = readFileSync(README, "utf8");
writeFileSync(
    README,
    readme.replace(markers, (_, from: string, to: string) => `${from}\n${sections.join("\n\n")}\n\n${to}`),
);

function machine(): string {
    const version = ["version", "--format", "{{.Server.Version}}"];
    const engine = execFileSync("docker", version, { encoding: "utf8" }).trim();
    const loads = measurements.map(({ load }) => load);
    const date = new Date().toISOString().slice(0, 10);
    return [
        `${date}, ${cpus().length} × ${cpus()[0]?.model ?? "processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB,`,
        `Linux ${release()}, Docker Engine ${engine}, Node ${process.version}.`,
        `${select("overhead", BASELINE).length} rounds. Load average before the commands:`,
        `median ${median(loads).toFixed(1)}, ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    ].join(" ");
}

function overhead(): string {
    const time = (operation: string) => median(select("overhead", operation).map(({ seconds }) => seconds));
    const empty = time(BASELINE);
    const operations = distinct("overhead", ({ operation }) => operation);
    const rows = operations.map((operation) => [
        operation,
        range(select("overhead", operation)),
        cpu(select("overhead", operation)),
        (time(operation) / empty).toFixed(2),
    ]);
    const further = (time("preview, six RedisServices") - time("preview, one RedisService")) / 5;
    const make = time("make up without a change, dev stack") / time("pulumi up without a change, dev stack");
    return [
        "### What Drydock adds to Pulumi",
        "",
        ...markdown(["seconds (min / median / max)", "time", "CPU", "of the empty program"], rows),
        "",
        `Each further \`RedisService\` takes ${((100 * further) / empty).toFixed(0)} % of the empty program's time.`,
        `\`make up\` without a change takes ${make.toFixed(2)} times as long as \`pulumi up\`.`,
    ].join("\n");
}

function compose(): string {
    const rows = distinct("compose", ({ operation }) => operation).map((operation) => {
        const [ours, theirs] = ["Drydock", "Compose"].map((subject) => select("compose", operation, subject));
        const times = [ours, theirs].map((all = []) => median(all.map(({ seconds }) => seconds)));
        const ratio = (times[0] ?? 0) / (times[1] ?? 1);
        return [operation, range(ours ?? []), range(theirs ?? []), ratio.toFixed(2)];
    });
    const head = ["seconds (min / median / max)", "Drydock", "Compose", "ratio"];
    return ["### The dev stack compared with Docker Compose", "", ...markdown(head, rows)].join("\n");
}

function deploys(): string {
    const rows = distinct("deploy", ({ subject }) => subject).map((subject) => {
        const all = select("deploy", "deploy", subject);
        const requests = (count: "sent" | "failed") =>
            all.reduce((sum, each) => sum + (each.requests?.[count] ?? 0), 0);
        return [subject, range(all), `${requests("failed")} of ${requests("sent")}`];
    });
    const head = ["deploys under load", "seconds until the new version answers", "failed requests"];
    return ["### A deploy under load", "", ...markdown(head, rows)].join("\n");
}

function idle(): string {
    const rows = distinct("idle", ({ subject }) => subject).map((subject) => {
        const seconds = median(select("idle", "idle", subject).map((each) => each.seconds));
        return [subject, `${((100 * seconds) / 60 / cpus().length).toFixed(1)} %`];
    });
    const head = ["running, and idle", `of the machine's ${cpus().length} processors`];
    return ["### What an idle environment costs", "", ...markdown(head, rows)].join("\n");
}

function select(comparison: string, operation: string, subject?: string): Measurement[] {
    return measurements.filter(
        (each) =>
            each.comparison === comparison &&
            each.operation === operation &&
            (subject === undefined || each.subject === subject),
    );
}

function distinct(comparison: string, key: (measurement: Measurement) => string): string[] {
    return [...new Set(measurements.filter((each) => each.comparison === comparison).map(key))];
}

function range(all: Measurement[]): string {
    const seconds = all.map((each) => each.seconds);
    return [Math.min(...seconds), median(seconds), Math.max(...seconds)]
        .map((value) => value.toFixed(2))
        .join(" / ");
}

function cpu(all: Measurement[]): string {
    return median(all.map((each) => each.cpu)).toFixed(2);
}

function median(values: number[]): number {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = sorted.length / 2;
    return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function markdown(head: string[], rows: string[][]): string[] {
    const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
    return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}
