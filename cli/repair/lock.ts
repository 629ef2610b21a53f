/** The lock that Pulumi keeps in a file backend while it updates a stack. It has no expiry. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../exit-codes.ts";
import { progress } from "../output.ts";

interface Lock {
    pid: number;
    username: string;
    hostname: string;
}

interface LockOptions {
    project: string;
    stack: string;
    /** Whether to wait until another update has finished. */
    wait: boolean;
    /** Releases the lock. */
    cancel: () => void;
}

/** Between two checks of a lock, in milliseconds. */
const INTERVAL = 500;

/**
 * Releases the lock of a killed update. Only in a local backend: in another, the lock may belong to an update on another
 * machine.
 *
 * @throws CommandError if an update is running and `wait` is not set
 */
export async function breakStaleLock(
    state: string,
    { project, stack, wait, cancel }: LockOptions,
): Promise<void> {
    const directory = join(state, ".pulumi/locks/organization", project, stack);
    let reported = false;
    for (;;) {
        const locks = readLocks(directory);
        const held = locks.find((lock) => lock && (lock.hostname !== hostname() || isPulumi(lock.pid)));
        if (held) {
            const { username, hostname: host, pid } = held;
            const sentence = `${username}@${host} is updating the stack ${stack} (process ${pid})`;
            if (!wait) throw new CommandError(sentence, "Wait until it has finished, or pass --wait.");
            if (!reported) progress(`${sentence}. Waiting until it has finished`);
            reported = true;
            await sleep(INTERVAL);
            continue;
        }
        if (locks.length === 0) return;
        progress("An update was killed. Releasing its lock");
        cancel();
        return;
    }
}

/** Undefined for a file that a power failure left empty. */
function readLocks(directory: string): (Lock | undefined)[] {
    if (!existsSync(directory)) return [];
    const files = readdirSync(directory).filter((file) => file.endsWith(".json"));
    return files.map((file) => {
        try {
            return JSON.parse(readFileSync(join(directory, file), "utf8")) as Lock;
        } catch {
            return undefined;
        }
    });
}

/** The PID may have been reused, and a zombie has no command line. */
export function isPulumi(pid: number): boolean {
    const { error, status, stdout, stderr } = spawnSync("ps", ["-o", "args=", "-p", String(pid)], {
        encoding: "utf8",
    });
    // BusyBox's ps has no -p and fails with a message. If there is no such process, the usual ps fails without one.
    if (error === undefined && (status === 0 || stderr.trim() === ""))
        return status === 0 && /(^|[\s/])pulumi(\s|$)/.test(stdout) && !stdout.includes("<defunct>");
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
