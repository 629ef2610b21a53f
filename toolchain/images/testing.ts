import { execFile } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const label = `drydock.images.test=${process.pid}`;
const scratch = mkdtempSync(join(tmpdir(), "drydock-images-"));

/** A user that no image knows: who runs this, unless that is root. */
export const stranger = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 1234);

/** Leaves no container of this test, and no data. */
export async function removeAll(): Promise<void> {
    const containers = (await docker("ps", "--all", "--quiet", "--filter", `label=${label}`)).split("\n");
    await outcome("rm", "--force", "--volumes", ...containers);
    // The data belongs to the servers' users by now.
    const remove = "find /scratch -mindepth 1 -delete";
    await run("redis:8", { volumes: { "/scratch": scratch } }, ...remove.split(" "));
    rmSync(scratch, { recursive: true });
}

interface Outcome {
    code: number;
    stdout: string;
    /** What a person would have read: stdout and stderr. */
    output: string;
}

/** Runs the docker client, whatever comes of it. */
export function outcome(...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
        execFile("docker", args, (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), output: stdout + stderr });
        });
    });
}

export async function docker(...args: string[]): Promise<string> {
    const { code, stdout, output } = await outcome(...args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}\n${output}`);
    return stdout;
}

interface Options {
    env?: Record<string, string>;
    /** A port of the container, published on one of 127.0.0.1. */
    port?: number;
    user?: number;
    /** A path in the container, and the host's file or directory mounted there. */
    volumes?: Record<string, string>;
}

export const run = (image: string, options: Options, ...command: string[]) =>
    docker("run", "--rm", ...flags(options), image, ...command);

export const start = (image: string, options: Options, ...command: string[]) =>
    docker("run", "--detach", ...flags(options), image, ...command);

const flags = ({ env = {}, port, user, volumes = {} }: Options) => [
    `--label=${label}`,
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...Object.entries(volumes).map(([path, source]) => `--volume=${source}:${path}`),
    ...(port === undefined ? [] : [`--publish=127.0.0.1::${port}`]),
    ...(user === undefined ? [] : [`--user=${user}:${user}`]),
];

export const exitCode = (container: string) => docker("inspect", "--format", "{{.State.ExitCode}}", container);

export const published = async (container: string, port: number) =>
    Number((await docker("port", container, `${port}/tcp`)).replace(/^.*:/, ""));

export function directory(name: string, owner?: number): string {
    const path = join(scratch, name);
    mkdirSync(path);
    if (owner !== undefined) chownSync(path, owner, -1);
    return path;
}

/** Waits until a command in the container succeeds; tells its last words if it ends instead. */
export async function ready(container: string, ...command: string[]): Promise<void> {
    const deadline = Date.now() + 30_000;
    while ((await outcome("exec", container, ...command)).code !== 0) {
        const running = await docker("inspect", "--format", "{{.State.Running}}", container);
        if (running !== "true" || Date.now() > deadline) {
            const { output } = await outcome("logs", "--tail", "20", container);
            throw new Error(`not ready: ${command.join(" ")}\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}
