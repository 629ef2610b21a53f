import { CONTAINER } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { compose, PUMA } from "./files.ts";
import { declare, environment, type Files, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const GEMS = "GEM\n  specs:\n    rails (8.0.2)\n    sqlite3 (2.6.0)\n\nDEPENDENCIES\n  rails\n  sqlite3\n";

test("a host that only a command or a configuration file names is linked", async () => {
    const { program, output } = await initialize({
        Dockerfile: "FROM ruby:3.4\nEXPOSE 3000\n",
        "ops/proxy.conf":
            "# http://search:9200\nserver { location / { proxy_pass http://mill_app:3000; } }\n",
        "compose.yaml": `services:
  app: { build: ., container_name: mill_app, ports: ["3000:3000"] }
  search: { image: "opensearchproject/opensearch:2.19.0" }
  front: { image: "nginx:1.29", volumes: ["./ops/proxy.conf:/etc/nginx/conf.d/default.conf:ro"] }
  exporter: { image: "acme/exporter:1", command: "--target=http://search:9200 --level 3" }
`,
    });
    expect(program).toMatch(
        /new Service\("front", {\s+image: "nginx:1\.29",\s+links: { app: app\.endpoint }/,
    );
    expect(program).toContain('aliases: ["mill_app"]');
    expect(program).toMatch(/new Service\("exporter", {[^}]*links: { search: search\.connection }/);
    expect(output).toContain("front: ops/proxy.conf names mill_app; it is linked as APP_URL");
    expect(output).toContain("exporter: its command names search");
    expect(output).not.toContain("front: ops/proxy.conf names search");
});

test("a variable without a value is not set in the container", async () => {
    const { program, settings } = await initialize({
        Dockerfile: "FROM ruby:3.4\n",
        "compose.yaml": "services: { web: { build: ., environment: [FEATURE, 'LEVEL=${LEVEL}'] } }\n",
    });
    expect(program).toMatch(/env: { \.\.\.\(feature && { FEATURE: feature }\), LEVEL: level }/);
    expect(settings.feature?.default).toBe("");
});

test("a DATABASE_URL in the file has precedence over the SQLite of database.yml", async () => {
    const { program } = await initialize({
        Dockerfile: "FROM ruby:3.4\nWORKDIR /app\n",
        "Gemfile.lock": GEMS,
        "config/database.yml": "production: { adapter: sqlite3, database: db/mill.sqlite3 }\n",
        "compose.yaml": `services:
  web: { build: ., environment: { DATABASE_URL: "postgres://mill:x@db/mill" } }
  db: { image: "postgres:17", environment: { POSTGRES_USER: mill, POSTGRES_PASSWORD: x } }
`,
    });
    expect(program).toContain("database: db.connection");
    expect(program).not.toContain("sqlite");
    expect(program).not.toContain("storage");
});

test("the application does not get the port that another service has in the variable PORT", async () => {
    const { program, settings } = await initialize({
        "compose.yaml": `services:
  web:
    image: "acme/mill:2"
    command: ./serve
    environment: { RAILS_ENV: production }
    healthcheck: { test: "curl -f http://localhost:8080/health" }
  front: { image: "nginx:1.29", ports: ["\${PORT:-8000}:80"], depends_on: [web] }
`,
    });
    expect(settings.port?.default).toBe(8000);
    expect(settings.webPort?.default).toBe(3000);
    expect(program).toContain("publish: { port: webPort || undefined }");
    expect(program).toMatch(/new RailsWebApp\("web", {[^]*port: 8080,\n/);
});

test("a command that seeds a database and may be tried again is a Task", async () => {
    const { program } = await initialize({
        "compose.yaml": `services:
  web: { image: "acme/mill:2", command: bin/rails server, depends_on: [seeder] }
  seeder: { image: "acme/mill:2", command: ./bin/seeder, restart: on-failure }
  worker: { image: "acme/mill:2", command: ./bin/worker, restart: on-failure }
`,
    });
    expect(program).toMatch(/const seeder = new Task\("seeder"/);
    expect(program).toContain("{ dependsOn: [seeder] }");
    expect(program).toContain('worker: { command: ["./bin/worker"], restart: "on-failure" }');
});

test("secrets, SSH agents and further contexts go to the build", async () => {
    const { program, rows } = await initialize({
        Dockerfile: "FROM ruby:3.4\n",
        "compose.yaml": `services:
  web:
    build:
      context: .
      ssh: [default]
      additional_contexts: { engines: ../engines, base: "docker-image://ruby:3.4", assets: "service:assets" }
      secrets: [gems, { source: npm, target: npmrc }, elsewhere]
      cache_to: ["type=inline"]
secrets:
  gems: { environment: GEM_TOKEN }
  npm: { file: ./.npmrc }
  elsewhere: { external: true }
`,
    });
    expect(program).toMatch(/ssh: \["default"\]/);
    expect(program).toMatch(/secrets: { gems: { variable: "GEM_TOKEN" }, npmrc: { file: "\.\.\/\.npmrc" } }/);
    expect(program).toMatch(
        /contexts: { engines: "\.\.\/\.\.\/engines", base: "docker-image:\/\/ruby:3\.4" }/,
    );
    for (const lost of [/build\.secrets no .*elsewhere/, /additional_contexts no .*assets/])
        expect(rows).toContainEqual(expect.stringMatching(lost));
});

describe("replicas", () => {
    const read = (services: string) =>
        initialize({
            Dockerfile: "FROM ruby:3.4\nEXPOSE 3000\n",
            "Gemfile.lock": GEMS,
            "compose.yaml": `services:\n${services}`,
        });

    test("of an application and its processes are its own, without a published port", async () => {
        const result = await read(`
  web: { build: ., command: bin/rails server, scale: 2 }
  jobs: { build: ., command: bin/jobs, deploy: { replicas: "\${JOBS:-3}" } }
  clock: { build: ., command: bin/clock, scale: 1 }
`);
        const { program, rows, settings } = result;
        expect(program).toContain("replicas: 2");
        expect(program).toMatch(/jobs: {\s+command: \["bin\/jobs"\],\s+replicas: jobs/);
        expect(settings.jobs).toMatchObject({ type: "integer", default: 3 });
        expect(settings).not.toHaveProperty("port");
        expect(program).not.toMatch(/publish:|export const url/);
        expect(rows).toContainEqual(
            "web scale yes replicas with several containers, the application publishes no port",
        );
        expect(rows).toContainEqual("jobs deploy.replicas yes replicas ");
        expect(rows).toContainEqual("clock scale differently  is the default");
        expect(compileErrors([program])).toEqual([[]]);
        const { names } = await declare(result);
        const containers = names(CONTAINER);
        expect(containers).toEqual(expect.arrayContaining(["web", "web-2", "web-jobs-3", "web-clock"]));
        expect(containers).toHaveLength(6);
    });

    test("of an application with a Gateway keep its URL", async () => {
        const { program } = await read(`
  traefik: { image: "traefik:v3", ports: ["80:80"] }
  web: { build: ., command: bin/rails server, scale: 2, labels: { traefik.http.routers.web.rule: Host(\`shop.example.com\`) } }
`);
        expect(program).toContain("replicas: 2");
        expect(program).toContain("export const url = `http://");
    });

    test.each(["scale: 2", "deploy: { replicas: 2 }"])(
        "of %s are left out with a reason",
        async (replicas) => {
            const key = replicas.startsWith("scale") ? "scale" : "deploy.replicas";
            const { program, rows } = await read(`
  web: { build: ., command: bin/rails server, ports: ["3000:3000"], depends_on: { setup: { condition: service_completed_successfully } }, ${replicas} }
  cable: { build: ., command: bin/cable, ports: ["8081:8081"], ${replicas} }
  setup: { build: ., command: bin/rails db:prepare, ${replicas} }
  clock: { build: ., command: bin/clock, ${replicas.replace("2", "0")} }
  db: { image: "postgres:17", ${replicas} }
  search: { image: "opensearchproject/opensearch:2.19.0", ${replicas} }
  report: { image: acme/report, command: report, restart: "no", ${replicas} }
`);
            expect(program).not.toContain("replicas");
            expect(program).toContain("export const url = web.url");
            const published = "several containers cannot publish the same port. Remove `publish`";
            for (const [service, reason] of [
                ["web", published],
                ["cable", published],
                ["setup", "a migration has no `replicas`"],
                ["clock", "a component has at least one container"],
                ["db", "a PostgresService has no `replicas`"],
                ["search", "a Service has no `replicas`"],
            ])
                expect(rows).toContainEqual(
                    expect.stringContaining(`${service} ${key} no  it runs once: ${reason}`),
                );
        },
    );

    test("of both keys are the same", async () => {
        const { rows } = await read("  web: { build: ., scale: 2, deploy: { replicas: 2 } }\n");
        expect(rows).toContainEqual("web deploy.replicas differently replicas the same as scale");
    });
});

describe("the cache of a build", () => {
    const build = (cache: string) =>
        initialize(
            {
                Dockerfile: "FROM ruby:3.4\n",
                "deploy/compose.yaml": `services: { web: { build: { context: .., ${cache} } } }\n`,
            },
            { composeFiles: ["deploy/compose.yaml"] },
        );

    test("is written to the image, and read from there", async () => {
        const { program, settings } = await build('cache_from: ["acme/shop:1"], cache_to: ["type=inline"]');
        expect(program).toContain('cacheFrom: ["acme/shop:1"]');
        expect(program).toContain('cacheTo: ["type=inline"]');
        expect(settings).not.toHaveProperty("buildCache");
    });

    test("is written elsewhere by a setting that is off", async () => {
        const result = await build(
            'cache_from: ["type=local,src=cache"], cache_to: ["type=local,dest=./cache,mode=max", "type=inline"]',
        );
        expect(result.program).toContain('cacheFrom: ["type=local,src=../deploy/cache"]');
        expect(result.program).toContain(
            '...(buildCache && { cacheTo: ["type=local,dest=../deploy/cache,mode=max", "type=inline"] })',
        );
        expect(result.settings.buildCache).toMatchObject({
            type: "boolean",
            default: false,
            description:
                "Whether builds write their cache to `cacheTo`, which needs Docker's containerd image store",
        });
        expect(result.rows).toContainEqual(
            expect.stringMatching(/build\.cache_to differently build\.cacheTo the setting buildCache/),
        );
        expect(compileErrors([result.program])).toEqual([[]]);
    });

    test("does not show its secrets", async () => {
        const { program, rows } = await build('cache_to: ["type=s3,bucket=b,secret_access_key=s3same"]');
        expect(program).not.toMatch(/cacheTo|s3same/);
        expect(rows).toContainEqual(expect.stringMatching(/build\.cache_to no .*has a secret/));
    });
});

test("the Dockerfile and the build arguments of a server are kept", async () => {
    const { program } = await initialize(
        compose(
            `
  db: { image: postgres, build: { context: ops, dockerfile: pg.Dockerfile, args: { LOCALE: de } } }
  cache: { image: redis, build: { context: ops, dockerfile: redis.Dockerfile } }
`,
            { "ops/pg.Dockerfile": "FROM postgres:17\n", "ops/redis.Dockerfile": "FROM redis:8\n" },
        ),
    );
    expect(program).toContain('dockerfile: "../ops/pg.Dockerfile"');
    expect(program).toContain('args: { LOCALE: "de" }');
    expect(program).toContain('dockerfile: "../ops/redis.Dockerfile"');
});

test("a program with a hyphen in the key of a database, tty and stdinOpen compiles", async () => {
    const result = await initialize({
        ...compose(`
  db: { image: "postgres:17", tty: true, stdin_open: true }
  cache: { image: "redis:8", tty: true }
  web: { build: ., tty: true, stdin_open: true }
`),
        "Gemfile.lock": "    rails (8.1.1)\n    pg (1.5.9)\n",
        "config/database.yml":
            "production:\n  primary: { adapter: postgresql, database: a }\n  my-cache: { adapter: postgresql, database: b }\n",
    });
    expect(result.program).toContain('db.connections["my-cache"]');
    expect(result.program).toMatch(/stdinOpen: true/);
    expect(compileErrors([result.program])).toEqual([[]]);
});

test("a value that is the name of a service is a host only in a variable for a host", async () => {
    const { program } = await initialize(
        compose(`
  api: { build: ., environment: { DATABASE_URL: "mysql2://root:pw@mysql/api", APP_NAME: mysql } }
  mysql: { image: "mysql:8.0", environment: { MYSQL_ROOT_PASSWORD: pw, MYSQL_DATABASE: api } }
`),
    );
    expect(program).toContain('APP_NAME: "mysql"');
    expect(program).toContain('MYSQL_DATABASE: "api"');
});

test("base images, shells and tests of a Compose file become no processes", async () => {
    const { program, rows } = await initialize({
        Dockerfile: PUMA,
        "compose.yaml": `services:
  base: &base { image: "shop:1", environment: { RAILS_ENV: production } }
  web: { <<: *base, command: bin/rails server }
  console: { <<: *base, command: bin/rails console, stdin_open: true }
  specs: { <<: *base, command: bundle exec rspec spec/system }
`,
    });
    expect(program).not.toContain("processes");
    for (const name of ["base", "console", "specs"])
        expect(rows.filter((row) => row.startsWith(`${name} `))).toHaveLength(1);
});

describe("a Compose file that includes others", () => {
    const MAIN = `include:
  - ops/data.yaml
  - { path: [more/a.yaml, more/b.yaml] }
  - https://example.com/shop.git
services:
  web: { build: ., environment: { DATABASE_URL: "postgres://shop:x@db/shop", SEARCH_URL: "http://search:9200" } }
`;
    const FILES: Files = {
        "compose.yaml": MAIN,
        Dockerfile: PUMA,
        "ops/data.yaml":
            'services: { db: { image: "postgres:17", environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: x, POSTGRES_DB: shop }, volumes: ["./init.sql:/docker-entrypoint-initdb.d/init.sql"] } }\n',
        "ops/init.sql": "select 1;\n",
        "more/a.yaml": 'services: { search: { image: "opensearchproject/opensearch:2.19.0" } }\n',
        "more/b.yaml": "services: { search: { environment: { LEVEL: info } } }\n",
    };

    test("has their services, with paths relative to each file, and names included files of other machines", async () => {
        const result = await initialize(FILES);
        const { names, one } = await declare(result);
        expect(names(CONTAINER)).toEqual(["db", "search", "web"]);
        expect(result.program).toContain('readFileSync("../ops/init.sql", "utf8")');
        expect(environment(one(CONTAINER, "search"))).toMatchObject({ LEVEL: "info" });
        expect(result.output).not.toContain("not read; `--compose");
        expect(result.rows).toContainEqual(
            expect.stringMatching(
                /^compose\.yaml include no .*https:\/\/example\.com\/shop\.git is on another machine/,
            ),
        );
    });

    test("is refused if one is missing", async () => {
        const { exitCode, output, written } = await initialize({
            "compose.yaml": "include: [ops/other.yaml]\n",
        });
        expect(exitCode).toBe(1);
        expect(output).toContain("compose.yaml:1: `include` names ops/other.yaml, which does not exist");
        expect(written).toEqual({});
    });

    test("may include itself", async () => {
        const files = {
            "compose.yaml": "include: [compose.yaml]\nservices: { cache: { image: memcached } }\n",
        };
        expect((await initialize(files)).program).toContain('new Service("cache"');
    });
});

describe("an alias of links", () => {
    test("is the key of the link, and a host name on the network of the service", async () => {
        const result = await initialize({
            "compose.yaml": `services:
  api: { image: "acme/api:1", ports: ["4000:4000"] }
  web: { build: ., links: ["api:backend"], environment: { BACKEND: "http://backend:4000/v1" } }
`,
            Dockerfile: PUMA,
        });
        expect(result.program).toContain("links: { backend: api.connection }");
        expect(result.program).toContain('aliases: ["backend"]');
        const { one } = await declare(result);
        expect(environment(one(CONTAINER, "web")).BACKEND).toMatch(/^http:\/\/[\w-]+-dev-api:4000\/v1$/);
    });

    test("that is the name of another service is left out", async () => {
        const { rows, program } = await initialize({
            "compose.yaml":
                'services:\n  a: { image: "acme/a:1", ports: ["1:1"] }\n  b: { image: "acme/b:1", ports: ["2:2"] }\n  web: { build: ., links: ["a:b"] }\n',
            Dockerfile: PUMA,
        });
        expect(rows).toContainEqual(expect.stringMatching(/^web links\.a:b no .*b is a name of b too/));
        expect(program).not.toContain("aliases");
    });
});

describe("an override file", () => {
    test("replaces the volumes, secrets and configs that have the same path in the container", async () => {
        const { program } = await initialize({
            "compose.yaml": `services:
  db:
    image: "acme/store:1"
    volumes: ["store:/data", "logs:/logs", "\${DIR:-/old}:/srv"]
    secrets: [token]
    configs: [{ source: plain, target: /etc/store.conf }]
volumes: { store: {}, logs: {} }
secrets: { token: { file: ./token }, other: { file: ./other } }
configs: { plain: { content: plain }, tuned: { content: tuned } }
`,
            "compose.override.yaml": `services:
  db:
    volumes: ["./data:/data/", { type: bind, source: ./srv, target: /srv }, "cache:/cache"]
    secrets: [{ source: other, target: /run/secrets/token }]
    configs: [{ source: tuned, target: /etc/store.conf }]
volumes: { cache: {} }
`,
            token: "a",
            other: "b",
        });
        expect(program.match(/\bpath: "[^"]+"/g)).toEqual(
            ["/logs", "/cache", "/data", "/srv"].map((path) => `path: "${path}"`),
        );
        expect(program).toContain('{ path: "/data", hostPath: resolve("../data") }');
        expect(program).toContain('{ path: "/srv", hostPath: resolve("../srv") }');
        expect(program).toContain('"/run/secrets/token": { content: config.requireSecret("other")');
        expect(program).toContain('"/etc/store.conf": { content: "tuned" }');
        expect(program).not.toMatch(/store"|"token"|plain/);
    });

    test("replaces them in the same way in a service that extends another", async () => {
        const { program } = await initialize({
            "compose.yaml": `services:
  base: { image: "acme/store:1", volumes: ["store:/data"] }
  db: { extends: base, volumes: ["./data:/data"] }
volumes: { store: {} }
`,
        });
        const [, db = ""] = program.split('new Service("db"');
        expect(db).toContain('path: "/data", hostPath: resolve("../data")');
        expect(db.match(/"\/data"/g)).toHaveLength(1);
    });
});

test.each(["tmpfs first", "volumes first"])(
    "a tmpfs of tmpfs and one of volumes are both mounted: %s",
    async (order) => {
        const keys = ["    tmpfs: /run", "    volumes: [{ type: tmpfs, target: /scratch }]"];
        if (order === "volumes first") keys.reverse();
        const { program } = await initialize({
            "compose.yaml": `services:\n  db:\n    image: "acme/store:1"\n${keys.join("\n")}\n`,
        });
        expect(program).toMatch(/tmpfs: \{ ("\/run": "", "\/scratch": ""|"\/scratch": "", "\/run": "") \}/);
    },
);

test("variables in extra_hosts, tmpfs and logging become settings", async () => {
    const { program, settings } = await initialize({
        "compose.yaml": `services:
  db:
    image: "acme/store:1"
    extra_hosts: ["host.docker.internal:\${HOST_IP:-host-gateway}", "\${ALIAS:-proxy}=192.0.2.1", "v6:::1"]
    tmpfs: ["/tmp:size=\${TMP_SIZE:-64m},mode=1777", "/run"]
    logging: { driver: "\${LOG_DRIVER:-local}" }
    volumes: [{ type: tmpfs, target: /scratch, tmpfs: { size: "\${SCRATCH_SIZE:-1024}" } }]
`,
    });
    expect(program).toContain(
        'extraHosts: { "host.docker.internal": hostIp, proxy: "192.0.2.1", v6: "::1" }',
    );
    expect(program).toContain(
        'tmpfs: { "/tmp": `size=${tmpSize},mode=1777`, "/run": "", "/scratch": `size=${scratchSize}` }',
    );
    expect(program).toContain("logging: { driver: logDriver }");
    expect(Object.entries(settings).map(([name, { default: value }]) => [name, value])).toEqual(
        expect.arrayContaining([
            ["hostIp", "host-gateway"],
            ["tmpSize", "64m"],
            ["scratchSize", "1024"],
            ["logDriver", "local"],
        ]),
    );
    expect(compileErrors([program])).toEqual([[]]);
});
