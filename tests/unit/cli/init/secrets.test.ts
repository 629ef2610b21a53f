import { CONTAINER } from "../../../../testing/index.ts";
import { FRAGMENTS } from "./fragments.ts";
import { compileErrors } from "../../compiler.ts";
import {
    declare,
    environment,
    everything,
    type Files,
    type Initialized,
    initialize,
    removeApplications,
} from "./initialize.ts";

afterAll(removeApplications);

const compose = (services: string, others: Files = {}): Files => ({
    "compose.yaml": `services:\n${services}`,
    Dockerfile: "FROM scratch\n",
    ...others,
});

function expectToCompile({ program }: Initialized): void {
    expect(compileErrors([program])).toEqual([[]]);
}

describe("a URL with a login and the host name of a component", () => {
    const files = compose(
        `
  rabbitmq: { image: "rabbitmq:4-management", ports: ["127.0.0.1:15672:15672"] }
  search: { image: "elasticsearch:9.1.0" }
  other: { image: "elasticsearch:9.1.0" }
  web: { build: ., environment: { MGMT_URL: "http://app:\${RABBIT_PASS}@rabbitmq:15672", ES_HOSTS: "http://elastic:hunter2@search:9200,http://elastic:hunter2@other:9200" } }
`,
        { ".env": "RABBIT_PASS=rabbit-pw\n" },
    );

    test("keeps the host, and the login is a secret", async () => {
        const result = await initialize(files);
        expect(everything(result)).not.toMatch(/rabbit-pw|hunter2/);
        expect(result.secrets).toMatchObject({ RABBIT_PASS: "rabbit-pw", ES_HOSTS_LOGIN: "elastic:hunter2" });
        expectToCompile(result);
        const env = environment((await declare(result)).one(CONTAINER, "web"));
        expect(env.MGMT_URL).toBe("http://app:secret-RABBIT_PASS@depot-dev-rabbitmq:15672");
        expect(env.ES_HOSTS).toBe(
            "http://secret-ES_HOSTS_LOGIN@depot-dev-search:9200,http://secret-ES_HOSTS_LOGIN@depot-dev-other:9200",
        );
    });
});

test("a login in a default, in .env or beside a variable is a secret", async () => {
    const result = await initialize(
        compose(
            `
  web:
    build: .
    environment:
      SMTP_URL: "\${SMTP_URL:-smtp://u:hunter2@mail.example.com}"
      BROKER: "amqp://u:hunter3@\${BROKER_HOST:-broker.example.com}"
      PUSH: "\${PUSH_URL}"
      API_KEY: "prefix-hunter5-\${REGION:-eu}"
      SITE: "\${PROXY:-https://example.com}/\${PATH_OF_SITE:-x}"
`,
            { ".env": "PUSH_URL=https://u:hunter4@push.example.com\n" },
        ),
    );
    expect(everything(result)).not.toContain("hunter");
    expect(result.secrets).toMatchObject({
        SMTP_URL: "smtp://u:hunter2@mail.example.com",
        BROKER: "amqp://u:hunter3@broker.example.com",
        PUSH: "https://u:hunter4@push.example.com",
        API_KEY: "prefix-hunter5-eu",
    });
    expect(result.settings.proxy).toMatchObject({ default: "https://example.com" });
    expectToCompile(result);
});

test("a login in a mixed value is a secret variable", async () => {
    const result = await initialize(
        compose(`
  web: { image: "registry.example.com/depot:4", labels: { url: "\${BACKUP_URL:-https://u:hunter2@backup.example.com}" } }
`),
    );
    expect(everything(result)).not.toContain("hunter2");
});

