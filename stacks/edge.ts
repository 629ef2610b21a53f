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

/** The port that the proxy listens on. */
const PORT = 8080;

/** The network between the proxies and what is behind them. */
export function frontNetwork(): pulumi.Output<string> {
    const name = `${pulumi.getProject()}-${pulumi.getStack()}-front`;
    return getEngine({ engine: Engine.Swarm }).createNetwork("front", { component: "front", name }, {});
}

/** A proxy on each node, which passes requests on to the replicas: what the routing mesh does where there is IP_VS. */
export function edgeOf(
    web: RailsWebApp,
    front: pulumi.Input<string>,
    { image, ...login }: PushArgs,
    publish: PublishArgs,
): WebApp {
    const nodes = new pulumi.Config().requireNumber("nodes");
    return new WebApp("edge", {
        engine: Engine.Swarm,
        build: { context: "apps/edge", push: { image: pulumi.interpolate`${image}-edge`, ...login } },
        env: { UPSTREAM_HOST: web.host, UPSTREAM_PORT: "3000" },
        networks: [front],
        port: PORT,
        publish,
        health: { path: "/edge/up" },
        swarm: {
            replicas: nodes,
            replicasPerNode: 1,
            endpointMode: EndpointMode.DnsRoundRobin,
            publishMode: PublishMode.Host,
        },
    });
}
