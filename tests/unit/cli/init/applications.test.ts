import { CONTAINER } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { PUMA } from "./files.ts";
import {
    declare,
    everything,
    type Files,
    initialize,
    initializeIn,
    removeApplications,
} from "./initialize.ts";

afterAll(removeApplications);

const lock = (rails: string, ...gems: string[]) =>
    [
        "GEM\n  remote: https://rubygems.example/\n  specs:",
        `    rails (${rails})`,
        ...gems.map((gem) => `    ${gem} (1.2.3)\n      activesupport (>= 5)`),
        "\nDEPENDENCIES",
        "  rails",
        ...gems.map((gem) => `  ${gem}`),
        "\nRUBY VERSION\n   ruby 3.3.6p108\n",
    ].join("\n");

const ROUTES =
    'Rails.application.routes.draw do\n  get "up" => "rails/health#show", as: :rails_health_check\nend\n';
const THRUSTER =
    'FROM ruby:3.4-slim AS base\nWORKDIR /rails\nFROM base\nUSER 1000:1000\nEXPOSE 80\nCMD ["./bin/thrust", "./bin/rails", "server"]\n';
const POSTGRES = `production:
  adapter: postgresql
  encoding: unicode
  database: shop_production
  username: shop
  password: <%= ENV["SHOP_DATABASE_PASSWORD"] %>
`;
const SQLITE = "production:\n  primary:\n    adapter: sqlite3\n    database: storage/production.sqlite3\n";

/** Kamal's file as `rails new` writes it. */
const TEMPLATE = `service: shop
image: your-user/shop
servers:
  web:
    - 192.168.0.1
proxy:
  ssl: true
  host: app.example.com
registry:
  server: localhost:5555
  username: your-user
  password:
    - KAMAL_REGISTRY_PASSWORD
env:
  secret:
    - RAILS_MASTER_KEY
  clear:
    SOLID_QUEUE_IN_PUMA: true
aliases:
  console: app exec --interactive --reuse "bin/rails console"
volumes:
  - "shop_storage:/rails/storage"
asset_path: /rails/public/assets
builder:
  arch: amd64
`;

interface Shape {
    files: Files;
    /** What the program contains. */
    has: string[];
    hasNot?: string[];
    exitCode?: number;
    /** Names of the containers. */
    containers: string[];
}

