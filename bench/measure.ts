/**
 * Measures, and appends each measurement to a file: `node bench/measure.ts <rounds> <clone> <docker-compose> <results>`.
 *
 * 1. What Drydock adds to Pulumi: previews and updates without a change, compared with the preview of an empty program.
 * 2. The life of the dev stack, compared with Docker Compose.
 * 3. Deploys under load, compared with Docker Compose.
 * 4. What an idle environment costs.
 *
 * The commands of a comparison take turns, in alternating order, so that other load on the machine affects all of them.
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestLoad } from "./load.ts";

export interface Measurement {
    comparison: "overhead" | "compose" | "deploy" | "idle";
    operation: string;
    subject: string;
    /** Elapsed time; of `deploy`, until the first response of the new version; of `idle`, the processor time used in a minute. */
    seconds: number;
    /** Processor time of the command and its children, without the Docker daemon's. */
    cpu: number;
    /** Load average of the last minute, before the command. */
    load: number;
    /** Requests during a deploy. */
    requests?: { sent: number; failed: number };
}

interface Command {
    script: string;
    env?: NodeJS.ProcessEnv;
}

/** A file of the application that a code change appends to. */
const CHANGED_FILE = "app/controllers/application_controller.rb";
const IDLE_SECONDS = 60;

const [rounds = "", clone = "", composeProgram = "", results = ""] = process.argv.slice(2);
/** Part of every name in Docker. */
const id = `bench${process.pid}`;
/** Below the ports that Linux uses for outgoing connections. */
const port = 10000 + (process.pid % 5000) * 2;
let changes = 0;
/** The application's copy for Compose. */
const composeContext = join(clone, "compose-sample");

// On Ctrl-C the running command fails, and everything is removed.
process.on("SIGINT", () => undefined);
// Both sides find the image's layers in Docker's cache, except those that a code change rebuilds.
run({ script: `docker build --quiet --tag ${id}-warm apps/sample` });
try {
    measureOverhead();
    measureCompose();
    await measureDeploys();
    await measureIdle();
} finally {
    run({ script: `docker image rm --force ${id}-warm` });
}

function measureOverhead(): void {
    const projects = ["empty", "redis-by-hand", "redis-1", "redis-6"];
    for (const project of projects) run(inProject(project, `stack init ${id}`));
    createDevStack();
    try {
        run(pulumi("up --yes --skip-preview"));
        const commands: Record<string, Command> = {
            "preview, empty program": inProject("empty", `preview --stack ${id}`),
            "preview, one Redis without Drydock": inProject("redis-by-hand", `preview --stack ${id}`),
            "preview, one RedisService": inProject("redis-1", `preview --stack ${id}`),
            "preview, six RedisServices": inProject("redis-6", `preview --stack ${id}`),
            "preview, dev stack": pulumi("preview"),
            "pulumi up without a change, dev stack": pulumi("up --yes --skip-preview"),
            "make up without a change, dev stack": shell(`make up STACK=${id}`),
        };
        const names = Object.keys(commands);
        // The first time, Node fills its compile cache.
        for (const name of names) run(commands[name] ?? { script: "" });
        for (let round = 0; round < Number(rounds); round++)
            for (const name of round % 2 === 0 ? names : names.toReversed())
                measure("overhead", name, "Drydock", commands[name] ?? { script: "" });
    } finally {
        removeDevStack();
        for (const project of projects) run(inProject(project, `stack rm --yes ${id}`));
    }
}

