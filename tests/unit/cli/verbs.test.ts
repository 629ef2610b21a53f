import type { Resource } from "../../../cli/state.ts";
import { FakeStack, inspected, logFrame, STATS } from "./fake-stack.ts";
import { runMain } from "./run-main.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;
const component = (type: string, name: string, outputs: Record<string, unknown> = {}): Resource => ({
    type,
    urn: urn(type, name),
    outputs,
});
const child = (
    type: string,
    name: string,
    parent: Resource,
    inputs: Record<string, unknown> = {},
): Resource => ({
    type,
    urn: urn(`${parent.type}$${type}`, name),
    id: name,
    parent: parent.urn,
    inputs: { image: "image:1", waitTimeout: 2, ...inputs },
});

const CONTAINER = "docker:index/container:Container";
const SERVICE = "docker:index/service:Service";
const WEB = component("drydock:index:RailsWebApp", "web", { url: "http://127.0.0.1:3000" });
const DB = component("drydock:index:PostgresService", "db");

let stack: FakeStack;
afterEach(() => {
    stack.dispose();
});

describe("on a Docker Engine", () => {
    const info = { Name: "one", ServerVersion: "28.1.0" };
    const resources = [WEB, DB, child(CONTAINER, "db", DB), child(CONTAINER, "web", WEB)];

    beforeEach(() => {
        stack = new FakeStack(resources);
    });

    test("status prints the JSON that the reference shows", async () => {
        await stack.serve({
            "GET /info": info,
            "GET /containers/web/json": inspected("web"),
            "GET /containers/web/stats": STATS,
            "GET /images/sha256:1/json": {
                Config: { Labels: { "org.opencontainers.image.revision": "abc" } },
            },
        });
        const { code, out } = await stack.run("status", "--json");
        expect(code).toBe(0);
        expect(JSON.parse(out)).toEqual({
            project: "shop",
            stack: "dev",
            components: [
                {
                    name: "db",
                    type: "PostgresService",
                    processes: [{ name: "server", resource: "db", containers: [] }],
                    volumes: [],
                },
                {
                    name: "web",
                    type: "RailsWebApp",
                    address: "http://127.0.0.1:3000",
                    processes: [
                        {
                            name: "web",
                            resource: "web",
                            containers: [
                                {
                                    id: "web",
                                    name: "shop-dev-web",
                                    state: "running",
                                    health: "healthy",
                                    restarts: 0,
                                    image: { name: "image:1", revision: "abc" },
                                    since: "2026-01-01T00:00:00Z",
                                    memory: 200,
                                    memoryLimit: 1024,
                                    cpuPercent: 0,
                                },
                            ],
                        },
                    ],
                    volumes: [],
                },
            ],
            unreachableNodes: [],
            missingCertificates: [],
        });
    });

    test("logs are ordered by time, without those of a container that no longer exists", async () => {
        await stack.serve({
            "GET /info": info,
            "GET /containers/web/json": inspected("web"),
            "GET /containers/web/logs": Buffer.concat([
                logFrame("2026-01-01T00:00:01Z one"),
                logFrame("2026-01-01T00:00:03Z three", 2),
            ]),
        });
        expect(await stack.run("logs")).toMatchObject({ code: 0, out: "web | one\nweb | three\n", err: "" });
        const { out } = await stack.run("logs", "--json", "web");
        expect(
            out
                .trim()
                .split("\n")
                .map((line) => JSON.parse(line) as unknown),
        ).toEqual([
            {
                component: "web",
                resource: "web",
                time: "2026-01-01T00:00:01Z",
                stream: "stdout",
                line: "one",
            },
            {
                component: "web",
                resource: "web",
                time: "2026-01-01T00:00:03Z",
                stream: "stderr",
                line: "three",
            },
        ]);
    });

    test.each([
        ["that becomes healthy succeeds", {}, 0, ""],
        ["that ends fails", { Running: false, Status: "exited", ExitCode: 3 }, 1, "it exits with code 3"],
        [
            "that is unhealthy fails",
            { Health: { Status: "unhealthy", Log: [{ Output: "no answer\n" }] } },
            1,
            "it is not healthy: no answer",
        ],
        [
            "that never becomes healthy fails",
            { Health: { Status: "starting", Log: [] } },
            1,
            "it is not healthy",
        ],
    ])("a restart %s", async (_, state, code, message) => {
        await stack.serve({
            "GET /info": info,
            "POST /containers/web/restart": {},
            "GET /containers/web/json": inspected("web", state),
        });
        const result = await stack.run("restart", "web");
        expect(result.code).toBe(code);
        expect(result.err).toContain(message);
        expect(stack.requests.map(({ path }) => path)).toContain("POST /containers/web/restart");
    });

    test("a restart of a container that no longer exists suggests to create it again", async () => {
        await stack.serve({ "GET /info": info });
        const { code, err } = await stack.run("restart", "web");
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ web no longer exists in Docker\n  `drydock up --stack dev` creates it again.\n",
        );
    });

    test("a restart of a container whose network no longer exists has Docker's message", async () => {
        // Docker answers with 404, as for a missing container.
        await stack.serve({ "GET /info": info, "GET /containers/web/json": inspected("web") });
        const { code, err } = await stack.run("restart", "web");
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ web failed to restart: not found\n  `drydock up --stack dev` creates it again.\n",
        );
    });

    test("a program is not run in a container that has ended", async () => {
        const ended = inspected("web", { Running: false });
        await stack.serve({ "GET /info": info, "GET /containers/web/json": ended });
        for (const verb of ["console", "shell", "dbconsole", "psql"]) {
            const { code, err } = await stack.run(verb);
            expect(code).toBe(1);
            expect(err).toMatch(/✗ (web|db) is not running\n {2}`drydock status --stack dev` shows why/);
        }
    });

    test("dbconsole --url refuses a database that is not published", async () => {
        await stack.serve({ "GET /info": info, "GET /containers/db/json": inspected("db") });
        const { code, err } = await stack.run("dbconsole", "--url");
        expect(code).toBe(1);
        expect(err).toContain("✗ db is not published\n  Set `publish: {}`");
    });

    test("there is no URL of an application", async () => {
        await stack.serve({ "GET /info": info, "GET /containers/web/json": inspected("web") });
        const { code, err } = await stack.run("dbconsole", "--component", "web", "--url");
        expect(code).toBe(1);
        expect(err).toContain("✗ web is an application, and only a database server has a URL");
    });

    test("dbconsole of an application refuses --database, and passes --db on to Rails", async () => {
        await stack.serve({
            "GET /info": info,
            "GET /containers/web/json": inspected("web"),
            "POST /containers/web/exec": { Id: "x" },
        });
        const execs = () => stack.requests.filter(({ path }) => path === "POST /containers/web/exec");
        const { code, err } = await stack.run("dbconsole", "--component", "web", "--database", "cache");
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ --database names a database of a server, but web is an application\n" +
                "  Pass Rails the name in config/database.yml: `drydock dbconsole --stack dev --component web --db cache`.\n",
        );
        expect(execs()).toEqual([]);
        // The fake engine cannot run it.
        await runMain(stack.directory, [
            "dbconsole",
            "--stack",
            "dev",
            "--component",
            "web",
            "--db",
            "cache",
        ]);
        expect(execs().map(({ body }) => (JSON.parse(body) as { Cmd: string[] }).Cmd)).toEqual([
            ["bin/rails", "dbconsole", "--include-password", "--db", "cache"],
        ]);
    });

    test("open prints the address without asking Docker", async () => {
        expect(await stack.run("open", "--url")).toMatchObject({
            code: 0,
            out: "http://127.0.0.1:3000\n",
            err: "",
        });
    });

    test("an engine that does not answer is named", async () => {
        const { code, err } = await stack.run("status");
        expect(code).toBe(1);
        expect(err).toContain("✗ The Docker Engine at unix://docker.sock does not answer: connect ENOENT");
    });
});

