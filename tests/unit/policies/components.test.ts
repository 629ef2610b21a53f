import { resolve } from "node:path";
import {
    LinkStyle,
    PostgresService,
    RailsWebApp,
    RedisService,
    Task,
    type TaskArgs,
    WebApp,
} from "../../../components/index.ts";
import { mandatory } from "../../../policies/mandatory.ts";
import { DEFAULTS } from "../../../policies/settings.ts";
import { asOnDockerEngine } from "../../../policies/swarm.ts";
import { type Declared, run } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

/** Types of a resource and of what it is a part of. */
function types({ type, parent }: Declared, declared: Declared[]): string {
    const owner = declared.find((other) => `${other.type} ${other.name}` === parent);
    return owner ? `${types(owner, declared)}$${type}` : type;
}

/** The mandatory policies that a throwaway stack breaks. */
function broken(declared: Declared[]): string[] {
    return declared.flatMap((resource) => {
        const { type, name, inputs, options } = resource;
        const seen = {
            ...asOnDockerEngine({ type, properties: inputs }),
            name,
            types: types(resource, declared),
            isProtected: options.protect,
            stack: "dev",
        };
        return mandatory
            .filter(({ check }) => check(seen, DEFAULTS) !== undefined)
            .map((rule) => `${name}: ${rule.name}`);
    });
}

test.each(ENGINES)("what the components declare on %s breaks no mandatory policy", async (engine) => {
    const { declared } = await runOn(engine, (on) => {
        const db = new PostgresService("db", { engine: on, version: "17" });
        const cache = new RedisService("cache", { engine: on, version: "8" });
        new RedisService("sessions", {
            engine: on,
            dump: resolve(import.meta.dirname, "../../../examples/smartypants/dump.rdb"),
        });
        const links = { database: db.connection, redis: cache.connection };
        const env = { SMTP_PASSWORD: "hunter2" };
        new RailsWebApp("shop", {
            engine: on,
            image: "shop:1",
            database: db.connection,
            redis: cache.connection,
            processes: { worker: { command: ["bin/jobs"] } },
            env,
        });
        new WebApp("web", { engine: on, image: "web:1", links, linkStyle: LinkStyle.Docker, env });
        const mounts = [{ path: "/dumps", hostPath: "/srv/dumps" }];
        new Task("backup", {
            image: "postgres:17",
            command: ["sh", "-c", 'pg_dump "$DATABASE_URL"'],
            links,
            mounts,
            env,
        });
        return {};
    });
    expect(broken(declared)).toEqual([]);
});

test.each<[string, Partial<TaskArgs>]>([
    ["no-docker-socket", { mounts: [{ path: "/s", hostPath: "/var/run/docker.sock", readOnly: true }] }],
    [
        "no-docker-socket",
        {
            mounts: [
                { path: "/s", volume: "data" },
                { path: "/t", hostPath: "/run" },
            ],
        },
    ],
    ["not-privileged", { capabilities: ["CHOWN", "SYS_ADMIN"] }],
    ["no-plaintext-password", { command: ["sh", "-c", "redis-cli -a 'hunter2'"] }],
])("%s holds for a task too: %j", async (policy, args) => {
    const { declared } = await run(() => ({
        task: new Task("seed", { image: "x:1", command: ["seed"], ...args }).stdout,
    }));
    expect(broken(declared)).toEqual([`seed-run: ${policy}`]);
});
