import * as pulumi from "@pulumi/pulumi";
import {
    type Connection,
    Engine,
    Gateway,
    type GatewayArgs,
    PublishMode,
    Tls,
} from "../../../../components/index.ts";
import { swarmScript } from "../../../../components/gateway/swarm/scripts.ts";
import { COMMAND, refusal, run, SERVICE, SERVICE_CONFIG } from "../../../../testing/index.ts";

const engine = Engine.Swarm;

interface ServiceInputs {
    mode: unknown;
    convergeConfig?: unknown;
    endpointSpec: { mode: string; ports: { publishedPort: number; protocol: string; publishMode: string }[] };
    updateConfig: { order: string };
    taskSpec: {
        containerSpec: {
            args: string[];
            mounts: { source: string; target: string }[];
            labels: { label: string; value: string }[];
        };
        networksAdvanceds: { id: string }[];
        placement: { constraints: string[] };
    };
}

async function runGateway(args: GatewayArgs) {
    const { one, declared, outputs } = await run(() => {
        const { connection, httpAddress, httpsAddress } = new Gateway("front", { engine, ...args });
        return { connection, httpAddress, httpsAddress };
    });
    const service = one(SERVICE, "front").inputs as unknown as ServiceInputs;
    const { environment } = one(COMMAND, "front-routes").inputs;
    return { service, declared, outputs, environment: environment as Record<string, string>, one };
}

const portsOf = ({ endpointSpec }: ServiceInputs) =>
    endpointSpec.ports.map(({ publishedPort, protocol, publishMode }) => [
        publishedPort,
        protocol,
        publishMode,
    ]);
const mountsOf = ({ taskSpec }: ServiceInputs) =>
    taskSpec.containerSpec.mounts.map(({ source, target }) => [source, target]);

