import * as pulumi from "@pulumi/pulumi";
import { WebApp, WebAppArgs } from "../../components";
import { USUAL_CAPABILITIES } from "../../components/capabilities";
import {
    COMMAND,
    CONTAINER,
    GENERATED,
    PORT,
    refusal,
    REMOTE_IMAGE,
    run,
    Settings,
    VOLUME,
} from "../../testing";

const app = (args: Partial<WebAppArgs> = {}, settings: Settings = {}) =>
    run(() => ({ url: new WebApp("web", { image: "x:1", ...args }).url }), settings);
const inputs = async (args: Partial<WebAppArgs> = {}) => (await app(args)).one(CONTAINER).inputs;

describe("a web application", () => {
    test("is a container with no privileges, healthy before it counts as made", async () => {
        const { one } = await app();
        expect(one(CONTAINER)).toMatchObject({
            name: "web",
            parent: "drydock:index:WebApp web",
            inputs: {
                ...{ name: "shop-dev-web", image: GENERATED.image, envs: ["PORT=3000"] },
                ...{ restart: "unless-stopped", destroyGraceSeconds: 10, wait: true, waitTimeout: 120 },
                capabilities: { drops: ["ALL"], adds: USUAL_CAPABILITIES.map((c) => `CAP_${c}`) },
                securityOpts: ["no-new-privileges"],
                healthcheck: { interval: "2s", timeout: "5s", retries: 5, startPeriod: "1m0s" },
            },
        });
        for (const left of [
            "command",
            "entrypoints",
            "user",
            "memory",
            "memorySwap",
            "cpus",
            "ports",
            "tmpfs",
        ])
            expect(one(CONTAINER).inputs).not.toHaveProperty(left);
        expect(one(CONTAINER).inputs.healthcheck).toMatchObject({
            tests: ["CMD-SHELL", expect.stringContaining(`"http://127.0.0.1:3000/"`)],
        });
    });

    test("takes limits, a user and what it may do", async () => {
        expect(
            await inputs({
                ...{ command: ["serve"], memory: "512m", cpus: 1.5, restart: "no", user: "1000:1000" },
                ...{
                    readOnly: true,
                    tmpfs: { "/tmp": "mode=1777" },
                    capabilities: ["CHOWN", "ALL"],
                    stopTimeout: 30,
                },
            }),
        ).toMatchObject({
            ...{
                command: ["serve"],
                memory: 512,
                memorySwap: 1024,
                cpus: "1.5",
                restart: "no",
                user: "1000:1000",
            },
            ...{ readOnly: true, tmpfs: { "/tmp": "mode=1777" }, destroyGraceSeconds: 30 },
            capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "ALL"] },
        });
    });

    test("may have nothing left of its privileges", async () => {
        expect((await inputs({ capabilities: [] })).capabilities).toEqual({ drops: ["ALL"], adds: [] });
    });

    test("listens on a port that it is told, asked and published by", async () => {
        const { one, outputs } = await app({ port: 8080, publish: { port: 80 }, health: { path: "/ok" } });
        expect(one(CONTAINER).inputs).toMatchObject({
            envs: ["PORT=8080"],
            ports: [{ internal: 8080, external: 80, ip: "127.0.0.1" }],
            healthcheck: { tests: ["CMD-SHELL", expect.stringContaining(`"http://127.0.0.1:8080/ok"`)] },
        });
        expect(outputs.url?.value).toBe("http://127.0.0.1:80");
    });

    test("has an empty URL where it is not published", async () => {
        expect((await app()).outputs.url).toEqual({ value: "", secret: false, known: true });
    });

    test("has a URL that is known in a preview, but for a port that is to be chosen", async () => {
        const fixed = await app({ publish: { port: 3000 } }, { preview: "first" });
        expect(fixed.outputs.url?.value).toBe("http://127.0.0.1:3000");
        expect((await app({ publish: {} }, { preview: "first" })).outputs.url?.known).toBe(false);
        const later = await app({ publish: {} }, { preview: "later" });
        expect(later.outputs.url?.value).toBe(`http://127.0.0.1:${GENERATED.port}`);
        expect(later.one(PORT).name).toBe("web-port");
    });

    test("has a URL only once it is healthy", async () => {
        const followed = () => {
            const { url } = new WebApp("web", { image: "x:1", publish: { port: 1 } });
            new WebApp("next", { image: pulumi.interpolate`x:${url.apply((text) => text.length)}` });
            return {};
        };
        expect((await run(followed, { slow: "web" })).early).toEqual(["web-image", "web"]);
        expect((await run(followed)).names(CONTAINER)).toEqual(["next", "web"]);
    });

    test("takes explicitly undefined arguments as left out", async () => {
        const nothing = {
            ...{
                build: undefined,
                port: undefined,
                publish: undefined,
                health: undefined,
                processes: undefined,
            },
            ...{
                links: undefined,
                env: undefined,
                networks: undefined,
                mounts: undefined,
                memory: undefined,
            },
            ...{ stopTimeout: undefined, restart: undefined, tmpfs: undefined, capabilities: undefined },
        };
        expect(await inputs(nothing)).toEqual(await inputs());
    });

    test("takes empty objects as nothing", async () => {
        const empty = { health: {}, processes: {}, links: {}, env: {}, networks: [], mounts: [] };
        expect(await inputs(empty)).toEqual(await inputs());
    });

    test("has a health check of one's own", async () => {
        const { healthcheck, wait } = await inputs({ health: { command: ["bin/ok"], interval: 3600 } });
        expect(healthcheck).toMatchObject({ tests: ["CMD", "bin/ok"], interval: "1h0m0s" });
        expect(wait).toBe(true);
    });

    test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
        expect((await app({ env: { A: "secret" } })).one("drydock:index:WebApp").inputs).toEqual({});
    });
});