const SHAPES: Record<string, Shape> = {
    "Rails 6.1 with Postgres and Sidekiq": {
        files: {
            "Gemfile.lock": lock("6.1.7", "pg", "sidekiq"),
            Dockerfile: PUMA,
            "config/database.yml": POSTGRES,
            "config/routes.rb": "Rails.application.routes.draw do\nend\n",
            "config/cable.yml":
                "production:\n  adapter: redis\n  url: <%= ENV.fetch('REDIS_URL') { 'redis://localhost:6379/1' } %>\n",
        },
        has: [
            'sidekiq: { command: ["bundle", "exec", "sidekiq"] }',
            "health: { tcp: true }",
            "redis: redis.connection",
        ],
        containers: ["db", "redis", "web", "web-sidekiq"],
    },
    "Rails 6.1 without a Dockerfile": {
        files: {
            "Gemfile.lock": lock("6.1.7", "pg", "webpacker"),
            "config/database.yml": POSTGRES,
            "package.json": "{}",
            "yarn.lock": "",
        },
        has: ['build: { context: ".." }'],
        containers: ["db", "web"],
    },
    "Rails 7.0 on SQLite beside the code": {
        files: {
            "Gemfile.lock": lock("7.0.8", "sqlite3"),
            Dockerfile: PUMA,
            "config/database.yml": "production:\n  adapter: sqlite3\n  database: db/production.sqlite3\n",
        },
        has: ['path: "/app/storage"', 'DATABASE_URL: "sqlite3:storage/production.sqlite3"'],
        containers: ["web"],
    },
    "Rails 7.1 with MySQL": {
        files: {
            "Gemfile.lock": lock("7.1.5", "trilogy"),
            Dockerfile: PUMA,
            "config/routes.rb": ROUTES,
            "config/database.yml": "production:\n  adapter: trilogy\n  database: shop_production\n",
        },
        has: [
            'image: "mysql:8.4"',
            "database: db.connection",
            'password: { variable: "MYSQL_ROOT_PASSWORD" }',
            'data: { path: "/var/lib/mysql" }',
        ],
        containers: ["db", "web"],
    },
    "Rails 7.1 whose Redis is a mere dependency": {
        files: {
            "Gemfile.lock": lock("7.1.5", "pg", "redis"),
            Dockerfile: PUMA,
            "config/database.yml": POSTGRES,
        },
        has: [],
        hasNot: ["RedisService"],
        containers: ["db", "web"],
    },
    "Rails 7.2 with GoodJob and uploads": {
        files: {
            "Gemfile.lock": lock("7.2.2", "pg", "good_job"),
            Dockerfile: PUMA,
            "config/routes.rb": ROUTES,
            "config/database.yml": POSTGRES,
            "config/environments/production.rb":
                "  config.active_storage.service = :local\n  config.force_ssl = true\n",
            "db/schema.rb": 'create_table "active_storage_blobs"\n',
        },
        has: [
            'good_job: { command: ["bundle", "exec", "good_job", "start"] }',
            'storage: { path: "/app/storage", protectData }',
        ],
        containers: ["db", "web", "web-good_job"],
    },
    "Rails 7.2 with a Procfile": {
        files: {
            "Gemfile.lock": lock("7.2.2", "pg", "resque"),
            Dockerfile: PUMA,
            "config/database.yml": POSTGRES,
            Procfile:
                "web: bundle exec puma\nredis: redis-server config/redis.conf\nworker: QUEUE=* bundle exec rake resque:work\nclock: bundle exec clockwork 'lib/my clock.rb'\n",
        },
        has: [
            'worker: { command: ["sh", "-c", "QUEUE=* bundle exec rake resque:work"] }',
            'clock: { command: ["bundle", "exec", "clockwork", "lib/my clock.rb"] }',
        ],
        hasNot: ["resque: {", "redis-server"],
        containers: ["db", "redis", "web", "web-clock", "web-worker"],
    },
    "Rails 8.0 whose first database has another name": {
        files: {
            "Gemfile.lock": lock("8.0.2", "pg"),
            Dockerfile: THRUSTER,
            "config/routes.rb": ROUTES,
            "config/database.yml":
                "production:\n  main:\n    adapter: postgresql\n    database: shop\n  reports:\n    adapter: postgresql\n    database: reports\n  main_replica:\n    adapter: postgresql\n    replica: true\n",
        },
        has: ['database: { url: "MAIN_DATABASE_URL" }', "reports: db.connections.reports"],
        containers: ["db", "web"],
    },
    "Rails 8.0 with Kamal's template": {
        files: {
            "Gemfile.lock": lock("8.0.2", "sqlite3", "solid_queue", "thruster"),
            Dockerfile: THRUSTER,
            "config/routes.rb": ROUTES,
            "config/database.yml": SQLITE,
            "config/deploy.yml": TEMPLATE,
            "config/master.key": "0123",
            ".kamal/secrets":
                "KAMAL_REGISTRY_PASSWORD=$KAMAL_REGISTRY_PASSWORD\nRAILS_MASTER_KEY=$(cat config/master.key)\n",
            ".kamal/hooks/pre-deploy.sample": "#!/bin/sh\n",
        },
        has: [
            'storage: { path: "/rails/storage", protectData }',
            'SOLID_QUEUE_IN_PUMA: "true"',
            'secrets: ["RAILS_MASTER_KEY"]',
        ],
        hasNot: ["192.168.0.1", "your-user", "jobs:"],
        containers: ["shop"],
    },
    "Rails 8.0 with credentials and no key": {
        files: {
            "Gemfile.lock": lock("8.0.2", "pg"),
            Dockerfile: THRUSTER,
            "config/database.yml": POSTGRES,
            "config/credentials.yml.enc": "x",
        },
        has: ['masterKey: config.requireSecret("masterKey")'],
        exitCode: 2,
        containers: ["db", "web"],
    },
    "Rails 8.1 with SQLite, jobs always in Puma": {
        files: {
            "Gemfile.lock": lock("8.1.1", "sqlite3", "solid_queue"),
            Dockerfile: THRUSTER,
            "config/routes.rb": ROUTES,
            "config/database.yml": SQLITE,
            "config/puma.rb": "plugin :solid_queue\n",
        },
        has: [],
        hasNot: ["SOLID_QUEUE_IN_PUMA", "jobs:", "health"],
        containers: ["web"],
    },
    "a development Compose file": {
        files: {
            "Gemfile.lock": lock("7.1.5", "pg", "redis", "sidekiq"),
            Dockerfile: PUMA,
            "config/database.yml": "production:\n  url: <%= ENV['DATABASE_URL'] %>\n",
            "docker-compose.yml": `version: "3"
services:
  postgres:
    image: postgres:15-alpine
    ports: ["5432:5432"]
    environment:
      POSTGRES_PASSWORD: hunter2
    volumes: ["pg:/var/lib/postgresql/data"]
    healthcheck: { test: ["CMD-SHELL", "pg_isready"], interval: 5s }
  redis: { image: redis:7-alpine }
  mail: { image: axllent/mailpit, ports: ["8025:8025"] }
  web: &app
    build: { context: ., args: { BUNDLE_WITHOUT: "" } }
    command: bash -c "rm -f tmp/pids/server.pid && bin/rails s -b 0.0.0.0"
    volumes: [".:/app", "bundle:/usr/local/bundle", "/app/tmp"]
    ports: ["3000:3000"]
    stdin_open: true
    tty: true
    depends_on: [postgres, redis, mail]
    environment:
      RAILS_ENV: development
      DATABASE_URL: postgres://postgres:hunter2@postgres:5432/shop_development
      REDIS_URL: redis://redis:6379/0
      SMTP_ADDRESS: mail
      SMTP_PORT: 1025
      SECRET_TOKEN: abcdef123456
      API_URL: "http://user:pass@api.example.com"
  sidekiq: { <<: *app, command: bundle exec sidekiq, ports: [] }
  tests: { <<: *app, profiles: [test], command: bin/rspec }
volumes: { pg: {}, bundle: {} }
networks: { default: {} }
`,
        },
        has: [
            'version: "15-alpine"',
            'railsEnv: "development"',
            'secrets: ["SECRET_TOKEN", "API_URL"]',
            "publish: { port: 5432 }",
        ],
        hasNot: ["hunter2", "abcdef123456", "user:pass", "rspec", "bundle:"],
        containers: ["mail", "postgres", "redis", "web", "web-sidekiq"],
    },
    "a Compose file whose web process alone has an entrypoint": {
        files: {
            Dockerfile: PUMA,
            "compose.yml": `services:
  web: { build: ., entrypoint: [bin/start], command: bin/rails server, ports: ["3000:3000"] }
  worker: { build: ., command: bin/jobs }
`,
        },
        has: ['entrypoint: ["bin/start"]', "entrypoint: []"],
        containers: ["web", "web-worker"],
    },
    "a Compose file with secrets as files, a migration and a proxy": {
        files: {
            Dockerfile: PUMA,
            "secrets/db.txt": "s3cret\n",
            "compose.yml": `name: warehouse
services:
  db:
    image: postgres
    environment: { POSTGRES_PASSWORD_FILE: /run/secrets/db_password, POSTGRES_DB: warehouse }
    secrets: [db_password]
    volumes: [ "./initdb:/docker-entrypoint-initdb.d:ro", "data:/var/lib/postgresql" ]
  migrate:
    build: .
    command: bin/rails db:migrate
    environment: { PGHOST: db }
  app:
    build: .
    secrets: [db_password, api_key]
    expose: ["3000"]
    depends_on: { migrate: { condition: service_completed_successfully }, db: { condition: service_healthy } }
    environment: { PGHOST: db, WORKER_URL: "http://app:3000/jobs" }
    deploy: { resources: { limits: { memory: 512M, cpus: "0.5" } }, replicas: 2 }
    privileged: true
  proxy:
    image: traefik:v3
    ports: ["80:80", "443:443/tcp", "443:443/udp"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
secrets:
  db_password: { file: ./secrets/db.txt }
  api_key: { external: true }
`,
            "initdb/01.sql": "select 1;\n",
        },
        has: [
            'migration: ["bin/rails", "db:migrate"]',
            '"01.sql": readFileSync("../initdb/01.sql", "utf8")',
            'memory: "512m"',
            "cpus: 0.5",
        ],
        hasNot: ["docker.sock", "s3cret", "privileged"],
        exitCode: 2,
        containers: ["app", "app-2", "db", "proxy"],
    },
};

