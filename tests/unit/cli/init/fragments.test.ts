import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { COMMAND, CONTAINER, IMAGE, TASK_CONTAINER, VOLUME } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { FRAGMENTS } from "./fragments.ts";
import {
    declare,
    environment,
    everything,
    type Initialized,
    initialize,
    removeApplications,
} from "./initialize.ts";

afterAll(removeApplications);

/** Rows of the report about a key. */
function rowsOf({ rows }: Initialized, key: string): string[] {
    return rows.filter((row) => row.split(" ")[1] === key);
}

describe("the program of each fragment", () => {
    const names = Object.keys(FRAGMENTS) as (keyof typeof FRAGMENTS)[];

    test("compiles", async () => {
        const programs = await Promise.all(names.map((name) => initialize(FRAGMENTS[name])));
        expect(compileErrors(programs.map(({ program }) => program))).toEqual(programs.map(() => []));
    });

    test.each(names)("%s is accepted by the components", async (name) => {
        const { declared } = await declare(await initialize(FRAGMENTS[name]));
        expect(declared.map(({ type }) => type)).toContain(CONTAINER);
    });

    test.each(names)("%s has only keys that Drydock knows", async (name) => {
        const { rows } = await initialize(FRAGMENTS[name]);
        expect(rows.filter((row) => row.includes("is not a key that Drydock knows"))).toEqual([]);
    });
});

test("parts of a connection come from it, without a URL or the password of the file", async () => {
    const result = await initialize(FRAGMENTS.partsOfAConnection);
    expect(everything(result)).not.toContain("change-me");
    const { one, names } = await declare(result);
    const env = environment(one(CONTAINER, "web"));
    expect(env).toMatchObject({
        DB_HOST: "depot-dev-db",
        DB_PORT: "5432",
        DB_USER: "depot",
        DB_NAME: "depot_live",
        DB_PASS: "generatedPassword",
    });
    expect(env).not.toHaveProperty("DATABASE_URL");
    expect(names(TASK_CONTAINER)).toHaveLength(1);
});

test("a search server is a Service with its limits, and an alias of the application", async () => {
    const result = await initialize(FRAGMENTS.searchServer);
    expect(result.program).toContain("links: { opensearch: search.connection }");
    const { one } = await declare(result);
    expect(environment(one(CONTAINER, "search"))["discovery.type"]).toBe("single-node");
    expect(one(CONTAINER, "search").inputs.ulimits).toEqual([{ name: "memlock", soft: -1, hard: -1 }]);
    expect(environment(one(CONTAINER, "web")).OPENSEARCH_URL).toBe("http://depot-dev-search:9200");
});

test("a command is split into words as a shell does", async () => {
    const { one } = await declare(await initialize(FRAGMENTS.noHttp));
    expect(one(CONTAINER, "cache").inputs.command).toEqual(["memcached", "-m", "128", "-I", "2m"]);
});

test("one image is one application with processes, and a command that ends is a Task", async () => {
    const { one, names } = await declare(await initialize(FRAGMENTS.oneImage));
    expect(names(CONTAINER)).toEqual(["web", "web-cable", "web-clock", "web-mail"]);
    expect(environment(one(CONTAINER, "web-mail")).JOB_CONCURRENCY).toBe("2");
    expect(environment(one(CONTAINER, "web")).JOB_CONCURRENCY).toBeUndefined();
    expect(one(CONTAINER, "web-cable").inputs).toMatchObject({ entrypoints: ["bin/cable"] });
    expect(one(CONTAINER, "web-cable").inputs.ports).toEqual([
        expect.objectContaining({ internal: 8080, external: 8081, ip: "127.0.0.1" }),
    ]);
    expect(names("drydock:index:Task")).toEqual(["keys"]);
});

