import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { shellQuote } from "../../components/shared/scripts.ts";
import { ExitCode } from "../exit-codes.ts";
import { type Plan, planOf, readableOutput } from "./events.ts";
import { type Revision, Worktree } from "./git.ts";
import { CLUSTER, configFile, installCommand, localDirectory, readProject } from "../project.ts";
import { withSecrets } from "./secrets.ts";
import { runShell, type Result } from "../run-shell.ts";

/** A plan with masked secrets, and the same plan with its secrets. */
export interface Plans {
    plan: Plan;
    unmasked: Plan;
}

/** Why a revision cannot be previewed, with output of the commands and the exit code of `drydock pr`. */
export class PreviewError extends Error {
    readonly details: string[];
    readonly exitCode: ExitCode;

    constructor(message: string, details: string[], exitCode: ExitCode = ExitCode.Failure) {
        super(message);
        this.details = details;
        this.exitCode = exitCode;
    }
}

/** Whether the directory is a clone of Drydock, whose ./env puts its own Pulumi on the PATH. */
export function isClone(directory: string): boolean {
    return existsSync(join(directory, "toolchain/setup/all.sh"));
}

/** Prints one event a line while the preview runs. */
const STREAM_EVENTS = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };

/** Runs a Pulumi command on a stack. */
export function pulumi(
    directory: string,
    stack: string,
    command: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Result> {
    const pulumi = isClone(directory) ? ". ./env && pulumi" : "pulumi";
    const script = `${pulumi} ${command} --non-interactive --stack ${shellQuote(stack)}`;
    return runShell(directory, script, false, env);
}

/** Previews the program in a directory, with masked secrets. */
export async function previewMasked(
    directory: string,
    stack: string,
    options: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Plan> {
    const { exitCode, stdout, output } = await pulumi(directory, stack, `preview --json ${options}`, {
        ...env,
        ...STREAM_EVENTS,
    });
    const plan = planOf(stdout);
    const isViolated = plan.violations.some(({ mandatory }) => mandatory);
    if (exitCode === 0 || isViolated) return plan;
    const errors = plan.errors.length > 0 ? plan.errors : [readableOutput(output)];
    throw (
        protectionError(errors.join("\n"), stack) ??
        new PreviewError("The program cannot be previewed", errors)
    );
}

/** Pulumi refuses a plan that deletes protected resources, and names each of them in an error. */
export function protectionError(errors: string, stack: string): PreviewError | undefined {
    const urns = [...errors.matchAll(/"(urn:\S+)" cannot be \w+\s+because it is protected/g)].map(
        ([, urn = ""]) => urn,
    );
    if (urns.length === 0) return undefined;
    const names = urns.map((urn) => urn.split("::").at(-1) ?? "").join(", ");
    const unprotect = `drydock pulumi state unprotect --stack ${stack} ${urns.map(shellQuote).join(" ")}`;
    return new PreviewError(
        `The update would delete protected data: ${names}`,
        [`If that is intended, remove the protection first: \`${unprotect}\`.`],
        ExitCode.DataAtRisk,
    );
}

/** How an update differs from `pulumi up` without options. */
export interface UpdateSelection {
    /** URNs of resources to replace. */
    replace?: string[];
    /** URNs of the only resources that may change. All by default. */
    targets?: string[];
    /** File with the configuration of the stack, in place of its own. */
    configFile?: string;
}

/** The options of `pulumi up` and `pulumi preview` for a selection. */
export function selectionOptions({ replace = [], targets = [], configFile }: UpdateSelection): string[] {
    return [
        ...replace.flatMap((urn) => ["--replace", urn]),
        ...targets.flatMap((urn) => ["--target", urn]),
        ...(configFile === undefined ? [] : ["--config-file", configFile]),
    ];
}

/** How `preview` runs. */
interface PreviewOptions extends UpdateSelection {
    /** Directory of a policy pack. */
    policies?: string;
    env?: NodeJS.ProcessEnv;
}

/** Previews the program in a directory, with masked secrets and with its secrets. */
export async function preview(
    directory: string,
    stack: string,
    { policies, env = {}, ...selection }: PreviewOptions = {},
): Promise<Plans> {
    const temporary = mkdtempSync(join(tmpdir(), "drydock-plan-"));
    const file = join(temporary, "plan.json");
    try {
        const policyPack = policies === undefined ? "" : `--policy-pack ${shellQuote(policies)}`;
        const selected = selectionOptions(selection).map(shellQuote).join(" ");
        const savePlan = `${selected} --save-plan ${shellQuote(file)} --show-secrets`;
        const [plan, state] = await Promise.all([
            previewMasked(directory, stack, `${policyPack} ${savePlan}`, env),
            pulumi(directory, stack, "stack export --show-secrets", env),
        ]);
        // If a policy is violated, Pulumi saves no plan.
        if (!existsSync(file)) await pulumi(directory, stack, `preview ${savePlan}`, env);
        // The events mask even the names of secret variables, which the summary shows.
        const saved = existsSync(file) ? readFileSync(file, "utf8") : "{}";
        return { plan, unmasked: withSecrets(plan, state.stdout, saved) };
    } finally {
        rmSync(temporary, { recursive: true });
    }
}

/** Previews a revision on an existing stack, which it only reads. */
export async function previewExistingStack(
    root: string,
    head: Revision,
    stack: string,
    policies?: string,
): Promise<Plans> {
    const tree = new Worktree(root);
    try {
        tree.checkout(head);
        copyConfig(root, tree, stack);
        await setUp(tree.directory, head);
        return await preview(tree.directory, stack, { policies });
    } finally {
        tree.remove();
    }
}

/**
 * Copies the config of a stack, which need not be in git. If the head has one, it is part of the change. The config may
 * point to the socket of a local cluster by a relative path.
 */
function copyConfig(root: string, { directory, top }: Worktree, stack: string): void {
    const [source, copy] = [root, directory].map((at) => {
        const project = readProject(at);
        return project && configFile({ project, name: stack });
    });
    if (source && copy && !existsSync(copy) && existsSync(source)) {
        mkdirSync(dirname(copy), { recursive: true });
        copyFileSync(source, copy);
    }
    const cluster = join(localDirectory(root), CLUSTER);
    const link = join(directory, relative(root, cluster));
    const isInWorktree = !relative(top, link).startsWith("..");
    if (!isInWorktree || !existsSync(cluster) || existsSync(link)) return;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(cluster, link);
}

/** Installs what a revision needs: by `make` in a clone of Drydock, elsewhere the packages of the program. */
export async function setUp(
    directory: string,
    { title }: Revision,
    env: NodeJS.ProcessEnv = {},
): Promise<void> {
    const isInstalled =
        !existsSync(join(directory, "package.json")) || existsSync(join(directory, "node_modules"));
    if (isInstalled && !isClone(directory)) return;
    const project = readProject(directory);
    const install = project ? installCommand(project) : "npm install";
    const { exitCode, output } = await runShell(
        directory,
        isClone(directory) ? "make setup" : install,
        true,
        env,
    );
    if (exitCode !== 0) throw new PreviewError(`The setup of ${title} failed`, [output]);
}

/** Brings a stack up or removes it: by `make` in a clone of Drydock, elsewhere by this command. */
export function runUpdate(
    directory: string,
    stack: string,
    verb: "up" | "down",
    env: NodeJS.ProcessEnv,
): Promise<Result> {
    const name = shellQuote(stack);
    const answer = verb === "up" ? "--yes" : `--confirm ${name}`;
    const drydock = [process.execPath, process.argv[1] ?? ""].map(shellQuote).join(" ");
    const command = isClone(directory)
        ? `make ${verb} STACK=${name}`
        : `${drydock} ${verb} --stack ${name} ${answer}`;
    return runShell(directory, command, true, env);
}
