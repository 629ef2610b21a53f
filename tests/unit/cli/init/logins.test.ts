import { createHash } from "node:crypto";
import { compileErrors } from "../../compiler.ts";
import { type Files, initialize, removeApplications } from "./initialize.ts";
import { compose, routesOf, traefik } from "./proxies.ts";

afterAll(removeApplications);

describe("logins of the old proxy", () => {
    const HASH = `$2y$05$${"a".repeat(53)}`;
    const OTHER_HASH = `$2y$05$${"b".repeat(53)}`;
    const inCompose = (text: string) => text.replaceAll("$", "$$$$");
    const behindTraefik = (labels: string, others: Files = {}): Files => ({
        ...traefik(labels, { proxy: 'ports: ["80:80", "443:443"]\n    volumes: ["./users:/users:ro"]' }),
        ...others,
    });
    const USERS = "traefik.http.middlewares.auth.basicauth.users";
    const PROTECTED = "traefik.http.routers.web.middlewares: auth\n      ";
    const basicAuth = (...users: string[]) =>
        `basicAuth: { users: { ${users.map((user) => `${user}: config.requireSecret("${user}Password")`).join(", ")} }, exempt: [] }`;

    test("in labels of Traefik become those of the route, with the hashes that a gateway can check", async () => {
        const result = await initialize(
            behindTraefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)},bob:$$apr1$$ruca84Hq$$x"`),
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
            behindTraefik(`${PROTECTED}${USERS}file: /users`, { users: `# team\nann:${HASH}\n` }),
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
    ])("in %s become those of the route", async (_, files) => {
        const { program, secrets } = await initialize(files);
        expect(program.replace(/\s+/g, " ").replaceAll(", }", " }")).toContain(basicAuth("ann"));
        expect(secrets).toEqual({ annPassword: HASH });
    });

    test("of nginx-proxy may apply to one path", async () => {
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

    test("protect the requests of their router alone", async () => {
        const { program, rows } = await initialize(
            behindTraefik(`${USERS}: "ann:${inCompose(HASH)}"
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
        ["has none", ""],
        ["is for other users", PROTECTED],
    ])("for a path are not bypassed by a router of the same host that %s", async (_, protection) => {
        const { program, rows } = await initialize(
            behindTraefik(`${protection}${USERS}: "bob:${inCompose(OTHER_HASH)}"
      traefik.http.middlewares.team.basicauth.users: "ann:${inCompose(HASH)}"
      traefik.http.routers.secure.rule: Host(\`shop.example.com\`) && PathPrefix(\`/admin\`)
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
            behindTraefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"
      traefik.http.routers.admin.rule: Host(\`shop.example.com\`) && PathPrefix(\`/admin\`)
      traefik.http.routers.admin.middlewares: auth`),
        );
        expect(program.match(/basicAuth/g)).toHaveLength(2);
    });

    const withOffice = (rules: string) =>
        behindTraefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"
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

    test("of a router that gets no route keep the other routers of its host from one", async () => {
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

    test("with a hash that a gateway cannot check do not take the value of a variable of the same name", async () => {
        const { program, secrets } = await initialize(
            behindTraefik(`${PROTECTED}${USERS}: "ann:$$apr1$$ruca84Hq$$x"`, {
                ".env": "annPassword=s3same\n",
            }),
        );
        expect(program).toContain('ann: config.requireSecret("webAnnPassword")');
        expect(secrets).toEqual({});
    });

    test("are other secrets than those of .kamal/secrets", async () => {
        const { program } = await initialize(
            behindTraefik(`${PROTECTED}${USERS}: "ann:${inCompose(HASH)}"`, {
                ".kamal/secrets": "annPassword=$ANN_PASSWORD\n",
            }),
        );
        expect(program).toContain('secrets: ["annPassword"]');
        expect(program).toContain('ann: config.requireSecret("webAnnPassword")');
    });

    test("with two logins for one router become no route", async () => {
        const { program } = await initialize(
            behindTraefik(`traefik.http.routers.web.middlewares: auth,team
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
