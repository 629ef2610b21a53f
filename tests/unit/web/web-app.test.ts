import * as pulumi from "@pulumi/pulumi";
import { Engine, Task, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { DEFAULT_CAPABILITIES } from "../../../components/container/capabilities.ts";
import {
    CONTAINER,
    GENERATED,
    RANDOM_INTEGER,
    refusal,
    REMOTE_IMAGE,
    run,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each([
    { engine: Engine.Docker, pulledImage: GENERATED.image, hostAddress: "127.0.0.1" },
    { engine: Engine.Swarm, pulledImage: GENERATED.digest, hostAddress: "localhost" },
])("on $engine", ({ engine, pulledImage, hostAddress }) => {
    const app = (args: Partial<WebAppArgs> = {}, settings: Settings = {}) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }), settings);
    const container = async (args: Partial<WebAppArgs> = {}) => (await app(args)).container();

    describe("the web process", () => {
        test("runs in a container without privileges and with a health check", async () => {
            const web = await container();
            expect(web).toMatchObject({
                name: "web",
                parent: "drydock:index:WebApp web",
                hostName: "shop-dev-web",
                image: pulledImage,
                env: { PORT: "3000" },
                restart: "always",
                stopTimeout: 10,
                mounts: [],
                tmpfs: {},
                files: {},
                networks: [],
                reachesHost: false,
                capabilities: { drops: ["ALL"], adds: DEFAULT_CAPABILITIES },
                health: {
                    interval: 2,
                    retries: 5,
                    startPeriod: 120,
                    waitTimeout: 120,
                },
            });
            expect(web.env).toEqual({ PORT: "3000" });
            expect(web.health?.test.slice(-4)).toEqual(["3000", "/", "127.0.0.1:3000", "5"]);
            for (const left of ["command", "entrypoint", "user", "memory", "cpus", "publish"] as const)
                expect([left, web[left]]).toEqual([left, undefined]);
        });

        test("has the limits, user and capabilities that are set", async () => {
            const limits = { cpus: 1.5, restart: "no", user: "1000:1000", readOnly: true, stopTimeout: 30 };
            const privileges = {
                tmpfs: { "/tmp": "size=64m,mode=700", "/run": "" },
                capabilities: ["CHOWN", "ALL"],
            };
            const args = { command: ["serve"], memory: "512m", ...limits, ...privileges };
            expect(await container(args)).toMatchObject({
                command: ["serve"],
                memory: 512,
                ...limits,
                tmpfs: { "/tmp": { size: 64 * 1024 * 1024, mode: 0o700 }, "/run": { mode: 0o1777 } },
                capabilities: { drops: ["ALL"], adds: ["CHOWN", "ALL"] },
            });
        });

        test.each([
            ["no", "no"],
            ["on-failure", "on-failure"],
            ["always", "always"],
            ["unless-stopped", "always"],
        ])("with restart %s has the restart policy %s", async (restart, expected) => {
            expect((await container({ restart })).restart).toBe(expected);
        });

        test.each([0.25, 0.5, 1, 2, 1.5])("can be limited to %d CPUs", async (cpus) => {
            expect((await container({ cpus })).cpus).toBe(cpus);
        });

        test("can drop all capabilities", async () => {
            expect((await container({ capabilities: [] })).capabilities).toEqual({
                drops: ["ALL"],
                adds: [],
            });
        });

        test("uses one port for PORT, health check and publishing", async () => {
            const args = { port: 8080, publish: { port: 80 }, health: { path: "/ok" } };
            const { container, outputs } = await app(args);
            expect(container()).toMatchObject({
                env: { PORT: "8080" },
                publish: { containerPort: 8080, hostPort: 80 },
            });
            expect(container().health?.test.slice(-4)).toEqual(["8080", "/ok", "127.0.0.1:8080", "5"]);
            expect(outputs.url?.value).toBe(`http://${hostAddress}:80`);
        });

        test("can have a command as health check", async () => {
            expect((await container({ health: { command: ["bin/ok"], interval: 3600 } })).health).toEqual({
                test: ["CMD", "bin/ok"],
                interval: 3600,
                timeout: 5,
                retries: 5,
                startPeriod: 120,
                waitTimeout: 120,
            });
        });

        test("treats undefined arguments as not set", async () => {
            const names = [
                "build",
                "port",
                "publish",
                "health",
                "processes",
                "links",
                "env",
                "networks",
                "mounts",
                "memory",
                "stopTimeout",
                "restart",
                "tmpfs",
                "capabilities",
                "swarm",
            ];
            const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
            expect(await container(nothing)).toEqual(await container());
        });

        test("treats empty objects as not set", async () => {
            const some = { health: {}, processes: {}, links: {}, env: {}, swarm: {} };
            expect(await container({ ...some, networks: [], mounts: [] })).toEqual(await container());
        });

        test("stores no arguments in the inputs of the component, which are not encrypted", async () => {
            const { one } = await app({ env: { A: "secret" } });
            expect(one("drydock:index:WebApp").inputs).toEqual({});
        });
    });

    describe("resource options", () => {
        test("protect, parent and dependsOn apply to the containers", async () => {
            const { one, container, startedWhilePaused } = await runOn(
                engine,
                () => {
                    const first = new WebApp("first", { engine, image: "x:1" });
                    const opts = { protect: true, parent: first, dependsOn: first };
                    new WebApp("web", { engine, image: "x:1" }, opts);
                    return {};
                },
                { pause: "first" },
            );
            expect(one("drydock:index:WebApp", "web").parent).toBe("drydock:index:WebApp first");
            expect(container("web").protect).toBe(true);
            expect(container("first").protect).toBe(false);
            expect(startedWhilePaused).toContain("first");
            expect(startedWhilePaused).not.toContain("web");
        });
    });

    describe("processes", () => {
        const processes = {
            worker: { command: ["bin/jobs"] },
            clock: { command: ["bin/clock"], memory: "64m", health: { command: ["bin/ok"], retries: 2 } },
        };

        test("share image, environment, networks and limits with the web process", async () => {
            const shared = { memory: "512m", env: { A: "1" }, networks: ["n"], user: "u" };
            const { names, container, containers } = await app({ processes, ...shared });
            expect(containers).toEqual(["web", "web-clock", "web-worker"]);
            expect(names(REMOTE_IMAGE)).toEqual(["web-image"]);
            expect(container("web-worker")).toMatchObject({
                parent: "drydock:index:WebApp web",
                hostName: "shop-dev-web-worker",
                image: pulledImage,
                command: ["bin/jobs"],
                user: "u",
                memory: 512,
                env: { PORT: "3000", A: "1" },
                networks: ["n"],
                restart: "always",
                stopTimeout: 10,
                labels: { "drydock.component": "web" },
            });
        });

        test("run their own command", async () => {
            const { container } = await app({ processes, command: ["serve"] });
            expect(container("web").command).toEqual(["serve"]);
            expect(container("web-clock").command).toEqual(["bin/clock"]);
        });

        test("are not published", async () => {
            const { container } = await app({ processes, publish: { port: 1 } });
            expect(container("web").publish).toEqual({ containerPort: 3000, hostPort: 1 });
            for (const name of ["web-worker", "web-clock"]) expect(container(name).publish).toBeUndefined();
        });

        test("have only their own health check", async () => {
            const { container } = await app({ processes });
            expect(container("web-worker").health?.test).toEqual(["NONE"]);
            expect(container("web-clock").health).toMatchObject({ retries: 2 });
            expect(container("web-clock").health?.test.at(-1)).toBe("bin/ok");
        });

        test("can have their own stop timeout", async () => {
            const jobs = { worker: { command: ["sidekiq"], stopTimeout: 30 }, clock: { command: ["clock"] } };
            const { container } = await app({ processes: jobs, stopTimeout: 5 });
            const times = ["web", "web-worker", "web-clock"].map((name) => container(name).stopTimeout);
            expect(times).toEqual([5, 30, 5]);
        });

        test("can have their own memory limit", async () => {
            const { container } = await app({ processes, memory: "512m" });
            expect(container("web-clock").memory).toBe(64);
            expect(container("web").memory).toBe(512);
        });
    });

    describe("url", () => {
        test("is empty if the application is not published", async () => {
            expect((await app({})).outputs.url).toEqual({ value: "", secret: false, known: true });
        });

        test("is known in a preview, unless a port is still to be chosen", async () => {
            const fixed = await app({ publish: { port: 3000 } }, { preview: "first" });
            expect(fixed.outputs.url?.value).toBe(`http://${hostAddress}:3000`);
            expect((await app({ publish: {} }, { preview: "first" })).outputs.url?.known).toBe(false);
            const later = await app({ publish: {} }, { preview: "later" });
            expect(later.outputs.url?.value).toBe(`http://${hostAddress}:${GENERATED.port}`);
            expect(later.one(RANDOM_INTEGER).name).toBe("web-port");
        });

        test("resolves once the application is healthy", async () => {
            const followed = () => {
                const { url } = new WebApp("web", { engine, image: "x:1", publish: { port: 1 } });
                const image = pulumi.interpolate`x:${url.apply((text) => text.length)}`;
                new WebApp("next", { engine, image });
                return {};
            };
            const { startedWhilePaused, containers } = await runOn(engine, followed, { pause: "web" });
            expect(startedWhilePaused).toEqual(expect.arrayContaining(["web-image", "web"]));
            expect(startedWhilePaused).not.toContain("next");
            expect(containers).toEqual(["next", "web"]);
        });
    });

    describe("host", () => {
        const followed = () => {
            const { host } = new WebApp("web", { engine, image: "x:1", networks: ["n"] });
            const env = { SHOP: pulumi.interpolate`http://${host}:3000` };
            new WebApp("next", { engine, image: "x:1", networks: ["n"], env });
            return { host };
        };

        test("is the host name on its networks", async () => {
            const { container, outputs } = await runOn(engine, followed);
            expect(outputs.host?.value).toBe(container("web").hostName);
            expect(container("next").env).toMatchObject({ SHOP: "http://shop-dev-web:3000" });
        });

        test("resolves once the application is healthy", async () => {
            const { startedWhilePaused } = await runOn(engine, followed, { pause: "web" });
            expect(startedWhilePaused).toContain("web");
            expect(startedWhilePaused).not.toContain("next");
        });
    });
});

