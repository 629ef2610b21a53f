/** Where Pulumi is on this machine. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { CommandError } from "../exit-codes.ts";
import { cacheDirectory, isOnPath } from "./path.ts";

export const PULUMI_INSTALLATION = "https://www.pulumi.com/docs/iac/download-install/";

export class MissingPulumi extends CommandError {
    constructor() {
        super(
            "Pulumi is not installed",
            `\`drydock up\` downloads it. Or install it: ${PULUMI_INSTALLATION}`,
        );
    }
}

/**
 * Adds an installed Pulumi to the PATH of this process if there is none: that of Pulumi's installer, or one that `drydock up`
 * has downloaded. Returns whether there is one.
 *
 * @param project directory of the program
 */
export function findPulumi(project: string): boolean {
    if (isOnPath("pulumi")) return true;
    const { PULUMI_HOME = join(homedir(), ".pulumi") } = process.env;
    const directory = [join(PULUMI_HOME, "bin"), downloadDirectory(project)].find((each) =>
        existsSync(join(each, "pulumi")),
    );
    if (directory === undefined) return false;
    process.env.PATH = [directory, process.env.PATH ?? ""].join(delimiter);
    return true;
}

/** The directory for a downloaded Pulumi. */
export function downloadDirectory(project: string): string {
    return join(cacheDirectory(), `pulumi-${pulumiVersion(project)}`);
}

/** The version of the SDK that the program uses or, for a program in YAML, that this command uses. */
export function pulumiVersion(project: string): string {
    const [file] = [project, import.meta.dirname].flatMap((from) => {
        try {
            return createRequire(join(from, "index.js")).resolve("@pulumi/pulumi/package.json");
        } catch {
            return [];
        }
    });
    if (file === undefined)
        throw new CommandError(
            "The package @pulumi/pulumi is not installed",
            `Run \`npm install\` in ${project}.`,
        );
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
