import {
    type Connection,
    connectionUrl,
    Engine,
    RailsWebApp,
    Service,
    type ServiceArgs,
    WebApp,
} from "../../../components/index.ts";
import { validateConnection } from "../../../components/shared/connection.ts";
import {
    COMMAND,
    GENERATED,
    NETWORK,
    RANDOM_PASSWORD,
    refusal,
    REMOTE_IMAGE,
    type Settings,
} from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

const MARIADB: ServiceArgs = {
    image: "mariadb:11.8",
    port: 3306,
    password: { file: "/run/secrets/password", variable: "MARIADB_PASSWORD_FILE" },
    data: { path: "/var/lib/mysql" },
    connection: { scheme: "mysql2", username: "app", database: "app", parameters: { encoding: "utf8mb4" } },
};

describe.each(ENGINES)("a Service on %s", (engine) => {
    const host = "shop-dev-it";

    const runService = (args: Partial<ServiceArgs> = {}, settings?: Settings) =>
        runOn(
            engine,
            () => {
                const it = new Service("it", { engine, image: "x:1", ...args });
                const { connection, host, address, url, password } = it;
                return { connection, host, address, url, password };
            },
            settings,
        );
    const container = async (args: Partial<ServiceArgs> = {}) => (await runService(args)).container();
    const connection = async (args: Partial<ServiceArgs> = {}) =>
        (await runService(args)).outputs.connection?.value as Connection;

    test("adds no variables, files or mounts to an image", async () => {
        const { one, container } = await runService({ image: "memcached:1.6", port: 11211 });
        expect(one(REMOTE_IMAGE).inputs.name).toBe("memcached:1.6");
        expect(container()).toMatchObject({
            hostName: host,
            env: {},
            files: {},
            mounts: [],
            restart: "always",
        });
        expect(container()).not.toHaveProperty("publish", expect.anything());
    });

    test("keeps the capabilities that the entrypoints of other images need", async () => {
        expect((await container()).capabilities.adds).toEqual(
            expect.arrayContaining(["SETUID", "SYS_CHROOT"]),
        );
        expect((await container({ capabilities: ["CHOWN"] })).capabilities.adds).toEqual(["CHOWN"]);
    });

    describe("is healthy", () => {
        const healthTest = async (args: Partial<ServiceArgs>) =>
            (await container(args)).health?.test.join(" ") ?? "none";

        test("if something listens on its port", async () => {
            expect(await healthTest({ port: 11211 })).toMatch(/\/proc\/net\/tcp.* health 11211$/s);
            expect(await healthTest({ port: 11211 })).not.toMatch(/curl|GET/);
        });

        test("if it responds to a request for the path", async () => {
            expect(await healthTest({ port: 9200, health: { path: "/_cluster/health" } })).toMatch(
                /curl.* health 9200 \/_cluster\/health 127\.0\.0\.1:9200 5$/s,
            );
        });

        test("if the command succeeds", async () => {
            expect(
                await healthTest({ port: 3306, health: { command: ["healthcheck.sh", "--connect"] } }),
            ).toMatch(/ healthcheck\.sh --connect$/);
        });

        test.each<[string, Partial<ServiceArgs>]>([
            ["without a port", {}],
            ["with the check disabled", { port: 80, health: { disabled: true } }],
        ])("if it keeps running: %s", async (_, args) => {
            const { container, names } = await runService(args);
            expect(container().health?.test ?? ["NONE"]).toEqual(["NONE"]);
            expect(names(COMMAND)).toContain("it-running");
        });
    });

    test("has a network of its own, which components with a link to it join", async () => {
        const { container, one } = await runOn(engine, () => {
            const search = new Service("it", {
                engine,
                image: "x:1",
                port: 9200,
                connection: { scheme: "http" },
            });
            new WebApp("web", { engine, image: "web:1", links: { search: search.connection } });
            return {};
        });
        expect(one(NETWORK).name).toBe("it-network");
        expect(container("it").networks).toEqual([host]);
        expect(container("web").networks).toEqual([host]);
        expect(container("web").env).toMatchObject({ SEARCH_URL: `http://${host}:9200` });
        expect(container("web").dependencies).toContain(`${COMMAND} it-ready`);
    });

    test("without a port joins the networks of its links only", async () => {
        const { container, networks } = await runOn(engine, () => {
            const search = new Service("search", { engine, image: "x:1", port: 9200 });
            new Service("it", { engine, image: "y:1", links: { search: search.connection } });
            return {};
        });
        expect(networks).toEqual(["search-network"]);
        expect(container("it").env).toEqual({ SEARCH_URL: "tcp://shop-dev-search:9200" });
    });

    test("accepts the options of every container", async () => {
        const args = {
            command: ["run"],
            user: "1000",
            memory: "512m",
            readOnly: true,
            workingDirectory: "/srv",
        };
        expect(await container(args)).toMatchObject({ ...args, memory: 512 });
    });

    describe("with data", () => {
        test("keeps it on a volume", async () => {
            const { container, volumes } = await runService({ data: { path: "/data" }, protectData: true });
            expect(volumes).toMatchObject([{ name: "it-data", volume: "shop.dev.it", protect: true }]);
            expect(container().mounts).toMatchObject([{ path: "/data", volume: "shop.dev.it" }]);
        });

        test("keeps it on several volumes, each protected or not", async () => {
            const { container, volumes } = await runService({
                data: { path: "/data", protectData: true },
                volumes: { config: { path: "/config" }, keys: { path: "/keys", volume: "old_keys" } },
                swarm: { node: "node-1" },
            });
            expect(volumes.map(({ name, volume, protect }) => [name, volume, protect])).toEqual([
                ["it-data", "shop.dev.it", true],
                ["it-volume-config", "shop.dev.it.config", false],
                ["it-volume-keys-named", "old_keys", false],
            ]);
            expect(container().mounts.map(({ path, volume }) => [path, volume])).toEqual([
                ["/data", "shop.dev.it"],
                ["/config", "shop.dev.it.config"],
                ["/keys", "old_keys"],
            ]);
        });

        test("keeps it in a directory of the host", async () => {
            const { container, volumes } = await runService({ data: { path: "/data", hostPath: "/srv/it" } });
            expect(volumes).toEqual([]);
            expect(container().mounts).toMatchObject([{ path: "/data", hostPath: "/srv/it" }]);
        });

        test("names it in its connection, so that a migration runs again on other data", async () => {
            expect((await connection({ port: 1, data: { path: "/data" } })).storage).toBe("shop.dev.it");
            expect((await connection({ port: 1, data: { path: "/data", volume: "old" } })).storage).toBe(
                "old",
            );
            const volumes = { config: { path: "/config" } };
            expect((await connection({ port: 1, volumes })).storage).toBe("shop.dev.it.config");
            expect(await connection({ port: 1 })).not.toHaveProperty("storage");
        });
    });

    describe("with a password", () => {
        test("reads it from a variable", async () => {
            const { container, outputs } = await runService({ password: { variable: "MEILI_MASTER_KEY" } });
            expect(container()).toMatchObject({ env: { MEILI_MASTER_KEY: GENERATED.password }, files: {} });
            expect(outputs.password).toEqual({ value: GENERATED.password, secret: true, known: true });
        });

        test("reads it from a file that a variable names", async () => {
            const password = { file: "/run/secrets/password", variable: "MARIADB_PASSWORD_FILE" };
            const { env, files } = await container({ password });
            expect(env).toEqual({ MARIADB_PASSWORD_FILE: "/run/secrets/password" });
            expect(files["/run/secrets/password"]).toEqual({ content: GENERATED.password, secret: true });
        });

        test("reads the one that is given", async () => {
            const { names, container } = await runService({ password: { variable: "KEY", value: "rum" } });
            expect(container().env).toEqual({ KEY: "rum" });
            expect(names(RANDOM_PASSWORD)).toEqual([]);
        });

        test("shows it nowhere", async () => {
            const shown = nonSecretText(
                await runService({ ...MARIADB, password: { variable: "KEY", value: "rum-7f3" } }),
            );
            expect(shown).not.toContain("rum-7f3");
        });

        test("has it in its connection", async () => {
            expect(connectionUrl(await connection(MARIADB))).toBe(
                `mysql2://app:${GENERATED.password}@${host}:3306/app?encoding=utf8mb4`,
            );
            const valkey = { port: 6379, password: { variable: "KEY" }, connection: { scheme: "redis" } };
            expect(connectionUrl(await connection(valkey))).toBe(
                `redis://default:${GENERATED.password}@${host}:6379`,
            );
        });

        test("keeps a key out of the URL of an HTTP service", async () => {
            const args = { port: 7700, password: { variable: "KEY" } };
            expect(connectionUrl(await connection({ ...args, connection: { scheme: "http" } }))).toBe(
                `http://${host}:7700`,
            );
            expect(
                connectionUrl(
                    await connection({ ...args, connection: { scheme: "http", username: "admin" } }),
                ),
            ).toBe(`http://admin:${GENERATED.password}@${host}:7700`);
        });

        test("records its change before the container of a service with data starts", async () => {
            const withData = await runService(MARIADB);
            expect(withData.container().dependencies).toContain(`${COMMAND} it-password-change`);
            const withoutData = await runService({ password: { variable: "KEY" } });
            expect(withoutData.names(COMMAND)).not.toContain("it-password-change");
        });
    });

    test("has a secret connection, and outputs", async () => {
        const args = { port: 7700, publish: { port: 17700 }, connection: { scheme: "http" } };
        const { outputs } = await runService(args);
        const machine = engine === Engine.Docker ? "127.0.0.1" : "localhost";
        expect(outputs.connection?.secret).toBe(true);
        expect(outputs.host?.value).toBe(host);
        expect(outputs.address?.value).toBe(`${machine}:17700`);
        expect(outputs.url?.value).toBe(`http://${machine}:17700`);
        const { outputs: unpublished } = await runService();
        expect([unpublished.address?.value, unpublished.url?.value, unpublished.password?.value]).toEqual([
            "",
            "",
            "",
        ]);
    });

    test("is a database of a Rails application, which is migrated", async () => {
        const { container, one } = await runOn(engine, () => {
            const db = new Service("it", { engine, ...MARIADB });
            new RailsWebApp("shop", { engine, image: "shop:1", database: db.connection });
            return {};
        });
        const url = `mysql2://app:${GENERATED.password}@${host}:3306/app?encoding=utf8mb4`;
        expect(container("shop").env).toMatchObject({ DATABASE_URL: url });
        expect(one(COMMAND, "shop-migration-run").inputs.triggers).toEqual(["shop.dev.it"]);
    });

    test.each<[string, Partial<ServiceArgs>, string]>([
        ["no image", { image: undefined }, "image: required unless build is set"],
        ["an invalid port", { port: 70000 }, "port: 70000 is not a port"],
        ["publish without a port", { publish: {} }, "publish: publishes port, which is not set"],
        [
            "times of a health check that does not exist",
            { health: { waitTimeout: 300 } },
            "health.waitTimeout: there is no health check to time (a HEALTHCHECK of the image keeps its own timing); set port or health.command",
        ],
        [
            "an HTTP health check without a port",
            { health: { path: "/" } },
            "health.path: needs a TCP port, and the service has none; set port",
        ],
        [
            "health.host without an HTTP health check",
            { port: 80, health: { host: "shop" } },
            "health.host: the default check sends no request; set health.path, or leave it out",
        ],
        [
            "a connection without a port",
            { connection: {} },
            "connection: needs a TCP port, and the service has none; set port",
        ],
        [
            "a URL as the scheme",
            { port: 80, connection: { scheme: "http://" } },
            'connection.scheme: "http://" is not the scheme of a URL',
        ],
        [
            "a mount of a volume called data",
            { data: { path: "/d" }, mounts: [{ path: "/extra", volume: "data" }] },
            'mounts[0].volume: "data" is reserved for the service; use another name',
        ],
        ["data without a path", { data: {} as never }, "data.path: required, for example /data"],
        [
            "two places for its data",
            { data: { path: "/d", volume: "old", hostPath: "/srv" } },
            "data.hostPath: hostPath and volume are both set; keep one",
        ],
        [
            "two volumes at one path",
            { data: { path: "/d" }, volumes: { more: { path: "/d" } }, swarm: { node: "a" } },
            'volumes.more.path: "/d" has two mounts; keep one',
        ],
        [
            "one volume at two paths",
            {
                data: { path: "/d", volume: "old" },
                volumes: { more: { path: "/e", volume: "old" } },
                swarm: { node: "a" },
            },
            'volumes.more.volume: "old" is mounted twice; keep one',
        ],
        [
            "several replicas on the same data",
            { data: { path: "/d" }, swarm: { replicas: 2 } },
            "swarm.replicas: a service with data has one replica",
        ],
        [
            "a password that nothing reads",
            { password: {} },
            "password: has neither variable nor file; set the one that the image reads",
        ],
        [
            "a variable in env and in password.variable",
            { password: { variable: "KEY" }, env: { KEY: "rum" } },
            "env.KEY: password.variable sets it; leave it out of env",
        ],
        [
            "an empty password",
            { password: { variable: "KEY", value: "" } },
            "password.value: must be a single line",
        ],
    ])("refuses %s", async (_, args, message) => {
        expect(await refusal(() => new Service("it", { engine, image: "x:1", ...args }))).toContain(message);
    });

    test("has a connection that links refuse if it has no port", async () => {
        const link = await connection();
        expect(
            await refusal(() => {
                validateConnection("links.clock", link);
            }),
        ).toBe(`links.clock: the service ${host} has no port to connect to; set its port`);
    });

    test("refuses data that another service uses", async () => {
        const data = { path: "/data", volume: "shared" };
        const both = () => [
            new Service("one", { engine, image: "x:1", data }),
            new Service("it", { engine, image: "x:1", data }),
        ];
        expect(await refusal(both)).toContain('data.volume: "shared" is used by the component "one"');
    });
});

test("several volumes of a Swarm must be on one node", async () => {
    const volumes = { config: { path: "/config" }, keys: { path: "/keys" } };
    const args = { engine: Engine.Swarm, image: "x:1", volumes };
    expect(await refusal(() => new Service("it", args))).toContain(
        "swarm.node: required for several volumes, which must be on one node",
    );
});
