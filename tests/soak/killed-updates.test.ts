import { setTimeout as sleep } from "node:timers/promises";
import { Environment } from "../e2e/environment.ts";
import { fetchPage } from "../e2e/network.ts";

jest.setTimeout(4 * 60 * 60_000);

const PAGE = "apps/sample/app/views/home/welcome.html.erb";
const ROUNDS = Number(process.env.ROUNDS ?? 20);

describe("updates that are killed at random moments", () => {
    const environment = new Environment("soak-killed");
    const { clone } = environment;
    const command = `. ./env && exec node cli/bin.ts up --yes --stack ${environment.stack}`;
    /** Runs `drydock up` and returns its output. Throws if it fails. */
    const up = async () => {
        const { code, output } = await clone.run(command);
        if (code !== 0) throw new Error(output);
        return output;
    };
    /** How long an update takes on this machine, in milliseconds. */
    let duration = 0;

    beforeAll(async () => {
        await environment.prepare();
        await environment.up();
        environment.sql("CREATE TABLE kept (round int)");
        clone.edit(PAGE, "Welcome to", "Welcome 0 to");
        const started = Date.now();
        await up();
        duration = Date.now() - started;
        environment.restore();
    });
    afterAll(() => environment.dispose());

    test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
        "round %i: the next update completes, and the data is complete",
        async (round) => {
            environment.restore();
            environment.sql(`INSERT INTO kept VALUES (${round})`);
            // Every other round kills a second update that repairs the first.
            for (let kill = 0; kill <= round % 2; kill++) {
                clone.edit(PAGE, "Welcome to", `Welcome ${round}.${kill} to`);
                const delay = Math.round(Math.random() * duration);
                const killed = clone.start(command);
                await sleep(delay);
                killed.kill();
                await killed.ended;
                environment.restore();
                console.log(`Round ${round}: killed after ${delay} ms`);
            }
            clone.edit(PAGE, "Welcome to", `Welcome ${round} to`);
            await up();
            expect(await fetchPage(environment.url)).toContain(`Welcome ${round} to the Sample App`);
            expect(await up()).not.toMatch(/created|updated|replaced|deleted/);
            expect(environment.sql("SELECT count(*) FROM kept")).toBe(String(round));
        },
    );

    test("leave nothing in Docker after make down", async () => {
        expect(await environment.make("down")).toSucceed();
        expect(environment.dockerObjects()).toBe("");
    });
});
