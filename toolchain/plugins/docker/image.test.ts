import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "../../plugin/provider";
import { isSecret, plain, secret, UNKNOWN, Value, Values } from "../../plugin/values";
import { Daemon } from "./daemon";
import { image } from "./image";
import { pull, push, readable } from "./image-transfer";
import { remoteImage } from "./remote-image";

const folder = mkdtempSync(join(tmpdir(), "drydock-image-"));
writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
afterAll(() => {
    rmSync(folder, { recursive: true });
});

async function checked(inputs: Values) {
    const failures = await image(new Daemon()).check?.(inputs, {} as Context);
    return failures?.map(({ property }) => property);
}

test("a build that is not known yet, or is a secret, is what it will be", async () => {
    const unknown: Values = { imageName: "app", skipPush: true, build: UNKNOWN };
    expect(await checked(unknown)).toEqual([]);
    expect(unknown.build).toBe(UNKNOWN);

    const hidden: Values = { imageName: "app", skipPush: true, build: secret({ context: folder }) };
    expect(await checked(hidden)).toEqual([]);
    expect(isSecret(hidden.build)).toBe(true);
    expect(plain(hidden.build as Value)).toMatchObject({
        context: folder,
        dockerfile: join(folder, "Dockerfile"),
        contextDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
});

test.each<[string, Values, string[]]>([
    ["its name says the registry", { imageName: "registry.example.com/app" }, []],
    ["its login says the registry", { imageName: "team/app", registry: { server: "docker.io" } }, []],
    ["its login is not known yet", { imageName: "team/app", registry: UNKNOWN }, []],
    ["it is not pushed", { imageName: "team/app", skipPush: true }, []],
    ["nothing says the registry", { imageName: "team/app" }, ["imageName"]],
    ["its login does not say it", { imageName: "team/app", registry: { username: "me" } }, ["imageName"]],
])("where an image goes is known: %s", async (_, inputs, refused) => {
    expect(await checked({ ...inputs, build: { context: folder } })).toEqual(refused);
});

const context = {
    status: () => undefined,
    log: () => undefined,
    signal: new AbortController().signal,
} as unknown as Context;

/** A daemon that notes what it is asked, has no image until it has pulled or built one, and answers with a digest. */
function daemon() {
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
    return { asked, fake: { docker, registryAuth: [] } as unknown as Daemon };
}

test.each([
    ["localhost:5000/team/app", "latest"],
    ["localhost:5000/team/app:1.2", "1.2"],
])("of %s just the tag %s is pushed, not all that the repository has here", async (name, tag) => {
    const { asked, fake } = daemon();
    expect(await push(fake, name, undefined, context)).toBe("localhost:5000/team/app@sha256:2");
    expect(asked).toMatchObject([["push localhost:5000/team/app", { tag }]]);
});

test("a name that is pinned to a digest is not pushed as another", async () => {
    const { asked, fake } = daemon();
    const name = `localhost:5000/app@sha256:${"0".repeat(64)}`;
    await expect(push(fake, name, undefined, context)).rejects.toThrow("name a tag");
    expect(asked).toEqual([]);
});

test("a build has its hosts one by one, and its cache with the image's own login and platform", async () => {
    const { asked, fake } = daemon();
    const registry = { server: "r.example.com", username: "me", password: "secret" };
    const build = {
        context: __dirname,
        dockerfile: __filename,
        platform: "linux/arm64",
        addHosts: ["db:10.0.0.5", "cache:10.0.0.6"],
        cacheFrom: { images: ["r.example.com/app:cache", "other.example.com/app:cache"] },
    };
    await image(fake).create({ imageName: "r.example.com/app", registry, build }, context);
    const authconfig = { username: "me", password: "secret", serveraddress: "r.example.com" };
    expect(asked).toMatchObject([
        ["pull r.example.com/app:cache", { authconfig, platform: "linux/arm64" }],
        // Not with another registry's login.
        ["pull other.example.com/app:cache", { authconfig: undefined, platform: "linux/arm64" }],
        ["build", { extrahosts: ["db:10.0.0.5", "cache:10.0.0.6"] }],
        ["push r.example.com/app", { tag: "latest", authconfig }],
    ]);
});

test("an image that was removed meanwhile is pulled by an update", async () => {
    const { asked, fake } = daemon();
    const inputs = { name: "redis:8", keepLocally: true, platform: "" };
    const state = await remoteImage(fake).update?.("", {}, inputs, context);
    expect(asked).toMatchObject([["pull redis:8", {}]]);
    expect(state).toMatchObject({ imageId: "sha256:1", keepLocally: true });
});

test.each([
    ["redis:8", "check its name, and the login for its registry: no such host"],
    [
        "sha256:1d",
        "it was removed since it was built or pulled; run pulumi up with --refresh, and if it was built",
    ],
])("a pull of %s that fails names the remedy", async (image, remedy) => {
    const docker = { pull: () => Promise.reject(new Error("no such host")) };
    const daemon = { docker, registryAuth: [] } as unknown as Daemon;
    const context = { status: () => undefined } as unknown as Context;
    await expect(pull(daemon, image, context)).rejects.toThrow(
        `image ${image} is not on the Docker daemon and could not be pulled; ${remedy}`,
    );
});

test.each([
    ["what a build step prints arrives as base64 and is shown as text", "SGVsbG8gd29ybGQK", "Hello world"],
    ["an ordinary line stays as it is", "[4/6] RUN bundle install", "[4/6] RUN bundle install"],
    ["a word that could be base64 but is none stays as it is", "Downloading", "Downloading"],
    ["an empty line stays empty", "", ""],
])("%s", (_, line, shown) => {
    expect(readable(line)).toBe(shown);
});
