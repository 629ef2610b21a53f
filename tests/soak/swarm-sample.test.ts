import { Load, requestError } from "../e2e/load.ts";
import { Swarm } from "../e2e/swarm/cluster.ts";
import { SwarmStack } from "../e2e/swarm/stack.ts";
import { waitUntil } from "../e2e/wait.ts";

const SAMPLE = "stacks/sample.ts";

describe("the sample application on a Swarm of three nodes", () => {
    const swarm = new Swarm();
    const stack = new SwarmStack(swarm);
    const url = (node: number, path?: string) => stack.url(node, path);
    const urls = (...nodes: number[]) => nodes.map((node) => url(node, "/users"));

    beforeAll(async () => {
        await swarm.up();
        await stack.up();
        stack.sql("CREATE TABLE log AS SELECT 'kept' AS entry");
    });
    afterAll(async () => {
        await stack.make("down");
        await swarm.dispose();
    });

    test("recovers from a change of the database's password, and gets a further database", async () => {
        swarm.clone.edit(
            SAMPLE,
            'new PostgresService("db", {',
            'new PostgresService("db", { password: pulumi.secret("another-one"), databases: { queue: { username: "jobs" } },',
        );
        const load = new Load(urls(1, 2, 3));
        await stack.up();
        await load.waitForSuccesses(100);
        await load.stop();
        expect(stack.exec("db", "cat /run/drydock/postgres-password")).toBe("another-one");
        expect(stack.sql("SELECT entry FROM log")).toBe("kept");
        expect(stack.sql("SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = 'jobs'")).toBe(
            "app_queue",
        );
    });

    test("answers every request while a node is drained", async () => {
        const node =
            [1, 2, 3].find(
                (n) => !stack.nodesOf("db").concat(stack.nodesOf("cache")).includes(`node-${n}`),
            ) ?? 3;
        const others = [1, 2, 3].filter((n) => n !== node);
        const load = new Load(urls(...others));
        swarm.docker(1, `node update --availability drain node-${node}`);
        await waitUntil("no replica is on it", () => !stack.nodesOf("sample").includes(`node-${node}`));
        await waitUntil("both run elsewhere", () => stack.nodesOf("sample").length === 2);
        expect(await load.stop()).toEqual([]);
        swarm.docker(1, `node update --availability active node-${node}`);
        await waitUntil("its proxy is back", async () => (await requestError(url(node))) === undefined);
    });

    test("scales the web processes from 1 to 6, spread over the nodes", async () => {
        stack.configure("replicas", "1");
        await stack.up();
        expect(stack.nodesOf("sample")).toHaveLength(1);
        stack.configure("replicas", "6");
        await stack.up();
        const nodes = stack.nodesOf("sample");
        expect(nodes).toHaveLength(6);
        expect(new Set(nodes).size).toBe(3);
        stack.configure("replicas", "2");
        await stack.up();
    });

    test("recovers from a node that dies; the database waits for its node, which has the data", async () => {
        const node = stack.nodeOf("db");
        const through = node === 1 ? 2 : 1;
        const alive = [1, 2, 3].filter((n) => n !== node);
        const load = new Load(alive.map((n) => url(n, "/up")));
        const address = swarm.address(node);
        swarm.kill(node);
        await waitUntil("the Swarm knows that it is down", () =>
            swarm
                .docker(through, "node ls --format '{{.Hostname}} {{.Status}}'")
                .includes(`node-${node} Down`),
        );
        await waitUntil("two replicas run elsewhere", () => {
            const nodes = stack.nodesOf("sample", through);
            return nodes.filter((other) => other !== `node-${node}`).length === 2;
        });
        await load.waitForSuccesses(100);
        await load.stop();
        for (const other of alive) expect(stack.tasks("db", through).join()).not.toContain(`node-${other}`);

        await swarm.up();
        expect(swarm.address(node)).toBe(address);
        await waitUntil(
            "the page that needs the database is back",
            async () => (await requestError(url(through, "/users"))) === undefined,
        );
        await waitUntil("the database is on its node", () => stack.nodesOf("db")[0] === `node-${node}`);
        expect(stack.sql("SELECT entry FROM log")).toBe("kept");
    });
});
