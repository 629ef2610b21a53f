/** The `runtime.options` of a Pulumi.yaml, PulumiPlugin.yaml or PulumiPolicy.yaml. */
export interface RuntimeOptions {
    typescript: boolean;
    tsconfig?: string;
    nodeargs: string[];
    packagemanager?: PackageManager;
    production: boolean;
}

export const PACKAGE_MANAGERS = ["npm", "yarn", "pnpm", "bun"] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** Ignores unknown options, as the official host does. */
export function parseOptions(options: Record<string, unknown> = {}): RuntimeOptions {
    return {
        typescript: boolean(options, "typescript") ?? true,
        tsconfig: string(options, "tsconfig"),
        nodeargs: splitWords(string(options, "nodeargs") ?? ""),
        packagemanager: packageManager(string(options, "packagemanager") ?? "auto"),
        production: boolean(options, "production") ?? false,
    };
}

function boolean(options: Record<string, unknown>, name: string): boolean | undefined {
    const value = options[name];
    if (value === undefined || typeof value === "boolean") return value;
    throw new Error(`runtime option ${name}: ${JSON.stringify(value)} is not a boolean; use true or false`);
}

function string(options: Record<string, unknown>, name: string): string | undefined {
    const value = options[name];
    if (value === undefined || typeof value === "string") return value;
    throw new Error(`runtime option ${name}: ${JSON.stringify(value)} is not a string; put it in quotes`);
}

function packageManager(name: string): PackageManager | undefined {
    if (name === "auto") return undefined;
    const known = PACKAGE_MANAGERS.find((manager) => manager === name);
    if (known) return known;
    const choice = `auto, ${PACKAGE_MANAGERS.join(", ")}`;
    throw new Error(
        `runtime option packagemanager: ${JSON.stringify(name)} is not known; use one of ${choice}`,
    );
}

/** Splits as a shell does, without expansions: `--title "a b"` is two words. */
function splitWords(line: string): string[] {
    const word = /(?:[^\s"']|"[^"]*"|'[^']*')+/g;
    if (line.replace(word, "").trim() !== "") {
        throw new Error(`runtime option nodeargs: ${line} has a quote that is never closed`);
    }
    return (line.match(word) ?? []).map((quoted) => quoted.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
