import {
    type ContainerArgs,
    Engine,
    PostgresService,
    type PostgresServiceArgs,
    RailsWebApp,
    RedisService,
    Service,
    type ServiceArgs,
    Task,
    type TaskArgs,
    WebApp,
} from "../../../components/index.ts";
import { COMMAND, CONTAINER, refusal, run } from "../../../testing/index.ts";
import type { DeclaredContainer } from "../engines/declared-container.ts";
import { ENGINES, runOn, service, withoutOutputs } from "../engines/index.ts";

/** Arguments that both engines support, and what they declare. */
const OPTIONS: [name: string, args: ContainerArgs, declared: Partial<DeclaredContainer>][] = [
    ["workingDirectory", { workingDirectory: "/srv" }, { workingDirectory: "/srv" }],
    ["hostname", { hostname: "web.internal" }, { ownHostName: "web.internal" }],
    ["init", { init: true }, { init: true }],
    ["memory", { memory: "64m" }, { memory: 64 }],
    ["cpus", { cpus: 0.5 }, { cpus: 0.5 }],
    ["sharedMemory", { sharedMemory: "128m" }, { sharedMemory: 128 }],
    ["capabilities", { capabilities: ["CHOWN"] }, { capabilities: { drops: ["ALL"], adds: ["CHOWN"] } }],
    [
        "tmpfs",
        { tmpfs: { "/cache": "size=1m" } },
        { tmpfs: { "/cache": { size: 1024 * 1024, mode: 0o1777 } } },
    ],
    ["restart", { restart: "on-failure" }, { restart: "on-failure" }],
    ["stopTimeout", { stopTimeout: 7 }, { stopTimeout: 7 }],
    [
        "extraHosts",
        { extraHosts: { "mail.internal": "192.0.2.1" } },
        { extraHosts: { "mail.internal": "192.0.2.1" } },
    ],
    [
        "logging",
        { logging: { driver: "json-file", options: { "max-size": "1m" } } },
        { logging: { driver: "json-file", options: { "max-size": "1m" } } },
    ],
    ["mounts", { mounts: [{ path: "/srv", hostPath: "/srv" }] }, {}],
    ["env", { env: { LOG_LEVEL: "warn" } }, {}],
    ["labels", { labels: { "com.example.team": "shop" } }, {}],
];

/** Arguments that a server with data refuses. */
const APPLICATION_OPTIONS: typeof OPTIONS = [
    ["command", { command: ["serve"] }, { command: ["serve"] }],
    ["user", { user: "1000:1000" }, { user: "1000:1000" }],
    ["readOnly", { readOnly: true }, { readOnly: true }],
];

describe.each(ENGINES)("on %s", (engine) => {
    const components: [string, typeof OPTIONS, (args: ContainerArgs) => Promise<DeclaredContainer>][] = [
        [
            "a WebApp",
            [...OPTIONS, ...APPLICATION_OPTIONS],
            async (args) =>
                (
                    await runOn(
                        engine,
                        withoutOutputs(() => new WebApp("web", { engine, image: "x:1", ...args })),
                    )
                ).container(),
        ],
        [
            "a process",
            [...OPTIONS, ...APPLICATION_OPTIONS],
            async (args) => {
                const processes = { worker: { command: ["work"], ...args } };
                const app = withoutOutputs(() => new WebApp("web", { engine, image: "x:1", processes }));
                return (await runOn(engine, app)).container("web-worker");
            },
        ],
        [
            "a PostgresService",
            OPTIONS,
            async (args) =>
                (
                    await runOn(
                        engine,
                        withoutOutputs(() => new PostgresService("db", { engine, ...args })),
                    )
                ).container(),
        ],
        [
            "a RedisService",
            OPTIONS,
            async (args) =>
                (
                    await runOn(
                        engine,
                        withoutOutputs(() => new RedisService("cache", { engine, ...args })),
                    )
                ).container(),
        ],
    ];

    describe.each(components)("%s", (_, options, declare) => {
        test.each(options)("has the option %s", async (__, args, expected) => {
            const container = await declare(args);
            expect(container).toMatchObject(expected);
            if (args.env) expect(container.env).toMatchObject(args.env);
            if (args.labels)
                expect(container.labels).toMatchObject({ "drydock.stack": "dev", ...args.labels });
            if (args.mounts)
                expect(container.mounts).toContainEqual({ path: "/srv", hostPath: "/srv", readOnly: false });
        });
    });

    test("an entrypoint replaces the image's entrypoint and command", async () => {
        const app = withoutOutputs(
            () =>
                new WebApp("web", {
                    engine,
                    image: "x:1",
                    processes: { cable: { entrypoint: ["bin/cable", "--quiet"] } },
                }),
        );
        const { one } = await run(app);
        if (engine === Engine.Docker) {
            const { entrypoints, command } = one(CONTAINER, "web-cable").inputs;
            expect({ entrypoints, command }).toEqual({
                entrypoints: ["bin/cable", "--quiet"],
                command: undefined,
            });
        } else {
            const { args } = service(one, "web-cable").containerSpec;
            expect(args).toEqual(["bin/cable", "--quiet"]);
        }
    });

    test("a disabled health check turns that of the image off", async () => {
        const app = withoutOutputs(
            () => new WebApp("web", { engine, image: "x:1", health: { disabled: true } }),
        );
        const web = (await runOn(engine, app)).container();
        expect(web.health?.test).toEqual(["NONE"]);
    });
});

