import * as pulumi from "@pulumi/pulumi";
import { type Connection, RedisService, Task, type TaskArgs, WebApp } from "../../../components/index.ts";
import { COMMAND, GENERATED, refusal, REMOTE_IMAGE, run, UNKNOWN } from "../../../testing/index.ts";

const db: Connection = { scheme: "postgres", host: "db", port: 5432, password: "hunter2", network: "net-1" };

const task = (args: Partial<TaskArgs> = {}) =>
    run(() => ({ stdout: new Task("seed", { image: "x:1", command: ["bin/seed"], ...args }).stdout }));
/** What the command runs. */
const scriptOf = ({ interpreter }: Record<string, unknown>) => (interpreter as string[])[2];
const declared = async (args: Partial<TaskArgs> = {}) => (await task(args)).one(COMMAND, "seed-run");

describe("a task", () => {
    test("is a command that a shell reads, and streams what it says", async () => {
        const { one } = await task();
        expect(one(COMMAND, "seed-run")).toMatchObject({
            parent: "drydock:index:Task seed",
            inputs: { create: "Task seed", logging: "stdoutAndStderr" },
            options: { additionalSecretOutputs: ["stdout", "stderr"] },
        });
        expect(one(COMMAND, "seed-run").inputs).not.toHaveProperty("delete");
        expect(one("drydock:index:Task").inputs).toEqual({});
    });

    test("keeps what it said secret", async () => {
        expect((await task()).outputs.stdout).toEqual({ value: "said", secret: true, known: true });
    });

    test("runs again when image, command, environment or triggers change", async () => {
        const changes: Partial<TaskArgs>[] = [
            { image: pulumi.output("other") },
            { command: ["x"] },
            { env: { A: "1" } },
            { triggers: ["1"] },
            { user: "u" },
            { networks: ["n"] },
        ];
        const decisive = async (args: Partial<TaskArgs> = {}) => {
            const { stdin, environment, triggers } = (await declared(args)).inputs;
            return { stdin, environment, triggers };
        };
        const before = await decisive();
        for (const args of changes) expect(await decisive(args)).not.toEqual(before);
        expect(await decisive()).toEqual(before);
        expect(await decisive({ quiet: true })).toEqual(before);
        expect((await declared()).options).toMatchObject({
            ignoreChanges: ["create", "interpreter", "logging"],
            replaceOnChanges: expect.arrayContaining(["stdin", "environment"]) as string[],
        });
        expect((await declared({ triggers: ["1"] })).inputs.triggers).toEqual(["1"]);
    });

    test("does not run again for the user in the URL of a Redis, which earlier versions left out", async () => {
        const redis = { scheme: "redis", host: "cache", port: 6379, password: "pw" };
        const { inputs } = await declared({ links: { redis } });
        expect(inputs.environment).toEqual({ DRYDOCK_TASK_0: "redis://:pw@cache:6379" });
    });

    test("runs again on other data, which has another name", async () => {
        const links = { db: pulumi.secret({ ...db, storage: "shop.dev.db" }), cache: db };
        const { inputs, secrets } = await declared({ links, triggers: ["1"] });
        expect(inputs.triggers).toEqual(["1", "shop.dev.db"]);
        expect(secrets).toEqual(["environment"]);
    });

    test("shows what it writes, unless it is to be quiet", async () => {
        expect((await declared({ quiet: false })).inputs.logging).toBe("stdoutAndStderr");
        expect((await declared({ quiet: true })).inputs.logging).toBe("none");
    });

    test("hands values over in its environment, as secrets, and not in the script", async () => {
        const { inputs, secrets } = await declared({
            links: { database: pulumi.secret(db) },
            env: { A: "1", PATH: "/own" },
        });
        expect(inputs.environment).toEqual({
            DRYDOCK_TASK_0: "1",
            DRYDOCK_TASK_1: "postgres://:hunter2@db:5432",
            DRYDOCK_TASK_2: "/own",
        });
        expect(secrets).toEqual(["environment"]);
        expect(JSON.stringify([inputs.stdin, inputs.interpreter])).not.toContain("hunter2");
        expect(scriptOf(inputs)).toContain(
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
        expect(one(COMMAND, "seed-run").inputs).toMatchObject({
            interpreter: ["/bin/sh", "-c", UNKNOWN],
            stdin: UNKNOWN,
            environment: UNKNOWN,
        });
    });
});

test.each<[string, Partial<TaskArgs>, string]>([
    [
        "nothing to run",
        { command: [] },
        "command: must be a list of strings: the program, then its arguments",
    ],
    ["no command", { command: undefined }, "command: must be a list of strings"],
    ["a command that is a text", { command: "bin/seed" as never }, "command: must be a list of strings"],
    ["neither image nor build", { image: undefined }, "image: required unless build is set"],
    [
        "a capability",
        { capabilities: ["CAP_CHOWN"] },
        'capabilities[0]: "CAP_CHOWN" is not a Linux capability',
    ],
    [
        "a mount's directory with a comma",
        { mounts: [{ path: "/x", hostPath: "/a,b" }] },
        'mounts[0].hostPath: "/a,b" contains a character',
    ],
    [
        "a mount's path",
        { mounts: [{ path: "data", volume: "vol" }] },
        'mounts[0].path: "data" is not an absolute',
    ],
    [
        "a variable that the docker command reads",
        { env: { DOCKER_HOST: "tcp://x" } },
        "env.DOCKER_HOST: the docker command that starts the task would follow it; give it another name",
    ],
    ["a variable of the shell", { env: { UID: "1000" } }, "env.UID: reserved by the shell"],
    [
        "a variable that is longer than Linux takes",
        { env: { A: "x".repeat(131_000) } },
        "env.A: it has 131002 bytes, and Linux takes 131000 at most; put the value into a file, and mount it",
    ],
    [
        "a command that is longer than Linux takes",
        { command: ["sh", "-c", "é".repeat(50_000)] },
        "command: it has 100008 bytes, and a task takes 100000",
    ],
    [
        "a word that is an output",
        { command: ["a", pulumi.output("b") as never] },
        "command: must be a plain value",
    ],
    ["a link's alias", { links: { "": db } }, 'links.: "" is not an alias'],
])("%s is refused", async (_, args, reason) => {
    const all = { image: "x:1", command: ["s"], ...args };
    expect(await refusal(() => new Task("seed", all))).toContain(reason);
});

test("a name that Docker would refuse is refused", async () => {
    const program = () => new Task("a b", { image: "x", command: ["s"] });
    expect(await refusal(program)).toContain('name: "a b" is not a name that Docker allows');
});
