import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Sandbox } from "../../sandbox.ts";
import type { Result } from "../capture-output.ts";
import { runMain } from "../run-main.ts";

/** Programs that every Debian has. */
const TOOLS =
    "awk base64 bash cat chmod chown cp df dirname find grep head install mkdir mktemp mv readlink rm sed sh sleep tail test touch tr true uname";

/** Files in the root directory of a machine on which nothing is installed. */
const FILES: Record<string, string> = {
    "etc/os-release": 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    "etc/apt/sources.list.d/debian.sources": "",
    "etc/apt/apt.conf.d/01autoremove": "",
    "proc/net/tcp":
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
    "proc/meminfo": "MemTotal:        2097152 kB\nSwapTotal:       0 kB\n",
    "run/systemd/system/x": "",
    "var/lib/x": "",
};

/**
 * A machine behind a fake ssh, which runs scripts on this machine, with a root directory of its own and fake programs.
 * The fake apt-get installs Docker, which runs while the file `up` exists in the root directory.
 */
export class FakeServer {
    readonly sandbox = new Sandbox();
    readonly root = join(this.sandbox.dir, "machine");
    readonly #tools = join(this.sandbox.dir, "tools");

    constructor() {
        for (const [file, text] of Object.entries(FILES)) this.write(file, text);
        mkdirSync(this.#tools);
        for (const tool of TOOLS.split(" ")) {
            const path = ["/usr/bin", "/bin"]
                .map((each) => join(each, tool))
                .find((each) => existsSync(each));
            symlinkSync(path ?? "", join(this.#tools, tool));
        }
        const programs: Record<string, string> = {
            ssh: `case "$*" in -G* | *"-O stop"*) exit ;; esac\nexec sh -c "\${@: -1}"`,
            id: "case $1 in -u) echo 1000 ;; -un) echo deploy ;; -nG) cat $ROOT/groups 2>/dev/null ;; esac",
            sudo: 'shift; AS_ROOT=yes exec "$@"',
            dpkg: "[ $1 != --print-architecture ] || echo amd64",
            "apt-config": "cat $ROOT/etc/apt/apt.conf.d/*",
            "apt-cache":
                'case "$*" in *docker-c[el]*) echo "  Candidate: $(cat $ROOT/$2 2>/dev/null || echo "(none)")" ;; esac',
            "apt-get": `case "$*" in
                update) [ ! -e $ROOT/etc/apt/sources.list.d/drydock-docker.sources ] || [ -e $ROOT/no-docker-ce ] || echo 28.1.0 >$ROOT/docker-ce ;;
                *docker-c[el]* | *docker.io*) install $ROOT/dockerd $ROOT/docker ${this.sandbox.dir}/bin ;;
                *unattended-upgrades*) install $ROOT/dockerd ${this.sandbox.dir}/bin/unattended-upgrade ;;
            esac`,
            usermod: "echo docker >$ROOT/groups",
            systemctl: `case $1 in
                is-enabled) cat $ROOT/enabled 2>/dev/null ;;
                enable) echo enabled >$ROOT/enabled; touch $ROOT/up $ROOT/var/run/docker.pid ;;
                restart) touch $ROOT/up $ROOT/var/run/docker.pid ;;
            esac`,
            timeout: `shift; [ -e $ROOT/online ] || { echo "  Could not resolve 'download.docker.com'"; exit 100; }; touch "\${@: -1}"`,
        };
        for (const [name, script] of Object.entries(programs)) this.sandbox.program(name, script);
        mkdirSync(join(this.root, "var/run"));
        this.write(
            "dockerd",
            "#!/bin/sh\ncase $1 in --help) echo --validate ;; --validate) ! grep -q refused $3 ;; esac\n",
        );
        this.write(
            "docker",
            `#!/bin/sh
            case $1 in
                --version) echo Docker version 28.1.0; exit ;;
            esac
            [ -e $ROOT/up ] || exit 1
            [ -n "$AS_ROOT" ] || grep -q docker $ROOT/groups 2>/dev/null || exit 1
            case $1 in
                version) echo 28.1.0 ;;
                ps) case "$*" in *publish=443) cat $ROOT/published 2>/dev/null ;; esac ;;
                info) [ ! -e $ROOT/partial-info ] || { echo "false 0 "; exit; }; echo "$(cat $ROOT/live-restore 2>/dev/null || echo false) $(cat $ROOT/running 2>/dev/null || echo 0) /var/lib/docker" ;;
            esac\n`,
        );
    }

    /** Writes a file in the root directory. */
    write(file: string, text: string): void {
        this.sandbox.write(`machine/${file}`, text);
    }

    read(file: string): string {
        return readFileSync(join(this.root, file), "utf8");
    }

    has(file: string): boolean {
        return existsSync(join(this.root, file));
    }

    /** Installs Docker, and starts it. */
    installDocker(): void {
        this.write("etc/docker/x", "");
        this.sandbox.run(`install ${this.root}/docker ${this.root}/dockerd bin`);
        this.write("enabled", "enabled");
        this.write("groups", "docker");
        this.write("up", "");
        this.write("var/run/docker.pid", "1");
    }

    /** Runs `drydock server <line>` on this machine. */
    async drydock(line: string): Promise<Pick<Result, "code" | "output">> {
        const { env } = process;
        const path = [join(this.sandbox.dir, "bin"), this.#tools].join(delimiter);
        process.env = { PATH: path, HOME: this.sandbox.dir, ROOT: this.root, DRYDOCK_TEST_ROOT: this.root };
        try {
            const { code, output } = await runMain(this.sandbox.dir, ["server", ...line.split(" ")]);
            return { code, output };
        } finally {
            process.env = env;
        }
    }

    /** Calls since the last time that change something. */
    changes(): string[] {
        const changing = /^(apt-get|usermod|dpkg --configure|systemctl (?!is-enabled)|service|update-rc\.d)/;
        return this.sandbox.calls().filter((call) => changing.test(call));
    }

    dispose(): void {
        this.sandbox.dispose();
    }
}
