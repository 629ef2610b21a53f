import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, Task, TaskArgs } from "../../components";
import { USUAL_CAPABILITIES } from "../../components/capabilities";
import { taskScript } from "../../components/task-script";
import { COMMAND, GENERATED, run } from "../../testing";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

const declared = async (args: Partial<TaskArgs> = {}) => {
    const { one } = await run(() => ({
        stdout: new Task("seed", { image: "x:1", command: ["bin/seed"], ...args }).stdout,
    }));
    return one(COMMAND, "seed-run");
};

describe("the script of a task", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-task-"));
    afterAll(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs it with a docker that writes down how it was called. */
    const runs = async (args: Partial<TaskArgs>, docker = "") => {
        const { stdin, environment } = (await declared(args)).inputs as {
            stdin: string;
            environment: object;
        };
        const bin = mkdtempSync(join(folder, "bin-"));
        const log = join(bin, "log");
        const record = `printf '[%s]' "$@" >>${log}; echo " A=$A B=$B config=$DOCKER_CONFIG" >>${log}`;
        writeFileSync(join(bin, "docker"), `#!/bin/sh\n${record}\n${docker}\n`, { mode: 0o755 });
        const { status, stdout, stderr } = spawnSync("sh", {
            input: stdin,
            encoding: "utf8" as const,
            env: { PATH: `${bin}:${process.env.PATH ?? ""}`, HOME: "/home/me", ...environment },
        });
        const calls = readFileSync(log, "utf8").trim().split("\n");
        return { status, stdout, stderr, calls, options: calls.map((call) => call.replace(/ A=.*/s, "")) };
    };
    const name = "[shop-dev-seed-task]";
    const remove = `[rm][--force][--volumes]${name}`;
    const labels = ["project=shop", "stack=dev", "component=seed"]
        .map((l) => `[--label][drydock.${l}]`)
        .join("");
    const bare = "[--security-opt][no-new-privileges][--cap-drop][ALL]";
    const confined = `${bare}${USUAL_CAPABILITIES.map((c) => `[--cap-add][${c}]`).join("")}`;

    test("removes what is left, creates, joins every network, runs in the foreground, and removes", async () => {
        const links = { database: db, outside: { ...db, host: "host.docker.internal", network: "net-2" } };
        const { status, options } = await runs({ links, networks: ["net-3"], user: "1000:1000" });
        expect(status).toBe(0);
        expect(options).toEqual([
            remove,
            `[create][--name]${name}${labels}[--user][1000:1000]${confined}[--add-host][host.docker.internal:host-gateway]` +
                `[--env][DATABASE_URL][--env][OUTSIDE_URL][${GENERATED.image}][bin/seed]`,
            `[network][connect][net-1]${name}`,
            `[network][connect][net-2]${name}`,
            `[network][connect][net-3]${name}`,
            `[network][disconnect][bridge]${name}`,
            `[start][--attach]${name}`,
            remove,
        ]);
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
        const script = taskScript({
            engine: ["--host", "ssh://me@big"],
            container: "c",
            image: "x",
            variables: [],
            options: [],
            networks: ["a1", "b1"],
            command: ["s"],
        });
        expect(script.match(/"\$docker" .*? (rm|create|network|start) /g)).toEqual(
            ["rm", "create", "network", "network", "network", "start"].map(
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
        const { calls } = await runs({ env: { HOME: "/rails" } });
        expect(calls[1]).toContain("config=/home/me/.docker");
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
        expect(options.at(-1)).toBe(remove);
    });

    test("says so where there is no docker command", async () => {
        const { stdin } = (await declared()).inputs as { stdin: string };
        const { status, stderr } = spawnSync("/bin/sh", {
            input: stdin,
            encoding: "utf8",
            env: { PATH: folder },
        });
        expect(status).toBe(1);
        expect(stderr).toBe("the docker command is not on PATH: install it\n");
    });
});
