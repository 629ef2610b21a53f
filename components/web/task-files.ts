import * as pulumi from "@pulumi/pulumi";
import tar from "tar-stream";
import { type ContainerFile, hashFile } from "../engines/index.ts";

/** A file of a task's container, with a hash instead of its content. The task runs again when it changes. */
export interface TaskFile {
    file: string;
    permissions?: string;
    owner?: string;
    group?: string;
    hash: pulumi.Output<string>;
}

export function describeTaskFiles(container: string, files: ContainerFile[]): TaskFile[] {
    return files.map((file) => ({
        file: file.path,
        permissions: file.mode,
        owner: file.owner ? String(file.owner) : undefined,
        group: file.group ? String(file.group) : undefined,
        hash: hashFile(container, file),
    }));
}

/**
 * Packs the files into an archive for `docker cp`, in base64. Secret. Versions of Drydock must produce the same bytes: a
 * task runs again when they change.
 */
export function packFiles(files: ContainerFile[]): pulumi.Output<string> {
    const contents = files.map(({ content, contentBase64 }) => ({ content, contentBase64 }));
    const archive = pulumi.output(contents).apply((known) => {
        const pack = tar.pack();
        known.forEach(({ content, contentBase64 = "" }, i) => {
            const { path = "", mode = "0644", owner, group } = files[i] ?? {};
            const header = {
                name: path.slice(1),
                mode: Number.parseInt(mode, 8),
                uid: owner,
                gid: group,
                mtime: new Date(0),
            };
            pack.entry(
                header,
                content === undefined ? Buffer.from(contentBase64, "base64") : Buffer.from(content),
            );
        });
        pack.finalize();
        return readBase64(pack);
    });
    return pulumi.secret(archive);
}

async function readBase64(pack: AsyncIterable<Buffer>): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of pack) chunks.push(chunk);
    return Buffer.concat(chunks).toString("base64");
}
