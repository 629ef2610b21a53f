/**
 * Repairs what a killed update leaves: `node scripts/repair.mts <project> <stack>`.
 *
 * The engine records a resource only when its creation has returned. An update that is killed meanwhile can
 * leave a lock that nobody holds, operations that are pending for ever, and things in Docker that no state knows.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { removeOrphans, type Resource } from "./orphans.mts";

interface Lock {
    pid: number;
    username: string;
    hostname: string;
}

interface Deployment {
    pending_operations?: { type: string; resource: { urn: string } }[];
    resources?: Resource[];
}

const [project = "", stack = ""] = process.argv.slice(2);

const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
const pulumi = (...args: string[]) => run("pulumi", ...args, "--stack", stack);

breakDeadLock();
const deployment = exported();
removeOrphans(project, stack, deployment.resources ?? [], dockerSettings);
clearPending(deployment);

/** Only of a local backend: elsewhere a lock may be that of another machine's update. */
function breakDeadLock(): void {
    const backend = process.env.PULUMI_BACKEND_URL ?? "";
    const folder = join(backend.replace("file://", ""), ".pulumi/locks/organization", project, stack);
    if (!backend.startsWith("file://") || !existsSync(folder)) return;
    const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
    const locks = files.map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Lock);
    const living = locks.find(({ pid, hostname: host }) => host !== hostname() || isPulumi(pid));
    if (living) {
        const { username, hostname: host, pid } = living;
        console.error(
            `\n✗ ${username}@${host} is updating the stack ${stack} (process ${pid}): wait until it is done.`,
        );
        process.exit(1);
    }
    if (locks.length === 0) return;
    console.log("→ An update was killed: releasing its lock");
    pulumi("cancel", "--yes");
}

/** The number may have gone to another program since; of a dead process that nobody buried, no command is left. */
function isPulumi(pid: number): boolean {
    const command = `/proc/${pid}/cmdline`;
    if (existsSync("/proc/self"))
        return existsSync(command) && readFileSync(command, "utf8").includes("pulumi");
    return spawnSync("kill", ["-0", String(pid)]).status === 0;
}

function exported(): Deployment {
    return (JSON.parse(pulumi("stack", "export")) as { deployment: Deployment }).deployment;
}

function dockerSettings(): Record<string, unknown> {
    const settings = JSON.parse(pulumi("config", "--json")) as Record<string, { value?: unknown }>;
    return Object.fromEntries(
        Object.entries(settings).map(([key, { value }]) => [key.replace(/^docker:/, ""), value]),
    );
}

function clearPending({ pending_operations: pending = [] }: Deployment): void {
    if (pending.length === 0) return;
    console.log(`→ An update was killed: reading what became of ${pending.length} resources`);
    pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}
