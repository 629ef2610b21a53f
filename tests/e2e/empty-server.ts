import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./network.ts";
import { SshClient } from "./ssh.ts";

const run = (command: string, args: string[], input = "") =>
    execFileSync(command, args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] }).trim();

const IMAGE = "drydock/test-server";

/**
 * Containers may not raise the limit of open files, as the init script of Docker does. It also mounts further controllers of
 * cgroups v1, unless /etc/fstab does: the kernel is that of this machine, whose `docker stats` would fail from then on.
 */
const DOCKERFILE = `FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssh-server sudo
RUN useradd --create-home deploy && echo 'deploy ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy
RUN echo 'ulimit() { :; }' >/etc/default/docker && echo 'cgroup /sys/fs/cgroup cgroup noauto 0 0' >>/etc/fstab
CMD ["sh", "-c", "for service in /etc/rc2.d/S*; do $service start; done; exec sleep infinity"]
`;

/** What Docker Engine needs in a container, as cli/cluster/node.ts has it. */
const PRIVILEGES = [
    ...["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"].flatMap((capability) => ["--cap-add", capability]),
    ...["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"].flatMap((option) => [
        "--security-opt",
        option,
    ]),
    ...["--device-cgroup-rule", "a *:* rwm", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup"],
];

/** A Debian with sshd, sudo and nothing else, in a container. It runs its init scripts when it starts. */
export class EmptyServer {
    readonly client = new SshClient();
    readonly #container: string;
    #port = 0;

    constructor(name: string) {
        this.#container = `drydock-test-${name}-${process.pid}`;
    }

    /** @param published port of the machine that this machine reaches on `port` */
    async start(published: number): Promise<{ port: number }> {
        const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => ["--build-arg", name]);
        run("docker", ["build", "--tag", IMAGE, "--network", "host", ...proxies, "-"], DOCKERFILE);
        this.#port = await freePort();
        const port = await freePort();
        run("docker", [
            ...["run", "--detach", "--init", "--name", this.#container, ...PRIVILEGES],
            ...["--tmpfs", "/run", "--volume", "/var/lib/docker"],
            ...["--publish", `127.0.0.1:${this.#port}:22`, "--publish", `127.0.0.1:${port}:${published}`],
            IMAGE,
        ]);
        const key = readFileSync(join(this.client.directory, "key.pub"), "utf8");
        this.shell(
            `mkdir -m 700 ~deploy/.ssh; echo '${key.trim()}' >~deploy/.ssh/authorized_keys; chown -R deploy ~deploy/.ssh`,
        );
        return { port };
    }

    /** `user@host:port` */
    get destination(): string {
        return `deploy@127.0.0.1:${this.#port}`;
    }

    /** Runs a command as root. */
    shell(command: string): string {
        return run("docker", ["exec", this.#container, "sh", "-c", command]);
    }

    /** Ends everything at once, as in a power failure, and starts the machine again. */
    restart(): void {
        run("docker", ["restart", "--time", "0", this.#container]);
    }

    dispose(): void {
        run("docker", ["rm", "--force", "--volumes", this.#container]);
        this.client.dispose();
    }
}
