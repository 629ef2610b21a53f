import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pulumiVersion } from "../../../../cli/setup/find-pulumi.ts";
import { ROOT, Sandbox } from "../../sandbox.ts";
import { ReleaseServer } from "./release-server.ts";

const VERSION = pulumiVersion(ROOT);

describe("where Pulumi is not installed, drydock up", () => {
    let sandbox: Sandbox;
    const server = new ReleaseServer();

    beforeAll(async () => {
        await server.start();
    });
    beforeEach(() => {
        server.files = {};
        sandbox = new Sandbox();
        sandbox.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        // The PATH has nothing else of this machine.
        for (const program of ["sh", "ls", "ps"]) sandbox.program(program, "exit 0");
        symlinkSync("/bin/sh", join(sandbox.dir, "bin/bash"));
        symlinkSync(process.execPath, join(sandbox.dir, "bin/node"));
    });
    afterEach(() => {
        sandbox.dispose();
    });
    afterAll(() => {
        server.stop();
    });

    function drydock(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
        return new Promise((resolve) => {
            execFile(
                process.execPath,
                [env.CLI ?? join(ROOT, "cli/bin.ts"), ...args],
                {
                    cwd: sandbox.dir,
                    env: {
                        PATH: join(sandbox.dir, "bin"),
                        HOME: sandbox.dir,
                        DRYDOCK_PULUMI_RELEASES: server.url,
                        ...env,
                    },
                },
                (_, stdout, stderr) => {
                    resolve(stdout + stderr);
                },
            );
        });
    }

    test("downloads the version of the SDK, and uses it from then on", async () => {
        const pulumi = '#!/bin/sh\necho "pulumi $*" >>"$HOME/calls"; echo v3.999.0\n';
        await server.publish(VERSION, { pulumi });
        const first = await drydock(["up"]);
        expect(first).toContain(`Downloading Pulumi ${VERSION}`);
        expect(readFileSync(join(sandbox.dir, "calls"), "utf8")).toContain("pulumi version");
        server.files = {};
        expect(await drydock(["up"])).not.toContain("Downloading");
        const doctor = await drydock(["doctor", "--stack", "dev"]);
        expect(doctor).toMatch(/✓ Pulumi +3\.999\.0/);
        expect(doctor).toMatch(/✗ Docker +The docker command is not in the PATH/);
    });

    test("is not needed before drydock pulumi, which downloads Pulumi too", async () => {
        await server.publish(VERSION, { pulumi: '#!/bin/sh\necho "ran pulumi $*"\n' });
        const output = await drydock(["pulumi", "stack", "ls", "--stack", "dev"]);
        expect(output).toContain(`Downloading Pulumi ${VERSION}`);
        expect(output).toContain("ran pulumi stack ls --stack dev");
    });

    test("says how to install it if neither it nor a toolchain can be reached", async () => {
        const output = await drydock(["up"], { DRYDOCK_TOOLCHAIN: "official" });
        expect(output).toMatch(
            /✗ Pulumi is not installed, and was not downloaded: http:.*-checksums\.txt answers 404\n +Install it: https:\/\/www\.pulumi\.com\S+ Behind a proxy/,
        );
    });

    test("builds it with the toolchain that DRYDOCK_TOOLCHAIN names, and remembers that", async () => {
        const bin = dirname(sandbox.write("built/pulumi", '#!/bin/sh\necho "pulumi $*" >>"$HOME/calls"\n'));
        const setUp = [
            "#!/bin/sh",
            'echo "DRYDOCK_TOOLCHAIN=$DRYDOCK_TOOLCHAIN"',
            `mkdir -p ${sandbox.dir}/clone/.drydock`,
            `printf 'home=${bin}\\nbin=${bin}\\n' >${sandbox.dir}/clone/.drydock/toolchain`,
        ];
        sandbox.write("clone/toolchain/setup/all.sh", `${setUp.join("\n")}\n`);
        sandbox.run("chmod +x clone/toolchain/setup/all.sh built/pulumi");
        const env = {
            DRYDOCK_TOOLCHAIN: join(sandbox.dir, "clone/toolchain"),
            PATH: `${sandbox.dir}/bin:/usr/bin:/bin`,
        };
        const output = await drydock(["up"], env);
        expect(output).toContain("DRYDOCK_TOOLCHAIN=registries");
        expect(readFileSync(join(sandbox.dir, ".drydock/toolchain"), "utf8")).toContain(`bin=${bin}`);
        expect(await drydock(["up"], env)).not.toContain("Building Pulumi");
    });

    test("refuses a DRYDOCK_TOOLCHAIN that is not a toolchain", async () => {
        expect(await drydock(["up"], { DRYDOCK_TOOLCHAIN: "offical" })).toContain(
            "DRYDOCK_TOOLCHAIN is offical, which is not a toolchain of Drydock",
        );
    });

    test("is what doctor suggests", async () => {
        const output = await drydock(["doctor"]);
        expect(output).toMatch(/✗ Pulumi +Pulumi is not installed\n +`drydock up` downloads it/);
        expect(output).toMatch(/✗ Docker +The docker command is not in the PATH/);
    });
});
