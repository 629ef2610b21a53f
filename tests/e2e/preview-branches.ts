export const DEV = "stacks/sample.ts";

export const PASSWORD = "hunter2-of-the-vault";
/** Unique, because a killed test leaves its volume behind. */
const VOLUME = `spare-of-preview-test-${process.pid}`;

/** Additions to the dev stack that the branches change. */
export const BASE: Change[] = [
    [
        DEV,
        "    const web =",
        `    new RedisService("scratch", { persistent: false });
    new RedisService("vault", { password: pulumi.secret("${PASSWORD}") });
    new RedisService("spare", { volume: "${VOLUME}" });
    new RedisService("attic");
    const web =`,
    ],
];

export type Change = [file: string, from: string, to: string];

/** The changes of a branch, what the summary must contain, and the data that it must report as at risk. */
export interface Branch {
    changes: Change[];
    summary: (string | RegExp)[];
    risks?: string[];
    policies?: string[];
}

const PUBLISHED_REDIS: Change = [DEV, '"scratch", {', '"scratch", { publish: { port: 7777, ip: "0.0.0.0" },'];

/** Its image is not pulled yet, but the other options of `docker run` are known. */
const TASK_WITH_SOCKET: Change[] = [
    [DEV, "    RedisService,", "    RedisService,\n    Task,"],
    [
        DEV,
        "    const web =",
        `    new Task("look", {
        image: "redis:8.2",
        command: ["ls", "/socket"],
        links: { cache: cache.connection },
        mounts: [{ path: "/socket", hostPath: "/var/run/docker.sock" }],
    });
    const web =`,
    ],
];

/** Several changes of a kind in one branch. */
export const BRANCHES: Record<string, Branch> = {
    "no change": {
        changes: [],
        summary: ["## No change to the environment"],
    },
    "changes that keep all data": {
        changes: [
            ["apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from"],
            [DEV, 'memory: config.require("memory"),', 'memory: "512m", env: { GREETING: "ahoy-there" },'],
            ["Pulumi.yaml", "default: 3000", "default: 3007"],
            [DEV, '"scratch", { persistent: false }', '"scratch"'],
        ],
        summary: [
            "Components: 2 restarted",
            "its image is rebuilt",
            /\*\*sample\*\*.*\*\*restarts\*\*/,
            "`sample`: new variable `GREETING`",
            "`sample-worker`: new variable `GREETING`",
            "task `sample-migration` runs again",
            "`sample-migration`: new variable `GREETING`",
            "published on `127.0.0.1:3000` → `127.0.0.1:3007`",
            "- `127.0.0.1:3007` → `sample`",
            "volume `scratch-data` is created",
            /`scratch`: mounts nothing → `.*scratch at \/data`/,
        ],
    },
    "changes that lose data": {
        changes: [
            ["Pulumi.yaml", 'default: "17"', 'default: "18"'],
            [DEV, VOLUME, "other-of-preview-test"],
            [DEV, 'new RedisService("attic");', ""],
            [DEV, `password: pulumi.secret("${PASSWORD}")`, ""],
        ],
        summary: [
            "> **Data at risk**",
            "image `postgres:17` → `postgres:18`",
            `volume \`${VOLUME}\` → \`other-of-preview-test\`: \`${VOLUME}\` is no longer used; its data is kept`,
            /\*\*attic\*\*.*\*\*removed\*\*/,
            "password `vault-password` is created",
        ],
        risks: [
            "attic: volume `attic-data` is deleted with all its data",
            "db: PostgreSQL 18 cannot read the data of PostgreSQL 17",
            `spare: volume \`${VOLUME}\` is no longer mounted at \`/data\`: its data is kept`,
            "vault: its password changes: clients with the old password are locked out",
        ],
    },
    "violations of policies": {
        changes: [PUBLISHED_REDIS, ...TASK_WITH_SOCKET],
        summary: [
            "> **Policy violations**",
            "publish it on 127.0.0.1, or not at all (`database-not-published`)",
            "task `look` runs",
            "it mounts /var/run/docker.sock",
            "(`no-docker-socket`)",
        ],
        policies: ["database-not-published", "no-docker-socket"],
    },
};

