import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, Engine, Gateway, type PushArgs, type SwarmArgs, Tls } from "../components/index.ts";
import { sample, SAMPLE_DIRECTORY } from "./sample.ts";

/** The sample application on a Docker Swarm. */
export function swarm() {
    const config = new pulumi.Config();
    const publish = { port: config.requireNumber("port") };
    const push = pushArgs(config.require("image"));
    const hasGateway = !usesRoutingMesh(config);
    const cluster: SwarmArgs = hasGateway ? { endpointMode: EndpointMode.DnsRoundRobin } : {};

    const { web } = sample({
        data: { swarm: cluster },
        app: {
            build: { context: SAMPLE_DIRECTORY, push },
            swarm: { ...cluster, replicas: config.requireNumber("replicas") },
            processes: {
                worker: { command: ["bin/jobs"], swarm: { replicas: config.requireNumber("workers") } },
            },
            // The gateway joins the network that the application has for its aliases.
            ...(hasGateway ? { aliases: ["web"] } : { publish }),
        },
    });

    if (!hasGateway) return { url: web.url };
    const { httpAddress } = new Gateway("front", {
        engine: Engine.Swarm,
        tls: Tls.Off,
        http: publish,
        routes: [{ to: web.endpoint }],
    });
    return { url: pulumi.interpolate`http://${httpAddress}` };
}

/** Whether Docker's ingress network distributes requests, which needs IP_VS in the kernels of the nodes. */
function usesRoutingMesh(config: pulumi.Config): boolean {
    const routing = config.require("routing");
    if (routing === "mesh" || routing === "gateway") return routing === "mesh";
    throw new pulumi.RunError(
        `routing: ${routing} is neither mesh nor gateway; use gateway, which runs a Gateway on each node`,
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
