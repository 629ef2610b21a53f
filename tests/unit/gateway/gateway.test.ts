import { Gateway, type GatewayArgs, Tls, WebApp } from "../../../components/index.ts";
import { formatCaddyfile, formatRoutes } from "../../../components/gateway/caddyfile.ts";
import { validateEndpointNetwork } from "../../../components/gateway/routes.ts";
import { COMMAND, CONTAINER, refusal, run, type Settings } from "../../../testing/index.ts";

const endpoint = { scheme: "http", host: "shop-dev-web", port: 3000, network: "shop-dev-web" };

const runGateway = (args: GatewayArgs = {}, settings?: Settings) =>
    run(() => {
        const { httpAddress, httpsAddress } = new Gateway("front", args);
        return { httpAddress, httpsAddress };
    }, settings);

interface Port {
    internal: number;
    external: number;
    ip: string;
    protocol?: string;
}

describe("a Gateway", () => {
    test("listens on ports 80 and 443 of all addresses, and on 443 for HTTP/3 too", async () => {
        const { one, outputs } = await runGateway();
        const { image, command, ports, volumes } = one(CONTAINER).inputs;
        expect(image).toMatch(/^sha256:/);
        expect(command).toEqual([
            "caddy",
            "run",
            "--config",
            "/etc/caddy/Caddyfile",
            "--adapter",
            "caddyfile",
        ]);
        expect(
            (ports as Port[]).map(({ internal, external, ip, protocol = "tcp" }) => [
                internal,
                external,
                ip,
                protocol,
            ]),
        ).toEqual([
            [80, 80, "0.0.0.0", "tcp"],
            [443, 443, "0.0.0.0", "tcp"],
            [443, 443, "0.0.0.0", "udp"],
        ]);
        expect(volumes).toEqual([
            expect.objectContaining({ containerPath: "/data", volumeName: "shop.dev.front" }),
            expect.objectContaining({ containerPath: "/config", volumeName: "shop.dev.front.config" }),
        ]);
        expect(outputs).toMatchObject({
            httpAddress: { value: "localhost:80" },
            httpsAddress: { value: "localhost:443" },
        });
    });

    test("listens in the container on the ports that it publishes, which redirects name", async () => {
        const { one } = await runGateway({ http: { port: 8080, ip: "127.0.0.1" }, https: { port: 8443 } });
        const [uploads] = one(CONTAINER).inputs.uploads as { content: string }[];
        expect(uploads?.content).toMatch(/http_port 8080\n\thttps_port 8443\n/);
        expect(one(CONTAINER).inputs.ports).toEqual([
            { internal: 8080, external: 8080, ip: "127.0.0.1" },
            { internal: 8443, external: 8443, ip: "0.0.0.0" },
            { internal: 8443, external: 8443, ip: "0.0.0.0", protocol: "udp" },
        ]);
    });

    test("publishes no HTTPS without TLS", async () => {
        const { one, outputs } = await runGateway({ tls: Tls.Off });
        expect(one(CONTAINER).inputs.ports).toHaveLength(1);
        expect(outputs.httpsAddress?.value).toBe("");
    });

    test("gives the running container its routes, and joins the networks of their endpoints", async () => {
        const { one } = await run(() => {
            const web = new WebApp("web", { image: "shop:1", aliases: ["w"] });
            new Gateway("front", { routes: [{ host: "Shop.example.com", to: web.endpoint }] });
            return {};
        });
        const { environment, create, update } = one(COMMAND, "front-routes").inputs;
        expect(environment).toMatchObject({
            GATEWAY: "shop-dev-front",
            OWN_NETWORKS: "shop-dev-front",
            NETWORKS: "shop-dev-web",
            OWNER: "shop-dev-front",
            CONTAINER_ID: "front-id",
        });
        expect((environment as Record<string, string>).ROUTES).toContain(
            "=== host-shop.example.com/site\nshop.example.com {",
        );
        expect(update).toBe(create);
    });

    test("asks no public authority for a stack of `drydock pr`", async () => {
        const routes = [{ host: "shop.example.com", to: endpoint }];
        const caddyfile = async (stack: string) => {
            const { one } = await runGateway({ routes, email: "ops@example.com" }, { stack });
            return (one(CONTAINER).inputs.uploads as { content: string }[])[0]?.content ?? "";
        };
        expect(await caddyfile("preview-0123abc-42")).toContain("tls internal");
        expect(await caddyfile("production")).not.toContain("tls internal");
    });

    test("refuses an endpoint on no network", () => {
        expect(() => {
            validateEndpointNetwork("routes[0].to", { ...endpoint, network: "" });
        }).toThrow(
            "routes[0].to: is on no network that the gateway can join; set aliases or ports of the application",
        );
    });

    test("knows the network of an application that has none of its own", async () => {
        const { outputs } = await run(() => {
            const links = { cache: { scheme: "redis", host: "cache", port: 6379, network: "caches" } };
            return { endpoint: new WebApp("web", { image: "shop:1", links }).endpoint };
        });
        expect(outputs.endpoint?.value).toEqual({
            scheme: "http",
            host: "shop-dev-web",
            port: 3000,
            network: "caches",
        });
    });

    const to = endpoint;
    const host = "shop.example.com";
    test.each<[string, GatewayArgs, string]>([
        ["a port that is not one", { http: { port: 0 } }, "http.port: 0 is not a port"],
        [
            "a command",
            { command: ["sh"] },
            "command: the container would not be a gateway; leave it out, or use a Service",
        ],
        [
            "a Caddyfile",
            { files: { "/etc/caddy/Caddyfile": { content: "x" } } },
            "files./etc/caddy/Caddyfile: the gateway writes it",
        ],
        ["an address that is not one", { email: "ops" }, 'email: "ops" is not an e-mail address'],
        [
            "a mail address without an authority",
            { email: "o@e.c", tls: Tls.Off },
            'email: is for the certificate authority of tls "auto"',
        ],
        ["HTTPS without TLS", { https: { port: 8443 }, tls: Tls.Off }, 'https: has no effect with tls "off"'],
        [
            "a range that is not one",
            { trustedProxies: ["proxy"] },
            'trustedProxies[0]: "proxy" is not an IP address or a network',
        ],
        [
            "a URL as host",
            { routes: [{ host: "https://a.b", to }] },
            'routes[0].host: "https://a.b" is not a host name; leave out https://',
        ],
        [
            "a path without slash",
            { routes: [{ host, path: "x", to }] },
            'routes[0].path: "x" is not a URL path',
        ],
        ["no target", { routes: [{ host }] }, "routes[0].to: required unless redirect is set"],
        [
            "two targets",
            { routes: [{ host, to, redirect: "https://a.b" }] },
            "routes[0].redirect: to is set as well",
        ],
        [
            "a redirect with a path",
            { routes: [{ host, redirect: "https://a.b/c" }] },
            'routes[0].redirect: "https://a.b/c" is not an origin',
        ],
        [
            "a limit of a redirect",
            { routes: [{ host, redirect: "https://a.b", timeout: 1 }] },
            "routes[0].timeout: a redirect passes nothing on",
        ],
        [
            "no path to remove",
            { routes: [{ host, to, stripPath: true }] },
            "routes[0].stripPath: there is no path to remove",
        ],
        [
            "a size without unit",
            { routes: [{ host, to, maxBody: "10" }] },
            'routes[0].maxBody: "10" is not a size; write it like 10m',
        ],
        [
            "a database",
            { routes: [{ host, to: { ...to, scheme: "postgres" } }] },
            'routes[0].to: is an endpoint for "postgres"; use one for http',
        ],
        [
            "every host with TLS",
            { routes: [{ to }] },
            "routes[0].host: required: there is no certificate for every host",
        ],
        [
            "a wildcard of a public authority",
            { routes: [{ host: "*.example.com", to }] },
            'routes[0].host: "*.example.com" needs a certificate that the authority gives only through DNS',
        ],
        [
            "one route twice",
            {
                routes: [
                    { host, to },
                    { host: "SHOP.example.com", path: "/", to },
                ],
            },
            "routes[1]: routes[0] has the same host and path",
        ],
    ])("refuses %s", async (_, args, message) => {
        expect(await refusal(() => new Gateway("front", args))).toContain(message);
    });
});

