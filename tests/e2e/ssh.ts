import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** An `ssh` with a configuration and a key of its own, in a directory for the PATH. */
export class SshClient {
    readonly directory = mkdtempSync(join(tmpdir(), "drydock-test-ssh-"));
    readonly path = `${this.directory}:${process.env.PATH ?? ""}`;

    constructor() {
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(this.directory, "key"));
        this.configure(`Host *
            IdentityFile ${this.directory}/key
            IdentitiesOnly yes
            StrictHostKeyChecking no
            UserKnownHostsFile /dev/null
            LogLevel ERROR`);
        const ssh = run("sh", "-c", "command -v ssh");
        writeFileSync(
            join(this.directory, "ssh"),
            `#!/bin/sh\nexec ${ssh} -F ${this.directory}/config "$@"\n`,
        );
        chmodSync(join(this.directory, "ssh"), 0o755);
    }

    /** Adds lines to its configuration, which ~/.ssh/config would be otherwise. */
    configure(lines: string): void {
        appendFileSync(join(this.directory, "config"), `${lines}\n`);
    }

    /** Starts an ssh server in a container, which lets this client in as root, and logs to /var/log/sshd. */
    admitTo(container: string): void {
        const key = readFileSync(join(this.directory, "key.pub"), "utf8");
        const script = `mkdir -p -m 700 /root/.ssh /run/sshd; echo "$1" >/root/.ssh/authorized_keys
            touch /var/log/sshd; exec /usr/sbin/sshd -E /var/log/sshd`;
        run("docker", "exec", container, "sh", "-c", script, "sh", key);
    }

    dispose(): void {
        rmSync(this.directory, { recursive: true });
    }
}

/** A machine for `ssh://`: a container whose docker command reaches the Docker Engine of this machine. */
export class SshMachine {
    readonly client = new SshClient();
    readonly #container = `drydock-test-ssh-${process.pid}`;

    constructor() {
        const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => ["--build-arg", name]);
        const image = "drydock/node";
        run(
            "docker",
            "build",
            "--tag",
            image,
            "--network",
            "host",
            ...proxies,
            join(ROOT, "cli/cluster/node"),
        );
        const socket = ["--volume", "/var/run/docker.sock:/var/run/docker.sock"];
        const options = ["--detach", "--init", "--name", this.#container, "--publish", "127.0.0.1::22"];
        run("docker", "run", ...options, ...socket, "--entrypoint", "sleep", image, "infinity");
        this.client.admitTo(this.#container);
    }

    /** For `docker:host`. */
    get address(): string {
        const [published = ""] = run("docker", "port", this.#container, "22/tcp").split("\n");
        return `ssh://root@${published}`;
    }

    /** How many ssh connections were opened so far. */
    connections(): number {
        const log = run("docker", "exec", this.#container, "cat", "/var/log/sshd");
        return log.split("Accepted publickey").length - 1;
    }

    dispose(): void {
        run("docker", "rm", "--force", "--volumes", this.#container);
        this.client.dispose();
    }
}
