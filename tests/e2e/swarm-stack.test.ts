import { setTimeout as sleep } from "node:timers/promises";
import { Run } from "./clone";
import { answer, Load } from "./load";
import { Swarm } from "./swarm";

jest.setTimeout(600_000);

const PAGE = "apps/sample/app/views/home/welcome.html.erb";
const COMPOSE = "stacks/compose.ts";

describe("the sample application on a Swarm of three nodes", () => {
    const swarm = new Swarm();
    const url = (node: number, path = "/") => `http://${swarm.address(node)}:8080${path}`;
    const urls = (...nodes: number[]) => nodes.map((node) => url(node, "/users"));
    const make = (target: string): Promise<Run> => swarm.clone.run(`make ${target} STACK=swarm`);
    const up = async (): Promise<string> => {
        const { code, output } = await make("up");
        if (code !== 0) throw new Error(output);
        return output;
    };
    const service = (name: string) => `drydock-swarm-${name}`;
    const configure = (key: string, value: string) =>
        swarm.clone.shell(`. ./env && pulumi config set --stack swarm ${key} ${value}`);
    /** Host names of the nodes that run a service, one for each replica. */
    const nodesOf = (name: string) =>
        swarm
            .docker(
                1,
                `service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' ${service(name)}`,
            )
            .split("\n")
            .flatMap((line) => (line.includes(" Running") ? line.split(" ").slice(0, 1) : []))
            .sort();
    const numberOf = (node = "") => Number(node.replace("node-", ""));
    /** Runs a command in the container of a service that is on one node. */
    const inside = (name: string, command: string) => {
        const node = numberOf(nodesOf(name)[0]);
        const id = swarm.docker(node, `ps --quiet --filter name=${service(name)}.1.`);
        return swarm.docker(node, `exec ${id} ${command}`);
    };
    const sql = (statement: string) =>
        inside("db", `psql --username app --tuples-only --no-align --command "${statement}"`);
    /** What carries the stack's labels anywhere on the nodes. */
    const leftovers = () =>
        [1, 2, 3].flatMap((node) =>
            ["ps --all", "service ls", "network ls", "secret ls", "config ls", "volume ls"].map((list) =>
                swarm.docker(node, `${list} --quiet --filter label=drydock.stack=swarm`),
            ),
        );
    /** Waits until the condition holds, and fails if it does not in a minute. */
    const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
        const end = Date.now() + 60_000;
        while (Date.now() < end) {
            if (await holds()) return;
            await sleep(500);
        }
        throw new Error(`not within a minute: ${what}`);
    };

    beforeAll(async () => {
        await swarm.up();
    });
    afterAll(() => swarm.dispose());

    test("comes up after an update that was killed, which is repaired", async () => {
        const killed = swarm.clone.start("exec make up STACK=swarm");
        await killed.said("Service db creating");
        killed.kill();
        await killed.ended;
        const output = await up();
        expect(output).toContain("The stack swarm is up");
        expect(output).toMatch(/url +http:\/\/localhost:8080/);
    });

    test("works through each node, the data being on one and the web processes on two", async () => {
        for (const at of [url(1), url(2), url(3), swarm.url]) expect(await answer(at)).toBeUndefined();
        expect(nodesOf("db")).toHaveLength(1);
        expect(nodesOf("cache")).toHaveLength(1);
        expect(new Set(nodesOf("sample")).size).toBe(2);
        sql("CREATE TABLE log AS SELECT 'kept' AS entry");
    });

    test("a second update changes nothing", async () => {
        expect(await up()).not.toMatch(/[+~-] \d+ (created|updated|replaced|deleted)|changes/);
    });

    test("tells no secret to whoever may inspect it", () => {
        const state = swarm.clone.shell(". ./env && pulumi stack export --stack swarm --show-secrets");
        const passwords = [...state.matchAll(/"result": *{[^}]*"plaintext": "\\"(\w+)\\""/g)].map(
            ([, password]) => password ?? "",
        );
        expect(passwords.length).toBe(3);
        const services = swarm.docker(
            1,
            "service inspect $(docker --host " + swarm.host() + " service ls -q)",
        );
        const node = numberOf(nodesOf("sample")[0]);
        const container = swarm.docker(
            node,
            `inspect $(docker --host ${swarm.host(node)} ps -q --filter name=${service("sample")}.)`,
        );
        for (const password of passwords) {
            expect(services).not.toContain(password);
            expect(container).not.toContain(password);
        }
        expect(inside("sample-worker", "sh /run/drydock/with-environment printenv DATABASE_URL")).toContain(
            passwords.find((password) => inside("db", "cat /run/drydock/postgres-password") === password),
        );
    });

    test("a new version takes over under load, and no request is lost", async () => {
        swarm.clone.edit(PAGE, "<h1>", "<h1>Ahoy! ");
        const load = new Load(urls(1, 2, 3));
        await up();
        await sleep(3000);
        expect(await load.stop()).toEqual([]);
        expect(load.ended.length).toBeGreaterThan(100);
        expect(await (await fetch(url(2))).text()).toContain("Ahoy! ");
    });

    test("a new version that does not start is rolled back, `up` fails, and the old one goes on serving", async () => {
        swarm.clone.edit(
            "apps/sample/config/puma.rb",
            "threads_count =",
            'raise "run aground"\nthreads_count =',
        );
        const load = new Load(urls(1, 2, 3));
        const { code, output } = await make("up");
        expect(await load.stop()).toEqual([]);
        expect(code).not.toBe(0);
        expect(output).toMatch(/rollback completed/);
        expect(nodesOf("sample")).toHaveLength(2);
        expect(await (await fetch(url(3))).text()).toContain("Ahoy! ");

        swarm.clone.shell("git checkout --quiet apps/sample/config/puma.rb");
        await up();
    });

    test("the database's password changes under load, and requests succeed again", async () => {
        swarm.clone.edit(
            COMPOSE,
            'new PostgresService("db", {',
            'new PostgresService("db", { password: pulumi.secret("another-one"),',
        );
        const load = new Load(urls(1, 2, 3));
        await up();
        const outage = load.outage();
        await sleep(3000);
        const failed = await load.stop();
        expect(load.outage()).toBe(outage);
        expect(outage).toBeLessThan(90_000);
        expect(inside("db", "cat /run/drydock/postgres-password")).toBe("another-one");
        expect(sql("SELECT entry FROM log")).toBe("kept");
        console.log(`${failed.length} of ${load.ended.length} requests failed, within ${outage} ms`);
    });

    test("a node that is drained hands over, and no request is lost", async () => {
        const node =
            [1, 2, 3].find((n) => !nodesOf("db").concat(nodesOf("cache")).includes(`node-${n}`)) ?? 3;
        const others = [1, 2, 3].filter((n) => n !== node);
        const load = new Load(urls(...others));
        swarm.docker(1, `node update --availability drain node-${node}`);
        await until("no replica is on it", () => !nodesOf("sample").includes(`node-${node}`));
        await until("both run elsewhere", () => nodesOf("sample").length === 2);
        expect(await load.stop()).toEqual([]);
        swarm.docker(1, `node update --availability active node-${node}`);
        await until("its proxy is back", async () => (await answer(url(node))) === undefined);
    });

    test("the web processes are scaled from 1 to 6, spread over the nodes", async () => {
        configure("replicas", "1");
        await up();
        expect(nodesOf("sample")).toHaveLength(1);
        configure("replicas", "6");
        await up();
        const nodes = nodesOf("sample");
        expect(nodes).toHaveLength(6);
        expect(new Set(nodes).size).toBe(3);
        configure("replicas", "2");
        await up();
    });

    test("a node that dies is stood in for; the database waits for its node, which has the data", async () => {
        const node = numberOf(nodesOf("db")[0]);
        const through = node === 1 ? 2 : 1;
        const alive = [1, 2, 3].filter((n) => n !== node);
        swarm.kill(node);
        const tasks = (name: string) =>
            swarm
                .docker(
                    through,
                    `service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' ${service(name)}`,
                )
                .split("\n");
        await until("the Swarm knows that it is down", () =>
            swarm
                .docker(through, "node ls --format '{{.Hostname}} {{.Status}}'")
                .includes(`node-${node} Down`),
        );
        await until("two replicas run elsewhere", () => {
            const running = tasks("sample").filter((task) => task.includes(" Running"));
            return running.filter((task) => !task.startsWith(`node-${node} `)).length === 2;
        });
        await until("requests succeed", async () => {
            const answers = await Promise.all(alive.map((n) => answer(url(n, "/up"))));
            return answers.every((wrong) => wrong === undefined);
        });
        for (const other of alive) expect(tasks("db").join()).not.toContain(`node-${other}`);

        swarm.start(node);
        await until(
            "the page that needs the database is back",
            async () => (await answer(url(through, "/users"))) === undefined,
        );
        await until("the database is on its node", () => nodesOf("db")[0] === `node-${node}`);
        expect(sql("SELECT entry FROM log")).toBe("kept");
    });

    test("make down leaves nothing on any node", async () => {
        expect((await make("down")).code).toBe(0);
        expect(leftovers().filter(Boolean)).toEqual([]);
        expect(
            [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock")),
        ).toEqual(["", "", ""]);
        expect(
            swarm.docker(1, "node inspect node-1 node-2 node-3 --format '{{.Spec.Labels}}'"),
        ).not.toContain("drydock");
    });
});
