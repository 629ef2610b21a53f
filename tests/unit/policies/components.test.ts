import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    LinkStyle,
    PostgresService,
    RailsWebApp,
    RedisService,
    Service,
    Task,
    type TaskArgs,
    Volume,
    WebApp,
} from "../../../components/index.ts";
import { rules } from "../../../policies/rules/index.ts";
import { DEFAULTS } from "../../../policies/config.ts";
import { translateSwarmResource, volumeRemovalJob } from "../../../policies/swarm.ts";
import { type Declared, run } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";
import { previewReports } from "./check.ts";

/** The types of the components around a resource, outermost first, and of the resource itself. */
function types({ type, parent }: Declared, declared: Declared[]): string[] {
    const owner = declared.find((other) => `${other.type} ${other.name}` === parent);
    return owner ? [...types(owner, declared), type] : [type];
}

/** The violations of mandatory policies. The stack `dev` is one that may lose its data. */
function violations(declared: Declared[], stack = "dev"): string[] {
    return declared.flatMap((declaration) => {
        const { type, name, inputs, options } = declaration;
        const resource = {
            ...translateSwarmResource({ type, properties: inputs }),
            volumeRemovalJob: volumeRemovalJob({ type, properties: inputs }),
            name,
            types: types(declaration, declared),
            isProtected: options.protect,
            stack,
        };
        return rules
            .filter(({ level, check }) => level === "mandatory" && check(resource, DEFAULTS) !== undefined)
            .map((rule) => `${name}: ${rule.name}`);
    });
}

test.each(ENGINES)("components on %s violate no mandatory policy", async (engine) => {
    const { declared } = await runOn(engine, (on) => {
        const db = new PostgresService("db", { engine: on, version: "17" });
        const cache = new RedisService("cache", { engine: on, version: "8" });
        new RedisService("sessions", {
            engine: on,
            dump: resolve(import.meta.dirname, "../../../examples/smartypants/dump.rdb"),
        });
        const links = { database: db.connection, redis: cache.connection };
        const env = { SMTP_PASSWORD: "hunter2" };
        new Service("queue", {
            engine: on,
            image: "rabbitmq:4",
            port: 5672,
            password: { variable: "RABBITMQ_DEFAULT_PASS" },
            data: { path: "/var/lib/rabbitmq" },
        });
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
    expect(violations(declared)).toEqual([]);
});

test.each(ENGINES)("data on %s outside of a throwaway stack must be protected", async (engine) => {
    const declare = async (protectData: boolean) => {
        const { declared } = await runOn(engine, (on) => {
            const { source } = new Volume("uploads", { engine: on, protectData });
            new RailsWebApp("shop", {
                engine: on,
                image: "shop:1",
                storage: { protectData },
                mounts: [{ path: "/uploads", source }],
            });
            return {};
        });
        return violations(declared, "production");
    };
    expect(await declare(false)).toEqual(["uploads-data: data-protected", "shop-storage: data-protected"]);
    expect(await declare(true)).toEqual([]);
});

test.each([
    ["may", "docker:28-cli", []],
    ["must not", "mine:1", ["cache-data: no-docker-socket"]],
])(
    "the job that removes a volume of a Swarm %s mount the Docker socket with the image %s",
    async (_, image, expected) => {
        const { declared } = await runOn(Engine.Swarm, (engine) => {
            new RedisService("cache", { engine });
            return {};
        });
        for (const { name, inputs } of declared)
            if (name === "cache-data")
                inputs.environment = { ...(inputs.environment as object), IMAGE: image };
        expect(violations(declared)).toEqual(expected);
    },
);

describe("a task that violates a policy", () => {
    test.each<[policy: string, reason: string, args: Partial<TaskArgs>]>([
        [
            "no-docker-socket",
            "it mounts /var/run/docker.sock",
            { mounts: [{ path: "/s", hostPath: "/var/run/docker.sock", readOnly: true }] },
        ],
        [
            "no-docker-socket",
            "it mounts /run",
            {
                mounts: [
                    { path: "/s", volume: "data" },
                    { path: "/t", hostPath: "/run" },
                ],
            },
        ],
        [
            "not-privileged",
            "the capability SYS_ADMIN gives full control",
            { capabilities: ["CHOWN", "SYS_ADMIN"] },
        ],
        [
            "no-plaintext-password",
            "its command line contains a password",
            { command: ["sh", "-c", "redis-cli -a 'hunter2'"] },
        ],
        ["image-has-tag", "mine:latest can be a different image", { image: "mine:latest" }],
        ["image-has-tag", "mine can be a different image", { image: pulumi.output("mine") }],
    ])("is refused in the first preview: %s, %s", async (name, reason, args) => {
        const program = () => {
            const links = { redis: new RedisService("cache", { version: "8" }).connection };
            new Task("seed", { image: "x:1", command: ["seed"], links, ...args });
            return {};
        };
        const { declared } = await run(program, { preview: "first" });
        const reports = declared.flatMap((declaration) => {
            const { type, name: resource, inputs, options } = declaration;
            return previewReports(name, {
                type,
                types: types(declaration, declared),
                name: resource,
                properties: inputs,
                isProtected: options.protect,
            });
        });
        expect(reports).toEqual([expect.stringContaining(reason) as string]);
    });
});
