import { Engine, type ProcessArgs, RailsWebApp, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { COMMAND, CONTAINER, refusal } from "../../../testing/index.ts";
import { ENGINES, runOn, service } from "../engines/index.ts";

describe.each([...ENGINES])("processes on %s", (engine) => {
    const app = (args: Partial<WebAppArgs>, settings = {}) =>
        runOn(
            engine,
            () => ({ endpoints: new WebApp("depot", { engine, image: "x:1", ...args }).endpoints }),
            settings,
        );

    /** One image with four processes that differ in command, variables, entrypoint and ports. */
    const depot = {
        command: ["bin/rails", "server"],
        env: { RAILS_ENV: "production" },
        processes: {
            mail: { command: ["bin/jobs", "--queues", "mail"], env: { JOB_CONCURRENCY: "2" } },
            clock: { command: ["bin/clock"], restart: "always", after: ["web"] },
            cable: {
                entrypoint: ["bin/cable"],
                ports: { cable: { port: 8080, scheme: "ws", publish: { port: 8081 } } },
            },
        },
    };

    test("differ in variables, entrypoint and ports", async () => {
        const cable = { ...depot.processes.cable, entrypoint: ["sh", "bin/cable"] };
        const { container, outputs } = await app({ ...depot, processes: { ...depot.processes, cable } });
        const env = { RAILS_ENV: "production", PORT: "3000" };
        expect(container("depot").env).toEqual(env);
        expect(container("depot-mail").env).toEqual({ ...env, JOB_CONCURRENCY: "2" });
        expect(container("depot-clock").env).toEqual(env);
        expect(container("depot-cable")).toMatchObject({
            entrypoint: ["sh", "bin/cable"],
            env: { ...env, PORT: "8080" },
            publish: { containerPort: 8080, hostPort: 8081 },
        });
        expect(container("depot").ports).toEqual([]);
        expect(outputs.endpoints?.value).toMatchObject({
            cable: { scheme: "ws", host: "shop-dev-depot-cable" },
        });
    });

    test("run the program of the image if only their variables differ", async () => {
        const processes = { worker: { env: { TASK: "worker" } } };
        const { container } = await app({ command: ["bin/rails", "server"], processes });
        expect(container("depot-worker").env).toMatchObject({ TASK: "worker" });
        expect(container("depot-worker").command).toBeUndefined();
        expect(container("depot").command).toEqual(["bin/rails", "server"]);
    });

    test("have the entrypoint of the application, one of their own, or that of the image", async () => {
        const processes = {
            mail: { command: ["m"] },
            clock: { command: ["c"], entrypoint: ["sh", "bin/clock"] },
            cable: { command: ["x"], entrypoint: [] },
            other: { entrypoint: [] },
        };
        const { container } = await app({ entrypoint: ["sh", "bin/start"], processes });
        const entrypoints = Object.keys(processes).map((name) => container(`depot-${name}`).entrypoint);
        expect(entrypoints).toEqual([["sh", "bin/start"], ["sh", "bin/clock"], undefined, undefined]);
    });

    test("ignore the health check of the image unless health is set", async () => {
        const processes = {
            mail: { command: ["m"] },
            clock: { command: ["c"], health: {} },
            cable: { command: ["x"], health: { command: ["true"] } },
        };
        const { container } = await app({ processes });
        const tests = Object.keys(processes).map((name) => container(`depot-${name}`).health?.test);
        expect(tests).toEqual([["NONE"], undefined, expect.arrayContaining(["true"])]);
    });

    test("with a port of their own get it as PORT, unless they set PORT", async () => {
        const ports = { cable: { port: 8080 } };
        const processes = {
            cable: { command: ["c"], ports },
            other: { command: ["o"], ports: { other: { port: 8081 } }, env: { PORT: "1" } },
            dns: { command: ["d"], ports: { dns: { port: 53, protocol: "udp" as const } } },
        };
        const { container } = await app({ env: { PORT: "4000" }, processes });
        const all = ["depot-cable", "depot-other", "depot-dns"].map((name) => container(name).env);
        expect(all).toMatchObject([{ PORT: "8080" }, { PORT: "1" }, { PORT: "4000" }]);
    });

    test("start after other processes are healthy", async () => {
        const { startedWhilePaused, container } = await app(depot, { pause: "depot" });
        expect(startedWhilePaused).toEqual(expect.arrayContaining(["depot-mail", "depot-cable"]));
        expect(startedWhilePaused).not.toContain("depot-clock");
        expect(container("depot-clock").dependencies).toContainEqual(expect.stringMatching(/ depot$/));
    });

    test("start after processes without a health check have kept running for some seconds", async () => {
        const processes = {
            last: { command: ["c"], after: ["middle", "web"] },
            middle: { command: ["b"], after: ["first"] },
            first: { command: ["a"] },
        };
        const { container } = await app({ processes });
        expect(container("depot-middle").dependencies).toEqual(
            expect.arrayContaining([
                expect.stringMatching(/ depot-first$/),
                `${COMMAND} depot-first-running`,
            ]),
        );
        expect(container("depot-last").dependencies).toEqual(
            expect.arrayContaining([`${COMMAND} depot-middle-running`, expect.stringMatching(/ depot$/)]),
        );
        expect(container("depot-first").dependencies.join()).not.toContain("middle");
    });

    test.each<[string, ProcessArgs, string]>([
        ["a path", { health: { path: "/ok" } }, "/ok"],
        ["TCP", { health: { tcp: true } }, "8080"],
    ])("have a health check on their first TCP port, by %s", async (_, own, word) => {
        const ports = { stats: { port: 8125, protocol: "udp" as const }, cable: { port: 8080 } };
        const { container } = await app({ processes: { cable: { command: ["c"], ports, ...own } } });
        expect(container("depot-cable").health?.test).toEqual(expect.arrayContaining(["8080", word]));
    });

    test("of a RailsWebApp have ports, host names and an order too", async () => {
        const { container, outputs } = await runOn(engine, () => {
            const { endpoints } = new RailsWebApp("depot", {
                ...{ engine, image: "x:1", masterKey: "k", aliases: ["shop"] },
                ...depot,
            });
            return { endpoints };
        });
        expect(container("depot").aliases).toEqual({ "shop-dev-depot": ["depot", "shop"] });
        expect(Object.keys(outputs.endpoints?.value as object).sort()).toEqual(["cable", "web"]);
        expect(container("depot-clock").dependencies).toContainEqual(expect.stringMatching(/ depot$/));
    });
});

test("a new default for the image's health check does not replace a process", async () => {
    const { one } = await runOn(Engine.Docker, (engine) => {
        const processes = {
            mail: { command: ["m"] },
            clock: { command: ["c"], health: { disabled: true } },
        };
        new WebApp("depot", { engine, image: "x:1", processes });
        return {};
    });
    const options = (name: string) => one(CONTAINER, name).options;
    expect(options("depot-mail").ignoreChanges).toContain("healthcheck");
    expect(options("depot-mail").replacementTrigger).not.toContain("healthDisabled");
    expect(options("depot-clock").ignoreChanges).not.toContain("healthcheck");
    expect(options("depot-clock").replacementTrigger).toContain("healthDisabled");
});

test("a process without overlap is stopped before the new one starts", async () => {
    const { one } = await runOn(Engine.Swarm, (engine) => {
        const processes = { clock: { command: ["c"], overlap: false }, mail: { command: ["m"] } };
        new WebApp("depot", { engine, image: "x:1", processes });
        return {};
    });
    const order = (name: string) => service(one, name).updateConfig;
    expect(order("depot-clock")).toMatchObject({ order: "stop-first" });
    expect(order("depot-mail")).toMatchObject({ order: "start-first" });
    expect(order("depot")).toMatchObject({ order: "start-first" });
});

test.each<[string, Record<string, ProcessArgs>, string]>([
    [
        "times of a health check that does not exist",
        { a: { command: ["a"], health: { startPeriod: 300 } } },
        "processes.a.health.startPeriod: there is no health check to time (a HEALTHCHECK of the image keeps its own timing); set processes.a.health.command, path or tcp",
    ],
    [
        "the program of the web process",
        { worker: { memory: "64m" } },
        "processes.worker.command: the process would run the same program as the web process; set command, entrypoint or env",
    ],
    [
        "the program of the web process, by an entrypoint that the application does not have",
        { worker: { entrypoint: [] } },
        "processes.worker.command: the process would run the same program as the web process",
    ],
    [
        "an unknown process in after",
        { clock: { command: ["c"], after: ["wep"] }, mail: { command: ["m"] } },
        'processes.clock.after[0]: "wep" is not one of web, mail',
    ],
    [
        "the process itself in after",
        { clock: { command: ["c"], after: ["clock"] } },
        'processes.clock.after[0]: "clock" is not one of web',
    ],
    [
        "processes that wait for one another",
        {
            a: { command: ["a"], after: ["b"] },
            b: { command: ["b"], after: ["web", "c"] },
            c: { command: ["c"], after: ["a"] },
        },
        "processes.a.after: the processes wait for one another (a -> b -> c -> a); remove one of these dependencies",
    ],
    [
        "a health check of a path without a TCP port",
        { a: { command: ["a"], ports: { dns: { port: 53, protocol: "udp" } }, health: { path: "/" } } },
        "processes.a.health.path: the process has no TCP port; set ports, or health.command",
    ],
    [
        "a string for overlap",
        { a: { command: ["a"], overlap: "maybe" as unknown as boolean } },
        'processes.a.overlap: "maybe" is not a boolean',
    ],
])("refuses %s", async (_, processes, reason) => {
    expect(await refusal(() => new WebApp("depot", { image: "x:1", processes }))).toContain(reason);
});
