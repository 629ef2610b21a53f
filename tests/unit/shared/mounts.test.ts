import * as pulumi from "@pulumi/pulumi";
import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each(ENGINES)("mounts on %s", (engine) => {
    const runApp = (args: Partial<WebAppArgs> = {}) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }));

    test("are volumes of the application, directories and existing volumes, for each process", async () => {
        const { container, volumes } = await runApp({
            mounts: [
                { path: "/rails/storage", volume: "storage" },
                { path: "/backup", volume: "storage", readOnly: true },
                { path: "/src", hostPath: "/home/me/src", readOnly: true },
                { path: "/other", volume: pulumi.output("elsewhere") },
            ],
            processes: { worker: { command: ["x"] } },
        });
        const volume = "shop.dev.web.storage";
        expect(volumes).toEqual([
            { name: "web-storage", parent: "drydock:index:WebApp web", volume, protect: false },
        ]);
        for (const name of ["web", "web-worker"])
            expect(container(name).mounts).toEqual([
                { path: "/rails/storage", volume, readOnly: false },
                { path: "/backup", volume, readOnly: true },
                { path: "/src", hostPath: "/home/me/src", readOnly: true },
                { path: "/other", volume: "elsewhere", readOnly: false },
            ]);
    });

    test.each<[string, Partial<WebAppArgs>, boolean[]]>([
        ["all volumes if the application has protectData", { protectData: true }, [true, true]],
        ["one volume if its mount has protectData", {}, [true, false]],
    ])("protect %s", async (_, args, expected) => {
        const protectData = args.protectData === undefined ? true : undefined;
        const mounts = [
            { path: "/a", volume: "aa", protectData },
            { path: "/b", volume: "bb" },
        ];
        const { volumes } = await runApp({ ...args, mounts });
        expect(volumes.map((volume) => volume.protect)).toEqual(expected);
    });

    test("refuse protectData for a directory", async () => {
        const mounts = [{ path: "/a", hostPath: "/srv", protectData: true }];
        expect(await refusal(() => new WebApp("web", { engine, image: "x:1", mounts }))).toContain(
            "mounts[0].protectData: protects only a volume that the application creates",
        );
    });
});