const worker = { command: ["x"] };

test.each<[string, Partial<WebAppArgs>, string]>([
    ["neither image nor build", { image: undefined }, "image: required unless build is set"],
    ["a port above 65535", { port: 70000 }, "port: 70000 is not a port; use 1 to 65535"],
    [
        "a PORT that differs from port",
        { port: 3000, env: { PORT: "8080" } },
        'env.PORT: "8080" differs from port, which is 3000; keep one of the two',
    ],
    ["a PORT that is not a number", { env: { PORT: "web" } }, 'env.PORT: "web" is not a port'],
    [
        "a PORT that is an Output",
        { env: { PORT: pulumi.output("80") } },
        "env.PORT: must be a plain value and not an Output; or leave it out, and set port",
    ],
    ["0 as published port", { publish: { port: 0 } }, "publish.port: 0 is not a port"],
    [
        "a host name as published address",
        { publish: { ip: "here" } },
        'publish.ip: "here" is not an IP address',
    ],
    ["an empty command", { command: [] }, "command: must be a list of strings"],
    ["a fractional memory limit", { memory: "1.5g" }, 'memory: "1.5g" is not an amount of memory'],
    ["a CPU limit of 0", { cpus: 0 }, "cpus: 0 is not a number of CPUs; use 0.1 or more"],
    ["a stop timeout of 0", { stopTimeout: 0 }, "stopTimeout: 0 is not allowed"],
    [
        "an unknown restart policy",
        { restart: "never" },
        'restart: "never" is not one of no, on-failure, always, unless-stopped',
    ],
    [
        "a capability with the prefix CAP_",
        { capabilities: ["CHOWN", "CAP_KILL"] },
        'capabilities[1]: "CAP_KILL" is not a Linux capability; write',
    ],
    ["a relative path in tmpfs", { tmpfs: { tmp: "" } }, 'tmpfs.tmp: "tmp" is not an absolute path'],
    [
        "a string as health check",
        { health: "/up" as never },
        'health: "/up" is not a health check; write { path: "/up" }',
    ],
    [
        "a built-in network of Docker",
        { networks: ["net", "host"] },
        'networks[1]: "host" is one of Docker\'s built-in networks',
    ],
    [
        "a relative path in the health check",
        { health: { path: "up" } },
        'health.path: "up" is not a URL path; start it with /',
    ],
    [
        "a process name with a space",
        { processes: { "a b": worker } },
        'processes.a b: "a b" is not a name that Docker allows',
    ],
    [
        "a process with an empty command",
        { processes: { w: { command: [] } } },
        "processes.w.command: is empty; leave it out for the image's command",
    ],
    [
        "a stop timeout of 0 for a process",
        { processes: { w: { ...worker, stopTimeout: 0 } } },
        "processes.w.stopTimeout: 0 is not allowed",
    ],
    [
        "an invalid memory limit of a process",
        { processes: { w: { ...worker, memory: "x" } } },
        'processes.w.memory: "x" is not an amount',
    ],
    [
        "an HTTP health check of a process",
        { processes: { w: { ...worker, health: { path: "/up" } } } },
        "processes.w.health.path: the process has no TCP port; set ports, or health.command",
    ],
    [
        "an interval of 0 in the health check of a process",
        { processes: { w: { ...worker, health: { interval: 0 } } } },
        "processes.w.health.interval: 0 is not allowed",
    ],
    [
        "a relative mount path",
        { mounts: [{ path: "x", volume: "vv" }] },
        'mounts[0].path: "x" is not an absolute path',
    ],
    [
        "a relative host directory",
        { mounts: [{ path: "/x", hostPath: "." }] },
        'mounts[0].hostPath: "." is not an absolute',
    ],
    [
        "a host directory with a colon",
        { mounts: [{ path: "/x", hostPath: "/a:b" }] },
        'mounts[0].hostPath: "/a:b" contains a character',
    ],
    [
        "a mount path with a colon",
        { mounts: [{ path: "/x:ro", volume: "vv" }] },
        'mounts[0].path: "/x:ro" contains a character',
    ],
    [
        "a volume name with a slash",
        { mounts: [{ path: "/x", volume: "a/b" }] },
        'mounts[0].volume: "a/b" is not the name of a',
    ],
    [
        "a mount without volume and host directory",
        { mounts: [{ path: "/x" }] },
        "mounts[0]: must have exactly one of volume, hostPath and source",
    ],
    [
        "a mount with volume and host directory",
        { mounts: [{ path: "/x", volume: "vv", hostPath: "/y" }] },
        "mounts[0]: must have exactly one of volume, hostPath and source",
    ],
    [
        "two mounts at one path",
        {
            mounts: [
                { path: "/x", volume: "vv" },
                { path: "/x", hostPath: "/y" },
            ],
        },
        'mounts[1].path: "/x" has two mounts; keep one',
    ],
    [
        "an alias that starts with a digit",
        { links: { "1": { scheme: "x", host: "h", port: 1 } } },
        'links.1: "1" is not an alias',
    ],
])("refuses %s, on every engine", async (_, args, reason) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new WebApp("web", { engine, image: "x:1", ...args }))).toContain(reason);
});

