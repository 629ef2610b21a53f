import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type BuildArgs, Task, WebApp } from "../../../components/index.ts";
import { contextDigest } from "../../../components/shared/build-context.ts";
import { buildOptions, describeFailure, hideSecrets, readSecret } from "../../../components/shared/buildx.ts";
import { explainBuild, explainPull } from "../../../components/shared/registry-login.ts";
import { COMMAND, CONTAINER, IMAGE, refusal, run } from "../../../testing/index.ts";
import { nonSecretText } from "../engines/index.ts";

const root = mkdtempSync(join(tmpdir(), "drydock-builds-"));
afterAll(() => {
    rmSync(root, { recursive: true });
});

/** Writes files into a new directory, which it returns. */
function createDirectory(files: Record<string, string>): string {
    const directory = mkdtempSync(join(root, "context-"));
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
    }
    return directory;
}

describe("a build with options of BuildKit", () => {
    const context = createDirectory({ Dockerfile: "FROM scratch\n" });
    const build: BuildArgs = { context, secrets: { token: { variable: "GEM_TOKEN" } } };
    const runApp = (args: BuildArgs) => run(() => ({ image: new WebApp("web", { build: args }).image }));

    test.each<[string, Partial<BuildArgs>]>([
        ["secrets", { secrets: { token: { variable: "GEM_TOKEN" } } }],
        ["ssh", { ssh: ["default"] }],
        ["contexts", { contexts: { ruby: "docker-image://ruby:3.4" } }],
        ["cacheTo", { cacheTo: ["type=inline"] }],
        ["a cacheFrom with a type", { cacheFrom: ["type=registry,ref=r.example.com/c"] }],
    ])("is a Command with %s", async (_, options) => {
        const { names } = await runApp({ context, ...options });
        expect(names(COMMAND)).toContain("web-image");
        expect(names(IMAGE)).toEqual([]);
    });

    test("is a docker.Image without any of them", async () => {
        const none = { secrets: {}, ssh: [], contexts: {}, cacheTo: [], cacheFrom: ["a/b:1"] };
        const { names } = await runApp({ context, ...none });
        expect(names(IMAGE)).toEqual(["web-image"]);
        expect(names(COMMAND)).not.toContain("web-image");
    });

    test("prints the ID of the image, which the container runs and which is deleted with the stack", async () => {
        const { one, outputs } = await runApp(build);
        expect(one(COMMAND, "web-image")).toMatchObject({
            parent: "drydock:index:WebApp web",
            inputs: { create: "sh", environment: { BUILT_IMAGE: "shop/web:dev", PUSHED: "" } },
            options: {
                replaceOnChanges: ["environment", "triggers[*]"],
                ignoreChanges: ["create", "stdin", "logging"],
            },
        });
        expect(one(CONTAINER, "web").inputs.image).toBe("output");
        expect(outputs.image?.value).toBe("output");
        expect(one(COMMAND, "web-image-removal").inputs.environment).toMatchObject({ IMAGE: "output" });
    });

    test("is replaced for changed files and arguments, but not for secrets and the cache", async () => {
        const triggers = async (args: Partial<BuildArgs>) =>
            String((await runApp({ ...build, ...args })).one(COMMAND, "web-image").inputs.triggers);
        const before = await triggers({});
        const gems = createDirectory({ gem: "1" });
        const others: Partial<BuildArgs>[] = [
            { args: { A: "1" } },
            { args: { A: pulumi.output("2") } },
            { target: "run" },
            { platform: "linux/arm64" },
            { contexts: { gems } },
        ];
        const digests = [before];
        for (const args of others) digests.push(await triggers(args));
        expect(new Set(digests).size).toBe(digests.length);
        const same: Partial<BuildArgs>[] = [
            { secrets: { other: { value: "hunter2" } } },
            { ssh: ["default"] },
            { cacheTo: ["type=inline"] },
        ];
        for (const args of same) expect(await triggers(args)).toBe(before);
        const withGems = await triggers({ contexts: { gems } });
        writeFileSync(join(gems, "gem"), "2");
        expect(await triggers({ contexts: { gems } })).not.toBe(withGems);
        writeFileSync(join(context, "new"), "");
        expect(await triggers({})).not.toBe(before);
    });

    test("has no secret among the inputs of a resource", async () => {
        const secrets = { token: { value: pulumi.secret("hunter2") }, other: { value: "hunter3" } };
        const result = await runApp({ ...build, secrets });
        expect(JSON.stringify(result.declared)).not.toMatch(/hunter/);
        expect(nonSecretText(result)).not.toMatch(/hunter/);
    });

    test("is pushed, runs by its digest and is not deleted", async () => {
        const { one, names } = await runApp({ ...build, push: { image: "r.example.com/shop:1" } });
        expect(one(COMMAND, "web-image").inputs.environment).toEqual({
            BUILT_IMAGE: "r.example.com/shop:1",
            PUSHED: "yes",
        });
        expect(names(COMMAND)).not.toContain("web-image-removal");
    });

    test("can be the image of a task too", async () => {
        const { one } = await run(() => {
            new Task("seed", { build, command: ["true"] });
            return undefined;
        });
        expect(one(COMMAND, "seed-image").inputs.environment).toMatchObject({ BUILT_IMAGE: "shop/seed:dev" });
    });

    const secret = (value: object) => ({ secrets: { token: value } });
    test.each<[object, string]>([
        [{ secrets: { "a,b": { file: "x" } } }, 'build.secrets.a,b: "a,b" is not the ID of a build secret'],
        [secret({}), "build.secrets.token: set one of value, variable and file"],
        [secret({ value: "a", file: "b" }), "build.secrets.token: set one of value, variable and file"],
        [secret({ variable: "A B" }), 'build.secrets.token.variable: "A B"'],
        [{ contexts: { "a=b": "." } }, 'build.contexts.a=b: "a=b" is not the name of a context'],
        [
            { contexts: { gems: "no/such" } },
            'build.contexts.gems: "no/such" is not a directory on this machine',
        ],
        [{ ssh: "default" }, "build.ssh: must be a list of strings"],
        [{ ssh: [""] }, 'build.ssh[0]: "" is not an option of docker buildx build'],
    ])("refuses %j", async (options, message) => {
        const args = { context, ...options };
        expect(await refusal(() => new WebApp("web", { build: args }))).toContain(message);
    });
});

