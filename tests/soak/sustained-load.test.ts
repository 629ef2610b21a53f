import { setTimeout as sleep } from "node:timers/promises";
import { Load } from "../e2e/load.ts";
import { SwarmStack } from "../e2e/swarm/stack.ts";
import { Swarm } from "../e2e/swarm/cluster.ts";
import { waitUntil } from "../e2e/wait.ts";

jest.setTimeout(2 * 60 * 60_000);

const PAGE = "apps/sample/app/views/home/welcome.html.erb";
const VERSIONS = 6;
const MINUTE = 60_000;

describe("the sample application on a Swarm under load", () => {
    const swarm = new Swarm();
    const stack = new SwarmStack(swarm);
    const urls = [1, 2, 3].map((node) => ({ page: "/", users: "/users", node }));
    const all = () =>
        urls.flatMap(({ page, users, node }) => [stack.url(node, page), stack.url(node, users)]);

    beforeAll(async () => {
        await swarm.up();
        await stack.up();
    });
    afterAll(async () => {
        await stack.make("down");
        await swarm.dispose();
    });

    test(`answers every request during ${VERSIONS} deployments and a minute after each`, async () => {
        const load = new Load(all(), 8);
        for (let version = 1; version <= VERSIONS; version++) {
            swarm.clone.edit(PAGE, "<h1>", `<h1>Version ${version}. `);
            await stack.up();
            expect(await (await fetch(stack.url(2))).text()).toContain(`Version ${version}. `);
            await sleep(MINUTE);
        }
        expect(await load.stop()).toEqual([]);
        console.log(`${load.completed.length} requests, none failed`);
    });

    test("is back within 90 seconds of each of five new database passwords, and then answers every request", async () => {
        let declaration = 'new PostgresService("db", {';
        for (let round = 1; round <= 5; round++) {
            const changed = `new PostgresService("db", { password: pulumi.secret("password-${round}"),`;
            swarm.clone.edit("stacks/sample.ts", declaration, changed);
            declaration = changed;
            const load = new Load(all(), 8);
            await stack.up();
            await load.waitForSuccesses(100);
            const outage = load.outage();
            expect(outage).toBeLessThan(90_000);
            await sleep(MINUTE);
            const failed = await load.stop();
            expect(load.outage()).toBe(outage);
            console.log(`${failed.length} of ${load.completed.length} requests failed, within ${outage} ms`);
        }
    });

    test("answers on the other nodes within 20 seconds of the death of a node, and then every request", async () => {
        const node = [2, 3].find((n) => stack.nodeOf("db") !== n) ?? 3;
        const others = [1, 2, 3].filter((n) => n !== node).map((n) => stack.url(n, "/up"));
        const load = new Load(others, 8);
        swarm.kill(node);
        await waitUntil("both replicas run elsewhere", () => {
            const nodes = stack.nodesOf("sample");
            return nodes.filter((other) => other !== `node-${node}`).length === 2;
        });
        await load.waitForSuccesses(100);
        await sleep(MINUTE);
        const failed = await load.stop();
        expect(load.outage()).toBeLessThan(20_000);
        console.log(
            `${failed.length} of ${load.completed.length} requests failed, within ${load.outage()} ms`,
        );
        await swarm.up();
    });
});
