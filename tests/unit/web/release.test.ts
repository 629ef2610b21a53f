import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Engine, RailsWebApp, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { COMMAND, CONTAINER, GENERATED, IMAGE, refusal, REMOTE_IMAGE, run } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-release-"));
const envFile = join(directory, "env");
writeFileSync(envFile, "FILED=filed\n");
afterAll(() => {
    rmSync(directory, { recursive: true });
});
afterEach(() => {
    pulumi.runtime.setAllConfig({});
});

const database = { scheme: "postgres", host: "db", port: 5432, password: "db-password", network: "n" };
const ARGS: WebAppArgs = {
    image: "shop:2",
    links: { database },
    env: { COLOR: "blue", HOST: pulumi.output("known later"), PORT: "8080" },
    envFiles: [{ path: envFile }],
    secrets: ["TOKEN"],
    processes: { worker: { command: ["work"], env: { QUEUE: "all" } }, clock: { command: ["tick"] } },
};

type Environment = Record<string, string>;
type Result = Awaited<ReturnType<typeof runApp>>;
const runApp = (args: Partial<WebAppArgs> = {}, engine: Engine = Engine.Docker) => {
    pulumi.runtime.setConfig("shop:TOKEN", "today's");
    return runOn(engine, () => {
        const { image } = new WebApp("web", { ...ARGS, ...args, engine });
        return { image };
    });
};
const environment = ({ one }: Result, name: string) => one(COMMAND, name).inputs.environment as Environment;
const recorded = (result: Result) =>
    JSON.parse(environment(result, "web-release-variables").RECORD ?? "") as object;

describe("a release", () => {
    test.each(ENGINES)("on %s is recorded after everything else of the application", async (engine) => {
        const result = await runApp({}, engine);
        const release = result.one(COMMAND, "web-release");
        expect(release.inputs).toMatchObject({ create: "sh", logging: "none" });
        expect(environment(result, "web-release")).toMatchObject({
            IMAGE: engine === Engine.Docker ? GENERATED.image : GENERATED.digest,
            KEEP: "3",
            ROLLBACK: "",
            DIRECTORY: ".",
            NAMES: engine === Engine.Docker ? "shop/web:dev" : "",
        });
        const dependencies = release.dependencies.join();
        for (const name of ["web", "web-worker", "web-clock", "web-release-variables"])
            expect(dependencies).toMatch(new RegExp(` ${name}\\b`));
    });

    test("records the variables that the program sets, without links, secrets and Outputs", async () => {
        const result = await runApp();
        expect(recorded(result)).toEqual({
            variables: environment(result, "web-release").VARIABLES,
            recorded: {
                app: { COLOR: "blue", FILED: "filed" },
                processes: { worker: { QUEUE: "all" }, clock: {} },
                others: ["DATABASE_URL", "HOST", "TOKEN"],
            },
        });
        const variables = result.one(COMMAND, "web-release-variables");
        expect(variables.secrets).toContain("environment");
        expect(variables.inputs.logging).toBe("none");
        expect(variables.options.additionalSecretOutputs).toContain("stdout");
    });

    test("is a new one if a variable changes, but not if a secret or the port does", async () => {
        const idOf = async (args: Partial<WebAppArgs>) =>
            environment(await runApp(args), "web-release").VARIABLES;
        const id = await idOf({});
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        expect(await idOf({ secrets: [], port: 8080 })).toBe(id);
        expect(await idOf({ env: { ...ARGS.env, COLOR: "red" } })).not.toBe(id);
    });

    test("is recorded without its variables if they are too large", async () => {
        const result = await runApp({ env: { LARGE: "x".repeat(40_000) } });
        expect(recorded(result)).toEqual({ variables: environment(result, "web-release").VARIABLES });
        // 20,000 characters of 2 bytes each.
        expect(recorded(await runApp({ env: { LARGE: "é".repeat(20_000) } }))).not.toHaveProperty("recorded");
    });

    test("takes the names of its images from the Command that removes them", async () => {
        const result = await runApp();
        const { dependencies, options } = result.one(COMMAND, "web-release");
        expect(dependencies.join()).toContain("web-release-images");
        expect(options.ignoreChanges).toEqual([]);
        expect(result.one(COMMAND, "web-release-images").options.ignoreChanges).toEqual([
            "environment.NAMES",
        ]);
    });

    test("names the build context of its image, also in a RailsWebApp", async () => {
        const { one } = await run(() => {
            new WebApp("web", { build: { context: "apps/sample" } });
            new RailsWebApp("shop", { build: { context: "apps/sample" } });
            return undefined;
        });
        for (const name of ["web", "shop"])
            expect(one(COMMAND, `${name}-release`).inputs.environment).toMatchObject({
                DIRECTORY: "apps/sample",
            });
    });

    test.each([0, 1.5, 101])("refuses keepReleases %p", async (keepReleases) => {
        expect(await refusal(() => new WebApp("web", { image: "shop:1", keepReleases }))).toContain(
            "use an integer from 1 to 100",
        );
    });
});

