import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../../plugin/provider.ts";
import { isSecret, plain, secret, UNKNOWN, type Value, type Values } from "../../plugin/values.ts";
import { Daemon } from "./daemon.ts";
import { image } from "./image.ts";
import { pullImage, pushImage, decodeBuildOutput } from "./image-transfer.ts";
import type { RegistryAuth } from "./registry-login.ts";
import { remoteImage } from "./remote-image.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-image-"));
writeFileSync(join(directory, "Dockerfile"), "FROM scratch\n");
afterAll(() => {
    rmSync(directory, { recursive: true });
});

async function checked(inputs: Values) {
    const failures = await image(new Daemon()).check?.(inputs, {} as Context);
    return failures?.map(({ property }) => property);
}

test("check keeps an unknown or secret build", async () => {
    const unknown: Values = { imageName: "app", skipPush: true, build: UNKNOWN };
    expect(await checked(unknown)).toEqual([]);
    expect(unknown.build).toBe(UNKNOWN);

    const hidden: Values = { imageName: "app", skipPush: true, build: secret({ context: directory }) };
    expect(await checked(hidden)).toEqual([]);
    expect(isSecret(hidden.build)).toBe(true);
    expect(plain(hidden.build as Value)).toMatchObject({
        context: directory,
        dockerfile: join(directory, "Dockerfile"),
        contextDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
});

test.each<[string, Values, string[]]>([
    ["a registry in the name", { imageName: "registry.example.com/app" }, []],
    ["a registry in the login", { imageName: "team/app", registry: { server: "docker.io" } }, []],
    ["an unknown login", { imageName: "team/app", registry: UNKNOWN }, []],
    ["skipPush", { imageName: "team/app", skipPush: true }, []],
    ["no registry", { imageName: "team/app" }, ["imageName"]],
    ["a login without a registry", { imageName: "team/app", registry: { username: "me" } }, ["imageName"]],
])("check requires a registry for a push: %s", async (_, inputs, refused) => {
    expect(await checked({ ...inputs, build: { context: directory } })).toEqual(refused);
});

test("a registry makes no difference if the image is not pushed and has no login", async () => {
    const registryIn = async (inputs: Values) => {
        const ours = image(new Daemon());
        await ours.check?.(inputs, {} as Context);
        return [inputs.registry, ours.declaredInputs?.({ __inputs: inputs as Value }).registry];
    };
    const common = { imageName: "r.example.com/app", build: { context: directory } };
    const [server, login] = [{ server: "r.example.com" }, { username: "me", password: "secret" }];
    expect(await registryIn({ ...common, skipPush: true, registry: server })).toEqual([undefined, undefined]);
    for (const used of [{ registry: server }, { skipPush: true, registry: login }])
        expect(await registryIn({ ...common, ...used })).toEqual([used.registry, used.registry]);
});

const context = {
    status: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
} as unknown as Context;

/** A fake daemon that records requests and has no image until it has pulled or built one. */
function daemon(registryAuth: RegistryAuth[] = []) {
    const asked: [string, unknown][] = [];
    let there = false;
    const stream = (what: string, options: unknown) => {
        asked.push([what, options]);
        if (!what.startsWith("push")) there = true;
        return Promise.resolve({});
    };
    const docker = {
        getImage: (name: string) => ({
            inspect: () =>
                there
                    ? Promise.resolve({ Id: "sha256:1", RepoDigests: [] })
                    : Promise.reject(Object.assign(new Error("no such image"), { statusCode: 404 })),
            push: (options: unknown) => stream(`push ${name}`, options),
        }),
        pull: (name: string, options: unknown) => stream(`pull ${name}`, options),
        buildImage: (_: unknown, options: unknown) => stream("build", options),
        followProgress: (_: unknown, onEnd: (error: null, events: object[]) => void) => {
            onEnd(null, [{ aux: { Digest: "sha256:2" } }]);
        },
    };
    return { asked, fake: { docker, registryAuth } as unknown as Daemon };
}

test.each([
    ["localhost:5000/team/app", "latest"],
    ["localhost:5000/team/app:1.2", "1.2"],
])("pushes of %s the tag %s only", async (name, tag) => {
    const { asked, fake } = daemon();
    expect(await pushImage(fake, name, undefined, context)).toBe("localhost:5000/team/app@sha256:2");
    expect(asked).toMatchObject([["push localhost:5000/team/app", { tag }]]);
});

test("refuses to push to a digest", async () => {
    const { asked, fake } = daemon();
    const name = `localhost:5000/app@sha256:${"0".repeat(64)}`;
    await expect(pushImage(fake, name, undefined, context)).rejects.toThrow("use a tag");
    expect(asked).toEqual([]);
});

test("a build passes each host, and pulls its cache with the image's login and platform", async () => {
    const { asked, fake } = daemon();
    const registry = { server: "r.example.com", username: "me", password: "secret" };
    const build = {
        context: import.meta.dirname,
        dockerfile: import.meta.filename,
        platform: "linux/arm64",
        addHosts: ["db:10.0.0.5", "cache:10.0.0.6"],
        cacheFrom: { images: ["r.example.com/app:cache", "other.example.com/app:cache"] },
    };
    await image(fake).create({ imageName: "r.example.com/app", registry, build }, context);
    const authconfig = { username: "me", password: "secret", serveraddress: "r.example.com" };
    expect(asked).toMatchObject([
        ["pull r.example.com/app:cache", { authconfig, platform: "linux/arm64" }],
        // The login is not sent to another registry.
        ["pull other.example.com/app:cache", { authconfig: undefined, platform: "linux/arm64" }],
        ["build", { extrahosts: ["db:10.0.0.5", "cache:10.0.0.6"] }],
        ["push r.example.com/app", { tag: "latest", authconfig }],
    ]);
});

test("a build pulls base images that need a login and are not there, as BuildKit gets none", async () => {
    writeFileSync(
        join(directory, "private"),
        "FROM r.example.com/base:1\nCOPY --from=other.example.com/x / /\n",
    );
    const login = { username: "me", password: "secret" };
    const { asked, fake } = daemon([{ address: "r.example.com", ...login }]);
    const build = { context: import.meta.dirname, dockerfile: join(directory, "private") };
    await image(fake).create({ imageName: "app", skipPush: true, build }, context);
    expect(asked).toMatchObject([
        ["pull r.example.com/base:1", { authconfig: login }],
        ["build", {}],
    ]);
});

test("an update pulls an image that has been removed", async () => {
    const { asked, fake } = daemon();
    const inputs = { name: "redis:8", keepLocally: true, platform: "" };
    const state = await remoteImage(fake).update?.("", {}, inputs, context);
    expect(asked).toMatchObject([["pull redis:8", {}]]);
    expect(state).toMatchObject({ imageId: "sha256:1", keepLocally: true });
});

test.each([
    ["redis:8", "check its name and the login for its registry: no such host"],
    [
        "sha256:1d",
        "it has been removed since it was built or pulled; run pulumi up with --refresh, and for a built image",
    ],
])("a failed pull of %s names the remedy", async (image, remedy) => {
    const docker = { pull: () => Promise.reject(new Error("no such host")) };
    const daemon = { docker, registryAuth: [] } as unknown as Daemon;
    const context = { status: () => undefined } as unknown as Context;
    await expect(pullImage(daemon, image, context)).rejects.toThrow(
        `image ${image} is not on the Docker daemon and could not be pulled; ${remedy}`,
    );
});

test.each([
    ["decodes base64 output of a build step", "SGVsbG8gd29ybGQK", "Hello world"],
    ["keeps other lines", "[4/6] RUN bundle install", "[4/6] RUN bundle install"],
    ["keeps a word that only looks like base64", "Downloading", "Downloading"],
    ["keeps an empty line", "", ""],
])("%s", (_, line, shown) => {
    expect(decodeBuildOutput(line)).toBe(shown);
});
