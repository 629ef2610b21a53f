import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { downloadPulumi } from "../../../../cli/setup/download.ts";
import { archiveName, ReleaseServer, withSum } from "./release-server.ts";

const ARCHIVE = archiveName("3.1.0");

describe("the download of a release of Pulumi", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-download-"));
    const target = join(directory, "drydock/pulumi-3.1.0");
    const server = new ReleaseServer();

    beforeAll(async () => {
        await server.start();
    });
    beforeEach(async () => {
        await server.publish("3.1.0", {
            pulumi: "#!/bin/sh\necho v3.1.0\n",
            "pulumi-language-nodejs": "host",
        });
    });
    afterEach(() => {
        rmSync(target, { recursive: true, force: true });
    });
    afterAll(() => {
        server.stop();
        rmSync(directory, { recursive: true });
    });

    test("has its programs in one directory", async () => {
        await downloadPulumi("3.1.0", target, server.url);
        expect(readdirSync(target).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
        expect(readFileSync(join(target, "pulumi"), "utf8")).toContain("echo v3.1.0");
        expect(statSync(join(target, "pulumi")).mode & 0o111).toBe(0o111);
    });

    /** Expects that the download fails with this message, and leaves nothing. */
    async function expectFailure(changed: ReleaseServer["files"], message: string | RegExp): Promise<void> {
        Object.assign(server.files, changed);
        await expect(downloadPulumi("3.1.0", target, server.url)).rejects.toThrow(message);
        expect(existsSync(target)).toBe(false);
        expect(existsSync(join(directory, "drydock")) ? readdirSync(join(directory, "drydock")) : []).toEqual(
            [],
        );
    }

    test("is refused if its sum is not the published one", () =>
        expectFailure(
            { [ARCHIVE]: "something else" },
            /has the SHA-256 sum \w{64}, but \w{64} was published/,
        ));

    test("is refused if its sum was not published", () =>
        expectFailure({ "pulumi-3.1.0-checksums.txt": "" }, `There is no ${ARCHIVE} among the releases`));

    test("leaves nothing if the archive cannot be read", () => {
        const broken = gzipSync("no archive at all, but long enough to be a header");
        return expectFailure(withSum("3.1.0", broken), /end of data|tar/i);
    });

    test("names a file that the server does not have", async () => {
        await expect(downloadPulumi("3.2.0", target, server.url)).rejects.toThrow(
            `${server.url}/pulumi-3.2.0-checksums.txt answers 404`,
        );
    });
});
