import { Swarm } from "../e2e/swarm/cluster.ts";
import { SwarmGatewayApp } from "../e2e/swarm/gateway-app.ts";

jest.setTimeout(2 * 60 * 60_000);

const ROUNDS = Number(process.env.ROUNDS ?? 10);

describe("deploys on three nodes of a Swarm under load", () => {
    const swarm = new Swarm();
    const shop = new SwarmGatewayApp(swarm);
    beforeAll(async () => {
        await swarm.up();
    });
    afterAll(async () => {
        await shop.programs.clone.dispose();
        await swarm.dispose();
    });

    test("lose no request in many deploys in a row", async () => {
        expect(await shop.up("swarmfront", shop.gateway())).toSucceed();
        expect(await shop.up("swarmshop", shop.app("v0", ...shop.addresses()))).toSucceed();
        const loads = shop.loads();
        for (let round = 1; round <= ROUNDS; round++) {
            expect(await shop.up("swarmshop", shop.app(`v${round}`, ...shop.addresses()))).toSucceed();
            expect(await shop.answers(swarm.address(1))).toEqual(shop.everywhere(`200 v${round}`));
        }
        for (const load of loads) expect(await load.stop()).toEqual([]);
    });
});
