/**
 * Measures Pulumi with many services of Engine.Swarm on the fake Docker daemon, and prints a Markdown table:
 * `node bench/scale/measure.ts <project> <case>...`. A case is a number of services, optionally with a value for
 * `--parallel`: `50` or `50/1`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Resources that a command and its child processes used. */
interface Measurement {
    seconds: number;
    /** Processor time in seconds, without the Docker daemon's. */
    cpu: number;
    /** Largest resident memory, in bytes. */
    peak: Record<Part | "all", number>;
    /** Bytes that Pulumi's engine wrote to disk. */
    written: number;
}

type Part = "engine" | "program" | "plugins";

/** In milliseconds. */
const SAMPLE_INTERVAL = 100;
const MEBIBYTE = 1024 * 1024;
const PAGE = 4096;

const [project = "", ...cases] = process.argv.slice(2);
const socket = join(project, "docker.sock");
const only = process.env.ONLY?.split(",");
const up = ["up", "--yes", "--skip-preview"];

const COLUMNS =
    "services,`--parallel`,resources,command,seconds,CPU,peak MiB,engine,program,plugins,state KiB,written MiB,API calls,polls,load".split(
        ",",
    );

void main();

async function main(): Promise<void> {
    console.log(row(...COLUMNS));
    console.log(row(...COLUMNS.map(() => "---")));
    for (const each of cases) {
        const [services = "", parallel] = each.split("/");
        await measure(services, parallel);
    }
}

async function measure(services: string, parallel: string | undefined): Promise<void> {
    await pulumi(["stack", "init", "scale"], true);
    await setConfig("docker:host", `unix://${socket}`);
    await setConfig("services", services);
    const options = parallel === undefined ? [] : ["--parallel", parallel];
    try {
        for (const [name, command] of Object.entries({
            up,
            "up again": [...up, "--expect-no-changes"],
            preview: ["preview", "--expect-no-changes"],
            "preview --refresh": ["preview", "--refresh", "--expect-no-changes"],
            "all changed": up,
            "one changed": up,
            destroy: ["destroy", "--yes", "--skip-preview"],
        })) {
            if (only && !only.includes(name)) continue;
            if (name === "all changed") await setConfig("all", "changed");
            if (name === "one changed") await setConfig("first", "changed");
            await takeCalls();
            const load = loadavg()[0] ?? 0;
            const { seconds, cpu, peak, written } = await pulumi([...command, ...options]);
            const { all, polls } = await takeCalls();
            const { size, resources } = state();
            console.log(
                row(
                    services,
                    parallel ?? "",
                    resources,
                    name,
                    seconds.toFixed(1),
                    cpu.toFixed(1),
                    ...[peak.all, peak.engine, peak.program, peak.plugins].map((bytes) =>
                        Math.round(bytes / MEBIBYTE),
                    ),
                    Math.round(size / 1024),
                    (written / MEBIBYTE).toFixed(1),
                    all,
                    polls,
                    load.toFixed(1),
                ),
            );
        }
    } finally {
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        await pulumi(["stack", "rm", "--yes", "scale"], true);
    }
}

function row(...cells: (string | number)[]): string {
    return `| ${cells.join(" | ")} |`;
}

async function setConfig(name: string, value: string): Promise<void> {
    await pulumi(["config", "set", name, value]);
}

/** Runs Pulumi in the project. Throws with its whole output if it fails. */
async function pulumi(args: string[], withoutStack = false): Promise<Measurement> {
    const stack = withoutStack ? [] : ["--stack", "scale"];
    const command = ["pulumi", ...args, ...stack, "--non-interactive", "--color=never"];
    const started = performance.now();
    // `time` counts child processes too; Node.js reports only the times of its own process.
    const child = spawn("bash", ["-c", `TIMEFORMAT='%U %S'; time "$@" 2>&1`, "-", ...command], {
        cwd: project,
        stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, times] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (times += chunk.toString()));
    const closed = once(child, "close") as Promise<[number | null]>;
    const usage = { peak: { engine: 0, program: 0, plugins: 0, all: 0 }, written: 0 };
    while (child.exitCode === null && child.signalCode === null) {
        usage.written = sample(child.pid ?? 0, usage);
        await Promise.race([closed, sleep(SAMPLE_INTERVAL)]);
    }
    const [code] = await closed;
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${command.join(" ")}\n${output}${times}`);
    const [user = 0, system = 0] = times.trim().split(" ").map(Number);
    return { ...usage, seconds, cpu: user + system };
}

/** Updates the peaks from all processes of a command, and returns the bytes written so far. */
function sample(root: number, { peak, written }: Pick<Measurement, "peak" | "written">): number {
    const now = { engine: 0, program: 0, plugins: 0, all: 0 };
    for (const { pid, command, resident } of processTree(root)) {
        const part = partOf(command);
        if (part) now[part] += resident;
        now.all += resident;
        if (part !== "engine") continue;
        const io = /^write_bytes: (\d+)/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0;
        written = Math.max(written, Number(io));
    }
    for (const part of ["engine", "program", "plugins", "all"] as const)
        peak[part] = Math.max(peak[part], now[part]);
    return written;
}

function partOf(command: string): Part | undefined {
    if (command.startsWith("pulumi ")) return "engine";
    if (command.includes("pulumi-resource-") || command.includes("/plugins/resource-")) return "plugins";
    return command.includes("pulumi/cmd/run") ? "program" : undefined;
}

function processTree(root: number) {
    const processes = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
            const stat = read(`/proc/${name}/stat`);
            // State, parent and the other fields follow the command, which may contain spaces and parentheses.
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            const parent = Number(fields[1]);
            return stat === "" ? [] : [{ pid: Number(name), parent, fields }];
        });
    const members = new Set([root]);
    for (let before = 0; before !== members.size;) {
        before = members.size;
        for (const { pid, parent } of processes) if (members.has(parent)) members.add(pid);
    }
    return processes
        .filter(({ pid }) => members.has(pid))
        .map(({ pid, fields }) => ({
            pid,
            command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " "),
            resident: Number(fields[21]) * PAGE,
        }));
}

function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

function state(): { size: number; resources: number } {
    const file = join(project, ".pulumi/stacks/scale/scale.json");
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
        checkpoint: { latest?: { resources?: unknown[] } };
    };
    return { size: statSync(file).size, resources: checkpoint.latest?.resources?.length ?? 0 };
}

/** Numbers of requests to the fake daemon since the previous call of this function. */
async function takeCalls(): Promise<{ all: number; polls: number }> {
    const sent = request({ socketPath: socket, path: "/calls" }).end();
    const [response] = (await once(sent, "response")) as [AsyncIterable<Buffer>];
    let text = "";
    for await (const chunk of response) text += chunk.toString();
    return JSON.parse(text) as { all: number; polls: number };
}
