import { advisory } from "../../../policies/advisory.ts";
import { mandatory } from "../../../policies/mandatory.ts";
import { CONTAINER, type Properties, type Resource, TASK_CONTAINER } from "../../../policies/resource.ts";
import { DEFAULTS } from "../../../policies/settings.ts";

const SHOP = "drydock:index:RailsWebApp$drydock:index:WebApp$docker:index/container:Container";
const DB = "drydock:index:PostgresService$docker:index/container:Container";

function check(name: string, resource: Partial<Resource>): string | undefined {
    const rule = [...mandatory, ...advisory].find((other) => other.name === name);
    const whole = { type: CONTAINER, name: "x", types: CONTAINER, properties: {}, isProtected: false };
    return rule?.check({ ...whole, stack: "prod", ...resource }, DEFAULTS);
}

const env = (...envs: string[]) => ({ envs });
const task = (command: string[], ...envs: string[]): Partial<Resource> => ({
    type: TASK_CONTAINER,
    types: `drydock:index:RailsWebApp$drydock:index:Task$${TASK_CONTAINER}`,
    properties: { image: "shop:1", command, envs },
});

describe("a password of a task", () => {
    test.each([
        [["psql", "postgres://me:docker@db/x", "-c", "select 'it'"]],
        [["sh", "-c", "psql 'postgres://me:docker@db/x'"]],
        [["redis-cli", "--pass", "docker"]],
        [["x", "--password=it's me"]],
        [["sh", "-c", "redis-cli -a hunter2 ping"]],
        [["sh", "-c", "redis-cli --password=hunter2"]],
    ])("is not on its command line: %j", (command) => {
        expect(check("no-plaintext-password", task(command))).toContain("on its command line");
    });

    test.each([
        [["bin/rails", "db:prepare"]],
        [["sh", "-c", "psql postgres://me:$PASSWORD@db/x"]],
        [["psql", "postgres://me@db/x"]],
    ])("is not on: %j", (command) => {
        expect(check("no-plaintext-password", task(command, "SMTP_PASSWORD=x"))).toBeUndefined();
    });
});

describe("a password in a shell's script", () => {
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
    ])("is found: %s", (script) => {
        for (const properties of scripts(script))
            expect(check("no-plaintext-password", { properties })).toContain("on its command line");
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
    ])("comes from elsewhere: %s", (script) => {
        for (const properties of scripts(script))
            expect(check("no-plaintext-password", { properties })).toBeUndefined();
    });

    test("is found in the words of a health check too", () => {
        const healthcheck = { tests: ["CMD", "redis-cli", "-a", "hunter2", "ping"] };
        expect(check("no-plaintext-password", { properties: { healthcheck } })).toContain("command line");
    });
});

test("a URL with a password is in no environment but an application's", () => {
    const properties = env("A=1", "DATABASE_URL=postgres://me:hunter2@db/a");
    expect(check("no-plaintext-password", { properties })).toMatch(/^DATABASE_URL is in its environment/);
    expect(check("no-plaintext-password", { types: SHOP, properties })).toBeUndefined();
    const others = env("A=postgres://me@db/a", "B=postgres://me:$PASSWORD@db/a", "C=http://db:80?to=me@db");
    expect(check("no-plaintext-password", { properties: others })).toBeUndefined();
});

describe("a password in the environment of an application", () => {
    const NAMED = /^SMTP_PASSWORD is in its environment.*as a secret of Pulumi/;

    test("is advised against, of a container and of a task", () => {
        const properties = env("DATABASE_URL=postgres://me:x@db/x", "DB_ENV_PASSWORD=x", "SMTP_PASSWORD=x");
        expect(check("no-password-variable", { types: SHOP, properties })).toMatch(NAMED);
        expect(check("no-password-variable", task(["x"], "SMTP_PASSWORD=x"))).toMatch(NAMED);
    });

    test.each<[string, Partial<Resource>]>([
        ["of links", { types: SHOP, properties: env("DB_URL=postgres://me:x@db/x", "DB_ENV_PASSWORD=x") }],
        ["of Rails", { types: SHOP, properties: env("SECRET_KEY_BASE=x", "RAILS_MASTER_KEY=x") }],
        ["that is empty", task(["x"], "SMTP_PASSWORD=")],
        ["of what is no application", { types: DB, properties: env("POSTGRES_PASSWORD=x") }],
    ])("is not one %s", (_, resource) => {
        expect(check("no-password-variable", resource)).toBeUndefined();
    });
});