test("PORT in env sets the port", async () => {
    const { one } = await run(() => {
        new WebApp("web", { image: "x:1", env: { PORT: "8080" }, publish: { port: 80 } });
        new WebApp("same", { image: "x:1", env: { PORT: "8080" }, port: 8080 });
        return {};
    });
    const { envs, ports, healthcheck } = one(CONTAINER, "web").inputs;
    expect(envs).toEqual(["PORT=8080"]);
    expect(ports).toMatchObject([{ internal: 8080, external: 80 }]);
    expect(JSON.stringify(healthcheck)).toContain("127.0.0.1:8080");
    expect(one(CONTAINER, "same").inputs.envs).toEqual(["PORT=8080"]);
});

test("errors name the component and have no stack trace", async () => {
    await run(() => {
        try {
            new WebApp("web", { image: "x:1", port: 0 });
        } catch (error) {
            expect(pulumi.ResourceError.isInstance(error)).toBe(true);
            expect(error).toMatchObject({ hideStack: true, resource: { __name: "web" } });
            expect((error as Error).stack).toBe("port: 0 is not a port; use 1 to 65535, or leave it out");
        }
        return {};
    });
    expect.assertions(3);
});

test("invalid arguments declare no resource but the component", async () => {
    const { declared } = await run(() => {
        expect(() => new WebApp("web", { build: { context: "apps/sample" }, port: 0 })).toThrow();
        return {};
    });
    expect(declared.map(({ type }) => type)).toEqual(["drydock:index:WebApp"]);
});

