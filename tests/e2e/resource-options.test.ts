import { join } from "node:path";
import { startMachine } from "./machine.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

describe("resource options of a component", () => {
    const programs = new Programs();
    const { clone } = programs;
    const inspect = (name: string, format: string) =>
        programs.shell(`docker inspect --format '${format}' ${name}`);
    afterAll(() => programs.dispose());

    test("transforms change its container: a label, the health check, the logging driver", async () => {
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
        expect(await programs.up("transformed", declared)).toSucceed();
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

    test("an alias keeps the data and the network of a renamed component", async () => {
        const redis = (name: string, command: string) =>
            programs.shell(`docker exec drydock-renamed-${name} redis-cli ${command}`);
        await programs.up("renamed", 'new drydock.RedisService("old", { passwordless: true }); return {};');
        redis("old", "SET cargo rum");
        // A container on the network, as of another stack that links to the service.
        const other = programs.shell(
            "docker run --detach --network drydock-renamed-old redis:8 sleep infinity",
        );
        const renamed = `new drydock.RedisService("fresh", { passwordless: true }, { aliases: [{ name: "old" }] }); return {};`;
        const { code, output } = await programs.up("renamed", renamed);
        expect({ code, output }).toSucceed();
        expect(redis("fresh", "GET cargo")).toBe("rum");
        expect(programs.shell(`docker exec ${other} redis-cli -h drydock-renamed-fresh GET cargo`)).toBe(
            "rum",
        );
        programs.shell(`docker rm --force --volumes ${other}`);
        expect(programs.shell("docker volume ls --quiet --filter label=drydock.stack=renamed")).toBe(
            "drydock.renamed.old",
        );
    });

    soakTest("an alias keeps the volumes of an application that is renamed", async () => {
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
        expect({ code, output }).toSucceed();
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
        expect(refused).toFail();
        expect(inspect("drydock-kept-safe", "{{.State.Running}}")).toBe("true");

        await programs.up(
            "kept",
            'new drydock.RedisService("safe", {}, { retainOnDelete: true }); return {};',
        );
        expect(await programs.up("kept", nothing)).toSucceed();
        expect(inspect("drydock-kept-safe", "{{.State.Running}}")).toBe("true");
        programs.shell(
            "docker rm --force --volumes drydock-kept-safe && docker network rm drydock-kept-safe && docker volume rm drydock.kept.safe",
        );
    });

    test("a provider places containers, tasks and built images on another Docker Engine", async () => {
        const directory = join(clone.dir, "machine");
        const machine = `drydock-test-provider-${process.pid}`;
        const host = `unix://${directory}/docker.sock`;
        const remote = (command: string) => programs.shell(`docker --host ${host} ${command}`);
        await startMachine(machine, directory);
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
                return { hostname: task.stdout };`;
            const { code, output } = await programs.up("far", declared);
            expect({ code, output }).toSucceed();
            expect(remote("ps --format '{{.Names}}'").split("\n").sort()).toEqual([
                "drydock-far-cache",
                "drydock-far-web",
            ]);
            expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=far")).toBe("");
            const down = await clone.run(". ./env; pulumi destroy --yes --skip-preview --stack far");
            expect(down).toSucceed();
            expect(remote("ps --all --quiet; docker --host " + host + " images --quiet drydock/web")).toBe(
                "",
            );
        } finally {
            programs.shell(`docker rm --force --volumes ${machine}`);
        }
    });
});