describe("variables of data services", () => {
    const files = compose(`
  db:
    image: postgres:17
    environment: { POSTGRES_PASSWORD: hunter1, AWS_SECRET_ACCESS_KEY: hunter2, REPLICATION_PASSWORD: hunter3, WALE_URL: "https://u:hunter4@h", PGPORT: "5433", POSTGRES_INITDB_WALDIR: /wal, TZ: UTC }
    command: postgres -c primary_conninfo='host=x password=hunter7' -c work_mem=4MB
  cache: { image: "redis:8", command: "redis-server --masterauth hunter5 --maxmemory 1gb", environment: { REPLICATION_PASS: hunter6 } }
`);

    test("that are secrets are secrets of the stack", async () => {
        const result = await initialize(files);
        expect(everything(result)).not.toContain("hunter");
        expect(result.secrets).toEqual({
            AWS_SECRET_ACCESS_KEY: "hunter2",
            REPLICATION_PASSWORD: "hunter3",
            WALE_URL: "https://u:hunter4@h",
            REPLICATION_PASS: "hunter6",
        });
        expectToCompile(result);
        const { one } = await declare(result);
        expect(environment(one(CONTAINER, "db"))).toMatchObject({
            AWS_SECRET_ACCESS_KEY: "secret-AWS_SECRET_ACCESS_KEY",
            REPLICATION_PASSWORD: "secret-REPLICATION_PASSWORD",
            TZ: "UTC",
        });
        expect(environment(one(CONTAINER, "cache")).REPLICATION_PASS).toBe("secret-REPLICATION_PASS");
    });

    test("that the component refuses are left out", async () => {
        const { program, rows } = await initialize(files);
        expect(program).not.toMatch(/PGPORT|WALDIR/);
        expect(rows).toContainEqual(expect.stringContaining("environment.PGPORT no"));
        expect(rows).toContainEqual(expect.stringContaining("environment.POSTGRES_INITDB_WALDIR no"));
    });
});

describe("plain text of the program", () => {
    const files = compose(
        `
  cache: { image: "valkey/valkey:8", command: valkey-server --requirepass hunter1 }
  queue: { image: "nats:2", command: ["--token", "\${NATS_TOKEN}"] }
  db: { image: "mysql:8.4", healthcheck: { test: mysqladmin ping -phunter2 } }
  front: { image: "nginx:1.29", logging: { driver: splunk, options: { splunk-token: hunter3, splunk-index: web } } }
`,
        { ".env": "NATS_TOKEN=hunter4\n" },
    );

    test("has no command, health check or log option with a secret", async () => {
        const result = await initialize(files);
        expect(everything(result)).not.toContain("hunter");
        expect(result.program).not.toMatch(/command|health/);
        expect(result.program).toContain('"splunk-index": "web"');
        for (const row of ["cache command no", "queue command no", "db healthcheck no", "front logging no"])
            expect(result.rows).toContainEqual(expect.stringContaining(row));
        expect(result.exitCode).toBe(2);
        expectToCompile(result);
    });
});

test("a build argument with a login is open", async () => {
    const result = await initialize(
        compose(`
  web: { build: { context: ., args: { GEM_SOURCE: "https://u:hunter2@gems.example.com", MIRROR: "\${MIRROR:-https://u:hunter3@x}" } } }
`),
    );
    expect(everything(result)).not.toContain("hunter");
    for (const name of ["GEM_SOURCE", "MIRROR"])
        expect(result.rows).toContainEqual(expect.stringContaining(`build.args.${name} not yet`));
});

test("a failing `kamal secrets print` is an open item", async () => {
    const result = await initialize(FRAGMENTS.secrets, { runCommands: true });
    expect(result.exitCode).toBe(2);
    expect(result.output).toContain("`kamal secrets print` failed");
});

test("a secret that the stack has is kept", async () => {
    const files = compose(`  web: { build: ., environment: { API_KEY: hunter2 } }\n`);
    const used = `config:\n  depot:API_KEY:\n    secure: v1:x\n`;
    const result = await initialize({ ...files, "infra/Pulumi.dev.yaml": used });
    expect(result.secrets).toEqual({});
    expect(result.output).toContain("kept the secret API_KEY of the stack dev, which is already set");
});

test("a variable of an env file is no secret of the stack, and an overridden link is open", async () => {
    const result = await initialize(
        compose(
            `
  db: { image: "postgres:17" }
  web: { build: ., env_file: app.env, environment: { API_KEY: hunter2, DATABASE_URL: "postgres://postgres@db/shop" } }
`,
            {
                "app.env": "API_KEY=x\nDATABASE_URL=postgres://elsewhere/shop\nRAILS_MASTER_KEY=y\n",
                "config/master.key": "0123456789abcdef0123456789abcdef",
                "Gemfile.lock": "    rails (8.1.1)\n    pg (1.5.9)\n",
            },
        ),
    );
    expect(result.program).not.toMatch(/masterKey|secrets:/);
    expect(result.secrets).toEqual({});
    expect(result.exitCode).toBe(2);
    expect(result.output).toContain("app.env sets DATABASE_URL of web, which overrides the link");
    expect((await declare(result)).names(CONTAINER)).toEqual(["db", "web"]);
});