describe("the options of docker buildx build", () => {
    test("are those of the arguments", () => {
        const build = {
            context: "app",
            target: "run",
            platform: "linux/arm64",
            ssh: ["default"],
            contexts: { gems: "../gems" },
            cacheFrom: ["type=registry,ref=r/c"],
            cacheTo: ["type=registry,ref=r/c,mode=max"],
        };
        expect(buildOptions(build, { B: "2", A: "1 = 1" }).join(" ")).toBe(
            "--file app/Dockerfile --target run --platform linux/arm64 --build-arg A=1 = 1 --build-arg B=2 " +
                "--build-context gems=../gems --ssh default --cache-from type=registry,ref=r/c --cache-to type=registry,ref=r/c,mode=max",
        );
    });

    test("put cache metadata into the image if it is a cache itself", () => {
        expect(buildOptions({ context: ".", cacheFrom: ["shop:1"] }, {})).toContain(
            "BUILDKIT_INLINE_CACHE=1",
        );
        expect(buildOptions({ context: ".", dockerfile: "x/Dockerfile" }, {})).toEqual([
            "--file",
            "x/Dockerfile",
        ]);
    });

    test("have secrets by the name of their variable or file", () => {
        const file = join(createDirectory({ 'a "b"': "of a file" }), 'a "b"');
        expect(readSecret("id", { file }, undefined)).toEqual({
            option: `id=id,"src=${file.replaceAll('"', '""')}"`,
            content: "of a file",
        });
        expect(readSecret("id", { variable: "A" }, undefined, { A: "of a variable" })).toEqual({
            option: "id=id,env=A",
            content: "of a variable",
        });
        expect(readSecret("a.b", { value: "" }, "of the program")).toEqual({
            option: "id=a.b,env=DRYDOCK_BUILD_SECRET_612e62",
            variable: ["DRYDOCK_BUILD_SECRET_612e62", "of the program"],
            content: "of the program",
        });
    });

    test.each([
        [{ variable: "A" }, undefined, "build.secrets.id.variable: A is not set; set it where Pulumi runs"],
        [{ file: "no/such" }, undefined, "build.secrets.id.file: no/such is not a file on this machine"],
        [{ value: "" }, "", "build.secrets.id.value: is empty"],
        [{ value: "" }, "a".repeat(140_000), "build.secrets.id.value: is longer than 131000 bytes; use file"],
    ])("are refused without the secret %j", (secret, value, message) => {
        expect(() => readSecret("id", secret, value, {})).toThrow(message);
    });
});

