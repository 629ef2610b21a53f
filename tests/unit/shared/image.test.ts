import * as pulumi from "@pulumi/pulumi";
import { type BuildArgs, Task, type TaskArgs, WebApp } from "../../../components/index.ts";
import { GENERATED, IMAGE, refusal, REMOTE_IMAGE } from "../../../testing/index.ts";
import { ENGINES, open, runOn, TERMS } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const { build, pulled } = TERMS[engine];
    const app = (args: { image?: pulumi.Input<string>; build?: BuildArgs }) =>
        runOn(engine, () => ({ image: new WebApp("web", { engine, ...args }).image }));

    describe("an image by name", () => {
        test("is fetched, kept when the stack goes, and run by what changes when it does", async () => {
            const { one, container, outputs } = await app({ image: "redis:8" });
            expect(one(REMOTE_IMAGE)).toMatchObject({
                name: "web-image",
                inputs: { name: "redis:8", keepLocally: true },
                parent: "drydock:index:WebApp web",
            });
            expect(container().image).toBe(pulled);
            expect(outputs.image?.value).toBe(pulled);
        });

        test("is run as it is, where it is an output", async () => {
            const { names, container } = await app({ image: pulumi.output("made:elsewhere") });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(container().image).toBe("made:elsewhere");
        });
    });

    describe("an image that is built", () => {
        test("is run by its digest", async () => {
            const { one, names, container, outputs } = await app({ build });
            expect(one(IMAGE)).toMatchObject({
                name: "web-image",
                inputs: { build: { context: "apps/sample", dockerfile: "apps/sample/Dockerfile" } },
                parent: "drydock:index:WebApp web",
            });
            expect(names(REMOTE_IMAGE)).toEqual([]);
            expect(container().image).toBe(GENERATED.built);
            expect(outputs.image?.value).toBe(GENERATED.built);
        });

        test("takes arguments, target, platform, cache and a Dockerfile elsewhere", async () => {
            const settings = { args: { A: "1" }, target: "run", platform: "linux/amd64" };
            const cacheFrom = ["registry.example.com/shop:latest"];
            const dockerfile = "toolchain/images/redis/Dockerfile";
            const { one } = await app({ build: { ...build, ...settings, cacheFrom, dockerfile } });
            expect(one(IMAGE).inputs.build).toMatchObject({
                ...settings,
                args: { A: "1", BUILDKIT_INLINE_CACHE: "1" },
                context: "apps/sample",
                dockerfile,
                cacheFrom: { images: cacheFrom },
            });
        });

        test("is pushed where that is asked for, with a login whose password is secret", async () => {
            const image = "registry.example.com/team/shop:1.2";
            const push = { image, username: "me", password: "my-token" };
            const run = await app({ build: { ...build, push } });
            expect(run.one(IMAGE).inputs).toMatchObject({
                imageName: image,
                skipPush: false,
                registry: { username: "me", password: "my-token" },
            });
            expect(run.one(IMAGE).secrets).toContain("registry");
            expect(open(run)).not.toContain("my-token");
        });

        test("is pushed with the login of the machine, where none is given, and not removed", async () => {
            const push = { image: "localhost:5000/shop:1" };
            const { one, declared } = await app({ build: { ...build, push } });
            expect(one(IMAGE).inputs).not.toHaveProperty("registry");
            expect(declared.map(({ name }) => name)).not.toContain("web-image-removal");
        });
    });
});

const build = { context: "apps/sample" };
const push = { image: "shop:1" };

test.each<[string, Partial<TaskArgs>, string]>([
    ["neither image nor build", {}, "image: required unless build is set"],
    ["both", { image: "redis", build }, "image: image and build are both set; keep one"],
    [
        "an image that is none",
        { image: "Redis 8" },
        'image: "Redis 8" is not the name of an image; write it as for docker pull',
    ],
    ["an empty image", { image: "" }, 'image: "" is not the name of an image'],
    [
        "a folder that is not there",
        { build: { context: "no/such" } },
        'build.context: "no/such" is not a directory',
    ],
    [
        "a Dockerfile that is not there",
        { build: { context: "toolchain" } },
        'build.dockerfile: "toolchain/Dockerfile" is not a file on this machine; use the path of the Dockerfile',
    ],
    ["an empty folder name", { build: { context: "" } }, "build.context: "],
    [
        "a bad name to push",
        { build: { ...build, push: { image: "A b" } } },
        'build.push.image: "A b" is not the name of an image',
    ],
    [
        "a user without a password",
        { build: { ...build, push: { ...push, username: "u" } } },
        "build.push: only one of username and password is set; set both, or neither to use the login of docker login",
    ],
    [
        "a password without a user",
        { build: { ...build, push: { ...push, password: "p" } } },
        "build.push: only one of username and password is set",
    ],
])("%s is refused", async (_, args, reason) => {
    expect(await refusal(() => new Task("task", { command: ["x"], ...args }))).toContain(reason);
});
