import * as drydock from "pulumi-drydock";

const context = "tests/e2e/rails-new";
const ports = { publish: {} };

// On a slow machine, ten applications and their services take more than the default time to start together.
const health = { waitTimeout: 600 };

/** Declares ten applications with the shapes of public ones. `level` is a variable of all of them. */
export function declare(level: string) {
    const env = { RAILS_LOG_LEVEL: level };
    // With `init`, a process that sleeps ends at once when it is stopped.
    const common = { env, ...ports, health, init: true };
    const sqlite = new drydock.RailsWebApp("grove", {
        ...common,
        build: { context },
        storage: {},
        processes: { worker: { command: ["sleep", "infinity"], env: { QUEUE: "default" } } },
    });
    const parts = new drydock.PostgresService("depot-db", {
        health,
        database: "depot_live",
        username: "depot",
        aliases: ["postgres"],
    });
    const depot = new drydock.RailsWebApp("depot", {
        ...common,
        build: { context, args: { DATABASE: "parts" } },
        database: parts.connection,
        variables: {
            database: {
                host: "DB_HOST",
                port: "DB_PORT",
                username: "DB_USER",
                password: "DB_PASS",
                name: "DB_NAME",
            },
        },
        links: { memcached: memcached() },
    });
    return {
        grove: sqlite.url,
        depot: depot.url,
        atlas: libpq(depot.image, common),
        ferry: withUrlAndParts(depot.image, common),
        stand: processes(sqlite.image, common),
        press: behindProxy(sqlite.image, common),
        till: environment(sqlite.image, common),
        finder: search(sqlite.image, common),
        lens: mail(sqlite.image, common),
        crate: queue(sqlite.image, common),
    };
}

type Common = Pick<drydock.RailsWebAppArgs, "env" | "publish" | "health">;
type Image = drydock.RailsWebAppArgs["image"];

function memcached() {
    const command = ["memcached", "-m", "16", "-I", "2m"];
    const cache = new drydock.Service("depot-cache", {
        image: "memcached:1.6",
        health,
        command,
        port: 11211,
        connection: { scheme: "memcached" },
    });
    return cache.connection;
}

/** libpq's variables, and two Redis with limits. */
function libpq(image: Image, common: Common) {
    const db = new drydock.PostgresService("atlas-db", {
        health,
        settings: { max_connections: "20" },
        memory: "256m",
    });
    const cache = new drydock.RedisService("atlas-cache", {
        health,
        settings: { maxmemory: "20mb" },
        persistent: false,
    });
    const app = new drydock.RailsWebApp("atlas", {
        ...common,
        image,
        database: db.connection,
        redis: cache.connection,
        variables: {
            database: { style: drydock.LinkStyle.Libpq },
            redis: { database: "2", url: "CACHE_URL" },
        },
        memory: "512m",
        cpus: 2,
    });
    return app.url;
}

/** `DATABASE_URL` for Rails, and the parts for other code. */
function withUrlAndParts(image: Image, common: Common) {
    const db = new drydock.PostgresService("ferry-db", {
        health,
        database: "ferry_production",
        username: "ferry",
    });
    const app = new drydock.RailsWebApp("ferry", {
        ...common,
        image,
        database: db.connection,
        variables: {
            database: { url: "DATABASE_URL", host: "DB_HOST", username: "DB_USER", password: "DB_PASS" },
        },
    });
    return app.url;
}

/** One image, five processes. */
function processes(image: Image, common: Common) {
    const idle = ["sleep", "infinity"];
    const app = new drydock.RailsWebApp("stand", {
        ...common,
        image,
        storage: {},
        processes: {
            mail: { command: idle, env: { JOB_CONCURRENCY: "2" } },
            clock: { command: idle, after: ["web"], overlap: false, restart: "always" },
            cable: {
                entrypoint: ["bin/rails"],
                command: ["server", "--port", "8080"],
                ports: { cable: { port: 8080, publish: {} } },
                health: { ...health, path: "/up" },
            },
            keys: { command: ["sh", "-c", "id -u; sleep infinity"], user: "0:0" },
        },
    });
    return app.url;
}

/** nginx in front, with a volume and a name in common. */
function behindProxy(image: Image, common: Common) {
    const assets = new drydock.Volume("press-assets");
    const app = new drydock.RailsWebApp("press-web", {
        ...common,
        image,
        storage: {},
        aliases: ["web"],
        mounts: [{ path: "/rails/public/shared", source: assets.source }],
    });
    const front = new drydock.Service("press", {
        image: "nginx:1.26",
        health,
        port: 80,
        publish: {},
        connection: { scheme: "http" },
        links: { web: drydock.requireEndpoint(app.endpoints, "web") },
        files: { "/etc/nginx/conf.d/default.conf": { source: "tests/e2e/applications/front.conf" } },
        mounts: [{ path: "/srv/shared", source: assets.source, readOnly: true }],
    });
    return front.url;
}

/** Variables from a file. */
function environment(image: Image, common: Common) {
    const app = new drydock.RailsWebApp("till", {
        ...common,
        image,
        storage: {},
        envFiles: [
            { path: "tests/e2e/applications/till.env" },
            { path: "tests/e2e/applications/missing.env", optional: true },
        ],
    });
    return app.url;
}

/** A search server with data and dotted variables, to which nginx answers here. */
function search(image: Image, common: Common) {
    const server = new drydock.Service("finder-search", {
        image: "nginx:1.26",
        health,
        port: 80,
        env: { "discovery.type": "single-node" },
        ulimits: { nofile: { soft: 1024 } },
        data: { path: "/usr/share/opensearch/data" },
        connection: { scheme: "http" },
    });
    const app = new drydock.RailsWebApp("finder", {
        ...common,
        image,
        storage: {},
        links: { opensearch: server.connection },
    });
    return app.url;
}

/** A mail catcher. */
function mail(image: Image, common: Common) {
    const server = new drydock.Service("lens-mail", {
        image: "axllent/mailpit:v1.33",
        health: { ...health, command: ["/mailpit", "readyz"], interval: 5 },
        port: 1025,
        ports: { inbox: { port: 8025, scheme: "http", publish: {} } },
        connection: { scheme: "smtp" },
    });
    const app = new drydock.RailsWebApp("lens", {
        ...common,
        image,
        storage: {},
        links: { smtp: server.connection },
    });
    return app.url;
}

/** A message queue with a generated password. */
function queue(image: Image, common: Common) {
    const server = new drydock.Service("crate-queue", {
        image: "rabbitmq:4.0",
        health,
        port: 5672,
        hostname: "queue",
        env: { RABBITMQ_DEFAULT_USER: "crate" },
        password: { variable: "RABBITMQ_DEFAULT_PASS" },
        data: { path: "/var/lib/rabbitmq" },
        connection: { scheme: "amqp", username: "crate" },
    });
    const app = new drydock.RailsWebApp("crate", {
        ...common,
        image,
        storage: {},
        links: { rabbitmq: server.connection },
    });
    return app.url;
}
