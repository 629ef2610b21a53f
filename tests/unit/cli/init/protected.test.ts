import { initialize, removeApplications } from "./initialize.ts";
import { compose, traefik } from "./proxies.ts";

afterAll(removeApplications);

describe("a site that is protected", () => {
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
            "a chain of middlewares",
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
            "a configuration file of Traefik",
            traefik("traefik.enable: true", {
                proxy: 'volumes: ["./traefik.yml:/etc/traefik/traefik.yml:ro"]\n    ports: ["80:80"]',
            }),
            "depends on Traefik's file /etc/traefik/traefik.yml, which is not read",
        ],
        [
            "a protected router for HTTPS beside one that redirects",
            traefik(`traefik.http.routers.web.middlewares: https
      traefik.http.middlewares.https.redirectscheme.scheme: https
      traefik.http.routers.secure.rule: Host(\`shop.example.com\`)
      traefik.http.routers.secure.middlewares: auth@file`),
            "would also pass on what the router secure protects",
        ],
        [
            "a protected path of the same host",
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

    test("by Traefik with `exposedbydefault=false` gets no route", async () => {
        const { program } = await initialize(
            traefik("traefik.docker.network: front", {
                proxy: 'command: [--providers.docker.exposedbydefault=false]\n    ports: ["80:80"]',
            }),
        );
        expect(program).not.toContain("new Gateway");
    });

    test("by Traefik leaves other hosts and longer paths their routes", async () => {
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

    test("by nginx-proxy gets its route if the login is of another host, and what is not taken is reported", async () => {
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
