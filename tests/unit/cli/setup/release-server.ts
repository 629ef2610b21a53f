import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** A server with releases of Pulumi, as GitHub has them. */
export class ReleaseServer {
    /** The files of the server, by name. */
    files: Record<string, Buffer | string> = {};
    url = "";
    private readonly server = createServer((request, response) => {
        const content = this.files[request.url?.slice(1) ?? ""];
        response.statusCode = content === undefined ? 404 : 200;
        response.end(content ?? "");
    });

    async start(): Promise<void> {
        await new Promise<void>((listening) => this.server.listen(0, "127.0.0.1", listening));
        this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    stop(): void {
        this.server.close();
    }

    /** Replaces the files by those of a release with these programs. */
    async publish(version: string, programs: Record<string, string>): Promise<void> {
        const tar = pack();
        tar.entry({ name: "pulumi", type: "directory" });
        for (const [name, content] of Object.entries(programs))
            tar.entry({ name: `pulumi/${name}`, mode: 0o755 }, content);
        tar.finalize();
        this.files = withSum(version, gzipSync(await buffer(tar)));
    }
}

/** The name of the archive of a release for this machine. */
export function archiveName(version: string): string {
    return `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
}

/** An archive for this machine, and the file with its checksum. */
export function withSum(version: string, archive: Buffer): Record<string, Buffer | string> {
    const name = archiveName(version);
    const sum = createHash("sha256").update(archive).digest("hex");
    const others = `${"0".repeat(64)}  pulumi-v${version}-windows-x64.zip\n`;
    return { [name]: archive, [`pulumi-${version}-checksums.txt`]: `${others}${sum}  ${name}\n` };
}
