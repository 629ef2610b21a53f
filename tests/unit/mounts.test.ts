import * as pulumi from "@pulumi/pulumi";
import { WebApp, WebAppArgs } from "../../components";
import { ENGINES, runOn } from "./engines";

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
    });
});
