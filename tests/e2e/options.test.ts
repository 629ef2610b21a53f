import { join } from "node:path";
import { Programs } from "./programs.ts";

describe("arguments that are removed", () => {
    const programs = new Programs();
    afterAll(() => programs.dispose());

    /** What Docker knows of containers, but for what their names and their own IDs say. */
    function configuration(...components: string[]): unknown[] {
        const names = components.map((component) => `drydock-removed-${component}`).join(" ");
        const all = JSON.parse(programs.shell(`docker inspect ${names}`)) as {
            Config: Record<string, unknown>;
            HostConfig: Record<string, unknown>;
        }[];
        return all.map(({ Config, HostConfig }, i) => {
            const [name = ""] = components[i]?.split("-") ?? [];
            const text = JSON.stringify({ ...Config, Hostname: "", HostConfig });
            return JSON.parse(text.replaceAll(name, "NAME")) as unknown;
        });
    }

    test("leave what a fresh container has", async () => {
        const declared = (app: string, worker: string, database: string, cache: string) => `
            for (const name of ["fresh", "changed"]) {
                const [app, worker] = name === "changed" ? [${app}, ${worker}] : [{}, {}];
                new drydock.WebApp(name, {
                    image: "redis:8",
                    health: { command: ["true"] },
                    ...app,
                    processes: { worker: { command: ["sleep", "infinity"], ...worker } },
                });
            }
            new drydock.PostgresService("nodb");
            new drydock.PostgresService("mydb", ${database});
            new drydock.RedisService("nocache");
            new drydock.RedisService("mycache", ${cache});
            return {};`;
        const limits = `memory: "64m", stopTimeout: 1`;
        const set = declared(
            `{ ${limits}, command: ["sleep", "infinity"], user: "1000", cpus: 0.5, restart: "no", readOnly: true,
               tmpfs: { "/tmp": "" }, capabilities: [], env: { A: "1" }, publish: {}, port: 8000,
               mounts: [{ path: "/mine", hostPath: "/tmp" }], health: { command: ["sh", "-c", "true"], interval: 9 },
               links: { elsewhere: { scheme: "http", host: "host.docker.internal", port: 80 } } }`,
            `{ ${limits}, health: { command: ["true"] } }`,
            `{ memory: "256m", publish: {}, sharedMemory: "64m", settings: { max_connections: "50" }, health: { interval: 9 },
               initScripts: { "a.sql": "SELECT 1" } }`,
            `{ memory: "64m", publish: {}, command: ["redis-server", "/usr/local/etc/redis/redis.conf", "--hz", "20"],
               health: { interval: 9 }, settings: { hz: "20" } }`,
        );
        expect(await programs.up("removed", set)).toMatchObject({ code: 0 });
        expect(configuration("changed")).not.toEqual(configuration("fresh"));

        expect(await programs.up("removed", declared("{}", "{}", "{}", "{}"))).toMatchObject({ code: 0 });
        expect(configuration("changed", "changed-worker")).toEqual(configuration("fresh", "fresh-worker"));
        expect(configuration("mydb", "mycache")).toEqual(configuration("nodb", "nocache"));
        const { code, output } = await programs.clone.run(
            ". ./env; pulumi preview --refresh --expect-no-changes --stack removed --color=never",
        );
        expect({ code, output }).toMatchObject({ code: 0 });
    });
});