function measureCompose(): void {
    cpSync(join(clone, "apps/sample"), composeContext, { recursive: true });
    const pulumiUp = pulumi("up --yes --skip-preview");
    const composeUp = compose("up --detach --build --wait");
    const pulumiDown = pulumi("destroy --yes --skip-preview");
    const composeDown = compose("down --volumes --rmi local");
    const subjects: [string, Record<string, Command>][] = [
        [
            "Drydock",
            {
                "from nothing": pulumiUp,
                "no change": pulumiUp,
                preview: pulumi("preview"),
                "code change": withCodeChange("apps/sample", pulumiUp),
                destroy: pulumiDown,
            },
        ],
        [
            "Compose",
            {
                "from nothing": composeUp,
                "no change": composeUp,
                preview: compose("up --detach --dry-run"),
                "code change": withCodeChange(composeContext, composeUp),
                destroy: composeDown,
            },
        ],
    ];
    createDevStack();
    try {
        for (let round = 0; round < Number(rounds); round++)
            for (const [subject, operations] of round % 2 === 0 ? subjects : subjects.toReversed())
                for (const [operation, command] of Object.entries(operations))
                    measure("compose", operation, subject, command);
    } finally {
        run(composeDown);
        undoCodeChanges(composeContext);
        removeDevStack();
    }
}

/** Deploys new versions while clients send requests. */
async function measureDeploys(): Promise<void> {
    cpSync(join(clone, "apps/sample"), composeContext, { recursive: true });
    const composeUp = compose("up --detach --build --wait");
    const update = inProject("behind-gateway", `up --yes --skip-preview --stack ${id}`);
    const subjects = [
        { subject: "Drydock", directory: "apps/sample", url: `http://127.0.0.1:${port}/`, command: update },
        {
            subject: "Compose",
            directory: composeContext,
            url: `http://127.0.0.1:${port + 1}/`,
            command: composeUp,
        },
    ];
    run(inProject("behind-gateway", `stack init ${id}`));
    run(inProject("behind-gateway", `config set port ${port} --stack ${id}`));
    try {
        for (const { command } of subjects) run(command);
        for (let round = 0; round < Number(rounds); round++)
            for (const { subject, directory, url, command } of round % 2 === 0
                ? subjects
                : subjects.toReversed()) {
                const version = `${id}-${++changes}`;
                // The last one wins: Rails runs these in the order of their declaration.
                const code = `ApplicationController.before_action { response.headers["X-Version"] = "${version}" }`;
                appendFileSync(resolve(clone, directory, CHANGED_FILE), `${code} # ${id}\n`);
                const load = loadavg()[0] ?? 0;
                const requests = new RequestLoad(url, version);
                await start(command);
                const { seconds, sent, failed } = await requests.stop();
                record({
                    comparison: "deploy",
                    operation: "deploy",
                    subject,
                    seconds,
                    cpu: 0,
                    load,
                    requests: { sent, failed },
                });
            }
    } finally {
        run(compose("down --volumes --rmi local"));
        run(inProject("behind-gateway", `destroy --yes --skip-preview --stack ${id}`));
        run(inProject("behind-gateway", `stack rm --yes ${id}`));
        undoCodeChanges("apps/sample");
        undoCodeChanges(composeContext);
    }
}

/** Compares the processor time of the whole machine with and without running containers. */
async function measureIdle(): Promise<void> {
    const environments: [string, Command, Command][] = [
        ["nothing", { script: "true" }, { script: "true" }],
        ["dev stack", pulumi("up --yes --skip-preview"), { script: "true" }],
        [
            "20 RedisServices",
            inProject("redis-20", `up --yes --skip-preview --stack ${id}`),
            inProject("redis-20", `destroy --yes --skip-preview --stack ${id}`),
        ],
    ];
    createDevStack();
    run(inProject("redis-20", `stack init ${id}`));
    try {
        for (const [subject, up, down] of environments) {
            run(up);
            // Health checks become rare after the first success.
            await sleep(IDLE_SECONDS * 1000);
            const load = loadavg()[0] ?? 0;
            const before = busySeconds();
            await sleep(IDLE_SECONDS * 1000);
            record({
                comparison: "idle",
                operation: "idle",
                subject,
                seconds: busySeconds() - before,
                cpu: 0,
                load,
            });
            run(down);
            if (subject === "dev stack") run(pulumi("destroy --yes --skip-preview"));
        }
    } finally {
        run(inProject("redis-20", `destroy --yes --skip-preview --stack ${id}`));
        run(inProject("redis-20", `stack rm --yes ${id}`));
        removeDevStack();
    }
}

