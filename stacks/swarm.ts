import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, type PushArgs, type SwarmArgs } from "../components/index.ts";
import { sample, SAMPLE_DIRECTORY } from "./sample.ts";
import { createEdge, createFrontNetwork } from "./edge.ts";

/** The sample application on a Docker Swarm. */
export function swarm() {
    const config = new pulumi.Config();
    const publish = { port: config.requireNumber("port") };
    const push = pushArgs(config.require("image"));
    const front = usesRoutingMesh(config) ? undefined : createFrontNetwork();
    const cluster: SwarmArgs = front ? { endpointMode: EndpointMode.DnsRoundRobin } : {};

    const { web } = sample({
        data: { swarm: cluster },
        app: {
            build: { context: SAMPLE_DIRECTORY, push },
            swarm: { ...cluster, replicas: config.requireNumber("replicas") },
            processes: {
                worker: { command: ["bin/jobs"], swarm: { replicas: config.requireNumber("workers") } },
            },
            ...(front ? { networks: [front] } : { publish }),
        },
    });

    return { url: front ? createEdge(web, front, push, publish).url : web.url };
}

/** Whether Docker's ingress network distributes requests, which needs IP_VS in the kernels of the nodes. */
function usesRoutingMesh(config: pulumi.Config): boolean {
    const routing = config.require("routing");
    if (routing === "mesh" || routing === "edge") return routing === "mesh";
    throw new pulumi.RunError(
        `routing: ${routing} is neither mesh nor edge; use edge, which runs a reverse proxy on each node`,
    );
}

/** Pushes the image with the login that the nodes pull it with: that of the provider. */
function pushArgs(image: string): PushArgs {
    if (image === "")
        throw new pulumi.RunError(
            "image: required on a Swarm; set it to where the nodes pull the application from, for example registry.example.com/team/sample",
        );
    const logins = new pulumi.Config("docker").getSecretObject<Login[]>("registryAuth");
    const login = logins?.apply((all) => {
        const found = all.find(({ address }) => image.startsWith(`${address.replace(/^https?:\/\//, "")}/`));
        if (found) return found;
        throw new pulumi.RunError(`docker:registryAuth: no login for the registry of ${image}; add one`);
    });
    return { image, username: login?.username, password: login?.password };
}

interface Login {
    address: string;
    username: string;
    password: string;
}
