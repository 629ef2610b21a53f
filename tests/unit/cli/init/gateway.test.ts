import { createHash } from "node:crypto";
import { parse, stringify } from "yaml";
import { COMMAND, CONTAINER } from "../../../../testing/index.ts";
import { toBodySize } from "../../../../cli/init/translate/gateway.ts";
import { compileErrors } from "../../compiler.ts";
import { selfSigned } from "../../gateway/self-signed.ts";
import {
    type Answers,
    declare,
    type Files,
    type Initialized,
    initialize,
    removeApplications,
} from "./initialize.ts";

afterAll(removeApplications);

const compose = (services: string): Files => ({
    "compose.yaml": `name: shop\nservices:\n${services}`,
    Dockerfile: "FROM scratch\n",
});
const kamal = (text: string, others: Files = {}): Files => ({
    "config/deploy.yml": `service: shop\n${text}`,
    Dockerfile: "FROM scratch\n",
    ...others,
});
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

const SHAPES: Record<string, Files> = {
    TRAEFIK,
    NGINX_PROXY,
    CADDY,
    BEHIND_LOAD_BALANCER,
    DESTINATIONS,
    ROLES,
    CERTIFICATES,
};

/** The routes that the gateway gets. */
async function routesOf(result: Initialized, values: Record<string, string> = {}): Promise<string> {
    const { declared } = await declare(result, values);
    return declared
        .filter(({ type }) => type === COMMAND)
        .flatMap(({ inputs }) => (inputs.environment as { ROUTES?: string } | undefined)?.ROUTES ?? [])
        .join("");
}

function valuesOf(result: Initialized, stack: string): Record<string, string> {
    const { config } = parse(result.read(`infra/Pulumi.${stack}.yaml`)) as { config: Record<string, string> };
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("shop:", ""), value]),
    );
}

