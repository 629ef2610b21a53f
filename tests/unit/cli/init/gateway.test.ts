import { stringify } from "yaml";
import { CONTAINER } from "../../../../testing/index.ts";
import { toBodySize } from "../../../../cli/init/translate/gateway.ts";
import { compileErrors } from "../../compiler.ts";
import { selfSigned } from "../../gateway/self-signed.ts";
import { type Answers, declare, type Files, initialize, removeApplications } from "./initialize.ts";
import { compose, kamal, routesOf, valuesOf } from "./proxies.ts";

afterAll(removeApplications);

const SERVER = "servers: { web: [192.0.2.10] }\n";

const TRAEFIK = compose(`
  traefik:
    image: traefik:v3
    command: [--providers.docker, --certificatesresolvers.le.acme.email=ops@example.com, --accesslog=true]
    ports: ["8000:80", "443:443"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
  web:
    build: .
    command: bin/rails server
    depends_on: [traefik]
    labels:
      traefik.enable: "true"
      traefik.http.routers.web.rule: Host(\`shop.example.com\`)
      traefik.http.routers.web.entrypoints: websecure
      traefik.http.routers.web.tls.certresolver: le
      traefik.http.routers.plain.rule: Host(\`shop.example.com\`)
      traefik.http.services.web.loadbalancer.server.port: "9292"
      team: shop
  cable:
    build: .
    command: bin/cable
    labels:
      - traefik.http.routers.cable.rule=Host(\`shop.example.com\`) && PathPrefix(\`/cable\`)
      - traefik.http.routers.cable.middlewares=strip@docker,limit
      - traefik.http.middlewares.strip.stripprefix.prefixes=/cable
      - traefik.http.middlewares.limit.buffering.maxRequestBodyBytes=2000000
      - traefik.http.services.cable.loadbalancer.server.port=8081
  mail:
    image: axllent/mailpit
    labels:
      traefik.http.routers.mail.rule: Host(\`mail.\${DOMAIN}\`)
      traefik.http.services.mail.loadbalancer.server.port: "8025"
  admin:
    image: adminer
    labels:
      traefik.http.routers.admin.rule: Host(\`admin.example.com\`)
      traefik.http.routers.admin.middlewares: auth
      traefik.http.middlewares.auth.digestauth.users: "admin:traefik:ruca84Hq"
`);

const NGINX_PROXY = compose(`
  nginx: { image: nginxproxy/nginx-proxy, ports: ["80:80"] }
  acme: { image: nginxproxy/acme-companion, environment: { DEFAULT_EMAIL: ops@example.com } }
  web:
    build: .
    command: bin/rails server
    environment: { VIRTUAL_HOST: "shop.example.com,*.shop.example.com", VIRTUAL_PORT: 3001, LETSENCRYPT_HOST: shop.example.com, LEVEL: info }
`);

const CADDY = compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80"] }
  web:
    build: .
    command: bin/rails server
    labels: { caddy: shop.example.com, caddy.reverse_proxy: "{{upstreams 3001}}", caddy.encode: gzip }
`);

const BEHIND_LOAD_BALANCER = kamal(`${SERVER}
proxy: { ssl: false, app_port: 3000, path_prefix: /shop, logging: { request_headers: [X-Id] }, run: { http_port: 8008 } }
`);

const DESTINATIONS = kamal(
    `${SERVER}require_destination: true\nproxy: { ssl: true, host: <%= ENV["APP_HOST"] %>, app_port: 3000 }\n`,
    {
        "config/deploy.production.yml": "proxy: { hosts: [shop.example.com, www.shop.example.com] }\n",
        "config/deploy.staging.yml":
            "proxy: { host: staging.example.com, ssl: false, response_timeout: 9 }\n",
        "config/deploy.canary.yml": "servers: { web: [192.0.2.12] }\n",
    },
);

const ROLES = kamal(`
servers:
  web: { hosts: [192.0.2.10], proxy: { host: shop.example.com, app_port: 3000 } }
  api: { hosts: [192.0.2.10], cmd: bin/api, proxy: { host: api.example.com } }
accessories:
  search: { image: opensearchproject/opensearch:2.19.0, host: 192.0.2.10, proxy: { host: search.example.com, app_port: 9200, ssl: true } }
