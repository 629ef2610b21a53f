import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, type PushArgs, type SwarmArgs } from "../components/index.ts";
import { sample, SAMPLE } from "./sample.ts";
import { edgeOf, frontNetwork } from "./edge.ts";

/** The sample application on a Docker Swarm. */
export function swarm() {
    const settings = new pulumi.Config();
    const publish = { port: settings.requireNumber("port") };
    const push = pushTo(settings.require("image"));
    const front = hasMesh(settings) ? undefined : frontNetwork();
    const cluster: SwarmArgs = front ? { endpointMode: EndpointMode.DnsRoundRobin } : {};

    const { web } = sample({
        data: { swarm: cluster },
        app: {
            build: { context: SAMPLE, push },
            swarm: { ...cluster, replicas: settings.requireNumber("replicas") },
            processes: {
                worker: { command: ["bin/jobs"], swarm: { replicas: settings.requireNumber("workers") } },
            },
            ...(front ? { networks: [front] } : { publish }),
        },
    });

    return { url: front ? edgeOf(web, front, push, publish).url : web.url };
}

/** Whether every node passes requests on to the replicas by itself, which takes IP_VS in the nodes' kernels. */
function hasMesh(settings: pulumi.Config): boolean {
    const routing = settings.require("routing");
    if (routing === "mesh" || routing === "edge") return routing === "mesh";
    throw new pulumi.RunError(
        `routing: ${routing} is neither mesh nor edge; use edge for a proxy on each node`,
    );
}

/** Pushed with the login that the nodes pull with: the provider's. */
function pushTo(image: string): PushArgs {
    if (image === "")
        throw new pulumi.RunError(
            "image: there is none; set it to where the nodes pull the application from, such as registry.example.com/team/sample",
        );
    const logins = new pulumi.Config("docker").getSecretObject<Login[]>("registryAuth");
    const login = logins?.apply((all) => {
        const found = all.find(({ address }) => image.startsWith(`${address.replace(/^https?:\/\//, "")}/`));
        if (found) return found;
        throw new pulumi.RunError(
            `docker:registryAuth: it has no login for the registry of ${image}; add one`,
        );
    });
    return { image, username: login?.username, password: login?.password };
}

interface Login {
    address: string;
    username: string;
    password: string;
}
