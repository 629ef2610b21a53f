import * as pulumi from "@pulumi/pulumi";
import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const app = (args: Partial<WebAppArgs> = {}) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }));

    describe("mounts", () => {
        test("are volumes made for the application, directories, and volumes made elsewhere", async () => {
            const { container, volumes } = await app({
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
            ["all, by the application", { protectData: true }, [true, true]],
            ["one, by its mount", {}, [true, false]],
        ])("are protected: %s", async (_, args, expected) => {
            const protectData = args.protectData === undefined ? true : undefined;
            const mounts = [
                { path: "/a", volume: "aa", protectData },
                { path: "/b", volume: "bb" },
            ];
            const { volumes } = await app({ ...args, mounts });
            expect(volumes.map((volume) => volume.protect)).toEqual(expected);
        });

        test("of others are not protected by a mount", async () => {
            const mounts = [{ path: "/a", hostPath: "/srv", protectData: true }];
            expect(await refusal(() => new WebApp("web", { engine, image: "x:1", mounts }))).toContain(
                "mounts[0].protectData: protects only a volume that the application creates",
            );
        });
    });
});
