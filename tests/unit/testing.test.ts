import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { GENERATED, run, type Settings, UNKNOWN } from "../../testing/index.ts";

const PREVIEWS: Settings["preview"][] = [undefined, "first", "later"];

describe("under the mocks, as with the providers,", () => {
    const password = async (preview: Settings["preview"]) =>
        (await run(() => ({ text: new random.RandomPassword("p", { length: 9 }).result }), { preview }))
            .outputs.text;

    test("a password that is generated is secret", async () => {
        const made = { value: GENERATED.password, secret: true, known: true };
        expect(await password(undefined)).toEqual(made);
        expect(await password("later")).toEqual(made);
        expect(await password("first")).toEqual({ value: undefined, secret: true, known: false });
    });

    test.each(PREVIEWS)("a name that is not given is made up, in all kinds of runs (%s)", async (preview) => {
        const { outputs, declared } = await run(
            () => ({
                container: new docker.Container("front", { image: "x:1" }).name,
                network: new docker.Network("front").name,
                volume: new docker.Volume("front").name,
                service: new docker.Service("front", { taskSpec: { containerSpec: { image: "x:1" } } }).name,
                secret: new docker.Secret("front", { data: "eA==" }).name,
                config: new docker.ServiceConfig("front", { data: "eA==" }).name,
                registryImage: new docker.RegistryImage("front").name,
                plugin: new docker.Plugin("front").name,
            }),
            { preview },
        );
        for (const output of Object.values(outputs))
            expect(output).toEqual({ value: "front-1a2b3c4", secret: false, known: true });
        for (const { inputs } of declared) expect(inputs).not.toHaveProperty("name");
    });

    test("a name that is given stays", async () => {
        const { outputs } = await run(() => ({
            network: new docker.Network("front", { name: "own" }).name,
            secret: new docker.Secret("front", { name: "own", data: "eA==" }).name,
            hidden: new docker.Volume("front", { name: pulumi.secret("own") }).name,
        }));
        const own = { value: "own", secret: false, known: true };
        expect(outputs).toEqual({ network: own, secret: own, hidden: { ...own, secret: true } });
    });

    test("a name that is not known yet is not made up", async () => {
        const { outputs } = await run(
            () => ({ network: new docker.Network("front", { name: pulumi.output(UNKNOWN) }).name }),
            { preview: "first" },
        );
        expect(outputs.network).toMatchObject({ known: false });
    });
});
