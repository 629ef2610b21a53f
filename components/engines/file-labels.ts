import { createHash, scryptSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerFile } from "./spec.ts";

/** Label for a file of the user. On a container, the path of the file is appended. */
export const FILE_LABEL = "drydock.file";

/**
 * Labels with a hash of each file of the user. The official provider keeps all files of a container in one secret value, so
 * a preview could not show which of them changes.
 *
 * @param container name of the container
 */
export function fileLabels(
    container: string,
    files: ContainerFile[] = [],
): Record<string, pulumi.Output<string>> {
    return Object.fromEntries(
        files
            .filter(({ userDefined }) => userDefined)
            .map((file) => [`${FILE_LABEL}.${file.path}`, hashFile(container, file)]),
    );
}

/** The hash is not secret. For a file that may be secret, it is too slow for guessing a password. */
export function hashFile(container: string, file: ContainerFile): pulumi.Output<string> {
    const { path, content, contentBase64, mode, owner, group, secret } = file;
    const hash = pulumi.output([content ?? contentBase64, mode, owner, group]).apply((parts) => {
        const json = JSON.stringify(parts);
        return secret
            ? scryptSync(json, `${container} ${path}`, 6).toString("hex")
            : createHash("sha256").update(json).digest("hex").slice(0, 12);
    });
    return pulumi.unsecret(hash);
}