describe("on Docker alone", () => {
    test("a container has ulimits, whose hard limit is the soft one by default, and a terminal with open input", async () => {
        const ulimits = { nofile: { soft: 1024, hard: 2048 }, memlock: { soft: -1 } };
        const { one } = await run(
            withoutOutputs(() => new WebApp("web", { image: "x:1", ulimits, tty: true, stdinOpen: true })),
        );
        expect(one(CONTAINER).inputs).toMatchObject({
            tty: true,
            stdinOpen: true,
            ulimits: [
                { name: "nofile", soft: 1024, hard: 2048 },
                { name: "memlock", soft: -1, hard: -1 },
            ],
        });
    });

    test.each([
        ["ulimits", { ulimits: { nofile: { soft: 1 } } }],
        ["tty", { tty: true }],
        ["stdinOpen", { stdinOpen: true }],
    ])("a Swarm refuses %s, also of a process", async (argument, args) => {
        const web = { engine: Engine.Swarm, image: "x:1" };
        const remedy = "a Swarm has no such option for its services; leave it out";
        expect(await refusal(() => new WebApp("web", { ...web, ...args }))).toBe(`${argument}: ${remedy}`);
        const processes = { worker: { command: ["work"], ...args } };
        expect(await refusal(() => new WebApp("web", { ...web, processes }))).toBe(
            `processes.worker.${argument}: ${remedy}`,
        );
    });
});

describe("a process", () => {
    test("has the options of the application unless it sets its own", async () => {
        const app = withoutOutputs(
            () =>
                new WebApp("web", {
                    image: "x:1",
                    memory: "64m",
                    user: "1000",
                    env: { A: "app", B: "app" },
                    labels: { team: "shop" },
                    mounts: [{ path: "/data", hostPath: "/data" }],
                    processes: {
                        worker: {
                            command: ["work"],
                            memory: "128m",
                            env: { B: "worker" },
                            labels: { role: "worker" },
                            mounts: [
                                { path: "/data", hostPath: "/other" },
                                { path: "/spool", volume: "spool" },
                            ],
                        },
                    },
                }),
        );
        const { container, volumes } = await runOn(Engine.Docker, app);
        expect(container("web-worker")).toMatchObject({
            memory: 128,
            user: "1000",
            env: { A: "app", B: "worker" },
            labels: { team: "shop", role: "worker" },
            mounts: [
                { path: "/data", hostPath: "/other" },
                { path: "/spool", volume: "shop.dev.web.spool" },
            ],
        });
        expect(container("web")).toMatchObject({
            memory: 64,
            env: { A: "app", B: "app" },
            mounts: [{ path: "/data", hostPath: "/data" }],
        });
        expect(volumes.map(({ volume }) => volume)).toEqual(["shop.dev.web.spool"]);
    });

    test("of a RailsWebApp has volumes of its own too", async () => {
        const processes = { worker: { command: ["work"], mounts: [{ path: "/spool", volume: "spool" }] } };
        const app = withoutOutputs(
            () =>
                new RailsWebApp("web", {
                    image: "x:1",
                    mounts: [{ path: "/data", volume: "data" }],
                    processes,
                }),
        );
        const { container, volumes } = await runOn(Engine.Docker, app);
        expect(container("web-worker").mounts.map(({ path }) => path)).toEqual(["/data", "/spool"]);
        expect(container("web").mounts.map(({ path }) => path)).toEqual(["/data"]);
        expect(volumes.map(({ volume }) => volume)).toEqual(["shop.dev.web.data", "shop.dev.web.spool"]);
    });
});