describe("a rollback", () => {
    const rollback = (more: object = {}) => {
        const setting = {
            app: "web",
            release: 2,
            image: "sha256:old",
            variables: "1a2b",
            recorded: {
                app: { COLOR: "green", TOKEN: "old", GONE: "back" },
                processes: { worker: {} },
                others: [],
            },
            existing: ["web-image", "web-release"],
            ...more,
        };
        pulumi.runtime.setConfig("drydock:rollback", JSON.stringify(setting));
    };

    test.each(ENGINES)("on %s runs the image and the variables of the release", async (engine) => {
        rollback();
        const result = await runApp({}, engine);
        for (const name of ["web", "web-worker", "web-clock"]) {
            const { image, env } = result.container(name);
            expect(image).toBe("sha256:old");
            expect(env).toMatchObject({
                COLOR: "green",
                GONE: "back",
                HOST: "known later",
                TOKEN: "today's",
                DATABASE_URL: "postgres://:db-password@db:5432",
                PORT: "8080",
            });
            expect(env).not.toHaveProperty("FILED");
            expect(env).not.toHaveProperty("QUEUE");
        }
        expect(result.outputs.image?.value).toBe("sha256:old");
        expect(environment(result, "web-release")).toMatchObject({
            IMAGE: "sha256:old",
            VARIABLES: "1a2b",
            ROLLBACK: "2",
        });
    });

    test("uses the current links, unless a variable of the current program overrides them", async () => {
        rollback({
            recorded: {
                app: { DATABASE_URL: "postgres://old" },
                processes: { worker: { DATABASE_URL: "postgres://old" } },
                others: [],
            },
        });
        const urls = async (args: Partial<WebAppArgs>) => {
            const result = await runApp(args);
            return ["web", "web-worker"].map((name) => {
                const { DATABASE_URL } = result.container(name).env as Environment;
                return DATABASE_URL;
            });
        };
        const today = "postgres://:db-password@db:5432";
        expect(await urls({})).toEqual([today, today]);
        const worker = { command: ["work"], env: { DATABASE_URL: "postgres://new" } };
        expect(await urls({ processes: { worker } })).toEqual([today, "postgres://old"]);
        expect(await urls({ env: worker.env })).toEqual(["postgres://old", "postgres://old"]);
    });

    test("keeps variables of the program that the release had from a link, a secret or an Output", async () => {
        rollback({ recorded: { app: {}, processes: { worker: {}, clock: {} }, others: ["COLOR", "FILED"] } });
        const { env } = (await runApp()).container("web");
        expect(env).toMatchObject({ COLOR: "blue", FILED: "filed" });
    });

    test("keeps the variables of the program if those of the release were not recorded", async () => {
        rollback({ recorded: undefined });
        expect((await runApp()).container("web").env).toMatchObject({ COLOR: "blue" });
    });

    test("declares a check that a process keeps running only if the state has it", async () => {
        const checks = async (existing: string[]) => {
            rollback({ existing });
            const { names } = await run(() => {
                new WebApp("web", { image: "shop:1", health: { disabled: true } });
                return undefined;
            });
            return names(COMMAND).filter((name) => name.endsWith("-running"));
        };
        expect(await checks(["web-running"])).toEqual(["web-running"]);
        expect(await checks([])).toEqual([]);
    });

    test("of another application changes nothing", async () => {
        rollback({ app: "blog" });
        expect(environment(await runApp(), "web-release").ROLLBACK).toBe("");
    });

    test("declares only replicas that the stack has, with what belongs to them", async () => {
        const gateway = { scheme: "http", host: "front", port: 80, network: "front" };
        const routes = [{ gateway, host: "shop.example.com" }];
        const replicas = async (existing: string[], containers: string[]) => {
            rollback({ existing, containers });
            const { names } = await run(() => {
                new WebApp("web", { image: "shop:1", replicas: 3, routes });
                return undefined;
            });
            return names(CONTAINER);
        };
        const switches = ["web-traffic", "web-2-traffic"];
        expect(await replicas(switches, ["web", "web-2"])).toEqual(["web", "web-2"]);
        // A version that did not become healthy has left the third one.
        expect(await replicas(switches, ["web", "web-2", "web-3"])).toEqual(["web", "web-2"]);
        expect(await replicas([], ["web", "web-2", "web-3"])).toEqual(["web", "web-2", "web-3"]);
    });

    test("declares only images and migrations that the stack has", async () => {
        const names = async (existing: string[]) => {
            rollback({ app: "shop", existing });
            const { declared } = await run(() => {
                new RailsWebApp("shop", {
                    build: { context: "apps/sample" },
                    mounts: [{ path: "/uploads", volume: "uploads" }],
                    migration: ["one"],
                    migrations: [["two"]],
                });
                return undefined;
            });
            return declared
                .filter(({ type }) => [COMMAND, IMAGE, REMOTE_IMAGE].includes(type))
                .map(({ name, parent }) => `${parent.replace("drydock:index:", "")} ${name}`);
        };
        const image = "RailsWebApp shop shop-image";
        const all = await names(["shop-image", "shop-migration-run", "shop-migration-2-run"]);
        expect(all).toEqual(
            expect.arrayContaining([
                image,
                "Task shop-migration shop-migration-run",
                "Task shop-migration-2 shop-migration-2-run",
            ]),
        );
        const some = await names(["shop-migration-run"]);
        expect(all.filter((name) => !some.includes(name))).toEqual(
            expect.arrayContaining([image, "Task shop-migration-2 shop-migration-2-run"]),
        );
        expect(some).toContain("Task shop-migration shop-migration-run");
        // The volumes stay those of the outer component.
        expect(all.filter((name) => name.endsWith("data-removal"))).toEqual([
            "RailsWebApp shop shop-data-removal",
        ]);
    });
});