describe("on a Swarm", () => {
    const service = {
        ID: "web",
        Version: { Index: 7 },
        Spec: { Name: "shop-dev-web", Mode: {}, TaskTemplate: { ForceUpdate: 1 } },
        ServiceStatus: { RunningTasks: 2, DesiredTasks: 2 },
    };
    const task = (id: string, node: string) => ({
        ID: id,
        NodeID: node,
        Spec: {},
        Status: { Timestamp: "2026-01-01T00:00:00Z", State: "running", ContainerStatus: { ContainerID: id } },
    });
    const node = (name: string) => ({
        ID: `id-${name}`,
        Description: { Hostname: name },
        Status: { Addr: "192.0.2.1" },
    });
    const answers = {
        "GET /info": {
            Name: "one",
            ServerVersion: "28.1.0",
            Swarm: { NodeID: "id-one", ControlAvailable: true },
        },
        "GET /services": [service],
        "GET /tasks": [task("a", "id-one"), task("b", "id-two")],
        "GET /nodes": [node("one"), node("two")],
        "GET /containers/a/json": inspected("a"),
        "GET /containers/a/stats": STATS,
    };
    const resources = [WEB, child(SERVICE, "web", WEB)];

    test("status names a node that cannot be reached, and shows the rest", async () => {
        stack = new FakeStack(resources);
        await stack.serve(answers);
        const { code, out, err } = await stack.run("status");
        expect(code).toBe(0);
        expect(out.replace(/ {2,}/g, " ")).toMatch(
            /^web web 2\/2 one healthy image:1 .*\n two running image:1/m,
        );
        expect(err).toContain("! Health, memory and CPU on two are missing.");
        expect(err).toContain(`'drydock:nodes["two"]'`);
    });

    test("status reads a container from the engine of its node", async () => {
        stack = new FakeStack(resources, "  drydock:nodes: { two: 'unix://two.sock' }\n");
        await stack.serve(answers);
        const two = { "GET /info": answers["GET /info"], "GET /containers/b/json": inspected("b") };
        await stack.serve({ ...two, "GET /containers/b/stats": STATS }, "two.sock");
        const { out } = await stack.run("status", "--json");
        const { components, unreachableNodes } = JSON.parse(out) as {
            components: { processes: { service: unknown; containers: unknown[] }[] }[];
            unreachableNodes: unknown[];
        };
        expect(components[0]?.processes[0]).toMatchObject({
            service: { name: "shop-dev-web", running: 2, wanted: 2 },
            containers: [
                { id: "a", node: "one", health: "healthy", memory: 200 },
                { id: "b", node: "two", health: "healthy", memory: 200 },
            ],
        });
        expect(unreachableNodes).toEqual([]);
    });

    test("the URL of a database has the login of the service's environment", async () => {
        const db = component("drydock:index:Service", "db", { address: "127.0.0.1:3306" });
        stack = new FakeStack([db, child(SERVICE, "db", db, { image: "mysql:8" })]);
        await stack.serve({
            ...answers,
            "GET /tasks": [task("a", "id-one")],
            "POST /containers/a/exec": { Id: "x" },
            "POST /exec/x/start": logFrame("app\0shop\0secret"),
            "GET /exec/x/json": { Running: false, ExitCode: 0 },
        });
        const { out, err } = await stack.run("dbconsole", "--url");
        expect(err).toBe("");
        expect(out).toContain("mysql://app:secret");
        const exec = stack.requests.find(({ path }) => path === "POST /containers/a/exec");
        const { Cmd } = JSON.parse(exec?.body ?? "") as { Cmd: string[] };
        expect(Cmd[2]).toContain("/run/drydock/with-environment");
    });

    test("logs name the node of each line", async () => {
        stack = new FakeStack(resources);
        const details = (id: string) => `com.docker.swarm.node.id=${id},com.docker.swarm.task.id=x`;
        await stack.serve({
            ...answers,
            "GET /services/web/logs": Buffer.concat([
                logFrame(`2026-01-01T00:00:02Z ${details("id-two")} two`),
                logFrame(`2026-01-01T00:00:01Z ${details("id-one")} one`),
                logFrame("node three is down", 3),
            ]),
        });
        const { out, err } = await stack.run("logs");
        expect(out).toBe("web one | one\nweb two | two\n");
        expect(err).toContain("! The log of web is incomplete: node three is down");
    });

    test("a restart forces an update of the service, and waits until it is complete", async () => {
        stack = new FakeStack(resources);
        let state = "updating";
        await stack.serve({
            ...answers,
            "GET /services": () => {
                const current = { ...service, UpdateStatus: { State: state } };
                state = "completed";
                return [current];
            },
            "POST /services/web/update": {},
        });
        expect(await stack.run("restart", "web")).toMatchObject({ code: 0 });
        const update = stack.requests.find(({ path }) => path === "POST /services/web/update");
        expect(JSON.parse(update?.body ?? "")).toMatchObject({
            Name: "shop-dev-web",
            TaskTemplate: { ForceUpdate: 2 },
        });
    });

    const SCALED = [
        "it is scaled to 0 replicas",
        "Set `replicas` in the program, and run `drydock up --stack dev`.",
    ] as const;
    const without = { ...service, Spec: { ...service.Spec, Mode: { Replicated: { Replicas: 0 } } } };

    test.each([
        ["is scaled to 0 replicas", [[without]], ...SCALED],
        [
            "is removed meanwhile",
            [[service], []],
            "the service no longer exists",
            "`drydock up --stack dev` creates it again.",
        ],
        ["is scaled to 0 replicas meanwhile", [[service], [without]], ...SCALED],
    ])("a restart fails if the service %s", async (_, versions, reason, remedy) => {
        stack = new FakeStack(resources);
        const updated = () => stack.requests.some(({ path }) => path === "POST /services/web/update");
        await stack.serve({
            ...answers,
            "GET /services": () => (updated() ? versions.at(-1) : versions[0]),
            "POST /services/web/update": {},
        });
        const { code, err } = await stack.run("restart", "web");
        expect(code).toBe(1);
        expect(err).toContain(`✗ web failed to restart: ${reason}\n  ${remedy}\n`);
        expect(updated()).toBe(versions.length > 1);
    });
});
