import { resolve } from "node:path";
import { type ResourceValidationArgs, unknownCheckingProxy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    LinkStyle,
    PostgresService,
    RailsWebApp,
    RedisService,
    Task,
    type TaskArgs,
    WebApp,
} from "../../../components/index.ts";
import { mandatory } from "../../../policies/mandatory.ts";
import { policies } from "../../../policies/pack.ts";
import { DEFAULTS } from "../../../policies/settings.ts";
import { asOnDockerEngine, volumeRemovalJob } from "../../../policies/swarm.ts";
import { type Declared, type Properties, run } from "../../../testing/index.ts";
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
            volumeRemovalJob: volumeRemovalJob({ type, properties: inputs }),
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

test.each([
    ["docker:cli", []],
    ["mine:1", ["cache-data: no-docker-socket"]],
])(
    "the job that removes a volume of a Swarm may have the Docker socket in the image %s: breaks %j",
    async (image, expected) => {
        const { declared } = await runOn(Engine.Swarm, (engine) => {
            new RedisService("cache", { engine });
            return {};
        });
        for (const { name, inputs } of declared)
            if (name === "cache-data")
                inputs.environment = { ...(inputs.environment as object), IMAGE: image };
        expect(broken(declared)).toEqual(expected);
    },
);

/** Inputs as Pulumi hands them to a policy: reading a value that is unknown throws. Its type is internal. */
const refuseUnknown = unknownCheckingProxy as (inputs: Properties) => Properties;

describe("a task that breaks a policy", () => {
    const policy = (name: string) => {
        const found = policies().find((other) => other.name === name);
        if (typeof found?.validateResource !== "function") throw new Error(`no policy ${name}`);
        return found.validateResource;
    };

    /** Messages of a policy about a resource. */
    function violations(name: string, resource: Declared, declared: Declared[]): string[] {
        const found: string[] = [];
        const args = {
            type: resource.type,
            name: resource.name,
            urn: `urn:pulumi:dev::shop::${types(resource, declared)}::${resource.name}`,
            props: refuseUnknown(resource.inputs),
            opts: { protect: resource.options.protect },
            getConfig: () => ({}),
        } as unknown as ResourceValidationArgs;
        void policy(name)(args, (message) => found.push(message));
        return found;
    }

    test.each<[policy: string, reason: string, args: Partial<TaskArgs>]>([
        [
            "no-docker-socket",
            "/var/run/docker.sock is mounted",
            { mounts: [{ path: "/s", hostPath: "/var/run/docker.sock", readOnly: true }] },
        ],
        [
            "no-docker-socket",
            "/run is mounted",
            {
                mounts: [
                    { path: "/s", volume: "data" },
                    { path: "/t", hostPath: "/run" },
                ],
            },
        ],
        ["not-privileged", "SYS_ADMIN is as good as privileged", { capabilities: ["CHOWN", "SYS_ADMIN"] }],
        [
            "no-plaintext-password",
            "a password on its command line",
            { command: ["sh", "-c", "redis-cli -a 'hunter2'"] },
        ],
        ["image-has-tag", "mine:latest is another image", { image: "mine:latest" }],
        ["image-has-tag", "mine is another image", { image: pulumi.output("mine") }],
    ])("is refused in the first preview: %s, %s", async (name, reason, args) => {
        const program = () => {
            const links = { redis: new RedisService("cache", { version: "8" }).connection };
            new Task("seed", { image: "x:1", command: ["seed"], links, ...args });
            return {};
        };
        const { declared } = await run(program, { preview: "first" });
        const found = declared.flatMap((resource) => violations(name, resource, declared));
        expect(found).toEqual([expect.stringContaining(reason) as string]);
    });
});
