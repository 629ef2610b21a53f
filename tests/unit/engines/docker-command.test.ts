import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Task, WebApp } from "../../../components/index.ts";
import { type Daemon, daemonScript, unreachable } from "../../../components/engines/docker-command.ts";
import { COMMAND, IMAGE, refusal, run } from "../../../testing/index.ts";

const ARGS = { image: pulumi.output("x"), command: ["s"] };

/** The script of a task, with the component's options. */
async function script(options: () => pulumi.ComponentResourceOptions): Promise<unknown> {
    const { one } = await run(() => ({ stdout: new Task("seed", ARGS, options()).stdout }));
    return one(COMMAND, "seed-run").inputs.stdin;
}

const provider = (args: docker.ProviderArgs) => () => ({ provider: new docker.Provider("far", args) });

afterEach(() => {
    pulumi.runtime.setAllConfig({});
});

/** What a script's setup makes of an environment: the variables that the docker command follows, and what it says. */
async function follows(env: Record<string, string>, settings: Record<string, string> = {}) {
    pulumi.runtime.setAllConfig(settings);
    const { one } = await run(() => {
        new WebApp("web", { build: { context: "apps/sample" } });
        return {};
    });
    const { delete: command, stdin } = one(COMMAND, "web-build-removal").inputs;
    const docker = 'docker() { echo "host=${DOCKER_HOST:-} context=${DOCKER_CONTEXT:-} $1 $2" >&2; exit; }';
    const { status, stderr } = spawnSync("sh", ["-c", String(command)], {
        input: `${docker}\n${String(stdin).replace(/2>\/dev\/null/g, "")}`,
        encoding: "utf8",
        env: { PATH: process.env.PATH, HOME: "/nowhere", IMAGE: "sha256:1", ...env },
    });
    return { status, stderr };
}

describe("the docker command of a script follows what the provider follows", () => {
    test.each<[string, Record<string, string>, string]>([
        [
            "this machine's socket, not the context that was chosen last",
            {},
            "host=unix:///var/run/docker.sock context= ",
        ],
        ["DOCKER_HOST", { DOCKER_HOST: "tcp://x:1" }, "host=tcp://x:1 context= "],
        [
            "DOCKER_CONTEXT before DOCKER_HOST",
            { DOCKER_HOST: "tcp://x:1", DOCKER_CONTEXT: "big" },
            "host= context=big ",
        ],
    ])("%s", async (_, env, expected) => {
        expect((await follows(env)).stderr).toContain(expected);
    });

    test("outside of a program, too", () => {
        const follows = (daemon: Daemon, env: Record<string, string> = {}) =>
            spawnSync(
                "sh",
                ["-c", `docker() { echo "\${DOCKER_HOST:-} $*"; }\n${daemonScript(daemon, "volume", "ls")}`],
                {
                    encoding: "utf8",
                    env: { PATH: process.env.PATH, HOME: "/nowhere", ...env },
                },
            );
        expect(follows({}).stdout).toBe("unix:///var/run/docker.sock volume ls\n");
        expect(follows({}, { DOCKER_HOST: "tcp://x:1" }).stdout).toBe("tcp://x:1 volume ls\n");
        expect(follows({}, { DOCKER_HOST: "tcp://x:1", DOCKER_CONTEXT: "big" }).stdout).toBe(" volume ls\n");
        expect(follows({ host: "ssh://me@one" }).stdout).toBe(" --host ssh://me@one volume ls\n");
        expect(follows({ host: "ssh://me@one" }, { DOCKER_CONTEXT: "big" }).status).toBe(1);
    });

    test("docker:host, and refuses DOCKER_CONTEXT beside it", async () => {
        const settings = { "docker:host": "ssh://me@stack" };
        expect((await follows({}, settings)).stderr).toContain("--host ssh://me@stack");
        expect(await follows({ DOCKER_CONTEXT: "big" }, settings)).toEqual({
            status: 1,
            stderr: "DOCKER_CONTEXT is 'big' beside docker:host, and the Docker provider follows it instead: unset it\n",
        });
    });
});

