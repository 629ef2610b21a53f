import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, Engine, PublishArgs, PublishMode, PushArgs, RailsWebApp, WebApp } from "../components";

/** The port that the proxy listens on. */
const PORT = 8080;

/** The network between the proxies and what is behind them. */
export function frontNetwork(): docker.Network {
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    return new docker.Network("front", {
        name: `${project}-${stack}-front`,
        driver: "overlay",
        // The migration, a container, joins what the application joins.
        attachable: true,
        // What `make up` knows by that a killed update has left it.
        labels: Object.entries({ "drydock.project": project, "drydock.stack": stack }).map(
            ([label, value]) => ({ label, value }),
        ),
    });
}

/** A proxy on each node, which passes requests on to the replicas: what the routing mesh does where there is IP_VS. */
export function edgeOf(
    web: RailsWebApp,
    front: docker.Network,
    { image, ...login }: PushArgs,
    publish: PublishArgs,
): WebApp {
    const nodes = new pulumi.Config().requireNumber("nodes");
    return new WebApp("edge", {
        engine: Engine.Swarm,
        build: { context: "apps/edge", push: { image: pulumi.interpolate`${image}-edge`, ...login } },
        env: { UPSTREAM_HOST: web.host, UPSTREAM_PORT: "3000" },
        networks: [front.id],
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