test("a process cannot have a read-only file system if the application copies files into it", async () => {
    const files = { "/app/x.yml": { content: "x" } };
    const processes = { worker: { command: ["work"], readOnly: true } };
    expect(await refusal(() => new WebApp("web", { image: "x:1", files, processes }))).toContain(
        "processes.worker.",
    );
});

describe("a container with data", () => {
    const trigger = async (create: () => unknown) =>
        (await run(withoutOutputs(create))).one(CONTAINER).options.replacementTrigger;
    const service = (args: Partial<ServiceArgs>) => () =>
        new Service("search", { image: "x:1", data: { path: "/data" }, ...args });

    test("is replaced when the user changes its health check", async () => {
        const checks: unknown[] = [];
        for (const args of [
            { health: { command: ["a"] } },
            { health: { command: ["b"] } },
            { port: 80 },
            { port: 81 },
            { port: 80, health: { path: "/" } },
        ])
            checks.push(await trigger(service(args)));
        expect(new Set(checks.map((check) => JSON.stringify(check))).size).toBe(5);
    });

    test("is replaced if the size of its shared memory is removed", async () => {
        const cache = (args: object) => () => new RedisService("cache", args);
        expect(await trigger(cache({ sharedMemory: "64m" }))).toContain("sharedMemory");
        expect(await trigger(cache({}))).not.toContain("sharedMemory");
    });
});

describe("a Task", () => {
    const createArguments = async (args: Partial<TaskArgs>) => {
        const { one } = await run(
            withoutOutputs(() => new Task("seed", { image: "x:1", command: ["bin/seed"], ...args })),
        );
        const interpreter = one(COMMAND, "seed-run").inputs.interpreter as string[];
        return interpreter.join(" ");
    };

    test.each<[Partial<TaskArgs>, string]>([
        [{ workingDirectory: "/srv" }, "--workdir /srv"],
        [{ hostname: "seed" }, "--hostname seed"],
        [{ init: true }, "--init=true"],
        [{ tty: true }, "--tty=true"],
        [{ readOnly: true }, "--read-only"],
        [{ tmpfs: { "/tmp": "size=1m", "/run": "" } }, "--tmpfs /tmp:size=1m --tmpfs /run"],
        [{ memory: "64m" }, "--memory 64m --memory-swap 128m"],
        [{ sharedMemory: "32m" }, "--shm-size 32m"],
        [{ cpus: 1 }, "--cpus 1.0"],
        [{ ulimits: { nofile: { soft: 1, hard: 2 } } }, "--ulimit nofile=1:2"],
        [
            { logging: { driver: "local", options: { "max-size": "1m" } } },
            "--log-driver local --log-opt max-size=1m",
        ],
        [{ labels: { team: "shop" } }, "--label team=shop"],
        [{ extraHosts: { mail: "192.0.2.1" } }, "--add-host mail:192.0.2.1"],
        [{ entrypoint: ["bin/run", "-v"] }, "--entrypoint bin/run x-digest -v bin/seed"],
    ])("passes %j to docker create", async (args, expected) => {
        const image = /sha256:\S+|x:1\S*/;
        expect((await createArguments(args)).replace(image, "x-digest")).toContain(expected);
    });
});

