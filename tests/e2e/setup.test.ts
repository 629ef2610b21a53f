import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clone } from "./clone.ts";

/** A machine without Docker, Node.js, Go or Pulumi: a PATH with basic tools and replacement programs. */
class Machine {
    readonly bin = mkdtempSync(join(tmpdir(), "drydock-bin-"));
    readonly cache = mkdtempSync(join(tmpdir(), "drydock-cache-"));

    constructor(programs: Record<string, string> = {}) {
        const missing = ["docker", "dockerd", "go", "pulumi", "npm", "node"];
        for (const directory of ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].filter((path) =>
            existsSync(path),
        )) {
            for (const name of readdirSync(directory)) {
                const path = join(this.bin, name);
                if (!missing.includes(name) && !existsSync(path)) symlinkSync(join(directory, name), path);
            }
        }
        for (const [name, script] of Object.entries(programs)) {
            rmSync(join(this.bin, name), { force: true });
            writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`);
            chmodSync(join(this.bin, name), 0o755);
        }
    }

    get env() {
        return {
            PATH: this.bin,
            XDG_CACHE_HOME: this.cache,
            HOME: this.cache,
            DOCKER_HOST: undefined,
            DRYDOCK_TOOLCHAIN: "registries",
        };
    }

    dispose() {
        for (const directory of [this.bin, this.cache]) rmSync(directory, { recursive: true, force: true });
    }
}

const user = "echo 1000";
const silent = "exit 1";

describe("setup", () => {
    const clone = new Clone();
    afterAll(() => clone.dispose());
    afterEach(() => {
        clone.linkPackages();
    });

    test.each<{ problem: string; script: string; programs: Record<string, string>; error: string | RegExp }>([
        {
            problem: "no Node.js",
            script: "rm node_modules; toolchain/setup/dependencies.sh",
            programs: {},
            error: "npm is not installed: install Node.js 20 or newer",
        },
        {
            problem: "an old Node.js",
            script: "rm node_modules; toolchain/setup/dependencies.sh",
            programs: { npm: silent, node: "echo v18.19.0" },
            error: "Node.js 18.19.0 is too old: install 20 or newer",
        },
        {
            problem: "an npm registry that does not answer",
            script: "rm node_modules; toolchain/setup/dependencies.sh",
            programs: { npm: "echo ENOTFOUND >&2; exit 1", node: "echo v20.1.0" },
            error: "ENOTFOUND",
        },
        {
            problem: "no Docker and not root",
            script: "toolchain/setup/docker.sh",
            programs: { id: user },
            error: "Docker is not installed, and installing it requires root: run `sudo apt-get install docker.io",
        },
        {
            problem: "a stopped Docker and not root",
            script: "toolchain/setup/docker.sh",
            programs: { id: user, docker: silent, dockerd: silent },
            error: "Docker is installed but does not answer, and starting it requires root",
        },
        {
            problem: "a Docker daemon that does not start",
            script: "toolchain/setup/docker.sh",
            programs: { docker: silent, dockerd: "echo 'failed to mount cgroup'; exit 1" },
            error: "failed to mount cgroup",
        },
        {
            problem: "a Docker daemon that systemd does not start",
            script: "toolchain/setup/docker.sh",
            programs: {
                docker: silent,
                dockerd: silent,
                cat: '[ "$1" = /proc/1/comm ] && echo systemd || exec /bin/cat "$@"',
                systemctl: silent,
                journalctl: "echo 'failed to mount cgroup'",
            },
            error: /failed to mount cgroup\n\n✗ Docker Engine does not start/,
        },
        {
            problem: "a Docker context where nothing answers",
            script: "DOCKER_CONTEXT=far toolchain/setup/docker.sh",
            programs: { docker: '[ "$1" = context ] && echo far' },
            error: "Docker's context is far, but no Docker Engine answers there",
        },
        {
            problem: "a current context that Pulumi's provider ignores",
            script: `echo '{"currentContext": "far"}' >config.json; DOCKER_CONFIG=$PWD toolchain/setup/docker.sh`,
            programs: { docker: 'case "$2" in show) echo far ;; inspect) echo tcp://far:2375 ;; esac' },
            error: "Docker's context is far, which Pulumi's Docker provider ignores: run `export DOCKER_CONTEXT=far`",
        },
        {
            problem: "a DOCKER_HOST where nothing answers",
            script: "DOCKER_HOST=tcp://127.0.0.1:1 toolchain/setup/docker.sh",
            programs: { docker: silent },
            error: "DOCKER_HOST is tcp://127.0.0.1:1, but no Docker Engine answers there",
        },
        {
            problem: "no Go",
            script: "toolchain/setup/pulumi.sh",
            programs: {},
            error: "Go is not installed, and building Pulumi needs it: install Go 1.25.11 or newer",
        },
        {
            problem: "an old Go",
            script: "toolchain/setup/pulumi.sh",
            programs: { go: "echo go1.19.8" },
            error: "Go is too old: Pulumi needs 1.25.11 or newer (https://go.dev/dl), but this is go1.19.8",
        },
        {
            problem: "an old Go that cannot fetch a newer one",
            script: "toolchain/setup/pulumi.sh",
            programs: { go: '[ "$1" = env ] && echo go1.24.4' },
            error: "Go is too old: Pulumi needs 1.25.11 or newer (https://go.dev/dl), but this is go1.24.4",
        },
        {
            problem: "a full disk",
            script: "toolchain/setup/pulumi.sh",
            programs: { go: "echo go1.26.0", df: "echo; echo none 9 9 1048576 99% /" },
            error: /has 1 GiB of free space, and building the Pulumi CLI needs 6/,
        },
        {
            problem: "a directory that is not writable",
            script: "rm -rf .drydock/logs; touch .drydock/logs; toolchain/setup/docker.sh; code=$?; rm .drydock/logs; exit $code",
            programs: { docker: silent, dockerd: silent },
            error: /\.drydock is not writable: if root owns it, run `sudo chown -R \w+ /,
        },
        {
            problem: "a word it does not know",
            script: "DRYDOCK_TOOLCHAIN=offical toolchain/setup/pulumi.sh",
            programs: {},
            error: "DRYDOCK_TOOLCHAIN is offical: use official or registries",
        },
        {
            problem: "official downloads that are out of reach",
            script: "DRYDOCK_TOOLCHAIN=official toolchain/setup/pulumi.sh",
            programs: { timeout: "echo 'fetch failed'; exit 1" },
            error: "Pulumi's downloads are not reachable: set DRYDOCK_TOOLCHAIN=registries",
        },
    ])("names the remedy for $problem", async ({ script, programs, error }) => {
        const machine = new Machine(programs);
        const { code, output } = await clone.run(script, machine.env);
        machine.dispose();
        expect(output).toMatch(error);
        expect({ code, output }).toExitWith(1);
    });

    test("does nothing and prints nothing the second time", async () => {
        const { code, output } = await clone.run("make setup >/dev/null && make setup");
        expect({ code, output }).toEqual({ code: 0, output: "" });
    });

    test.each([
        ["a step", 'sh -c "sleep $0; true"'],
        ["a download", "limit_time 300 sleep $0"],
    ])("ends all processes that it has started when it is interrupted: %s", async (_, command) => {
        const mark = `8${process.pid}`;
        const sleepers = () => clone.shell(`pgrep --full '[s]leep ${mark}$' || true`);
        const slow = command.replace("$0", mark);
        const step = `. toolchain/setup/common.sh; . toolchain/setup/official.sh; slow() { ${slow}; }; step Sleeping slow`;
        // Only the shell of the step receives the signal: it must end what it has started.
        const { ended } = clone.start(
            `bash -c '${step}' & until pgrep --full '[s]leep ${mark}$'; do sleep 0.1; done; kill -TERM $!; wait $!`,
        );
        expect(await ended).toExitWith(130);
        expect(sleepers()).toBe("");
    });

    test("uses a Pulumi on PATH and installed plugins without a download", async () => {
        const machine = new Machine({ pulumi: "echo v3.999.0" });
        const version = (name: string) =>
            clone.shell(`. toolchain/setup/common.sh; . toolchain/setup/versions.sh; ${name}`);
        const plugins = version(
            'for name in $plugin_names; do echo "resource-$name-v$(plugin_version $name)"; done',
        )
            .trim()
            .split("\n");
        for (const plugin of plugins) {
            mkdirSync(join(machine.cache, ".pulumi/plugins", plugin), { recursive: true });
            writeFileSync(join(machine.cache, ".pulumi/plugins", plugin, "binary"), plugin);
        }
        const env = {
            ...machine.env,
            DRYDOCK_TOOLCHAIN: "official",
            https_proxy: "http://127.0.0.1:1",
        };
        expect(await clone.run("toolchain/setup/pulumi.sh", env)).toEqual({ code: 0, output: "" });
        const home = join(machine.cache, "drydock", `official-${version("echo $pulumi_version").trim()}`);
        expect(clone.shell(". ./env; echo $PULUMI_HOME; readlink $(command -v pulumi); node --version")).toBe(
            [home, join(machine.bin, "pulumi"), clone.shell("node_modules/.bin/node --version")].join("\n"),
        );
        for (const plugin of plugins) {
            expect(readFileSync(join(home, "plugins", plugin, "binary"), "utf8")).toBe(plugin);
        }
        // Again, in a shell that has sourced ./env, which puts Pulumi first on PATH.
        expect(await clone.run(". ./env; toolchain/setup/pulumi.sh", env)).toEqual({ code: 0, output: "" });
        expect(clone.shell("readlink .drydock/bin/pulumi").trim()).toBe(join(machine.bin, "pulumi"));
        // A killed download leaves a partial plugin.
        writeFileSync(join(machine.cache, ".pulumi/plugins", `${String(plugins[0])}.partial`), "");
        rmSync(home, { recursive: true });
        const refused = await clone.run("toolchain/setup/pulumi.sh", env);
        machine.dispose();
        clone.linkToolchain();
        expect(refused.output).toContain("Pulumi's downloads are not reachable");
    });

    test("falls back to package registries when the downloads do not respond", async () => {
        const taken: Socket[] = [];
        const silence = createServer((socket) => taken.push(socket));
        await new Promise<void>((listening) => silence.listen(0, "127.0.0.1", listening));
        const { port } = silence.address() as AddressInfo;
        const machine = new Machine();
        rmSync(join(clone.dir, ".drydock/toolchain"));
        const { code, output } = await clone.run("toolchain/setup/pulumi.sh", {
            ...machine.env,
            DRYDOCK_TOOLCHAIN: undefined,
            https_proxy: `http://127.0.0.1:${port}`,
        });
        silence.close();
        for (const socket of taken) socket.destroy();
        machine.dispose();
        clone.linkToolchain();
        expect(output).toContain("Building it from package registries instead");
        expect(output).toContain("Go is not installed");
        expect({ code, output }).toExitWith(1);
        expect(output).not.toContain("Downloading");
    });

    test("the image cache saves images that have a name", async () => {
        const machine = new Machine();
        writeFileSync(
            join(machine.bin, "docker"),
            '#!/bin/sh\n[ "$1" != build ] || exit 0\n[ "$1" != save ] || exec echo "$@"\n[ "$1" != load ] || exec gunzip -c "$3"\nPATH=$OUTER exec docker "$@"\n',
            { mode: 0o755 },
        );
        const env = { ...machine.env, DOCKER_HOST: process.env.DOCKER_HOST, OUTER: process.env.PATH };
        expect(await clone.run(".github/image-cache.sh load", env)).toEqual({ code: 0, output: "" });
        expect(await clone.run(".github/image-cache.sh save", env)).toSucceed();
        const { output } = await clone.run(".github/image-cache.sh load", env);
        machine.dispose();
        expect(output).toMatch(/^save .*\bpostgres:17\b/);
        for (const image of ["debian:trixie-slim", "redis:8"]) expect(output).toContain(image);
        expect(output).not.toContain("<none>");
    });

    test("make clean keeps the files of a running local cluster, and names the remedy", async () => {
        const own = new Clone();
        own.shell("mkdir .drydock/swarm && touch .drydock/swarm/name");
        const { code, output } = await own.run("make clean");
        expect(output).toContain("Run `make swarm-down`");
        expect({ code, output }).toSucceed();
        expect(own.shell("ls -A .drydock")).toBe("swarm\n");
        own.shell("rm -r .drydock/swarm && make clean");
        expect(own.shell("ls -A")).not.toContain(".drydock");
        await own.dispose();
    });

    test("make clean keeps the lock of a killed update", async () => {
        const own = new Clone();
        own.shell(
            "mkdir -p .drydock/state/.pulumi/locks/dev && touch .drydock/state/.pulumi/locks/dev/1.json",
        );
        const { output } = await own.run("make clean");
        expect(output).toContain("Kept .drydock/state");
        expect(own.shell("ls -A .drydock")).toBe("state\n");
        await own.dispose();
    });

    test("./env replaces the state of another clone, and keeps the user's backend", () => {
        const other =
            "mkdir -p .drydock/other/.drydock && cp env .drydock/other && cp .drydock/toolchain .drydock/other/.drydock";
        clone.shell(other);
        const sourced = (before: string) =>
            clone
                .shell(`${before}; (cd .drydock/other; . ./env; cd ../..; . ./env; echo $PULUMI_BACKEND_URL)`)
                .trim();
        const state = `file://${clone.dir}/.drydock/state?metadata=skip`;
        expect(sourced(":")).toBe(state);
        expect(sourced(". ./env; unset PULUMI_BACKEND_URL")).toBe(state);
        expect(sourced("export PULUMI_BACKEND_URL=s3://ours")).toBe("s3://ours");
    });

    test("make without a target prints the targets", async () => {
        const { output } = await clone.run("make");
        for (const target of ["up", "preview", "down", "test", "lint", "clean"]) {
            expect(output).toMatch(new RegExp(`make ${target} +[A-Z]`));
        }
    });
});
