import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { compare } from "bcryptjs";
import { type Connection, Gateway, type GatewayArgs, Tls, WebApp } from "../../../components/index.ts";
import { formatCaddyfile, formatRoutes, siteAddress } from "../../../components/gateway/caddyfile.ts";
import { tlsOptions } from "../../../components/gateway/tls.ts";
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
            expect.objectContaining({ containerPath: "/assets", volumeName: "shop.dev.front.assets" }),
        ]);
        expect(outputs).toMatchObject({
            httpAddress: { value: "localhost:80" },
            httpsAddress: { value: "localhost:443" },
        });
    });

    test("listens in the container on the ports that it publishes, as its redirects name them", async () => {
        const { one } = await runGateway({ http: { port: 8080, ip: "127.0.0.1" }, https: { port: 8443 } });
        const [uploads] = one(CONTAINER).inputs.uploads as { content: string }[];
        expect(uploads?.content).toContain("http_port 8080\n");
        expect(one(CONTAINER).inputs.ports).toEqual([
            { internal: 8080, external: 8080, ip: "127.0.0.1" },
            { internal: 8443, external: 8443, ip: "127.0.0.1" },
            { internal: 8443, external: 8443, ip: "127.0.0.1", protocol: "udp" },
        ]);
    });

    test("can listen for HTTPS on another address than for HTTP", async () => {
        const { one } = await runGateway({ http: { ip: "127.0.0.1" }, https: { ip: "192.0.2.1" } });
        const ports = one(CONTAINER).inputs.ports as { internal: number; ip: string }[];
        expect(ports.map(({ internal, ip }) => `${ip}:${internal}`)).toEqual([
            ...["127.0.0.1:80", "192.0.2.1:443", "192.0.2.1:443"],
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
        const { inputs, options } = one(COMMAND, "front-routes");
        const { environment, create, update } = inputs;
        expect(options.deleteBeforeReplace).toBe(true);
        expect(environment).toMatchObject({
            GATEWAY: "shop-dev-front",
            OWN_NETWORK: "shop-dev-front",
            NETWORKS: "shop-dev-web",
            CONTAINER_ID: "front-id",
        });
        expect((environment as Record<string, string>).ROUTES).toContain("shop.example.com\t");
        expect(update).toBe(create);
    });

    test("does not use a public authority in a stack of `drydock pr`", async () => {
        const routes = [{ host: "shop.example.com", to: endpoint }];
        const caddyfile = async (stack: string) => {
            const { one } = await runGateway({ routes, email: "ops@example.com" }, { stack });
            return (one(CONTAINER).inputs.uploads as { content: string }[])[0]?.content ?? "";
        };
        expect(await caddyfile("preview-0123abc-42")).toContain("local_certs");
        expect(await caddyfile("production")).not.toContain("local_certs");
    });

    const to = endpoint;
    const host = "shop.example.com";
    test.each<[string, Connection, string]>([
        [
            "on no network",
            { ...to, network: "" },
            "has no network that the gateway can join; set aliases or ports",
        ],
        ["of a database", { ...to, scheme: "postgres" }, 'is an endpoint for "postgres"; use one for http'],
        ["with an invalid host", { ...to, host: "a b" }, 'routes[0].to.host: "a b" is not a host name'],
        ["with an invalid network", { ...to, network: "a b" }, 'routes[0].to.network: "a b" is not'],
    ])("refuses an endpoint %s", async (_, endpoint, message) => {
        const refused = runGateway({ routes: [{ host, to: pulumi.output(endpoint) }] });
        await expect(refused).rejects.toThrow(message);
    });

    test("refuses more routes than fit into an environment variable", async () => {
        const routes = Array.from({ length: 200 }, (_, i) => ({ host: `shop-${i}.example.com`, to }));
        await expect(runGateway({ routes })).rejects.toThrow(
            /routes: too many: they take up \d+ KiB, and the limit is 127 KiB; use the routes of the applications/,
        );
    });

    test.each<[string, GatewayArgs, string]>([
        ["port 0", { http: { port: 0 } }, "http.port: 0 is not a port"],
        [
            "a port that Caddy uses in the container",
            { https: { port: 2019 } },
            "https.port: 2019 is a port of Caddy itself in the container; use another one",
        ],
        [
            "the port on which Caddy asks about certificates",
            { http: { port: 2018 } },
            "http.port: 2018 is a port of Caddy itself",
        ],
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
        ["an invalid email address", { email: "ops" }, 'email: "ops" is not an email address'],
        [
            "a mail address without an authority",
            { email: "o@e.c", tls: Tls.Off },
            'email: has no effect with tls "off"',
        ],
        ["HTTPS without TLS", { https: { port: 8443 }, tls: Tls.Off }, 'https: has no effect with tls "off"'],
        [
            "an invalid range of proxies",
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
            "routes[0].timeout: has no effect with redirect",
        ],
        [
            "stripPath without a path",
            { routes: [{ host, to, stripPath: true }] },
            "routes[0].stripPath: there is no path to remove",
        ],
        [
            "a size without unit",
            { routes: [{ host, to, maxBody: "10" }] },
            'routes[0].maxBody: "10" is not a size; write it like 10m',
        ],
        [
            "a login without users",
            { routes: [{ host, to, basicAuth: { users: {} } }] },
            "routes[0].basicAuth.users: is empty, so nobody could log in",
        ],
        [
            "a user with a space",
            { routes: [{ host, to, basicAuth: { users: { "a b": "secret" } } }] },
            'routes[0].basicAuth.users: "a b" is not a user name',
        ],
        [
            "a password that bcrypt would cut off",
            { routes: [{ host, to, basicAuth: { users: { joe: "x".repeat(73) } } }] },
            "routes[0].basicAuth.users.joe: must be a password of 1 to 72 bytes",
        ],
        [
            "an exempt path without slash",
            { routes: [{ host, to, basicAuth: { users: { joe: "secret" }, exempt: ["up"] } }] },
            'routes[0].basicAuth.exempt[0]: "up" is not a URL path',
        ],
        [
            "a login of a redirect",
            { routes: [{ host, redirect: "https://a.b", basicAuth: { users: { joe: "secret" } } }] },
            "routes[0].basicAuth: has no effect with redirect",
        ],
        [
            "every host with TLS",
            { routes: [{ to }] },
            "routes[0].host: required with TLS, as a certificate names its hosts",
        ],
        [
            "a wildcard of a public authority",
            { routes: [{ host: "*.example.com", to }] },
            'routes[0].host: "*.example.com" needs a wildcard certificate, which a public authority issues only after a check in DNS',
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

describe("a login", () => {
    const users = { joe: pulumi.secret("opensesame"), ann: "$2y$05$".padEnd(60, "a") };
    const routesOf = async (program: () => void, name: string) => {
        const { one } = await run(() => {
            program();
            return {};
        });
        const { ROUTES = "" } = one(COMMAND, name).inputs.environment as Record<string, string>;
        return ROUTES;
    };
    const webApp = (health: object, exempt?: string[]) =>
        routesOf(() => {
            new WebApp("web", {
                image: "shop:1",
                health,
                routes: [{ gateway: endpoint, host: "a.b", basicAuth: { users, exempt } }],
            });
        }, "web-routes");

    test("has the hash of the password, which stays the same, and not the password", async () => {
        const declare = () =>
            routesOf(() => {
                new Gateway("front", { routes: [{ host: "a.b", to: endpoint, basicAuth: { users } }] });
            }, "front-routes");
        const routes = await declare();
        expect(routes).toContain("\tbasic_auth {\n");
        expect(routes).toContain(`\t\tann ${users.ann}\n`);
        const [, hash = ""] = /\tjoe (\S+)\n/.exec(routes) ?? [];
        expect(await compare("opensesame", hash)).toBe(true);
        expect(routes).not.toContain("opensesame");
        expect(await declare()).toBe(routes);
    });

    test("exempts the health check of an application, unless that is its main page", async () => {
        const exempts = (paths: string) => `@protected not vars {http.request.uri.path} ${paths}\n`;
        expect(await webApp({ path: "/up?full=1" })).toContain(exempts("/up"));
        for (const health of [{}, { path: "/" }, { tcp: true }])
            expect(await webApp(health)).not.toContain("@protected");
        expect(await webApp({ path: "/up" }, ["/a", "/b"])).toContain(exempts("/a /b"));
        expect(await webApp({ path: "/up" }, [])).not.toContain("@protected");
    });

    test("is secret in the state", async () => {
        const { one } = await runGateway({ routes: [{ host: "a.b", to: endpoint, basicAuth: { users } }] });
        expect(one(COMMAND, "front-routes").secrets).toEqual(["environment"]);
    });
});

const ports = { httpPort: 80, httpsPort: 443 };

describe("the routes", () => {
    const proxyTo = (host: string) => [
        `\tvars upstream-${host} {file./config/drydock/targets/${host}}`,
        "\t@unknown {",
        `\t\tvars upstream-${host} ""`,
        "\t}",
        "\trespond @unknown 503",
        `\treverse_proxy {vars.upstream-${host}}:3000 ${host}:3000 {`,
        "\t\tlb_policy first",
        "\t\tlb_try_duration 5s",
        "\t\tfail_duration 1s",
        "\t\tstream_close_delay 24h",
        "\t}",
    ];

    /** Without the blocks for maintenance, which are the same for all. */
    const withoutMaintenance = (routes: string) =>
        routes.replace(/^.*\t@maintenance file \{\n(.*\n)*?.*\t\tstatus 503\n.*\n.*\n/gm, "");

    test("answer with the page for maintenance, if there is one", () => {
        for (const onSwarm of [false, true])
            expect(formatRoutes([{ to: endpoint, onSwarm }])).toContain("try_files /shop-dev-web.html\n");
    });

    test("have host and order in each line, and a longer path comes first", () => {
        const routes = [
            { host: "shop.example.com", to: endpoint },
            { host: "Shop.example.com", path: "/Cable/", to: { ...endpoint, host: "cable" } },
        ];
        const of = (order: string, ...content: string[]) =>
            content.map((line) => ["shop.example.com", order, line].join("\t"));
        expect(withoutMaintenance(formatRoutes(routes)).split("\n")).toEqual([
            ...of("99999/", "handle {", ...proxyTo("shop-dev-web"), "}"),
            ...of(
                "99993/cable",
                "@%2Fcable path /Cable /Cable/*",
                "handle @%2Fcable {",
                ...proxyTo("cable"),
                "}",
            ),
            "",
        ]);
    });

    test("with logins also match a path with a format, which Rails answers with the same action", () => {
        const logins = { hashes: {}, exempt: [] };
        expect(formatRoutes([{ path: "/admin", to: endpoint, logins }])).toContain(
            "\t@%2Fadmin path /admin /admin/* /admin.*\n",
        );
    });

    test("to replicas prefer the one with the fewest requests, and respond with 503 to an unknown host", () => {
        const replicaHosts = ["shop-dev-web", "shop-dev-web-2"];
        const route = formatRoutes([{ to: { ...endpoint, replicaHosts } }]);
        for (const host of replicaHosts) {
            expect(route).toContain(`\tvars upstream-${host} {file./config/drydock/targets/${host}}\n`);
            expect(route).toContain(`\t\tvars upstream-${host} ""\n`);
        }
        expect(route).toContain(
            "reverse_proxy {vars.upstream-shop-dev-web}:3000 {vars.upstream-shop-dev-web-2}:3000 {\n",
        );
        expect(route).toContain("\t\tlb_policy least_conn\n");
    });

    test("lead to the host if the endpoint names no replicas", () => {
        expect(formatRoutes([{ to: { ...endpoint, replicaHosts: [] } }])).toBe(
            formatRoutes([{ to: endpoint }]),
        );
    });

    test("for every host have * as the host", () => {
        expect(formatRoutes([{ to: endpoint }])).toMatch(/^\*\t99999\/\thandle \{\n/);
    });

    test("set limits, and remove a path", () => {
        const route = formatRoutes([
            { path: "/api//", to: endpoint, stripPath: true, maxBody: "10m", timeout: 30 },
        ]);
        expect(route).toContain("path /api /api/*\n");
        expect(route).toContain("\turi strip_prefix /api\n");
        expect(route).toContain("\t\tmax_size 10MiB\n");
        expect(route).toContain("\t\t\tresponse_header_timeout 30s\n");
    });

    test("lead to HTTPS and IPv6 endpoints", () => {
        const route = formatRoutes([{ to: { scheme: "https", host: "fd00::1", port: 8443 } }]);
        expect(route).toContain("{file./config/drydock/targets/[fd00::1]}");
        expect(route).toContain("reverse_proxy {vars.upstream-fd00__1}:8443 [fd00::1]:8443 {");
        expect(route).toContain("\t\t\ttls\n");
        expect(route).toContain("\t\t\ttls_server_name fd00::1\n");
    });

    test("redirect with the path and the query", () => {
        expect(formatRoutes([{ host: "www.a.b", redirect: "https://a.b" }])).toContain(
            "\tredir https://a.b{uri} 308\n",
        );
    });
});

test.each([
    [Tls.Auto, 443, "{host}"],
    [Tls.Internal, 8443, "https://{host}:8443"],
    [Tls.Off, 443, "http://{host}"],
])("the address of a site with tls %s and port %i is %s", (tls, httpsPort, address) => {
    expect(siteAddress({ ...tlsOptions(tls, "dev"), httpsPort })).toBe(address);
});

test("the Caddyfile names the ACME authority, and the certificate to trust it with", async () => {
    const acme = { directory: "https://ca.example.com/acme/directory" };
    expect(formatCaddyfile({ ...ports, ...tlsOptions(Tls.Auto, "dev"), acme })).toContain(
        "\tacme_ca https://ca.example.com/acme/directory\n",
    );
    const { one } = await runGateway({ acme: { ...acme, rootCertificate: "LICENSE" } });
    const uploads = one(CONTAINER).inputs.uploads as {
        file: string;
        content?: string;
    }[];
    const root = uploads.find(({ file }) => file === "/etc/caddy/acme-root.pem")?.content;
    expect(root).toBe(readFileSync("LICENSE", "utf8"));
    expect(uploads.map(({ content = "" }) => content).join()).toContain(
        "acme_ca_root /etc/caddy/acme-root.pem\n",
    );
});

test.each<[string, GatewayArgs, string]>([
    ["by HTTP", { acme: { directory: "http://ca.test/" } }, "acme.directory: "],
    [
        "with another kind of TLS",
        { tls: Tls.Internal, acme: { directory: "https://ca.test/" } },
        'acme: has no effect with tls "internal"',
    ],
    ["that is a string", { acme: "https://ca.test/" as never }, "acme: "],
])("refuses an ACME authority %s", async (_, args, message) => {
    expect(await refusal(() => new Gateway("front", args))).toContain(message);
});

test("the Caddyfile trusts proxies, logs requests and has an email address only if these are set", () => {
    const all = formatCaddyfile({
        ...ports,
        ...tlsOptions(Tls.Auto, "dev"),
        email: "ops@example.com",
        trustedProxies: ["10.0.0.0/8", "192.0.2.1"],
        accessLog: true,
    });
    expect(all).toContain("\temail ops@example.com\n");
    expect(all).toContain("\tservers {\n\t\ttrusted_proxies static 10.0.0.0/8 192.0.2.1\n\t}\n");
    expect(all).toContain("(site) {\n\tlog {\n\t\toutput stdout\n\t\tformat json\n\t}\n}");
    expect(all).not.toContain("auto_https");
    const none = formatCaddyfile({ ...ports, ...tlsOptions(Tls.Off, "dev") });
    for (const word of ["email", "trusted_proxies", "log", "local_certs"]) expect(none).not.toContain(word);
    // Otherwise it would ask for certificates of the sites that another setting has left on the volume.
    expect(none).toContain("\tauto_https off\n");
    // Until the routes are written without TLS, it would redirect a host to itself.
    expect(none).not.toContain("redir ");
});
