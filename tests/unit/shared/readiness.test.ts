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

describe.each([
    [Engine.Docker, CONTAINER],
    [Engine.Swarm, SERVICE],
] as const)("on %s, what uses a service", (engine, type) => {
    /** Direct and indirect dependencies of a resource, each as its type and name. */
    function dependenciesOf({ declared }: Run, resource: string): string[] {
        const byName = new Map(declared.map((other) => [`${other.type} ${other.name}`, other]));
        const found = new Set([resource]);
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
            "by a link to another database of it",
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
            "by an environment variable",
            `${type} web`,
            () => new WebApp("web", { engine, image, env: { DB_HOST: database().connection.host } }),
        ],
        [
            "by its network",
            `${type} web`,
            () => new WebApp("web", { engine, image, networks: [database().connection.network] }),
        ],
        [
            "by a link, in a process",
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
            "as another database of Rails",
            `${type} web`,
            () => new RailsWebApp("web", { engine, image, databases: { queue: database().connection } }),
        ],
        [
            "as the database of Rails, in the migration",
            `${COMMAND} web-migration-run`,
            () => new RailsWebApp("web", { engine, image, database: database().connection }),
        ],
        [
            "by a link, in a Task",
            `${COMMAND} job-run`,
            () => new Task("job", { image, command: ["x"], links: { database: database().connection } }),
        ],
        [
            "by its host, in a resource of another provider",
            `${CONTAINER} own`,
            () =>
                new docker.Container("own", {
                    image,
                    envs: [database().connection.apply(({ host }) => `H=${host}`)],
                }),
        ],
        [
            "by its address, in a resource of another provider",
            `${CONTAINER} own`,
            () => {
                const { address } = new PostgresService("db", { engine, publish: { port: 5432 } });
                return new docker.Container("own", { image, envs: [address] });
            },
        ],
    ])("%s depends on its readiness and not on its container", async (_, user, program) => {
        const stack = await run(() => void program());
        expect(dependenciesOf(stack, user)).toContain(`${type} db`);
        expect(dependenciesOf(stack, user)).toContain(`${COMMAND} db-ready`);
        // A direct dependency would replace it together with the container.
        const [typeOf, name] = user.split(" ") as [string, string];
        expect(stack.one(typeOf, name).dependencies).not.toContain(`${type} db`);
        expect(stack.one(COMMAND, "db-ready").inputs).not.toHaveProperty("triggers");
    });

    test("as the Redis of Rails depends on its readiness", async () => {
        const stack = await run(() => {
            const redis = new RedisService("cache", { engine }).connection;
            return { web: new RailsWebApp("web", { engine, image, redis }).url };
        });
        expect(dependenciesOf(stack, `${type} web`)).toContain(`${type} cache`);
    });

    test.each(["host", "url"] as const)(
        "by the %s of an application depends on its readiness",
        async (output) => {
            const stack = await run(() => {
                const api = new WebApp("api", { engine, image, publish: { port: 80 } });
                return { url: new WebApp("web", { engine, image, env: { API: api[output] } }).url };
            });
            expect(dependenciesOf(stack, `${type} web`)).toContain(`${type} api`);
            expect(stack.one(type, "web").dependencies).not.toContain(`${type} api`);
        },
    );
});

test("a literal connection adds no dependency", async () => {
    const connection = { scheme: "postgres", host: "db.example.com", port: 5432 };
    const stack = await run(() => ({
        url: new WebApp("web", { image: "x:1", links: { database: connection } }).url,
    }));
    expect(stack.one(CONTAINER, "web").dependencies).toEqual([
        "command:local:Command web-data-removal",
        "command:local:Command web-release-images",
        "docker:index/remoteImage:RemoteImage web-image",
    ]);
});
