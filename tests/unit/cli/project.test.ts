import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
    backendUrl,
    configureEnvironment,
    configValue,
    findProject,
    installCommand,
    messageOf,
    openStack,
} from "../../../cli/project.ts";

let root: string;
beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "drydock-project-")));
});
afterEach(() => {
    rmSync(root, { recursive: true });
});

function write(path: string, content = "name: shop\n"): void {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
}

describe("a project", () => {
    test.each([
        ["in the directory", "Pulumi.yaml", "."],
        ["under the other name", "Pulumi.yml", "."],
        ["in a parent", "Pulumi.yaml", "app/models"],
        ["in infra/", "infra/Pulumi.yaml", "."],
        ["in infra/ of a parent", "infra/Pulumi.yaml", "app/models"],
    ])("is found %s", (_, file, from) => {
        write(file);
        mkdirSync(join(root, from), { recursive: true });
        expect(findProject(join(root, from))).toMatchObject({
            name: "shop",
            directory: join(root, file, ".."),
        });
    });

    test("without a name is refused", () => {
        write("Pulumi.yaml", "runtime: nodejs\n");
        expect(() => findProject(root)).toThrow(`${root}/Pulumi.yaml has no \`name\``);
    });
});

describe("the configuration", () => {
    const value = (key: string) => configValue(findProject(root), "dev", key);

    test("is that of the stack, or the default of the project", () => {
        write(
            "Pulumi.yaml",
            "name: shop\nconfig:\n  port: { type: integer, default: 3000 }\n  docker:host: unix:///a\n  plain: 1\n",
        );
        write("Pulumi.dev.yaml", "config:\n  shop:port: 4000\n");
        expect([value("port"), value("docker:host"), value("plain"), value("none")]).toEqual([
            4000,
            "unix:///a",
            1,
            undefined,
        ]);
    });

    test("may be in a directory of its own, or be empty", () => {
        write("Pulumi.yaml", "name: shop\nstackConfigDir: config\n");
        expect(value("docker:host")).toBeUndefined();
        write("config/Pulumi.dev.yaml", "config:\n");
        expect(value("docker:host")).toBeUndefined();
        write("config/Pulumi.dev.yaml", "config:\n  docker:host: ssh://one\n");
        expect(value("docker:host")).toBe("ssh://one");
    });
});

describe("the environment of Pulumi", () => {
    const { env } = process;
    beforeEach(() => {
        process.env = { PATH: "/bin", HOME: root, PULUMI_HOME: join(root, "home") };
    });
    afterEach(() => {
        process.env = env;
    });

    const configure = (content?: string) => {
        write("Pulumi.yaml", content);
        configureEnvironment(findProject(root));
        return process.env;
    };
    const state = () => `file://${root}/.drydock/state?metadata=skip`;

    test("has a state beside the program, and its passphrase", () => {
        expect(configure()).toMatchObject({
            PULUMI_BACKEND_URL: state(),
            PULUMI_CONFIG_PASSPHRASE: "drydock-dev",
        });
    });

    test("uses the .drydock of the repository", () => {
        mkdirSync(join(root, ".drydock"));
        write("infra/Pulumi.yaml");
        configureEnvironment(findProject(join(root, "infra")));
        expect(process.env.PULUMI_BACKEND_URL).toBe(state());
    });

    test.each([
        [["swarm/name"], undefined],
        [["preview.md"], undefined],
        [["toolchain"], undefined],
        [["state/.pulumi/meta.yaml", "swarm/name", "preview.md"], state],
    ])("with a login and %j in .drydock, uses the state that was there", (files, expected) => {
        process.env.PULUMI_ACCESS_TOKEN = "token";
        for (const file of files) write(`.drydock/${file}`, "");
        expect(configure().PULUMI_BACKEND_URL).toBe(expected?.());
        expect(existsSync(join(root, ".drydock/state"))).toBe(expected !== undefined);
    });

    test("keeps a backend and a passphrase that are set", () => {
        process.env.PULUMI_BACKEND_URL = "s3://state";
        expect(configure()).toMatchObject({ PULUMI_BACKEND_URL: "s3://state" });
        expect(process.env).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
        delete process.env.PULUMI_BACKEND_URL;
        process.env.PULUMI_CONFIG_PASSPHRASE_FILE = "/secret";
        expect(configure()).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
    });

    test("keeps the backend of the project", () => {
        expect(configure("name: shop\nbackend: { url: s3://state }\n")).not.toHaveProperty(
            "PULUMI_BACKEND_URL",
        );
    });

    test.each([
        ["s3://variable", "s3://variable"],
        ["", "s3://project"],
    ])("with PULUMI_BACKEND_URL=%s has the state in %s", (variable, expected) => {
        process.env.PULUMI_BACKEND_URL = variable;
        const file = { backend: { url: "s3://project" } };
        expect(backendUrl({ directory: "/shop", name: "shop", file })).toBe(expected);
    });

    describe("with a backend in the configuration of the stack", () => {
        beforeEach(() => {
            write("Pulumi.live.yaml", "config:\n  drydock:backend: s3://live\n");
        });

        test("uses it for this stack alone, without the passphrase of a local state", () => {
            write("Pulumi.yaml");
            configureEnvironment(findProject(root));
            expect(process.env.PULUMI_CONFIG_PASSPHRASE).toBe("drydock-dev");
            configureEnvironment(findProject(root), "live");
            expect(process.env.PULUMI_BACKEND_URL).toBe("s3://live");
            expect(process.env).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
            configureEnvironment(findProject(root), "dev");
            expect(process.env).toMatchObject({
                PULUMI_BACKEND_URL: state(),
                PULUMI_CONFIG_PASSPHRASE: "drydock-dev",
            });
        });

        test("prefers it to those of Pulumi.yaml and of `pulumi login`, and PULUMI_BACKEND_URL to it", () => {
            write("home/credentials.json", '{ "current": "s3://login" }');
            write("Pulumi.yaml", "name: shop\nbackend: { url: s3://project }\n");
            configureEnvironment(findProject(root), "live");
            expect(process.env.PULUMI_BACKEND_URL).toBe("s3://live");
            process.env.PULUMI_BACKEND_URL = "s3://variable";
            configureEnvironment(findProject(root), "live");
            expect(process.env.PULUMI_BACKEND_URL).toBe("s3://variable");
        });

        test.each([
            ["is named", { stack: "live" }, {}],
            ["is PULUMI_STACK", {}, { PULUMI_STACK: "live" }],
        ])("is used by verbs if the stack %s", async (_, options, variables) => {
            write("Pulumi.yaml");
            Object.assign(process.env, variables);
            expect(await openStack(options, root)).toMatchObject({ name: "live" });
            expect(process.env.PULUMI_BACKEND_URL).toBe("s3://live");
        });

        test("is used by verbs if the stack is selected", async () => {
            write("Pulumi.yaml");
            const directory = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
            write(
                `home/workspaces/shop-${directory}-workspace.json`,
                JSON.stringify({ stacks: { [state()]: "organization/shop/live" } }),
            );
            expect(await openStack({}, root)).toMatchObject({ name: "live" });
            expect(process.env.PULUMI_BACKEND_URL).toBe("s3://live");
        });
    });

    test("keeps the backend of `pulumi login`, unless there is a state beside the program", () => {
        write("home/credentials.json", '{ "current": "s3://state" }');
        expect(configure()).not.toHaveProperty("PULUMI_BACKEND_URL");
        mkdirSync(join(root, ".drydock/state"), { recursive: true });
        expect(configure()).toMatchObject({ PULUMI_BACKEND_URL: state() });
    });

    test("has the Pulumi that set-up has installed", () => {
        write(".drydock/toolchain", "way=registries\nhome=/cache/home\nbin=/cache/bin\n");
        expect(configure()).toMatchObject({ PATH: `/cache/bin${delimiter}/bin`, PULUMI_HOME: "/cache/home" });
    });
});