describe("an empty word in command", () => {
    const command = ["serve", "--prefix", ""];
    const message = "command[2]: is empty, which Pulumi's Docker provider does not support; ";

    test.each<[string, string, () => unknown]>([
        ["a WebApp", message, () => new WebApp("web", { image: "x:1", command })],
        ["a RailsWebApp", message, () => new RailsWebApp("web", { image: "x:1", command })],
        ["a Service", message, () => new Service("search", { image: "x:1", command })],
        [
            "a process",
            `processes.worker.${message}`,
            () => new WebApp("web", { image: "x:1", processes: { worker: { command } } }),
        ],
        [
            "a RedisService",
            `${message}use settings instead of command: { save: "" }`,
            () => new RedisService("cache", { command }),
        ],
    ])("is refused on Docker, of %s", async (_, expected, create) => {
        expect(await refusal(create)).toContain(expected);
    });

    test.each<[string, () => unknown]>([
        ["on a Swarm", () => new WebApp("web", { engine: Engine.Swarm, image: "x:1", command })],
        ["of a Redis on a Swarm", () => new RedisService("cache", { engine: Engine.Swarm, command })],
        ["of a Task, which the docker command runs", () => new Task("seed", { image: "x:1", command })],
        ["of an entrypoint", () => new WebApp("web", { image: "x:1", entrypoint: command })],
    ])("is allowed %s", async (_, create) => {
        expect(await refusal(create)).toBe("nothing was refused");
    });
});

describe("a container refuses", () => {
    test.each<[ContainerArgs, string]>([
        [{ workingDirectory: "srv" }, 'workingDirectory: "srv" is not an absolute path; start it with /'],
        [{ entrypoint: [""] }, "entrypoint: must be a list of strings"],
        [{ hostname: "a b" }, 'hostname: "a b" is not a host name'],
        [{ sharedMemory: "1" }, 'sharedMemory: "1" is not an amount of memory'],
        [{ ulimits: { files: { soft: 1 } } }, 'ulimits.files: "files" is not one of core, cpu'],
        [
            { ulimits: { nofile: { soft: 2, hard: 1 } } },
            "ulimits.nofile.soft: 2 is more than hard, which is 1",
        ],
        [
            { ulimits: { nofile: { soft: -1, hard: 1 } } },
            "ulimits.nofile.soft: -1 (unlimited) is more than hard",
        ],
        [{ labels: { "drydock.stack": "x" } }, 'labels.drydock.stack: "drydock.stack" starts with drydock.'],
        [{ labels: { "a b": "x" } }, 'labels.a b: "a b" is not the name of a label'],
        [{ extraHosts: { mail: "::1" } }, 'extraHosts.mail: "::1" is not an IPv4 address'],
        [{ extraHosts: { "a b": "192.0.2.1" } }, 'extraHosts.a b: "a b" is not a host name'],
        [
            { health: { disabled: true, interval: 3 } },
            "health.disabled: health.disabled and health.interval are both set",
        ],
        [{ health: { tcp: true, path: "/" } }, "health.path: health.path and health.tcp are both set"],
    ])("%j", async (args, message) => {
        expect(await refusal(() => new WebApp("web", { image: "x:1", ...args }))).toContain(message);
        const processes = { worker: { command: ["work"], ...args } };
        expect(await refusal(() => new WebApp("web", { image: "x:1", processes }))).toContain(
            `processes.worker.${message.slice(0, message.indexOf(":"))}`,
        );
    });

    test.each<[Partial<PostgresServiceArgs>, string]>([
        [{ entrypoint: ["x"] }, "entrypoint: the service starts Postgres itself"],
        [{ command: ["x"] }, "command: the service starts Postgres itself; leave it out, and use settings"],
        [{ user: "1000" }, "user: the image starts as root"],
        [{ restart: "no" }, 'restart: "no" would leave the service stopped'],
        [{ readOnly: true }, "readOnly: the service's configuration is written"],
        [{ tmpfs: { "/var/lib": "" } }, "tmpfs./var/lib: hides /var/lib/postgresql/data"],
        [{ mounts: [{ path: "/var/lib/postgresql/data", volume: "extra" }] }, "mounts[0].path:"],
        [{ health: { tcp: true } as object }, "health.tcp: the service has its own health check"],
        [{ mounts: [{ path: "/run", hostPath: "/srv" }] }, "mounts[0].path: contains /run/drydock/"],
        [
            { mounts: [{ path: "/extra", volume: "data" }] },
            'mounts[0].volume: "data" is reserved for the service',
        ],
        [
            { engine: Engine.Swarm, mounts: [{ path: "/extra", volume: "shutdown" }] },
            'mounts[0].volume: "shutdown" is reserved for the service',
        ],
    ])("%j of a PostgresService", async (args, message) => {
        expect(await refusal(() => new PostgresService("db", args))).toContain(message);
    });
});
