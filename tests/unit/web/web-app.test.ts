import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { DEFAULT_CAPABILITIES } from "../../../components/web/container-options.ts";
import type { Settings } from "../../../testing/index.ts";
import { ENGINES, runOn, ENGINE_VALUES } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const terms = ENGINE_VALUES[engine];
    const app = (args: Partial<WebAppArgs> = {}, settings: Settings = {}) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }), settings);
    const container = async (args: Partial<WebAppArgs> = {}) => (await app(args)).container();

    describe("a web application", () => {
        test("is a container with no privileges, healthy before it counts as made", async () => {
            const web = await container();
            expect(web).toMatchObject({
                name: "web",
                parent: "drydock:index:WebApp web",
                hostName: "shop-dev-web",
                image: terms.image,
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

        test("takes limits, a user and what it may do", async () => {
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
        ])("is started again where restart is %s: %s", async (restart, expected) => {
            expect((await container({ restart })).restart).toBe(expected);
        });

        test.each([0.25, 0.5, 1, 2, 1.5])("may have %d processors", async (cpus) => {
            expect((await container({ cpus })).cpus).toBe(cpus);
        });

        test("may have nothing left of its privileges", async () => {
            expect((await container({ capabilities: [] })).capabilities).toEqual({
                drops: ["ALL"],
                adds: [],
            });
        });

        test("listens on a port that it is told, asked and published by", async () => {
            const args = { port: 8080, publish: { port: 80 }, health: { path: "/ok" } };
            const { container, outputs } = await app(args);
            expect(container()).toMatchObject({
                env: { PORT: "8080" },
                publish: { containerPort: 8080, hostPort: 80 },
            });
            expect(container().health?.test.slice(-4)).toEqual(["8080", "/ok", "127.0.0.1:8080", "5"]);
            expect(outputs.url?.value).toBe(`http://${terms.address}:80`);
        });

        test("has a health check of one's own", async () => {
            expect((await container({ health: { command: ["bin/ok"], interval: 3600 } })).health).toEqual({
                test: ["CMD", "bin/ok"],
                interval: 3600,
                timeout: 5,
                retries: 5,
                startPeriod: 120,
                waitTimeout: 120,
            });
        });

        test("takes explicitly undefined arguments as left out", async () => {
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

        test("takes empty objects as nothing", async () => {
            const some = { health: {}, processes: {}, links: {}, env: {}, swarm: {} };
            expect(await container({ ...some, networks: [], mounts: [] })).toEqual(await container());
        });

        test("its own inputs hold nothing, so that no argument is in the state in plain text", async () => {
            const { one } = await app({ env: { A: "secret" } });
            expect(one("drydock:index:WebApp").inputs).toEqual({});
        });
    });

    describe("the options of a component", () => {
        test("protect, parent and dependsOn reach its containers", async () => {
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
});
