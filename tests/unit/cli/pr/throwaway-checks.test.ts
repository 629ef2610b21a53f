import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Step } from "../../../../cli/pr/events.ts";
import { remoteDaemons, remoteDaemonsIn, foreignData } from "../../../../cli/pr/throwaway-checks.ts";
import { type Target, configuredTarget, writeConfig } from "../../../../cli/pr/stack-config.ts";
import { type Change, component, CONTAINER, type Inputs, SERVICE, TASK_CONTAINER, VOLUME } from "./steps.ts";

const SWARM = "it runs on a Swarm, which may have other machines";
const HOST = (host: string) => `its Docker host is ${host}, which is not a socket of this machine`;
const CONTEXT = "its Docker context is prod, which may be on another machine";

describe("a throwaway stack refuses a Docker Engine on another machine", () => {
    test.each<[Partial<Target>, string[]]>([
        [{}, []],
        [{ engine: "docker" }, []],
        [{ host: "unix:///run/user/1000/docker.sock" }, []],
        [{ host: "npipe:////./pipe/docker_engine" }, []],
        [{ host: "ssh://me@one" }, [HOST("ssh://me@one")]],
        [{ host: "tcp://127.0.0.1:2375" }, [HOST("tcp://127.0.0.1:2375")]],
        [{ host: { secure: "v1:x" } }, [HOST("secret")]],
        [{ context: "prod" }, [CONTEXT]],
        [{ host: "unix://.drydock/swarm/docker.sock", engine: "swarm" }, [SWARM]],
    ])("in its config: %j", (place, expected) => {
        expect(remoteDaemons({ host: undefined, context: undefined, engine: undefined, ...place })).toEqual(
            expected,
        );
    });

    test.each<[string, string, Inputs, string[]]>([
        [
            "a provider with a remote host",
            "pulumi:providers:docker",
            { host: "ssh://one" },
            [HOST("ssh://one")],
        ],
        ["a provider with a local socket", "pulumi:providers:docker", { host: "unix:///other.sock" }, []],
        ["another provider", "pulumi:providers:shop", { host: "ssh://one" }, []],
        ["a service of a Swarm", SERVICE, {}, [SWARM]],
        ["a container", CONTAINER, {}, []],
    ])("in the program: %s", (_, type, inputs, expected) => {
        const once: Change = [type, "a", "create", {}, inputs];
        const again: Change = [type, "b", "create", {}, inputs];
        expect(remoteDaemonsIn(component("WebApp", once, again))).toEqual(expected);
    });

    describe("the target in the config", () => {
        const directory = mkdtempSync(join(tmpdir(), "drydock-settings-test-"));
        afterAll(() => {
            rmSync(directory, { recursive: true });
        });
        test.each<[string, object, object, Partial<Target>]>([
            [
                "the stack's",
                {},
                { "docker:host": "a", "docker:context": "b", "shop:engine": "c" },
                { host: "a", context: "b", engine: "c" },
            ],
            [
                "the project's",
                { "docker:host": "a", engine: { default: "c" } },
                {},
                { host: "a", engine: "c" },
            ],
            [
                "the project's, as an object",
                { "docker:host": { value: "a" }, "shop:engine": "c" },
                {},
                { host: "a", engine: "c" },
            ],
            [
                "the stack's before the project's",
                { "docker:host": "a" },
                { "docker:host": "b" },
                { host: "b" },
            ],
            ["none", {}, {}, {}],
        ])("is %s", (_, project, stack, expected) => {
            writeFileSync(join(directory, "Pulumi.yaml"), dump({ name: "shop", config: project }));
            writeFileSync(join(directory, "Pulumi.prod.yaml"), dump({ config: stack }));
            expect(configuredTarget(directory, "prod")).toEqual(expected);
        });

        test("is that of a project with Pulumi.yml and a directory of configuration", () => {
            const other = join(directory, "other");
            mkdirSync(join(other, "config"), { recursive: true });
            writeFileSync(join(other, "Pulumi.yml"), "name: shop\nstackConfigDir: config\n");
            writeFileSync(join(other, "config/Pulumi.prod.yaml"), "config:\n  docker:host: ssh://one\n");
            expect(configuredTarget(other, "prod")).toEqual({ host: "ssh://one" });
            writeConfig(other, "prod", "preview-1", { port: 20_000 });
            expect(readFileSync(join(other, "config/Pulumi.preview-1.yaml"), "utf8")).toBe(
                "config:\n  docker:host: ssh://one\n  shop:port: 20000\n",
            );
        });
    });
});

describe("a throwaway stack refuses data that it did not create", () => {
    const STACK = "preview-1a2b3c4-1";
    const CHECKOUT = "/tmp/drydock-preview-x";
    const existing = ["shop_pgdata", `drydock.${STACK}.db`];
    const volume = (name: string) => `the volume ${name} already exists and does not belong to this stack`;
    const directory = (path: string) =>
        `the directory ${path} is outside of the checkout and is mounted writable`;
    const created = (type: string, inputs: Inputs): Step[] =>
        component("PostgresService", [type, "it", "create", {}, inputs]);
    const container = (...volumes: Inputs[]) => created(CONTAINER, { volumes });
    const task = (...volumes: Inputs[]) => created(TASK_CONTAINER, { volumes });

    test.each<[string, Step[], string[]]>([
        [
            "a volume with the name of an existing one",
            created(VOLUME, { name: "shop_pgdata" }),
            [volume("shop_pgdata")],
        ],
        ["except a volume named after the stack", created(VOLUME, { name: `drydock.${STACK}.db` }), []],
        ["except a new volume", created(VOLUME, { name: "new" }), []],
        [
            "a container with an existing volume",
            container({ volumeName: "shop_pgdata" }),
            [volume("shop_pgdata")],
        ],
        ["a container with a directory", container({ hostPath: "/srv/db" }), [directory("/srv/db")]],
        [
            "a directory beside the checkout",
            container({ hostPath: `${CHECKOUT}/../db` }),
            [directory(`${CHECKOUT}/../db`)],
        ],
        ["except a read-only directory", container({ hostPath: "/srv/db", readOnly: true }), []],
        ["except a directory of the checkout", container({ hostPath: `${CHECKOUT}/apps/sample` }), []],
        [
            "a mount",
            created(CONTAINER, { mounts: [{ type: "volume", source: "shop_pgdata" }] }),
            [volume("shop_pgdata")],
        ],
        [
            "a bind mount",
            created(CONTAINER, { mounts: [{ type: "bind", source: "/srv/db" }] }),
            [directory("/srv/db")],
        ],
        ["a task with a directory", task({ hostPath: "/srv/my db" }), [directory("/srv/my db")]],
        ["except a task that only reads it", task({ hostPath: "/srv/db", readOnly: true }), []],
        ["a task with the volume", task({ volumeName: "shop_pgdata" }), [volume("shop_pgdata")]],
        [
            "once, if a volume is both created and mounted",
            [...created(VOLUME, { name: "shop_pgdata" }), ...container({ volumeName: "shop_pgdata" })],
            [volume("shop_pgdata")],
        ],
    ])("%s", (_, steps, expected) => {
        expect(foreignData(steps, STACK, CHECKOUT, existing)).toEqual(expected);
    });
});
