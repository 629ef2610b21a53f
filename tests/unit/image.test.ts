import * as pulumi from "@pulumi/pulumi";
import { BuildArgs, Task, TaskArgs } from "../../components";
import { COMMAND, CONTAINER, GENERATED, IMAGE, refusal, REMOTE_IMAGE, run } from "../../testing";
import { WebApp } from "../../components";

const DIGEST = `sha256:${"a".repeat(64)}`;
const app = (args: { image?: pulumi.Input<string>; build?: BuildArgs }, project = "shop") =>
    run(() => ({ url: new WebApp("web", args).url }), { project });

describe("an image by name", () => {
    test("is fetched, kept when the stack goes, and run by its ID", async () => {
        const { one } = await app({ image: "redis:8" });
        expect(one(REMOTE_IMAGE)).toMatchObject({
            name: "web-image",
            inputs: { name: "redis:8", keepLocally: true },
            parent: "drydock:index:WebApp web",
        });
        expect(one(CONTAINER).inputs.image).toBe(GENERATED.image);
    });

    test.each([
        ["an ID", DIGEST],
        ["an output", pulumi.output("made:elsewhere")],
    ])("is run as it is, where it is %s", async (_, image) => {
        const { one, names } = await app({ image });
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect([DIGEST, "made:elsewhere"]).toContain(one(CONTAINER).inputs.image);
    });
});

describe("an image that is built", () => {
    const build = { context: "apps/sample" };

    test("stays on the machine, named after project, component and stack, and is run by its digest", async () => {
        const { one, names } = await app({ build });
        expect(one(IMAGE)).toMatchObject({
            name: "web-image",
            inputs: {
                imageName: "shop/web:dev",
                skipPush: true,
                build: { context: "apps/sample", dockerfile: "apps/sample/Dockerfile" },
            },
            parent: "drydock:index:WebApp web",
        });
        expect(one(IMAGE).inputs).not.toHaveProperty("registry");
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect(one(CONTAINER).inputs.image).toBe(GENERATED.built);
    });

    test("has a name that Docker takes, whatever the project is called", async () => {
        const { one } = await app({ build }, "My_Shop.1");
        expect(one(IMAGE).inputs.imageName).toMatch(/^my-shop-1-[0-9a-f]{7}\/web:dev$/);
    });

    test("is removed after all that depends on it, when the stack goes", async () => {
        const { one } = await app({ build });
        expect(one(COMMAND)).toMatchObject({
            name: "web-image-removal",
            inputs: { delete: "docker image rm --force shop/web:dev >/dev/null 2>&1 || true" },
            parent: "drydock:index:WebApp web",
        });
        expect(one(COMMAND).inputs).not.toHaveProperty("create");
        expect(one(IMAGE).dependencies).toEqual([`${COMMAND} web-image-removal`]);
    });

    test("takes arguments, target, platform, cache and a Dockerfile elsewhere", async () => {
        const settings = { args: { A: "1" }, target: "run", platform: "linux/amd64" };
        const cacheFrom = ["registry.example.com/shop:latest"];
        const { one } = await app({
            build: { ...build, ...settings, cacheFrom, dockerfile: "x/Dockerfile" },
        });
        expect(one(IMAGE).inputs.build).toMatchObject({
            ...settings,
            ...{ context: "apps/sample", dockerfile: "x/Dockerfile", cacheFrom: { images: cacheFrom } },
        });
    });

    test("is pushed where that is asked for, with a login whose password is secret", async () => {
        const image = "registry.example.com/team/shop:1.2";
        const push = { image, username: "me", password: "token" };
        const { one, names } = await app({ build: { ...build, push } });
        expect(one(IMAGE).inputs).toMatchObject({
            ...{ imageName: image, skipPush: false, registry: { username: "me", password: "token" } },
        });
        expect(one(IMAGE).secrets).toContain("registry");
        expect(names(COMMAND)).toEqual([]);
    });

    test("is pushed with the login of the machine, where none is given", async () => {
        const { one } = await app({ build: { ...build, push: { image: "localhost:5000/shop:1" } } });
        expect(one(IMAGE).inputs).not.toHaveProperty("registry");
    });
});

const build = { context: "apps/sample" };
const push = { image: "shop:1" };

test.each<[string, Partial<TaskArgs>, string]>([
    ["neither image nor build", {}, "image: neither image nor build is set; set the one, or the other"],
    ["both", { image: "redis", build }, "image: image and build are both set; keep one"],
    [
        "an image that is none",
        { image: "Redis 8" },
        "image: Redis 8 is not an image; write it as in docker pull",
    ],
    ["an empty image", { image: "" }, 'image: "" is not an image'],
    [
        "a folder that is not there",
        { build: { context: "no/such" } },
        "build.context: no/such is not a folder",
    ],
    ["an empty folder name", { build: { context: "" } }, "build.context: "],
    [
        "a bad name to push",
        { build: { ...build, push: { image: "A b" } } },
        "build.push.image: A b is not an image",
    ],
    [
        "a user without a password",
        { build: { ...build, push: { ...push, username: "u" } } },
        "build.push: username and password belong together; set both, or neither to use docker login",
    ],
    [
        "a password without a user",
        { build: { ...build, push: { ...push, password: "p" } } },
        "build.push: username and password belong together",
    ],
])("%s is refused", async (_, args, reason) => {
    expect(await refusal(() => new Task("task", { command: ["x"], ...args }))).toContain(reason);
});
