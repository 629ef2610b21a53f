import * as pulumi from "@pulumi/pulumi";
import {
    EndpointMode,
    Engine,
    type PublishArgs,
    PublishMode,
    type PushArgs,
    type RailsWebApp,
    WebApp,
} from "../components/index.ts";
import { getEngine } from "../components/engines/index.ts";

/** Port that the proxy listens on in its container. */
const PORT = 8080;

/** Network between the proxies and the application. */
export function createFrontNetwork(): pulumi.Output<string> {
    const name = `${pulumi.getProject()}-${pulumi.getStack()}-front`;
    return getEngine({ engine: Engine.Swarm }).createNetwork("front", { component: "front", name }, {});
}

/** One reverse proxy per node, which distributes requests over the replicas. Needed if the nodes have no IP_VS. */
export function createEdge(
    web: RailsWebApp,
    front: pulumi.Input<string>,
    { image, ...login }: PushArgs,
    publish: PublishArgs,
): WebApp {
    const proxies = new pulumi.Config().requireNumber("proxies");
    return new WebApp("edge", {
        engine: Engine.Swarm,
        build: { context: "apps/edge", push: { image: pulumi.interpolate`${image}-edge`, ...login } },
        env: { UPSTREAM_HOST: web.host, UPSTREAM_PORT: "3000" },
        networks: [front],
        port: PORT,
        publish,
        health: { path: "/edge/up" },
        swarm: {
            replicas: proxies,
            replicasPerNode: 1,
            endpointMode: EndpointMode.DnsRoundRobin,
            publishMode: PublishMode.Host,
        },
    });
}
