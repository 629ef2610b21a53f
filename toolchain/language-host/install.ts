import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { PackageManager, RuntimeOptions } from "./options.ts";
import { findUp, readManifest } from "./packages.ts";
import type { Command } from "./process.ts";

const LOCK_FILES: Record<string, PackageManager> = {
    "package-lock.json": "npm",
    "yarn.lock": "yarn",
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
};

const INSTALL: Record<PackageManager, { args: string[]; production: string }> = {
    // Hides npm's warnings about a missing description, repository and license.
    npm: { args: ["install", "--loglevel=error"], production: "--omit=dev" },
    yarn: { args: ["install"], production: "--production" },
    pnpm: { args: ["install"], production: "--prod" },
    bun: { args: ["install"], production: "--production" },
};

/** The command that installs a program's dependencies. */
export function installCommand(directory: string, options: RuntimeOptions, env: NodeJS.ProcessEnv): Command {
    const manager = packageManager(directory, options);
    const file = findExecutable(manager, env.PATH);
    if (file === undefined) {
        throw new Error(
            `${manager} is not on the PATH; install it, or choose another with runtime option packagemanager`,
        );
    }
    const { args, production } = INSTALL[manager];
    return { file, args: options.production ? [...args, production] : args, cwd: directory, env };
}

/** The package manager set in the options, otherwise that of the nearest lock file, otherwise npm. */
export function packageManager(directory: string, options: RuntimeOptions): PackageManager {
    if (options.packagemanager) return options.packagemanager;
    const lockFile = Object.keys(LOCK_FILES).find((name) => existsSync(join(directory, name)));
    if (lockFile !== undefined) return LOCK_FILES[lockFile] ?? "npm";
    const parent = dirname(directory);
    return parent === directory ? "npm" : packageManager(parent, options);
}

/** Reads the version from package.json, as running npm would add 150 ms to each update. */
export function packageManagerVersion(manager: PackageManager, path?: string): string | undefined {
    const executable = findExecutable(manager, path);
    const manifest = executable && findUp(dirname(realpathSync(executable)), "package.json");
    if (!manifest) return undefined;
    const { name, version } = readManifest(manifest);
    return name === manager ? version : undefined;
}

function findExecutable(name: string, path = ""): string | undefined {
    return path
        .split(delimiter)
        .map((directory) => join(directory, name))
        .find((file) => existsSync(file));
}
