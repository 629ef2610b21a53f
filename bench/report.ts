/** Writes what measure.ts found into README.md, between its markers: `node bench/report.ts <results>`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

interface Timing {
    environment: "dev" | number;
    operation: string;
    side: "Drydock" | "Compose";
    seconds: number;
    cpu: number;
    load: number;
}

const README = "bench/README.md";
const [results = ""] = process.argv.slice(2);
const timings = readFileSync(results, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Timing);
const environments = [...new Set(timings.map(({ environment }) => environment))];
const operations = [...new Set(timings.map(({ operation }) => operation))];

const text = [facts(), ...environments.map(table), growth()].join("\n\n");
const marked = /(<!-- results -->\n)[^]*(<!-- end of results -->)/;
const readme = readFileSync(README, "utf8");
writeFileSync(
    README,
    readme.replace(marked, (_, from: string, to: string) => `${from}\n${text}\n\n${to}`),
);

function facts(): string {
    const engine = execFileSync("docker", ["version", "--format", "{{.Server.Version}}"], {
        encoding: "utf8",
    });
    const loads = timings.map(({ load }) => load);
    const date = new Date().toISOString().slice(0, 10);
    return [
        `${date}, ${cpus().length} × ${cpus()[0]?.model ?? "processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB,`,
        `Linux ${release()}, Docker Engine ${engine.trim()}, Node ${process.version};`,
        `${of("dev", "from nothing", "Drydock").length} rounds. Load average (1 minute) before each command:`,
        `${median(loads).toFixed(1)} in the middle, ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`,
    ].join(" ");
}

function table(environment: Timing["environment"]): string {
    const title = environment === "dev" ? "The dev stack" : `Redis services: ${environment}`;
    const rows = operations
        .filter((operation) => of(environment, operation, "Drydock").length > 0)
        .map((operation) => {
            const ours = of(environment, operation, "Drydock");
            // `make` has no counterpart: Compose's own command stands in.
            const theirs = of(environment, operation.replace(/ \(.*/, ""), "Compose");
            const ratio = median(ours.map(seconds)) / median(theirs.map(seconds));
            return [operation, spread(ours), spread(theirs), ratio.toFixed(2), cpu(ours), cpu(theirs)];
        });
    const head = [
        "seconds (min / median / max)",
        "Drydock",
        "Compose",
        "ratio",
        "CPU, Drydock",
        "CPU, Compose",
    ];
    return [`### ${title}`, "", ...markdown(head, rows)].join("\n");
}

function growth(): string {
    const sizes = environments.filter((environment) => environment !== "dev");
    const rows = operations
        .filter((operation) => of(sizes[0] ?? 0, operation, "Drydock").length > 0)
        .flatMap((operation) =>
            (["Drydock", "Compose"] as const).map((side) => {
                const medians = sizes.map((size) => median(of(size, operation, side).map(seconds)));
                const rise = (medians.at(-1) ?? 0) - (medians[0] ?? 0);
                const each = rise / ((sizes.at(-1) ?? 0) - (sizes[0] ?? 0));
                return [`${operation}, ${side}`, ...[...medians, each].map((value) => value.toFixed(2))];
            }),
        );
    const head = ["seconds (median), by number of services", ...sizes.map(String), "each further one"];
    return ["### How it grows", "", ...markdown(head, rows)].join("\n");
}

function of(environment: Timing["environment"], operation: string, side: Timing["side"]): Timing[] {
    return timings.filter(
        (timing) =>
            timing.environment === environment && timing.operation === operation && timing.side === side,
    );
}

function seconds(timing: Timing): number {
    return timing.seconds;
}

function spread(all: Timing[]): string {
    const values = all.map(seconds);
    return [Math.min(...values), median(values), Math.max(...values)]
        .map((value) => value.toFixed(2))
        .join(" / ");
}

function cpu(all: Timing[]): string {
    return median(all.map((timing) => timing.cpu)).toFixed(2);
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