test("every program compiles", async () => {
    const programs = await Promise.all(Object.values(SHAPES).map((files) => initialize(files)));
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

    test("that keep requests out lead to no route", async () => {
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

describe("what a proxy protects", () => {
    const traefik = (labels: string, { proxy = "", others = "" } = {}) =>
        compose(`
  traefik:
    image: traefik:v3
    ${proxy || 'ports: ["80:80", "443:443"]'}
  web:
    build: .
    command: bin/rails server
    labels:
      traefik.http.routers.web.rule: Host(\`shop.example.com\`)
      ${labels}
${others}`);

    test.each([
        [
            "a middleware of a file",
            traefik("traefik.http.routers.web.middlewares: auth@file"),
            "is behind the middleware auth@file, which no label defines",
        ],
        [
            "a middleware that nothing defines",
            traefik("traefik.http.routers.web.middlewares: auth"),
            "is behind the middleware auth, which no label defines",
        ],
        [
            "middlewares in a variable without a value",
            traefik('traefik.http.routers.web.middlewares: "${MIDDLEWARES}"'),
            "has middlewares whose names are not known",
        ],
        [
            "a login in the labels of Traefik",
            traefik("traefik.http.routers.web.middlewares: auth", {
                proxy: 'labels: { traefik.http.middlewares.auth.basicauth.usersfile: /users }\n    ports: ["80:80"]',
            }),
            "asks for a login (the middleware auth), so there is no route: add one with `basicAuth`",
        ],
        [
            "a login in the labels of another service",
            traefik("traefik.http.routers.web.middlewares: auth@docker", {
                others: '  cache: { image: "redis:8", labels: { traefik.http.middlewares.auth.forwardauth.address: x } }',
            }),
            "is behind the middleware auth, which a Gateway does not have",
        ],
        [
            "a chain",
            traefik(
                "traefik.http.routers.web.middlewares: all\n      traefik.http.middlewares.all.chain.middlewares: auth@file",
            ),
            "is behind the middleware all, which a Gateway does not have",
        ],
        [
            "TLS options",
            traefik("traefik.http.routers.web.tls.options: mtls@file"),
            "has `tls.options`, which a Gateway does not have",
        ],
        [
            "middlewares of an entry point",
            traefik("traefik.http.routers.web.entrypoints: websecure", {
                proxy: 'command: [--entrypoints.websecure.address=:443, "--entrypoints.websecure.http.middlewares=auth@file"]\n    ports: ["443:443"]',
            }),
            "is behind the entry point websecure, whose middlewares",
        ],
        [
            "middlewares of an entry point in a variable",
            traefik("traefik.enable: true", {
                proxy: 'environment: { TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: auth@file }\n    ports: ["80:80"]',
            }),
            "is behind the entry point web, whose middlewares",
        ],
        [
            "an entry point on one address",
            traefik("traefik.http.routers.web.entrypoints: internal", {
                proxy: 'command: [--entrypoints.internal.address=:8080]\n    ports: ["80:80", "127.0.0.1:8080:8080"]',
            }),
            "is behind the entry point internal, which is not published on all addresses",
        ],
        [
            "an entry point that is not published",
            traefik("traefik.http.routers.web.entrypoints: internal", {
                proxy: 'command: [--entrypoints.internal.address=:8080]\n    ports: ["80:80"]',
            }),
            "is behind the entry point internal, which is not published on all addresses",
        ],
        [
            "a file of Traefik",
            traefik("traefik.enable: true", {
                proxy: 'volumes: ["./traefik.yml:/etc/traefik/traefik.yml:ro"]\n    ports: ["80:80"]',
            }),
            "depends on Traefik's file /etc/traefik/traefik.yml, which is not read",
        ],
        [
            "a router for HTTPS beside one that redirects",
            traefik(`traefik.http.routers.web.middlewares: https
      traefik.http.middlewares.https.redirectscheme.scheme: https
      traefik.http.routers.secure.rule: Host(\`shop.example.com\`)
      traefik.http.routers.secure.middlewares: auth@file`),
            "would also pass on what the router secure protects",
        ],
        [
            "a path of the same host",
            traefik(`traefik.http.routers.admin.rule: Host(\`shop.example.com\`) && Path(\`/admin\`)
      traefik.http.routers.admin.middlewares: auth@file`),
            "would also pass on what the router admin protects",
        ],
    ])("by Traefik with %s gets no route", async (_, files, reason) => {
        const { program, rows } = await initialize(files);
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(
            expect.stringContaining(`web labels.traefik.http.routers.web.rule no  ${reason}`),
        );
    });

    test("is not what Traefik does not expose", async () => {
        const { program } = await initialize(
            traefik("traefik.docker.network: front", {
                proxy: 'command: [--providers.docker.exposedbydefault=false]\n    ports: ["80:80"]',
            }),
        );
        expect(program).not.toContain("new Gateway");
    });

    test("leaves other hosts and longer paths their routes", async () => {
        const { program } = await initialize(
            traefik(`traefik.http.routers.web.middlewares: auth@file
      traefik.http.routers.hooks.rule: Host(\`shop.example.com\`) && PathPrefix(\`/hooks\`)
      traefik.http.routers.help.rule: Host(\`help.example.com\`)`),
        );
        expect(program).toContain('path: "/hooks"');
        expect(program.match(/gateway: gateway\.connection/g)).toHaveLength(2);
    });

    const caddy = (labels: string, others = "") =>
        compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"]${others} }
  web: { build: ., command: bin/rails server, labels: { caddy: shop.example.com, ${labels} } }
`);
    const UPSTREAMS = 'caddy.reverse_proxy: "{{upstreams 3001}}"';

    test.each([
        ["caddy.basic_auth: x", "asks for a login (basic_auth)"],
        ["caddy.basicauth.admin: x", "asks for a login (basicauth.admin)"],
        ["caddy.forward_auth: auth", "has forward_auth, which a Gateway does not have"],
        ["caddy.import: auth", "has import, which a Gateway does not have"],
        [
            'caddy.@x.remote_ip: 10.0.0.0/8, caddy.abort: "@x"',
            "has @x.remote_ip, which a Gateway does not have",
        ],
        ["caddy.route.0_basic_auth: x", "asks for a login (route.0_basic_auth)"],
        ["caddy.tls.client_auth.mode: require", "has tls.client_auth.mode, which a Gateway does not have"],
    ])("by Caddy with %s gets no route", async (label, reason) => {
        const { program, rows } = await initialize(caddy(`${UPSTREAMS}, ${label}`));
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(
            expect.stringContaining(
                `web labels.caddy no  ${reason}, so nothing is passed on: add a route with \`basicAuth\``,
            ),
        );
    });

    test("by labels of the Caddy service for the same host gets no route", async () => {
        const files = caddy(UPSTREAMS, ", labels: { caddy: shop.example.com, caddy.basic_auth: x }");
        expect((await initialize(files)).program).not.toContain("new Gateway");
    });

    test("by an unread Caddyfile gets no route", async () => {
        const files = caddy(UPSTREAMS, ", environment: { CADDY_DOCKER_CADDYFILE_PATH: /etc/Caddyfile }");
        const { program, rows } = await initialize(files);
        expect(program).not.toContain("new Gateway");
        expect(rows.join("\n")).toContain("depends on a Caddyfile, which is not read");
    });

    test.each(['"/api {{upstreams 3000}}"', '"@x {{upstreams}}"', "other:3000"])(
        "by Caddy with reverse_proxy %s gets no route",
        async (upstreams) => {
            const { program } = await initialize(caddy(`caddy.reverse_proxy: ${upstreams}`));
            expect(program).not.toContain("new Gateway");
        },
    );

    test("by Caddy, the path and the port of reverse_proxy stay", async () => {
        const result = await initialize(caddy('caddy.reverse_proxy: "/api/* {{upstreams 3002}}"'));
        expect(result.program).toContain('path: "/api"');
        expect(await routesOf(result)).toContain(":3002 {");
    });

    test("by Caddy, port 80 has no TLS", async () => {
        const { program, settings } = await initialize(
            compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80"] }
  web: { build: ., command: bin/rails server, labels: { caddy: ":80", ${UPSTREAMS} } }
`),
        );
        expect(program).toContain("tls: Tls.Off");
        expect(settings).not.toHaveProperty("gatewayTls");
    });

    const nginx = (variables: string, proxy = 'ports: ["80:80"]') =>
        compose(`
  nginx: { image: nginxproxy/nginx-proxy, ${proxy} }
  web:
    build: .
    command: bin/rails server
    environment: { VIRTUAL_HOST: shop.example.com, ${variables} }
`);

    test.each([
        ["NETWORK_ACCESS: internal", undefined, "only internal networks reach it"],
        ["VIRTUAL_PROTO: fastcgi", undefined, "it speaks fastcgi"],
        ["VIRTUAL_PROTO: uwsgi", undefined, "it speaks uwsgi"],
        ["VIRTUAL_PATH: /x, VIRTUAL_DEST: /public/", undefined, "the path becomes /public/"],
        [
            "LEVEL: info",
            'ports: ["80:80"], volumes: ["./htpasswd:/etc/nginx/htpasswd:ro"]',
            "nginx-proxy may ask for a login",
        ],
        [
            "LEVEL: info",
            'ports: ["80:80"], volumes: ["./logins:/etc/nginx/htpasswd/shop.example.com:ro"]',
            "nginx-proxy may ask for a login",
        ],
        ["LEVEL: info", 'ports: ["127.0.0.1:80:80"]', "not all ports of nginx-proxy are published"],
    ])("by nginx-proxy with %s and %s gets no route", async (variables, proxy, reason) => {
        const { program, rows } = await initialize(nginx(variables, proxy));
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(expect.stringContaining(`web environment.VIRTUAL_HOST no  ${reason}`));
    });

    test("by nginx-proxy is reported for another host's login, its method and its protocol", async () => {
        const { program, rows, output } = await initialize(
            nginx(
                "HTTPS_METHOD: nohttp, VIRTUAL_PROTO: https",
                'ports: ["80:80"], volumes: ["./logins:/etc/nginx/htpasswd/admin.example.com", "./vhost.d:/etc/nginx/vhost.d"]',
            ),
        );
        expect(program).toContain("new Gateway");
        expect(rows).toContainEqual(expect.stringMatching(/HTTPS_METHOD differently/));
        expect(rows).toContainEqual(expect.stringMatching(/VIRTUAL_PROTO no .*set `scheme`/));
        expect(output).toContain("nginx: vhost.d is not read");
    });
});

describe("logins of the old proxy", () => {
    const HASH = `$2y$05$${"a".repeat(53)}`;
    const OTHER_HASH = `$2y$05$${"b".repeat(53)}`;
    const inCompose = (text: string) => text.replaceAll("$", "$$$$");
    const traefik = (labels: string, others: Files = {}): Files => ({
        ...compose(`
  traefik: { image: traefik:v3, ports: ["80:80", "443:443"], volumes: ["./users:/users:ro"] }
  web:
    build: .
    command: bin/rails server
    labels:
      traefik.http.routers.web.rule: Host(\`shop.example.com\`)
      ${labels}
`),
        ...others,
    });
    const USERS = "traefik.http.middlewares.auth.basicauth.users";
    const PROTECTED = "traefik.http.routers.web.middlewares: auth\n      ";
    const basicAuth = (...users: string[]) =>
        `basicAuth: { users: { ${users.map((user) => `${user}: config.requireSecret("${user}Password")`).join(", ")} }, exempt: [] }`;

    test("in labels of Traefik are those of the route, with the hashes that a gateway can check", async () => {
        const result = await initialize(
            traefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)},bob:$$apr1$$ruca84Hq$$x"`),
        );
        expect(result.program.replace(/\s+/g, " ").replaceAll(", }", " }")).toContain(
            basicAuth("ann", "bob"),
        );
        expect(result.secrets).toEqual({ annPassword: HASH });
        expect(result.output).toContain(
            "The secret bobPassword is not set (the password of bob, or its bcrypt hash: compose.yaml has a hash that a Gateway cannot check)",
        );
        expect(result.rows.join("\n")).not.toMatch(/ruca84Hq|aaaaa/);
        expect(result.rows).toContainEqual(
            expect.stringMatching(/basicauth\.users yes GatewayRouteArgs\.basicAuth/),
        );
        const routes = await routesOf(result, { annPassword: HASH });
        expect(routes).toContain(`ann ${HASH}`);
        expect(routes).not.toContain("@protected");
        expect(compileErrors([result.program])).toEqual([[]]);
    });

    test.each([
        [
            "a file that Traefik mounts",
            traefik(`${PROTECTED}${USERS}file: /users`, { users: `# team\nann:${HASH}\n` }),
        ],
        [
            "the labels of Caddy",
            compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  web:
    build: .
    command: bin/rails server
    labels:
      caddy: shop.example.com
      caddy.reverse_proxy: "{{upstreams 3001}}"
      caddy.basic_auth: ""
      caddy.basic_auth.ann: "${inCompose(HASH)}"
`),
        ],
        ...[
            ["a file of nginx-proxy", "./htpasswd/shop.example.com:/etc/nginx/htpasswd/shop.example.com:ro"],
            ["a directory of nginx-proxy", "./htpasswd:/etc/nginx/htpasswd:ro"],
        ].map(([name = "", volume = ""]): [string, Files] => [
            name,
            {
                ...compose(`
  nginx: { image: nginxproxy/nginx-proxy, ports: ["80:80"], volumes: ["${volume}"] }
  web: { build: ., command: bin/rails server, environment: { VIRTUAL_HOST: shop.example.com } }
`),
                "htpasswd/shop.example.com": `ann:${HASH}\n`,
            },
        ]),
    ])("in %s are those of the route", async (_, files) => {
        const { program, secrets } = await initialize(files);
        expect(program.replace(/\s+/g, " ").replaceAll(", }", " }")).toContain(basicAuth("ann"));
        expect(secrets).toEqual({ annPassword: HASH });
    });

    test("of nginx-proxy may be for one path", async () => {
        const sum = createHash("sha1").update("/jobs").digest("hex");
        const { program, secrets } = await initialize({
            ...compose(`
  nginx: { image: nginxproxy/nginx-proxy, ports: ["80:80"], volumes: ["./htpasswd:/etc/nginx/htpasswd:ro"] }
  web:
    build: .
    command: bin/rails server
    environment: { VIRTUAL_HOST: shop.example.com, VIRTUAL_PATH: /jobs }
`),
            [`htpasswd/shop.example.com_${sum}`]: "ann:{PLAIN}s3same\n",
            "htpasswd/shop.example.com": `bob:${HASH}\n`,
        });
        expect(program).toContain('path: "/jobs"');
        expect(secrets).toEqual({ annPassword: "s3same" });
    });

    test("keep their router's requests, and not those of others", async () => {
        const { program, rows } = await initialize(
            traefik(`${USERS}: "ann:${inCompose(HASH)}"
      traefik.http.routers.secure.rule: Host(\`shop.example.com\`)
      traefik.http.routers.secure.middlewares: auth
      traefik.http.routers.help.rule: Host(\`help.example.com\`)`),
        );
        expect(program.match(/basicAuth/g)).toHaveLength(1);
        expect(program).toContain("{ gateway: gateway.connection, host: webHost2 }");
        expect(rows).toContainEqual(
            expect.stringMatching(
                /routers\.web\.rule differently .*the route of the router secure serves these/,
            ),
        );
    });

    test.each([
        ["a path", "secure.rule: Host(`shop.example.com`) && PathPrefix(`/admin`)"],
        ["other users", "secure.rule: Host(`shop.example.com`) && PathPrefix(`/admin`)", "bob"],
    ])("are not passed by through a route for %s", async (_, rule, user = "") => {
        const { program, rows } = await initialize(
            traefik(`${user === "" ? "" : PROTECTED}${USERS}: "bob:${inCompose(OTHER_HASH)}"
      traefik.http.middlewares.team.basicauth.users: "ann:${inCompose(HASH)}"
      traefik.http.routers.${rule}
      traefik.http.routers.secure.middlewares: team`),
        );
        expect(program.match(/gateway: gateway\.connection/g)).toHaveLength(1);
        expect(program).toContain('path: "/admin"');
        expect(rows).toContainEqual(
            expect.stringContaining(
                "routers.web.rule no  would also pass on what the router secure protects, so there is no route",
            ),
        );
    });

    test("may be the same for a path of the same host", async () => {
        const { program } = await initialize(
            traefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"
      traefik.http.routers.admin.rule: Host(\`shop.example.com\`) && PathPrefix(\`/admin\`)
      traefik.http.routers.admin.middlewares: auth`),
        );
        expect(program.match(/basicAuth/g)).toHaveLength(2);
    });

    const withOffice = (rules: string) =>
        traefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"
      traefik.http.middlewares.office.ipallowlist.sourcerange: 192.0.2.0/24
      traefik.http.routers.admin.rule: Host(\`shop.example.com\`) && PathPrefix(\`/admin\`)
      traefik.http.routers.admin.middlewares: auth,office${rules}`);

    test("do not replace a second protection of a path", async () => {
        const { program, rows } = await initialize(withOffice(""));
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(
            expect.stringContaining(
                "routers.web.rule no  would also pass on what the router admin protects, so there is no route",
            ),
        );
    });

    test("of a router without a route are not said to have the requests of another one", async () => {
        const { program, rows } = await initialize(
            withOffice("\n      traefik.http.routers.plain.rule: Host(`shop.example.com`)"),
        );
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(
            expect.stringMatching(
                /routers\.plain\.rule no {2}would also pass on what the router \w+ protects/,
            ),
        );
    });

    test.each([
        [
            "nginx-proxy",
            {
                ...compose(`
  nginx: { image: nginxproxy/nginx-proxy, ports: ["80:80"], volumes: ["./htpasswd:/etc/nginx/htpasswd:ro"] }
  web: { build: ., command: bin/rails server, environment: { VIRTUAL_HOST: shop.example.com } }
  admin: { image: acme/admin, environment: { VIRTUAL_HOST: shop.example.com, VIRTUAL_PATH: /admin, NETWORK_ACCESS: internal } }
`),
                "htpasswd/shop.example.com": `ann:${HASH}\n`,
            },
            "web environment.VIRTUAL_HOST no  only internal networks reach it",
        ],
        [
            "Caddy",
            compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  web: { build: ., command: bin/rails server, labels: { caddy: shop.example.com, caddy.reverse_proxy: "{{upstreams 3001}}", caddy.basic_auth.ann: "${inCompose(HASH)}" } }
  admin: { image: acme/admin, labels: { caddy: shop.example.com, caddy.reverse_proxy: "/admin/* {{upstreams 8000}}", caddy.basic_auth.ann: "${inCompose(HASH)}", caddy.@x.remote_ip: 192.0.2.0/24 } }
`),
            "web labels.caddy no  has @x.remote_ip, which a Gateway does not have",
        ],
    ])("of %s do not replace a second protection of a path", async (_, files, reason) => {
        const { program, rows } = await initialize(files);
        expect(program).not.toContain("new Gateway");
        expect(rows).toContainEqual(expect.stringContaining(reason));
    });

    test("with different passwords for the same name are different secrets", async () => {
        const { program, secrets } = await initialize(
            compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  mail: { image: axllent/mailpit, labels: { caddy: mail.example.com, caddy.reverse_proxy: "{{upstreams 8025}}", caddy.basic_auth.ann: "${inCompose(HASH)}" } }
  docs: { image: acme/docs, labels: { caddy: docs.example.com, caddy.reverse_proxy: "{{upstreams 8000}}", caddy.basic_auth.ann: "${inCompose(OTHER_HASH)}" } }
`),
        );
        expect(secrets).toEqual({ annPassword: HASH, docsAnnPassword: OTHER_HASH });
        expect(program).not.toContain("exempt");
    });

    test("with three passwords for the same name of a service are three secrets", async () => {
        const site = (i: number, hash: string) =>
            `caddy_${i}: docs${i}.example.com, caddy_${i}.reverse_proxy: "{{upstreams 8000}}", caddy_${i}.basic_auth.ann: "${inCompose(hash)}"`;
        const hashes = ["a", "b", "c", "b"].map((letter) => `$2y$05$${letter.repeat(53)}`);
        const { secrets } = await initialize(
            compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  docs: { image: acme/docs, labels: { ${hashes.map((hash, i) => site(i, hash)).join(", ")} } }
`),
        );
        expect(secrets).toEqual({
            annPassword: hashes[0],
            docsAnnPassword: hashes[1],
            docsAnnPassword2: hashes[2],
        });
    });

    test.each([
        ["a variable", "ann:${annPassword}"],
        ["a variable that may be missing", "${annPassword:-}"],
        ["a setting", "${ANN_PASSWORD:+on}"],
    ])("are other secrets than %s of the same name", async (_, value) => {
        const { program, secrets } = await initialize({
            ...compose(`
  caddy: { image: lucaslorentz/caddy-docker-proxy:2.9, ports: ["80:80", "443:443"] }
  docs:
    image: acme/docs
    environment: { LOGIN: "${value}" }
    labels:
      caddy: docs.example.com
      caddy.reverse_proxy: "{{upstreams 8000}}"
      caddy.basic_auth.ann: "${inCompose(HASH)}"
`),
        });
        expect(program).toContain('ann: config.requireSecret("docsAnnPassword")');
        expect(secrets).toEqual({ docsAnnPassword: HASH });
    });

    test("that a gateway cannot check do not take the value of a variable of the same name", async () => {
        const { program, secrets } = await initialize(
            traefik(`${PROTECTED}${USERS}: "ann:$$apr1$$ruca84Hq$$x"`, { ".env": "annPassword=s3same\n" }),
        );
        expect(program).toContain('ann: config.requireSecret("webAnnPassword")');
        expect(secrets).toEqual({});
    });

    test("are other secrets than those of .kamal/secrets", async () => {
        const { program } = await initialize(
            traefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"`, {
                ".kamal/secrets": "annPassword=$ANN_PASSWORD\n",
            }),
        );
        expect(program).toContain('secrets: ["annPassword"]');
        expect(program).toContain('ann: config.requireSecret("webAnnPassword")');
    });

    test("with two logins for one router become no route", async () => {
        const { program } = await initialize(
            traefik(`traefik.http.routers.web.middlewares: auth,team
      ${USERS}: "ann:${inCompose(HASH)}"
      traefik.http.middlewares.team.basicauth.users: "ann:${inCompose(HASH)}"`),
        );
        expect(program).not.toContain("new Gateway");
    });

    test("of nginx-proxy that differ for the hosts of a service become no route", async () => {
        const { program } = await initialize({
            ...compose(`
  nginx: { image: nginxproxy/nginx-proxy, ports: ["80:80"], volumes: ["./htpasswd:/etc/nginx/htpasswd:ro"] }
  web: { build: ., command: bin/rails server, environment: { VIRTUAL_HOST: "a.example.com,b.example.com" } }
`),
            "htpasswd/a.example.com": `ann:${HASH}\n`,
        });
        expect(program).not.toContain("new Gateway");
    });
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

test("values that a stack has already stay", async () => {
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

test("the gateway declares the routes to an application that a service links to, and nothing waits for it", async () => {
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
    ["not networks", "10.0.0.0/8, cloudflare"],
    ["not a host", "https://cdn.example.com"],
])("an answer that is %s is refused", async (_, answer) => {
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