describe("the digest of a context", () => {
    const digest = (directory: string, dockerfile = join(directory, "Dockerfile")) =>
        contextDigest({ directory, dockerfile, path: "build.context" });

    test("changes with contents, names, modes and links, and not with what .dockerignore excludes", () => {
        const directory = createDirectory({
            Dockerfile: "FROM scratch\n",
            ".dockerignore": "log/*\n!log/.keep\n**/*.md\n",
            "app/main.rb": "1",
            "log/.keep": "",
        });
        const path = (name: string) => join(directory, name);
        const seen = [digest(directory)];
        const expectNew = (change: () => void) => {
            change();
            expect(seen).not.toContain(digest(directory));
            seen.push(digest(directory));
        };
        writeFileSync(path("log/dev.log"), "");
        writeFileSync(path("app/README.md"), "");
        expect(digest(directory)).toBe(seen[0]);
        expectNew(() => {
            writeFileSync(path("app/main.rb"), "2");
        });
        expectNew(() => {
            writeFileSync(path("app/new"), "");
        });
        expectNew(() => {
            chmodSync(path("app/new"), 0o700);
        });
        expectNew(() => {
            symlinkSync("main.rb", path("app/link"));
        });
        expectNew(() => {
            writeFileSync(path("log/.keep"), "kept");
        });
        expectNew(() => {
            writeFileSync(path("Dockerfile"), "FROM alpine\n");
        });
        expectNew(() => {
            writeFileSync(path("Dockerfile.dockerignore"), "app\n");
        });
        writeFileSync(path("app/main.rb"), "3");
        expect(digest(directory)).toBe(seen.at(-1));
    });

    test("is that of the directory that a link leads to", () => {
        const directory = createDirectory({ Dockerfile: "FROM scratch\n", file: "1" });
        symlinkSync(directory, `${directory}-link`);
        expect(digest(`${directory}-link`)).toBe(digest(directory));
    });

    /** The digest, or the error, for a user who cannot read everything, unlike root. */
    function digestAsUser(dockerignore: string): string {
        const directory = createDirectory({
            Dockerfile: "FROM scratch\n",
            ".dockerignore": dockerignore,
            "data/base/file": "",
        });
        chmodSync(root, 0o755);
        chmodSync(directory, 0o755);
        chmodSync(join(directory, "data/base"), 0);
        const isRoot = process.geteuid?.() === 0;
        if (isRoot) process.seteuid?.(65534);
        try {
            return digest(directory);
        } catch (error) {
            return String(error);
        } finally {
            if (isRoot) process.seteuid?.(0);
        }
    }

    test.each(["data\n!Dockerfile\n", "data\n!*.rb\n", "data\n!data/other\n"])(
        "needs no directory that .dockerignore excludes: %j",
        (dockerignore) => {
            expect(digestAsUser(dockerignore)).toMatch(/^\w{64}$/m);
        },
    );

    test("names a directory that cannot be read", () => {
        expect(digestAsUser("")).toContain(
            "/data/base cannot be read (EACCES); make it readable, or add it to .dockerignore",
        );
    });
});

test("the output of a build shows no secret and no long part of one", () => {
    const hide = hideSecrets(["abcd", "abcd1234", "//npm.example.com/:_authToken=t0kent0ken\n"]);
    expect(hide("a abcd1234 b t0kent0ken c abcd npm")).toBe("a [secret] b [secret] c [secret] npm");
});

