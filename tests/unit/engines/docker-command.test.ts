import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { WebApp } from "../../../components/index.ts";
import {
    createDockerClient,
    type Daemon,
    daemonScript,
    unreachableReason,
} from "../../../components/engines/docker-command.ts";
import { COMMAND, IMAGE, refusal, run } from "../../../testing/index.ts";
import { FakeShell } from "./fake-shell.ts";

const provider = (args: docker.ProviderArgs) => () => ({ provider: new docker.Provider("far", args) });

afterEach(() => {
    pulumi.runtime.setAllConfig({});
});

describe("docker-command.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
    });
    afterEach(() => {
        shell.remove();
    });

    /** What the docker command of a script that starts with docker-command.sh sees of its environment. */
    function environmentOf(environment: Record<string, string>) {
        const variables = ["HOST", "CONTEXT", "TLS_VERIFY", "CERT_PATH", "COMMAND"];
        const print = variables.map((name) => `echo "${name}=\${DOCKER_${name}-}"`).join("\n");
        const { status, stdout, stderr } = shell.source("docker-command.sh", print, {
            HOME: "/nowhere",
            ...environment,
        });
        const set = stdout.split("\n").filter((line) => line !== "" && !line.endsWith("="));
        return { status, stderr, set };
    }

    test.each<[string, Record<string, string>, string[]]>([
        [
            "the local socket by default, and not the context of `docker context use`",
            {},
            ["HOST=unix:///var/run/docker.sock", "COMMAND=docker"],
        ],
        ["DOCKER_HOST", { DOCKER_HOST: "tcp://x:1" }, ["HOST=tcp://x:1", "COMMAND=docker"]],
        [
            "DOCKER_CONTEXT rather than DOCKER_HOST",
            { DOCKER_HOST: "tcp://x:1", DOCKER_CONTEXT: "big" },
            ["CONTEXT=big", "COMMAND=docker"],
        ],
        [
            "the provider's host",
            { DRYDOCK_DOCKER_HOST: "ssh://me@one", DOCKER_HOST: "tcp://x:1" },
            ["HOST=ssh://me@one", "COMMAND=docker --host ssh://me@one"],
        ],
        [
            "the provider's host with its certificates",
            { DRYDOCK_DOCKER_HOST: "tcp://big:2376", DRYDOCK_DOCKER_CERT_PATH: "/my certs" },
            [
                "HOST=tcp://big:2376",
                "TLS_VERIFY=1",
                "CERT_PATH=/my certs",
                "COMMAND=docker --host tcp://big:2376",
            ],
        ],
        [
            "the provider's context",
            { DRYDOCK_DOCKER_CONTEXT: "big", DOCKER_CONTEXT: "small", DOCKER_HOST: "tcp://x:1" },
            ["CONTEXT=big", "COMMAND=docker --context big"],
        ],
    ])("uses %s", (_, environment, set) => {
        expect(environmentOf(environment)).toEqual({ status: 0, stderr: "", set });
    });

    test("refuses DOCKER_CONTEXT beside the provider's host, as the provider would follow it", () => {
        expect(environmentOf({ DRYDOCK_DOCKER_HOST: "ssh://me@stack", DOCKER_CONTEXT: "big" })).toEqual({
            status: 1,
            stderr: "DOCKER_CONTEXT is 'big', and the Docker provider uses it instead of docker:host: unset it\n",
            set: [],
        });
    });
});

