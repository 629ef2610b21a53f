import * as pulumi from "@pulumi/pulumi";
import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { GENERATED, RANDOM_INTEGER, type Settings } from "../../../testing/index.ts";
import { ENGINES, runOn, ENGINE_VALUES } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const terms = ENGINE_VALUES[engine];
    const app = (args: Partial<WebAppArgs>, settings?: Settings) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }), settings);

    describe("the URL of a web application", () => {
        test("is empty where it is not published", async () => {
            expect((await app({})).outputs.url).toEqual({ value: "", secret: false, known: true });
        });

        test("is known in a preview, but for a port that is to be chosen", async () => {
            const fixed = await app({ publish: { port: 3000 } }, { preview: "first" });
            expect(fixed.outputs.url?.value).toBe(`http://${terms.address}:3000`);
            expect((await app({ publish: {} }, { preview: "first" })).outputs.url?.known).toBe(false);
            const later = await app({ publish: {} }, { preview: "later" });
            expect(later.outputs.url?.value).toBe(`http://${terms.address}:${GENERATED.port}`);
            expect(later.one(RANDOM_INTEGER).name).toBe("web-port");
        });

        test("resolves only once it is healthy", async () => {
            const followed = () => {
                const { url } = new WebApp("web", { engine, image: "x:1", publish: { port: 1 } });
                const image = pulumi.interpolate`x:${url.apply((text) => text.length)}`;
                new WebApp("next", { engine, image });
                return {};
            };
            const { startedWhilePaused, containers } = await runOn(engine, followed, { pause: "web" });
            expect(startedWhilePaused).toEqual(expect.arrayContaining(["web-image", "web"]));
            expect(startedWhilePaused).not.toContain("next");
            expect(containers).toEqual(["next", "web"]);
        });
    });

    describe("the host of a web application", () => {
        const followed = () => {
            const { host } = new WebApp("web", { engine, image: "x:1", networks: ["n"] });
            const env = { SHOP: pulumi.interpolate`http://${host}:3000` };
            new WebApp("next", { engine, image: "x:1", networks: ["n"], env });
            return { host };
        };

        test("is the name by which others on its networks reach it", async () => {
            const { container, outputs } = await runOn(engine, followed);
            expect(outputs.host?.value).toBe(container("web").hostName);
            expect(container("next").env).toMatchObject({ SHOP: "http://shop-dev-web:3000" });
        });

        test("resolves only once it is healthy", async () => {
            expect((await runOn(engine, followed, { pause: "web" })).startedWhilePaused).not.toContain(
                "next",
            );
        });
    });
});
