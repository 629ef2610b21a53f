import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { pulumiVersion } from "../../../../cli/setup/find-pulumi.ts";
import { ROOT, Sandbox } from "../../scripts/sandbox.ts";

const VERSION = pulumiVersion(ROOT);

/** A machine without Pulumi, with a project. */
describe("where Pulumi is not installed, drydock up", () => {
    let box: Sandbox;
    let server: Server;
    let url = "";
    /** Releases that the server has. */
    let files: Record<string, Buffer | string> = {};

    beforeAll(async () => {
        server = createServer((request, response) => {
            const content = files[request.url?.slice(1) ?? ""];
            response.statusCode = content === undefined ? 404 : 200;
            response.end(content ?? "");
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => {
        files = {};
        box = new Sandbox();
        box.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        // Programs that POSIX has, and Node.
        for (const program of ["sh", "ls", "ps"]) box.program(program, "exit 0");
        symlinkSync("/bin/sh", join(box.dir, "bin/bash"));
        symlinkSync(process.execPath, join(box.dir, "bin/node"));
    });
    afterEach(() => {
        box.dispose();
    });
    afterAll(() => {
        server.close();
    });

    /** Puts a release on the server whose `pulumi` does this. */
    async function publish(script: string): Promise<void> {
        const tar = pack();
        tar.entry({ name: "pulumi/pulumi", mode: 0o755 }, `#!/bin/sh\n${script}\n`);
        tar.finalize();
        const archive = gzipSync(await buffer(tar));
        const name = `pulumi-v${VERSION}-${process.platform}-${process.arch}.tar.gz`;
        const sum = createHash("sha256").update(archive).digest("hex");
        files = { [name]: archive, [`pulumi-${VERSION}-checksums.txt`]: `${sum}  ${name}\n` };
    }

    function drydock(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
        return new Promise((resolve) => {
            execFile(
                process.execPath,
                [env.CLI ?? join(ROOT, "cli/bin.ts"), ...args],
                {
                    cwd: box.dir,
                    env: { PATH: join(box.dir, "bin"), HOME: box.dir, DRYDOCK_PULUMI_RELEASES: url, ...env },
                },
                (_, stdout, stderr) => {
                    resolve(stdout + stderr);
                },
            );
        });
    }

    test("downloads the version of the SDK, and uses it from then on", async () => {
        await publish('echo "pulumi $*" >>"$HOME/calls"; echo v3.999.0');
        const first = await drydock(["up"]);
        expect(first).toContain(`Downloading Pulumi ${VERSION}`);
        expect(readFileSync(join(box.dir, "calls"), "utf8")).toContain("pulumi version");
        files = {};
        expect(await drydock(["up"])).not.toContain("Downloading");
        const doctor = await drydock(["doctor", "--stack", "dev"]);
        expect(doctor).toMatch(/✓ Pulumi +3\.999\.0/);
        expect(doctor).toMatch(/✗ Docker +The docker command is not in the PATH/);
    });

    test("says how to install it if neither it nor a toolchain can be reached", async () => {
        const output = await drydock(["up"], { DRYDOCK_TOOLCHAIN: "official" });
        expect(output).toMatch(
            /✗ Pulumi is not installed, and was not downloaded: http:.*-checksums\.txt answers 404\n +Install it: https:\/\/www\.pulumi\.com\S+ Behind a proxy/,
        );
    });

    test("builds it with the toolchain that DRYDOCK_TOOLCHAIN names, and remembers that", async () => {
        const bin = dirname(box.write("built/pulumi", '#!/bin/sh\necho "pulumi $*" >>"$HOME/calls"\n'));
        const setUp = [
            "#!/bin/sh",
            'echo "way $DRYDOCK_TOOLCHAIN"',
            `mkdir -p ${box.dir}/clone/.drydock`,
            `printf 'home=${bin}\\nbin=${bin}\\n' >${box.dir}/clone/.drydock/toolchain`,
        ];
        box.write("clone/toolchain/setup/all.sh", `${setUp.join("\n")}\n`);
        box.run("chmod +x clone/toolchain/setup/all.sh built/pulumi");
        const env = {
            DRYDOCK_TOOLCHAIN: join(box.dir, "clone/toolchain"),
            PATH: `${box.dir}/bin:/usr/bin:/bin`,
        };
        const output = await drydock(["up"], env);
        expect(output).toContain("way registries");
        expect(readFileSync(join(box.dir, ".drydock/toolchain"), "utf8")).toContain(`bin=${bin}`);
        expect(await drydock(["up"], env)).not.toContain("Building Pulumi");
    });

    test("refuses a toolchain that is none", async () => {
        expect(await drydock(["up"], { DRYDOCK_TOOLCHAIN: "offical" })).toContain(
            "DRYDOCK_TOOLCHAIN is offical, which is not a toolchain of Drydock",
        );
    });

    test("is what doctor refers to", async () => {
        const output = await drydock(["doctor"]);
        expect(output).toMatch(/✗ Pulumi +Pulumi is not installed\n +`drydock up` downloads it/);
        expect(output).toMatch(/✗ Docker +The docker command is not in the PATH/);
    });
});
