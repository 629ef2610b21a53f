import * as pulumi from "@pulumi/pulumi";
import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { COMMAND, CONTAINER, refusal, run } from "../../../testing/index.ts";
import { ENGINES } from "../engines/index.ts";

const worker = { command: ["x"] };

test.each<[string, Partial<WebAppArgs>, string]>([
    ["neither image nor build", { image: undefined }, "image: required unless build is set"],
    ["a port", { port: 70000 }, "port: 70000 is not a port; use 1 to 65535"],
    [
        "a PORT that is not the port",
        { port: 3000, env: { PORT: "8080" } },
        'env.PORT: "8080" differs from port, which is 3000; keep one of the two',
    ],
    ["a PORT that is no port", { env: { PORT: "web" } }, 'env.PORT: "web" is not a port'],
    [
        "a PORT that is not known",
        { env: { PORT: pulumi.output("80") } },
        "env.PORT: must be a plain value and not an Output; or leave it out, and set port",
    ],
    ["a published port", { publish: { port: 0 } }, "publish.port: 0 is not a port"],
    ["an address", { publish: { ip: "here" } }, 'publish.ip: "here" is not an IP address'],
    ["an empty command", { command: [] }, "command: must be a list of strings"],
    ["a limit of memory", { memory: "1.5g" }, 'memory: "1.5g" is not an amount of memory'],
    ["a number of processors", { cpus: 0 }, "cpus: 0 is not a number of CPUs; use 0.1 or more"],
    ["a time to stop", { stopTimeout: 0 }, "stopTimeout: 0 is not allowed"],
    [
        "a restart",
        { restart: "never" },
        'restart: "never" is not one of no, on-failure, always, unless-stopped',
    ],
    [
        "a capability",
        { capabilities: ["CHOWN", "CAP_KILL"] },
        'capabilities[1]: "CAP_KILL" is not a Linux capability; write',
    ],
    ["a memory file system", { tmpfs: { tmp: "" } }, 'tmpfs.tmp: "tmp" is not an absolute path'],
    [
        "a check that is none",
        { health: "/up" as never },
        'health: "/up" is not a health check; write { path: "/up" }',
    ],
    [
        "a network of Docker's own",
        { networks: ["net", "host"] },
        'networks[1]: "host" is one of Docker\'s built-in networks',
    ],
    ["a path to ask", { health: { path: "up" } }, 'health.path: "up" is not a URL path; start it with /'],
    [
        "a process's name",
        { processes: { "a b": worker } },
        'processes.a b: "a b" is not a name that Docker allows',
    ],
    [
        "a process with nothing to run",
        { processes: { w: { command: [] } } },
        "processes.w.command: must be a list",
    ],
    [
        "a process's time to stop",
        { processes: { w: { ...worker, stopTimeout: 0 } } },
        "processes.w.stopTimeout: 0 is not allowed",
    ],
    [
        "a process's memory",
        { processes: { w: { ...worker, memory: "x" } } },
        'processes.w.memory: "x" is not an amount',
    ],
    [
        "a path to ask a process",
        { processes: { w: { ...worker, health: { path: "/up" } } } },
        "processes.w.health.path: only the web process has a port; set health.command",
    ],
    [
        "a time of a process",
        { processes: { w: { ...worker, health: { interval: 0 } } } },
        "processes.w.health.interval: 0 is not allowed",
    ],
    [
        "a mount's path",
        { mounts: [{ path: "x", volume: "vv" }] },
        'mounts[0].path: "x" is not an absolute path',
    ],
    [
        "a mount's directory",
        { mounts: [{ path: "/x", hostPath: "." }] },
        'mounts[0].hostPath: "." is not an absolute',
    ],
    [
        "a mount's directory with a colon",
        { mounts: [{ path: "/x", hostPath: "/a:b" }] },
        'mounts[0].hostPath: "/a:b" contains a character',
    ],
    [
        "a mount's path with a colon",
        { mounts: [{ path: "/x:ro", volume: "vv" }] },
        'mounts[0].path: "/x:ro" contains a character',
    ],
    [
        "a mount's volume",
        { mounts: [{ path: "/x", volume: "a/b" }] },
        'mounts[0].volume: "a/b" is not the name of a',
    ],
    ["a mount of nothing", { mounts: [{ path: "/x" }] }, "mounts[0]: must have either volume or hostPath"],
    [
        "a mount of both",
        { mounts: [{ path: "/x", volume: "vv", hostPath: "/y" }] },
        "mounts[0]: must have either volume or hostPath",
    ],
    [
        "two mounts in one place",
        {
            mounts: [
                { path: "/x", volume: "vv" },
                { path: "/x", hostPath: "/y" },
            ],
        },
        'mounts[1].path: "/x" has two mounts; keep one',
    ],
    ["a link", { links: { "1": { scheme: "x", host: "h", port: 1 } } }, 'links.1: "1" is not an alias'],
])("%s is refused, whatever the engine", async (_, args, reason) => {
    for (const engine of ENGINES)
        expect(await refusal(() => new WebApp("web", { engine, image: "x:1", ...args }))).toContain(reason);
});

test("PORT among the variables is the port", async () => {
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

test("what is refused names its component, and has no stack trace", async () => {
    await run(() => {
        try {
            new WebApp("web", { image: "x:1", port: 0 });
        } catch (error) {
            expect(pulumi.ResourceError.isInstance(error)).toBe(true);
            expect(error).toMatchObject({ hideStack: true, resource: { __name: "web" } });
            expect((error as Error).stack).not.toContain("    at ");
        }
        return {};
    });
    expect.assertions(3);
});

test("what is refused has declared nothing but itself", async () => {
    const { declared } = await run(() => {
        expect(() => new WebApp("web", { build: { context: "apps/sample" }, port: 0 })).toThrow();
        return {};
    });
    expect(declared.map(({ type }) => type)).toEqual(["drydock:index:WebApp"]);
    expect(declared.map(({ type }) => type)).not.toContain(COMMAND);
});

test("a name that Docker would refuse is refused", async () => {
    expect(await refusal(() => new WebApp("my web", { image: "x" }))).toContain(
        'name: "my web" is not a name that',
    );
});