test("every program compiles", async () => {
    const programs = await Promise.all(Object.values(SHAPES).map(({ files }) => initialize(files)));
    const errors = compileErrors(programs.map(({ program }) => program));
    expect(
        Object.keys(SHAPES)
            .filter((_, i) => errors[i]?.length !== 0)
            .concat(errors.flat()),
    ).toEqual([]);
});

test.each(Object.entries(SHAPES))("%s", async (_, { files, has, hasNot = [], exitCode = 0, containers }) => {
    const result = await initialize(files);
    for (const text of has) expect(result.program).toContain(text);
    for (const text of hasNot) expect(result.program).not.toContain(text);
    for (const secret of ["hunter2", "abcdef123456", "s3cret", "user:pass"])
        expect(everything(result)).not.toContain(secret);
    expect({ exitCode: result.exitCode, output: result.output }).toMatchObject({ exitCode });
    const { names } = await declare(result);
    expect(names(CONTAINER)).toEqual(containers);
});

describe("a Dockerfile", () => {
    test("is written if it is missing, for the Ruby and the gems of the application", async () => {
        const { read } = await initialize(SHAPES["Rails 6.1 without a Dockerfile"]?.files ?? {});
        const Dockerfile = read("Dockerfile");
        expect(Dockerfile).toContain("ARG RUBY_VERSION=3.3.6");
        expect(Dockerfile).toContain("libpq-dev");
        expect(Dockerfile).toContain("yarn install --frozen-lockfile");
        expect(Dockerfile).toContain("EXPOSE 3000");
        expect(read(".dockerignore")).toContain("/infra/");
    });

    test("is kept if it exists, and infra is added to .dockerignore", async () => {
        const { read } = await initialize({
            Dockerfile: PUMA,
            "Gemfile.lock": lock("8.0.2", "pg"),
            ".dockerignore": "/log\n",
        });
        expect(read("Dockerfile")).toBe(PUMA);
        expect(read(".dockerignore")).toMatch(/^\/log\n[^]*\n\/infra\/\n$/);
    });
});