describe("Pulumi's own options on a component", () => {
    const programs = new Programs();
    const { clone } = programs;
    const inspect = (name: string, format: string) =>
        programs.shell(`docker inspect --format '${format}' ${name}`);
    afterAll(() => programs.dispose());

    test("transforms change what it makes: a label, the health check, the logging driver", async () => {
        const declared = `
            new drydock.RedisService("cache", {}, {
                transforms: [({ type, props, opts }) => type !== "docker:index/container:Container" ? undefined : {
                    opts,
                    props: {
                        ...props,
                        labels: [...props.labels, { label: "team", value: "sailors" }],
                        healthcheck: { ...props.healthcheck, retries: 9 },
                        logDriver: "json-file",
                        logOpts: { "max-size": "1m" },
                    },
                }],
            });
            return {};`;
        expect(await programs.up("transformed", declared)).toMatchObject({ code: 0 });
        const name = "drydock-transformed-cache";
        expect(
            inspect(name, '{{index .Config.Labels "team"}} {{index .Config.Labels "drydock.stack"}}'),
        ).toBe("sailors transformed");
        expect(inspect(name, "{{.Config.Healthcheck.Retries}}")).toBe("9");
        expect(inspect(name, "{{json .HostConfig.LogConfig}}")).toBe(
            '{"Type":"json-file","Config":{"max-size":"1m"}}',
        );
        const again = await programs.up("transformed", declared);
        expect(again.output).toMatch(/Resources:\n +\d+ unchanged\n/);
    });

    test("an alias keeps the data of what is renamed, and the network with all that is on it", async () => {
        const redis = (name: string, command: string) =>
            programs.shell(`docker exec drydock-renamed-${name} redis-cli ${command}`);
        await programs.up("renamed", 'new drydock.RedisService("old", { passwordless: true }); return {};');
        redis("old", "SET cargo rum");
        // As another stack is on it that links to the service.
        const other = programs.shell(
            "docker run --detach --network drydock-renamed-old redis:8 sleep infinity",
        );
        const renamed = `new drydock.RedisService("fresh", { passwordless: true }, { aliases: [{ name: "old" }] }); return {};`;
        const { code, output } = await programs.up("renamed", renamed);
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(redis("fresh", "GET cargo")).toBe("rum");
        expect(programs.shell(`docker exec ${other} redis-cli -h drydock-renamed-fresh GET cargo`)).toBe(
            "rum",
        );
        programs.shell(`docker rm --force --volumes ${other}`);
        expect(programs.shell("docker volume ls --quiet --filter label=drydock.stack=renamed")).toBe(
            "drydock.renamed.old",
        );
    });

    test("an alias keeps the volumes of an application that is renamed", async () => {
        const app = (name: string, options = "{}") =>
            `new drydock.RailsWebApp("${name}", {
                image: "redis:8",
                command: ["sleep", "infinity"],
                health: { command: ["true"] },
                stopTimeout: 1,
                mounts: [{ path: "/storage", volume: "storage" }],
            }, ${options}); return {};`;
        await programs.up("moved", app("shop"));
        programs.shell("docker exec drydock-moved-shop sh -c 'echo rum >/storage/cargo'");
        const { code, output } = await programs.up("moved", app("store", '{ aliases: [{ name: "shop" }] }'));
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(programs.shell("docker exec drydock-moved-store cat /storage/cargo")).toBe("rum");
        expect(programs.shell("docker volume ls --quiet --filter label=drydock.stack=moved")).toBe(
            "drydock.moved.shop.storage",
        );
    });

    test("protect refuses what would remove it, and retainOnDelete leaves it running", async () => {
        const nothing = "return {};";
        await programs.up("kept", 'new drydock.RedisService("safe", {}, { protect: true }); return {};');
        const refused = await programs.up("kept", nothing);
        expect(refused.output).toMatch(/protect/);
        expect(refused.code).not.toBe(0);
        expect(inspect("drydock-kept-safe", "{{.State.Running}}")).toBe("true");

        await programs.up(
            "kept",
            'new drydock.RedisService("safe", {}, { retainOnDelete: true }); return {};',
        );
        expect(await programs.up("kept", nothing)).toMatchObject({ code: 0 });
        expect(inspect("drydock-kept-safe", "{{.State.Running}}")).toBe("true");
        programs.shell(
            "docker rm --force --volumes drydock-kept-safe && docker network rm drydock-kept-safe && docker volume rm drydock.kept.safe",
        );
    });

    test("a provider of its own puts all of it on another Docker Engine, tasks and built images too", async () => {
        const folder = join(clone.dir, "machine");
        const machine = `drydock-test-provider-${process.pid}`;
        const host = `unix://${folder}/docker.sock`;
        const far = (command: string) => programs.shell(`docker --host ${host} ${command}`);
        programs.shell(`swarm/node.sh ${machine} ${folder}`);
        try {
            programs.shell(`docker save debian:trixie-slim redis:8 | docker --host ${host} load`);
            programs.shell(
                `mkdir -p built && printf 'FROM debian:trixie-slim\\nCMD ["sleep", "infinity"]\\n' > built/Dockerfile`,
            );
            const declared = `
                const provider = new docker.Provider("far", { host: "${host}" });
                const cache = new drydock.RedisService("cache", {}, { provider });
                const web = new drydock.WebApp("web", {
                    build: { context: "built" }, health: { command: ["true"] }, stopTimeout: 1,
                    links: { cache: cache.connection },
                }, { providers: [provider] });
                const task = new drydock.Task("task", { image: web.image, command: ["cat", "/etc/hostname"] }, { provider });
                return { said: task.stdout };`;
            const { code, output } = await programs.up("far", declared);
            expect({ code, output }).toMatchObject({ code: 0 });
            expect(far("ps --format '{{.Names}}'").split("\n").sort()).toEqual([
                "drydock-far-cache",
                "drydock-far-web",
            ]);
            expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=far")).toBe("");
            const down = await clone.run(". ./env; pulumi destroy --yes --skip-preview --stack far");
            expect(down).toMatchObject({ code: 0 });
            expect(far("ps --all --quiet; docker --host " + host + " images --quiet drydock/web")).toBe("");
        } finally {
            programs.shell(`docker rm --force --volumes ${machine}`);
        }
    });
});
