import { setTimeout as sleep } from "node:timers/promises";
import { GatewayApp } from "../e2e/gateway-app.ts";
import { provideImages } from "../e2e/images.ts";
import { freePort } from "../e2e/network.ts";
import { Programs } from "../e2e/programs.ts";

jest.setTimeout(2 * 60 * 60_000);

const REPLICAS = { replicas: 2 };
const ROUNDS = Number(process.env.ROUNDS ?? 10);

describe("deploys behind a gateway under load", () => {
    const programs = new Programs();
    let shop: GatewayApp;
    /** How long an update takes on this machine, in milliseconds. */
    let duration = 0;

    beforeAll(async () => {
        provideImages("caddy:2", "nginx:1.26");
        shop = new GatewayApp(await freePort());
        expect(await programs.up("frontdoor", shop.gateway())).toSucceed();
        expect(await programs.up("deploys", shop.app("v0", REPLICAS))).toSucceed();
    });
    afterAll(() => programs.dispose());

    test("lose no request in many deploys in a row", async () => {
        const loads = shop.loads(4);
        for (let round = 1; round <= ROUNDS; round++) {
            const started = Date.now();
            expect(await programs.up("deploys", shop.app(`v${round}`, REPLICAS))).toSucceed();
            duration = Date.now() - started;
            expect(await shop.answer()).toBe(`200 v${round}`);
        }
        for (const load of loads) expect(await load.stop()).toEqual([]);
    });

    test("lose no request in deploys that are killed at random moments", async () => {
        const loads = shop.loads(4);
        for (let round = 1; round <= ROUNDS; round++) {
            programs.write("deploys", shop.app(`k${round}`, REPLICAS));
            const killed = programs.clone.start(". ./env; pulumi up --yes --skip-preview --stack deploys");
            const delay = Math.round(Math.random() * duration);
            await sleep(delay);
            killed.kill();
            await killed.ended;
            console.log(`Round ${round}: killed after ${delay} ms`);
            expect(await programs.clone.run("make up STACK=deploys")).toSucceed();
            expect(await shop.answer()).toBe(`200 k${round}`);
        }
        for (const load of loads) expect(await load.stop()).toEqual([]);
    });

    test("lose no request in deploys that are killed at each step", async () => {
        const loads = shop.loads(4);
        for (const step of ["shop creating", "shop-traffic updating", "shop deleting original"]) {
            const version = step.replaceAll(" ", "-");
            programs.write("deploys", shop.app(version, REPLICAS));
            const killed = programs.clone.start(
                ". ./env; pulumi up --yes --skip-preview --color=never --stack deploys",
            );
            await killed.waitForOutput(step);
            killed.kill();
            expect((await killed.ended).output).toContain(step);
            expect(await programs.clone.run("make up STACK=deploys")).toSucceed();
            expect(await shop.answer()).toBe(`200 ${version}`);
        }
        for (const load of loads) expect(await load.stop()).toEqual([]);
    });

    test("register with a gateway that is created after them", async () => {
        programs.shell("docker rm --force drydock-frontdoor-front");
        expect(await programs.up("deploys", shop.app("without gateway", REPLICAS))).toSucceed();
        expect(await programs.clone.run("make up STACK=frontdoor")).toSucceed();
        expect(await shop.answer()).toBe("200 without gateway");
        const { code, output } = await programs.clone.run("make up STACK=deploys");
        expect(code).toBe(0);
        expect(output).toContain("Gateways send requests to old containers");
        expect(await shop.answer()).toBe("200 without gateway");
        expect((await programs.clone.run("make up STACK=deploys")).output).not.toContain("old containers");
    });

    test("lose no request in rollbacks that are killed, and the next rollback or update repairs them", async () => {
        const drydock = (args: string) => `. ./env; node cli/bin.ts ${args} --stack pages --yes`;
        const version = () => shop.answer("127.0.0.1", "/version");
        for (const each of ["one", "two"])
            expect(await programs.up("pages", shop.pages(programs.clone.dir, each))).toSucceed();
        const loads = shop.loads(2, "/version");
        for (const [step, repair] of [
            ["pages creating replacement", "rollback 1"],
            ["pages-traffic updating", "rollback 1"],
            ["pages-release updating", "up"],
            ["pages deleting original", "up"],
        ] as const) {
            const killed = programs.clone.start(drydock("rollback 1"));
            await killed.waitForOutput(step);
            killed.kill();
            expect((await killed.ended).output).toContain(step);
            expect(await programs.clone.run(drydock(repair))).toSucceed();
            expect(await version()).toBe(repair === "up" ? "200 two" : "200 one");
            expect(await programs.clone.run(drydock("up"))).toSucceed();
            expect(await version()).toBe("200 two");
        }
        for (const load of loads) expect(await load.stop()).toEqual([]);
    });
});
