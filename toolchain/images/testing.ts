import { execFile } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const label = `drydock.images.test=${process.pid}`;
const temporary = mkdtempSync(join(tmpdir(), "drydock-images-"));

/** A user ID that exists in no image: that of the current user, unless it is root. */
export const unknownUser = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 1234);

/** Removes the containers and data of this test run. */
export async function cleanUp(): Promise<void> {
    const containers = (await docker("ps", "--all", "--quiet", "--filter", `label=${label}`)).split("\n");
    await tryDocker("rm", "--force", "--volumes", ...containers);
    // The data belongs to the users of the servers.
    const remove = "find /scratch -mindepth 1 -delete";
    await run("redis:8", { volumes: { "/scratch": temporary } }, ...remove.split(" "));
    rmSync(temporary, { recursive: true });
}

interface CommandResult {
    code: number;
    stdout: string;
    /** stdout followed by stderr. */
    output: string;
}

/** Runs the docker CLI. Does not throw if it fails. */
export function tryDocker(...args: string[]): Promise<CommandResult> {
    return new Promise((resolve) => {
        execFile("docker", args, (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), output: stdout + stderr });
        });
    });
}

export async function docker(...args: string[]): Promise<string> {
    const { code, stdout, output } = await tryDocker(...args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}\n${output}`);
    return stdout;
}

interface Options {
    env?: Record<string, string>;
    /** A port of the container to publish on a free port of 127.0.0.1. */
    port?: number;
    user?: number;
    /** Maps paths in the container to files or directories of the host. */
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

export const exitCode = (container: string) =>
    docker("inspect", "--format", "{{.State.ExitCode}}", container);

export const publishedPort = async (container: string, port: number) =>
    Number((await docker("port", container, `${port}/tcp`)).replace(/^.*:/, ""));

export function directory(name: string, owner?: number): string {
    const path = join(temporary, name);
    mkdirSync(path);
    if (owner !== undefined) chownSync(path, owner, -1);
    return path;
}

/** Waits until a command in the container succeeds. Throws with the last log lines if the container exits. */
export async function waitUntilReady(container: string, ...command: string[]): Promise<void> {
    const deadline = Date.now() + 600_000;
    while ((await tryDocker("exec", container, ...command)).code !== 0) {
        const running = await docker("inspect", "--format", "{{.State.Running}}", container);
        if (running !== "true" || Date.now() > deadline) {
            const { output } = await tryDocker("logs", "--tail", "20", container);
            throw new Error(`not ready: ${command.join(" ")}\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}