describe("a Gateway on a Swarm", () => {
    test("without TLS, runs on each node, and publishes its port there", async () => {
        const { service, outputs, declared, one } = await runGateway({
            tls: Tls.Off,
            http: { port: 8080 },
            swarm: { constraints: ["node.labels.edge == true"] },
        });
        expect(service.mode).toEqual({ global: true });
        // The provider refuses both together.
        expect(service.convergeConfig).toBeUndefined();
        expect(service.endpointSpec.mode).toBe("dnsrr");
        expect(portsOf(service)).toEqual([[8080, "tcp", "host"]]);
        expect(service.updateConfig.order).toBe("stop-first");
        expect(service.taskSpec.placement.constraints).toEqual(["node.labels.edge==true"]);
        expect(mountsOf(service)).toEqual([["shop.dev.front.routes", "/config"]]);
        expect(one(COMMAND, "front-volume-routes").inputs.environment).toMatchObject({
            VOLUME: "shop.dev.front.routes",
        });
        expect(declared.map(({ name }) => name)).not.toContain("front-data");
        expect(outputs.connection).toMatchObject({
            value: { scheme: "http", host: "shop-dev-front", port: 8080, network: "front-network-id" },
        });
        expect(outputs).toMatchObject({
            httpAddress: { value: "localhost:8080" },
            httpsAddress: { value: "" },
        });
    });

    test.each([Tls.Auto, Tls.Internal])(
        "with tls %s, runs on the node that has its certificates",
        async (tls) => {
            const { service, outputs } = await runGateway({ tls });
            expect(service.mode).toEqual({ replicated: { replicas: 1 } });
            expect(service.taskSpec.placement.constraints).toEqual([
                "node.labels.drydock.data.shop.dev.front==true",
            ]);
            expect(portsOf(service)).toEqual([
                [80, "tcp", "host"],
                [443, "tcp", "host"],
                [443, "udp", "host"],
            ]);
            expect(mountsOf(service)).toEqual([
                ["shop.dev.front", "/data"],
                ["shop.dev.front.routes", "/config"],
            ]);
            expect(outputs).toMatchObject({
                httpAddress: { value: "localhost:80" },
                httpsAddress: { value: "localhost:443" },
            });
        },
    );

    test("has a virtual IP for the routing mesh", async () => {
        const { service } = await runGateway({ swarm: { publishMode: PublishMode.Ingress } });
        expect(service.endpointSpec.mode).toBe("vip");
        expect(portsOf(service)[0]).toEqual([80, "tcp", "ingress"]);
    });

    test("listens for configuration on a socket of its volume, and on no port", async () => {
        const { one, service } = await runGateway({ tls: Tls.Off });
        const data = String(one(SERVICE_CONFIG).inputs.data);
        expect(Buffer.from(data, "base64").toString()).toContain("admin unix//config/drydock/admin.sock\n");
        expect(service.taskSpec.containerSpec.args.slice(-2)).toEqual([
            "/config/drydock",
            "/etc/caddy/Caddyfile",
        ]);
    });

    test("joins the networks of its own routes, and reaches an endpoint without a network by its host name", async () => {
        const shop: Connection = { scheme: "http", host: "shop-dev-web", port: 3000, network: "web-id" };
        const { service, environment } = await runGateway({
            tls: Tls.Off,
            routes: [
                { host: "a.b", to: shop },
                { host: "old.b", to: { scheme: "http", host: "192.0.2.1", port: 80 } },
            ],
        });
        expect(service.taskSpec.networksAdvanceds.map(({ id }) => id)).toEqual([
            "front-network-id",
            "web-id",
        ]);
        expect(environment).toMatchObject({
            GATEWAY: "shop-dev-front",
            ROUTES_SERVICE: "shop-dev-front-routes",
            OWNER: "shop.dev.front",
            VOLUME: "shop.dev.front.routes",
        });
        expect(environment.ROUTES).toContain("\tdynamic a tasks.shop-dev-web 3000 {\n");
        expect(environment.ROUTES).toContain("reverse_proxy 192.0.2.1:80 {\n");
    });

    test("replaces its Command for lost routes without deleting what the new one creates", async () => {
        const { one } = await runGateway({ tls: Tls.Off });
        expect(one(COMMAND, "front-routes").options.deleteBeforeReplace).toBe(true);
    });

    test("is given its routes again when its containers change", async () => {
        const version = async (args: GatewayArgs) =>
            (await runGateway({ tls: Tls.Off, ...args })).environment.SERVICE;
        expect(await version({})).toBe(await version({}));
        for (const args of [{ accessLog: true }, { labels: { team: "x" } }, { memory: "64m" }])
            expect(await version(args)).not.toBe(await version({}));
    });

    test("has a Command of which only the routes are secret", async () => {
        let environment: unknown;
        await run(() => {
            const ROUTES = pulumi.secret("a.b\t99999/\tbasic_auth\n");
            ({ environment } = swarmScript("app-routes.sh", { OWNER: "shop.dev.web", ROUTES }, undefined));
            return {};
        });
        expect(environment).toMatchObject({ OWNER: "shop.dev.web", PATHS_LABEL: "drydock-gateway-paths" });
        const { ROUTES } = environment as { ROUTES: pulumi.Output<string> };
        expect(await pulumi.isSecret(ROUTES)).toBe(true);
    });

    test.each<[string, GatewayArgs, string]>([
        [
            "an address to listen on",
            { http: { ip: "127.0.0.1" } },
            "http.ip: a Swarm publishes on all addresses",
        ],
        ["mounts", { mounts: [] }, "mounts: a volume is on one node of a Swarm"],
        [
            "a node for certificates that it does not have",
            { tls: Tls.Off, swarm: { node: "one" } },
            'swarm.node: with tls "off", a gateway runs on each node; use constraints, for example ["node.hostname == one"]',
        ],
        ["protection of no data", { tls: Tls.Off, protectData: true }, "protectData: has no effect"],
        ["a terminal", { tty: true }, "tty: a Swarm has no such option"],
        ["a constraint that is none", { swarm: { constraints: ["one"] } }, "swarm.constraints[0]: "],
        ["an unknown engine", { engine: "podman" as never }, "engine: "],
    ])("refuses %s", async (_, args, message) => {
        expect(await refusal(() => new Gateway("front", { engine, ...args }))).toContain(message);
    });
});
