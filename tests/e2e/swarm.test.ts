import { Swarm } from "./swarm/cluster.ts";
import { describeCluster, describeClusterRemoval } from "./swarm/cluster-tests.ts";
import { describeComponents } from "./swarm/component-tests.ts";
import { describeGateway } from "./swarm/gateway-tests.ts";
import { describeSample } from "./swarm/sample-tests.ts";

// Starting a cluster takes a minute, in which each node pulls every image: all tests share one. What harms it comes last.
const swarm = new Swarm();
beforeAll(async () => {
    await swarm.up();
});
afterAll(() => swarm.dispose());

describeCluster(swarm);
describeComponents(swarm);
describeGateway(swarm);
describeSample(swarm);
describeClusterRemoval(swarm);