test("a build keeps its paths below infra, and no secret is a build argument", async () => {
    const result = await initialize(FRAGMENTS.buildAndImage);
    expect(result.program).toContain('context: "../app"');
    expect(result.program).toContain('dockerfile: "../app/docker/Dockerfile.web"');
    expect(result.program).not.toMatch(/GEM_TOKEN|depot:dev/);
    expect(result.settings.uid).toMatchObject({ default: "1000" });
    expect(rowsOf(result, "image")).toEqual([expect.stringContaining("dropped")]);
    expect(rowsOf(result, "build.args.GEM_TOKEN")).toEqual([
        expect.stringContaining("add it to `build.secrets`"),
    ]);
    expect((await declare(result)).one(IMAGE).inputs.build).toMatchObject({ args: { UID: "1000" } });
});

test("env files stay files, and the program has none of their values", async () => {
    const result = await initialize(FRAGMENTS.envFiles);
    expect(result.program).toContain(
        'envFiles: [{ path: "../.env" }, { path: "../.env.local", optional: true }]',
    );
    expect(everything(result)).not.toMatch(/a\$b#c|two/);
    const { one } = await declare(result);
    expect(environment(one(CONTAINER, "web"))).toMatchObject({
        LOG_LEVEL: "warn",
        SMTP_PASSWORD: "a$b#c",
        EMPTY: "",
    });
});

test("interpolation becomes settings, with their defaults", async () => {
    const result = await initialize(FRAGMENTS.interpolation);
    expect(result.settings).toMatchObject({
        tag: { type: "string", default: "stable" },
        port: { type: "integer", default: 3000 },
        dsn: { default: "" },
        level: { default: "" },
    });
    expect(result.settings.host).not.toHaveProperty("default");
    const { one } = await declare(result, { host: "depot.example.com", level: "yes" });
    expect(environment(one(CONTAINER, "web"))).toMatchObject({
        HOST: "depot.example.com",
        PRICE: "5$",
        DSN: "",
        LEVEL: "on",
    });
    const off = await declare(result, { host: "depot.example.com" });
    expect(environment(off.one(CONTAINER, "web")).LEVEL).toBe("");
});

test("data above or below the default path has a dataPath", async () => {
    const { program } = await initialize(FRAGMENTS.dataOneLevelOff);
    expect(program).toContain('dataPath: "/var/lib/postgresql/18/docker"');
    expect(program).toContain('hostPath: resolve("../pg18")');
    expect(program).toContain('dataPath: "/var/lib/postgresql/data/cluster"');
});

test("a shared volume is a Volume, a mounted file is copied, and the host name resolves", async () => {
    const result = await initialize(FRAGMENTS.inCommon);
    const { one, names } = await declare(result);
    expect(names(VOLUME)).toHaveLength(1);
    expect(result.program).toContain(
        'files: { "/etc/nginx/conf.d/default.conf": { source: "../ops/front.conf" } }',
    );
    const mounts = (name: string) => one(CONTAINER, name).inputs.volumes as { readOnly?: boolean }[];
    expect(mounts("front").map(({ readOnly }) => readOnly)).toEqual([true]);
    expect(mounts("web").map(({ readOnly }) => readOnly ?? false)).toEqual([false]);
    const networks = (name: string) =>
        one(CONTAINER, name).inputs.networksAdvanced as { aliases?: string[]; name: string }[];
    const [own] = networks("web").filter(({ aliases }) => aliases?.includes("web"));
    expect(networks("front").map(({ name }) => name)).toContain(own?.name);
});

test("options of Redis become settings, and its password is generated", async () => {
    const result = await initialize(FRAGMENTS.redisOptions);
    expect(result.program).toContain('save: "\\"\\"\\n900 1"');
    expect(result.program).toContain('maxmemory: "200mb"');
    expect(result.program).not.toMatch(/requirepass|REDIS_PASS/);
    const { one } = await declare(result);
    expect(environment(one(CONTAINER, "web")).REDIS_URL).toBe(
        "redis://default:generatedPassword@depot-dev-cache:6379/2",
    );
});

test("Rails' default with SQLite needs no server", async () => {
    const result = await initialize(FRAGMENTS.sqlite);
    expect(result.exitCode).toBe(0);
    expect(result.program).not.toMatch(/Postgres|Redis/);
    expect(result.secrets).toEqual({ masterKey: "0123456789abcdef0123456789abcdef" });
    expect(everything(result)).not.toContain("0123456789abcdef");
    const { one, names } = await declare(result);
    const { inputs } = one(CONTAINER, "web");
    expect(inputs.ports).toEqual([
        expect.objectContaining({ internal: 80, external: 3000, ip: "127.0.0.1" }),
    ]);
    expect(inputs.volumes).toEqual([expect.objectContaining({ containerPath: "/rails/storage" })]);
    expect(environment({ inputs })).toMatchObject({
        SOLID_QUEUE_IN_PUMA: "true",
        RAILS_MASTER_KEY: "secret-masterKey",
    });
    expect(one(VOLUME).options.protect).toBe(true);
    expect(names("drydock:index:Task")).toEqual(["web-migration"]);
});

test("four databases are one server, with their names and variables", async () => {
    const { one, names } = await declare(await initialize(FRAGMENTS.fourDatabases));
    expect(names("drydock:index:PostgresService")).toEqual(["db"]);
    const env = environment(one(CONTAINER, "web"));
    expect(env.DATABASE_URL).toMatch(/^postgres:\/\/orchard:.*\/orchard_production$/);
    for (const name of ["cache", "queue", "cable"])
        expect(env[`${name.toUpperCase()}_DATABASE_URL`]).toMatch(new RegExp(`/orchard_production_${name}$`));
});

test("separate variables of Kamal are set in addition to DATABASE_URL", async () => {
    const result = await initialize(FRAGMENTS.separateVariables);
    expect(result.program).toContain('version: "16.4"');
    expect(result.program).not.toContain("ferry-db");
    expect(result.program).toContain('secrets: ["RAILS_MASTER_KEY"]');
    const { one } = await declare(result);
    const host = environment(one(CONTAINER, "ferry")).DB_HOST ?? "";
    expect(host).toMatch(/-dev-db$/);
    expect(environment(one(CONTAINER, "ferry"))).toMatchObject({
        DATABASE_URL: `postgres://ferry:generatedPassword@${host}:5432/ferry_production`,
        DB_USER: "ferry",
        DB_NAME: "ferry_production",
        DB_PASSWORD: "generatedPassword",
    });
});

test("roles are processes with their own options and variables", async () => {
    const { one } = await declare(await initialize(FRAGMENTS.roles));
    const worker = one(CONTAINER, "web-worker").inputs;
    expect(worker).toMatchObject({ memory: 2048, stopTimeout: 30 });
    expect(worker.command).toEqual(["bundle", "exec", "sidekiq", "-C", "config/side kiq.yml"]);
    expect(one(CONTAINER, "web").inputs.memory).toBe(1024);
    expect(environment(one(CONTAINER, "web-listener")).QUEUE).toBe("slow");
    expect(environment(one(CONTAINER, "web")).QUEUE).toBeUndefined();
});

describe("destinations and ERB", () => {
    test("become stacks, and no code is run", async () => {
        const result = await initialize(FRAGMENTS.destinations);
        expect(existsSync(join(result.directory, "canary"))).toBe(false);
        expect(result.exitCode).toBe(2);
        expect(result.output).toContain(
            '<%= ENV.fetch("KILN_IMAGE", "acme/kiln") %> is Ruby, which is not run',
        );
        expect(result.output).toContain("its value is unknown");
        expect(result.output).toContain(
            "write `docker:host: ssh://deploy@<host>:2222` under `config` in infra/Pulumi.staging.yaml",
        );
    });

    test("ask for the host and the state", async () => {
        const { read, written, asked } = await initialize(FRAGMENTS.destinations, {
            answers: { "host of staging": "kiln.example.com", "backend of staging": "s3://state" },
        });
        expect(asked.map(({ id }) => id)).toEqual([
            "value of LEVEL",
            "host of staging",
            "backend of staging",
        ]);
        expect(read("infra/Pulumi.staging.yaml")).toContain(
            "docker:host: ssh://deploy@kiln.example.com:2222",
        );
        expect(read("infra/Pulumi.staging.yaml")).toContain("drydock:backend: s3://state");
        expect(written[".github/workflows/drydock-deploy.yml"]).toContain("options: [staging]");
    });
});

describe("secrets", () => {
    test("in files and variables are set with --yes, and the rest are listed", async () => {
        const result = await initialize(FRAGMENTS.secrets, { environment: { SAML_KEY: "saml" } });
        expect(result.program).toContain('secrets: ["STRIPE_KEY", "RAILS_MASTER_KEY", "SAML_KEY"]');
        expect(result.secrets).toEqual({ RAILS_MASTER_KEY: "fedcba9876543210", SAML_KEY: "saml" });
        expect(result.commands).toEqual([]);
        expect(result.exitCode).toBe(2);
        expect(result.output).toContain("npx pulumi-drydock secrets set STRIPE_KEY --stack dev");
    });

    test("are read from `kamal secrets print` with consent, with all of their lines", async () => {
        const pem = "-----BEGIN KEY-----\nabc\nd=ef\n-----END KEY-----";
        const result = await initialize(FRAGMENTS.secrets, {
            runCommands: true,
            environment: { SAML_KEY: "saml-value" },
            commandOutput: `SECRETS={}\nSTRIPE_KEY=${pem}\nRAILS_MASTER_KEY=x\n`,
        });
        expect(result.commands).toEqual([["kamal", "secrets", "print"]]);
        expect(result.secrets.STRIPE_KEY).toBe(pem);
        expect(result.exitCode).toBe(0);
        expect(everything(result)).not.toMatch(/BEGIN KEY|saml-value|fedcba/);
    });
});

test("a proxy becomes a Gateway, with TLS only on the stack of a server", async () => {
    const result = await initialize(FRAGMENTS.proxy, {
        answers: { "trusted proxies": "10.0.0.0/8", "backend of production": "s3://state" },
    });
    expect(result.asked.map(({ id }) => id)).toContain("trusted proxies");
    expect(result.settings).toMatchObject({
        atlasHosts: { default: "atlas.example.com.localhost,www.atlas.example.com.localhost" },
        gatewayTls: { default: "off" },
        gatewayPort: { default: 8080 },
        gatewayIp: { default: "127.0.0.1" },
    });
    const { config } = parse(result.read("infra/Pulumi.production.yaml")) as { config: object };
    expect(config).toMatchObject({
        "atlas:atlasHosts": "atlas.example.com,www.atlas.example.com",
        "atlas:gatewayTls": "auto",
        "atlas:gatewayPort": "80",
        "atlas:gatewayIp": "0.0.0.0",
    });
    expect(result.program).toContain('trustedProxies: ["10.0.0.0/8"]');
    for (const key of ["proxy.hosts", "proxy.response_timeout", "proxy.buffering", "proxy.ssl"])
        expect(rowsOf(result, key)).toEqual([expect.stringContaining(" yes ")]);

    expect(result.program).toContain(
        'atlasHosts.split(",").map((host) => ({ gateway: gateway.connection, host, timeout: 90, maxBody: "50m" }))',
    );
    const { one } = await declare(result);
    const { environment } = one(COMMAND, "atlas-routes").inputs as { environment: { ROUTES: string } };
    expect(environment.ROUTES).toContain("www.atlas.example.com.localhost");
    expect(environment.ROUTES).toContain("response_header_timeout 90s");
    expect(environment.ROUTES).toContain("max_size 50MiB");
    expect(environment.ROUTES).not.toContain("redir");
    await declare(result, { atlasHosts: "atlas.example.com", gatewayTls: "auto", gatewayPort: "80" });
});

test("a proxy behind another one is an open item until its networks are known", async () => {
    const { exitCode, output } = await initialize(FRAGMENTS.proxy);
    expect(exitCode).toBe(2);
    expect(output).toContain("Which proxies are in front of the gateway? (config/deploy.yml:7 trusts");
    expect(output).toContain('for example `trustedProxies: ["10.0.0.0/8"]`');
});

test("the proxy of Kamal 1 is read from its labels and its health check", async () => {
    const result = await initialize(FRAGMENTS.kamal1);
    expect(result.program).toContain("port: 3000");
    expect(result.program).toContain('health: { path: "/healthz", waitTimeout: 210 }');
    expect(result.settings.loomHosts).toMatchObject({
        default: "loom.example.com.localhost,www.loom.example.com.localhost",
    });
    const { config } = parse(result.read("infra/Pulumi.production.yaml")) as { config: object };
    expect(config).toMatchObject({
        "loom:loomHosts": "loom.example.com,www.loom.example.com",
        "loom:gatewayTls": "auto",
    });
    expect(result.program).toContain('email: gatewayTls === "auto" ? "ops@example.com" : undefined');
    const { one } = await declare(result, { gatewayTls: "auto", gatewayPort: "80" });
    const { uploads } = one(CONTAINER, "gateway").inputs as { uploads: { content: string }[] };
    expect(uploads[0]?.content).toContain("email ops@example.com");
    expect(rowsOf(result, "labels.traefik.http.middlewares.auth.basicauth.users")).toEqual([
        expect.stringContaining("no file has the users"),
    ]);
    expect(result.program).toContain('labels: { team: "loom" }');
});

test("options of a database server become settings, and its init files become scripts", async () => {
    const result = await initialize(FRAGMENTS.serverSettings);
    for (const text of [
        'version: "17"',
        'image: "timescale/timescaledb-ha:pg17"',
        'memory: "4g"',
        'sharedMemory: "1g"',
        '"setup.sql": readFileSync("../db/init.sql", "utf8")',
    ])
        expect(result.program).toContain(text);
    expect(rowsOf(result, "files./docker-entrypoint-initdb.d/setup.sql")).toEqual([
        expect.stringContaining("for an empty database only"),
    ]);
    expect(rowsOf(result, "files./etc/postgresql/postgresql.conf")).toEqual([
        expect.stringContaining("no  the file is left out"),
    ]);
    const { one } = await declare(result);
    expect(one(CONTAINER, "db").inputs.command).toEqual(
        expect.arrayContaining(["shared_buffers=1GB", "shared_preload_libraries=pg_stat_statements"]),
    );
});

describe("a Procfile beside Solid Queue in Puma", () => {
    test("has the migration, and no process for release, development or recurring jobs", async () => {
        const result = await initialize(FRAGMENTS.procfile);
        expect(result.program).toContain('migration: ["bin/rails", "db:migrate"]');
        const { one, names } = await declare(result);
        expect(names(CONTAINER)).toEqual(["db", "web"]);
        expect(one(CONTAINER, "web").inputs.command).toEqual([
            "bundle",
            "exec",
            "puma",
            "-C",
            "config/puma.rb",
        ]);
        expect(environment(one(CONTAINER, "web")).SOLID_QUEUE_IN_PUMA).toBe("true");
        expect(result.output).toContain("config/recurring.yml: Solid Queue runs these jobs itself");
    });

    test("asks whether the jobs run in Puma or in a process, and never runs them in both", async () => {
        const { asked, program } = await initialize(FRAGMENTS.procfile, { answers: { jobs: "process" } });
        expect(asked.map(({ id }) => id)).toContain("jobs");
        expect(program).toContain('jobs: { command: ["bin/jobs"] }');
        expect(program).not.toContain("SOLID_QUEUE_IN_PUMA");
    });

    test("keeps the command of the Dockerfile", async () => {
        const Dockerfile = 'FROM scratch\nCMD ["bin/rails", "server"]\n';
        const { program } = await initialize({ ...FRAGMENTS.procfile, Dockerfile });
        expect(program).not.toContain("command:");
    });
});
