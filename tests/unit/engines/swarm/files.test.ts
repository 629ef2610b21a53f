import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    Engine,
    PostgresService,
    RedisService,
    WebApp,
    type WebAppArgs,
} from "../../../../components/index.ts";
import { createFiles, startCommand } from "../../../../components/engines/swarm/files.ts";
import { COMMAND, SERVICE_CONFIG, GENERATED, run, SECRET } from "../../../../testing/index.ts";
import { decoded, runOn, service } from "../index.ts";
import { FakeShell } from "../fake-shell.ts";

const ENVIRONMENT = "/run/drydock/environment";
const START = "/run/drydock/with-environment";

const app = (args: Partial<WebAppArgs> = {}, name = "web") =>
    runOn(Engine.Swarm, (engine) => ({ url: new WebApp(name, { engine, image: "x:1", ...args }).url }));

describe("a file", () => {
    test("is readable for all users of the container", async () => {
        const { one } = await runOn(Engine.Swarm, (engine) => ({
            c: new PostgresService("db", { engine, initScripts: { "a.sql": "SELECT 1" } }).connection,
        }));
        const { secrets, configs } = service(one).containerSpec as Record<string, object[]>;
        const paths = ["/run/drydock/postgres-password", "/docker-entrypoint-initdb.d/a.sql"];
        expect(secrets).toMatchObject(paths.map((fileName) => ({ fileName, fileMode: 0o444 })));
        const scripts = ["/run/drydock/start-postgres", ENVIRONMENT, START];
        expect(configs).toMatchObject(scripts.map((fileName) => ({ fileName, fileMode: 0o444 })));
    });

    test("has no fixed name, so that a change creates a new secret or config before it deletes the old one", async () => {
        const { declared } = await app();
        const files = declared.filter(({ type }) => type === SECRET || type === SERVICE_CONFIG);
        expect(files.map(({ name }) => name).sort()).toEqual(["web-environment", "web-with-environment"]);
        for (const { inputs, parent, options } of files) {
            expect(inputs).not.toHaveProperty("name");
            expect(options.deleteBeforeReplace).toBe(false);
            expect(parent).toBe("drydock:index:WebApp web");
        }
    });

    test("has a resource name that is short enough for Docker with eight more characters", async () => {
        const { declared } = await app({}, `My_Shop.${"x".repeat(80)}`);
        const files = declared.filter(({ type }) => type === SECRET || type === SERVICE_CONFIG);
        for (const { name } of files) expect(name).toMatch(/^[a-z0-9-]{1,56}$/);
        expect(files).toHaveLength(2);
    });

    test("of a dump has the same bytes", async () => {
        const dump = join(mkdtempSync(join(tmpdir(), "drydock-dump-")), "dump.rdb");
        const bytes = Buffer.from([0x52, 0x45, 0, 0xff, 0xfe, 0x0a, 0x80]);
        writeFileSync(dump, bytes);
        const { one } = await runOn(Engine.Swarm, (engine) => ({
            c: new RedisService("cache", { engine, dump }).connection,
        }));
        expect(Buffer.from(one(SERVICE_CONFIG).inputs.data as string, "base64")).toEqual(bytes);
        rmSync(join(dump, ".."), { recursive: true });
    });
});

describe("the environment of an application", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-environment-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    /** Runs a command as the container does, with the environment of the image. */
    const runs = async (
        env: Record<string, string>,
        command: string[],
        image: Record<string, string> = {},
    ) => {
        const { one } = await app({ env });
        const [file, start] = [join(directory, "environment"), join(directory, "start")];
        writeFileSync(file, decoded(one(SECRET).inputs.data));
        writeFileSync(start, decoded(one(SERVICE_CONFIG).inputs.data).replaceAll(ENVIRONMENT, file));
        const settings = { encoding: "utf8" as const, env: { PATH: process.env.PATH, ...image } };
        return spawnSync("sh", [start, ...command], settings);
    };

    test("is in a secret, as `docker service inspect` shows variables", async () => {
        const { one } = await app({ env: { A: "it's $HOME" } });
        expect(service(one).containerSpec).not.toHaveProperty("env");
        expect(one(SECRET).secrets).toEqual(["data"]);
        expect(decoded(one(SECRET).inputs.data)).toBe("export PORT=3000\nexport A='it'\\''s $HOME'\n");
    });

    test.each([
        "",
        "it's",
        "a\nb\n",
        '"$HOME"',
        "$(touch x)",
        "`id`",
        "\\n\\",
        "'; exit 1; '",
        " a  b ",
        "*",
        "é",
    ])("preserves the value %j", async (value) => {
        const { stdout, status } = await runs({ A: value }, ["printenv", "A"]);
        expect({ stdout, status }).toEqual({ stdout: `${value}\n`, status: 0 });
    });

    test("of several variables is in a file, as the provider sends variables in random order", async () => {
        const { one } = await runOn(Engine.Swarm, (engine) => ({
            c: new PostgresService("db", { engine, persistent: false }).connection,
        }));
        const { containerSpec } = service(one);
        expect(containerSpec).not.toHaveProperty("env");
        expect(containerSpec).toMatchObject({
            commands: ["sh", START],
            args: ["sh", "/run/drydock/start-postgres", "postgres"],
        });
        expect(decoded(one(SERVICE_CONFIG, "db-environment").inputs.data)).toMatch(
            /^(export POSTGRES_\w+=\S+\n){3}$/,
        );
    });

    test("is loaded by a script that is the same in every version, as a change would replace all containers", async () => {
        const { one } = await app();
        expect(decoded(one(SERVICE_CONFIG, "web-with-environment").inputs.data)).toBe(
            '#!/bin/sh\n. /run/drydock/environment\nexec "$@"\n',
        );
    });

    test("of one variable that is not secret is an input of the service", async () => {
        const { outputs } = await run(() => {
            const spec = {
                component: "web",
                name: "web",
                image: "x:1",
                defaultStopTimeout: 1,
                env: { A: "1" },
            };
            return { ...startCommand("web", spec, {}), files: createFiles("web", spec, {}).configs };
        });
        expect(outputs).toMatchObject({ files: { value: [] } });
        expect(outputs.commands?.value).toBeUndefined();
    });

    test("overrides variables of the image, and keeps the others", async () => {
        const { stdout } = await runs({ A: "ours" }, ["sh", "-c", 'echo "$A $B"'], { A: "its", B: "its" });
        expect(stdout).toBe("ours its\n");
    });

    test("reaches the process, which replaces the shell and keeps its arguments and exit code", async () => {
        const words = ["it's", "a b", "$(id)", "*", ""];
        const { stdout, status, pid } = await runs({}, [
            "sh",
            "-c",
            'printf "[%s]" $$ "$@"; exit 7',
            "x",
            ...words,
        ]);
        expect(stdout).toBe([String(pid), ...words].map((word) => `[${word}]`).join(""));
        expect(status).toBe(7);
    });
});

