import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Connection, RedisService, Task, TaskArgs, WebApp } from "../../components";
import { USUAL_CAPABILITIES } from "../../components/capabilities";
import { taskScript } from "../../components/task-script";
import { COMMAND, GENERATED, refusal, REMOTE_IMAGE, run, UNKNOWN } from "../../testing";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

const task = (args: Partial<TaskArgs> = {}) =>
    run(() => ({ stdout: new Task("seed", { image: "x:1", command: ["bin/seed"], ...args }).stdout }));
const declared = async (args: Partial<TaskArgs> = {}) => (await task(args)).one(COMMAND);

describe("a task", () => {
    test("is a command that a shell reads, and streams what it says", async () => {
        const { one } = await task();
        expect(one(COMMAND)).toMatchObject({
            ...{ name: "seed-run", parent: "drydock:index:Task seed" },
            inputs: { create: "sh", logging: "stdoutAndStderr" },
            options: { additionalSecretOutputs: ["stdout", "stderr"] },
        });
        expect(one(COMMAND).inputs).not.toHaveProperty("delete");
        expect(one("drydock:index:Task").inputs).toEqual({});
    });

    test("keeps what it said secret", async () => {
        expect((await task()).outputs.stdout).toEqual({ value: "said", secret: true, known: true });
    });

    test("runs again when image, command, environment or triggers change", async () => {
        const before = await declared();
        const changes: Partial<TaskArgs>[] = [
            ...[
                { image: pulumi.output("other") },
                { command: ["x"] },
                { env: { A: "1" } },
                { triggers: ["1"] },
            ],
            ...[{ user: "u" }, { networks: ["n"] }],
        ];
        for (const args of changes) expect((await declared(args)).inputs).not.toEqual(before.inputs);
        expect((await declared()).inputs).toEqual(before.inputs);
        expect((await declared({ triggers: ["1"] })).inputs.triggers).toEqual(["1"]);
    });

    test("hands values over in its environment, as secrets, and not in the script", async () => {
        const { inputs, secrets } = await declared({
            ...{ links: { database: pulumi.secret(db) }, env: { A: "1", PATH: "/own" } },
        });
        expect(inputs.environment).toEqual({
            ...{ DRYDOCK_TASK_0: "1", DRYDOCK_TASK_1: "postgres://:hunter2@db:5432", DRYDOCK_TASK_2: "/own" },
        });
        expect(secrets).toEqual(["environment"]);
        expect(inputs.stdin).not.toContain("hunter2");
        expect(inputs.stdin).toContain(
            'A="$DRYDOCK_TASK_0" DATABASE_URL="$DRYDOCK_TASK_1" PATH="$DRYDOCK_TASK_2" ',
        );
    });

    test("fetches or builds its image", async () => {
        expect((await task()).one(REMOTE_IMAGE).name).toBe("seed-image");
        const built = await task({ image: undefined, build: { context: "apps/sample" } });
        expect(built.one(COMMAND, "seed-run").inputs.stdin).toContain(`${GENERATED.built} bin/seed`);
    });

    test("waits for what it is linked to, and holds up what depends on it", async () => {
        const program = () => {
            const links = { redis: new RedisService("cache").connection };
            const seed = new Task("seed", { image: "x:1", command: ["s"], links });
            new WebApp("web", { image: "x:1" }, { dependsOn: seed });
            return {};
        };
        expect((await run(program, { slow: "cache" })).early).not.toContain("seed-run");
        expect((await run(program, { slow: "seed-run" })).early).not.toContain("web");
    });

    test("works in a first preview, where nothing of its environment is known", async () => {
        const { one } = await run(
            () => {
                const links = { redis: new RedisService("cache").connection };
                return { stdout: new Task("seed", { image: "x:1", command: ["s"], links }).stdout };
            },
            { preview: "first" },
        );
        expect(one(COMMAND).inputs).toMatchObject({ create: "sh", stdin: UNKNOWN, environment: UNKNOWN });
    });
});

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
            ...{ input: stdin, encoding: "utf8" as const },
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
            `${bare}[--cap-add][CHOWN][--mount][type=volume,source=shop.dev.seed-backup,target=/data]` +
                "[--mount][type=bind,source=/home/me,target=/src,readonly]",
        );
    });

    test("talks to the Docker Engine that it is told of, at every step", () => {
        const script = taskScript({
            ...{ engine: ["--host", "ssh://me@big"], container: "c", image: "x", variables: [], options: [] },
            ...{ networks: ["a1", "b1"], command: ["s"] },
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

test.each<[string, Partial<TaskArgs>, string]>([
    [
        "nothing to run",
        { command: [] },
        "command: there is nothing to run; set it to the program and its arguments",
    ],
    ["no command", { command: undefined }, "command: there is nothing to run"],
    ["a command that is a text", { command: "bin/seed" as never }, "command: there is nothing to run"],
    ["neither image nor build", { image: undefined }, "image: neither image nor build is set"],
    ["a capability", { capabilities: ["CAP_CHOWN"] }, "capabilities[0]: CAP_CHOWN is not a capability"],
    [
        "a mount's path",
        { mounts: [{ path: "data", volume: "vol" }] },
        "mounts[0].path: data is not an absolute",
    ],
    ["a link's alias", { links: { "": db } }, 'links.: "" is not an alias'],
])("%s is refused", async (_, args, reason) => {
    const all = { image: "x:1", command: ["s"], ...args };
    expect(await refusal(() => new Task("seed", all))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    const program = () => new Task("a b", { image: "x", command: ["s"] });
    expect(await refusal(program)).toContain("name: a b is not a name that Docker takes");
});