test("refuses a name that Docker does not allow", async () => {
    expect(await refusal(() => new WebApp("my web", { image: "x" }))).toContain(
        'name: "my web" is not a name that',
    );
});

test("an endpoint of an application without a network of its own has the network of its links", async () => {
    const { outputs } = await run(() => {
        const links = { cache: { scheme: "redis", host: "cache", port: 6379, network: "caches" } };
        return { endpoint: new WebApp("web", { image: "shop:1", links }).endpoint };
    });
    expect(outputs.endpoint?.value).toEqual({
        scheme: "http",
        host: "shop-dev-web",
        port: 3000,
        network: "caches",
    });
});

describe("the name of a volume", () => {
    const mounts = (volume: string) => [{ path: "/extra", volume }];
    const worker = (volume: string) => ({ worker: { command: ["work"], mounts: mounts(volume) } });

    test.each<[Partial<WebAppArgs>, string]>([
        [
            { build: { context: "apps/sample" }, mounts: mounts("build") },
            'mounts[0].volume: "build" is reserved',
        ],
        [
            { build: { context: "apps/sample" }, processes: worker("image") },
            'processes.worker.mounts[0].volume: "image" is reserved for the application; use another name',
        ],
        [
            { image: "x:1", engine: Engine.Swarm, mounts: mounts("ready") },
            'mounts[0].volume: "ready" is reserved for the application; use another name',
        ],
        [
            { image: "x:1", engine: Engine.Swarm, mounts: mounts("running"), health: { disabled: true } },
            'mounts[0].volume: "running" is reserved for the application; use another name',
        ],
        [
            {
                image: "x:1",
                engine: Engine.Swarm,
                mounts: mounts("worker-running"),
                processes: { worker: { command: ["work"] } },
            },
            'mounts[0].volume: "worker-running" is reserved for the application; use another name',
        ],
    ])("is refused if another resource of the application has it: %j", async (args, message) => {
        expect(await refusal(() => new WebApp("web", args))).toContain(message);
    });

    test.each<Partial<WebAppArgs>>([
        { image: "x:1", mounts: mounts("build") },
        {
            build: { context: "apps/sample", push: { image: "r.example.com/a" } },
            mounts: mounts("image"),
        },
        { image: "x:1", mounts: mounts("ready") },
        { image: "x:1", engine: Engine.Swarm, mounts: mounts("running") },
        {
            image: "x:1",
            engine: Engine.Swarm,
            mounts: mounts("worker-running"),
            processes: { worker: { command: ["work"], health: { command: ["true"] } } },
        },
    ])("may be that of a resource that the application does not have: %j", async (args) => {
        expect(await refusal(() => new WebApp("web", args))).toBe("nothing was refused");
    });

    test("of a task is refused too", async () => {
        const args = { build: { context: "apps/sample" }, command: ["x"], mounts: mounts("build") };
        expect(await refusal(() => new Task("job", args))).toBe(
            'mounts[0].volume: "build" is reserved for the task; use another name',
        );
    });
});
