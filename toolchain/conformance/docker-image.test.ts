import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker, inspectAny, removeLabelled } from "./docker-cli.ts";
import { byName, Stack } from "./stack.ts";
import { Registry } from "./registry.ts";

const LABEL = `drydock.conformance=image-${process.pid}`;

interface Image {
    Id: string;
    RepoDigests: string[];
    Config: { Env: string[]; Labels: Record<string, string> | null };
}

const imageOf = (name: string) => inspectAny(name) as Image | undefined;

describe("images", () => {
    const stack = new Stack("images");
    const directory = join(stack.dir, "app");
    let registry: Registry;
    let built: string;

    beforeAll(async () => {
        mkdirSync(join(directory, "ignored"), { recursive: true });
        registry = await Registry.start(stack.dir, LABEL);
        write(
            "Dockerfile",
            "FROM scratch AS base\nARG WORD\nENV WORD=$WORD\nCOPY . /app\nFROM base AS other\n",
        );
        write(".dockerignore", "ignored\n");
        write("main", "first");
    });

    afterAll(async () => {
        await stack.dispose();
        registry.removeLocalImages();
        removeLabelled(LABEL);
    });

    const write = (name: string, text: string) => {
        writeFileSync(join(directory, name), text);
    };

    const program = ({
        build = 'context: "./app", target: "base", args: { WORD: "yes" }',
        more = "",
    } = {}) => `
        const image = new docker.Image("image", {
            imageName: "${registry.address}/app:1", build: { ${build} },
            registry: ${registry.login("server")},
        });
        const local = new docker.Image("local", {
            imageName: "${registry.address}/local:1", skipPush: true,
            build: { context: "./app", dockerfile: "./outside.Dockerfile" },
        });
        const provider = new docker.Provider("registry", { registryAuth: [${registry.login("address")}] });
        const tag = new docker.Tag("tag", { sourceImage: local.repoDigest, targetImage: "${registry.address}/copy:2" });
        const here = new docker.RemoteImage("here", { name: "redis:8", keepLocally: true });
        ${more}
        return { repoDigest: image.repoDigest, local: local.repoDigest, tagged: tag.sourceImageId };`;
    /** Pulls the pushed image with the provider's login. */
    const pulled = () => `
        new docker.RemoteImage("pulled", { name: image.repoDigest }, { provider });
        new docker.RemoteImage("pulled-tag", { name: "${registry.address}/app:1", keepLocally: true }, { provider });`;

    test("are built and pushed with a login, but not by a preview", async () => {
        writeFileSync(join(stack.dir, "outside.Dockerfile"), "FROM scratch\nCOPY main /main\n");
        const steps = await stack.preview(program());
        expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
        expect(imageOf(`${registry.address}/app:1`)).toBeUndefined();

        const run = await stack.up(program());
        expect(run).toSucceed();
        const outputs = await stack.outputs();
        expect(outputs.repoDigest).toMatch(new RegExp(`^${registry.address}/app@sha256:[0-9a-f]{64}$`));
        const app = imageOf(`${registry.address}/app:1`);
        expect(app?.RepoDigests).toContain(outputs.repoDigest);
        expect(app?.Config.Env).toContain("WORD=yes");
        expect(outputs.local).toBe(imageOf(`${registry.address}/local:1`)?.Id);
        expect(outputs.tagged).toBe(outputs.local);
        expect(imageOf(`${registry.address}/copy:2`)?.Id).toBe(outputs.local);
        expect(await registry.manifestStatus("app", "1")).toBe(200);
        expect(await registry.manifestStatus("local", "1")).toBe(404);
        built = String(outputs.repoDigest);

        const { image, here } = byName(await stack.state());
        expect(image).toMatchObject({
            id: `${registry.address}/app:1`,
            inputs: {
                build: {
                    context: "./app",
                    dockerfile: "app/Dockerfile",
                    platform: expect.any(String) as string,
                },
            },
            outputs: {
                baseImageName: `${registry.address}/app:1`,
                context: "./app",
                dockerfile: "Dockerfile",
            },
        });
        expect(here?.id).toBe(`${imageOf("redis:8")?.Id}redis:8`);
        expect(run.output).not.toContain(Registry.PASSWORD);
        expect(stack.stateFile()).not.toContain(Registry.PASSWORD);
    });

    test("are pulled with the provider's login", async () => {
        for (const name of ["app:1", "copy:2", "local:1"]) docker("rmi", `${registry.address}/${name}`);
        expect(imageOf(built)).toBeUndefined();
        expect(await stack.up(program({ more: pulled() }))).toSucceed();
        expect(imageOf(built)).toBeDefined();
        const state = byName(await stack.state());
        expect(state["pulled-tag"]?.outputs).toMatchObject({
            imageId: imageOf(`${registry.address}/app:1`)?.Id,
        });
    });

    test("are rebuilt if their context changes, but not for ignored files", async () => {
        write("ignored/file", "anything");
        const same = await stack.up(program({ more: pulled() }), "--refresh", "--expect-no-changes");
        expect(same).toSucceed();

        write("main", "second");
        expect(await stack.up(program())).toSucceed();
        const { repoDigest } = await stack.outputs();
        expect(repoDigest).not.toBe(built);
        // The RemoteImage, which is no longer declared, is removed.
        expect(imageOf(built)).toBeUndefined();
    });

    test("keep their outputs if a build fails, which shows the failed step", async () => {
        const before = await stack.outputs();
        write("Dockerfile", "FROM redis:8\nRUN echo out of cheese && exit 7\n");
        const broken = await stack.up(program({ build: 'context: "./app"' }), "--target", "**image");
        expect(broken).toFail();
        expect(broken.output).toContain("out of cheese");
        expect(broken.output).toMatch(/exit code: 7/);
        expect(await stack.outputs()).toEqual(before);

        const missing = await stack.up(program({ build: 'context: "./app", dockerfile: "./Dockerfil"' }));
        expect(missing).toFail();
        expect(missing.output).toContain("Dockerfil");
    });

    test("stay on destroy, as with the official provider", async () => {
        expect(await stack.destroy()).toSucceed();
        // So does the image that existed before.
        expect(imageOf(`${registry.address}/app:1`)).toBeDefined();
        expect(imageOf("redis:8")).toBeDefined();
    });
});
