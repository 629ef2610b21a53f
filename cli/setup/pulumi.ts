/**
 * Provides Pulumi, in this order: an installed one, the official download, or a build from package registries by a toolchain
 * package.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { CommandError } from "../exit-codes.ts";
import { progress } from "../output.ts";
import { type Project, recordToolchain } from "../project.ts";
import { downloadPulumi } from "./download.ts";
import { downloadDirectory, findPulumi, PULUMI_INSTALLATION, pulumiVersion } from "./find-pulumi.ts";

/** Values of DRYDOCK_TOOLCHAIN that are not directories (toolchain/README.md). */
const SOURCES = ["official", "registries"];

/**
 * Finds Pulumi, or installs it into the cache of this user.
 *
 * @throws CommandError that says how to install it
 */
export async function providePulumi(project: Project): Promise<void> {
    if (findPulumi(project.directory)) return;
    const { DRYDOCK_TOOLCHAIN: way = "" } = process.env;
    const reason = way === "registries" ? "DRYDOCK_TOOLCHAIN is registries" : await tryDownload(project);
    if (reason === undefined && findPulumi(project.directory)) return;
    const toolchain = way === "official" ? undefined : findToolchain(project.directory, way);
    if (toolchain === undefined)
        throw new CommandError(
            `Pulumi is not installed, and was not downloaded: ${reason ?? "the archive does not contain it"}`,
            `Install it: ${PULUMI_INSTALLATION}. Behind a proxy, set NODE_USE_ENV_PROXY=1. Where only package registries can be ` +
                "reached, set DRYDOCK_TOOLCHAIN to the directory toolchain/ of a clone of Drydock, which builds it.",
        );
    progress(`Building Pulumi from package registries, with ${toolchain}`);
    buildWith(toolchain, project);
}

/** @returns why it failed */
async function tryDownload(project: Project): Promise<string | undefined> {
    const version = pulumiVersion(project.directory);
    progress(`Downloading Pulumi ${version}`);
    try {
        await downloadPulumi(version, downloadDirectory(project.directory));
        return undefined;
    } catch (error) {
        const { message, cause } = error as Error;
        const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
        progress(`Pulumi was not downloaded: ${reason}`);
        return reason;
    }
}

/** The directory of a toolchain package: the given one, that of this clone, or that of a package of the program. */
function findToolchain(directory: string, given: string): string | undefined {
    const isToolchain = (candidate: string) => existsSync(join(candidate, "setup/all.sh"));
    if (given !== "" && !SOURCES.includes(given)) {
        if (isToolchain(resolve(given))) return resolve(given);
        throw new CommandError(
            `DRYDOCK_TOOLCHAIN is ${given}, which is not a toolchain of Drydock`,
            "Name the directory toolchain/ of a clone, `official`, or `registries`.",
        );
    }
    return [join(import.meta.dirname, "../../toolchain"), installedToolchain(directory)].find(
        (candidate) => candidate !== undefined && isToolchain(candidate),
    );
}

function installedToolchain(directory: string): string | undefined {
    try {
        return dirname(createRequire(join(directory, "index.js")).resolve("@drydock/toolchain/package.json"));
    } catch {
        return undefined;
    }
}

/** Runs the setup of a toolchain package, and records for this project the Pulumi that it has built. */
function buildWith(toolchain: string, project: Project): void {
    const env = { ...process.env, DRYDOCK_TOOLCHAIN: "registries" };
    const { status, error } = spawnSync(join(toolchain, "setup/all.sh"), { env, stdio: ["inherit", 2, 2] });
    const record = join(toolchain, "../.drydock/toolchain");
    if (status !== 0 || !existsSync(record))
        throw new CommandError(
            `The setup of ${toolchain} failed${error ? `: ${error.message}` : ""}`,
            `Fix the error above, or install Pulumi: ${PULUMI_INSTALLATION}.`,
        );
    recordToolchain(project, readFileSync(record, "utf8"));
}
