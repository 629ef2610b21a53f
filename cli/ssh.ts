/**
 * Connections to a Docker Engine through the system's own ssh, made as the docker command makes them: by
 * `docker system dial-stdio` on the other machine. All of them, and those of later commands, share one ssh connection
 * (ControlMaster).
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync } from "node:fs";
import { Agent } from "node:http";
import { Duplex } from "node:stream";
import { userInfo } from "node:os";
import { CommandError } from "./exit-codes.ts";

/** How long the shared connection stays after its last use, in seconds. */
const PERSIST = 60;

/** In seconds. */
const CONNECT_TIMEOUT = 15;

/**
 * Arguments of ssh up to the host.
 *
 * @param address `ssh://user@host:port`
 */
export function sshArguments(address: string): string[] {
    const sharing = sharesConnections(address) ? [] : sharingOptions();
    return [...sharing, "-o", `ConnectTimeout=${CONNECT_TIMEOUT}`, ...destinationOf(address)];
}

/** Options that make ssh share one connection to each host. */
export function sharingOptions(): string[] {
    return [
        ...["-o", "ControlMaster=auto"],
        ...["-o", `ControlPath=${createControlDirectory()}/%C`],
        ...["-o", `ControlPersist=${PERSIST}`],
    ];
}

/** Whether the user's own configuration makes ssh share a connection to this host, which the docker command then shares too. */
export function sharesConnections(address: string): boolean {
    const { stdout } = spawnSync("ssh", ["-G", ...destinationOf(address)], { encoding: "utf8" });
    return /^controlmaster (auto|yes|autoask)$/m.test(stdout) && /^controlpath (?!none$)/m.test(stdout);
}

function destinationOf(address: string): string[] {
    const { hostname, port, username } = new URL(address);
    return [
        ...(port === "" ? [] : ["-p", port]),
        ...(username === "" ? [] : ["-l", decodeURIComponent(username)]),
        "--",
        hostname.replace(/^\[|\]$/g, ""), // An IPv6 address has brackets in a URL.
    ];
}

/**
 * Creates the directory for the sockets of shared connections. It is not in the user's temporary directory, whose path is
 * too long for a socket on macOS. Anyone who can open the socket can use the connection.
 */
function createControlDirectory(): string {
    const { uid } = userInfo();
    const directory = `/tmp/drydock-ssh-${uid}`;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stats = lstatSync(directory);
    if (!stats.isDirectory() || stats.uid !== uid || (stats.mode & 0o077) !== 0)
        throw new CommandError(
            `${directory} belongs to another user, or other users have access to it`,
            `Remove it: \`rm -r ${directory}\`.`,
        );
    return directory;
}

/** An agent whose connections end at the Docker Engine of another machine. */
export class SshAgent extends Agent {
    readonly #arguments: string[];

    constructor(address: string) {
        super();
        this.#arguments = [...sshArguments(address), "docker system dial-stdio"];
    }

    override createConnection(): Duplex {
        // Detached, so that Ctrl-C reaches this command and not its connection.
        return new ProcessStream(spawn("ssh", this.#arguments, { stdio: "pipe", detached: true }));
    }
}

/** The standard input and output of a process as one stream. Fails with its standard error. */
class ProcessStream extends Duplex {
    readonly #child: ChildProcessWithoutNullStreams;

    constructor(child: ChildProcessWithoutNullStreams) {
        super({ allowHalfOpen: true });
        this.#child = child;
        let stderr = "";
        child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        child.stdout.on("data", (chunk: Buffer) => {
            if (!this.push(chunk)) child.stdout.pause();
        });
        child.stdin.on("error", () => {
            // The process has ended, and its standard error says why.
        });
        child.on("error", (error) => this.destroy(error));
        // The end of its output alone does not say why ssh has ended.
        child.on("exit", (code) => {
            if (code !== 0 && code !== null)
                child.once("close", () =>
                    this.destroy(new Error(lastLine(stderr) || `ssh: exit code ${code}`)),
                );
            else if (child.stdout.readableEnded) this.push(null);
            else child.stdout.once("end", () => this.push(null));
        });
    }

    override _read(): void {
        this.#child.stdout.resume();
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
        if (this.#child.stdin.write(chunk)) done();
        else this.#child.stdin.once("drain", done);
    }

    override _final(done: (error?: Error | null) => void): void {
        this.#child.stdin.end(done);
    }

    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
        this.#child.kill();
        done(error);
    }

    // Node's HTTP client calls these on a socket.
    setTimeout(): this {
        return this;
    }

    setNoDelay(): this {
        return this;
    }

    setKeepAlive(): this {
        return this;
    }

    ref(): this {
        return this;
    }

    unref(): this {
        return this;
    }
}

function lastLine(text: string): string {
    return text.trim().split("\n").at(-1) ?? "";
}
