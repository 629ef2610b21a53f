import * as pulumi from "@pulumi/pulumi";
import {
    type Connection,
    PostgresService,
    RedisService,
    Task,
    type TaskArgs,
    WebApp,
} from "../../../components/index.ts";
import {
    COMMAND,
    GENERATED,
    REMOTE_IMAGE,
    refusal,
    run,
    type Settings,
    TASK_CONTAINER,
    UNKNOWN,
} from "../../../testing/index.ts";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

const runTask = (args: Partial<TaskArgs> = {}, settings?: Settings) =>
    run(() => {
        const { stdout, image } = new Task("seed", { image: "x:1", command: ["bin/seed"], ...args });
        return { stdout, image };
    }, settings);
const taskCommand = async (args?: Partial<TaskArgs>) => (await runTask(args)).one(COMMAND, "seed-run");
const taskContainer = async (args?: Partial<TaskArgs>) => (await runTask(args)).one(TASK_CONTAINER);

describe("the Command of a task", () => {
    test("belongs to the task, and names it in errors", async () => {
        expect(await taskCommand()).toMatchObject({
            parent: "drydock:index:Task seed",
            inputs: { create: "Task seed" },
        });
    });

    test("runs once: destroying the stack runs nothing", async () => {
        expect((await taskCommand()).inputs).not.toHaveProperty("delete");
    });

    test("streams the task's output, except if the task is quiet", async () => {
        expect((await taskCommand()).inputs.logging).toBe("stderr");
        expect((await taskCommand({ quiet: false })).inputs.logging).toBe("stderr");
        expect((await taskCommand({ quiet: true })).inputs.logging).toBe("none");
    });

    test("has the image as an output", async () => {
        expect((await runTask()).outputs.image?.value).toBe(GENERATED.image);
    });

    test("keeps the output secret", async () => {
        expect((await runTask()).outputs.stdout).toEqual({ value: "output", secret: true, known: true });
        expect((await taskCommand()).options.additionalSecretOutputs).toEqual(["stdout", "stderr"]);
    });

    test("passes variables as secrets, under names that do not affect the script", async () => {
        const { inputs, secrets } = await taskCommand({
            links: { database: pulumi.secret(db) },
            env: { A: "1", PATH: "/own" },
        });
        expect(inputs.environment).toEqual({
            DRYDOCK_TASK_0: "1",
            DRYDOCK_TASK_1: "postgres://:hunter2@db:5432",
            DRYDOCK_TASK_2: "/own",
        });
        expect(secrets).toEqual(["environment"]);
        expect(JSON.stringify({ ...inputs, environment: undefined })).not.toContain("hunter2");
    });
});

describe("a task runs again", () => {
    /** The inputs whose change replaces the Command, which runs the task. */
    const replacing = async (args?: Partial<TaskArgs>) => {
        const { stdin, environment, triggers } = (await taskCommand(args)).inputs;
        return { stdin, environment, triggers };
    };

    test("if one of these inputs of the Command changes, and no other", async () => {
        const { options } = await taskCommand();
        expect(options.replaceOnChanges).toEqual(expect.arrayContaining(["stdin", "environment"]));
        expect(options.ignoreChanges).toEqual(["create", "interpreter", "logging"]);
    });

    test.each<[string, Partial<TaskArgs>]>([
        ["image", { image: pulumi.output("other") }],
        ["command", { command: ["x"] }],
        ["environment", { env: { A: "1" } }],
        ["triggers", { triggers: ["1"] }],
        ["user", { user: "1000" }],
        ["networks", { networks: ["n"] }],
        ["mounts", { mounts: [{ path: "/data", volume: "data" }] }],
        ["capabilities", { capabilities: [] }],
    ])("if its %s changes", async (_, args) => {
        expect(await replacing(args)).not.toEqual(await replacing());
    });

    test("if the database that it is linked to moves to another volume", async () => {
        const links = { db: pulumi.secret({ ...db, storage: "shop.dev.db" }), cache: db };
        const { inputs, secrets } = await taskCommand({ links, triggers: ["1"] });
        expect(inputs.triggers).toEqual(["1", "shop.dev.db"]);
        expect(secrets).toEqual(["environment"]);
    });

    test("but not if it becomes quiet", async () => {
        expect(await replacing({ quiet: true })).toEqual(await replacing());
    });

    test("but not for the default user in Redis URLs, which earlier versions left out", async () => {
        const redis = { scheme: "redis", host: "cache", port: 6379, password: "pw" };
        const { inputs } = await taskCommand({ links: { redis } });
        expect(inputs.environment).toEqual({ DRYDOCK_TASK_0: "redis://:pw@cache:6379" });
    });
});

