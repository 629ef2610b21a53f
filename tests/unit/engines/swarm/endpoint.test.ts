import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    EndpointMode,
    Engine,
    PublishMode,
    type SwarmDataArgs,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { runOn, service } from "../index.ts";
import { declareRedis, declareWebApp } from "./services.ts";

describe("the endpoint of a service", () => {
    const port = { targetPort: 3000, publishedPort: 80, protocol: "tcp" };

    test.each<[string, WebAppArgs["swarm"], object]>([
        ["a virtual IP and the routing mesh by default", undefined, { mode: "vip", publishMode: "ingress" }],
        [
            "the ports of the nodes that run a replica",
            { publishMode: PublishMode.Host },
            { mode: "vip", publishMode: "host" },
        ],
        [
            "the addresses of its replicas",
            { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Host },
            { mode: "dnsrr", publishMode: "host" },
        ],
    ])("is %s", async (_, swarm, { mode, publishMode }: { mode?: string; publishMode?: string }) => {
        const { endpointSpec } = await declareWebApp({ swarm, publish: { port: 80 } });
        expect(endpointSpec).toEqual({ mode, ports: [{ ...port, publishMode }] });
    });

    test("has no port if nothing is published", async () => {
        const swarm = { endpointMode: EndpointMode.DnsRoundRobin };
        expect((await declareWebApp({ swarm })).endpointSpec).toEqual({ mode: "dnsrr" });
    });

    test.each<[string, SwarmDataArgs]>([
        ["dnsrr", { endpointMode: EndpointMode.DnsRoundRobin, publishMode: PublishMode.Host }],
        ["vip", {}],
    ])("of a service with data can be chosen too: %s", async (mode, swarm) => {
        expect(service((await declareRedis(swarm)).one).endpointSpec).toMatchObject({ mode });
    });
});

describe("the address of a service", () => {
    afterEach(() => {
        pulumi.runtime.setAllConfig({});
    });

    test.each([
        ["ssh://me@big", "big:80"],
        ["tcp://10.1.2.3:2376", "10.1.2.3:80"],
        ["unix:///var/run/docker.sock", "localhost:80"],
    ])("is on the host of the provider's Docker Engine: %s", async (host, address) => {
        pulumi.runtime.setAllConfig({ "docker:host": host });
        expect((await declareRedis()).outputs.address?.value).toBe(address);
        pulumi.runtime.setAllConfig({});
        const { outputs } = await runOn(Engine.Swarm, (engine) => {
            const provider = new docker.Provider("far", { host });
            const args = { engine, image: "x:1", publish: { port: 80 } };
            return { url: new WebApp("web", args, { provider }).url };
        });
        expect(outputs.url?.value).toBe(`http://${address}`);
    });
});
