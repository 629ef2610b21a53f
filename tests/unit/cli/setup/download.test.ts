import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { downloadPulumi } from "../../../../cli/setup/download.ts";

const ARCHIVE = `pulumi-v3.1.0-${process.platform}-${process.arch}.tar.gz`;

describe("the download of a release of Pulumi", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-download-"));
    const target = join(directory, "drydock/pulumi-3.1.0");
    /** What the server has, by the name of the file. */
    let files: Record<string, Buffer | string> = {};
    let server: Server;
    let url = "";

    beforeAll(async () => {
        server = createServer((request, response) => {
            const content = files[request.url?.slice(1) ?? ""];
            response.statusCode = content === undefined ? 404 : 200;
            response.end(content ?? "");
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const tar = pack();
        tar.entry({ name: "pulumi", type: "directory" });
        tar.entry({ name: "pulumi/pulumi", mode: 0o755 }, "#!/bin/sh\necho v3.1.0\n");
        tar.entry({ name: "pulumi/pulumi-language-nodejs", mode: 0o755 }, "host");
        tar.finalize();
        const archive = gzipSync(await buffer(tar));
        const sum = createHash("sha256").update(archive).digest("hex");
        files = {
            [ARCHIVE]: archive,
            "pulumi-3.1.0-checksums.txt": `${"0".repeat(64)}  pulumi-v3.1.0-windows-x64.zip\n${sum}  ${ARCHIVE}\n`,
        };
    });
    afterEach(() => {
        rmSync(target, { recursive: true, force: true });
    });
    afterAll(() => {
        server.close();
        rmSync(directory, { recursive: true });
    });

    test("has its programs in one directory", async () => {
        await downloadPulumi("3.1.0", target, url);
        expect(readdirSync(target).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
        expect(readFileSync(join(target, "pulumi"), "utf8")).toContain("echo v3.1.0");
        expect(statSync(join(target, "pulumi")).mode & 0o111).toBe(0o111);
    });

    /** Expects that the download fails with this message, and leaves nothing. */
    async function expectFailure(changed: typeof files, message: string | RegExp): Promise<void> {
        const whole = files;
        files = { ...files, ...changed };
        await expect(downloadPulumi("3.1.0", target, url)).rejects.toThrow(message);
        files = whole;
        expect(existsSync(target)).toBe(false);
        expect(existsSync(join(directory, "drydock")) ? readdirSync(join(directory, "drydock")) : []).toEqual(
            [],
        );
    }

    test("is refused if it is not what was published", () =>
        expectFailure(
            { [ARCHIVE]: "something else" },
            /has the SHA-256 sum \w{64}, but \w{64} was published/,
        ));

    test("is refused if its sum was not published", () =>
        expectFailure({ "pulumi-3.1.0-checksums.txt": "" }, `There is no ${ARCHIVE} among the releases`));

    test("leaves nothing if the archive cannot be read", () => {
        const broken = gzipSync("no archive at all, but long enough to be a header");
        const sum = createHash("sha256").update(broken).digest("hex");
        return expectFailure(
            { [ARCHIVE]: broken, "pulumi-3.1.0-checksums.txt": `${sum}  ${ARCHIVE}\n` },
            /end of data|tar/i,
        );
    });

    test("names what the server does not have", async () => {
        await expect(downloadPulumi("3.2.0", target, url)).rejects.toThrow(
            `${url}/pulumi-3.2.0-checksums.txt answers 404`,
        );
    });
});
