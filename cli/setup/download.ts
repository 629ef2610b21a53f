/** Downloads a release of Pulumi, and checks it against its published SHA-256 sum. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";

/** Where Pulumi publishes its releases. DRYDOCK_PULUMI_RELEASES names a server with copies. */
const RELEASES = "https://get.pulumi.com/releases/sdk";

/** In milliseconds. A firewall may drop packets without an answer. */
const ANSWER_TIMEOUT = 10_000;
const DOWNLOAD_TIMEOUT = 10 * 60_000;

/**
 * @param target directory for its programs, which does not exist yet
 * @throws Error if it cannot be downloaded, or is not what was published
 */
export async function downloadPulumi(
    version: string,
    target: string,
    releases = process.env.DRYDOCK_PULUMI_RELEASES ?? RELEASES,
): Promise<void> {
    const archive = `pulumi-v${version}-${platformName()}.tar.gz`;
    const sums = await download(`${releases}/pulumi-${version}-checksums.txt`, ANSWER_TIMEOUT);
    const wanted = findSum(sums.toString("utf8"), archive);
    if (wanted === undefined) throw new Error(`There is no ${archive} among the releases`);
    const content = await download(`${releases}/${archive}`, DOWNLOAD_TIMEOUT);
    const sum = createHash("sha256").update(content).digest("hex");
    if (sum !== wanted) throw new Error(`${archive} has the SHA-256 sum ${sum}, but ${wanted} was published`);
    // Install atomically, so that an interrupted installation is repeated.
    mkdirSync(dirname(target), { recursive: true });
    const temporary = mkdtempSync(`${target}.`);
    try {
        await extractPrograms(content, temporary);
        rmSync(target, { recursive: true, force: true });
        renameSync(temporary, target);
    } finally {
        rmSync(temporary, { recursive: true, force: true });
    }
}

/** As in the names of the releases: `linux-x64`, `darwin-arm64`. */
function platformName(): string {
    return `${process.platform}-${process.arch}`;
}

async function download(url: string, timeout: number): Promise<Buffer> {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
}

/** @param sums lines with a sum and the name of a file */
function findSum(sums: string, file: string): string | undefined {
    const line = sums.split("\n").find((each) => each.trim().split(/\s+/)[1] === file);
    return line?.trim().split(/\s+/)[0];
}

/** All programs of a release are in one directory of the archive. */
async function extractPrograms(archive: Buffer, directory: string): Promise<void> {
    const { extract } = await import("tar-stream");
    const entries = Readable.from(archive).pipe(createGunzip()).pipe(extract());
    for await (const entry of entries) {
        const { name, type } = entry.header;
        if (type !== "file") {
            entry.resume();
            continue;
        }
        writeFileSync(join(directory, basename(name)), await buffer(entry), { mode: 0o755 });
    }
}
