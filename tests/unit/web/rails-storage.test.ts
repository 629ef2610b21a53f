import { Engine, PostgresService, RailsWebApp, type RailsWebAppArgs } from "../../../components/index.ts";
import { COMMAND, GENERATED, refusal, TASK_CONTAINER } from "../../../testing/index.ts";
import { ENGINES, runOn, service, withoutOutputs } from "../engines/index.ts";

const OWNER = "shop-storage-owner";
const MIGRATION = "shop-migration-run";
const VOLUME = "shop.dev.shop.storage";

describe.each(ENGINES)("the storage of a Rails application on %s", (engine) => {
    const rails = (args: Partial<RailsWebAppArgs>) =>
        runOn(engine, () => ({ url: new RailsWebApp("shop", { engine, image: "shop:1", ...args }).url }));

    test("is a volume in every process and in the migration", async () => {
        const { container, volumes, one } = await rails({
            storage: {},
            env: { SOLID_QUEUE_IN_PUMA: "1" },
            mounts: [{ path: "/other", volume: "other" }],
            processes: { jobs: { command: ["bin/jobs"], mounts: [{ path: "/tmp/jobs", volume: "tmp" }] } },
        });
        expect(volumes).toContainEqual({
            name: "shop-storage",
            parent: "drydock:index:RailsWebApp shop",
            volume: VOLUME,
            protect: false,
        });
        for (const name of ["shop", "shop-jobs"])
            expect(container(name).mounts[0]).toEqual({
                path: "/rails/storage",
                volume: VOLUME,
                readOnly: false,
            });
        expect(container("shop-jobs").mounts.map(({ path }) => path)).toEqual([
            "/rails/storage",
            "/other",
            "/tmp/jobs",
        ]);
        expect(one(TASK_CONTAINER).inputs).toMatchObject({
            command: ["bin/rails", "db:prepare"],
            volumes: [
                { containerPath: "/rails/storage", volumeName: VOLUME },
                { containerPath: "/other", volumeName: "shop.dev.shop.other" },
            ],
        });
    });

    test.each<[RailsWebAppArgs["storage"], object]>([
        [{ path: "/data" }, { path: "/data", volume: VOLUME }],
        [{ volume: "shop_storage" }, { path: "/rails/storage", volume: "shop_storage" }],
        [{ hostPath: "/srv/shop" }, { path: "/rails/storage", hostPath: "/srv/shop" }],
    ])("can be %j", async (storage, mount) => {
        const { container, one } = await rails({ storage });
        expect(container("shop").mounts).toEqual([{ ...mount, readOnly: false }]);
        expect(one(TASK_CONTAINER).inputs.volumes).toHaveLength(1);
    });

    test("keeps the volume of a mount that it replaces", async () => {
        const { volumes } = await rails({ mounts: [{ path: "/rails/storage", volume: "storage" }] });
        expect((await rails({ storage: {} })).volumes).toEqual(volumes);
    });

    test("is migrated again if it changes", async () => {
        const inputs = async (storage: RailsWebAppArgs["storage"]) =>
            (await rails({ storage })).one(COMMAND, MIGRATION).inputs;
        expect((await inputs({})).triggers).toEqual([VOLUME]);
        expect((await inputs({ volume: "other" })).triggers).toEqual(["other"]);
        expect((await inputs({ hostPath: "/srv" })).triggers).toEqual(["/srv"]);
    });

    test("is given to the user before the migration, which runs before the server", async () => {
        const program = withoutOutputs(
            () => new RailsWebApp("shop", { engine, image: "shop:1", user: "1000:1000", storage: {} }),
        );
        const beforeOwner = (await runOn(engine, program, { pause: OWNER })).startedWhilePaused;
        expect(beforeOwner).toContain(OWNER);
        expect(beforeOwner).not.toContain(MIGRATION);
        const { startedWhilePaused, containers, one } = await runOn(engine, program, { pause: MIGRATION });
        expect(startedWhilePaused).toContain(MIGRATION);
        expect(startedWhilePaused).not.toContain("shop");
        expect(containers).toEqual(["shop"]);
        const image = engine === Engine.Swarm ? GENERATED.digest : GENERATED.image;
        expect(one(COMMAND, OWNER).inputs.triggers).toEqual([image, "1000:1000", VOLUME]);
        expect(one(COMMAND, OWNER).inputs.environment).toMatchObject({
            KIND: "volume",
            TARGET: "/rails/storage",
        });
    });

    test.each<[Partial<RailsWebAppArgs>, boolean]>([
        [{ protectData: true, storage: {} }, true],
        [{ storage: { protectData: true } }, true],
        [{ storage: { protectData: true, volume: "shop_storage" } }, true],
        [{ protectData: true, storage: { protectData: false } }, false],
    ])("with %j is protected: %p", async (args, protect) => {
        const { volumes, declared } = await rails(args);
        expect(volumes.map((volume) => volume.protect)).toEqual([protect]);
        const removal = declared.find(({ name }) => name === "shop-data-removal");
        if (engine === Engine.Docker) expect(removal?.options.protect).toBe(protect);
    });

    test("can be combined with a database", async () => {
        const database = { scheme: "postgres", host: "db", port: 1, network: "db-net" };
        const { container } = await rails({ database, storage: {} });
        expect(container("shop").mounts).toHaveLength(1);
    });

    test("can be previewed before the stack exists", async () => {
        const program = () => {
            new RailsWebApp("shop", { engine, image: "shop:1", storage: {} });
            return {};
        };
        expect((await runOn(engine, program, { preview: "first" })).containers).toEqual(["shop"]);
    });

    test.each<[Partial<RailsWebAppArgs>, string]>([
        [{ storage: { path: "storage" } }, 'storage.path: "storage" is not an absolute path'],
        [{ storage: { volume: "my data" } }, 'storage.volume: "my data" is not the name of a volume'],
        [{ storage: { hostPath: "data" } }, 'storage.hostPath: "data" is not an absolute path'],
        [
            { storage: { volume: "v1", hostPath: "/srv" } },
            "storage.hostPath: hostPath and volume are both set; keep one",
        ],
        [
            { storage: {}, mounts: [{ path: "/rails/storage", hostPath: "/srv" }] },
            'mounts[0].path: "/rails/storage" is the path of storage; keep one of the two',
        ],
        [
            {
                storage: {},
                processes: { jobs: { command: ["x"], mounts: [{ path: "/b", volume: "storage" }] } },
            },
            'processes.jobs.mounts[0].volume: "storage" is the volume of storage; use another name',
        ],
    ])("refuses %j", async (args, message) => {
        const program = () => new RailsWebApp("shop", { engine, image: "shop:1", ...args });
        expect(await refusal(program)).toContain(message);
    });

    test("refuses the volume of a database", async () => {
        const program = () => {
            new PostgresService("db", { engine, volume: "data" });
            return new RailsWebApp("shop", { engine, image: "shop:1", storage: { volume: "data" } });
        };
        expect(await refusal(program)).toContain('storage.volume: "data" is used by the component "db"');
    });
});

