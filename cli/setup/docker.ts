/** Provides a Docker Engine on this machine: the one that answers, one that is installed, or the distribution's. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../exit-codes.ts";
import { progress } from "../output.ts";
import { engineInfo, type Environment, isLocal } from "../docker-environment.ts";
import { askToConfirm, isInteractive } from "../ask.ts";
import { cacheDirectory, isOnPath } from "./path.ts";

/** How long to wait until a Docker Engine that was started answers, in seconds. */
const START_TIMEOUT = 60;

/** Since Debian 13, the docker command has a package of its own, which older releases lack. */
const PACKAGES = ["docker.io", "?exact-name(docker-cli)", "?exact-name(docker-buildx)"];

/** Facts about a machine that decide how to get Docker. */
export interface Machine {
    platform: NodeJS.Platform;
    isRoot: boolean;
    has: (program: string) => boolean;
    /** Whether macOS has an application of this name. */
    hasApplication: (name: string) => boolean;
}

const THIS_MACHINE: Machine = {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    // The PATH of a user may lack the programs of root.
    has: (program) => isOnPath(program) || existsSync(`/usr/sbin/${program}`),
    hasApplication: (name) => existsSync(`/Applications/${name}.app`),
};

/** What has to be done before a Docker Engine of this machine answers, and who can do it. */
export type Step = { kind: "start" | "install" } | { kind: "instruct"; message: string; remedy: string };

/** The next step on a machine where no Docker Engine answers. */
export function nextStep({ platform, isRoot, has, hasApplication }: Machine): Step {
    const instruct = (message: string, remedy: string): Step => ({ kind: "instruct", message, remedy });
    if (platform === "darwin") {
        const applications: [string, string, boolean][] = [
            ["Docker Desktop", "open -a Docker", hasApplication("Docker")],
            ["OrbStack", "open -a OrbStack", hasApplication("OrbStack")],
            ["colima", "colima start", has("colima")],
        ];
        const starts = applications.filter(([, , installed]) => installed);
        if (starts.length > 0)
            return instruct(
                "No Docker Engine answers",
                `Start ${starts.map(([name, command]) => `${name} (\`${command}\`)`).join(" or ")}, and try again.`,
            );
        return instruct(
            "Docker is not installed",
            "Install Docker Desktop (https://docs.docker.com/desktop), OrbStack (https://orbstack.dev) or colima " +
                "(`brew install colima docker && colima start`), and try again.",
        );
    }
    if (has("docker") && has("dockerd"))
        return isRoot
            ? { kind: "start" }
            : instruct(
                  "Docker is installed, but does not answer",
                  "Start it: `sudo systemctl start docker`. If it is running, add your user to the group docker, and log in again.",
              );
    if (!has("apt-get"))
        return instruct(
            "Docker is not installed",
            "Install Docker Engine (https://docs.docker.com/engine/install), and try again.",
        );
    return isRoot
        ? { kind: "install" }
        : instruct(
              "Docker is not installed",
              `Install it: \`sudo apt-get install ${PACKAGES.map(quoted).join(" ")} && sudo usermod -aG docker $USER\`. Then log in again.`,
          );
}

function quoted(word: string): string {
    return /^[\w.-]+$/.test(word) ? word : `"${word}"`;
}

/**
 * Makes the Docker Engine of this machine answer, if the environment refers to it.
 *
 * @param yes whether to install it without asking
 * @throws CommandError that says what to do
 */
export async function provideDocker(env: Environment, yes: boolean): Promise<void> {
    const usesThisMachine = isLocal(env) && !env.DOCKER_HOST && !process.env.DOCKER_HOST;
    if (!usesThisMachine && isOnPath("docker")) return;
    const answers = () =>
        engineInfo(env).then(
            () => true,
            () => false,
        );
    if (await answers()) return;
    const step = nextStep(THIS_MACHINE);
    if (step.kind === "instruct") throw new CommandError(step.message, step.remedy);
    if (step.kind === "install") {
        await confirmInstallation(yes);
        install();
        // A remote engine only needs the docker command. The repair reports why it does not answer.
        if (!usesThisMachine || (await answers())) return;
    }
    await start(answers);
}

/**
 * The remedy if no Docker Engine of this machine answers.
 *
 * @param option see `Stack`
 */
export function dockerRemedy(option: string): string {
    const step = nextStep(THIS_MACHINE);
    const remedy = step.kind === "instruct" ? step.remedy : `\`drydock up${option}\` ${step.kind}s it.`;
    return `${remedy} If Docker runs elsewhere, set docker:host in the stack's configuration, or DOCKER_HOST.`;
}

async function confirmInstallation(yes: boolean): Promise<void> {
    if (yes) return;
    const command = `apt-get install ${PACKAGES.map(quoted).join(" ")}`;
    if (isInteractive() && (await askToConfirm(`Docker is not installed. Run ${command}?`))) return;
    throw new CommandError(
        "Docker is not installed",
        `Run \`${command}\`, or pass --yes to let Drydock do it.`,
    );
}

function install(): void {
    progress("Installing Docker Engine with apt-get");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "--yes", "--no-install-recommends", ...PACKAGES]]) {
        const { status } = spawnSync("apt-get", args, { env, stdio: ["ignore", 2, 2] });
        if (status !== 0)
            throw new CommandError(
                `apt-get ${args[0] ?? ""} failed`,
                "Fix the error above, or install Docker Engine: https://docs.docker.com/engine/install",
            );
    }
}

async function start(answers: () => Promise<boolean>): Promise<void> {
    progress("Starting Docker Engine");
    const log = join(cacheDirectory(), "dockerd.log");
    const usesSystemd = existsSync("/run/systemd/system");
    if (usesSystemd) spawnSync("systemctl", ["start", "docker"], { stdio: ["ignore", 2, 2] });
    else startDaemon(log);
    const deadline = Date.now() + START_TIMEOUT * 1000;
    while (Date.now() < deadline) {
        if (await answers()) return;
        await sleep(1000);
    }
    throw new CommandError(
        "Docker Engine was started, but does not answer",
        `Its log says why: ${usesSystemd ? "journalctl --unit docker" : log}`,
    );
}

/** It keeps running after this command has ended. */
function startDaemon(log: string): void {
    mkdirSync(cacheDirectory(), { recursive: true });
    const output = openSync(log, "w");
    const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", output, output] });
    daemon.on("error", () => undefined); // It does not answer, which is reported.
    daemon.unref();
}
