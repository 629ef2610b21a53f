import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
    type BuildArgs,
    Engine,
    PostgresService,
    Pull,
    RailsWebApp,
    RedisService,
    Service,
    Task,
    type TaskArgs,
    WebApp,
} from "../../../components/index.ts";
import { describeFailure, registryHost } from "../../../components/shared/image-registry.ts";
import {
    COMMAND,
    CONTAINER,
    GENERATED,
    IMAGE,
    refusal,
    REMOTE_IMAGE,
    run,
    SERVICE,
    type Settings,
    TAG,
} from "../../../testing/index.ts";
import { nonSecretText, runOn } from "../engines/index.ts";

let warn: jest.SpyInstance;
beforeEach(() => {
    jest.spyOn(console, "log").mockImplementation(); // Messages to the user.
    warn = jest.spyOn(console, "warn").mockImplementation();
});
afterEach(() => {
    jest.restoreAllMocks();
});

describe.each([
    {
        engine: Engine.Docker,
        build: { context: "apps/sample" },
        pulled: GENERATED.image,
        newer: GENERATED.newerImage,
    },
    {
        engine: Engine.Swarm,
        build: { context: "apps/sample", push: { image: "registry.example.com/sample:1" } },
        pulled: GENERATED.digest,
        newer: GENERATED.newerDigest,
    },
])("on $engine", ({ engine, build, pulled, newer }) => {
    const runApp = (
        args: { image?: pulumi.Input<string>; build?: BuildArgs; pull?: Pull },
        settings: Settings = {},
    ) => runOn(engine, () => ({ image: new WebApp("web", { engine, ...args }).image }), settings);

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

    describe("an image with Pull.Always", () => {
        const always = { image: "redis:8", pull: Pull.Always };

        test("is pulled by the digest that its tag has in the registry, and the tag is moved to it", async () => {
            const { one, container, outputs } = await runApp(always, { registry: "newer" });
            expect(one(REMOTE_IMAGE)).toMatchObject({
                name: "web-image",
                inputs: { name: "redis:8@sha256:newer", keepLocally: true },
                parent: "drydock:index:WebApp web",
                options: { ignoreChanges: [], replacementTrigger: "redis:8" },
            });
            expect(one(TAG)).toMatchObject({
                inputs: { sourceImage: GENERATED.newerImage, targetImage: "redis:8" },
                parent: "drydock:index:WebApp web",
                dependencies: [`${REMOTE_IMAGE} web-image`],
            });
            expect(container().image).toBe(newer);
            expect(outputs.image?.value).toBe(newer);
        });

        test("is unknown in a preview if it is newer than that of the Docker Engine", async () => {
            const { outputs } = await runApp(always, { registry: "newer", preview: "later" });
            expect(outputs.image?.known).toBe(false);
        });

        test("is known in a preview if the Docker Engine has it, so that it replaces nothing", async () => {
            const { outputs, one } = await runApp(always, { preview: "later" });
            expect(outputs.image).toMatchObject({ known: true, value: pulled });
            const type = engine === Engine.Docker ? CONTAINER : SERVICE;
            expect(one(type, "web").dependencies).toContain(`${REMOTE_IMAGE} web-image`);
        });

        test("stays the same if the registry does not answer, unless the tag changes", async () => {
            const { one, container } = await runApp(always, { registry: "silent" });
            expect(one(REMOTE_IMAGE)).toMatchObject({
                inputs: { name: "redis:8" },
                options: { ignoreChanges: ["name"], replacementTrigger: "redis:8" },
            });
            expect(container().image).toBe(pulled);
            expect(warn.mock.calls.join()).toContain("could not check whether there is a newer redis:8");
        });

        test("is not looked up if its name has a digest", async () => {
            const image = `redis:8@sha256:${"a".repeat(64)}`;
            const { one, names } = await runApp({ image, pull: Pull.Always }, { registry: "newer" });
            expect(one(REMOTE_IMAGE).inputs.name).toBe(image);
            expect(names(TAG)).toEqual([]);
        });
    });

    test("Pull.Missing is the default", async () => {
        const declaredWith = async (args: { pull?: Pull }) => {
            const { declared } = await runApp({ image: "redis:8", ...args }, { registry: "newer" });
            return declared.map(({ type, name, inputs, options }) => ({ type, name, inputs, options }));
        };
        expect(await declaredWith({ pull: Pull.Missing })).toEqual(await declaredWith({}));
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

        test.each([
            ["build.push.image", { build: { ...build, push: { image: "localhost:5000/shop:1" } } }],
            ["image", { image: "localhost:5000/shop:1", build: { ...build, push: {} } }],
        ])("is pushed as %s, with the login of docker login, and is not deleted", async (_, args) => {
            const { one, declared } = await runApp(args);
            expect(one(IMAGE).inputs).toMatchObject({ imageName: "localhost:5000/shop:1", skipPush: false });
            expect(one(IMAGE).inputs).not.toHaveProperty("registry");
            const cacheFrom = ["registry.example.com/shop:latest"];
            const cached = await runApp({ ...args, build: { ...args.build, cacheFrom } });
            expect(cached.one(IMAGE).inputs).not.toHaveProperty("registry");
            expect(declared.map(({ name }) => name)).not.toContain("web-image-removal");
        });
    });
});

