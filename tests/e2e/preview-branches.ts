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
    const web =`,
    ],
];

export type Change = [file: string, from: string, to: string];

/** The changes of a branch, what the summary must contain, and the data that it must report as at risk. */
export interface Branch {
    changes: Change[];
    reads: (string | RegExp)[];
    risks?: string[];
    policies?: string[];
}

export const BRANCHES: Record<string, Branch> = {
    "no change": {
        changes: [],
        reads: ["## No change to the environment", "Nothing that runs would change."],
    },
    "a change of code": {
        changes: [["apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from"]],
        reads: ["Components: 1 restarted", "its image is built anew", /\*\*sample\*\*.*\*\*restarts\*\*/],
    },
    "a new environment variable": {
        changes: [
            [DEV, 'memory: settings.require("memory"),', 'memory: "512m", env: { GREETING: "ahoy-there" },'],
        ],
        reads: [
            "`sample`: new variable `GREETING`",
            "`sample-worker`: new variable `GREETING`",
            "task `sample-migration` runs again",
            "`sample-migration`: new variable `GREETING`",
        ],
    },
    "another port": {
        changes: [["Pulumi.yaml", "default: 3000", "default: 3007"]],
        reads: ["published on `127.0.0.1:3000` → `127.0.0.1:3007`", "- `127.0.0.1:3007` leads to `sample`"],
    },
    "another version of an image": {
        changes: [["Pulumi.yaml", 'default: "8"', 'default: "8.2"']],
        reads: ["image `redis:8` → `redis:8.2`", /\*\*cache\*\*.*\*\*restarts\*\*/],
    },
    "a Redis that gains a volume": {
        changes: [[DEV, '"scratch", { persistent: false }', '"scratch"']],
        reads: ["volume `scratch-data` is made", /`scratch`: mounts nothing → `.*scratch at \/data`/],
    },
    "another major version of Postgres": {
        changes: [["Pulumi.yaml", 'default: "17"', 'default: "18"']],
        reads: ["image `postgres:17` → `postgres:18`", "> **Data at risk**"],
        risks: ["db: PostgreSQL 17 becomes 18"],
    },
    "a database that is renamed": {
        changes: [[DEV, 'new PostgresService("db", {', 'new PostgresService("db", { database: "shop",']],
        reads: ["changed variable `POSTGRES_DB`", "changed variable `DATABASE_URL`"],
        risks: ["db: database `app` becomes `shop`"],
    },
    "another volume": {
        changes: [[DEV, VOLUME, "other-of-preview-test"]],
        reads: [`volume \`${VOLUME}\` → \`other-of-preview-test\`: the data of the first stays`],
        risks: [`spare: volume \`${VOLUME}\` is no longer at \`/data\`: its data stays`],
    },
    "a directory in place of the volume": {
        changes: [[DEV, `volume: "${VOLUME}"`, 'hostPath: "/srv/spare"']],
        reads: [
            "`/srv/spare at /data`",
            `volume \`${VOLUME}\` is not used any more, and stays with its data`,
        ],
        risks: [`spare: volume \`${VOLUME}\` is no longer at \`/data\`: its data stays`],
    },
    "a component that is removed": {
        changes: [[DEV, 'new RedisService("scratch", { persistent: false });', ""]],
        reads: [
            "Components: 1 removed",
            /\*\*scratch\*\*.*\*\*is removed\*\*/,
            "container `scratch` is removed",
        ],
    },
    "a component with data that is removed": {
        changes: [[DEV, `new RedisService("spare", { volume: "${VOLUME}" });`, ""]],
        reads: [/\*\*spare\*\*.*\*\*is removed\*\*/],
        risks: ["spare: volume `spare-volume` is deleted, with all its data"],
    },
    "another password": {
        changes: [[DEV, PASSWORD, "another-password-of-the-vault"]],
        reads: ["`vault`: file `/run/drydock/redis-password` changes"],
        risks: ["vault: its password changes: whoever holds the old one is locked out"],
    },
    "a password that is generated": {
        changes: [[DEV, `password: pulumi.secret("${PASSWORD}")`, ""]],
        reads: ["`vault-password` is made"],
        risks: ["vault: its password changes: whoever holds the old one is locked out"],
    },
    "a Redis that reads other files": {
        changes: [[DEV, `"${PASSWORD}")`, `"${PASSWORD}"), settings: { appendonly: "yes" }`]],
        reads: ["`vault`: file `/usr/local/etc/redis/redis.conf` changes"],
        risks: ["vault: `appendonly` is switched on"],
    },
    "an earlier version of Redis": {
        changes: [["Pulumi.yaml", 'default: "8"', 'default: "7.4"']],
        reads: ["image `redis:8` → `redis:7.4`"],
        risks: ["cache: Redis 8 becomes 7"],
    },
    "a Postgres on Alpine": {
        changes: [["Pulumi.yaml", 'default: "17"', 'default: "17-alpine"']],
        reads: ["image `postgres:17` → `postgres:17-alpine`"],
        risks: ["db: its image moves between Debian and Alpine"],
    },
    "another image of Postgres": {
        changes: [
            [DEV, 'version: settings.require("postgresVersion"),', 'version: "17", image: "team/db:3.1",'],
        ],
        reads: ["> **To be checked**", "the version of PostgreSQL in it cannot be told"],
    },
    "a broken policy": {
        changes: [[DEV, '"scratch", {', '"scratch", { publish: { port: 7777, ip: "0.0.0.0" },']],
        reads: ["> **Policies broken**", "publish it on 127.0.0.1, or not at all (`database-not-published`)"],
        policies: ["database-not-published"],
    },
    // Its image is new: what else Docker is asked to run is known before that is pulled.
    "a task with the Docker socket": {
        changes: [
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
        ],
        reads: ["task `look` runs", "/var/run/docker.sock is mounted", "(`no-docker-socket`)"],
        policies: ["no-docker-socket"],
    },
};
