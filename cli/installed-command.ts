/** The command that a project has installed. It belongs to the library that the project's program uses. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { PACKAGE_NAME } from "./package-name.ts";
import { projectDirectory } from "./project-directory.ts";

export interface InstalledCommand {
    version: string;
    /** Directory of the project. */
    directory: string;
    /** Absolute path of the program. */
    path: string;
}

/** Undefined if there is no project, or if it has no command installed or this version of it. */
export function installedCommand(from: string): InstalledCommand | undefined {
    const directory = projectDirectory(from);
    const manifest = directory === undefined ? undefined : findManifest(directory);
    if (directory === undefined || manifest === undefined) return undefined;
    const { version, bin } = JSON.parse(readFileSync(manifest, "utf8")) as {
        version: string;
        bin?: Record<string, string>;
    };
    const program = bin?.[PACKAGE_NAME];
    if (version === packageJson.version || program === undefined) return undefined;
    const path = join(dirname(manifest), program);
    return existsSync(path) ? { version, directory, path } : undefined;
}

function findManifest(directory: string): string | undefined {
    try {
        return createRequire(join(directory, "package.json")).resolve(`${PACKAGE_NAME}/package.json`);
    } catch {
        return undefined; // Not installed.
    }
}