describe("the script of a Command", () => {
    const variables = async (options: () => pulumi.ComponentResourceOptions) => {
        const { one } = await run(() => ({ url: new WebApp("web", { image: "x:1" }, options()).url }));
        const { stdin, environment } = one(COMMAND, "web-data-removal").inputs;
        expect(stdin).toMatch(/^# The provider prefers DOCKER_CONTEXT/);
        return Object.fromEntries(
            Object.entries(environment as object).filter(([name]) => name.startsWith("DRYDOCK_DOCKER_")),
        );
    };

    test("has no configuration by default", async () => {
        expect(await variables(() => ({}))).toEqual({});
    });

    test.each<[string, docker.ProviderArgs, object]>([
        ["a host", { host: "ssh://me@big" }, { DRYDOCK_DOCKER_HOST: "ssh://me@big" }],
        [
            "a context, before a host",
            { context: "big", host: "tcp://x:1" },
            { DRYDOCK_DOCKER_CONTEXT: "big" },
        ],
        [
            "a host with certificates",
            { host: "tcp://big:2376", certPath: "/my certs" },
            { DRYDOCK_DOCKER_HOST: "tcp://big:2376", DRYDOCK_DOCKER_CERT_PATH: "/my certs" },
        ],
    ])("has the configuration of its provider: %s", async (_, args, expected) => {
        expect(await variables(provider(args))).toEqual(expected);
    });

    test("has the stack's configuration, unless the component has a provider of its own", async () => {
        pulumi.runtime.setAllConfig({ "docker:host": "ssh://me@stack" });
        expect(await variables(() => ({}))).toEqual({ DRYDOCK_DOCKER_HOST: "ssh://me@stack" });
        expect(await variables(provider({ host: "ssh://me@own" }))).toEqual({
            DRYDOCK_DOCKER_HOST: "ssh://me@own",
        });
    });
});

test("a script outside of a program reaches the same Docker Engine", () => {
    const shell = new FakeShell();
    shell.command("docker", 'echo "$DOCKER_HOST $*"');
    const { stdout } = shell.evaluate(daemonScript({ host: "ssh://me@one" }, "volume", "ls"));
    expect(stdout).toBe("ssh://me@one volume ls\n");
    shell.remove();
});

describe("a configuration with which the docker command cannot reach the provider's Docker Engine", () => {
    const host = "ssh://me@big";
    const tcp = "tcp://big:2376";

    test.each<[string, Daemon, Record<string, string>, string]>([
        [
            "DOCKER_CONTEXT beside a host",
            { host },
            { DOCKER_CONTEXT: "big" },
            'host: is "ssh://me@big", but the Docker provider uses DOCKER_CONTEXT ("big") instead; unset DOCKER_CONTEXT',
        ],
        ["SSH options", { host, sshOpts: '["-i", "key"]' }, {}, "sshOpts: "],
        ["SSH options beside a context", { context: "big", sshOpts: '["-i", "key"]' }, {}, "sshOpts: "],
        ["SSH options in the environment", {}, { DOCKER_HOST: host, DOCKER_SSH_OPTS: "-i key" }, "sshOpts: "],
        [
            "other SSH options beside a shared connection",
            { host },
            { DOCKER_SSH_OPTS: "-o ControlMaster=auto -i key" },
            "sshOpts: ",
        ],
        ["a certificate as a string", { host: tcp, certMaterial: "PEM" }, {}, "certMaterial: "],
        [
            "a certificate in the environment",
            {},
            { DOCKER_HOST: tcp, DOCKER_CERT_MATERIAL: "PEM" },
            "certMaterial: ",
        ],
    ])("is refused: %s", (_, daemon, env, reason) => {
        expect(unreachableReason(daemon, env)).toContain(reason);
    });

    test.each<[string, Daemon, Record<string, string>]>([
        ["a context, whatever DOCKER_CONTEXT is", { context: "big" }, { DOCKER_CONTEXT: "other" }],
        ["SSH options that have no effect", {}, { DOCKER_SSH_OPTS: "-i key" }],
        [
            "a shared connection, which the drydock command sets",
            { host },
            { DOCKER_SSH_OPTS: "-o ControlMaster=auto -o ControlPath=/tmp/a/%C -o ControlPersist=60" },
        ],
        ["a certificate that has no effect", { certMaterial: "PEM" }, {}],
    ])("is not refused: %s", (_, daemon, env) => {
        expect(unreachableReason(daemon, env)).toBeUndefined();
    });

    test("is refused by a component", async () => {
        pulumi.runtime.setAllConfig({ "docker:host": host, "docker:sshOpts": '["-i", "key"]' });
        await expect(run(() => ({ url: new WebApp("web", { image: "x:1" }).url }))).rejects.toThrow(
            "docker:sshOpts: the docker command uses neither sshOpts nor DOCKER_SSH_OPTS",
        );
    });
});

test("an image cannot be built with a context, which the provider ignores for builds", async () => {
    pulumi.runtime.setAllConfig({ "docker:context": "big" });
    expect(await refusal(() => new WebApp("web", { build: { context: "apps/sample" } }))).toBe(
        'build: the Docker provider uses the context "big" to run containers, but not to build images; set docker:host to its address instead (docker context inspect big)',
    );
    expect(await refusal(() => new WebApp("web", { image: "x:1" }))).toBe("nothing was refused");
});

describe("the platform of a build", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-docker-"));
    const { PATH } = process.env;

    /**
     * @param script of the docker command
     * @param host an engine of its own for each test: a process asks each engine once
     */
    async function platform(
        script: string,
        host: string,
        build: { platform?: string } = {},
    ): Promise<unknown> {
        writeFileSync(join(directory, "docker"), `#!/bin/sh\n${script}\n`);
        chmodSync(join(directory, "docker"), 0o755);
        process.env.PATH = `${directory}:${PATH ?? ""}`;
        const { one } = await run(() => {
            const far = new docker.Provider("far", { host });
            for (const name of ["web", "other"])
                new WebApp(name, { build: { context: "apps/sample", ...build } }, { provider: far });
            return {};
        });
        return (one(IMAGE, "web-image").inputs.build as { platform?: string }).platform;
    }

    afterAll(() => {
        process.env.PATH = PATH;
        rmSync(directory, { recursive: true });
    });

    test("is that of the Docker Engine that builds, not of this machine", async () => {
        const engine = '[ "$DOCKER_HOST $1" = "tcp://big:1 version" ] && echo linux/riscv64';
        expect(await platform(engine, "tcp://big:1")).toBe("linux/riscv64");
    });

    test("is asked once for several images", async () => {
        const calls = join(directory, "calls");
        await platform(`echo $1 >>${calls}; echo linux/riscv64`, "tcp://counting:1");
        expect(readFileSync(calls, "utf8")).toBe("version\n");
    });

    test("is the one that the user has set", async () => {
        expect(await platform("echo linux/riscv64", "tcp://unasked:1", { platform: "linux/s390x" })).toBe(
            "linux/s390x",
        );
    });

    test("is left to the provider if the Docker Engine does not answer", async () => {
        expect(await platform("echo none >&2; exit 1", "tcp://silent:1")).toBeUndefined();
    });
});

test("a Docker client rejects with the error message of the docker command", async () => {
    const bin = mkdtempSync(join(tmpdir(), "drydock-docker-"));
    writeFileSync(join(bin, "docker"), "#!/bin/sh\necho 'Cannot connect to Docker' >&2; exit 1\n", {
        mode: 0o755,
    });
    const { PATH } = process.env;
    process.env.PATH = `${bin}:${PATH}`;
    try {
        await expect(createDockerClient(undefined)("ps")).rejects.toThrow(/^Cannot connect to Docker$/);
    } finally {
        process.env.PATH = PATH;
        rmSync(bin, { recursive: true });
    }
});
