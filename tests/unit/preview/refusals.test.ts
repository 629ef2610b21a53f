import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Step } from "../../../preview/events.ts";
import { elsewhere, elsewhereIn, othersData } from "../../../preview/refusals.ts";
import { type Place, placeOf } from "../../../preview/settings.ts";
import { type Change, component, CONTAINER, type Inputs, SERVICE, TASK_CONTAINER, VOLUME } from "./steps.ts";

const SWARM = "it runs on a Swarm, which is more than this machine";
const HOST = (host: string) => `its Docker host is ${host}, which is no socket of this machine`;
const CONTEXT = "its Docker context is prod, which may lead to another machine";

describe("the place of a throwaway environment", () => {
    test.each<[Partial<Place>, string[]]>([
        [{}, []],
        [{ engine: "docker" }, []],
        [{ host: "unix:///run/user/1000/docker.sock" }, []],
        [{ host: "npipe:////./pipe/docker_engine" }, []],
        [{ host: "ssh://me@one" }, [HOST("ssh://me@one")]],
        [{ host: "tcp://127.0.0.1:2375" }, [HOST("tcp://127.0.0.1:2375")]],
        [{ host: { secure: "v1:x" } }, [HOST("a secret")]],
        [{ context: "prod" }, [CONTEXT]],
        [{ host: "unix://.drydock/swarm/docker.sock", engine: "swarm" }, [SWARM]],
    ])("with %j", (place, expected) => {
        expect(elsewhere({ host: undefined, context: undefined, engine: undefined, ...place })).toEqual(
            expected,
        );
    });

    test.each<[string, string, Inputs, string[]]>([
        [
            "a Docker of its own, elsewhere",
            "pulumi:providers:docker",
            { host: "ssh://one" },
            [HOST("ssh://one")],
        ],
        ["a Docker of its own, here", "pulumi:providers:docker", { host: "unix:///other.sock" }, []],
        ["another provider", "pulumi:providers:shop", { host: "ssh://one" }, []],
        ["a service of a Swarm", SERVICE, {}, [SWARM]],
        ["a container", CONTAINER, {}, []],
    ])("of a program with %s", (_, type, inputs, expected) => {
        const once: Change = [type, "a", "create", {}, inputs];
        const again: Change = [type, "b", "create", {}, inputs];
        expect(elsewhereIn(component("WebApp", once, again))).toEqual(expected);
    });

    describe("in the settings", () => {
        const folder = mkdtempSync(join(tmpdir(), "drydock-settings-test-"));
        afterAll(() => {
            rmSync(folder, { recursive: true });
        });
        test.each<[string, object, object, Partial<Place>]>([
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
                "the project's, in its other form",
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
            writeFileSync(join(folder, "Pulumi.yaml"), dump({ name: "shop", config: project }));
            writeFileSync(join(folder, "Pulumi.prod.yaml"), dump({ config: stack }));
            expect(placeOf(folder, "prod")).toEqual(expected);
        });
    });
});

describe("data of others", () => {
    const STACK = "preview-1a2b3c4-1";
    const FOLDER = "/tmp/drydock-preview-x";
    const there = ["shop_pgdata", `drydock.${STACK}.db`];
    const volume = (name: string) => `the volume ${name} is there already, and is not its own`;
    const directory = (path: string) => `the directory ${path} is mounted writable, and is not its own`;
    const made = (type: string, inputs: Inputs): Step[] =>
        component("PostgresService", [type, "it", "create", {}, inputs]);
    const container = (...volumes: Inputs[]) => made(CONTAINER, { volumes });
    const task = (...volumes: Inputs[]) => made(TASK_CONTAINER, { volumes });

    test.each<[string, Step[], string[]]>([
        ["a volume of that name", made(VOLUME, { name: "shop_pgdata" }), [volume("shop_pgdata")]],
        ["one that it names after itself", made(VOLUME, { name: `drydock.${STACK}.db` }), []],
        ["one that is not there", made(VOLUME, { name: "new" }), []],
        ["a container with it", container({ volumeName: "shop_pgdata" }), [volume("shop_pgdata")]],
        ["a container with a directory", container({ hostPath: "/srv/db" }), [directory("/srv/db")]],
        [
            "one beside the checkout",
            container({ hostPath: `${FOLDER}/../db` }),
            [directory(`${FOLDER}/../db`)],
        ],
        ["one that it only reads", container({ hostPath: "/srv/db", readOnly: true }), []],
        ["one of the checkout", container({ hostPath: `${FOLDER}/apps/sample` }), []],
        [
            "a mount",
            made(CONTAINER, { mounts: [{ type: "volume", source: "shop_pgdata" }] }),
            [volume("shop_pgdata")],
        ],
        [
            "a bind mount",
            made(CONTAINER, { mounts: [{ type: "bind", source: "/srv/db" }] }),
            [directory("/srv/db")],
        ],
        ["a task with a directory", task({ hostPath: "/srv/my db" }), [directory("/srv/my db")]],
        ["a task that only reads it", task({ hostPath: "/srv/db", readOnly: true }), []],
        ["a task with the volume", task({ volumeName: "shop_pgdata" }), [volume("shop_pgdata")]],
        [
            "both of one service",
            [...made(VOLUME, { name: "shop_pgdata" }), ...container({ volumeName: "shop_pgdata" })],
            [volume("shop_pgdata")],
        ],
    ])("%s", (_, steps, expected) => {
        expect(othersData(steps, STACK, FOLDER, there)).toEqual(expected);
    });
});
