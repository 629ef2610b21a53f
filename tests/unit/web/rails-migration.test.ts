import { Engine, PostgresService, RailsWebApp, type RailsWebAppArgs } from "../../../components/index.ts";
import { COMMAND, GENERATED } from "../../../testing/index.ts";
import { ENGINES, runOn, TERMS } from "../engines/index.ts";

const db = { scheme: "postgres", host: "db", port: 1, network: "db-net" };
const MIGRATION = "shop-migration-run";

/** In the script of a task: at its creation, or later. */
const joining = (network: string) => new RegExp(`network (connect )?${network}\\s`);

describe.each(ENGINES)("on %s", (engine) => {
    const { pulled } = TERMS[engine];
    const rails = (args: Partial<RailsWebAppArgs>) =>
        runOn(engine, () => ({ url: new RailsWebApp("shop", { engine, image: "shop:1", ...args }).url }));

    describe("the migration", () => {
        test("prepares the database, with the server's image, user, links and environment", async () => {
            const args = { database: db, env: { A: "1" }, user: "1000", networks: ["mine"] };
            const { one } = await rails({ ...args, capabilities: ["CHOWN"] });
            expect(one("drydock:index:Task")).toMatchObject({
                name: "shop-migration",
                parent: "drydock:index:RailsWebApp shop",
            });
            const { stdin, environment } = one(COMMAND, MIGRATION).inputs;
            expect(stdin).toContain(
                "--user 1000 --security-opt no-new-privileges --cap-drop ALL --cap-add CHOWN ",
            );
            expect(stdin).toMatch(joining("db-net"));
            expect(stdin).toMatch(joining("mine"));
            expect(stdin).toContain(`${pulled} bin/rails db:prepare`);
            expect(Object.values(environment as object)).toEqual([
                "1",
                "postgres://db:1",
                "production",
                "1",
                GENERATED.password,
            ]);
        });

        test("has the application's volumes where they are on its machine, made once", async () => {
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
            const { stdin } = one(COMMAND, MIGRATION).inputs;
            const mounted = "--mount 'type=volume,source=shop.dev.shop.storage,target=/rails/storage' ";
            if (engine === Engine.Docker) expect(stdin).toContain(mounted);
            else expect(stdin).not.toContain("--mount");
            expect(stdin).not.toContain("/home/me/src");
        });

        test("runs again where the database keeps its data elsewhere", async () => {
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

        test("is another command where asked", async () => {
            const { one } = await rails({ migration: ["bin/migrate"] });
            expect(one(COMMAND, MIGRATION).inputs.stdin).toContain(`${pulled} bin/migrate`);
        });

        test.each<[string, Partial<RailsWebAppArgs>]>([
            ["without a database", {}],
            ["where there is nothing to run", { database: db, migration: [] }],
        ])("is none %s", async (_, args) => {
            expect((await rails(args)).names(COMMAND)).not.toContain(MIGRATION);
        });

        const program = () => {
            const { connection: database } = new PostgresService("db", { engine });
            const processes = { worker: { command: ["w"] } };
            new RailsWebApp("shop", { engine, image: "shop:1", database, processes });
            return {};
        };

        test("waits for the database", async () => {
            const { early } = await runOn(engine, program, { slow: "db" });
            expect(early).toContain("db");
            expect(early).not.toContain(MIGRATION);
        });

        test("holds up the server and its processes", async () => {
            const { early, containers } = await runOn(engine, program, { slow: MIGRATION });
            expect(early).toContain(MIGRATION);
            expect(early).not.toContain("shop");
            expect(early).not.toContain("shop-worker");
            expect(containers).toEqual(["db", "shop", "shop-worker"]);
        });

        test("joins the database's network by what the engine joins it by", async () => {
            const { one } = await runOn(engine, program);
            expect(one(COMMAND, MIGRATION).inputs.stdin).toMatch(joining(TERMS[engine].network("db")));
        });

        test("works in a first preview", async () => {
            const { containers } = await runOn(engine, program, { preview: "first" });
            expect(containers).toEqual(["db", "shop", "shop-worker"]);
        });
    });
});
