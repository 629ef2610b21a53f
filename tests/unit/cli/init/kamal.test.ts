import { CONTAINER } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { PUMA } from "./files.ts";
import { declare, environment, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const DOCKERFILE = "FROM ruby:3.4\nWORKDIR /rails\nEXPOSE 80\n";

const deploy = (text: string, files: Record<string, string> = {}) =>
    initialize({
        Dockerfile: DOCKERFILE,
        "config/deploy.yml": `service: mill\nimage: acme/mill\n${text}`,
        ...files,
    });

test("the build context `.` is the directory of the application", async () => {
    const { program } = await deploy("servers: [192.0.2.10]\nbuilder: { arch: amd64, context: . }\n");
    expect(program).toContain('build: { context: ".." }');
});

test("a build argument that Ruby computes is a setting, and a file with a version is read", async () => {
    const { program, exitCode, output, settings } = await deploy(
        `servers: [192.0.2.10]
builder:
  arch: amd64
  args:
    RUBY: <%= File.read(".ruby-version").strip %>
    KEY: <%= File.read("config/master.key").strip %>
    REVISION: <%= \`git describe\`.strip %>
`,
        { ".ruby-version": "3.4.5\n", "config/master.key": "0123456789abcdef\n" },
    );
    expect(exitCode).toBe(2);
    expect(program).toMatch(/args: { RUBY: "3\.4\.5", REVISION: revision }/);
    expect(settings.revision?.default).toBeUndefined();
    expect(output).toContain("What is the value of REVISION, which config/deploy.yml:9 computes by");
    expect(program).not.toContain("0123456789abcdef");
});

test("a word of a command that Ruby computes is a setting", async () => {
    const { program, settings } = await deploy(
        "servers: { web: [192.0.2.10], jobs: { hosts: [192.0.2.10], cmd: bin/jobs <%= 2 * 3 %> } }\n",
    );
    expect(program).toContain('command: ["bin/jobs", computed]');
    expect(settings.computed?.description).toBe("Value of <%= 2 * 3 %>");
});

test("paths of a server are mounted, and not copied from this machine", async () => {
    const { program } = await deploy(`servers: [192.0.2.10]
volumes:
  - /etc/mill/license.yml:/rails/config/license.yml:ro
  - /etc/mill/.ssh:/home/rails/.ssh
  - /srv/mill/log:/rails/log
`);
    expect(program).toContain(
        '{ path: "/rails/config/license.yml", hostPath: "/etc/mill/license.yml", readOnly: true }',
    );
    expect(program).toContain('{ path: "/home/rails/.ssh", hostPath: "/etc/mill/.ssh" }');
    expect(program).toContain('{ path: "/rails/log", hostPath: "/srv/mill/log" }');
    expect(program).not.toContain("files:");
});

test("options of `docker run` are arguments, and its health check is that of the process", async () => {
    const { program, rows } = await deploy(`servers:
  web: [192.0.2.10]
  log:
    hosts: [192.0.2.10]
    cmd: bin/log
    options:
      add-host: gauge:192.0.2.7
      label: team=mill
      health-cmd: "bin/check | grep ok"
      health-interval: 5s
      health-retries: 4
`);
    expect(program).toContain('extraHosts: { gauge: "192.0.2.7" }');
    expect(program).toContain('labels: { team: "mill" }');
    expect(program).toMatch(
        /health: {\s*command: \["sh", "-c", "bin\/check \| grep ok"\],\s*interval: 5,\s*retries: 4\s*}/,
    );
    expect(rows.join("\n")).not.toContain("options.health-interval");
});

test("`network: host` is reported as not taken over", async () => {
    const { rows } = await deploy(
        "servers: { web: [192.0.2.10], log: { hosts: [192.0.2.10], cmd: bin/log, options: { network: host } } }\n",
    );
    expect(rows).toContainEqual(expect.stringMatching(/^log options\.network no .*publish ports/));
});

test("an accessory with the image of the application is one of its processes", async () => {
    const { program } = await deploy(`servers: [192.0.2.10]
accessories:
  jobs:
    image: acme/mill:latest
    host: 192.0.2.10
    cmd: bundle exec sidekiq
    env: { clear: { THREADS: 2 } }
`);
    expect(program).toMatch(/jobs: { command: \["bundle", "exec", "sidekiq"\], env: { THREADS: "2" } }/);
    expect(program).not.toContain("new Service(");
});

test("an image that is not the official one is a PostgresService by its data and its variables", async () => {
    const { program } = await deploy(`servers: [192.0.2.10]
env: { secret: [DATABASE_URL] }
accessories:
  store:
    image: acme/postgres-with-cron:16-3
    host: 192.0.2.10
    cmd: postgres -c work_mem=32MB
    env: { clear: { POSTGRES_USER: miller }, secret: [POSTGRES_PASSWORD] }
    directories: ["data:/var/lib/postgresql/data"]
  saver:
    image: acme/postgres-backup:2
    host: 192.0.2.10
    env: { clear: { POSTGRES_HOST: mill-store }, secret: [POSTGRES_PASSWORD] }
`);
    expect(program).toMatch(
        /new PostgresService\("store", {\s+image: "acme\/postgres-with-cron:16-3",\s+version: "16"/,
    );
    expect(program).toContain('settings: { work_mem: "32MB" }');
    expect(program).toContain("database: store.connection");
    expect(program).toContain('new Service("saver"');
    expect(program.match(/new PostgresService/g)).toHaveLength(1);
});

test("secret parts of a connection come from the server, and REDIS_URL from a Valkey", async () => {
    const { program } = await deploy(`servers: [192.0.2.10]
env: { secret: [DATABASE_URL, PG_USER:POSTGRES_USER, POSTGRES_DB, REDIS_URL] }
accessories:
  db:
    image: postgres:17
    host: 192.0.2.10
    env: { secret: [POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD] }
  cache: { image: "valkey/valkey:8", host: 192.0.2.10, directories: ["data:/data"] }
`);
    expect(program).toMatch(/username: "PG_USER",\s+name: "POSTGRES_DB"/);
    expect(program).toContain("redis: cache.connection");
    expect(program).not.toContain("secrets:");
});

test("options in REDIS_ARGS are settings", async () => {
    const { program } = await deploy(`servers: [192.0.2.10]
accessories:
  redis:
    image: redis/redis-stack-server:7.4.0-v2
    host: 192.0.2.10
    env: { clear: { REDIS_ARGS: "--appendonly yes --requirepass s3same" } }
`);
    expect(program).toContain('settings: { appendonly: "yes" }');
    expect(program).not.toContain("s3same");
});

test("a label of Traefik beside `proxy` does not make it Kamal 1", async () => {
    const { program } = await deploy(`servers:
  web: { hosts: [192.0.2.10], labels: { traefik.enable: "false" } }
proxy: { ssl: true, host: mill.example.org }
`);
    expect(program).toContain("new Gateway(");
    expect(program).toContain("host: millHost");
});

test("a host name from a variable with a placeholder is a question, and the user of ssh is its default", async () => {
    const { program, output, read } = await deploy(`servers: [192.0.2.10]
ssh: { user: <%= ENV.fetch("SSH_USER", "deployer") %>, port: <%= ENV["SSH_PORT"] %> }
proxy: { ssl: true, host: <%= ENV.fetch("MILL_HOST", "your-domain.example") %> }
`);
    expect(program).toContain("new Gateway(");
    expect(output).toContain("Which host name does mill have on the stack production?");
    expect(read("infra/Pulumi.production.yaml")).toContain("docker:host: ssh://deployer@192.0.2.10\n");
});

test("the database of another service is not that of an application with a host of its own", async () => {
    const { program, output } = await deploy(
        `servers: [192.0.2.10]
env: { clear: { DB_HOST: host.docker.internal } }
accessories:
  stats-db:
    image: postgres:15
    host: 192.0.2.10
    env: { clear: { POSTGRES_DB: stats, POSTGRES_USER: stats }, secret: [STATS_PASSWORD] }
  stats:
    image: acme/stats:1
    host: 192.0.2.10
    env: { clear: { DATABASE_URL: "postgres://stats:x@mill-stats-db/stats" } }
`,
        { "config/database.yml": "production: { adapter: postgresql, database: mill, username: miller }\n" },
    );
    expect(program).toMatch(/new PostgresService\("db", {[^}]*database: "mill"/);
    expect(program).toContain("database: db.connection");
    expect(program).toMatch(/new Service\("stats", {[^}]*database: statsDb\.connection/);
    expect(output).toContain("DB_HOST of web is host.docker.internal, so stats-db is not its database");
});

describe("the cache of the builder", () => {
    const builder = (cache: string, others = "") =>
        deploy(`servers: [192.0.2.10]\nbuilder: { arch: amd64, cache: ${cache} }\n${others}`);

    test.each([
        [
            "{ type: registry, options: mode=max }",
            "registry: { server: registry.example.com, username: acme }",
            ["type=registry,ref=registry.example.com/acme/mill-build-cache"],
            ["type=registry,ref=registry.example.com/acme/mill-build-cache,mode=max"],
        ],
        [
            "{ type: registry, image: acme/cache }",
            "",
            ["type=registry,ref=acme/cache"],
            ["type=registry,ref=acme/cache"],
        ],
        [
            '{ type: gha, options: "mode=max,scope=mill" }',
            "",
            ["type=gha,scope=mill"],
            ["type=gha,mode=max,scope=mill"],
        ],
    ])("%s is that of the build, by a setting that is off", async (cache, others, from, to) => {
        const { program, rows, settings } = await builder(cache, others);
        expect(program).toContain(`...(buildCache && { cacheFrom: ${JSON.stringify(from)} })`);
        expect(program).toContain(`...(buildCache && { cacheTo: ${JSON.stringify(to)} })`);
        expect(settings.buildCache).toMatchObject({
            type: "boolean",
            default: false,
            description:
                "Whether builds read the cache in `cacheFrom` and write it to `cacheTo`. Writing needs Docker's containerd image store",
        });
        expect(rows).toContainEqual(
            expect.stringMatching(
                /builder\.cache differently build\.cacheTo the setting buildCache turns it on/,
            ),
        );
        expect(compileErrors([program])).toEqual([[]]);
    });

    test.each([
        ["{ type: registry }", "registry: { server: <%= host %> }", "Ruby computes it"],
        ["{ type: registry }", 'registry: { server: "localhost:5555" }', "Kamal runs the registry"],
        ["{ type: gha, options: token=s3same }", "", "has a secret"],
        ["{ type: inline }", "", "is not a type of Kamal"],
    ])("%s with %j is left out", async (cache, others, reason) => {
        const { program, rows } = await builder(cache, others);
        expect(program).not.toContain("cacheTo");
        expect(rows).toContainEqual(expect.stringContaining(`builder.cache no  ${reason}`));
        expect(rows.join("\n")).not.toContain("s3same");
    });
});

describe("Kamal's accessories", () => {
    const file = (env: string) => ({
        Dockerfile: PUMA,
        "config/deploy.yml": `service: shop
env: ${env}
accessories:
  db: { image: "postgres:15", host: 10.0.3.10, port: 5432, env: { clear: { POSTGRES_DB: shop_live }, secret: [POSTGRES_PASSWORD] } }
  redis: { image: "redis:7", host: 10.0.3.11, port: "127.0.0.1:6380:6379" }
`,
    });

    test.each([
        [
            "by the addresses of their machines",
            "{ DATABASE_URL: 'postgres://shop:pw@10.0.3.10:5432/shop_live', REDIS_URL: 'redis://10.0.3.11:6380' }",
        ],
        ["by secrets that are their URLs", "{ secret: [DATABASE_URL, REDIS_URL] }"],
        [
            "by their names in Kamal",
            "{ DATABASE_URL: 'postgres://shop:pw@shop-db/shop_live', REDIS_URL: 'redis://shop-redis:6379' }",
        ],
    ])("are linked %s", async (_, env) => {
        const result = await initialize(file(env));
        expect(result.program).toContain("database: db.connection");
        expect(result.program).toContain("redis: redis.connection");
        expect(result.program).not.toMatch(/10\.0\.3|secrets|pw/);
        const { one } = await declare(result);
        expect(environment(one(CONTAINER, "shop")).DATABASE_URL).toMatch(/\/shop_live$/);
        expect(one(CONTAINER, "db").inputs.ports).toEqual([
            expect.objectContaining({ internal: 5432, external: 5432, ip: "127.0.0.1" }),
        ]);
        expect(one(CONTAINER, "redis").inputs.ports).toEqual([expect.objectContaining({ external: 6380 })]);
    });
});

test("Kamal's build secrets are secrets of the stack, and its SSH agent goes to the build", async () => {
    const result = await initialize({
        Dockerfile: PUMA,
        "config/deploy.yml": `service: shop
builder: { arch: amd64, secrets: [GEM_TOKEN], ssh: default=$SSH_AUTH_SOCK }
`,
    });
    expect(result.program).toContain('secrets: { GEM_TOKEN: { value: config.requireSecret("GEM_TOKEN") } }');
    expect(result.program).toContain('ssh: ["default"]');
    expect(result.rows).toContainEqual(expect.stringMatching(/builder.secrets yes build.secrets/));
});
