import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    Engine,
    PostgresService,
    RailsWebApp,
    RedisService,
    requireEndpoint,
    Service,
    Task,
    Volume,
    WebApp,
} from "../../components/index.ts";
import { COMMAND, CONTAINER, GENERATED, type Run, TASK_CONTAINER } from "../../testing/index.ts";
import { nonSecretText, runOn } from "./engines/index.ts";

// Parts of Compose and Kamal files of real applications, written as programs.

const directory = mkdtempSync(join(tmpdir(), "drydock-fragments-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});
const write = (file: string, content: string) => {
    writeFileSync(join(directory, file), content);
    return join(directory, file);
};

type EngineRun = Awaited<ReturnType<typeof runOn>>;
const declare = (program: () => object | undefined) => runOn(Engine.Docker, () => program() ?? {});
const envOf = (run: EngineRun, name: string) => run.container(name).env as Record<string, string>;
const words = (value: unknown) => (value as string[]).join(" ");
const volumesOf = (run: Run, name: string) => run.one(CONTAINER, name).inputs.volumes;

test("an application reads the parts of its connection, and is migrated again on another volume", async () => {
    const depot = (volume?: string) =>
        declare(() => {
            const db = new PostgresService("db", { username: "depot", database: "depot_live", volume });
            new RailsWebApp("web", {
                image: "x:1",
                database: db.connection,
                variables: {
                    database: {
                        host: "DB_HOST",
                        port: "DB_PORT",
                        username: "DB_USER",
                        password: "DB_PASS",
                        name: "DB_NAME",
                    },
                },
            });
            return undefined;
        });
    const run = await depot();
    const env = envOf(run, "web");
    expect(env).toMatchObject({
        DB_HOST: "shop-dev-db",
        DB_PORT: "5432",
        DB_USER: "depot",
        DB_PASS: GENERATED.password,
        DB_NAME: "depot_live",
    });
    expect(env).not.toHaveProperty("DATABASE_URL");
    expect(words(run.one(TASK_CONTAINER).inputs.command)).toBe("bin/rails db:prepare");
    const triggers = ({ one }: Run) => one(COMMAND, "web-migration-run").inputs.triggers;
    expect(triggers(run)).not.toEqual(triggers(await depot("other")));
});

test("a search server has a variable with a dot, ulimits and protected data", async () => {
    const run = await declare(() => {
        const search = new Service("search", {
            image: "opensearchproject/opensearch:2.19.0",
            port: 9200,
            env: { "discovery.type": "single-node", OPENSEARCH_JAVA_OPTS: "-Xms256m -Xmx256m" },
            ulimits: { memlock: { soft: -1, hard: -1 } },
            data: { path: "/usr/share/opensearch/data" },
            protectData: true,
            connection: { scheme: "http" },
        });
        new WebApp("web", { image: "x:1", links: { opensearch: search.connection } });
        new WebApp("other", { image: "x:1" });
        return undefined;
    });
    expect(run.container("search").env).toEqual({
        "discovery.type": "single-node",
        OPENSEARCH_JAVA_OPTS: "-Xms256m -Xmx256m",
    });
    expect(run.one(CONTAINER, "search").inputs.ulimits).toEqual([{ name: "memlock", soft: -1, hard: -1 }]);
    expect(envOf(run, "web").OPENSEARCH_URL).toBe("http://shop-dev-search:9200");
    expect(run.container("web").networks).toEqual(run.container("search").networks);
    expect(run.container("other").networks).toEqual([]);
    expect(run.volumes).toContainEqual(expect.objectContaining({ protect: true }));
});

test("memcached is checked without HTTP, and linked by its URL", async () => {
    const run = await declare(() => {
        const command = ["memcached", "-m", "128", "-I", "2m"];
        const cache = new Service("cache", {
            image: "memcached:1.6-alpine",
            command,
            port: 11211,
            connection: { scheme: "memcached" },
        });
        new WebApp("web", { image: "x:1", links: { memcached: cache.connection } });
        return undefined;
    });
    const cache = run.container("cache");
    expect(cache.command).toEqual(["memcached", "-m", "128", "-I", "2m"]);
    expect(words(cache.health?.test)).not.toMatch(/curl|GET/);
    expect(cache.health?.test.at(-1)).toBe("11211");
    expect(cache.env).toEqual({});
    expect(envOf(run, "web").MEMCACHED_URL).toBe("memcached://shop-dev-cache:11211");
});

test("processes of one image differ in command, variables, order and ports, beside a task", async () => {
    const run = await declare(() => {
        const image = "registry.example.com/depot:4";
        const web = new RailsWebApp("depot", {
            image,
            command: ["bin/rails", "server"],
            processes: {
                mail: { command: ["bin/jobs", "--queues", "mail"], env: { JOB_CONCURRENCY: "2" } },
                clock: { command: ["bin/clock"], restart: "always", after: ["web"] },
                cable: {
                    entrypoint: ["bin/cable"],
                    ports: { cable: { port: 8080, publish: { port: 8081 } } },
                },
            },
        });
        new Task("keys", { image, command: ["bin/make-keys"], user: "0:0" }, { dependsOn: web });
        return undefined;
    });
    const names = ["depot", "depot-mail", "depot-clock", "depot-cable"];
    expect(names.filter((name) => "JOB_CONCURRENCY" in envOf(run, name))).toEqual(["depot-mail"]);
    expect(run.container("depot-clock").dependencies).toContainEqual(expect.stringMatching(/ depot$/));
    expect(run.one(CONTAINER, "depot-cable").inputs).toMatchObject({
        entrypoints: ["bin/cable"],
        ports: [{ internal: 8080, external: 8081 }],
    });
    expect(run.one(TASK_CONTAINER).inputs.user).toBe("0:0");
});

test("an application reads env files, which stay secret", async () => {
    const path = write(
        ".env",
        "export SMTP_PASSWORD='a$b#c'\nLOG_LEVEL=debug # noisy\nGREETING=\"two\\nlines\"\nEMPTY=\n",
    );
    const envFiles = [{ path }, { path: join(directory, ".env.local"), optional: true }];
    const run = await declare(() => ({
        web: new WebApp("web", { image: "depot:4", envFiles, env: { LOG_LEVEL: "warn" } }).url,
    }));
    expect(run.container("web").env).toMatchObject({
        SMTP_PASSWORD: "a$b#c",
        LOG_LEVEL: "warn",
        GREETING: "two\nlines",
        EMPTY: "",
    });
    expect(nonSecretText(run)).not.toContain("a$b#c");
});

test("Postgres finds data above or below its default path with dataPath", async () => {
    const run = await declare(() => {
        new PostgresService("new", {
            version: "18",
            hostPath: "/srv/pg18",
            dataPath: "/var/lib/postgresql/18/docker",
        });
        new PostgresService("old", {
            version: "16",
            volume: "oldpg",
            dataPath: "/var/lib/postgresql/data/cluster",
        });
        return undefined;
    });
    expect(envOf(run, "old").PGDATA).toBe("/var/lib/postgresql/data/cluster");
    expect(volumesOf(run, "old")).toMatchObject([
        { volumeName: "oldpg", containerPath: "/var/lib/postgresql/data" },
    ]);
    expect(volumesOf(run, "new")).toMatchObject([
        { hostPath: "/srv/pg18", containerPath: "/var/lib/postgresql/18/docker" },
    ]);
});

test("an application and nginx share a volume, and nginx has a file and reaches the application by its alias", async () => {
    const source = write("front.conf", "location / { proxy_pass http://web:3000; }");
    const run = await declare(() => {
        const assets = new Volume("assets");
        const web = new WebApp("web", {
            image: "x:1",
            aliases: ["web"],
            mounts: [{ path: "/rails/public", source: assets.source }],
        });
        new Service("front", {
            image: "nginx:1.29",
            port: 80,
            links: { web: requireEndpoint(web.endpoints, "web") },
            files: { "/etc/nginx/conf.d/default.conf": { source } },
            mounts: [{ path: "/srv/public", source: assets.source, readOnly: true }],
        });
        return undefined;
    });
    const volume = { volume: "shop.dev.assets" };
    expect(run.container("web").mounts).toMatchObject([{ ...volume, readOnly: false }]);
    expect(run.container("front").mounts).toMatchObject([{ ...volume, readOnly: true }]);
    expect(run.container("front").files).toHaveProperty(["/etc/nginx/conf.d/default.conf"]);
    expect(run.container("front").networks).toContain("shop-dev-web");
    expect(run.container("web").aliases).toMatchObject({ "shop-dev-web": ["web"] });
});

test("options of Redis are settings, and the application uses another database of it", async () => {
    const run = await declare(() => {
        const settings = { save: "900 1", appendonly: "no", maxmemory: "200mb" };
        const cache = new RedisService("cache", { settings });
        new RailsWebApp("web", {
            image: "x:1",
            redis: cache.connection,
            variables: { redis: { url: "REDIS_URL", database: "2" } },
        });
        return undefined;
    });
    const cache = run.container("cache");
    expect(JSON.stringify(cache.files)).toContain("\\nsave 900 1\\n");
    expect(words(cache.command)).not.toContain("save");
    expect(words(cache.command)).not.toContain(GENERATED.password);
    expect(envOf(run, "web").REDIS_URL).toBe(`redis://default:${GENERATED.password}@shop-dev-cache:6379/2`);
});

test("an application reads the parts of its connection beside the URL", async () => {
    const run = await declare(() => {
        const db = new PostgresService("ferry-db", {
            version: "16.4",
            username: "ferry",
            database: "ferry_production",
        });
        const variables = {
            url: "DATABASE_URL",
            host: "DB_HOST",
            username: "DB_USER",
            password: "DB_PASSWORD",
            name: "DB_NAME",
        };
        new RailsWebApp("ferry", {
            image: "x:1",
            database: db.connection,
            variables: { database: variables },
            masterKey: "0123456789abcdef",
        });
        return undefined;
    });
    const env = envOf(run, "ferry");
    expect(env).toMatchObject({
        DB_HOST: "shop-dev-ferry-db",
        DB_USER: "ferry",
        DB_NAME: "ferry_production",
        RAILS_MASTER_KEY: "0123456789abcdef",
    });
    expect(env.DATABASE_URL).toBe(
        `postgres://ferry:${env.DB_PASSWORD}@shop-dev-ferry-db:5432/ferry_production`,
    );
    expect(env).not.toHaveProperty("DB_PORT");
    // The migration reads them too.
    expect(JSON.stringify(run.one(TASK_CONTAINER).inputs.envs)).toContain("DB_HOST=shop-dev-ferry-db");
});
