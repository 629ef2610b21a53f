import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, Task, type TaskArgs } from "../../../components/index.ts";
import { USUAL_CAPABILITIES } from "../../../components/web/capabilities.ts";
import { taskDescription, taskScript } from "../../../components/web/task-script.ts";
import { COMMAND, GENERATED, run } from "../../../testing/index.ts";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

const declared = async (args: Partial<TaskArgs> = {}) => {
    const { one } = await run(() => ({
        stdout: new Task("seed", { image: "x:1", command: ["bin/seed"], ...args }).stdout,
    }));
    return one(COMMAND, "seed-run");
};

const TASK = {
    engine: ["--host", "ssh://me@big"],
    setup: "",
    container: "c",
    labels: { "drydock.task": "t" },
    image: "x",
    variables: ["A"],
    redisUrls: [],
    options: ["--user", "u"],
    networks: ["a1", "b1"],
    command: ["s", "a b"],
};

describe("the script of a task", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-task-"));
    afterAll(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs it with a docker that writes down how it was called, and says the ID of what it creates. */
    const runs = async (args: Partial<TaskArgs>, docker = "", config = "{}") => {
        const { create, interpreter, stdin, environment } = (await declared(args)).inputs as {
            create: string;
            interpreter: [string, ...string[]];
            stdin: string;
            environment: object;
        };
        const bin = mkdtempSync(join(folder, "bin-"));
        const log = join(bin, "log");
        const record = `printf '[%s]' "$@" >>${log}; echo " A=$A B=$B config=$DOCKER_CONFIG host=$DOCKER_HOST" >>${log}`;
        const answers = `case $1 in create) echo 1d ;; ps) cat ${bin}/left ;; esac`;
        writeFileSync(join(bin, "docker"), `#!/bin/sh\n${record}\n${docker}\n${answers}\n`, { mode: 0o755 });
        writeFileSync(join(bin, "left"), docker === LEFT ? "old1\nold2\n" : "");
        mkdirSync(join(bin, ".docker"));
        writeFileSync(join(bin, ".docker/config.json"), config);
        const [file, ...words] = interpreter;
        const { status, stdout, stderr } = spawnSync(file, [...words, create], {
            input: stdin,
            encoding: "utf8" as const,
            env: { PATH: `${bin}:${process.env.PATH ?? ""}`, HOME: bin, ...environment },
        });
        const calls = readFileSync(log, "utf8").trim().split("\n");
        return {
            status,
            stdout,
            stderr,
            calls,
            bin,
            options: calls.map((call) => call.replace(/ A=.*/s, "")),
        };
    };
    test("hands over the default user of a Redis, without which redis-cli is refused", async () => {
        const env = { A: "redis://default:p%40w@cache:6379", B: "rediss://:pw@cache:6379" };
        const { calls } = await runs({ env });
        expect(calls.join("\n")).toContain(" A=redis://default:p%40w@cache:6379 B=rediss://:pw@cache:6379 ");
    });

    const LEFT = "# What a killed run left.";
    const name = "[shop.dev.seed.task]";
    const remove = "[rm][--force][--volumes][1d]";
    const own = ["project=shop", "stack=dev", "component=seed", "task=seed"];
    const list = `[ps][--all][--quiet][--no-trunc]${own.map((l) => `[--filter][label=drydock.${l}]`).join("")}`;
    const labels = own.map((l) => `[--label][drydock.${l}]`).join("");
    const bare = "[--security-opt][no-new-privileges][--cap-drop][ALL]";
    const confined = `${bare}${USUAL_CAPABILITIES.map((c) => `[--cap-add][${c}]`).join("")}`;

    test("creates, joins every network, runs in the foreground, and removes what it created", async () => {
        const links = { database: db, outside: { ...db, host: "host.docker.internal", network: "net-2" } };
        const { status, options } = await runs({ links, networks: ["net-3"], user: "1000:1000" });
        expect(status).toBe(0);
        expect(options).toEqual([
            list,
            `[create][--name]${name}${labels}[--user][1000:1000]${confined}[--add-host][host.docker.internal:host-gateway]` +
                `[--env][DATABASE_URL][--env][OUTSIDE_URL][${GENERATED.image}][bin/seed]`,
            "[network][connect][net-1][1d]",
            "[network][connect][net-2][1d]",
            "[network][connect][net-3][1d]",
            "[network][disconnect][bridge][1d]",
            "[start][--attach][1d]",
            remove,
        ]);
    });

    test("removes what a killed run has left, by its labels", async () => {
        const { status, options } = await runs({}, LEFT);
        expect(status).toBe(0);
        expect(options.slice(0, 3)).toEqual([
            list,
            "[rm][--force][--volumes][old1]",
            "[rm][--force][--volumes][old2]",
        ]);
        expect(options.at(-1)).toBe(remove);
    });

    test("leaves a container alone that has its name, and says whose it is", async () => {
        const taken = `case "$1 $2" in "create --name") echo "Conflict." >&2; exit 125 ;; "container inspect") echo "ID 12, of project other"; exit ;; esac`;
        const { status, stderr, options } = await runs({}, taken);
        expect(status).toBe(125);
        expect(stderr).toBe(
            "Conflict.\nThe task needs the container name shop.dev.seed.task, which another container has (ID 12, of project other): rename that one, or the task.\n",
        );
        expect(options.join()).not.toContain("[rm]");
    });

    test("does not hand on the proxies of docker's own settings, but those that it is given", async () => {
        const proxies = '{"proxies": {"default": {"httpProxy": "http://proxy:3128"}}}';
        const { options } = await runs({ env: { HTTP_PROXY: "x" } }, "", proxies);
        expect(options[1]).toContain("[--env][http_proxy=][--env][HTTPS_PROXY=]");
        expect(options[1]).not.toContain("[HTTP_PROXY=]");
        expect((await runs({})).options[1]).not.toContain("proxy");
    });

    test("is described as in states of version 0.1.0, where a change would run it again", () => {
        const { container, labels: _, setup: __, ...task } = TASK;
        expect(taskDescription({ ...task, container })).toBe(`set -eu
docker=$(command -v docker) || { echo "the docker command is not on PATH: install it" >&2; exit 1; }
export DOCKER_CONFIG="\${DOCKER_CONFIG:-\${HOME:-}/.docker}"
remove() { "$docker" --host ssh://me@big rm --force --volumes c >/dev/null 2>&1 || true; }
remove # What a killed run may have left.
trap remove EXIT
trap 'exit 130' INT TERM
A="$DRYDOCK_TASK_0" "$docker" --host ssh://me@big create --name c --user u --env A x s 'a b' >/dev/null
"$docker" --host ssh://me@big network connect a1 c
"$docker" --host ssh://me@big network connect b1 c
"$docker" --host ssh://me@big network disconnect bridge c >/dev/null 2>&1 || true
"$docker" --host ssh://me@big start --attach c
`);
    });

    test("leaves out what is not asked for", async () => {
        expect((await runs({})).options[1]).toBe(
            `[create][--name]${name}${labels}${confined}[${GENERATED.image}][bin/seed]`,
        );
    });

    test("leaves the capabilities that are asked for, and mounts volumes and directories", async () => {
        const { options } = await runs({
            capabilities: ["CHOWN"],
            mounts: [
                { path: "/data", volume: "backup" },
                { path: "/src", hostPath: "/home/me", readOnly: true },
            ],
        });
        expect(options[1]).toContain(
            `${bare}[--cap-add][CHOWN][--mount][type=volume,source=shop.dev.seed.backup,target=/data]` +
                "[--mount][type=bind,source=/home/me,target=/src,readonly]",
        );
    });

    test("talks to the Docker Engine that it is told of, at every step", () => {
        expect(taskScript(TASK).match(/"\$docker" .*? (rm|ps|container|create|network|start) /g)).toEqual(
            ["rm", "ps", "container", "create", "network", "network", "network", "start"].map(
                (verb) => `"$docker" --host ssh://me@big ${verb} `,
            ),
        );
    });

    test("passes words as they are, whatever is in them", async () => {
        const words = ["it's", "a b", "$(id)", '"', "*", "", "-x", "\\", "a\nb"];
        const { calls } = await runs({ command: ["sh", ...words] });
        expect(calls.join("\n")).toContain(`[sh]${words.map((word) => `[${word}]`).join("")} A=`);
    });

    test("hands each variable its value, of several lines too, and only to the container", async () => {
        const { calls } = await runs({ env: { A: "it's $HOME\n2", B: "b" } });
        expect(calls.join("\n")).toContain("[--env][A][--env][B]");
        expect(calls.join("\n")).toContain("A=it's $HOME\n2 B=b");
        expect(calls[0]).toContain(" A= B= ");
    });

    test("keeps docker's own settings where a variable for the container is called HOME", async () => {
        const { calls, bin } = await runs({ env: { HOME: "/rails" } });
        expect(calls[1]).toContain(`config=${bin}/.docker`);
    });

    test("fails as the container does, after removing it, and shows what it said", async () => {
        const failing = 'if [ "$1" = start ]; then echo "no such table"; exit 7; fi';
        const { status, stdout, options } = await runs({}, failing);
        expect(status).toBe(7);
        expect(stdout).toContain("no such table");
        expect(options.at(-1)).toBe(remove);
    });

    test.each(["create", "network"])("runs nothing where docker %s fails", async (step) => {
        const failing = `if [ "$1" = ${step} ]; then echo refused >&2; exit 3; fi`;
        const { status, stderr, options } = await runs({ networks: ["a1", "b1"] }, failing);
        expect(status).toBe(3);
        expect(stderr).toContain("refused");
        expect(options.join()).not.toContain("[start]");
        expect(options.filter((call) => call.includes("[rm]"))).toEqual(step === "create" ? [] : [remove]);
    });

    test("says so where there is no docker command", async () => {
        const { interpreter } = (await declared()).inputs as { interpreter: string[] };
        const { status, stderr } = spawnSync("/bin/sh", interpreter.slice(1), {
            encoding: "utf8",
            env: { PATH: folder },
        });
        expect(status).toBe(1);
        expect(stderr).toBe("the docker command is not on PATH: install it\n");
    });
});