`);

const PEM = "ssl: { certificate_pem: CERT, private_key_pem: KEY }";

const CERTIFICATES = kamal(
    `
servers: { web: [192.0.2.10] }
proxy: { hosts: [shop.example.com, "*.shop.example.com"], ${PEM}, app_port: 3000 }
accessories:
  search: { image: opensearchproject/opensearch:2.19.0, host: 192.0.2.10, proxy: { host: search.example.com, app_port: 9200, ${PEM} } }
`,
    {
        "config/deploy.plain.yml": "proxy: { host: plain.example.com, ssl: false }\n",
        ".kamal/secrets": "CERT=$(cat config/tls.pem)\nKEY=$TLS_KEY\n",
    },
);

test("every program with a gateway compiles", async () => {
    const applications: Files[] = [
        TRAEFIK,
        NGINX_PROXY,
        CADDY,
        BEHIND_LOAD_BALANCER,
        DESTINATIONS,
        ROLES,
        CERTIFICATES,
    ];
    const programs = await Promise.all(applications.map((files) => initialize(files)));
    expect(compileErrors(programs.map(({ program }) => program))).toEqual(programs.map(() => []));
});

describe("labels of Traefik", () => {
    test("are routes to the application, a process and a service", async () => {
        const result = await initialize(TRAEFIK);
        const { names } = await declare(result);
        expect(names(CONTAINER)).toEqual(["admin", "gateway", "mail", "web", "web-cable"]);
        expect(result.program).toContain(`routes: [
    { gateway: gateway.connection, host: webHost },
    {
      gateway: gateway.connection,
      host: cableHost,
      path: "/cable",
      endpoint: "cable",
      stripPath: true,
      maxBody: "2m",
    },
  ],`);
        expect(result.program).toContain('ports: { cable: { port: 8081, scheme: "http" } }');
        expect(result.program).toContain("port: 9292,");
        expect(result.program).not.toContain("publish");
        expect(result.program).toContain(
            'routes: [{ host: mailHost, to: requireEndpoint(mail.endpoints, "port8025") }]',
        );
        const routes = await routesOf(result);
        expect(routes).toContain("shop.example.com.localhost");
        expect(routes).toContain("mail.localhost");
        expect(routes).toContain("max_size 2MiB");
    });

    test("keep the published port, the e-mail address, the log and other labels", async () => {
        const { program, settings } = await initialize(TRAEFIK);
        expect(settings.gatewayPort).toMatchObject({ default: 8000 });
        expect(settings.gatewayTls).toMatchObject({ default: "off" });
        expect(program).toContain('email: gatewayTls === "auto" ? "ops@example.com" : undefined');
        expect(program).toContain("accessLog: true");
        expect(program).toContain('labels: { team: "shop" }');
        expect(program).not.toContain("docker.sock");
    });

    test("that refuse requests lead to no route", async () => {
        const result = await initialize(TRAEFIK);
        expect(result.program).not.toContain("admin.example.com");
        expect(result.rows).toContainEqual(
            expect.stringMatching(/^admin labels\.\S+\.rule no .*is behind the middleware auth, which/),
        );
        expect(result.rows.join("\n")).not.toContain("ruca84Hq");
    });

    test.each([
        "HostRegexp(`.*`)",
        "Host(`a.example.com`) && Headers(`X-Id`, `1`)",
        "!Host(`a.example.com`)",
        "Host(`a.example.com`) || Host(`b.example.com`) && PathPrefix(`/x`)",
    ])("with the rule %s are left out", async (rule) => {
        const { program, rows } = await initialize(
            compose(`  web: { build: ., labels: { traefik.http.routers.web.rule: "${rule}" } }\n`),
        );
        expect(program).not.toContain("Gateway");
        expect(rows).toContainEqual(
            expect.stringContaining(`rule no  the rule ${rule} is not understood: add a route`),
        );
    });

    test.each([
        ["Host(`a.example.com`, `b.example.com`)", "a.example.com.localhost,b.example.com.localhost"],
        [
            "(Host(`a.example.com`) || Host(`b.example.com`)) && PathPrefix(`/x`)",
            "a.example.com.localhost,b.example.com.localhost",
        ],
        ["Host(`shop.localhost`)", "shop.localhost"],
        ["Host(`localhost`)", "localhost"],
    ])("have the hosts of %s", async (rule, hosts) => {
        const { settings } = await initialize(
            compose(`  web: { build: ., labels: { traefik.http.routers.web.rule: "${rule}" } }\n`),
        );
        expect(Object.values(settings).map((setting) => setting.default)).toContain(hosts);
    });
});

test("variables of nginx-proxy are a route, without names that need a wildcard certificate", async () => {
    const result = await initialize(NGINX_PROXY);
    const { names } = await declare(result);
    expect(names(CONTAINER)).toEqual(["gateway", "web"]);
    expect(await routesOf(result)).toContain(":3001 {");
    expect(result.settings.webHost).toMatchObject({ default: "shop.example.com.localhost" });
    expect(result.output).toContain("the host name *.shop.example.com is left out");
    expect(result.program).toContain('"ops@example.com"');
    expect(result.program).not.toContain("VIRTUAL_HOST");
    expect(result.program).toContain('LEVEL: "info"');
});

test("labels of caddy-docker-proxy are a route", async () => {
    const result = await initialize(CADDY);
    expect(await routesOf(result)).toContain(":3001 {");
    expect(result.settings).toMatchObject({
        webHost: { default: "shop.example.com.localhost" },
        gatewayTls: { default: "off" },
    });
    expect(result.rows).toContainEqual(expect.stringMatching(/labels\.caddy\.encode differently/));
});

test("the path and the port of Caddy's reverse_proxy stay", async () => {
    const result = await initialize(
        compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  web: { build: ., command: bin/rails server, labels: { caddy: shop.example.com, caddy.reverse_proxy: "/api/* {{upstreams 3002}}" } }
`),
    );
    expect(result.program).toContain('path: "/api"');
    expect(await routesOf(result)).toContain(":3002 {");
});

