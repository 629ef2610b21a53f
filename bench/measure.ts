/**
 * Times the dev stack, and 1, 5 and 20 small services, with Drydock and with Docker Compose in turn:
 * `node bench/measure.ts <rounds> <clone> <docker-compose> <results>`.
 *
 * A round is one side's whole life: up from nothing, up again, preview, a change of code, down. The sides take
 * turns, and change who is first, so that what else the machine does meets both.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";

/** The dev stack, or so many small services. */
type Environment = "dev" | number;

interface Command {
    script: string;
    env?: NodeJS.ProcessEnv;
}

interface Side {
    name: string;
    /** What is not measured: files, settings. */
    prepare: (environment: Environment) => void;
    /** In the order in which they are run. */
    operations: (environment: Environment) => Record<string, Command>;
    /** Takes away what is left. */
    remove: (environment: Environment) => void;
}

const ENVIRONMENTS: Environment[] = ["dev", 1, 5, 20];
/** What changes nothing is quick, and done several times in a round. */
const REPEATS = 3;
const CHANGED = "app/controllers/application_controller.rb";

const [rounds = "", clone = "", program = "", results = ""] = process.argv.slice(2);
/** In the names of all that is made in Docker. */
const id = `bench${process.pid}`;
/** Below the ports that Linux gives to outgoing connections. */
const port = 10000 + (process.pid % 5000) * 2;
let changes = 0;

// Ctrl-C ends the command that runs, which then fails: what is up is taken down all the same.
process.on("SIGINT", () => undefined);
const sides = [drydock(), compose()];
// The image's layers are in Docker's cache for both sides, but for those that a change of code touches.
run({ script: `docker build --quiet --tag ${id}-warm apps/sample` });
try {
    for (const environment of ENVIRONMENTS) {
        for (let round = 0; round < Number(rounds); round++) {
            for (const side of round % 2 === 0 ? sides : sides.toReversed()) measure(side, environment);
        }
    }
} finally {
    run({ script: `docker image rm --force ${id}-warm` });
}

function measure(side: Side, environment: Environment): void {
    side.prepare(environment);
    try {
        for (const [operation, command] of Object.entries(side.operations(environment))) {
            const repeats = /no change|preview/.test(operation) ? REPEATS : 1;
            for (let i = 0; i < repeats; i++) {
                const load = loadavg()[0] ?? 0;
                const timing = { environment, operation, side: side.name, load, ...run(command) };
                appendFileSync(results, `${JSON.stringify(timing)}\n`);
                const what = [environment, operation, side.name].join(" | ");
                console.log(`${what.padEnd(45)} ${timing.seconds.toFixed(2)} s, load ${load.toFixed(1)}`);
            }
        }
    } finally {
        side.remove(environment);
    }
}

/** `pulumi` as in a shell with `. ./env`; and, for the dev stack, what a user types: `make`. */
function drydock(): Side {
    const shell = (environment: Environment, command: string): Command => ({
        script: `. ./env && cd ${environment === "dev" ? "." : "services"} && ${command}`,
        env: { PULUMI_BACKEND_URL: `file://${clone}/.drydock/state`, PULUMI_CONFIG_PASSPHRASE: "bench" },
    });
    const pulumi = (environment: Environment, command: string) =>
        shell(environment, `pulumi ${command} --stack ${id}-${environment}`);
    const down = "destroy --yes --skip-preview";
    return {
        name: "Drydock",
        prepare(environment) {
            const setting = environment === "dev" ? `port ${port}` : `count ${environment}`;
            run(shell(environment, `pulumi stack init ${id}-${environment}`));
            run(pulumi(environment, `config set ${setting}`));
        },
        operations(environment) {
            const up = pulumi(environment, "up --yes --skip-preview");
            const make = (target: string) => shell(environment, `make ${target} STACK=${id}-${environment}`);
            const dev = environment === "dev";
            return {
                "from nothing": up,
                "no change": up,
                ...(dev && { "no change (make up)": make("up") }),
                preview: pulumi(environment, "preview"),
                ...(dev && { "preview (make preview)": make("preview") }),
                ...(dev && { "code change": withChange("apps/sample", up) }),
                destroy: pulumi(environment, down),
            };
        },
        remove(environment) {
            run(pulumi(environment, down));
            run(shell(environment, `pulumi stack rm --yes ${id}-${environment}`));
            undoChange("apps/sample");
        },
    };
}

/** `docker compose`, which waits for health where it is told to. */
function compose(): Side {
    const context = join(clone, "compose-sample");
    cpSync(join(clone, "apps/sample"), context, { recursive: true });
    const file = (environment: Environment) =>
        environment === "dev" ? "bench/compose/compose.yaml" : `services/compose-${environment}.json`;
    const command = (environment: Environment, args: string): Command => ({
        script: `${program} --file ${file(environment)} ${args}`,
        env: {
            PROJECT: `${id}-compose-${environment}`,
            PASSWORD: "mBnq2FkY7pWc9XdTzR4sVhJ6gLaQ3eUx",
            PORT: String(port + 1),
            CONTEXT: context,
        },
    });
    const down = "down --volumes --rmi local";
    return {
        name: "Compose",
        prepare: () => undefined,
        operations(environment) {
            const up = command(environment, "up --detach --build --wait");
            return {
                "from nothing": up,
                "no change": up,
                preview: command(environment, "up --detach --dry-run"),
                ...(environment === "dev" && { "code change": withChange(context, up) }),
                destroy: command(environment, down),
            };
        },
        remove(environment) {
            run(command(environment, down));
            undoChange(context);
        },
    };
}

/** The command with a line before it that changes the application as no build has seen it. */
function withChange(folder: string, { script, env }: Command): Command {
    return { script: `echo '# ${id} ${folder} ${++changes}' >>${folder}/${CHANGED}; ${script}`, env };
}

function undoChange(folder: string): void {
    run({ script: `sed -i '/^# ${id} /d' ${folder}/${CHANGED}` });
}

/** Runs a command in the clone; fails with all that it said if it does. CPU is its own, not the Docker daemon's. */
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
