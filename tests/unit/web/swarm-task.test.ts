import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Engine, RailsWebApp, Task, type TaskArgs, Volume } from "../../../components/index.ts";
import { withoutOutputs } from "../engines/index.ts";
import { validateJob } from "../../../components/web/task-placement.ts";
import { COMMAND, GENERATED, refusal, run, TASK_CONTAINER } from "../../../testing/index.ts";

const LABEL = "node.labels.drydock.data.shop.dev.uploads==true";

describe("a task that mounts a volume of a Swarm", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-swarm-task-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    const declare = (args: Partial<TaskArgs>, engine: Engine = Engine.Swarm) =>
        run(() => {
            const { source } = new Volume("uploads", { engine });
            new Task("seed", {
                image: "x:1",
                command: ["bin/seed", "two words"],
                mounts: [{ path: "/a", source, readOnly: true }],
                ...args,
            });
            return {};
        });

    test("has the image's digest and the label of the node", async () => {
        const { one } = await declare({});
        expect(one(TASK_CONTAINER).inputs).toMatchObject({ image: GENERATED.digest, constraints: [LABEL] });
    });

    test("runs on the Docker Engine if the volume is there", async () => {
        const { one } = await declare({}, Engine.Docker);
        const { inputs } = one(TASK_CONTAINER);
        expect(inputs.image).toBe(GENERATED.image);
        expect(inputs).not.toHaveProperty("constraints");
    });

    /** Runs the task's script with a docker command that records its calls. */
    async function runScript(args: Partial<TaskArgs>, state = "Complete 1 second ago|") {
        const { one } = await declare(args);
        const { interpreter, stdin, environment } = one(COMMAND, "seed-run").inputs as {
            interpreter: [string, ...string[]];
            stdin: string;
            environment: Record<string, string>;
        };
        const home = mkdtempSync(join(directory, "home-"));
        const docker = `#!/bin/sh
            cd ${home}
            { printf '[%s]' "$@"; echo; } >>calls
            case "$1 $2" in
            "service create") echo job ;;
            "service ps") echo '${state}' ;;
            "service logs") echo planted ;;
            "service ls") echo old-service ;;
            "secret ls") echo old-secret ;;
            "secret create") cat >>secret; echo "secret-$(wc -c <secret | tr -d ' ')" ;;
            "image inspect") [ "$3" != --format ] || printf 'bin/entrypoint\\n--quiet\\n' ;;
            esac`;
        writeFileSync(join(home, "docker"), docker, { mode: 0o755 });
        const [file, ...words] = interpreter;
        const { status, stdout, stderr } = spawnSync(file, [...words, "Task seed"], {
            input: stdin,
            encoding: "utf8",
            env: { PATH: `${home}:${process.env.PATH ?? ""}`, HOME: home, ...environment },
        });
        const read = (name: string) => readFileSync(join(home, name), "utf8");
        const name = /drydock-task-\w+/.exec(read("calls"))?.[0] ?? "";
        const calls = read("calls").replaceAll(name, "NAME").trim().split("\n");
        return { status, stdout, stderr, calls, secret: read("secret") };
    }

    const LABELS = [
        "drydock.project=shop",
        "drydock.stack=dev",
        "drydock.component=seed",
        "drydock.task=seed",
    ];
    const repeat = (option: string, prefix = "") =>
        LABELS.map((label) => `[${option}][${prefix}${label}]`).join("");

    test("runs as a job on its node, with the image's entrypoint", async () => {
        const { calls, stdout, stderr, status } = await runScript({ user: "1000", memory: "64m" });
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "planted\n", stderr: "planted\n" });
        expect(calls).toContainEqual(
            "[service][create][--detach][--quiet][--no-resolve-image][--with-registry-auth][--mode][replicated-job]" +
                "[--restart-condition][none][--secret][source=NAME,target=/run/drydock/environment,mode=0444]" +
                `${repeat("--label")}[--constraint][${LABEL}][--user][1000][--cap-drop][ALL]` +
                ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID"]
                    .map((name) => `[--cap-add][${name}]`)
                    .join("") +
                "[--mount][type=volume,source=shop.dev.uploads,target=/a,readonly][--limit-memory][64m]" +
                `[--entrypoint][sh][${GENERATED.digest}][-c][. /run/drydock/environment; exec "$@"][sh]` +
                "[bin/entrypoint][--quiet][bin/seed][two words]",
        );
    });

    test("can set its entrypoint", async () => {
        const { calls } = await runScript({ entrypoint: ["tini", "--"] });
        expect(calls.join("\n")).toContain("[sh][tini][--][bin/seed][two words]");
        const script = await runScript({ entrypoint: ["sh", "-c", "one\ntwo", ""] });
        expect(script.calls.join("\n")).toContain("[sh][sh][-c][one\ntwo][][bin/seed][two words]");
    });

    test("has its variables in a secret, which is removed", async () => {
        const env = { A: "it's\ntwo lines\n", REDIS_URL: "redis://default:x@cache:6379" };
        const { calls, secret } = await runScript({ env });
        expect(secret).toBe(
            "export A='it'\\''s\ntwo lines\n'\nexport REDIS_URL='redis://default:x@cache:6379'\n\n",
        );
        expect(calls).toContain(`[secret][create]${repeat("--label")}[NAME][-]`);
        expect(calls.at(-1)).toMatch(/^\[secret\]\[rm\]\[secret-\d+\]$/);
        expect(calls.join("\n")).not.toContain("two lines");
    });

    test("passes variables with names that a shell cannot set", async () => {
        const { secret } = await runScript({ env: { "discovery.type": "it's", B: "1" } });
        expect(secret).toBe("export B='1'\nset -- 'discovery.type=it'\\''s' \"$@\"\nset -- env \"$@\"\n\n");
    });

    test("has its files as secrets, which are removed", async () => {
        const files = {
            "/etc/app/one.conf": { content: "one" },
            "/run/two words": { content: "two", mode: "0600", owner: 1000, group: 1001 },
        };
        const { calls, secret } = await runScript({ files });
        expect(secret).toBe("\nonetwo");
        const [create = ""] = calls.filter((call) => call.startsWith("[service][create]"));
        expect(create).toContain("[--secret][source=NAME-0,target=/etc/app/one.conf,mode=0644,uid=0,gid=0]");
        expect(create).toContain(
            "[--secret][source=NAME-1,target=/run/two words,mode=0600,uid=1000,gid=1001]",
        );
        expect(calls.at(-1)).toBe("[secret][rm][secret-1][secret-4][secret-7]");
    });

    test("has a terminal and resource limits", async () => {
        const { calls } = await runScript({ tty: true, ulimits: { nofile: { soft: 1, hard: 2 } } });
        const [create = ""] = calls.filter((call) => call.startsWith("[service][create]"));
        expect(create).toContain("[--tty][--ulimit][nofile=1:2]");
    });

    test("first removes what an interrupted run left behind", async () => {
        const { calls } = await runScript({});
        expect(calls.slice(0, 4)).toEqual([
            `[service][ls][--quiet]${repeat("--filter", "label=")}`,
            "[service][rm][old-service]",
            `[secret][ls][--quiet]${repeat("--filter", "label=")}`,
            "[secret][rm][old-secret]",
        ]);
    });

    test("fails with the exit code of the command", async () => {
        const state = "Failed 1 second ago|task: non-zero exit (3)";
        const { calls, status, stdout, stderr } = await runScript({}, state);
        expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
        expect(stderr).toMatch(/^planted\n.*non-zero exit \(3\)/);
        expect(calls.slice(-2)).toEqual(["[service][rm][job]", "[secret][rm][secret-1]"]);
    });
});