describe("the command of a service with an environment file", () => {
    const { start } = GENERATED;
    afterEach(() => {
        GENERATED.start = start;
    });

    test.each<[string, (string[] | null)[], string[] | undefined, string[]]>([
        ["the image's entrypoint and command", [["e", "1"], ["c"]], undefined, ["e", "1", "c"]],
        ["the image's entrypoint and the user's command", [["e"], ["c"]], ["own", "x"], ["e", "own", "x"]],
        ["the image's command if it has no entrypoint", [null, ["c"]], undefined, ["c"]],
        ["the user's command if the image has neither", [null, null], ["own"], ["own"]],
    ])("is %s", async (_, image, command, args) => {
        GENERATED.start = image as string[][];
        const { one } = await app({ command });
        expect(service(one).containerSpec).toMatchObject({ commands: ["sh", START], args });
    });

    test("is read from the image after the pull, and again only for another image", async () => {
        const { one } = await app();
        expect(one(COMMAND, "web-image-start")).toMatchObject({
            parent: "drydock:index:WebApp web",
            inputs: { create: "sh", environment: { IMAGE: GENERATED.digest } },
            options: {
                ignoreChanges: expect.arrayContaining(["create", "stdin"]) as unknown,
                replaceOnChanges: expect.arrayContaining(["environment.IMAGE"]) as unknown,
            },
        });
    });

    test.each([
        [undefined, ["e"]],
        [["own"], ["e", "own"]],
    ])("leaves out the command of the image if the spec has an entrypoint: %j", async (command, args) => {
        const { outputs } = await run(() => {
            const spec = {
                component: "web",
                name: "web",
                image: "x:1",
                defaultStopTimeout: 1,
                secretEnv: {},
            };
            return startCommand("web", { ...spec, entrypoint: ["e"], command }, {});
        });
        expect(outputs.args?.value).toEqual(args);
    });

    test("is not read from the image without an environment file", async () => {
        const { one, names } = await runOn(Engine.Swarm, (engine) => ({
            c: new RedisService("cache", { engine, persistent: false }).connection,
        }));
        expect(names(COMMAND)).not.toContain("cache-image-start");
        expect(service(one).containerSpec).not.toHaveProperty("commands");
        expect(service(one).containerSpec.args).toEqual(["redis-server", "/usr/local/etc/redis/redis.conf"]);
    });
});

describe("image-start.sh", () => {
    const format = "[{{json .Config.Entrypoint}}, {{json .Config.Cmd}}]";

    test.each([
        ["an image that this manager has", "", [`image inspect --format ${format} my image`]],
        [
            "an image that another manager has pulled",
            "no such image",
            ["pull --quiet my image", `image inspect --format ${format} my image`],
        ],
    ])("prints entrypoint and command of %s", (_, missing, expected) => {
        const shell = new FakeShell();
        shell.command(
            "docker",
            `echo "$@" >>calls
case "$*" in
*--format*) echo '[["entrypoint"],["command"]]' ;;
"image inspect"*) [ -z "${missing}" ] ;;
esac`,
        );
        const { status, stdout } = shell.run("swarm/image-start.sh", [], { IMAGE: "my image" });
        const calls = shell.read("calls").trim().split("\n").slice(1);
        shell.remove();
        expect({ status, stdout }).toEqual({ status: 0, stdout: '[["entrypoint"],["command"]]\n' });
        expect(calls).toEqual(expected);
    });
});
