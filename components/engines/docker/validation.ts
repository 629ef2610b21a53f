import { posix } from "node:path";
import { refuse } from "../../shared/validation.ts";
import type { EngineSpecificArgs } from "../spec.ts";

/** @throws pulumi.InputPropertyError for arguments that Docker or its provider does not support */
export function validate(args: EngineSpecificArgs, at = ""): void {
    refuseEmptyWords(args, at);
    validateFiles(args, at);
}

/** The provider would fail with `values for command may not be empty`, after it has removed the old container. */
function refuseEmptyWords({ command = [] }: EngineSpecificArgs, at: string): void {
    const index = command.indexOf("");
    if (index >= 0)
        refuse(
            `${at}command[${index}]`,
            `is empty, which Pulumi's Docker provider does not support; let a shell pass it: ["sh", "-c", "exec program --option ''"]`,
        );
}

/**
 * Docker copies files into the container before it mounts temporary file systems, and cannot copy into a read-only one.
 *
 * @throws pulumi.InputPropertyError for files that the container would not have
 */
function validateFiles({ files = {}, readOnly, tmpfs = {}, mounts = [] }: EngineSpecificArgs, at = ""): void {
    for (const path of Object.keys(files)) {
        const property = `${at}files.${path}`;
        if (readOnly)
            refuse(
                property,
                "Docker copies no file into a container whose file system is read-only; leave out readOnly, mount the file with mounts and hostPath, or copy it into the image with build",
            );
        const { directory = "", readOnlyMount } = innermost(path, [
            ...Object.keys(tmpfs).map((directory) => ({ directory })),
            ...mounts.map((mount) => ({ directory: mount.path, readOnlyMount: mount.readOnly ?? false })),
        ]);
        if (directory !== "" && readOnlyMount === undefined)
            refuse(
                property,
                `is hidden by tmpfs.${directory}, which is empty at the start; use another path`,
            );
        if (readOnlyMount)
            refuse(
                property,
                `is below the mount at ${directory}, which is read-only; use another path, or add the file to what is mounted`,
            );
    }
}

interface MountPoint {
    directory: string;
    /** Undefined for a tmpfs. */
    readOnlyMount?: boolean;
}

/** The innermost mount that contains the path. */
function innermost(path: string, mountPoints: MountPoint[]): Partial<MountPoint> {
    const above = mountPoints.filter(({ directory }) =>
        path.startsWith(posix.join(posix.normalize(directory), "/")),
    );
    return above.reduce<Partial<MountPoint>>(
        (best, mountPoint) =>
            mountPoint.directory.length > (best.directory?.length ?? -1) ? mountPoint : best,
        {},
    );
}
