import * as docker from "@pulumi/docker";
import {
    Engine,
    PostgresService,
    RailsWebApp,
    RedisService,
    Task,
    WebApp,
} from "../../../components/index.ts";
import { COMMAND, CONTAINER, type Run, run, SERVICE } from "../../../testing/index.ts";

const ENGINES = [
    [Engine.Docker, CONTAINER],
    [Engine.Swarm, SERVICE],
] as const;

describe.each(ENGINES)("on %s, what uses a service", (engine, type) => {
    /** What a resource depends on, and what that depends on. */
    function reached({ declared }: Run, ...from: string[]): string[] {
        const byName = new Map(declared.map((resource) => [`${resource.type} ${resource.name}`, resource]));
        const found = new Set(from);
        for (const name of found) byName.get(name)?.dependencies.forEach((next) => found.add(next));
        return [...found];
    }

    const database = () => new PostgresService("db", { engine });
    const image = "shop:1";

    test.each<[string, string, () => unknown]>([
        [
            "by a link",
            `${type} web`,
            () => new WebApp("web", { engine, image, links: { database: database().connection } }),
        ],
        [
            "by a link, with a part of the connection changed",
            `${type} web`,
            () => {
                const replica = database().connection.apply((connection) => ({
                    ...connection,
                    database: "two",
                }));
                return new WebApp("web", { engine, image, links: { database: replica } });
            },
        ],
        [
            "by a variable",
            `${type} web`,
            () => new WebApp("web", { engine, image, env: { DB_HOST: database().connection.host } }),
        ],
        [
            "by its network",
            `${type} web`,
            () => new WebApp("web", { engine, image, networks: [database().connection.network] }),
        ],
        [
            "from a process",
            `${type} web-worker`,
            () => {
                const processes = { worker: { command: ["work"] } };
                return new WebApp("web", {
                    engine,
                    image,
                    links: { database: database().connection },
                    processes,
                });
            },
        ],
        [
            "as the database of Rails",
            `${type} web`,
            () => new RailsWebApp("web", { engine, image, database: database().connection }),
        ],
        [
            "as a further database of Rails",
            `${type} web`,
            () => new RailsWebApp("web", { engine, image, databases: { queue: database().connection } }),
        ],
        [
            "from a migration",
            `${COMMAND} web-migration-run`,
            () => new RailsWebApp("web", { engine, image, database: database().connection }),
        ],
        [
            "from a task",
            `${COMMAND} job-run`,
            () => new Task("job", { image, command: ["x"], links: { database: database().connection } }),
        ],
        [
            "from a resource of the program's own",
            `${CONTAINER} own`,
            () =>
                new docker.Container("own", {
                    image,
                    envs: [database().connection.apply(({ host }) => `H=${host}`)],
                }),
        ],
        [
            "from a resource of the program's own, by its address",
            `${CONTAINER} own`,
            () => {
                const { address } = new PostgresService("db", { engine, publish: { port: 5432 } });
                return new docker.Container("own", { image, envs: [address] });
            },
        ],
    ])("%s is deleted before the service, and not replaced with it", async (_, user, program) => {
        const stack = await run(() => void program());
        expect(reached(stack, user)).toContain(`${type} db`);
        expect(reached(stack, user)).toContain(`${COMMAND} db-ready`);
        // It would be replaced with whatever it depends on directly.
        const [typeOf, name] = user.split(" ") as [string, string];
        expect(stack.one(typeOf, name).dependencies).not.toContain(`${type} db`);
        expect(stack.one(COMMAND, "db-ready").inputs).not.toHaveProperty("triggers");
    });

    test("of Redis is deleted before Redis", async () => {
        const stack = await run(() => {
            const redis = new RedisService("cache", { engine }).connection;
            return { web: new RailsWebApp("web", { engine, image, redis }).url };
        });
        expect(reached(stack, `${type} web`)).toContain(`${type} cache`);
    });

    test.each(["host", "url"] as const)("an application by its %s is deleted before it", async (output) => {
        const stack = await run(() => {
            const api = new WebApp("api", { engine, image, publish: { port: 80 } });
            return { url: new WebApp("web", { engine, image, env: { API: api[output] } }).url };
        });
        expect(reached(stack, `${type} web`)).toContain(`${type} api`);
        expect(stack.one(type, "web").dependencies).not.toContain(`${type} api`);
    });
});

test("a service that is written by hand orders nothing", async () => {
    const connection = { scheme: "postgres", host: "db.example.com", port: 5432 };
    const stack = await run(() => ({
        url: new WebApp("web", { image: "x:1", links: { database: connection } }).url,
    }));
    expect(stack.one(CONTAINER, "web").dependencies).toEqual([
        "command:local:Command web-data-removal",
        "docker:index/remoteImage:RemoteImage web-image",
    ]);
});
