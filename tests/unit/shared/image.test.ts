import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type BuildArgs, Engine, Task, type TaskArgs, WebApp } from "../../../components/index.ts";
import {
    COMMAND,
    CONTAINER,
    GENERATED,
    IMAGE,
    refusal,
    REMOTE_IMAGE,
    run,
    type Settings,
} from "../../../testing/index.ts";
import { nonSecretText, runOn } from "../engines/index.ts";

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
            expect(nonSecretText(run)).not.toContain("my-token");
        });

        test("is pushed with the login of docker login by default, and is not deleted", async () => {
            const push = { image: "localhost:5000/shop:1" };
            const { one, declared } = await runApp({ build: { ...build, push } });
            expect(one(IMAGE).inputs).not.toHaveProperty("registry");
            expect(declared.map(({ name }) => name)).not.toContain("web-image-removal");
        });
    });
});

describe("an image that is built and not pushed", () => {
    const runApp = (settings: Settings = {}) =>
        run(() => ({ url: new WebApp("web", { build: { context: "apps/sample" } }).url }), settings);

    test("has a name of project, component and stack", async () => {
        const { one } = await runApp();
        expect(one(IMAGE).inputs).toMatchObject({ imageName: "shop/web:dev", skipPush: true });
        expect(one(IMAGE).inputs).not.toHaveProperty("registry");
    });

    test("has a valid name for any name of the project", async () => {
        const { one } = await runApp({ project: "My_Shop.1" });
        expect(one(IMAGE).inputs.imageName).toMatch(/^my-shop-1-[0-9a-f]{7}\/web:dev$/);
    });

    test("is deleted after the container when the stack is destroyed", async () => {
        const { one } = await runApp();
        const removal = one(COMMAND, "web-image-removal");
        expect(removal).toMatchObject({
            parent: "drydock:index:WebApp web",
            inputs: { delete: "sh", environment: { NAME: "shop/web:dev", IMAGE: GENERATED.built } },
        });
        expect(removal.inputs).not.toHaveProperty("create");
        expect(one(CONTAINER).dependencies).toContain(`${COMMAND} web-image-removal`);
    });

    test("is deleted when a newer build replaces it", async () => {
        const { one } = await runApp();
        expect(one(COMMAND, "web-build-removal").inputs).toMatchObject({
            delete: "sh",
            environment: { IMAGE: GENERATED.built },
            triggers: [GENERATED.built],
        });
    });
});

describe("scripts that delete images", () => {
    const bin = mkdtempSync(join(tmpdir(), "drydock-image-"));
    afterAll(() => {
        rmSync(bin, { recursive: true });
    });

    /** Runs a script with a fake docker command. Returns the `docker image rm` commands that it runs. */
    function runScript(file: string, inspect: string): string {
        const docker = `#!/bin/sh\ncase "$*" in *inspect*) ${inspect} ;; *) echo "$@" >&3 ;; esac\n`;
        writeFileSync(join(bin, "docker"), docker, { mode: 0o755 });
        const script = resolve(import.meta.dirname, "../../../components/shared", file);
        const { status, output } = spawnSync("sh", [script], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "pipe", "pipe"],
            env: { PATH: `${bin}:${process.env.PATH ?? ""}`, NAME: "shop/web:dev", IMAGE: "sha256:1" },
        });
        expect(status).toBe(0);
        return output[3] ?? "";
    }

    test.each([
        ["deletes the image by its name", "echo sha256:1", "image rm --force shop/web:dev\n"],
        ["leaves another image of that name", "echo sha256:2", ""],
        ["ignores an image that does not exist", "exit 1", ""],
    ])("image-removal.sh %s", (_, inspect, commands) => {
        expect(runScript("image-removal.sh", inspect)).toBe(commands);
    });

    test.each([
        ["deletes a build without a name", "echo 0", "image rm sha256:1\n"],
        ["leaves a build with a name", "echo 1", ""],
        ["ignores a build that does not exist", "exit 1", ""],
    ])("build-removal.sh %s", (_, inspect, commands) => {
        expect(runScript("build-removal.sh", inspect)).toBe(commands);
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
