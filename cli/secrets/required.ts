/** The secrets that a program requires. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { shellQuote } from "../../components/shared/scripts.ts";
import { CommandError } from "../exit-codes.ts";
import { PreviewError, previewMasked, pulumi } from "../pr/pulumi.ts";
import { untilInterrupted } from "../run-shell.ts";
import { fullKey, type Project, readStackFile, type Stack } from "../project.ts";

export interface RequiredSecrets {
    /** Sorted. */
    names: string[];
    /** Why the program did not run to its end, so that it may require more. */
    reason?: string;
}

/** The command in errors about a missing secret, of Pulumi's SDKs and of components with `secrets`. */
const REMEDY = /pulumi config set --secret (\S+)/g;

/** Valid as a password, as a master key of Rails (32 hexadecimal digits) and as JSON: programs check their secrets. */
const PLACEHOLDER = "1".repeat(32);

/**
 * Previews the program on an empty stack without secrets, and adds a placeholder for each secret that it reports as missing.
 * There is no other way to find all of them: the program computes its arguments, and the state has no names of secrets.
 *
 * The stack is a temporary one, so that this works before the real one exists, and without its passphrase.
 */
export async function requiredSecrets(stack: Stack): Promise<RequiredSecrets> {
    const directory = mkdtempSync(join(tmpdir(), "drydock-secrets-"));
    try {
        return await untilInterrupted(() => findSecrets(stack, directory));
    } finally {
        rmSync(directory, { recursive: true });
    }
}

async function findSecrets(stack: Stack, directory: string): Promise<RequiredSecrets> {
    const { project } = stack;
    // In Pulumi Cloud, it may be `organization/stack`.
    const name = stack.name.split("/").at(-1) ?? stack.name;
    const env = { PULUMI_BACKEND_URL: `file://${directory}`, PULUMI_CONFIG_PASSPHRASE: "temporary" };
    const write = (file: string, content: object) => {
        writeFileSync(join(directory, file), stringify(content));
    };
    write("Pulumi.yaml", { name: project.name, runtime: "yaml" });
    const { exitCode, output } = await pulumi(directory, name, "stack init --no-select", env);
    if (exitCode !== 0) throw new CommandError(`Pulumi cannot create a temporary stack: ${output.trim()}`);
    const file = `Pulumi.${name}.yaml`;
    const { encryptionsalt } = readStackFile({ project: { ...project, directory, file: {} }, name });
    const required = new Set(declaredSecrets(project));
    for (;;) {
        const placeholders = [...required].map((secret) => [fullKey(project, secret), PLACEHOLDER]);
        const config = { ...plainConfig(stack), ...Object.fromEntries(placeholders) } as object;
        write(file, { encryptionsalt, config });
        const problems = await problemsOf(project, name, join(directory, file), env);
        const missing = [...problems.matchAll(REMEDY)]
            .map(([, key = ""]) => shortKey(project, key))
            .filter((secret) => !required.has(secret));
        for (const secret of missing) required.add(secret);
        if (missing.length > 0) continue;
        const names = [...required].sort();
        return problems === "" ? { names } : { names, reason: problems };
    }
}

/** The errors that keep the program from running. Empty if there are none. */
async function problemsOf(
    { directory }: Project,
    stack: string,
    configFile: string,
    env: NodeJS.ProcessEnv,
): Promise<string> {
    try {
        await previewMasked(directory, stack, `--config-file ${shellQuote(configFile)}`, env);
        return "";
    } catch (error) {
        if (!(error instanceof PreviewError)) throw error;
        return withoutStackTrace(error.details.join("\n").trim()) || error.message;
    }
}

function withoutStackTrace(message: string): string {
    return message.replace(/\n +at [^]*/, "");
}

/** Secrets that Pulumi.yaml declares without a value. Pulumi does not run the program before they are set. */
function declaredSecrets(project: Project): string[] {
    return Object.entries(project.file.config ?? {}).flatMap(([key, declared]) => {
        const { secret, value, default: initial } = (declared ?? {}) as Record<string, unknown>;
        return secret === true && (value ?? initial) === undefined ? [shortKey(project, key)] : [];
    });
}

/** The configuration of the stack that is not secret. */
function plainConfig(stack: Stack): Record<string, unknown> {
    const { config } = readStackFile(stack);
    return Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => !isSecret(value)));
}

/** Whether a value of a stack's file is secret, or has a part that is. */
export function isSecret(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    return "secure" in value || Object.values(value).some(isSecret);
}

/** The key as the program of the project reads it: without the namespace of the project. */
export function shortKey({ name }: Project, key: string): string {
    return key.startsWith(`${name}:`) ? key.slice(name.length + 1) : key;
}