describe("the error of a failed build", () => {
    test.each([
        ["ERROR: failed to build: Cache export is not supported for the docker driver.", "build.cacheTo: "],
        ["ERROR: unsupported frontend capability moby.buildkit.frontend.contexts", "build.contexts: "],
        ["ERROR: invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set", "build.ssh: "],
        [
            "ERROR: failed to solve: r.example.com/base:1: failed to resolve source metadata for r.example.com/base:1: unauthorized",
            "r.example.com requires a login",
        ],
    ])("names the remedy of %j", (line, remedy) => {
        expect(describeFailure("shop:1", ["#1 x", "", line])).toMatch(
            new RegExp(
                `^could not build the image shop:1: ${remedy.replaceAll(".", "\\.")}.*\n#1 x\n${line.slice(0, 20)}`,
            ),
        );
    });

    test("is the end of the output if a command of the Dockerfile fails", () => {
        const lines = Array.from({ length: 40 }, (_, i) => `#5 line ${i}`);
        const [first, second] = describeFailure("shop:1", [
            ...lines,
            "#5 401 Unauthorized",
            "ERROR: exit code 1",
        ]).split("\n");
        expect([first, second]).toEqual(["could not build the image shop:1", "#5 line 12"]);
    });

    test("names the registry of a base image", () => {
        const lines = [
            "------",
            " > [internal] load metadata for r.example.com/base:2:",
            "------",
            "ERROR: failed to solve: pulling from host r.example.com failed with status code [manifests 2]: 401 Unauthorized",
        ];
        expect(describeFailure("shop:1", lines)).toContain("r.example.com requires a login");
    });

    test("does not take the error of a command for that of a registry", () => {
        const lines = [
            "#5 ERROR: process did not complete successfully: exit code: 1",
            "------",
            " > [2/2] RUN --mount=type=secret,id=npmrc npm ci:",
            "0.512 npm error 401 Unauthorized - GET a package",
            "------",
            "Dockerfile:2",
            "ERROR: failed to build: failed to solve: exit code: 1",
        ];
        expect(describeFailure("shop:1", lines).split("\n")[0]).toBe("could not build the image shop:1");
    });
});

describe("a login that a registry refuses", () => {
    const directory = createDirectory({
        "config.json": JSON.stringify({
            auths: { "r.example.com": {}, "https://index.docker.io/v1/": {} },
            credHelpers: { "helped.example.com": "test" },
        }),
    });
    const env = { DOCKER_CONFIG: directory };

    test.each([
        [
            "other.example.com/a:1",
            "unauthorized: authentication required",
            "other.example.com requires a login",
        ],
        [
            "r.example.com/a:1",
            "error pulling image r.example.com/a:1: denied: no",
            "r.example.com does not accept the login",
        ],
        ["helped.example.com/a", "no basic auth credentials", "helped.example.com does not accept the login"],
        [
            "a:1",
            "pull access denied for a, repository does not exist",
            "Docker Hub does not accept the login",
        ],
        [
            "r.example.com/a",
            "denied: Your authorization token has expired.",
            "the login for r.example.com has expired",
        ],
        [
            "r.example.com/a",
            "error getting credentials - err: exit status 1",
            "the credential helper of docker login has no valid login for r.example.com",
        ],
        [
            "localhost:5000/a:1",
            'Unable to read Docker image into resource: unable to pull image localhost:5000/a:1: Error response from daemon: Head "http://localhost:5000/v2/a/manifests/1": no basic auth credentials',
            "localhost:5000 requires a login, or does not have the image: run `docker login localhost:5000` on this machine, or set its login in docker:registryAuth",
        ],
    ])("is named by the error of a pull: %s %s", (image, error, message) => {
        expect(explainPull(image, error, env)).toContain(message);
    });

    test.each([
        [
            undefined,
            "no basic auth credentials",
            "a registry requires a login, or does not have the image: run `docker login` on this machine",
        ],
        ["helped.example.com/a", "unauthorized: no", "helped.example.com does not accept the login"],
        [
            undefined,
            "image r.example.com/base:2 is not on the Docker daemon and could not be pulled: unauthorized",
            "r.example.com does not accept the login",
        ],
        [
            "shop:1",
            "failed to resolve source metadata for localhost:5000/base:1: 401 Unauthorized",
            "localhost:5000 requires a login, or does not have the image: run `docker login localhost:5000`",
        ],
        [
            undefined,
            "error reading build output: failed to create LLB definition: pulling from host localhost:5000 failed with status code [manifests 2]: 401 Unauthorized",
            "localhost:5000 requires a login, or does not have the image: run `docker login localhost:5000`",
        ],
        [
            undefined,
            'failed to do request: Head "https://registry-1.docker.io/v2/team/base/manifests/1": 403 Forbidden',
            "Docker Hub does not accept the login",
        ],
        ["helped.example.com/a", "the image is private: denied: no", "helped.example.com does not accept"],
    ])("is named by the error of a build: %s %s", (image, error, message) => {
        const explanation = explainBuild(image, error, env);
        expect(explanation).toContain(message);
        // The official provider does not use it for builds.
        expect(explanation).not.toContain("registryAuth");
    });

    test("is not the reason of other errors", () => {
        for (const error of ["manifest unknown", "connection refused", "permission denied: /srv"]) {
            expect(explainPull("r.example.com/a", error, env)).toBeUndefined();
            expect(explainBuild("r.example.com/a", error, env)).toBeUndefined();
        }
    });
});

