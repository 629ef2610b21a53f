import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    PostgresService,
    RailsWebApp,
    Task,
    Volume,
    type VolumeArgs,
    type VolumeSource,
    WebApp,
} from "../../../components/index.ts";
import { requireSource } from "../../../components/shared/mounts.ts";
import { COMMAND, refusal, TASK_CONTAINER } from "../../../testing/index.ts";
import { ENGINES, runOn, service } from "../engines/index.ts";

const LABEL = "node.labels.drydock.data.shop.dev.uploads==true";

describe.each(ENGINES)("a volume on %s", (engine) => {
    const runShop = (args: VolumeArgs = {}) =>
        runOn(engine, () => {
            const uploads = new Volume("uploads", { engine, ...args });
            new WebApp("web", {
                engine,
                image: "web:1",
                mounts: [{ path: "/rails/public", source: uploads.source }],
                processes: { worker: { command: ["work"] } },
            });
            new RailsWebApp("front", {
                engine,
                image: "nginx:1.29",
                mounts: [{ path: "/srv/public", source: uploads.source, readOnly: true }],
            });
            return { source: uploads.source };
        });

    test("is mounted by several components, read-only in some", async () => {
        const volume = "shop.dev.uploads";
        const { container, volumes, outputs } = await runShop();
        expect(volumes).toEqual([
            { name: "uploads-data", parent: "drydock:index:Volume uploads", volume, protect: false },
        ]);
        for (const name of ["web", "web-worker"])
            expect(container(name).mounts).toEqual([{ path: "/rails/public", volume, readOnly: false }]);
        expect(container("front").mounts).toEqual([{ path: "/srv/public", volume, readOnly: true }]);
        expect(outputs.source?.value).toEqual({
            volume,
            ...(engine === Engine.Swarm && { nodeLabel: `drydock.data.${volume}` }),
        });
    });

    test("can be an existing one, under exactly its name", async () => {
        const { container, volumes } = await runShop({ name: "shop_uploads" });
        expect(volumes).toMatchObject([{ name: "uploads-volume", volume: "shop_uploads" }]);
        expect(container("front").mounts).toEqual([
            { path: "/srv/public", volume: "shop_uploads", readOnly: true },
        ]);
    });

    test("can be a directory of the host", async () => {
        const { container, volumes } = await runShop({ hostPath: "/srv/uploads" });
        expect(volumes).toEqual([]);
        expect(container("web").mounts).toEqual([
            { path: "/rails/public", hostPath: "/srv/uploads", readOnly: false },
        ]);
    });

    test("can be protected, with the resource that deletes it", async () => {
        const { declared, volumes } = await runShop({ protectData: true });
        expect(volumes).toMatchObject([{ name: "uploads-data", protect: true }]);
        expect(declared.filter(({ options }) => options.protect).map(({ name }) => name)).toEqual([
            ...(engine === Engine.Docker ? ["uploads-data-removal"] : []),
            "uploads-data",
        ]);
    });

    test("can be previewed before the stack exists", async () => {
        const { containers } = await runOn(
            engine,
            () => {
                const { source } = new Volume("uploads", { engine });
                new WebApp("web", { engine, image: "web:1", mounts: [{ path: "/a", source }] });
                return {};
            },
            { preview: "first" },
        );
        expect(containers).toEqual(["web"]);
    });

    test.each<[VolumeArgs, string]>([
        [{ name: "my uploads" }, 'name: "my uploads" is not the name of a volume'],
        [{ hostPath: "uploads" }, 'hostPath: "uploads" is not an absolute path'],
        [{ name: "uploads", hostPath: "/srv" }, "hostPath: hostPath and name are both set; keep one"],
        [{ swarm: { node: "n 1" } }, 'swarm.node: "n 1" is not the host name of a node'],
    ])("refuses %j", async (args, message) => {
        expect(await refusal(() => new Volume("uploads", { engine, ...args }))).toContain(message);
    });

    test("refuses the name of another component, whose removal would delete the volume", async () => {
        const program = () => {
            new Volume("web", { engine });
            return new WebApp("web", { engine, image: "web:1" });
        };
        expect(await refusal(program)).toContain(
            'the application web and the volume web are both called "web" in Docker; rename one of them',
        );
    });

    test("refuses the volume of a database", async () => {
        const program = () => {
            new PostgresService("db", { engine, volume: "data" });
            return new Volume("uploads", { engine, name: "data" });
        };
        expect(await refusal(program)).toContain('name: "data" is used by the component "db"');
    });

    test.each<[string, object, string]>([
        ["without a source", {}, "mounts[0]: must have exactly one of volume, hostPath and source"],
        [
            "with two sources",
            { volume: "a1", source: { volume: "b1" } },
            "must have exactly one of volume, hostPath and source",
        ],
        [
            "with an invalid source",
            { source: { nodeLabel: "uploads" } },
            "mounts[0].source: must be the source of a Volume, for example uploads.source",
        ],
        [
            "that protects a volume it does not create",
            { source: { volume: "uploads" }, protectData: true },
            "mounts[0].protectData: set protectData of the Volume instead",
        ],
    ])("refuses a mount %s", async (_, mount, message) => {
        const mounts = [{ path: "/a", ...mount }];
        expect(await refusal(() => new WebApp("web", { engine, image: "web:1", mounts }))).toContain(message);
    });
});

test("a container with a volume of a Swarm runs on the node of the volume", async () => {
    const { one, outputs } = await runOn(Engine.Swarm, (engine) => {
        const { source } = new Volume("uploads", { engine, swarm: { node: "node-2" } });
        new WebApp("web", { engine, image: "web:1", mounts: [{ path: "/a", source }] });
        return { source };
    });
    expect(outputs.source?.value).toMatchObject({ node: "node-2" });
    expect(one(COMMAND, "uploads-data").inputs.environment).toMatchObject({ NODE: "node-2" });
    expect(service(one, "web").taskSpec.placement).toMatchObject({ constraints: [LABEL] });
});

test("a task mounts a volume", async () => {
    const { one } = await runOn(Engine.Docker, () => {
        const { source } = new Volume("uploads");
        new Task("import", { image: "web:1", command: ["import"], mounts: [{ path: "/a", source }] });
        return {};
    });
    expect(one(TASK_CONTAINER).inputs.volumes).toEqual([
        { containerPath: "/a", volumeName: "shop.dev.uploads" },
    ]);
});

test("a source may come from another stack, as plain data or as an Output", async () => {
    const { container } = await runOn(Engine.Docker, () => {
        const source = { volume: "theirs" };
        const mounts = [
            { path: "/a", source },
            { path: "/b", source: pulumi.output({ hostPath: "/srv" }) },
        ];
        new WebApp("web", { image: "web:1", mounts });
        return {};
    });
    expect(container().mounts).toEqual([
        { path: "/a", volume: "theirs", readOnly: false },
        { path: "/b", hostPath: "/srv", readOnly: false },
    ]);
});

test.each<[Engine, VolumeSource, string]>([
    [
        Engine.Swarm,
        { volume: "uploads" },
        'the volume "uploads" is on no node of the Swarm; set engine of the Volume to Engine.Swarm',
    ],
    [
        Engine.Docker,
        { hostPath: "/srv", nodeLabel: "x" },
        'the directory "/srv" is on a node of a Swarm, and this runs on a Docker Engine',
    ],
    [Engine.Docker, {}, "must be the source of a Volume"],
])("a mount on %s refuses the source %j", (engine, source, message) => {
    expect(() => requireSource("mounts[0].source", source, engine)).toThrow(`mounts[0].source: ${message}`);
});
