import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellQuote } from "../components/shared/shell.ts";
import { bash, type Ended } from "./command.ts";
import { type Plan, planOf } from "./events.ts";
import { type Revision, Worktree } from "./git.ts";
import { opened } from "./secrets.ts";

/** A plan with secrets masked, and the same with its secrets. */
export interface Plans {
    plan: Plan;
    open: Plan;
}

/** Something that keeps a revision from being previewed, what was said, and what the command ends with. */
export class Failed extends Error {
    readonly said: string[];
    readonly code: number;

    constructor(message: string, said: string[], code = 1) {
        super(message);
        this.said = said;
        this.code = code;
    }
}

/** One event a line, each as it comes. */
const STREAMING = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };

/** Runs a command of Pulumi on a stack, as a user would in a folder's shell. */
export function pulumi(
    folder: string,
    stack: string,
    command: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
    return bash(
        folder,
        `. ./env && pulumi ${command} --non-interactive --stack ${shellQuote(stack)}`,
        false,
        env,
    );
}

/** What the program in a folder would make of a stack, with secrets masked; only reads. */
export async function planned(
    folder: string,
    stack: string,
    options: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Plan> {
    const { code, stdout, said } = await pulumi(folder, stack, `preview --json ${options}`, {
        ...env,
        ...STREAMING,
    });
    const plan = planOf(stdout);
    const broken = plan.violations.some(({ mandatory }) => mandatory);
    if (code === 0 || broken) return plan;
    throw new Failed("The program cannot be previewed", plan.errors.length > 0 ? plan.errors : [said]);
}

/** The same, and with its secrets. */
export async function preview(
    folder: string,
    stack: string,
    policies: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Plans> {
    const secrets = mkdtempSync(join(tmpdir(), "drydock-plan-"));
    const file = join(secrets, "plan.json");
    try {
        const save = `--save-plan ${shellQuote(file)} --show-secrets`;
        const [plan, state] = await Promise.all([
            planned(folder, stack, `--policy-pack ${shellQuote(policies)} ${save}`, env),
            pulumi(folder, stack, "stack export --show-secrets", env),
        ]);
        // Where a policy is broken, no plan is saved.
        if (!existsSync(file)) await pulumi(folder, stack, `preview ${save}`, env);
        // Names of secret variables are told, which what the engine says does not hold.
        return {
            plan,
            open: opened(plan, state.stdout, existsSync(file) ? readFileSync(file, "utf8") : "{}"),
        };
    } finally {
        rmSync(secrets, { recursive: true });
    }
}

/** What a revision would make of a stack that others have; only reads. */
export async function previewReal(
    root: string,
    head: Revision,
    stack: string,
    policies: string,
): Promise<Plans> {
    const tree = new Worktree(root);
    try {
        tree.checkout(head);
        lendSettings(root, tree.folder, stack);
        await setUp(tree.folder, head);
        return await preview(tree.folder, stack, policies);
    } finally {
        tree.remove();
    }
}

/**
 * A stack's settings need not be in git; those of the head, where they are, are part of what it changes. They may
 * name the rehearsal of a Swarm, by a path from the project's folder.
 */
function lendSettings(root: string, folder: string, stack: string): void {
    const file = `Pulumi.${stack}.yaml`;
    if (!existsSync(join(folder, file)) && existsSync(join(root, file)))
        copyFileSync(join(root, file), join(folder, file));
    const rehearsal = ".drydock/swarm";
    if (!existsSync(join(root, rehearsal)) || existsSync(join(folder, rehearsal))) return;
    mkdirSync(join(folder, ".drydock"), { recursive: true });
    symlinkSync(join(root, rehearsal), join(folder, rehearsal));
}

export async function setUp(folder: string, { title }: Revision, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { code, said } = await bash(folder, "make setup", true, env);
    if (code !== 0) throw new Failed(`The set-up of ${title} fails`, [said]);
}
