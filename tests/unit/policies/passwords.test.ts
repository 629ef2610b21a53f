import { type Properties, type Resource, TASK_CONTAINER } from "../../../policies/resource.ts";
import { APPLICATION, check, DATABASE, env, TASK } from "./check.ts";

const task = (command: string[], ...envs: string[]): Partial<Resource> => ({
    type: TASK_CONTAINER,
    types: TASK,
    properties: { image: "shop:1", command, envs },
});

describe("a password in the command of a task", () => {
    test.each([
        [["psql", "postgres://me:docker@db/x", "-c", "select 'it'"]],
        [["sh", "-c", "psql 'postgres://me:docker@db/x'"]],
        [["redis-cli", "--pass", "docker"]],
        [["x", "--password=it's me"]],
        [["sh", "-c", "redis-cli -a hunter2 ping"]],
        [["sh", "-c", "redis-cli --password=hunter2"]],
    ])("is reported: %j", (command) => {
        expect(check("no-plaintext-password", task(command))).toContain(
            "its command line contains a password",
        );
    });

    test.each([
        [["bin/rails", "db:prepare"]],
        [["sh", "-c", "psql postgres://me:$PASSWORD@db/x"]],
        [["psql", "postgres://me@db/x"]],
    ])("is not reported if there is none: %j", (command) => {
        expect(check("no-plaintext-password", task(command, "SMTP_PASSWORD=x"))).toBeUndefined();
    });
});

describe("a password in a shell command", () => {
    const scripts = (script: string): Properties[] => [
        { command: ["sh", "-c", script] },
        { entrypoints: ["bash", "-ec", script], command: [] },
        { healthcheck: { tests: ["CMD-SHELL", script] } },
    ];

    test.each([
        "redis-server --requirepass hunter2",
        'redis-server --requirepass "hunter2"',
        "sleep 1; redis-cli -h db -a hunter2 ping",
        "sh -c 'redis-cli -a hunter2 ping'",
        "echo $(valkey-cli -a hunter2 get x)",
        "mysqladmin --password='hunter2' ping",
        "redis-cli \\\n  -a hunter2",
        "(PGPASSWORD=hunter2 psql)",
        "set -e\nPGPASSWORD=hunter2 psql",
        'psql "postgres://me:hunter2@db/x?a=1&b=2"',
    ])("is reported: %s", (script) => {
        for (const properties of scripts(script))
            expect(check("no-plaintext-password", { properties })).toContain(
                "its command line contains a password",
            );
    });

    test.each([
        'REDISCLI_AUTH="$(cat /run/drydock/redis-password)" redis-cli ping | grep -q PONG',
        'redis-cli -a "$(cat /run/password)" ping',
        "redis-cli -a `cat /run/password` ping",
        'redis-cli -a "$REDIS_PASSWORD" ping',
        "redis-cli ping && tar -a backup.tar",
        "redis-cli --pass; true",
        "redis-server --requirepass ${PASSWORD}",
        'mysqladmin --password="$(cat /run/password)" ping',
        'PGPASSWORD="$PASSWORD" psql && PGPASSWORD= psql',
        'psql postgres://me:"$PASSWORD"@db/x',
        "wget -q http://web:3000?from=me@example.com",
    ])("is not reported if it comes from a variable or a file: %s", (script) => {
        for (const properties of scripts(script))
            expect(check("no-plaintext-password", { properties })).toBeUndefined();
    });

    test("is reported in the arguments of a health check too", () => {
        const healthcheck = { tests: ["CMD", "redis-cli", "-a", "hunter2", "ping"] };
        expect(check("no-plaintext-password", { properties: { healthcheck } })).toContain(
            "its command line contains a password",
        );
    });
});

test("a URL with a password in the environment is reported except for an application", () => {
    const properties = env("A=1", "DATABASE_URL=postgres://me:hunter2@db/a");
    expect(check("no-plaintext-password", { properties })).toMatch(/^DATABASE_URL is in its environment/);
    expect(check("no-plaintext-password", { types: APPLICATION, properties })).toBeUndefined();
    const others = env("A=postgres://me@db/a", "B=postgres://me:$PASSWORD@db/a", "C=http://db:80?to=me@db");
    expect(check("no-plaintext-password", { properties: others })).toBeUndefined();
});

describe("a password in the environment of an application", () => {
    const NAMED = /^SMTP_PASSWORD is in its environment.*at least a secret of Pulumi/;

    test("is reported as advice, for a container and for a task", () => {
        const properties = env("DATABASE_URL=postgres://me:x@db/x", "DB_ENV_PASSWORD=x", "SMTP_PASSWORD=x");
        expect(check("no-password-variable", { types: APPLICATION, properties })).toMatch(NAMED);
        expect(check("no-password-variable", task(["x"], "SMTP_PASSWORD=x"))).toMatch(NAMED);
    });

    test.each<[string, Partial<Resource>]>([
        [
            "if links set it",
            { types: APPLICATION, properties: env("DB_URL=postgres://me:x@db/x", "DB_ENV_PASSWORD=x") },
        ],
        [
            "if it is a key of Rails",
            { types: APPLICATION, properties: env("SECRET_KEY_BASE=x", "RAILS_MASTER_KEY=x") },
        ],
        ["if it is empty", task(["x"], "SMTP_PASSWORD=")],
        ["of another container", { types: DATABASE, properties: env("POSTGRES_PASSWORD=x") }],
    ])("is not reported %s", (_, resource) => {
        expect(check("no-password-variable", resource)).toBeUndefined();
    });
});