/** Each of these changes in a branch of its own, and further ones of the same kinds. */
export const FURTHER_BRANCHES: Record<string, Branch> = {
    "a code change": {
        changes: [["apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from"]],
        summary: ["Components: 1 restarted", "its image is rebuilt", /\*\*sample\*\*.*\*\*restarts\*\*/],
    },
    "a new environment variable": {
        changes: [
            [DEV, 'memory: config.require("memory"),', 'memory: "512m", env: { GREETING: "ahoy-there" },'],
        ],
        summary: [
            "`sample`: new variable `GREETING`",
            "`sample-worker`: new variable `GREETING`",
            "task `sample-migration` runs again",
            "`sample-migration`: new variable `GREETING`",
        ],
    },
    "another port": {
        changes: [["Pulumi.yaml", "default: 3000", "default: 3007"]],
        summary: ["published on `127.0.0.1:3000` → `127.0.0.1:3007`", "- `127.0.0.1:3007` → `sample`"],
    },
    "a Redis that becomes persistent": {
        changes: [[DEV, '"scratch", { persistent: false }', '"scratch"']],
        summary: ["volume `scratch-data` is created", /`scratch`: mounts nothing → `.*scratch at \/data`/],
    },
    "another major version of Postgres": {
        changes: [["Pulumi.yaml", 'default: "17"', 'default: "18"']],
        summary: ["image `postgres:17` → `postgres:18`", "> **Data at risk**"],
        risks: ["db: PostgreSQL 18 cannot read the data of PostgreSQL 17"],
    },
    "another volume": {
        changes: [[DEV, VOLUME, "other-of-preview-test"]],
        summary: [
            `volume \`${VOLUME}\` → \`other-of-preview-test\`: \`${VOLUME}\` is no longer used; its data is kept`,
        ],
        risks: [`spare: volume \`${VOLUME}\` is no longer mounted at \`/data\`: its data is kept`],
    },
    "a removed component with data": {
        changes: [[DEV, `new RedisService("spare", { volume: "${VOLUME}" });`, ""]],
        summary: [/\*\*spare\*\*.*\*\*removed\*\*/],
        risks: ["spare: volume `spare-volume` is deleted with all its data"],
    },
    "a generated password": {
        changes: [[DEV, `password: pulumi.secret("${PASSWORD}")`, ""]],
        summary: ["password `vault-password` is created"],
        risks: ["vault: its password changes: clients with the old password are locked out"],
    },
    "a policy violation": {
        changes: [PUBLISHED_REDIS],
        summary: [
            "> **Policy violations**",
            "publish it on 127.0.0.1, or not at all (`database-not-published`)",
        ],
        policies: ["database-not-published"],
    },
    "a task with the Docker socket": {
        changes: TASK_WITH_SOCKET,
        summary: ["task `look` runs", "it mounts /var/run/docker.sock", "(`no-docker-socket`)"],
        policies: ["no-docker-socket"],
    },
    "another image version": {
        changes: [["Pulumi.yaml", 'default: "8"', 'default: "8.2"']],
        summary: ["image `redis:8` → `redis:8.2`", /\*\*cache\*\*.*\*\*restarts\*\*/],
    },
    "a renamed database": {
        changes: [[DEV, 'new PostgresService("db", {', 'new PostgresService("db", { database: "shop",']],
        summary: ["changed variable `POSTGRES_DB`", "changed variable `DATABASE_URL`"],
        risks: ["db: database `app` → `shop`"],
    },
    "a directory instead of the volume": {
        changes: [[DEV, `volume: "${VOLUME}"`, 'hostPath: "/srv/spare"']],
        summary: ["`/srv/spare at /data`", `volume \`${VOLUME}\` is no longer used; its data is kept`],
        risks: [`spare: volume \`${VOLUME}\` is no longer mounted at \`/data\`: its data is kept`],
    },
    "a removed component": {
        changes: [[DEV, 'new RedisService("scratch", { persistent: false });', ""]],
        summary: [
            "Components: 1 removed",
            /\*\*scratch\*\*.*\*\*removed\*\*/,
            "container `scratch` is removed",
        ],
    },
    "another password": {
        changes: [[DEV, PASSWORD, "another-password-of-the-vault"]],
        summary: ["`vault`: file `/run/drydock/redis-password` changes"],
        risks: ["vault: its password changes: clients with the old password are locked out"],
    },
    "another way for Redis to store data": {
        changes: [[DEV, `"${PASSWORD}")`, `"${PASSWORD}"), settings: { appendonly: "yes" }`]],
        summary: ["`vault`: file `/usr/local/etc/redis/redis.conf` changes"],
        risks: ["vault: `appendonly` is turned on"],
    },
    "an earlier version of Redis": {
        changes: [["Pulumi.yaml", 'default: "8"', 'default: "7.4"']],
        summary: ["image `redis:8` → `redis:7.4`"],
        risks: ["cache: Redis 7 cannot read the data of Redis 8"],
    },
    "a Postgres on Alpine": {
        changes: [["Pulumi.yaml", 'default: "17"', 'default: "17-alpine"']],
        summary: ["image `postgres:17` → `postgres:17-alpine`"],
        risks: ["db: its image changes between Debian and Alpine"],
    },
    "another image of Postgres": {
        changes: [
            [DEV, 'version: config.require("postgresVersion"),', 'version: "17", image: "team/db:3.1",'],
        ],
        summary: ["> **To check before merging**", "the version of PostgreSQL in it is not known"],
    },
};