describe("the routes", () => {
    const format = (...routes: Parameters<typeof formatRoutes>[1]) =>
        formatRoutes("shop-dev-front", routes, Tls.Auto);

    test("of one host are in its directory, and the longest path comes first", () => {
        const files = format(
            { host: "shop.example.com", to: endpoint },
            { host: "shop.example.com", path: "/cable", to: { ...endpoint, host: "cable" } },
        );
        expect(Object.keys(files).sort()).toEqual([
            "host-shop.example.com/9993.shop-dev-front.1.route",
            "host-shop.example.com/9999.shop-dev-front.0.route",
            "host-shop.example.com/site",
        ]);
        expect(files["host-shop.example.com/site"]).toBe(
            "shop.example.com {\n\timport site\n\timport /config/drydock/sites/host-shop.example.com/*.route\n}\n",
        );
        expect(files["host-shop.example.com/9993.shop-dev-front.1.route"]).toBe(
            "@shop-dev-front-1 path /cable /cable/*\nhandle @shop-dev-front-1 {\n\treverse_proxy cable:3000 {\n\t\tstream_close_delay 24h\n\t}\n}\n",
        );
    });

    test("have their limits, and a removed path", () => {
        const [route = ""] = Object.values(
            format({ path: "/api/", to: endpoint, stripPath: true, maxBody: "10m", timeout: 30 }),
        );
        expect(route).toContain("path /api /api/*\n");
        expect(route).toContain("\turi strip_prefix /api\n");
        expect(route).toContain("\t\tmax_size 10MiB\n");
        expect(route).toContain("\t\t\tresponse_header_timeout 30s\n");
    });

    test("to HTTPS and IPv6 endpoints have their addresses", () => {
        const [route = ""] = Object.values(format({ to: { scheme: "https", host: "fd00::1", port: 8443 } }));
        expect(route).toContain("reverse_proxy https://[fd00::1]:8443 {");
    });

    test("redirect with the path and the query", () => {
        const [, route = ""] = Object.values(format({ host: "www.a.b", redirect: "https://a.b" }));
        expect(route).toBe("handle {\n\tredir https://a.b{uri} 308\n}\n");
    });

    test("of a wildcard are in a directory without one", () => {
        expect(Object.keys(formatRoutes("o", [{ host: "*.a.b", to: endpoint }], Tls.Internal))).toEqual([
            "host-wildcard.a.b/site",
            "host-wildcard.a.b/9999.o.0.route",
        ]);
    });
});

test("the Caddyfile trusts proxies, logs requests and names the mail address only if it is asked to", () => {
    const ports = { httpPort: 80, httpsPort: 443 };
    const all = formatCaddyfile({
        ...ports,
        tls: Tls.Auto,
        email: "ops@example.com",
        trustedProxies: ["10.0.0.0/8", "192.0.2.1"],
        accessLog: true,
    });
    expect(all).toContain("\temail ops@example.com\n");
    expect(all).toContain("\tservers {\n\t\ttrusted_proxies static 10.0.0.0/8 192.0.2.1\n\t}\n");
    expect(all.match(/format json/g)).toHaveLength(2);
    const none = formatCaddyfile({ ...ports, tls: Tls.Off });
    for (const word of ["email", "trusted_proxies", "log", "tls"]) expect(none).not.toContain(word);
});
