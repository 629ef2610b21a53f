import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { CONTAINER, GENERATED, NETWORK, run, type Settings, UNKNOWN, VOLUME } from "../../testing/index.ts";

const PREVIEWS: Settings["preview"][] = [undefined, "first", "later"];

describe("mocked providers", () => {
    const password = async (preview: Settings["preview"]) =>
        (await run(() => ({ text: new random.RandomPassword("p", { length: 9 }).result }), { preview }))
            .outputs.text;

    test("generate a secret password", async () => {
        const generated = { value: GENERATED.password, secret: true, known: true };
        expect(await password(undefined)).toEqual(generated);
        expect(await password("later")).toEqual(generated);
        expect(await password("first")).toEqual({ value: undefined, secret: true, known: false });
    });

    test.each(PREVIEWS)("generate a name that is omitted (preview: %s)", async (preview) => {
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

    test("keep a given name", async () => {
        const { outputs } = await run(() => ({
            network: new docker.Network("front", { name: "own" }).name,
            secret: new docker.Secret("front", { name: "own", data: "eA==" }).name,
            hidden: new docker.Volume("front", { name: pulumi.secret("own") }).name,
        }));
        const own = { value: "own", secret: false, known: true };
        expect(outputs).toEqual({ network: own, secret: own, hidden: { ...own, secret: true } });
    });

    test("generate no name in place of an unknown one", async () => {
        const { outputs } = await run(
            () => ({ network: new docker.Network("front", { name: pulumi.output(UNKNOWN) }).name }),
            { preview: "first" },
        );
        expect(outputs.network).toMatchObject({ known: false });
    });
});

describe("a declared resource", () => {
    /** A component with two networks, one of which is a child of the other. */
    class Networks extends pulumi.ComponentResource {
        constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
            super("test:index:Networks", name, {}, opts);
            const outer = new docker.Network(`${name}-outer`, {}, { parent: this });
            new docker.Network(`${name}-inner`, {}, { parent: outer });
        }
    }

    test("has its parent; protection comes from it", async () => {
        const { one } = await run(() => ({ nets: new Networks("nets", { protect: true }).urn }));
        expect(one("test:index:Networks")).toMatchObject({ parent: "", options: { protect: true } });
        expect(one(NETWORK, "nets-outer")).toMatchObject({
            parent: "test:index:Networks nets",
            options: { protect: true },
        });
        expect(one(NETWORK, "nets-inner").parent).toBe(`${NETWORK} nets-outer`);
    });

    test("depends on what its inputs come from, and on dependsOn", async () => {
        const { one } = await run(() => {
            const network = new docker.Network("network");
            const volume = new docker.Volume("volume");
            const nets = new Networks("nets");
            new docker.Container(
                "web",
                { image: "x:1", networksAdvanced: [{ name: network.name }] },
                { dependsOn: pulumi.output([volume, nets]) },
            );
            return {};
        });
        expect(one(CONTAINER).dependencies.sort()).toEqual([
            `${NETWORK} nets-outer`,
            `${NETWORK} network`,
            `${VOLUME} volume`,
        ]);
    });

    test("has its inputs in plain text, and the names of those that are secret", async () => {
        const { one } = await run(() => {
            const file = { file: "/secret", content: pulumi.secret("s3cret") };
            new docker.Container("web", { image: "x:1", uploads: [file] });
            return {};
        });
        expect(one(CONTAINER)).toMatchObject({
            inputs: { image: "x:1", uploads: [{ file: "/secret", content: "s3cret" }] },
            secrets: ["uploads"],
        });
    });

    test("has the options that it was declared with", async () => {
        const { one } = await run(() => {
            const options = { retainOnDelete: true, ignoreChanges: ["labels"], replacementTrigger: "a" };
            new docker.Volume("data", {}, options);
            return {};
        });
        expect(one(VOLUME).options).toMatchObject({
            protect: false,
            retainOnDelete: true,
            ignoreChanges: ["labels"],
            replacementTrigger: "a",
        });
    });

    test("is not one that the program reads", async () => {
        const { declared, outputs } = await run(
            () => ({ url: new pulumi.StackReference("org/data/prod").getOutput("url") }),
            { stacks: { "org/data/prod": { url: "http://data" } } },
        );
        expect(declared).toEqual([]);
        expect(outputs.url).toMatchObject({ value: "http://data" });
    });
});

test("a paused resource must exist", async () => {
    const program = () => ({ id: new docker.Volume("volume").id });
    await expect(run(program, { pause: "volum" })).rejects.toThrow(
        "pause: no custom resource is named volum; started: volume",
    );
});

test("a paused resource holds back what depends on it, and nothing else", async () => {
    const { startedWhilePaused, names } = await run(
        () => {
            const network = new docker.Network("network");
            new docker.Container("web", { image: "x:1", networksAdvanced: [{ name: network.name }] });
            new docker.Volume("volume");
            return {};
        },
        { pause: "network" },
    );
    expect(startedWhilePaused.sort()).toEqual(["network", "volume"]);
    expect(names(CONTAINER)).toEqual(["web"]);
});

test("an error of the program fails the run", async () => {
    const aground = () => {
        throw new Error("aground");
    };
    await expect(run(aground)).rejects.toThrow("aground");
});