describe("the scripts of releases", () => {
    const calls = join(directory, "calls");
    const program = (name: string, script: string) => {
        writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    };
    /** Runs a script with fake programs, and returns the lines that it prints. */
    const runScript = (file: string, env: NodeJS.ProcessEnv): string[] => {
        writeFileSync(calls, "");
        program(
            "docker",
            `echo "$*" >>${calls}\ncase "$*" in *inspect*RepoTags*) echo 0 ;; *"{{.Id}}"*) echo sha256:5 ;; "image ls"*) printf 'shop/web:dev.%s\\n' aaa bbb ccc ;; esac`,
        );
        program("date", "echo 2026-01-31T12:00:00Z");
        const scripts = resolve(import.meta.dirname, "../../../components/web");
        const functions = readFileSync(join(scripts, "release-functions.sh"), "utf8");
        const { status, stdout, stderr } = spawnSync("sh", [], {
            encoding: "utf8",
            input: `${functions}${readFileSync(join(scripts, file), "utf8")}`,
            env: { PATH: `${directory}:${process.env.PATH ?? ""}`, ...env },
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        return stdout.split("\n").filter(Boolean);
    };
    const docker = () => readFileSync(calls, "utf8").split("\n").filter(Boolean);
    const git = (commit: string, files = "") => {
        program(
            "git",
            `case "$*" in *rev-parse*) ${commit} ;; *" status --porcelain -- .") echo '${files}' ;; esac`,
        );
    };
    const record = (env: NodeJS.ProcessEnv) =>
        runScript("release.sh", {
            ...{ IMAGE: "sha256:aaa", VARIABLES: "1a", KEEP: "3", ROLLBACK: "", NAMES: "shop/web:dev" },
            ...{ DIRECTORY: ".", ...env },
        });
    const line = (image: string, release: number, more = "") =>
        `{"image":"${image}","variables":"1a","release":${release},"time":"2026-01-31T12:00:00Z"${more}}`;
    const CLEAN = ',"commit":"c0ffee","changed":false';

    test("record the first release with its commit, and name its image", () => {
        git("echo c0ffee");
        expect(record({})).toEqual([line("sha256:aaa", 1, CLEAN)]);
        expect(docker()[0]).toBe("tag sha256:aaa shop/web:dev.aaa");
        git("echo c0ffee", " M Gemfile");
        expect(record({})).toEqual([line("sha256:aaa", 1, ',"commit":"c0ffee","changed":true')]);
        git("exit 128");
        expect(record({})).toEqual([line("sha256:aaa", 1)]);
    });

    test("keep the last releases and their images", () => {
        git("echo c0ffee");
        const former = [line("sha256:bbb", 11), line("sha256:ccc", 10), line("sha256:ddd", 9)];
        const PULUMI_COMMAND_STDOUT = former.join("\n");
        expect(record({ PULUMI_COMMAND_STDOUT })).toEqual([
            line("sha256:aaa", 12, CLEAN),
            ...former.slice(0, 2),
        ]);
        expect(docker().filter((call) => call.startsWith("image rm"))).toEqual([]);
        expect(record({ PULUMI_COMMAND_STDOUT, KEEP: "1" })).toHaveLength(1);
        expect(docker().filter((call) => call.startsWith("image rm"))).toEqual([
            "image rm shop/web:dev.bbb",
            "image rm sha256:5",
            "image rm shop/web:dev.ccc",
            "image rm sha256:5",
        ]);
    });

    test("record nothing new if the latest release has the same image and variables", () => {
        git("echo 0ther");
        const former = [line("sha256:aaa", 2, CLEAN), line("sha256:bbb", 1, CLEAN)];
        expect(record({ PULUMI_COMMAND_STDOUT: former.join("\n") })).toEqual(former);
        expect(record({ PULUMI_COMMAND_STDOUT: former.join("\n"), VARIABLES: "2b" })).toHaveLength(3);
    });

    test("record a rollback until the next release, or until the latest one is deployed again", () => {
        git("echo c0ffee");
        const former = [line("sha256:aaa", 2, CLEAN), line("sha256:bbb", 1, CLEAN)];
        const noted = record({ PULUMI_COMMAND_STDOUT: former.join("\n"), ROLLBACK: "1" });
        expect(noted).toEqual(['{"rollback":1,"time":"2026-01-31T12:00:00Z"}', ...former]);
        expect(docker().filter((call) => call.startsWith("image rm"))).toEqual([
            "image rm shop/web:dev.ccc",
            "image rm sha256:5",
        ]);
        expect(record({ PULUMI_COMMAND_STDOUT: noted.join("\n"), ROLLBACK: "2" }).slice(1)).toEqual(former);
        expect(record({ PULUMI_COMMAND_STDOUT: noted.join("\n") })).toEqual(former);
        expect(record({ PULUMI_COMMAND_STDOUT: noted.join("\n"), IMAGE: "sha256:ccc" })).toEqual([
            line("sha256:ccc", 3, CLEAN),
            ...former,
        ]);
    });

    test("record the ID of the image that a name stands for, and on a Swarm the name", () => {
        git("exit 128");
        expect(record({ IMAGE: "shop:1" })).toEqual([line("sha256:5", 1)]);
        expect(record({ IMAGE: "shop:1", NAMES: "" })).toEqual([line("shop:1", 1)]);
        expect(docker()).toEqual([]);
    });

    test("keep the variables of the last releases without duplicates", () => {
        const of = (id: string) => `{"variables":"${id}","recorded":{"app":{"A":"\\"variables\\"%s"}}}`;
        const variables = (RECORD: string, former: string[], KEEP = "1", MAX_BYTES = "1000") =>
            runScript("release-variables.sh", {
                ...{ RECORD, KEEP, MAX_BYTES },
                ...(former.length > 0 && { PULUMI_COMMAND_STDOUT: former.join("\n") }),
            });
        expect(variables(of("1"), [])).toEqual([of("1")]);
        expect(variables(of("2"), [of("1")])).toEqual([of("2"), of("1")]);
        expect(variables(of("1"), [of("2"), of("1")])).toEqual([of("1"), of("2")]);
        // One more than releases, for a release that an update did not record as it was killed.
        expect(variables(of("3"), [of("2"), of("1")])).toEqual([of("3"), of("2")]);
        expect(variables(of("4"), [of("3"), of("2"), of("1")], "2")).toEqual([of("4"), of("3"), of("2")]);
        // Bytes, not characters.
        const umlaut = of("é");
        const bytes = Buffer.byteLength(umlaut + of("2"));
        expect(variables(of("2"), [umlaut, of("1")], "2", String(bytes))).toEqual([of("2"), umlaut]);
        expect(variables(of("2"), [umlaut, of("1")], "2", String(bytes - 1))).toEqual([of("2")]);
    });

    test("ignore the output of another Command in an inherited PULUMI_COMMAND_STDOUT", () => {
        git("echo c0ffee");
        const PULUMI_COMMAND_STDOUT = "of another Command\nthat runs drydock";
        expect(record({ PULUMI_COMMAND_STDOUT })).toEqual([line("sha256:aaa", 1, CLEAN)]);
        const RECORD = '{"variables":"1"}';
        const env = { PULUMI_COMMAND_STDOUT, RECORD, KEEP: "3", MAX_BYTES: "1000" };
        expect(runScript("release-variables.sh", env)).toEqual([RECORD]);
    });

    test("remove the images when the application is removed", () => {
        runScript("release-images.sh", { NAMES: "shop/web:dev" });
        expect(docker().filter((call) => call.startsWith("image rm shop"))).toHaveLength(3);
    });

    test("remove the images in a Command that is deleted after the containers", async () => {
        const { one } = await runApp();
        expect(one(COMMAND, "web-release-images").inputs).toMatchObject({ delete: "sh" });
        expect(one(COMMAND, "web-release-images").inputs).not.toHaveProperty("create");
        for (const name of ["web", "web-worker"])
            expect(one(CONTAINER, name).dependencies.join()).toContain("web-release-images");
    });
});
