import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Connection, Task, type TaskArgs } from "../../../components/index.ts";
import { COMMAND, GENERATED, run } from "../../../testing/index.ts";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

/** The Command of a task called `seed`, in the project `shop` and its stack `dev`. */
async function taskCommand(args: Partial<TaskArgs> = {}, opts?: () => pulumi.ComponentResourceOptions) {
    const program = () => ({
        stdout: new Task("seed", { image: "x:1", command: ["bin/seed"], ...args }, opts?.()).stdout,
    });
    const { one } = await run(program);
    return one(COMMAND, "seed-run").inputs as {
        create: string;
        interpreter: [string, ...string[]];
        stdin: string;
        environment: Record<string, string>;
    };
}

interface FakeDocker {
    /** Shell code that handles a call before the default answers do. */
    behaviour?: string;
    /** IDs of the containers that an earlier run left. */
    leftovers?: string[];
    /** Content of the docker command's config.json. */
    config?: string;
    /** Shell code of the sleep command. */
    sleep?: string;
    opts?: () => pulumi.ComponentResourceOptions;
}

describe("task.sh", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-task-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    /** Runs a task's script with a docker command that records its calls and names the container that it creates `1d`. */
    async function runScript(args: Partial<TaskArgs>, fake: FakeDocker = {}) {
        const { behaviour = "", leftovers = [], config = "{}", sleep, opts } = fake;
        const { create, interpreter, stdin, environment } = await taskCommand(args, opts);
        const home = mkdtempSync(join(directory, "home-"));
        const log = join(home, "log");
        const record = `{ printf '[%s]' "$@"; echo " A=$A B=$B config=$DOCKER_CONFIG host=$DOCKER_HOST"; } >>${log}`;
        const answers = `case $1 in create) echo 1d ;; ps) echo '${leftovers.join("\n")}' ;; esac`;
        writeFileSync(join(home, "docker"), `#!/bin/sh\n${record}\n${behaviour}\n${answers}\n`, {
            mode: 0o755,
        });
        if (sleep !== undefined) writeFileSync(join(home, "sleep"), `#!/bin/sh\n${sleep}\n`, { mode: 0o755 });
        mkdirSync(join(home, ".docker"));
        writeFileSync(join(home, ".docker/config.json"), config);
        const [file, ...words] = interpreter;
        // The provider appends the Command's `create`.
        const { status, stdout, stderr } = spawnSync(file, [...words, create], {
            input: stdin,
            encoding: "utf8",
            env: { PATH: `${home}:${process.env.PATH ?? ""}`, HOME: home, ...environment },
        });
        const calls = readFileSync(log, "utf8");
        return {
            status,
            stdout,
            stderr,
            home,
            /** All calls, with the values of the variables A, B, DOCKER_CONFIG and DOCKER_HOST. */
            calls,
            /** Arguments of each call: `[start][--attach][1d]`. */
            commands: calls
                .trim()
                .split("\n")
                .map((call) => call.replace(/ A=.*/s, "")),
        };
    }

    const LIST =
        "[ps][--all][--quiet][--no-trunc][--filter][label=drydock.project=shop][--filter][label=drydock.stack=dev]" +
        "[--filter][label=drydock.component=seed][--filter][label=drydock.task=seed]";
    const CREATE =
        "[create][--name][shop.dev.seed.task][--label][drydock.project=shop][--label][drydock.stack=dev]" +
        "[--label][drydock.component=seed][--label][drydock.task=seed]";
    const CONFINED =
        "[--security-opt][no-new-privileges][--cap-drop][ALL][--cap-add][CHOWN][--cap-add][DAC_OVERRIDE]" +
        "[--cap-add][FOWNER][--cap-add][KILL][--cap-add][NET_BIND_SERVICE][--cap-add][SETGID]" +
        "[--cap-add][SETPCAP][--cap-add][SETUID]";
    const REMOVE = "[rm][--force][--volumes][1d]";

    test("creates a container, connects its networks, runs it in the foreground, and removes it", async () => {
        const links = { database: db, outside: { ...db, host: "host.docker.internal", network: "net-2" } };
        const { status, commands } = await runScript({ links, networks: ["net-3"], user: "1000:1000" });
        expect(status).toBe(0);
        expect(commands).toEqual([
            LIST,
            `${CREATE}[--user][1000:1000]${CONFINED}[--add-host][host.docker.internal:host-gateway]` +
                `[--env][DATABASE_URL][--env][OUTSIDE_URL][${GENERATED.image}][bin/seed]`,
            "[network][connect][net-1][1d]",
            "[network][connect][net-2][1d]",
            "[network][connect][net-3][1d]",
            "[network][disconnect][bridge][1d]",
            "[start][--attach][1d]",
            REMOVE,
        ]);
    });

    test("adds no option that is not set", async () => {
        const { commands } = await runScript({});
        expect(commands).toEqual([
            LIST,
            `${CREATE}${CONFINED}[${GENERATED.image}][bin/seed]`,
            "[start][--attach][1d]",
            REMOVE,
        ]);
    });

    /** A container that runs until it is stopped. */
    const untilStopped = `case $1 in
        start) until [ -e "$HOME/stopped" ]; do /bin/sleep 0.01; done; exit 143 ;;
        container) echo true ;;
        stop) touch "$HOME/stopped" ;;
    esac`;

    test("stops the container after the timeout, and fails", async () => {
        const { status, stderr, commands } = await runScript(
            { timeout: 30 },
            { behaviour: untilStopped, sleep: "echo $* >>$HOME/slept" },
        );
        expect(status).toBe(124);
        expect(stderr).toBe("The task did not end within its timeout of 30 s and was stopped.\n");
        // Here the timeout may end before `docker start` has begun.
        expect(commands).toContain("[stop][1d]");
        expect(commands.at(-1)).toBe(REMOVE);
    });

    test("ends the wait for the timeout when the task ends, and returns its exit code", async () => {
        const behaviour = `[ $1 != start ] || { until [ -s "$HOME/slept" ]; do /bin/sleep 0.01; done; echo done; exit 7; }`;
        const { status, stdout, stderr, commands, home } = await runScript(
            { timeout: 30 },
            { behaviour, sleep: 'echo $$ $* >"$HOME/slept"; exec /bin/sleep 100' },
        );
        expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: "", stderr: "done\n" });
        expect(commands.slice(-2)).toEqual(["[start][--attach][1d]", REMOVE]);
        const [pid = "", seconds] = readFileSync(join(home, "slept"), "utf8").trim().split(" ");
        expect(seconds).toBe("30");
        expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
    });

    test("adds only the given capabilities, and mounts volumes and host directories", async () => {
        const { commands } = await runScript({
            capabilities: ["CHOWN"],
            mounts: [
                { path: "/data", volume: "backup" },
                { path: "/src", hostPath: "/home/me/my src", readOnly: true },
            ],
        });
        expect(commands[1]).toContain(
            "[--cap-drop][ALL][--cap-add][CHOWN]" +
                "[--mount][type=volume,source=shop.dev.seed.backup,target=/data]" +
                `[--mount][type=bind,source=/home/me/my src,target=/src,readonly][${GENERATED.image}]`,
        );
    });

    test("uses the provider's Docker Engine in every call", async () => {
        const opts = () => ({ provider: new docker.Provider("big", { host: "ssh://me@big" }) });
        const { calls } = await runScript({ image: "sha256:1", networks: ["net-1"] }, { opts });
        const hosts = calls
            .trim()
            .split("\n")
            .map((call) => call.replace(/.* host=/, ""));
        expect(hosts).toEqual(Array(6).fill("ssh://me@big"));
    });

    test("removes containers that an interrupted run left", async () => {
        const { status, commands } = await runScript({}, { leftovers: ["old1", "old2"] });
        expect(status).toBe(0);
        expect(commands.slice(0, 3)).toEqual([
            LIST,
            "[rm][--force][--volumes][old1]",
            "[rm][--force][--volumes][old2]",
        ]);
        expect(commands.at(-1)).toBe(REMOVE);
    });

    test("names the owner of another container with the same name, and leaves that alone", async () => {
        const behaviour = `case "$1 $2" in
            "create --name") echo "Conflict." >&2; exit 125 ;;
            "container inspect") echo "ID 12, of project other"; exit ;;
        esac`;
        const { status, stderr, commands } = await runScript({}, { behaviour });
        expect(status).toBe(125);
        expect(stderr).toBe(
            "Conflict.\nThe task needs the container name shop.dev.seed.task, which another container has (ID 12, of project other): rename that one, or the task.\n",
        );
        expect(commands.join()).not.toContain("[rm]");
    });

    test("clears the proxies of the docker command's config.json, except those that are set", async () => {
        const config = '{"proxies": {"default": {"httpProxy": "http://proxy:3128"}}}';
        const { commands } = await runScript({ env: { HTTP_PROXY: "x" } }, { config });
        for (const proxy of ["http_proxy", "HTTPS_PROXY", "no_proxy", "ALL_PROXY"])
            expect(commands[1]).toContain(`[--env][${proxy}=]`);
        expect(commands[1]).not.toContain("[HTTP_PROXY=]");
        expect(commands[1]).toContain("[--env][HTTP_PROXY]");
    });

    test("leaves proxies alone if config.json has none", async () => {
        expect((await runScript({})).commands[1]).not.toMatch(/proxy/i);
    });

    test.each(["it's", "a b", "$(id)", '"', "*", "", "-x", "\\", "a\nb", "--"])(
        "passes the argument %j on unchanged",
        async (word) => {
            const { calls } = await runScript({ command: ["sh", word, "end"] });
            expect(calls).toContain(`[${GENERATED.image}][sh][${word}][end] A=`);
        },
    );

    test("passes variables of any value, and only to `docker create`", async () => {
        const { calls, commands } = await runScript({ env: { A: "it's $HOME\n2", B: "b" } });
        expect(commands[0]).toBe(LIST);
        expect(calls).toMatch(/^\[ps\].* A= B= /);
        expect(calls).toContain(`[--env][A][--env][B][${GENERATED.image}][bin/seed] A=it's $HOME\n2 B=b `);
        expect(calls).toMatch(/\[start\]\[--attach\]\[1d\] A= B= /);
    });

    test.each(["PATH", "IFS", "docker", "name", "index", "TASK_VARIABLES", "newline"])(
        "passes a variable called %s to the container without using it",
        async (variable) => {
            const { status, commands } = await runScript({ env: { [variable]: "/own", A: "1" } });
            expect(status).toBe(0);
            expect(commands[1]).toContain(`[--env][${variable}]`);
            expect(commands.at(-1)).toBe(REMOVE);
        },
    );

    test("passes variables with names that a shell cannot set in a file", async () => {
        const behaviour = 'if [ "$1" = create ]; then cat >"$HOME/variables"; fi';
        const env = { A: "1", "discovery.type": "single node", "a-b": "$c'" };
        const { commands, home, calls } = await runScript({ env }, { behaviour });
        expect(commands[1]).toContain("[create]");
        expect(commands[1]).toContain("[--env-file][/dev/stdin]");
        expect(calls).toMatch(/\[--env\]\[A\]\[\w.* A=1 /);
        expect(readFileSync(join(home, "variables"), "utf8")).toBe("a-b=$c'\ndiscovery.type=single node\n");
        expect(commands.join()).not.toContain("single node");
    });

    test("copies files into the container before it starts", async () => {
        const behaviour = 'if [ "$1" = cp ]; then cat >"$HOME/files.tar"; fi';
        const files = {
            "/etc/key": { content: pulumi.secret("hunter2"), mode: "0400", owner: 7, group: 8 },
            "/etc/long": { content: "x".repeat(300_000) },
            "/etc/empty": { content: "" },
        };
        const { commands, home, calls } = await runScript({ files, networks: ["net-1"] }, { behaviour });
        expect(commands.slice(2)).toEqual([
            "[network][connect][net-1][1d]",
            "[cp][-][1d:/]",
            "[network][disconnect][bridge][1d]",
            "[start][--attach][1d]",
            REMOVE,
        ]);
        expect(calls).not.toContain("hunter2");
        const tar = (...options: string[]) =>
            spawnSync("tar", options, { encoding: "utf8", cwd: home }).stdout;
        expect(
            tar("-tvf", "files.tar", "--numeric-owner", "--utc").replace(/ +/g, " ").trim().split("\n"),
        ).toEqual([
            "-rw-r--r-- 0/0 0 1970-01-01 00:00 etc/empty",
            "-r-------- 7/8 7 1970-01-01 00:00 etc/key",
            "-rw-r--r-- 0/0 300000 1970-01-01 00:00 etc/long",
        ]);
        expect(tar("-xOf", "files.tar", "etc/key")).toBe("hunter2");
        expect(tar("-xOf", "files.tar", "etc/long")).toBe("x".repeat(300_000));
    });

    test("runs nothing if a file cannot be copied", async () => {
        const behaviour = 'if [ "$1" = cp ]; then echo refused >&2; exit 3; fi';
        const files = { "/f": { content: "x" } };
        const { status, commands } = await runScript({ files }, { behaviour });
        expect(status).toBe(3);
        expect(commands.join()).not.toContain("[start]");
        expect(commands.at(-1)).toBe(REMOVE);
    });

    test("keeps the docker command's own settings if a variable is called HOME", async () => {
        const { calls, home } = await runScript({ env: { HOME: "/rails" } });
        const create = calls.split("\n").find((call) => call.startsWith("[create]"));
        expect(create).toContain(`config=${home}/.docker`);
    });

    test("adds the default user to Redis URLs, without which redis-cli is refused", async () => {
        const env = { A: "redis://default:p%40w@cache:6379", B: "rediss://:pw@cache:6379" };
        const { calls } = await runScript({ env });
        expect(calls).toContain(" A=redis://default:p%40w@cache:6379 B=rediss://:pw@cache:6379 ");
    });

    test("gives the container no standard input", async () => {
        const { stdout } = await runScript({}, { behaviour: 'if [ "$1" = start ]; then cat; fi' });
        expect(stdout).toBe("");
    });

    test.each([1, 2])(
        "returns the exit code of the container, shows its output on stream %s, and removes it",
        async (stream) => {
            const behaviour = `[ $1 != start ] || { echo "no such table" >&${stream}; exit 7; }`;
            const { status, stdout, stderr, commands } = await runScript({}, { behaviour });
            expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: "", stderr: "no such table\n" });
            expect(commands.at(-1)).toBe(REMOVE);
        },
    );

    test("prints output in short lines and in UTF-8, as the provider requires", async () => {
        const behaviour = `[ $1 != start ] || { node -e 'console.log("é".repeat(50000))'; printf 'a\\377b'; }`;
        const { status, stdout, stderr } = await runScript({}, { behaviour });
        expect(status).toBe(0);
        expect(stdout).toBe(`${"é".repeat(50_000)}\na\ufffdb`);
        const lines = [16_000, 16_000, 16_000, 2000].map((length) => `${"é".repeat(length)}\n`);
        expect(stderr).toBe(`${lines.join("")}a\ufffdb`);
    });

    test("exits with an error if the docker command is killed", async () => {
        const { status, commands } = await runScript({}, { behaviour: "[ $1 != start ] || kill -9 $$" });
        expect(status).toBe(1);
        expect(commands.at(-1)).toBe(REMOVE);
    });

    test.each(["create", "network"])("runs nothing if `docker %s` fails", async (step) => {
        const behaviour = `if [ "$1" = ${step} ]; then echo refused >&2; exit 3; fi`;
        const { status, stderr, commands } = await runScript({ networks: ["a1", "b1"] }, { behaviour });
        expect(status).toBe(3);
        expect(stderr).toContain("refused");
        expect(commands.join()).not.toContain("[start]");
        expect(commands.filter((command) => command.includes("[rm]"))).toEqual(
            step === "create" ? [] : [REMOVE],
        );
    });

    test("names the remedy if there is no docker command", async () => {
        const [file, ...words] = (await taskCommand()).interpreter;
        const path = mkdtempSync(join(directory, "no-docker-"));
        symlinkSync("/usr/bin/env", join(path, "env"));
        const { status, stderr } = spawnSync(file, words, { encoding: "utf8", env: { PATH: path } });
        expect(status).toBe(1);
        expect(stderr).toBe("the docker command is not on PATH: install it\n");
    });
});
