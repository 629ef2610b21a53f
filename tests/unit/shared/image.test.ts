import * as pulumi from "@pulumi/pulumi";
import { type BuildArgs, Engine, Task, type TaskArgs, WebApp } from "../../../components/index.ts";
import { GENERATED, IMAGE, refusal, REMOTE_IMAGE } from "../../../testing/index.ts";
import { open, runOn } from "../engines/index.ts";

describe.each([
    { engine: Engine.Docker, build: { context: "apps/sample" }, pulled: GENERATED.image },
    {
        engine: Engine.Swarm,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        pulled: GENERATED.digest,
    },
])("on $engine", ({ engine, build, pulled }) => {
    const runApp = (args: { image?: pulumi.Input<string>; build?: BuildArgs }) =>
        runOn(engine, () => ({ image: new WebApp("web", { engine, ...args }).image }));

    describe("an image by name", () => {
        test("is pulled, stays when the stack is destroyed, and runs by its ID or digest", async () => {
            const { one, container, outputs } = await runApp({ image: "redis:8" });
            expect(one(REMOTE_IMAGE)).toMatchObject({
                name: "web-image",
                inputs: { name: "redis:8", keepLocally: true },
                parent: "drydock:index:WebApp web",
            });
            expect(container().image).toBe(pulled);
            expect(outputs.image?.value).toBe(pulled);
        });

        test("is used as it is if it is an Output", async () => {
            const { names, container } = await runApp({ image: pulumi.output("made:elsewhere") });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(container().image).toBe("made:elsewhere");
        });
    });

    describe("an image that is built", () => {
        test("runs by its ID or digest", async () => {
            const { one, names, container, outputs } = await runApp({ build });
            expect(one(IMAGE)).toMatchObject({
                name: "web-image",
                inputs: { build: { context: "apps/sample", dockerfile: "apps/sample/Dockerfile" } },
                parent: "drydock:index:WebApp web",
            });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(container().image).toBe(GENERATED.built);
            expect(outputs.image?.value).toBe(GENERATED.built);
        });

        test("takes arguments, target, platform, cache and another Dockerfile", async () => {
            const settings = { args: { A: "1" }, target: "run", platform: "linux/amd64" };
            const cacheFrom = ["registry.example.com/shop:latest"];
            const dockerfile = "toolchain/images/redis/Dockerfile";
            const { one } = await runApp({ build: { ...build, ...settings, cacheFrom, dockerfile } });
            expect(one(IMAGE).inputs.build).toMatchObject({
                ...settings,
                args: { A: "1", BUILDKIT_INLINE_CACHE: "1" },
                context: "apps/sample",
                dockerfile,
                cacheFrom: { images: cacheFrom },
            });
        });

        test("is pushed with a login whose password is secret", async () => {
            const image = "registry.example.com/team/shop:1.2";
            const push = { image, username: "me", password: "my-token" };
            const run = await runApp({ build: { ...build, push } });
            expect(run.one(IMAGE).inputs).toMatchObject({
                imageName: image,
                skipPush: false,
                registry: { username: "me", password: "my-token" },
            });
            expect(run.one(IMAGE).secrets).toContain("registry");
            expect(open(run)).not.toContain("my-token");
        });

        test("is pushed with the login of docker login by default, and is not deleted", async () => {
            const push = { image: "localhost:5000/shop:1" };
            const { one, declared } = await runApp({ build: { ...build, push } });
            expect(one(IMAGE).inputs).not.toHaveProperty("registry");
            expect(declared.map(({ name }) => name)).not.toContain("web-image-removal");
        });
    });
});

const build = { context: "apps/sample" };
const push = { image: "shop:1" };

test.each<[Partial<TaskArgs>, string]>([
    [{}, "image: required unless build is set"],
    [{ image: "redis", build }, "image: image and build are both set; keep one"],
    [{ image: "Redis 8" }, 'image: "Redis 8" is not the name of an image; write it as for docker pull'],
    [{ image: "" }, 'image: "" is not the name of an image'],
    [{ build: { context: "no/such" } }, 'build.context: "no/such" is not a directory'],
    [
        { build: { context: "toolchain" } },
        'build.dockerfile: "toolchain/Dockerfile" is not a file on this machine; use the path of the Dockerfile',
    ],
    [{ build: { context: "" } }, "build.context: "],
    [{ build: { ...build, push: { image: "A b" } } }, 'build.push.image: "A b" is not the name of an image'],
    [
        { build: { ...build, push: { ...push, username: "u" } } },
        "build.push: only one of username and password is set; set both, or neither to use the login of docker login",
    ],
    [
        { build: { ...build, push: { ...push, password: "p" } } },
        "build.push: only one of username and password is set",
    ],
])("refuses %j", async (args, message) => {
    expect(await refusal(() => new Task("task", { command: ["x"], ...args }))).toContain(message);
});
