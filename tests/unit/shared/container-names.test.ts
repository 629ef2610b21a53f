import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    PostgresService,
    RailsWebApp,
    RedisService,
    Task,
    WebApp,
} from "../../../components/index.ts";
import { CONTAINER, refusal, run } from "../../../testing/index.ts";

const image = "x:1";
const processes = { worker: { command: ["work"] } };
const team = (name: string) => new pulumi.ComponentResource("team:index:Part", name);

describe("a container name in a program", () => {
    test.each<[string, () => unknown, string]>([
        [
            "a process and a service",
            () => [new WebApp("web", { image, processes }), new RedisService("web-worker")],
            'name: the service web-worker and the process worker of web are both called "web-worker" in Docker; rename one of them',
        ],
        [
            "a service and a process",
            () => [new PostgresService("web-worker"), new WebApp("web", { image, processes })],
            "processes.worker: the process worker of web and the service web-worker are both called",
        ],
        [
            "a process and an application",
            () => [new RailsWebApp("web", { image, processes }), new WebApp("web-worker", { image })],
            "name: the application web-worker and the process worker of web are both called",
        ],
        [
            "Tasks with different parents",
            () =>
                ["a", "b"].map((part) => new Task("job", { image, command: ["x"] }, { parent: team(part) })),
            "name: the task job and the task job are both called",
        ],
        [
            "services with different parents",
            () => [
                new RedisService("cache", {}, { parent: team("a") }),
                new PostgresService("cache", {}, { parent: team("b") }),
            ],
            "name: the service cache and the service cache are both called",
        ],
        [
            "services of different types",
            () => [new RedisService("cache"), new PostgresService("cache")],
            "name: the service cache and the service cache are both called",
        ],
        [
            "a process and a service on a Swarm",
            () => [
                new WebApp("web", { image, processes, engine: Engine.Swarm }),
                new RedisService("web-worker", { engine: Engine.Swarm }),
            ],
            "name: the service web-worker and the process worker of web are both called",
        ],
    ])("is refused for %s", async (_, program, message) => {
        expect(await refusal(program)).toContain(message);
    });

    test("can be used again by the same component, as in unit tests that set their mocks once", async () => {
        const twice = () => [1, 2].map(() => new WebApp("web", { image, processes }));
        expect(await refusal(twice)).toBe("nothing was refused");
    });

    test("of a Task differs from those of other components", async () => {
        const program = () => [
            new Task("job", { image, command: ["x"] }),
            new WebApp("job-task", { image }),
            new RailsWebApp("web", { image, migration: ["x"] }),
            new RedisService("web-migration-task"),
        ];
        expect(await refusal(program)).toBe("nothing was refused");
    });

    test("can be used again on another Docker Engine and in the next update", async () => {
        for (let update = 0; update < 2; update++) {
            const { names } = await run(() => {
                const provider = new docker.Provider("far", { host: "ssh://far" });
                new RedisService("cache", {}, { parent: team("a") });
                new RedisService("cache", {}, { parent: team("b"), provider });
                return {};
            });
            expect(names(CONTAINER)).toEqual(["cache", "cache"]);
        }
    });
});