test("a site of Caddy at port 80 has no TLS", async () => {
    const { program, settings } = await initialize(
        compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80"] }
  web: { build: ., command: bin/rails server, labels: { caddy: ":80", caddy.reverse_proxy: "{{upstreams 3001}}" } }
`),
    );
    expect(program).toContain("tls: Tls.Off");
    expect(settings).not.toHaveProperty("gatewayTls");
});

test("host names of a destination are checked like those of the whole file", async () => {
    const result = await initialize(
        kamal(`${SERVER}proxy: { ssl: true, host: shop.example.com, app_port: 3000 }\n`, {
            "config/deploy.production.yml":
                'proxy: { hosts: ["*.shop.example.com", www.shop.example.com] }\n',
            "config/deploy.plain.yml": 'proxy: { hosts: ["*.plain.example.com"], ssl: false }\n',
        }),
    );
    expect(Object.values(valuesOf(result, "production"))).toContain("www.shop.example.com");
    expect(Object.values(valuesOf(result, "plain"))).toContain("*.plain.example.com");
    expect(result.output).toContain("the host name *.shop.example.com is left out");
});

test("kamal-proxy behind a load balancer answers all host names over HTTP", async () => {
    const result = await initialize(BEHIND_LOAD_BALANCER);
    expect(result.program).toContain("tls: Tls.Off");
    expect(result.program).toContain("accessLog: true");
    expect(result.settings).not.toHaveProperty("gatewayTls");
    expect(valuesOf(result, "production")).toMatchObject({ gatewayPort: "8008", gatewayIp: "0.0.0.0" });
    expect(result.program).toContain('routes: [{ path: "/shop", to: shop.endpoint, stripPath: true }]');
    expect(result.program).toContain("overlap: true");
    expect(await routesOf(result)).toContain("uri strip_prefix /shop");
});

test("each destination has its hosts and its TLS, and one without hosts is asked", async () => {
    const answers: Answers["answers"] = { "shopHosts of canary": "canary.example.com" };
    const result = await initialize(DESTINATIONS, { answers });
    expect(valuesOf(result, "production")).toMatchObject({
        shopHosts: "shop.example.com,www.shop.example.com",
        gatewayTls: "auto",
    });
    expect(valuesOf(result, "staging")).toMatchObject({
        shopHosts: "staging.example.com",
        gatewayTls: "off",
    });
    // Unquoted, YAML 1.1 reads it as false.
    expect(result.read("infra/Pulumi.staging.yaml")).toContain('gatewayTls: "off"');
    expect(valuesOf(result, "canary")).toMatchObject({ shopHosts: "canary.example.com", gatewayTls: "auto" });
    expect(result.rows).toContainEqual(
        expect.stringMatching(/^deploy\.staging\.yml proxy\.response_timeout no .*setting of the program/),
    );
    const open = await initialize(DESTINATIONS);
    expect(open.output).toContain(
        'Which host name does shop have on the stack canary? (it is computed by <%= ENV["APP_HOST"] %>, which is not run)',
    );
    expect(open.output).toContain(
        "write `shop:shopHosts: <host name>` under `config` in infra/Pulumi.canary.yaml",
    );
});

test("the settings that a stack has already stay", async () => {
    const files = kamal(`${SERVER}proxy: { host: shop.example.com, ssl: true }\n`);
    const config = { "shop:gatewayPort": "8000", "shop:shopHost": "new.example.com" };
    const result = await initialize(
        { ...files, "infra/Pulumi.production.yaml": stringify({ config }) },
        { confirms: true },
    );
    expect(valuesOf(result, "production")).toMatchObject({
        shopHost: "new.example.com",
        gatewayPort: "8000",
        gatewayTls: "auto",
    });
});

test("roles and accessories may have proxies of their own", async () => {
    const result = await initialize(ROLES);
    expect(result.settings).toMatchObject({
        shopHost: { default: "shop.example.com.localhost" },
        searchHost: { default: "search.example.com.localhost" },
    });
    expect(await routesOf(result)).toContain(":9200 {");
    expect(valuesOf(result, "production")).toMatchObject({
        shopHost: "shop.example.com",
        searchHost: "search.example.com",
    });
    expect(result.rows).toContainEqual(expect.stringMatching(/^api proxy no .*give the process `ports`/));
});

test("the placeholder of Rails' template is no Gateway", async () => {
    const { program, rows, output } = await initialize(
        kamal(`${SERVER}proxy: { ssl: true, host: app.example.com }\n`),
    );
    expect(program).not.toContain("Gateway");
    expect(rows).toContainEqual(expect.stringMatching(/proxy\.host differently .*placeholder/));
    expect(output).toContain("there is no Gateway: the application answers only on 127.0.0.1 of its server");
});

test("the gateway declares the routes if a service links to the application", async () => {
    const result = await initialize(
        compose(`
  web:
    build: .
    labels: { traefik.http.routers.web.rule: Host(\`shop.localhost\`) }
  docs:
    image: acme/docs:1
    environment: { SHOP_URL: "http://web:3000/" }
    labels:
      traefik.http.routers.docs.rule: Host(\`docs.localhost\`)
      traefik.http.services.docs.loadbalancer.server.port: "8000"
`),
    );
    expect(result.program).toContain("{ host: webHost, to: web.endpoint }");
    expect(await routesOf(result)).toContain("docs.localhost");
});

test("the URL of the stack is that of the gateway", async () => {
    const result = await initialize(
        kamal(`${SERVER}proxy: { host: shop.example.com, ssl: true, app_port: 3000 }\n`),
    );
    const { outputs } = await declare(result);
    expect(outputs).toMatchObject({ url: { value: "http://shop.example.com.localhost:8080" } });
    const production = await declare(result, {
        shopHost: "shop.example.com",
        gatewayTls: "auto",
        gatewayPort: "80",
    });
    expect(production.outputs).toMatchObject({ url: { value: "https://shop.example.com" } });
    expect(result.settings).not.toHaveProperty("port");
});

test("a port that the application publishes is not the gateway's", async () => {
    const { settings } = await initialize(
        compose(`
  web:
    build: .
    ports: ["8080:3000"]
    environment: { VIRTUAL_HOST: shop.localhost }
`),
    );
    expect(settings).toMatchObject({ port: { default: 8080 }, gatewayPort: { default: 8081 } });
});

describe("certificates in secrets of Kamal", () => {
    test("are those of the gateway on the stacks of servers with TLS", async () => {
        const result = await initialize(CERTIFICATES, { environment: { TLS_KEY: "key" } });
        const pair = (indent: string) =>
            [
                `${indent}certificate: config.requireSecret("CERT"),`,
                `${indent}key: config.requireSecret("KEY"),`,
            ].join("\n");
        expect(result.program).toContain(`  certificates: gatewayTls === "auto" ? {
    ...Object.fromEntries(shopHosts.split(",").map((host) => [host, {
${pair("      ")}
    }])),
    [searchHost]: {
${pair("      ")}
    },
  } : undefined,`);
        expect(valuesOf(result, "production")).toMatchObject({
            shopHosts: "shop.example.com,*.shop.example.com",
            gatewayTls: "auto",
        });
        expect(result.rows).toContain(
            "deploy.yml proxy.ssl yes Gateway.certificates the secrets CERT and KEY of the stacks of servers",
        );
        const { certificate, key } = selfSigned([
            "shop.example.com",
            "*.shop.example.com",
            "search.example.com",
        ]);
        const servers = { ...valuesOf(result, "production"), CERT: certificate, KEY: key };
        expect(await routesOf(result, servers)).toContain(
            `*.shop.example.com\t!\t${Buffer.from(certificate).toString("base64")}`,
        );
        expect(await routesOf(result)).not.toContain("\t!\t");
    });

    test("are secrets of these stacks alone", async () => {
        const { secrets, output, exitCode } = await initialize(CERTIFICATES, {
            environment: { TLS_KEY: "key" },
        });
        expect(secrets).toEqual({});
        expect(output).toContain("secrets set KEY --stack production\n");
        expect(output).toContain("secrets set CERT --stack production < config/tls.pem");
        expect(output).not.toMatch(/(KEY|CERT) --stack (dev|plain)|is not set/);
        expect(exitCode).toBe(2);
    });

    test("need the same secrets on all of these stacks", async () => {
        const { program, rows } = await initialize(
            kamal(`${SERVER}proxy: { host: shop.example.com, ${PEM} }\n`, {
                "config/deploy.staging.yml": "proxy: { host: staging.example.com, ssl: true }\n",
                "config/deploy.canary.yml": "proxy: { ssl: { certificate_pem: CANARY } }\n",
            }),
        );
        expect(program).not.toContain("certificates");
        for (const file of ["deploy.yml", "deploy.canary.yml"])
            expect(rows).toContainEqual(
                expect.stringContaining(`${file} proxy.ssl differently Gateway.tls on the stacks of servers`),
            );
    });

    test("may have another secret on a destination, which replaces that of the whole file", async () => {
        const { program } = await initialize(
            kamal(`require_destination: true\n${SERVER}proxy: { host: shop.example.com, ${PEM} }\n`, {
                "config/deploy.canary.yml": "proxy: { ssl: { certificate_pem: CANARY } }\n",
            }),
        );
        expect(program).toContain(`    [shopHost]: {
      certificate: config.requireSecret("CANARY"),
      key: config.requireSecret("KEY"),
    },`);
    });
});

test.each([
    ["{ path: /ok }", "proxy.healthcheck yes"],
    [
        "{ path: /ok, interval: 3, timeout: 5 }",
        "proxy.healthcheck differently health only the path is taken: the component has its own interval and timeout",
    ],
    ["{ interval: 3 }", "proxy.healthcheck differently health the component has its own interval"],
])("the report says what becomes of a health check %s", async (healthcheck, row) => {
    const { rows } = await initialize(
        kamal(`${SERVER}proxy: { host: shop.example.com, healthcheck: ${healthcheck} }\n`),
    );
    expect(rows).toContainEqual(expect.stringContaining(row));
});

test.each([
    ["a name", "10.0.0.0/8, cloudflare"],
    ["a URL", "https://cdn.example.com"],
])("an answer about trusted proxies that is %s is refused", async (_, answer) => {
    const { asked } = await initialize(
        kamal(`${SERVER}proxy: { host: shop.example.com, ssl: true, forward_headers: true }\n`),
        { answers: { "trusted proxies": "10.0.0.0/8" } },
    );
    const question = asked.find(({ id }) => id === "trusted proxies");
    expect(question?.check?.(answer)).toMatch(/is not an IP address or a network/);
    expect(question?.check?.("10.0.0.0/8, 2001:db8::/32")).toBeUndefined();
});

test.each([
    [50_000_000, "50m"],
    [52_428_800, "50m"],
    [1_000_000_000, "1g"],
    [1_500_000, "1465k"],
])("a body of %d bytes is %s", (bytes, size) => {
    expect(toBodySize(bytes)).toBe(size);
});