describe("the storage of a Rails application on a Swarm", () => {
    const engine = Engine.Swarm;
    const LABEL = `node.labels.drydock.data.${VOLUME}==true`;

    test("keeps every process on its node, and stops the old container first", async () => {
        const { one } = await runOn(engine, () => {
            const processes = { jobs: { command: ["bin/jobs"] } };
            new RailsWebApp("shop", { engine, image: "shop:1", storage: {}, processes });
            return {};
        });
        for (const name of ["shop", "shop-jobs"]) {
            const { taskSpec, mode, updateConfig, rollbackConfig } = service(one, name);
            expect(taskSpec.placement).toMatchObject({ constraints: [LABEL] });
            expect(mode).toEqual({ replicated: { replicas: 1 } });
            for (const config of [updateConfig, rollbackConfig])
                expect(config).toMatchObject({ order: "stop-first" });
        }
    });

    test.each<[Partial<RailsWebAppArgs>, string]>([
        [
            { swarm: { replicas: 2 } },
            "swarm.replicas: 2 replicas would write to the same SQLite databases; use 1, or",
        ],
        [
            { processes: { jobs: { command: ["x"], swarm: { replicas: 3 } } } },
            "processes.jobs.swarm.replicas: 3 replicas would write to the same",
        ],
    ])("refuses %j", async (args, message) => {
        const program = () => new RailsWebApp("shop", { engine, image: "shop:1", storage: {}, ...args });
        expect(await refusal(program)).toContain(message);
    });

    test("does not limit swarm.replicas on a Docker Engine, which ignores them", async () => {
        const program = () => {
            new RailsWebApp("shop", { image: "shop:1", storage: {}, swarm: { replicas: 2 } });
            return {};
        };
        expect((await runOn(Engine.Docker, program)).containers).toEqual(["shop"]);
    });
});