describe("what leads the provider to an engine that the docker command cannot reach is refused:", () => {
    const host = "ssh://me@big";
    const tcp = "tcp://big:2376";

    test.each<[string, Daemon, Record<string, string>, string]>([
        [
            "DOCKER_CONTEXT beside a host",
            { host },
            { DOCKER_CONTEXT: "big" },
            'host: it is "ssh://me@big", and DOCKER_CONTEXT is "big", which the Docker provider follows instead; unset DOCKER_CONTEXT',
        ],
        ["options for ssh", { host, sshOpts: '["-i", "key"]' }, {}, "sshOpts: "],
        ["options for ssh beside a context", { context: "big", sshOpts: '["-i", "key"]' }, {}, "sshOpts: "],
        [
            "options for ssh in the environment",
            {},
            { DOCKER_HOST: host, DOCKER_SSH_OPTS: "-i key" },
            "sshOpts: ",
        ],
        ["a certificate as text", { host: tcp, certMaterial: "PEM" }, {}, "certMaterial: "],
        [
            "a certificate in the environment",
            {},
            { DOCKER_HOST: tcp, DOCKER_CERT_MATERIAL: "PEM" },
            "certMaterial: ",
        ],
    ])("%s", (_, daemon, env, reason) => {
        expect(unreachable(daemon, env)).toContain(reason);
    });

    test.each<[string, Daemon, Record<string, string>]>([
        ["a context, whatever the environment says", { context: "big" }, { DOCKER_CONTEXT: "other" }],
        ["options for ssh that are of no effect", {}, { DOCKER_SSH_OPTS: "-i key" }],
        ["a certificate that is of no effect", { certMaterial: "PEM" }, {}],
    ])("but not %s", (_, daemon, env) => {
        expect(unreachable(daemon, env)).toBeUndefined();
    });

    test("a context where an image is built, which the provider would do elsewhere", async () => {
        pulumi.runtime.setAllConfig({ "docker:context": "big" });
        expect(await refusal(() => new WebApp("web", { build: { context: "apps/sample" } }))).toBe(
            'build: the Docker provider follows the context "big" to run containers, but not to build images; set docker:host to its address in place of it (docker context inspect big)',
        );
        expect(await refusal(() => new Task("seed", ARGS))).toBe("nothing was refused");
    });

    test("by a component, as the stack's setting", async () => {
        pulumi.runtime.setAllConfig({ "docker:host": host, "docker:sshOpts": '["-i", "key"]' });
        await expect(script(() => ({}))).rejects.toThrow(
            "docker:sshOpts: neither they nor DOCKER_SSH_OPTS reach",
        );
    });
});

describe("the docker command works with the Docker Engine", () => {
    test("that it finds by itself, where nothing is said", async () => {
        expect(await script(() => ({}))).toContain('"$docker" create');
    });

    test.each<[string, docker.ProviderArgs, string]>([
        ["a host", { host: "ssh://me@big" }, '"$docker" --host ssh://me@big create'],
        ["a context, before a host", { context: "big", host: "tcp://x:1" }, '"$docker" --context big create'],
        [
            "a host with certificates",
            { host: "tcp://big:2376", certPath: "/my certs" },
            `"$docker" --host tcp://big:2376 --tlsverify --tlscacert '/my certs/ca.pem' --tlscert '/my certs/cert.pem' --tlskey '/my certs/key.pem' create`,
        ],
    ])("of its provider: %s", async (_, args, expected) => {
        expect(await script(provider(args))).toContain(expected);
    });

    test("of the stack's settings, which a provider of its own outdoes", async () => {
        pulumi.runtime.setAllConfig({ "docker:host": "ssh://me@stack" });
        expect(await script(() => ({}))).toContain('"$docker" --host ssh://me@stack create');
        expect(await script(provider({ host: "ssh://me@own" }))).toContain('"$docker" --host ssh://me@own');
    });

    test("of its provider when a built image is removed too", async () => {
        const { one } = await run(() => {
            const far = new docker.Provider("far", { host: "ssh://me@big" });
            new WebApp(
                "web",
                { build: { context: "apps/sample", platform: "linux/amd64" } },
                { provider: far },
            );
            return {};
        });
        const { stdin } = one(COMMAND, "web-image-removal").inputs;
        expect(stdin).toContain('docker --host ssh://me@big image rm --force "$NAME"');
    });
});

describe("an image is built for the platform", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-docker-"));
    const { PATH } = process.env;

    /** What the build says of it, where the docker command is this script. */
    async function platform(script: string, build: { platform?: string } = {}): Promise<unknown> {
        writeFileSync(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
        chmodSync(join(folder, "docker"), 0o755);
        process.env.PATH = `${folder}:${PATH ?? ""}`;
        const { one } = await run(() => {
            const far = new docker.Provider("far", { host: "tcp://big:1" });
            new WebApp("web", { build: { context: "apps/sample", ...build } }, { provider: far });
            return {};
        });
        return (one(IMAGE).inputs.build as { platform?: string }).platform;
    }

    afterAll(() => {
        process.env.PATH = PATH;
        rmSync(folder, { recursive: true });
    });

    test("of the Docker Engine that builds it, and not of this machine", async () => {
        const engine = '[ "$1 $2 $3" = "--host tcp://big:1 version" ] && echo linux/riscv64';
        expect(await platform(engine)).toBe("linux/riscv64");
    });

    test("that it says", async () => {
        expect(await platform("echo linux/riscv64", { platform: "linux/s390x" })).toBe("linux/s390x");
    });

    test("that the provider chooses, where the Docker Engine does not answer", async () => {
        expect(await platform("echo none >&2; exit 1")).toBeUndefined();
    });
});