describe("the container of an application", () => {
    test("is deleted before it is replaced, and replaced where the provider only says that it changed", async () => {
        const { options } = (await app()).one(CONTAINER);
        expect(options.deleteBeforeReplace).toBe(true);
        expect(options.replaceOnChanges).toEqual([
            ...["#initerror", "healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "rm"],
        ]);
    });

    test.each([
        [1, "1s"],
        [59, "59s"],
        [60, "1m0s"],
        [90, "1m30s"],
        [120, "2m0s"],
        [3600, "1h0m0s"],
        [3661, "1h1m1s"],
    ])("has times as Go writes them: %d seconds as %s", async (interval, text) => {
        expect((await inputs({ health: { interval } })).healthcheck).toMatchObject({ interval: text });
    });

    test.each([
        [1, "1.0"],
        [2, "2.0"],
        [0.5, "0.5"],
        [0.25, "0.25"],
    ])("has processors as the provider reads them back: %d as %s", async (cpus, text) => {
        expect((await inputs({ cpus })).cpus).toBe(text);
    });
});

describe("further processes", () => {
    const processes = {
        worker: { command: ["bin/jobs"] },
        clock: { command: ["bin/clock"], memory: "64m", health: { command: ["bin/ok"], retries: 2 } },
    };

    test("share image, wiring and limits, and have names of their own", async () => {
        const { names, one } = await app({
            ...{
                processes,
                memory: "512m",
                env: { A: "1" },
                networks: ["n"],
                user: "u",
                publish: { port: 1 },
            },
        });
        expect(names(CONTAINER)).toEqual(["web", "web-clock", "web-worker"]);
        expect(names(REMOTE_IMAGE)).toEqual(["web-image"]);
        expect(one(CONTAINER, "web-worker")).toMatchObject({
            parent: "drydock:index:WebApp web",
            inputs: {
                ...{ name: "shop-dev-web-worker", image: GENERATED.image, command: ["bin/jobs"], user: "u" },
                ...{
                    envs: ["PORT=3000", "A=1"],
                    networksAdvanced: [{ name: "n" }],
                    memory: 512,
                    memorySwap: 1024,
                },
            },
        });
        expect(one(CONTAINER, "web-worker").inputs.labels).toContainEqual({
            ...{ label: "drydock.component", value: "web" },
        });
    });

    test("are not published, and wait only for a health check of their own", async () => {
        const { one } = await app({ processes, publish: { port: 1 } });
        for (const name of ["web-worker", "web-clock"])
            expect(one(CONTAINER, name).inputs).not.toHaveProperty("ports");
        expect(one(CONTAINER, "web-worker").inputs).not.toHaveProperty("healthcheck");
        expect(one(CONTAINER, "web-worker").inputs.wait).toBe(false);
        expect(one(CONTAINER, "web-clock").inputs).toMatchObject({
            ...{ memory: 64, wait: true, healthcheck: { tests: ["CMD", "bin/ok"], retries: 2 } },
        });
    });
});

describe("mounts", () => {
    test("are volumes made for the application, directories, and volumes made elsewhere", async () => {
        const { one, names } = await app({
            mounts: [
                { path: "/rails/storage", volume: "storage" },
                { path: "/backup", volume: "storage", readOnly: true },
                { path: "/src", hostPath: "/home/me/src", readOnly: true },
                { path: "/other", volume: pulumi.output("elsewhere") },
            ],
            processes: { worker: { command: ["x"] } },
        });
        expect(names(VOLUME)).toEqual(["web-storage"]);
        expect(one(VOLUME)).toMatchObject({
            ...{ inputs: { name: "shop.dev.web-storage" }, parent: "drydock:index:WebApp web" },
        });
        for (const name of ["web", "web-worker"]) {
            expect(one(CONTAINER, name).inputs.volumes).toEqual([
                { containerPath: "/rails/storage", volumeName: "shop.dev.web-storage" },
                { containerPath: "/backup", volumeName: "shop.dev.web-storage", readOnly: true },
                { containerPath: "/src", hostPath: "/home/me/src", readOnly: true },
                { containerPath: "/other", volumeName: "elsewhere" },
            ]);
        }
    });
});

describe("the options of a component", () => {
    test("protect, parent and dependsOn reach its containers", async () => {
        const { one, early } = await run(
            () => {
                const first = new WebApp("first", { image: "x:1" });
                new WebApp("web", { image: "x:1" }, { protect: true, parent: first, dependsOn: first });
                return {};
            },
            { slow: "first" },
        );
        expect(one("drydock:index:WebApp", "web").parent).toBe("drydock:index:WebApp first");
        expect(one(CONTAINER, "web").options.protect).toBe(true);
        expect(early).not.toContain("web");
    });
});

const worker = { command: ["x"] };

test.each<[string, Partial<WebAppArgs>, string]>([
    ["neither image nor build", { image: undefined }, "image: neither image nor build is set"],
    ["a port", { port: 70000 }, "port: 70000 is not a port; use 1 to 65535"],
    ["a published port", { publish: { port: 0 } }, "publish.port: 0 is not a port"],
    ["an address", { publish: { ip: "here" } }, "publish.ip: here is not an IP address"],
    ["an empty command", { command: [] }, "command: there is nothing to run"],
    ["a limit of memory", { memory: "1.5g" }, "memory: 1.5g is not an amount of memory"],
    ["a number of processors", { cpus: 0 }, "cpus: 0 is not a number of processors; use 0.1 or more"],
    ["a time to stop", { stopTimeout: 0 }, "stopTimeout: 0 does not do; use a whole number"],
    [
        "a restart",
        { restart: "never" },
        "restart: never is not one of no, on-failure, always, unless-stopped",
    ],
    [
        "a capability",
        { capabilities: ["CHOWN", "CAP_KILL"] },
        "capabilities[1]: CAP_KILL is not a capability; write",
    ],
    ["a memory file system", { tmpfs: { tmp: "" } }, "tmpfs.tmp: tmp is not an absolute path"],
    ["a path to ask", { health: { path: "up" } }, "health.path: up is not a path of a URL; begin with /"],
    [
        "a process's name",
        { processes: { "a b": worker } },
        "processes.a b: a b is not a name that Docker takes",
    ],
    [
        "a process with nothing to run",
        { processes: { w: { command: [] } } },
        "processes.w.command: there is nothing",
    ],
    [
        "a process's memory",
        { processes: { w: { ...worker, memory: "x" } } },
        "processes.w.memory: x is not an amount",
    ],
    [
        "a path to ask a process",
        { processes: { w: { ...worker, health: { path: "/up" } } } },
        "processes.w.health.path: only the web process has a port; set health.command",
    ],
    [
        "a time of a process",
        { processes: { w: { ...worker, health: { interval: 0 } } } },
        "processes.w.health.interval: 0 does not do",
    ],
    [
        "a mount's path",
        { mounts: [{ path: "x", volume: "vv" }] },
        "mounts[0].path: x is not an absolute path",
    ],
    [
        "a mount's directory",
        { mounts: [{ path: "/x", hostPath: "." }] },
        "mounts[0].hostPath: . is not an absolute",
    ],
    [
        "a mount's volume",
        { mounts: [{ path: "/x", volume: "a/b" }] },
        "mounts[0].volume: a/b is not a name of a",
    ],
    ["a mount of nothing", { mounts: [{ path: "/x" }] }, "mounts[0]: set volume or hostPath, one of the two"],
    [
        "a mount of both",
        { mounts: [{ path: "/x", volume: "vv", hostPath: "/y" }] },
        "mounts[0]: set volume or hostPath, one of the two",
    ],
    [
        "two mounts in one place",
        {
            mounts: [
                { path: "/x", volume: "vv" },
                { path: "/x", hostPath: "/y" },
            ],
        },
        "mounts[1].path: /x is mounted twice; keep one of the mounts",
    ],
    ["a link", { links: { "1": { scheme: "x", host: "h", port: 1 } } }, "links.1: 1 is not an alias"],
])("%s is refused", async (_, args, reason) => {
    expect(await refusal(() => new WebApp("web", { image: "x:1", ...args }))).toContain(reason);
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
        "name: my web is not a name that",
    );
});
