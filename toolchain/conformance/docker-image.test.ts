import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { byName, docker, lookUp, removeLabelled } from "./docker";
import { Stack } from "./stack";

jest.setTimeout(180_000);

const PASSWORD = "correct horse battery staple";
const LABEL = `drydock.conformance=image-${process.pid}`;

interface Image {
    Id: string;
    RepoDigests: string[];
    Config: { Env: string[]; Labels: Record<string, string> | null };
}

const imageOf = (name: string) => lookUp(name) as Image | undefined;

describe("images", () => {
    const stack = new Stack("images");
    const folder = join(stack.dir, "app");
    let registry: string;
    let built: string;

    beforeAll(async () => {
        mkdirSync(join(folder, "ignored"), { recursive: true });
        mkdirSync(join(stack.dir, "auth"));
        writeFileSync(join(stack.dir, "auth/htpasswd"), `drydock:${hashSync(PASSWORD, 4)}\n`);
        const settings = {
            REGISTRY_AUTH: "htpasswd",
            REGISTRY_AUTH_HTPASSWD_REALM: "registry",
            REGISTRY_AUTH_HTPASSWD_PATH: "/auth/htpasswd",
            REGISTRY_STORAGE_DELETE_ENABLED: "true",
        };
        const envs = Object.entries(settings).flatMap(([key, text]) => ["--env", `${key}=${text}`]);
        const id = docker(
            "run",
            "--detach",
            "--label",
            LABEL,
            "--publish",
            "127.0.0.1::5000",
            ...envs,
            "--volume",
            `${join(stack.dir, "auth")}:/auth:ro`,
            "registry:2",
        );
        registry = docker("port", id, "5000");
        write(
            "Dockerfile",
            "FROM scratch AS base\nARG WORD\nENV WORD=$WORD\nCOPY . /app\nFROM base AS other\n",
        );
        write(".dockerignore", "ignored\n");
        write("main", "first");
        while ((await registryAnswers("app", "1")) === undefined) await sleep(100);
    });

    afterAll(async () => {
        await stack.dispose();
        const left = docker("images", "--quiet", "--filter", `reference=${registry}/*`);
        if (left) docker("rmi", "--force", ...new Set(left.split("\n")));
        removeLabelled(LABEL);
    });

    const write = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
    };

    /** The status with which the registry answers for an image; undefined as long as it does not. */
    async function registryAnswers(path: string, tag: string): Promise<number | undefined> {
        const url = `http://${registry}/v2/${path}/manifests/${tag}`;
        const authorization = `Basic ${Buffer.from(`drydock:${PASSWORD}`).toString("base64")}`;
        const accept = "application/vnd.docker.distribution.manifest.v2+json";
        const response = await fetch(url, { headers: { authorization, accept } }).catch(() => undefined);
        return response?.status;
    }

    const program = ({
        build = 'context: "./app", target: "base", args: { WORD: "yes" }',
        more = "",
    } = {}) => `
        const password = pulumi.secret("${PASSWORD}");
        const login = { address: "${registry}", username: "drydock", password };
        const image = new docker.Image("image", {
            imageName: "${registry}/app:1", build: { ${build} },
            registry: { server: "${registry}", username: "drydock", password },
        });
        const local = new docker.Image("local", {
            imageName: "${registry}/local:1", skipPush: true,
            build: { context: "./app", dockerfile: "./outside.Dockerfile" },
        });
        const provider = new docker.Provider("registry", { registryAuth: [login] });
        const tag = new docker.Tag("tag", { sourceImage: local.repoDigest, targetImage: "${registry}/copy:2" });
        const copy = new docker.RegistryImage("copy", { name: tag.targetImage, triggers: { id: tag.sourceImageId } }, { provider });
        const here = new docker.RemoteImage("here", { name: "redis:8", keepLocally: true });
        ${more}
        return { repoDigest: image.repoDigest, local: local.repoDigest, tagged: tag.sourceImageId, copy: copy.sha256Digest };`;
    /** Pulls what was pushed, with the provider's login. */
    const pulled = () => `
        new docker.RemoteImage("pulled", { name: image.repoDigest }, { provider });
        new docker.RemoteImage("pulled-tag", { name: "${registry}/copy:2" }, { provider });`;

    test("are built from a context and pushed with a login, which a preview foretells and does not do", async () => {
        writeFileSync(join(stack.dir, "outside.Dockerfile"), "FROM scratch\nCOPY main /main\n");
        const steps = await stack.preview(program());
        expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
        expect(imageOf(`${registry}/app:1`)).toBeUndefined();

        const run = await stack.up(program());
        expect(run).toMatchObject({ code: 0 });
        const outputs = await stack.outputs();
        expect(outputs.repoDigest).toMatch(new RegExp(`^${registry}/app@sha256:[0-9a-f]{64}$`));
        const app = imageOf(`${registry}/app:1`);
        expect(app?.RepoDigests).toContain(outputs.repoDigest);
        expect(app?.Config.Env).toContain("WORD=yes");
        expect(outputs.local).toBe(imageOf(`${registry}/local:1`)?.Id);
        expect(outputs.tagged).toBe(outputs.local);
        expect(imageOf(`${registry}/copy:2`)?.Id).toBe(outputs.local);
        expect(await registryAnswers("copy", String(outputs.copy))).toBe(200);
        expect(await registryAnswers("local", "1")).toBe(404);
        built = String(outputs.repoDigest);

        const { image, here } = byName(await stack.state());
        expect(image).toMatchObject({
            id: `${registry}/app:1`,
            inputs: {
                build: {
                    context: "./app",
                    dockerfile: "app/Dockerfile",
                    platform: expect.any(String) as string,
                },
            },
            outputs: { baseImageName: `${registry}/app:1`, context: "./app", dockerfile: "Dockerfile" },
        });
        expect(here?.id).toBe(`${imageOf("redis:8")?.Id}redis:8`);
        expect(run.output).not.toContain(PASSWORD);
        expect(stack.stateText()).not.toContain(PASSWORD);
    });

    test("are pulled with the provider's login", async () => {
        for (const name of ["app:1", "copy:2", "local:1"]) docker("rmi", `${registry}/${name}`);
        expect(imageOf(built)).toBeUndefined();
        expect(await stack.up(program({ more: pulled() }))).toMatchObject({ code: 0 });
        expect(imageOf(built)).toBeDefined();
        const state = byName(await stack.state());
        expect(state["pulled-tag"]?.outputs).toMatchObject({
            imageId: imageOf(`${registry}/copy:2`)?.Id,
        });
    });

    test("are built again when their context changes, and not for what .dockerignore names", async () => {
        write("ignored/file", "anything");
        const same = await stack.up(program({ more: pulled() }), "--refresh", "--expect-no-changes");
        expect(same).toMatchObject({ code: 0 });

        write("main", "second");
        expect(await stack.up(program())).toMatchObject({ code: 0 });
        const { repoDigest } = await stack.outputs();
        expect(repoDigest).not.toBe(built);
        // What is no longer declared is removed, here by its digest.
        expect(imageOf(built)).toBeUndefined();
    });

    test("that cannot be built fail with the step that failed, and stay as they were", async () => {
        const before = await stack.outputs();
        write("Dockerfile", "FROM redis:8\nRUN echo out of cheese && exit 7\n");
        const broken = await stack.up(program({ build: 'context: "./app"' }), "--target", "**image");
        expect(broken.code).not.toBe(0);
        expect(broken.output).toContain("out of cheese");
        expect(broken.output).toMatch(/exit code: 7/);
        expect(await stack.outputs()).toEqual(before);

        const missing = await stack.up(program({ build: 'context: "./app", dockerfile: "./Dockerfil"' }));
        expect(missing.code).not.toBe(0);
        expect(missing.output).toContain("Dockerfil");
    });

    test("are removed as they ask to be when the stack is destroyed", async () => {
        const { copy } = await stack.outputs();
        expect(await registryAnswers("copy", String(copy))).toBe(200);
        expect(await stack.destroy()).toMatchObject({ code: 0 });
        expect(await registryAnswers("copy", String(copy))).toBe(404);
        // What was built stays, as officially; so does what was there before.
        expect(imageOf(`${registry}/app:1`)).toBeDefined();
        expect(imageOf("redis:8")).toBeDefined();
    });
});
