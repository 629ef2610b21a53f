import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayApp } from "./gateway-app.ts";
import { provideImages } from "./images.ts";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

/** A server with a WebSocket, an event stream, and an SQLite database that each other request writes to. */
const SERVER = `
const { DatabaseSync } = require("node:sqlite");
const { createServer } = require("node:http");
const { VERSION } = process.env;
const database = new DatabaseSync("/data/shop.sqlite3");
database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS visits (version TEXT)");
const server = createServer((request, response) => {
    if (request.url === "/events") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const timer = setInterval(() => response.write("data: " + VERSION + "\\n\\n"), 100);
        response.on("close", () => clearInterval(timer));
    } else if (request.url === "/check") {
        response.end(database.prepare("PRAGMA integrity_check").get().integrity_check);
    } else {
        database.prepare("INSERT INTO visits VALUES (?)").run(VERSION);
        response.end(VERSION);
    }
});
server.on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n");
    socket.on("data", (data) => socket.write(VERSION + " " + data));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
});
// The image of nginx has this signal.
process.on("SIGQUIT", () => server.close());
server.listen(80);
`;

// tests/soak/deploys.test.ts kills deploys, and creates the gateway after the application.
describe("deploys behind a gateway", () => {
    const programs = new Programs();
    let shop: GatewayApp;

    beforeAll(async () => {
        provideImages("caddy:2", "nginx:1.26");
        shop = new GatewayApp(await freePort());
    });
    afterAll(() => programs.dispose());

    const unhealthy = { health: '{ command: ["false"], interval: 1, retries: 1, startPeriod: 1 }' };

    const containers = () =>
        programs
            .shell("docker ps --format '{{.Names}}' --filter label=drydock.stack=deploys")
            .split("\n")
            .sort();
    const gatewayState = () =>
        programs.shell(
            "docker inspect --format '{{.Id}} {{.State.StartedAt}} {{json .NetworkSettings.Networks}}' drydock-frontdoor-front",
        );
    const answeringReplicas = async () => {
        const answers = Array.from({ length: 20 }, () => shop.answer("127.0.0.1", "/replica"));
        return new Set(await Promise.all(answers)).size;
    };
    const pages = (version: string, task?: string) => shop.pages(programs.clone.dir, version, task);

    test("lose no request, and keep the old version until the new one is healthy", async () => {
        expect(await programs.up("frontdoor", shop.gateway())).toSucceed();
        const before = gatewayState();
        expect(await programs.up("deploys", shop.app("one"))).toSucceed();
        expect(await shop.answer()).toBe("200 one");
        const names = containers();
        const running = shop.loads();

        const update = programs.up("deploys", shop.app("two"));
        const slow = shop.answer("127.0.0.1", "/slow");
        expect(await update).toSucceed();
        expect(await slow).toMatch(/^200 (one|two)\.+$/);
        expect(await shop.answer()).toBe("200 two");
        expect(containers()).toHaveLength(3);
        expect(containers().filter((name) => names.includes(name))).toEqual(["drydock-deploys-shop-clock"]);

        expect(await programs.up("deploys", shop.app("three", unhealthy))).toFail();
        expect(await shop.answer()).toBe("200 two");
        expect(await programs.up("deploys", shop.app("four"))).toSucceed();
        expect(await shop.answer()).toBe("200 four");
        expect(containers()).toHaveLength(3);
        expect((await programs.up("deploys", shop.app("four"))).output).toMatch(
            /Resources:\n +\d+ unchanged\n/,
        );
        for (const load of running) expect(await load.stop()).toEqual([]);
        expect(gatewayState()).toBe(before);
    });

    test("with replicas send requests to each of them, and lose none in a deploy, or when one is killed", async () => {
        const replicas = { replicas: 2 };
        // Changes the routes: a client that connects at that moment may have to try again.
        expect(await programs.up("deploys", shop.app("two replicas", replicas))).toSucceed();
        expect(await answeringReplicas()).toBe(2);
        const running = shop.loads();
        expect(await programs.up("deploys", shop.app("two new replicas", replicas))).toSucceed();
        expect(await shop.answer()).toBe("200 two new replicas");
        expect(containers()).toHaveLength(4);

        programs.shell(`docker kill ${containers().find((name) => name.includes("-shop-2-")) ?? ""}`);
        expect(await answeringReplicas()).toBe(1);
        for (const load of running) expect(await load.stop()).toEqual([]);
        expect(await programs.clone.run("make up STACK=deploys")).toSucceed();
        expect(await answeringReplicas()).toBe(2);
        const { output } = await programs.clone.run(". ./env; node cli/bin.ts status --stack deploys");
        expect(output).toMatch(/^shop +web-2 +healthy/m);
    });

    soakTest("with fewer replicas remove the others", async () => {
        expect(await programs.up("deploys", shop.app("one replica"))).toSucceed();
        expect(containers()).toHaveLength(3);
        expect(await answeringReplicas()).toBe(1);
    });

    test("let WebSockets and event streams go on, and keep an SQLite database intact", async () => {
        writeFileSync(join(programs.clone.dir, "server.cjs"), SERVER);
        const up = (version: string, more = "") =>
            programs.up(
                "streams",
                `
                const front = new pulumi.StackReference("organization/drydock/frontdoor").requireOutput("front") as pulumi.Output<drydock.Connection>;
                new drydock.WebApp("streams", {
                    image: "nginx:1.26",
                    command: ["/node", "/server.cjs"],
                    port: 80,
                    health: { tcp: true },
                    env: { VERSION: "${version}" },
                    files: { "/server.cjs": { source: "server.cjs" } },
                    mounts: [{ path: "/data", volume: "data" }, { path: "/node", hostPath: process.execPath, readOnly: true }],
                    stopTimeout: 60,
                    routes: [{ gateway: front, host: "127.0.0.1", path: "/streams", stripPath: true }, ${more}],
                });
                return {};`,
            );
        expect(await up("one")).toSucceed();
        const clients = 2;
        const load = shop.load("/streams/", clients);
        const socket = await shop.upgrade("/streams/");
        const events = await shop.events("/streams/events");
        expect(await socket.ask("hello")).toBe("one hello");

        const update = up("two", '{ gateway: front, host: "more.localhost" }');
        // When Caddy reloads, it closes a connection of a client that is being opened at that moment.
        while ((await shop.answer("more.localhost").catch(String)) !== "200 two");
        expect(await socket.ask("still there?")).toBe("one still there?");
        expect(await events.next()).toBe("data: one");
        socket.close();
        events.close();
        expect(await update).toSucceed();
        expect(await shop.answer("127.0.0.1", "/streams/check")).toBe("200 ok");
        expect((await load.stop()).length).toBeLessThanOrEqual(clients);
    });

    test("keep the assets of earlier releases for their pages", async () => {
        for (const version of ["one", "two"]) expect(await programs.up("pages", pages(version))).toSucceed();
        const asset = (path: string) => shop.answer("pages.localhost", path);
        expect(await asset("/assets/app-two.js")).toBe("200 two");
        expect(await asset("/assets/app-one.js")).toBe("200 one");
        expect(await asset("/assets/icons/same.svg")).toBe("200 same");
        for (const path of ["/assets/app-none.js", "/elsewhere/"])
            expect(await asset(path)).toBe("404 not here");
    });

    test("are undone by a rollback, which loses no request, runs no task and leaves the configuration", async () => {
        const drydock = (args: string) =>
            programs.clone.run(`. ./env; node cli/bin.ts ${args} --stack pages --yes`);
        const variable = () => {
            const [id = ""] = programs
                .shell("docker ps --quiet --filter name=drydock-pages-pages")
                .split("\n");
            return programs.shell(`docker exec ${id} printenv VERSION`);
        };
        const config = programs.shell("cat Pulumi.pages.yaml");
        const running = shop.loads(1, "/version");
        programs.write("pages", pages("two", "false"));
        const rollback = await drydock("rollback");
        expect(rollback).toSucceed();
        expect(rollback.output).toMatch(/pages: release 1 of .* Rolled back at /);
        expect(rollback.output).not.toContain("seed");
        expect(await shop.answer("127.0.0.1", "/version")).toBe("200 one");
        expect(variable()).toBe("one");
        expect(programs.shell("cat Pulumi.pages.yaml")).toBe(config);

        programs.write("pages", pages("two"));
        const forward = await drydock("up");
        expect(forward).toSucceed();
        expect(forward.output).toContain("pages was rolled back to release 1 at ");
        expect(forward.output).not.toContain("pages-image");
        expect(await shop.answer("127.0.0.1", "/version")).toBe("200 two");
        expect(variable()).toBe("two");
        for (const load of running) expect(await load.stop()).toEqual([]);
    });

    test("show a custom page during maintenance, also after a deploy", async () => {
        writeFileSync(join(programs.clone.dir, "back-soon.html"), "<p>Back soon</p>");
        const maintenance = (args: string) =>
            programs.clone.run(`. ./env; node cli/bin.ts maintenance ${args} --stack deploys`);
        const status = () => programs.shell(". ./env; node cli/bin.ts status --stack deploys");
        expect(await maintenance("on --page back-soon.html")).toSucceed();
        expect(await shop.answer()).toBe("503 <p>Back soon</p>");
        expect(status()).toContain("`drydock maintenance off --stack deploys shop` removes the page");
        expect(await programs.up("deploys", shop.app("six"))).toSucceed();
        expect(await shop.answer("127.0.0.1", "/elsewhere")).toBe("503 <p>Back soon</p>");
        expect(await shop.answer("pages.localhost", "/assets/app-two.js")).toBe("200 two");
        expect(await maintenance("off shop")).toSucceed();
        expect(await shop.answer()).toBe("200 six");
        expect(status()).not.toContain("maintenance");
    });

    test("keep the routes of other applications, which are removed before the gateway", async () => {
        const own = '{ gateway: front, host: "other.localhost" }';
        const taken = '{ gateway: front, host: "127.0.0.1" }';
        const second = (...routes: string[]) =>
            shop.app("second", { name: "blog", routes: `[${routes.join()}]` });
        expect((await programs.up("blog", second(own, taken))).output).toContain(
            "The gateway already has a route for 127.0.0.1/, owned by drydock.deploys.shop. Remove one of the two",
        );
        expect(await programs.up("blog", second(own))).toSucceed();
        expect(await shop.answer("other.localhost")).toBe("200 second");

        for (const load of shop.loads(1)) {
            // Docker restarts what was not stopped by its own commands.
            const kill = "kill -9 $(docker inspect --format '{{.State.Pid}}' drydock-frontdoor-front)";
            programs.shell(`docker run --rm --pid host nginx:1.26 sh -c "${kill}"`);
            await load.waitForSuccesses(3);
            await load.stop();
        }
        expect(await shop.answer("other.localhost")).toBe("200 second");

        const removed = "/config/drydock/routes/drydock.blog.blog";
        programs.shell(`docker exec drydock-frontdoor-front rm ${removed}`);
        expect(await programs.clone.run("make up STACK=blog")).toSucceed();
        expect(programs.shell(`docker exec drydock-frontdoor-front ls ${removed}`)).toBe(removed);
        expect(await shop.answer("other.localhost")).toBe("200 second");
        const destroy = (stack: string) =>
            programs.clone.run(`. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`);
        const refused = await destroy("frontdoor");
        expect(refused.output).toMatch(
            /drydock\.blog\.blog\n +drydock\.deploys\.shop\n +drydock\.pages\.pages\n +drydock\.streams\.streams\n/,
        );
        expect(refused).toFail();
        expect(await destroy("blog")).toSucceed();
        expect(await shop.answer("other.localhost")).toBe("404 ");
        expect(await shop.answer()).toMatch(/^200 /);
        for (const stack of ["streams", "pages", "deploys", "frontdoor"]) {
            expect(await destroy(stack)).toSucceed();
            for (const list of ["ps --all", "network ls", "volume ls"])
                expect(programs.shell(`docker ${list} --quiet --filter label=drydock.stack=${stack}`)).toBe(
                    "",
                );
            expect(programs.shell(`docker image ls --quiet 'drydock/*:${stack}*'`)).toBe("");
        }
    });
});
