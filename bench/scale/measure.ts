/**
 * Times Pulumi with 1, 10, 50 and 200 services of Engine.Swarm on a Docker daemon that makes nothing:
 * `node bench/scale/measure.ts <project> <what to measure>...`, each a number of services, or a number and what
 * `--parallel` is to be, such as `50/1`. Prints a Markdown table.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What is measured of a command and all processes that it starts; memory in bytes, as resident. */
interface Measured {
    seconds: number;
    /** Processor seconds, the daemon's apart. */
    cpu: number;
    peak: Record<Part | "all", number>;
    /** What Pulumi's engine wrote to disks. */
    written: number;
}

type Part = "engine" | "program" | "plugins";

const SAMPLE_INTERVAL = 100; // milliseconds
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
    for (const one of cases) {
        const [services = "", parallel] = one.split("/");
        await measure(services, parallel);
    }
}

async function measure(services: string, parallel: string | undefined): Promise<void> {
    await pulumi(["stack", "init", "scale"], true);
    await setting("docker:host", `unix://${socket}`);
    await setting("services", services);
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
            if (name === "all changed") await setting("all", "changed");
            if (name === "one changed") await setting("first", "changed");
            await calls();
            const load = loadavg()[0] ?? 0;
            const { seconds, cpu, peak, written } = await pulumi([...command, ...options]);
            const { all, polls } = await calls();
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

async function setting(name: string, value: string): Promise<void> {
    await pulumi(["config", "set", name, value]);
}

/** Runs Pulumi in the project, and fails with what it said if it does. */
async function pulumi(args: string[], bare = false): Promise<Measured> {
    const stack = bare ? [] : ["--stack", "scale"];
    const command = ["pulumi", ...args, ...stack, "--non-interactive", "--color=never"];
    const begun = performance.now();
    // Of all that it starts and waits for; Node tells of no process but its own.
    const child = spawn("bash", ["-c", `TIMEFORMAT='%U %S'; time "$@" 2>&1`, "-", ...command], {
        cwd: project,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { output: "", times: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.times += chunk.toString()));
    const closed = once(child, "close") as Promise<[number | null]>;
    const seen = { peak: { engine: 0, program: 0, plugins: 0, all: 0 }, written: 0 };
    while (child.exitCode === null && child.signalCode === null) {
        seen.written = sample(child.pid ?? 0, seen);
        await Promise.race([closed, sleep(SAMPLE_INTERVAL)]);
    }
    const [code] = await closed;
    const seconds = (performance.now() - begun) / 1000;
    if (code !== 0) throw new Error(`${command.join(" ")}\n${said.output}${said.times}`);
    const [user = 0, system = 0] = said.times.trim().split(" ").map(Number);
    return { ...seen, seconds, cpu: user + system };
}

/** Looks at all processes of a run once. */
function sample(root: number, { peak, written }: Pick<Measured, "peak" | "written">): number {
    const now = { engine: 0, program: 0, plugins: 0, all: 0 };
    for (const { pid, command, resident } of tree(root)) {
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

function tree(root: number) {
    const processes = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
            const stat = read(`/proc/${name}/stat`);
            // After the command, which may have spaces and brackets, come the state, the parent and the rest.
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

/** How often the daemon was called since this was last asked. */
async function calls(): Promise<{ all: number; polls: number }> {
    const asked = request({ socketPath: socket, path: "/calls" }).end();
    const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer>];
    let text = "";
    for await (const chunk of response) text += chunk.toString();
    return JSON.parse(text) as { all: number; polls: number };
}
