import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quoted } from "../components/shell";
import { bash, Ended } from "./command";
import { Plan, planOf } from "./events";
import { Revision, Worktree } from "./git";
import { opened } from "./secrets";
import { freePorts, Ports, portsOf, writeSettings } from "./settings";

/** A plan with secrets masked, and the same with its secrets. */
export interface Plans {
    plan: Plan;
    open: Plan;
}

/** Something that keeps a revision from being previewed, and what was said. */
export class Failed extends Error {
    constructor(
        message: string,
        readonly said: string[],
    ) {
        super(message);
    }
}

/** One event a line, each as it comes. */
const STREAMING = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };

/** What the program in a folder would make of a stack; only reads. */
async function preview(
    folder: string,
    stack: string,
    policies: string,
    env: NodeJS.ProcessEnv = {},
): Promise<Plans> {
    const secrets = mkdtempSync(join(tmpdir(), "drydock-plan-"));
    const file = join(secrets, "plan.json");
    const pulumi = (command: string) =>
        `. ./env && pulumi ${command} --non-interactive --stack ${quoted(stack)}`;
    try {
        const save = `--save-plan ${quoted(file)} --show-secrets`;
        const [masked, state] = await Promise.all([
            bash(folder, pulumi(`preview --json --policy-pack ${quoted(policies)} ${save}`), false, {
                ...env,
                ...STREAMING,
            }),
            bash(folder, pulumi("stack export --show-secrets"), false, env),
        ]);
        const plan = planOf(masked.stdout);
        const broken = plan.violations.some(({ mandatory }) => mandatory);
        if (masked.code !== 0 && !broken) {
            throw new Failed(
                "The program cannot be previewed",
                plan.errors.length > 0 ? plan.errors : [masked.said],
            );
        }
        // Where a policy is broken, no plan is saved.
        if (!existsSync(file)) await bash(folder, pulumi(`preview ${save}`), false, env);
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

async function setUp(folder: string, { title }: Revision, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { code, said } = await bash(folder, "make setup", true, env);
    if (code !== 0) throw new Failed(`The set-up of ${title} fails`, [said]);
}

/** A stack on this machine that nobody else has: made of one revision, and previewed with another. */
export class Throwaway {
    private readonly tree: Worktree;
    private readonly free: Ports = {};
    private before: Ports = {};
    private base?: Revision;

    /** @param like the stack whose settings it has, with free ports in place of the fixed ones */
    constructor(
        root: string,
        private readonly like: string,
        readonly name: string,
    ) {
        this.tree = new Worktree(root);
    }

    async up(base: Revision): Promise<void> {
        this.base = base;
        this.tree.checkout(base);
        this.before = portsOf(this.tree.folder, this.like);
        Object.assign(this.free, await freePorts(this.before));
        writeSettings(this.tree.folder, this.like, this.name, this.free);
        const { code, said } = await this.make("up");
        if (code !== 0) throw new Failed(`The environment of ${base.title} does not come up`, [said]);
    }

    /** What the head would make of it; with the ports as the settings have them. */
    async preview(head: Revision, policies: string): Promise<Plans> {
        this.tree.checkout(head);
        const after = portsOf(this.tree.folder, this.like);
        const unchanged = Object.keys(after).filter((key) => after[key] === this.before[key]);
        const kept = Object.fromEntries(unchanged.map((key) => [key, this.free[key] ?? 0]));
        writeSettings(this.tree.folder, this.like, this.name, kept);
        await setUp(this.tree.folder, head, this.own);
        return this.withOwnPorts(await preview(this.tree.folder, this.name, policies, this.own));
    }

    /** Removes the stack, and all that was made for it. */
    async remove(): Promise<void> {
        if (this.base) {
            this.tree.checkout(this.base);
            const { code, said } = await this.make("down");
            if (code !== 0)
                throw new Failed(
                    `The throwaway stack ${this.name} could not be removed: see ${this.tree.folder}`,
                    [said],
                );
        }
        this.tree.remove();
    }

    /** A backend of its own, whatever the user has set. */
    private get own(): NodeJS.ProcessEnv {
        return { PULUMI_BACKEND_URL: `file://${join(this.tree.folder, ".drydock/state")}` };
    }

    private make(target: string): Promise<Ended> {
        return bash(this.tree.folder, `make ${target} STACK=${quoted(this.name)}`, true, this.own);
    }

    private withOwnPorts(plans: Plans): Plans {
        const shown = Object.entries(this.free).map(
            ([key, port]) => [String(port), String(this.before[key])] as const,
        );
        const replaced = (text: string) =>
            shown.reduce((all, [from, to]) => all.replace(new RegExp(`\\b${from}\\b`, "g"), to), text);
        return JSON.parse(replaced(JSON.stringify(plans))) as Plans;
    }
}