describe("the container of a task", () => {
    test("is declared with the properties of a docker.Container", async () => {
        const { parent, inputs } = await taskContainer({
            user: "1000",
            capabilities: ["CHOWN"],
            mounts: [
                { path: "/data", volume: "backup" },
                { path: "/src", hostPath: "/home/me", readOnly: true },
            ],
            links: { database: { ...db, host: "host.docker.internal" } },
            networks: ["net-2"],
            env: { A: "1" },
        });
        expect(parent).toBe("drydock:index:Task seed");
        expect(inputs).toEqual({
            name: "shop.dev.seed.task",
            image: GENERATED.image,
            command: ["bin/seed"],
            user: "1000",
            envs: ["A=1", "DATABASE_URL=postgres://:hunter2@host.docker.internal:5432"],
            labels: [
                { label: "drydock.project", value: "shop" },
                { label: "drydock.stack", value: "dev" },
                { label: "drydock.component", value: "seed" },
                { label: "drydock.task", value: "seed" },
            ],
            capabilities: { adds: ["CHOWN"], drops: ["ALL"] },
            securityOpts: ["no-new-privileges"],
            volumes: [
                { containerPath: "/data", volumeName: "shop.dev.seed.backup" },
                { containerPath: "/src", hostPath: "/home/me", readOnly: true },
            ],
            networksAdvanced: [{ name: "net-1" }, { name: "net-2" }],
            hosts: [{ host: "host.docker.internal", ip: "host-gateway" }],
        });
    });

    test("keeps its variables secret, even if no link is", async () => {
        const { secrets } = await taskContainer({ env: { A: "1" } });
        expect(secrets).toEqual(["envs"]);
    });

    test("runs the image that is pulled or built", async () => {
        const pulled = await runTask();
        expect(pulled.one(REMOTE_IMAGE).inputs.name).toBe("x:1");
        expect(pulled.one(TASK_CONTAINER).inputs.image).toBe(GENERATED.image);
        const built = await runTask({ image: undefined, build: { context: "apps/sample" } });
        expect(built.one(TASK_CONTAINER).inputs.image).toBe(GENERATED.built);
    });

    test("is declared before it runs, so that policies can refuse it", async () => {
        const { declared } = await runTask();
        const types = declared.filter(({ name }) => name === "seed-run").map(({ type }) => type);
        expect(types).toEqual([TASK_CONTAINER, COMMAND]);
    });

    test("is known in a first preview, except what is not known yet", async () => {
        const program = () => {
            const links = { redis: new RedisService("cache").connection };
            const mounts = [{ path: "/sock", hostPath: "/var/run/docker.sock" }];
            return { stdout: new Task("seed", { image: "x:1", command: ["s"], links, mounts }).stdout };
        };
        const { one } = await run(program, { preview: "first" });
        expect(one(TASK_CONTAINER).inputs).toMatchObject({
            image: UNKNOWN,
            envs: UNKNOWN,
            command: ["s"],
            volumes: [{ containerPath: "/sock", hostPath: "/var/run/docker.sock" }],
        });
        expect(one(COMMAND, "seed-run").inputs).toMatchObject({
            interpreter: UNKNOWN,
            stdin: UNKNOWN,
            environment: UNKNOWN,
        });
    });
});

