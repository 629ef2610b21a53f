import { Engine, PostgresService, RailsWebApp, type RailsWebAppArgs } from "../../../components/index.ts";
import { COMMAND, GENERATED, refusal, TASK_CONTAINER } from "../../../testing/index.ts";
import { runOn } from "../engines/index.ts";

const db = { scheme: "postgres", host: "db", port: 1, network: "db-net" };
const MIGRATION = "shop-migration-run";

describe.each([
    { engine: Engine.Docker, pulledImage: GENERATED.image, network: "shop-dev-db" },
    { engine: Engine.Swarm, pulledImage: GENERATED.digest, network: "db-network-id" },
])("on $engine", ({ engine, pulledImage, network }) => {
    const rails = (args: Partial<RailsWebAppArgs>) =>
        runOn(engine, () => ({ url: new RailsWebApp("shop", { engine, image: "shop:1", ...args }).url }));

    describe("the migration", () => {
        test("runs db:prepare with the image, user, links and environment of the server", async () => {
            const args = { database: db, env: { A: "1" }, user: "1000", networks: ["mine"] };
            const { one } = await rails({ ...args, capabilities: ["CHOWN"] });
            expect(one("drydock:index:Task")).toMatchObject({
                name: "shop-migration",
                parent: "drydock:index:RailsWebApp shop",
            });
            expect(one(TASK_CONTAINER).inputs).toMatchObject({
                image: pulledImage,
                command: ["bin/rails", "db:prepare"],
                user: "1000",
                capabilities: { adds: ["CHOWN"], drops: ["ALL"] },
                networksAdvanced: [{ name: "db-net" }, { name: "mine" }],
                envs: [
                    "A=1",
                    "DATABASE_URL=postgres://db:1",
                    "RAILS_ENV=production",
                    "RAILS_LOG_TO_STDOUT=1",
                    `SECRET_KEY_BASE=${GENERATED.password}`,
                ],
            });
        });

        test("has the options of the server, except for limits of memory and CPU", async () => {
            const options = { init: true, sharedMemory: "64m", logging: { driver: "json-file" } };
            const { one } = await rails({ ...options, database: db, memory: "512m", cpus: 1 });
            const { inputs } = one(TASK_CONTAINER);
            expect(inputs).toMatchObject({ init: true, shmSize: 64, logDriver: "json-file" });
            expect(inputs).not.toHaveProperty("memory");
            expect(inputs).not.toHaveProperty("cpus");
        });

        test("runs db:prepare if there are databases but no primary one", async () => {
            const { one } = await rails({ databases: { main: db, queue: db } });
            expect(one(TASK_CONTAINER).inputs).toMatchObject({
                command: ["bin/rails", "db:prepare"],
                envs: expect.arrayContaining([
                    "MAIN_DATABASE_URL=postgres://db:1",
                    "QUEUE_DATABASE_URL=postgres://db:1",
                ]) as string[],
            });
        });

        test("mounts the volumes of the application, except on a Swarm", async () => {
            const mounts = [
                { path: "/rails/storage", volume: "storage" },
                { path: "/rails/src", hostPath: "/home/me/src" },
            ];
            const { one, volumes, container } = await rails({ database: db, mounts });
            expect(volumes).toEqual([
                {
                    name: "shop-storage",
                    parent: "drydock:index:RailsWebApp shop",
                    volume: "shop.dev.shop.storage",
                    protect: false,
                },
            ]);
            expect(container("shop").mounts).toHaveLength(2);
            expect(one(TASK_CONTAINER).inputs.volumes).toEqual(
                engine === Engine.Docker
                    ? [{ containerPath: "/rails/storage", volumeName: "shop.dev.shop.storage" }]
                    : [],
            );
        });

        test("runs again if the database moves to another volume", async () => {
            const migrationOf = async (volume?: string) => {
                const { one } = await runOn(engine, () => {
                    const { connection: database } = new PostgresService("db", { engine, volume });
                    new RailsWebApp("shop", { engine, image: "shop:1", database });
                    return {};
                });
                return one(COMMAND, MIGRATION).inputs;
            };
            const { triggers: before, ...same } = await migrationOf();
            const { triggers: after, ...others } = await migrationOf("mine");
            expect(others).toEqual(same);
            expect([before, after]).toEqual([["shop.dev.db"], ["mine"]]);
        });

        test("has the variables that the server reads, and runs again if the database moves", async () => {
            const migrationOf = async (volume?: string) => {
                const { one } = await runOn(engine, () => {
                    const { connection: database } = new PostgresService("db", {
                        engine,
                        username: "depot",
                        database: "depot_live",
                        volume,
                    });
                    const variables = {
                        database: {
                            host: "DB_HOST",
                            port: "DB_PORT",
                            username: "DB_USER",
                            password: "DB_PASS",
                            name: "DB_NAME",
                        },
                    };
                    new RailsWebApp("shop", { engine, image: "shop:1", database, variables });
                    return {};
                });
                const { envs, command } = one(TASK_CONTAINER).inputs;
                return { envs, command, triggers: one(COMMAND, MIGRATION).inputs.triggers };
            };
            const { envs, command, triggers } = await migrationOf();
            expect(command).toEqual(["bin/rails", "db:prepare"]);
            expect(envs).toEqual([
                "DB_HOST=shop-dev-db",
                "DB_NAME=depot_live",
                `DB_PASS=${GENERATED.password}`,
                "DB_PORT=5432",
                "DB_USER=depot",
                "RAILS_ENV=production",
                "RAILS_LOG_TO_STDOUT=1",
                `SECRET_KEY_BASE=${GENERATED.password}`,
            ]);
            expect([triggers, (await migrationOf("mine")).triggers]).toEqual([["shop.dev.db"], ["mine"]]);
        });

        test("can be a different command", async () => {
            const { one } = await rails({ migration: ["bin/migrate"] });
            expect(one(TASK_CONTAINER).inputs.command).toEqual(["bin/migrate"]);
        });

        test("is followed by further migrations, with the same variables and timeout", async () => {
            const { names, one } = await rails({
                database: db,
                env: { A: "1" },
                migrations: [["bin/rails", "data:migrate"], ["bin/reindex"]],
                migrationTimeout: 60,
            });
            const runs = [MIGRATION, "shop-migration-2-run", "shop-migration-3-run"];
            expect(names(TASK_CONTAINER).sort()).toEqual([...runs].sort());
            const [first, second, third] = runs.map((name) => one(TASK_CONTAINER, name).inputs);
            expect([first, second, third].map((inputs) => inputs?.command)).toEqual([
                ["bin/rails", "db:prepare"],
                ["bin/rails", "data:migrate"],
                ["bin/reindex"],
            ]);
            expect(second?.envs).toEqual(first?.envs);
            for (const name of runs)
                expect(one(COMMAND, name).inputs.interpreter).toContain("TASK_TIMEOUT=60");
        });

        test("can be left out, and further migrations keep their names", async () => {
            const { names } = await rails({ migration: [], migrations: [["bin/migrate"]] });
            expect(names("drydock:index:Task")).toEqual(["shop-migration-2"]);
        });

        test.each<[Partial<RailsWebAppArgs>, string]>([
            [{ migration: [""] }, "migration: must be a list of strings"],
            [{ migration: "bin/migrate" as never }, "migration: must be a list of strings"],
            [{ migrations: [["a"], []] }, "migrations[1]: must be a list of strings"],
            [{ migrationTimeout: 0 }, "migrationTimeout: 0 is not allowed; use an integer of at least 1"],
        ])("refuses %j", async (args, message) => {
            expect(await refusal(() => new RailsWebApp("shop", { image: "shop:1", ...args }))).toContain(
                message,
            );
        });

        test.each<[string, Partial<RailsWebAppArgs>]>([
            ["without a database", {}],
            ["if the command is empty", { database: db, migration: [] }],
        ])("does not run %s", async (_, args) => {
            expect((await rails(args)).names(COMMAND)).not.toContain(MIGRATION);
        });

        const program = () => {
            const { connection: database } = new PostgresService("db", { engine });
            const processes = { worker: { command: ["w"] } };
            new RailsWebApp("shop", { engine, image: "shop:1", database, processes });
            return {};
        };

        test("waits for the database", async () => {
            const { startedWhilePaused } = await runOn(engine, program, { pause: "db" });
            expect(startedWhilePaused).toContain("db");
            expect(startedWhilePaused).not.toContain(MIGRATION);
        });

        test("runs before the server and its processes", async () => {
            const { startedWhilePaused, containers } = await runOn(engine, program, { pause: MIGRATION });
            expect(startedWhilePaused).toContain(MIGRATION);
            expect(startedWhilePaused).not.toContain("shop");
            expect(startedWhilePaused).not.toContain("shop-worker");
            expect(containers).toEqual(["db", "shop", "shop-worker"]);
        });

        test("joins the network of the database", async () => {
            const { one } = await runOn(engine, program);
            expect(one(TASK_CONTAINER).inputs.networksAdvanced).toEqual([{ name: network }]);
        });

        test("can be previewed while the database is unknown", async () => {
            const { containers } = await runOn(engine, program, { preview: "first" });
            expect(containers).toEqual(["db", "shop", "shop-worker"]);
        });
    });
});