describe("the state of a stack in a bucket", () => {
    const { env } = process;
    beforeEach(() => {
        write("Pulumi.yaml");
        process.env = { HOME: root, PATH: `${root}/bin:/usr/bin:/bin`, PULUMI_BACKEND_URL: "s3://state" };
    });
    afterEach(() => {
        process.env = env;
    });

    const deployment = async (program: string) => {
        write("bin/pulumi", `#!/bin/sh\n${program}\n`);
        chmodSync(join(root, "bin/pulumi"), 0o755);
        return (await openStack({ stack: "prod" }, root)).deployment();
    };

    test("is read in the directory of the project, without the passphrase", async () => {
        const program = `case "$*" in *--show-secrets*) echo "error: passphrase must be set" >&2; exit 1 ;; esac
            test -e Pulumi.yaml && echo '{ "deployment": { "resources": [{ "type": "a" }] } }'`;
        expect(await deployment(program)).toEqual({ resources: [{ type: "a" }] });
    });

    test("is refused if there is no such stack", async () => {
        await expect(deployment('echo "error: no stack named prod found" >&2; exit 255')).rejects.toThrow(
            "The project shop has no stack prod",
        );
    });

    test("cannot be read without Pulumi", async () => {
        const stack = await openStack({ stack: "prod" }, root);
        process.env.PATH = root;
        await expect(stack.deployment()).rejects.toThrow("Pulumi is not installed");
    });
});

test.each([
    ["plain", "plain"],
    [
        "code: 255\n stdout: \n stderr: Command failed\nerror: could not load the state\n\n err?: undefined\n",
        "could not load the state",
    ],
    ["code: 1\n stdout: x\n stderr: no such file\n err?: undefined\n", "no such file"],
    ["(HTTP code 404) no such container - No such container: c0ffee ", "No such container: c0ffee"],
])("the reason in %j is %j", (message, reason) => {
    expect(messageOf(new Error(message))).toBe(reason);
});

test.each([
    ["echo 'fatal: not a git repository' >&2; exit 128", "fatal: not a git repository"],
    ["echo 'warning: slow' >&2; echo 'error: no stack named dev' >&2; exit 1", "no stack named dev"],
    ["exit 3", "Command failed: sh -c exit 3"],
])("the reason why `%s` failed is %j", (script, reason) => {
    const run = () => execFileSync("sh", ["-c", script], { encoding: "utf8", stdio: "pipe" });
    expect(run).toThrow();
    try {
        run();
    } catch (error) {
        expect(messageOf(error)).toBe(reason);
    }
});

test.each([
    ["nodejs", "pulumi install --no-plugins --non-interactive"],
    [{ name: "nodejs" }, "pulumi install --no-plugins --non-interactive"],
    ["yaml", "npm install"],
])("npm packages are installed for a program whose runtime is %j", (runtime, command) => {
    expect(installCommand({ directory: "/infra", name: "shop", file: { runtime } })).toBe(command);
});
