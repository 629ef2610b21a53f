/** Runs scripts on another machine through the system's ssh, which passes them on standard input. */
import { spawn, spawnSync } from "node:child_process";
import { shellQuote } from "../../components/shared/scripts.ts";
import { CommandError } from "../exit-codes.ts";
import { sshArguments } from "../ssh.ts";
import type { Destination } from "./destination.ts";

export interface Script {
    /** POSIX sh. */
    body: string;
    args?: string[];
    /** Not secret: they become part of the script. */
    variables?: Record<string, string>;
    withSudo?: boolean;
}

export interface Result {
    code: number;
    /** Standard output and standard error, in order. */
    output: string;
}

/** Exit code of ssh for its own errors. */
const SSH_FAILED = 255;

/**
 * Runs a script on a machine.
 *
 * @param report receives each line that it prints
 * @throws CommandError if the machine cannot be reached
 */
export async function runScript(
    { name, address }: Destination,
    { body, args = [], variables = {}, withSudo = false }: Script,
    report: (line: string) => void = () => undefined,
): Promise<Result> {
    const assignments = Object.entries(variables).map(([key, value]) => `${key}=${shellQuote(value)}\n`);
    const command = [...(withSudo ? ["sudo", "-n"] : []), "sh", "-s", "--", ...args];
    const child = spawn("ssh", [...sshArguments(address), command.map(shellQuote).join(" ")], {
        stdio: "pipe",
    });
    let [output, errors] = ["", ""];
    const receive = (chunk: string) => {
        output += chunk;
        const line = chunk.trimEnd().split("\n").at(-1) ?? "";
        if (line !== "") report(line);
    };
    child.stdout.setEncoding("utf8").on("data", receive);
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        errors += chunk;
        receive(chunk);
    });
    child.stdin.on("error", () => {
        // ssh has ended; its output says why.
    });
    child.stdin.end(assignments.join("") + body);
    const code = await new Promise<number>((resolve, reject) => {
        child.on("error", reject).on("close", (exitCode) => {
            resolve(exitCode ?? SSH_FAILED);
        });
    }).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        throw new CommandError("The ssh command is not installed", "Install the client of OpenSSH.");
    });
    if (code === SSH_FAILED) throw connectionError(name, errors);
    return { code, output };
}

/** Makes the next script log in again: a user gets new groups at login. */
export function endSharedConnection({ address }: Destination): void {
    spawnSync("ssh", ["-O", "stop", ...sshArguments(address)], { stdio: "ignore" });
}

/** Turns an error of ssh into a message and a remedy. */
export function connectionError(name: string, stderr: string): CommandError {
    const reason = stderr.trim().split("\n").at(-1) ?? "";
    const remedies: [RegExp, string, string][] = [
        [
            /REMOTE HOST IDENTIFICATION HAS CHANGED/,
            `The host key of ${name} is not the one that ssh knows`,
            "If the machine was installed again, remove the old key: `ssh-keygen -R <host>`. Otherwise somebody may intercept the connection.",
        ],
        [
            /Host key verification failed/,
            `ssh does not know the host key of ${name}`,
            `Run \`ssh ${sshWords(name)}\` once, compare the key with the one that your provider shows, and confirm it.`,
        ],
        [
            /Permission denied|Too many authentication failures/,
            `${name} does not accept your ssh key`,
            `Check the user, or add your key: \`ssh-copy-id ${sshWords(name)}\`. ssh says: ${reason}`,
        ],
        [
            /Could not resolve hostname/,
            `The host name of ${name} is unknown`,
            "Check its spelling and its DNS record.",
        ],
        [
            /timed out|refused|No route to host|unreachable/,
            `${name} does not answer`,
            `Check that the machine is running, and that its firewall allows ssh. ssh says: ${reason}`,
        ],
    ];
    const [, message, remedy] = remedies.find(([pattern]) => pattern.test(stderr)) ?? [
        undefined,
        `ssh to ${name} failed: ${reason}`,
        `Check that \`ssh ${sshWords(name)}\` works.`,
    ];
    return new CommandError(message, remedy);
}

/** `user@host:22` as arguments of ssh. */
function sshWords(name: string): string {
    const [, host = name, port] = /^(.*[^:]):(\d+)$/.exec(name) ?? [];
    const plain = host.replace(/[[\]]/g, "");
    return port === undefined ? plain : `-p ${port} ${plain}`;
}
