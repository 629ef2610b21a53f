/**
 * Repairs what a killed update leaves: `node scripts/repair.mts <project> <stack>`.
 *
 * The engine records a resource only when its creation has returned. An update that is killed meanwhile can
 * leave a lock that nobody holds, operations that are pending for ever, and containers and networks that no
 * state knows. All of them carry the labels of their project and stack; those that do and are not in the
 * state are removed. Volumes never are: creating one that exists adopts it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

interface Lock {
    pid: number;
    username: string;
    hostname: string;
}

interface Deployment {
    pending_operations?: { type: string; resource: { urn: string } }[];
    resources?: { id?: string }[];
}

const [project = "", stack = ""] = process.argv.slice(2);

const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: "utf8" });
const pulumi = (...args: string[]) => run("pulumi", ...args, "--stack", stack);

breakDeadLock();
const deployment = exported();
removeOrphans(deployment);
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

function removeOrphans({ resources = [] }: Deployment): void {
    const known = new Set(resources.map(({ id }) => id));
    const filters = [`label=drydock.project=${project}`, `label=drydock.stack=${stack}`];
    const orphans = (...list: string[]) =>
        run("docker", ...list, "--no-trunc", "--quiet", ...filters.flatMap((filter) => ["--filter", filter]))
            .split("\n")
            .filter((id) => id !== "" && !known.has(id));

    const containers = orphans("ps", "--all");
    const networks = orphans("network", "ls");
    if (containers.length + networks.length === 0) return;
    console.log(
        `→ An update was killed: removing ${containers.length} containers and ${networks.length} networks it left`,
    );
    if (containers.length > 0) run("docker", "rm", "--force", ...containers);
    if (networks.length > 0) run("docker", "network", "rm", ...networks);
}

function clearPending({ pending_operations: pending = [] }: Deployment): void {
    if (pending.length === 0) return;
    console.log(`→ An update was killed: reading what became of ${pending.length} resources`);
    pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}