describe("the order of resources", () => {
    test("a task waits for the services that it is linked to", async () => {
        const program = () => {
            const { connection } = new PostgresService("db");
            new Task("seed", { image: "x:1", command: ["s"], links: { database: connection } });
            return {};
        };
        const { startedWhilePaused } = await run(program, { pause: "db" });
        expect(startedWhilePaused).toContain("db");
        expect(startedWhilePaused).not.toContain("seed-run");
    });

    test("resources that depend on a task wait for it", async () => {
        const program = () => {
            const seed = new Task("seed", { image: "x:1", command: ["s"] });
            new WebApp("web", { image: "x:1" }, { dependsOn: seed });
            return {};
        };
        const { startedWhilePaused } = await run(program, { pause: "seed-run" });
        expect(startedWhilePaused).toContain("seed-run");
        expect(startedWhilePaused).not.toContain("web");
    });
});

describe("a task refuses", () => {
    test.each<[string, Partial<TaskArgs>, string]>([
        [
            "an empty command",
            { command: [] },
            "command: must be a list of strings: the program, then its arguments",
        ],
        ["no command", { command: undefined }, "command: must be a list of strings"],
        [
            "a command that is a string",
            { command: "bin/seed" as never },
            "command: must be a list of strings",
        ],
        [
            "a command with an Output",
            { command: ["a", pulumi.output("b") as never] },
            "command: must be a plain value",
        ],
        ["neither image nor build", { image: undefined }, "image: required unless build is set"],
        [
            "a capability with the prefix CAP_",
            { capabilities: ["CAP_CHOWN"] },
            'capabilities[0]: "CAP_CHOWN" is not a Linux capability',
        ],
        [
            "a comma in a host directory",
            { mounts: [{ path: "/x", hostPath: "/a,b" }] },
            'mounts[0].hostPath: "/a,b" contains a character',
        ],
        [
            "a relative path in the container",
            { mounts: [{ path: "data", volume: "vol" }] },
            'mounts[0].path: "data" is not an absolute',
        ],
        [
            "a variable that the docker command reads",
            { env: { DOCKER_HOST: "tcp://x" } },
            "env.DOCKER_HOST: would configure the docker command that starts the task; rename it, or set it in the command",
        ],
        [
            "a variable of the shell",
            { env: { UID: "1000" } },
            "env.UID: is a read-only variable of the shell",
        ],
        [
            "a variable that is longer than Linux accepts",
            { env: { A: "x".repeat(131_000) } },
            "env.A: has 131002 bytes, and Linux allows 131000; write the value to a file and mount it",
        ],
        [
            "a command that is longer than Linux accepts",
            { command: ["sh", "-c", "é".repeat(50_000)] },
            "command: is 100008 bytes long, more than the 100000 that a task can have; put it into a file in the image or in a mount",
        ],
        ["an empty alias", { links: { "": db } }, 'links.: "" is not an alias'],
    ])("%s", async (_, args, reason) => {
        expect(await refusal(() => new Task("seed", { image: "x:1", command: ["s"], ...args }))).toContain(
            reason,
        );
    });

    test("a name that Docker refuses", async () => {
        const program = () => new Task("a b", { image: "x", command: ["s"] });
        expect(await refusal(program)).toContain('name: "a b" is not a name that Docker allows');
    });
});

test("a task accepts variables whose name starts with DOCKER_ but that the docker command ignores", async () => {
    const env = { DOCKER_BUILDKIT: "1", DOCKER_USER: "1000" };
    const { one } = await run(() => ({
        stdout: new Task("seed", { image: "x:1", command: ["s"], env }).stdout,
    }));
    expect(one(TASK_CONTAINER).inputs.envs).toEqual(["DOCKER_BUILDKIT=1", "DOCKER_USER=1000"]);
});
