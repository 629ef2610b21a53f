import * as pulumi from "@pulumi/pulumi";
import { WebApp, WebAppArgs } from "../../components";
import { USUAL_CAPABILITIES } from "../../components/capabilities";
import { GENERATED, PORT, Settings } from "../../testing";
import { ENGINES, runOn, TERMS } from "./engines";

describe.each(ENGINES)("on %s", (engine) => {
    const terms = TERMS[engine];
    const app = (args: Partial<WebAppArgs> = {}, settings: Settings = {}) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }), settings);
    const container = async (args: Partial<WebAppArgs> = {}) => (await app(args)).container();

    describe("a web application", () => {
        test("is a container with no privileges, healthy before it counts as made", async () => {
            const web = await container();
            expect(web).toMatchObject({
                ...{ name: "web", parent: "drydock:index:WebApp web", host: "shop-dev-web" },
                ...{ image: terms.pulled, env: { PORT: "3000" }, restart: "always", stopTimeout: 10 },
                ...{ mounts: [], tmpfs: {}, files: {}, networks: [], reachesHost: false },
                capabilities: { drops: ["ALL"], adds: USUAL_CAPABILITIES },
                health: {
                    test: ["CMD-SHELL", expect.stringContaining(`"http://127.0.0.1:3000/"`)],
                    ...{ interval: 2, timeout: 5, retries: 5, startPeriod: 60, waitTimeout: 120 },
                },
            });
            expect(web.env).toEqual({ PORT: "3000" });
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
                ...{ command: ["serve"], memory: 512, ...limits },
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
                health: { test: ["CMD-SHELL", expect.stringContaining(`"http://127.0.0.1:8080/ok"`)] },
            });
            expect(outputs.url?.value).toBe(`http://${terms.address}:80`);
        });

        test("has a health check of one's own", async () => {
            expect((await container({ health: { command: ["bin/ok"], interval: 3600 } })).health).toEqual({
                ...{ test: ["CMD", "bin/ok"], interval: 3600, timeout: 5, retries: 5 },
                ...{ startPeriod: 60, waitTimeout: 120 },
            });
        });

        test("takes explicitly undefined arguments as left out", async () => {
            const names = [
                ...["build", "port", "publish", "health", "processes", "links", "env", "networks", "mounts"],
                ...["memory", "stopTimeout", "restart", "tmpfs", "capabilities", "swarm"],
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

    describe("its URL", () => {
        test("is empty where it is not published", async () => {
            expect((await app()).outputs.url).toEqual({ value: "", secret: false, known: true });
        });

        test("is known in a preview, but for a port that is to be chosen", async () => {
            const fixed = await app({ publish: { port: 3000 } }, { preview: "first" });
            expect(fixed.outputs.url?.value).toBe(`http://${terms.address}:3000`);
            expect((await app({ publish: {} }, { preview: "first" })).outputs.url?.known).toBe(false);
            const later = await app({ publish: {} }, { preview: "later" });
            expect(later.outputs.url?.value).toBe(`http://${terms.address}:${GENERATED.port}`);
            expect(later.one(PORT).name).toBe("web-port");
        });

        test("resolves only once it is healthy", async () => {
            const followed = () => {
                const { url } = new WebApp("web", { engine, image: "x:1", publish: { port: 1 } });
                const image = pulumi.interpolate`x:${url.apply((text) => text.length)}`;
                new WebApp("next", { engine, image });
                return {};
            };
            const { early, containers } = await runOn(engine, followed, { slow: "web" });
            expect(early).toEqual(expect.arrayContaining(["web-image", "web"]));
            expect(early).not.toContain("next");
            expect(containers).toEqual(["next", "web"]);
        });
    });

    describe("its host", () => {
        const followed = () => {
            const { host } = new WebApp("web", { engine, image: "x:1", networks: ["n"] });
            const env = { SHOP: pulumi.interpolate`http://${host}:3000` };
            new WebApp("next", { engine, image: "x:1", networks: ["n"], env });
            return { host };
        };

        test("is the name by which others on its networks reach it", async () => {
            const { container, outputs } = await runOn(engine, followed);
            expect(outputs.host?.value).toBe(container("web").host);
            expect(container("next").env).toMatchObject({ SHOP: "http://shop-dev-web:3000" });
        });

        test("resolves only once it is healthy", async () => {
            expect((await runOn(engine, followed, { slow: "web" })).early).not.toContain("next");
        });
    });

    describe("mounts", () => {
        test("are volumes made for the application, directories, and volumes made elsewhere", async () => {
            const { container, volumes } = await app({
                mounts: [
                    { path: "/rails/storage", volume: "storage" },
                    { path: "/backup", volume: "storage", readOnly: true },
                    { path: "/src", hostPath: "/home/me/src", readOnly: true },
                    { path: "/other", volume: pulumi.output("elsewhere") },
                ],
                processes: { worker: { command: ["x"] } },
            });
            const volume = "shop.dev.web-storage";
            expect(volumes).toEqual([
                ...[{ name: "web-storage", parent: "drydock:index:WebApp web", volume, protect: false }],
            ]);
            for (const name of ["web", "web-worker"])
                expect(container(name).mounts).toEqual([
                    { path: "/rails/storage", volume, readOnly: false },
                    { path: "/backup", volume, readOnly: true },
                    { path: "/src", hostPath: "/home/me/src", readOnly: true },
                    { path: "/other", volume: "elsewhere", readOnly: false },
                ]);
        });
    });

    describe("the options of a component", () => {
        test("protect, parent and dependsOn reach its containers", async () => {
            const { one, container, early } = await runOn(
                engine,
                () => {
                    const first = new WebApp("first", { engine, image: "x:1" });
                    const opts = { protect: true, parent: first, dependsOn: first };
                    new WebApp("web", { engine, image: "x:1" }, opts);
                    return {};
                },
                { slow: "first" },
            );
            expect(one("drydock:index:WebApp", "web").parent).toBe("drydock:index:WebApp first");
            expect(container("web").protect).toBe(true);
            expect(container("first").protect).toBe(false);
            expect(early).toContain("first");
            expect(early).not.toContain("web");
        });
    });
});