describe("the script of a build", () => {
    const bin = createDirectory({});
    const script = (name: string) => resolve(import.meta.dirname, "../../../components/shared", name);

    /** Runs a script with a docker command that prints its arguments, or what `cases` says. */
    function runScript(name: string, env: NodeJS.ProcessEnv, cases = "") {
        const docker = `#!/bin/sh\ncase "$*" in ${cases} *) echo "docker $*" ;; esac\n`;
        writeFileSync(join(bin, "docker"), docker, { mode: 0o755 });
        const { status, stdout, stderr } = spawnSync("sh", [script(name), "--file", "Dockerfile", "."], {
            encoding: "utf8",
            env: {
                PATH: `${bin}:/usr/bin:/bin`,
                HOME: bin,
                DRYDOCK_IMAGE: "r.example.com/shop:1",
                DRYDOCK_CONTEXT: bin,
                DRYDOCK_PUSH: "",
                DRYDOCK_PUSH_USERNAME: "",
                ...env,
            },
        });
        return { status, stdout, stderr };
    }

    test("builds on the Docker Engine itself, and pushes with its own login", () => {
        const env = { DRYDOCK_PUSH: "yes", DRYDOCK_PUSH_USERNAME: "me", DRYDOCK_PUSH_PASSWORD: "hunter2" };
        const { status, stdout } = runScript(
            "buildx-build.sh",
            env,
            '"buildx version") ;; login*) echo "$* $(cat)" ;;',
        );
        expect(status).toBe(0);
        expect(stdout).toBe(
            [
                "docker buildx build --builder default --progress plain --tag r.example.com/shop:1 --file Dockerfile .",
                "login --username me --password-stdin r.example.com hunter2",
                "docker push r.example.com/shop:1",
                "",
            ].join("\n"),
        );
        // PUSH is a variable of the user's.
        expect(runScript("buildx-build.sh", { DOCKER_CONTEXT: "big", PUSH: "1" }).stdout).toBe(
            "docker buildx build --builder big --progress plain --tag r.example.com/shop:1 --file Dockerfile .\n",
        );
    });

    test("labels the image with the commit of its context", () => {
        const git = (...args: string[]) =>
            spawnSync("git", ["-C", bin, "-c", "user.name=t", "-c", "user.email=t@t", ...args], {
                encoding: "utf8",
            }).stdout.trim();
        git("init", "--quiet");
        git("commit", "--quiet", "--allow-empty", "--message", "one");
        const label = `--label org.opencontainers.image.revision=${git("rev-parse", "HEAD")}`;
        expect(runScript("buildx-build.sh", {}).stdout).toContain(`${label}-dirty --file`);
        git("add", "--all");
        git("commit", "--quiet", "--message", "two");
        const next = `--label org.opencontainers.image.revision=${git("rev-parse", "HEAD")}`;
        expect(runScript("buildx-build.sh", {}).stdout).toContain(`${next} --file`);
        rmSync(join(bin, ".git"), { recursive: true });
    });

    test("says how to install buildx", () => {
        const { status, stderr } = runScript("buildx-build.sh", {}, '"buildx version") exit 1 ;;');
        expect(status).toBe(1);
        expect(stderr).toContain("install docker-buildx-plugin");
    });

    test.each([
        [{ PUSHED: "", BUILT_IMAGE: "shop:1" }, "docker image inspect --format {{.Id}} shop:1"],
        [{ PUSHED: "yes", BUILT_IMAGE: "localhost:5000/shop" }, "localhost:5000/shop@sha256:2"],
        [{ PUSHED: "yes", BUILT_IMAGE: "docker.io/team/shop:1" }, "team/shop@sha256:3"],
    ])("prints the ID or the digest of the image: %j", (env, printed) => {
        const digests = "other@sha256:1\\nlocalhost:5000/shop@sha256:2\\nteam/shop@sha256:3\\n";
        const { stdout } = runScript("buildx-image.sh", env, `*RepoDigests*) printf '${digests}' ;;`);
        expect(stdout.trim()).toBe(printed);
    });

    test("fails without a digest in the registry that it was pushed to", () => {
        const env = { PUSHED: "yes", BUILT_IMAGE: "team/shop:1" };
        const { status, stderr } = runScript(
            "buildx-image.sh",
            env,
            "*RepoDigests*) echo localhost:5000/team/shop@sha256:1 ;;",
        );
        expect(status).toBe(1);
        expect(stderr).toContain("run the update again");
    });
});