describe("an image that is built and not pushed", () => {
    const runApp = (settings: Settings = {}, image?: string, options: Partial<BuildArgs> = {}) =>
        run(() => ({ url: new WebApp("web", { image, build: { ...build, ...options } }).url }), settings);

    test("has a name of project, component and stack", async () => {
        const { one } = await runApp();
        expect(one(IMAGE).inputs).toMatchObject({ imageName: "shop/web:dev", skipPush: true });
        expect(one(IMAGE).inputs).not.toHaveProperty("registry");
    });

    test("names the registry of its cache, without which the official provider fails", async () => {
        const cacheFrom = ["registry.example.com:5000/shop:latest", "shop:latest"];
        const { one } = await runApp({}, undefined, { cacheFrom });
        expect(one(IMAGE).inputs.registry).toEqual({ server: "registry.example.com:5000" });
    });

    test("has a valid name for any name of the project", async () => {
        const { one } = await runApp({ project: "My_Shop.1" });
        expect(one(IMAGE).inputs.imageName).toMatch(/^my-shop-1-[0-9a-f]{7}\/web:dev$/);
    });

    test("has the name that image gives it, under which it is deleted", async () => {
        const { one, names } = await runApp({}, "depot:dev");
        expect(one(IMAGE).inputs).toMatchObject({ imageName: "depot:dev", skipPush: true });
        expect(names(REMOTE_IMAGE)).toEqual([]);
        expect(one(COMMAND, "web-image-removal")).toMatchObject({
            inputs: { environment: { NAME: "depot:dev", IMAGE: GENERATED.built } },
            options: { replacementTrigger: "depot:dev" },
        });
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

test("every component accepts pull", async () => {
    const pull = Pull.Always;
    const { declared } = await run(
        () => {
            new PostgresService("db", { pull });
            new RedisService("cache", { pull });
            new Service("search", { image: "redis:8", pull });
            new Task("task", { image: "redis:8", pull, command: ["true"] });
            new WebApp("web", { image: "redis:8", pull });
            new RailsWebApp("shop", { image: "redis:8", pull, migration: ["true"] });
            return undefined;
        },
        { registry: "newer" },
    );
    expect(
        declared.filter(({ type }) => type === REMOTE_IMAGE).map(({ name, inputs }) => [name, inputs.name]),
    ).toEqual([
        ["db-image", "postgres:17@sha256:newer"],
        ["cache-image", "redis:8@sha256:newer"],
        ["search-image", "redis:8@sha256:newer"],
        ["task-image", "redis:8@sha256:newer"],
        ["web-image", "redis:8@sha256:newer"],
        ["shop-image", "redis:8@sha256:newer"],
    ]);
});

test("Pull.Always works with mocks without the functions of the Docker provider", async () => {
    const names: unknown[] = [];
    await pulumi.runtime.setMocks(
        {
            call: ({ inputs }) => inputs as object,
            newResource: ({ type, name, inputs }) => {
                if (type === REMOTE_IMAGE) names.push((inputs as { name: string }).name);
                return { id: name, state: inputs as object };
            },
        },
        "shop",
        "dev",
    );
    new WebApp("web", { image: "redis:8", pull: Pull.Always });
    await pulumi.runtime.disconnect();
    expect(names).toEqual(["redis:8"]);
});

const OFFICIAL =
    "invoking docker:index/getRegistryImage:getRegistryImage: 1 error occurred:\n\t* Got error when attempting to fetch image version app:1 from registry: ";

test.each([
    ["got bad response from registry: 404 Not Found\n\n", "Check its name and its tag."],
    ["bad credentials: 401 Unauthorized", "Check the login for localhost:5000 in docker:registryAuth."],
    [
        "dial tcp 127.0.0.1:5000: connect: connection refused",
        "Check that this machine reaches localhost:5000.",
    ],
    [
        "http: server gave HTTP response to HTTPS client",
        'localhost:5000 has no TLS: add it to docker:registryAuth, as [{ address: "http://localhost:5000", authDisabled: true }] or with its login.',
    ],
])("the warning about the response %j of a registry says what to do", (reason, remedy) => {
    expect(describeFailure("localhost:5000/app:1", new Error(OFFICIAL + reason))).toBe(
        `could not check whether there is a newer localhost:5000/app:1; the current image stays. ${remedy} (${reason.trim()})`,
    );
});

test.each([
    ["redis", "registry-1.docker.io"],
    ["team/app:1", "registry-1.docker.io"],
    ["docker.io/library/redis:8", "registry-1.docker.io"],
    ["ghcr.io/team/app", "ghcr.io"],
    ["localhost/app", "localhost"],
    ["registry:5000/app:1", "registry:5000"],
])("the registry of %s is %s", (image, host) => {
    expect(registryHost(image)).toBe(host);
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
    [
        { image: `app@sha256:${"a".repeat(64)}`, build },
        "has a digest, but the image is built; use a name with a tag",
    ],
    [{ image: "App 8", build }, 'image: "App 8" is not the name of an image'],
    [
        { image: "app:1", build: { ...build, push } },
        "build.push.image: image is set too, but a built image has only one name; set image, and leave push.image out",
    ],
    [{ build: { ...build, push: {} } }, "build.push.image: required unless image is set"],
    [{ build, pull: Pull.Always }, "pull: the image is built and not pulled; leave pull out"],
    [
        { image: pulumi.output("redis:8"), pull: Pull.Always },
        "pull: image is an Output, which already names one image",
    ],
    [{ image: "redis:8", pull: "never" as Pull }, 'pull: "never" is not one of missing, always'],
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