test("a login in the variables of a destination is in no file of its stack", async () => {
    const result = await initialize({
        "config/deploy.yml":
            "service: shop\nservers: [203.0.113.7]\nenv: { clear: { BROKER: amqp://broker.example.com } }\n",
        "config/deploy.staging.yml":
            "servers: [203.0.113.9]\nenv: { clear: { BROKER: amqp://u:hunter2@broker.example.com } }\n",
        Dockerfile: "FROM scratch\n",
    });
    expect(everything(result)).not.toContain("hunter2");
    expect(result.rows).toContainEqual(expect.stringContaining("env.clear.BROKER no"));
});

describe("a secret in clear text", () => {
    test.each([
        ["redis-cli -h cache auth hunter2x"],
        ["rabbitmqctl --node mq add_user shop hunter2x"],
        ["htpasswd -bc /etc/users admin hunter2x"],
        ["mc alias set store http://minio:9000 shop hunter2x"],
        ["sshpass -p hunter2x ssh host"],
        ["openssl pkcs12 -passin pass:hunter2x -in a.p12"],
        ['sh -c "echo admin:hunter2x | chpasswd"'],
        ["bin/agent ghp_0123456789abcdefghij"],
        ["bin/agent 0123456789abcdef0123456789abcdef"],
        // The password of another service.
        ["bin/import db shop depot-pw"],
    ])("is not in the command %s", async (command) => {
        const result = await initialize(
            compose(`
  tool: { image: "tool:1", command: ${JSON.stringify(command)} }
  db: { image: "postgres:17", environment: { POSTGRES_PASSWORD: depot-pw } }`),
        );
        expect(everything(result)).not.toMatch(/hunter2x|0123456789abcdef|depot-pw/);
        expect(result.exitCode).toBe(2);
    });

    test.each([
        ["redis-cli -h cache auth $$PASSWORD"],
        ["bin/agent --queues default,mailers --interval 15"],
        ["opensearch-node-with-a-long-name2 --path /usr/share/opensearch/data0123456789abc"],
    ])("is not seen in the command %s", async (command) => {
        const result = await initialize(
            compose(`  tool: { image: "tool:1", command: ${JSON.stringify(command)} }`),
        );
        expect(result.exitCode).toBe(0);
    });

    test("is left out of labels, of which the others stay", async () => {
        const result = await initialize(
            compose(`
  front:
    image: nginx:1.29
    labels:
      traefik.http.middlewares.auth.basicauth.users: "admin:$$apr1$$ruca84Hq$$mbjdMZBAG.KWn7vfN/SNK/"
      com.example.api-token: hunter2x
      team: shop`),
        );
        expect(everything(result)).not.toMatch(/hunter2x|ruca84Hq/);
        expect(result.program).toContain('labels: { team: "shop" }');
        expect(result.rows).toContainEqual(
            expect.stringContaining("left out: com.example.api-token. It is a secret"),
        );
    });

    test("in a config makes its content a secret of the stack", async () => {
        const result = await initialize(
            compose(
                `
  front:
    image: nginx:1.29
    configs: [{ source: app, target: /etc/app.ini }, { source: plain, target: /etc/plain.ini }]
configs:
  app: { content: "[db]\\npassword = hunter2x\\n" }
  plain: { content: "level = debug\\n" }
`,
            ),
        );
        expect(everything(result)).not.toContain("hunter2x");
        expect(result.secrets).toEqual({ frontAppIni: "[db]\npassword = hunter2x\n" });
        expect(result.program).toContain('"/etc/app.ini": { content: config.requireSecret("frontAppIni")');
        expect(result.program).toContain('"/etc/plain.ini": { content: "level = debug\\n" }');
    });
});

test("secrets and configs of Compose may come from variables", async () => {
    const result = await initialize(
        {
            "compose.yaml": `services:
  front: { image: "nginx:1.29", secrets: [cert], configs: [level] }
secrets: { cert: { environment: CERT } }
configs: { level: { environment: LEVEL } }
`,
        },
        { environment: { CERT: "certificate" } },
    );
    expect(result.secrets).toEqual({ cert: "certificate" });
    expect(result.program).toContain('"/level": { content: level }');
});