describe("a job on a node of a Swarm", () => {
    const source = { volume: "uploads", nodeLabel: "drydock.data.uploads" };
    const mounts = [{ path: "/a", source }];

    test.each<[string, Partial<TaskArgs>, string]>([
        [
            "a volume of its own, which is on another machine",
            { mounts: [{ path: "/spool", volume: "spool" }] },
            "mounts[0]: its data is on the machine of the Docker Engine, but the task runs on the node of the Swarm that has the data of mounts[1]; mount a Volume with engine: Engine.Swarm",
        ],
        [
            "a Volume of a Docker Engine",
            { mounts: [{ path: "/spool", source: { volume: "spool" } }] },
            "mounts[0]: its data is on the machine of the Docker Engine",
        ],
        [
            "an option of a tmpfs that a service does not have",
            { tmpfs: { "/tmp": "size=64m,noexec" } },
            'tmpfs./tmp: "size=64m,noexec" has an option that a Swarm does not support; use size and mode',
        ],
        [
            "a file that is too large for a secret",
            { files: { "/f": { content: "x".repeat(501 * 1024) } } },
            "files./f: has 501 KiB, but on a Swarm a secret can hold at most 500",
        ],
    ])("cannot have %s", async (_, args, message) => {
        const all = [...(args.mounts ?? []), ...mounts];
        const labels = [...(args.mounts ? [undefined] : []), source.nodeLabel];
        const refused = await refusal(() => {
            validateJob({ ...args, mounts: all }, labels);
        });
        expect(refused).toContain(message);
    });

    test("can have a directory of the node, and an existing volume", async () => {
        const existing = pulumi.output("theirs");
        const others = [
            { path: "/srv", hostPath: "/srv" },
            { path: "/theirs", volume: existing },
        ];
        const task = { image: "x:1", command: ["seed"], mounts: [...mounts, ...others] };
        const { one } = await run(withoutOutputs(() => new Task("seed", task)));
        expect(one(TASK_CONTAINER).inputs.constraints).toEqual(["node.labels.drydock.data.uploads==true"]);
    });
});

test("the migration of a Rails application with storage on a Swarm runs on the node of the storage", async () => {
    const migration = async (args: object) => {
        const { one } = await run(() => {
            new RailsWebApp("shop", { engine: Engine.Swarm, image: "x:1", ...args });
            return {};
        });
        return one(TASK_CONTAINER).inputs;
    };
    expect(await migration({ storage: {} })).toMatchObject({
        image: GENERATED.digest,
        constraints: ["node.labels.drydock.data.shop.dev.shop.storage==true"],
        volumes: [{ containerPath: "/rails/storage", volumeName: "shop.dev.shop.storage" }],
    });
    const mounts = [{ path: "/a", volume: "aa" }];
    expect(await migration({ mounts, migration: ["x"] })).not.toHaveProperty("constraints");
});
