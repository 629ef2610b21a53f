import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Task, WebApp } from "../../components";
import { COMMAND, IMAGE, run } from "../../testing";

const ARGS = { image: pulumi.output("x"), command: ["s"] };

/** The script of a task, with the component's options. */
async function script(options: () => pulumi.ComponentResourceOptions): Promise<unknown> {
    const { one } = await run(() => ({ stdout: new Task("seed", ARGS, options()).stdout }));
    return one(COMMAND, "seed-run").inputs.stdin;
}

const provider = (args: docker.ProviderArgs) => () => ({ provider: new docker.Provider("far", args) });

describe("the docker command works with the Docker Engine", () => {
    afterEach(() => {
        pulumi.runtime.setAllConfig({});
    });

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
        expect(one(COMMAND, "web-image-removal").inputs.delete).toMatch(
            /^docker --host ssh:\/\/me@big image rm --force shop\/web:dev /,
        );
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