describe("existing files", () => {
    const files = {
        Dockerfile: PUMA,
        "Gemfile.lock": lock("8.0.2", "sqlite3"),
        "infra/index.ts": "// mine\n",
    };

    test("are kept with --yes, which shows the difference and ends with exit code 2", async () => {
        const { read, output, exitCode } = await initialize(files);
        expect(read("infra/index.ts")).toBe("// mine\n");
        expect(output).toContain("-// mine");
        expect(exitCode).toBe(2);
    });

    test("are replaced if the user says so", async () => {
        const { program, exitCode } = await initialize(files, { confirms: true });
        expect(program).toContain("new RailsWebApp");
        expect(exitCode).toBe(0);
    });

    test("are left alone by a second run", async () => {
        const { directory } = await initialize({
            Dockerfile: PUMA,
            "Gemfile.lock": lock("8.0.2", "sqlite3"),
        });
        const { written, exitCode } = await initializeIn(directory);
        expect(written).toEqual({});
        expect(exitCode).toBe(0);
    });
});

test("an empty directory gets a program with a database", async () => {
    const result = await initialize({});
    expect(result.exitCode).toBe(0);
    expect(result.output).toContain("There is no application yet");
    expect(compileErrors([result.program])).toEqual([[]]);
    expect((await declare(result)).names(CONTAINER)).toEqual(["db"]);
});

test("--strict writes nothing if a key is left out", async () => {
    const compose = "services:\n  web: { build: ., privileged: true }\n";
    const result = await initialize({ Dockerfile: PUMA, "compose.yaml": compose }, { strict: true });
    expect(result.exitCode).toBe(1);
    expect(result.written).toEqual({});
    expect(result.rows).toEqual([expect.stringContaining("web privileged no")]);
    expect(result.output).toContain("\n1 key would be left out, so nothing is written (--strict).");
});

test.each([
    ["Compose", { "compose.yaml": 'name: shop\nservices: { cache: { image: "redis:8" } }\n' }],
    ["Kamal", { "config/deploy.yml": "service: shop\nservers: [192.0.2.10]\n" }],
])("the project has the name of the %s file, or that of --name", async (_, files: Files) => {
    const named = (name?: string) => initialize(files, { name });
    expect((await named()).read("infra/Pulumi.yaml")).toMatch(/^name: shop\n/);
    expect((await named("store")).read("infra/Pulumi.yaml")).toMatch(/^name: store\n/);
});

test.each([
    ["compose.yaml", "services:\n  web: [\n   x: : y\n"],
    ["config/deploy.yml", "service: shop\nservers: [192.0.2.10\nenv: x: y\n"],
    ["config/deploy.staging.yml", "servers: [\n"],
])("nothing is written if %s cannot be read", async (path, content) => {
    const result = await initialize(
        { "config/deploy.yml": "service: shop\n", [path]: content },
        path === "compose.yaml" ? { from: "compose" } : {},
    );
    expect(result.exitCode).toBe(1);
    expect(result.output).toContain(`${path}:`);
    expect(result.written).toEqual({});
});