/** Processor time of the machine since its start, in seconds: the first line of /proc/stat, in hundredths. */
function busySeconds(): number {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync("/proc/stat", "utf8")
        .split(/\s+/, 9)
        .map(Number);
    return (user + nice + system + irq + softirq) / 100;
}

function createDevStack(): void {
    run(shell(`pulumi stack init ${id}`));
    run(pulumi(`config set port ${port}`));
    // `make up` runs without a plan.
    run(pulumi("config set drydock:development true"));
}

function removeDevStack(): void {
    run(pulumi("destroy --yes --skip-preview"));
    run(shell(`pulumi stack rm --yes ${id}`));
    undoCodeChanges("apps/sample");
}

/** A command as in a shell with `. ./env`. */
function shell(script: string): Command {
    const env = {
        PULUMI_BACKEND_URL: `file://${clone}/.drydock/state`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
    };
    return { script: `. ./env && ${script}`, env };
}

function pulumi(command: string): Command {
    return shell(`pulumi ${command} --stack ${id}`);
}

function compose(args: string): Command {
    return {
        script: `${composeProgram} --file bench/compose/compose.yaml ${args}`,
        env: {
            PROJECT: `${id}-compose`,
            PASSWORD: "mBnq2FkY7pWc9XdTzR4sVhJ6gLaQ3eUx",
            PORT: String(port + 1),
            CONTEXT: composeContext,
        },
    };
}

function inProject(project: string, command: string): Command {
    return shell(`cd projects/${project} && pulumi ${command}`);
}

/** Changes the application to a state that was never built, then runs the command. */
function withCodeChange(directory: string, { script, env }: Command): Command {
    return {
        script: `echo '# ${id} ${directory} ${++changes}' >>${directory}/${CHANGED_FILE}; ${script}`,
        env,
    };
}

function undoCodeChanges(directory: string): void {
    run({ script: `sed -i '/# ${id}/d' ${directory}/${CHANGED_FILE}` });
}

function measure(
    comparison: Measurement["comparison"],
    operation: string,
    subject: string,
    command: Command,
): void {
    const load = loadavg()[0] ?? 0;
    record({ comparison, operation, subject, load, ...run(command) });
}

function record(measurement: Measurement): void {
    appendFileSync(results, `${JSON.stringify(measurement)}\n`);
    const { operation, subject, seconds, load } = measurement;
    console.log(`${`${operation} | ${subject}`.padEnd(50)} ${seconds.toFixed(2)} s, load ${load.toFixed(1)}`);
}

/** Runs a command in the clone. Throws with its whole output if it fails. */
function run({ script, env }: Command): { seconds: number; cpu: number } {
    const timed = `TIMEFORMAT='%R %U %S'; exec 3>&2; { time { ${script}\n} 2>&3; } 2>&1 >&4`;
    const { status, output } = spawnSync("bash", ["-c", timed], {
        cwd: clone,
        env: { ...process.env, ...env },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    const [, times = "", errors = "", , printed = ""] = output.map((text) => text ?? "");
    if (status !== 0) throw new Error(`${script}\n${printed}${errors}`);
    const [seconds = 0, user = 0, system = 0] = times.trim().split(" ").map(Number);
    return { seconds, cpu: user + system };
}

/** As `run`, while this program goes on. */
function start({ script, env }: Command): Promise<void> {
    const child = spawn("bash", ["-c", script], { cwd: clone, env: { ...process.env, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve, reject) => {
        child.on("close", (code) => {
            if (code === 0) resolve();
            else reject(new Error(`${script}\n${output}`));
        });
    });
}
