import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { daemonScript } from "../components/engines/docker-command.ts";
import { shellQuote } from "../components/shared/shell.ts";
import { bash, type Ended } from "./command.ts";
import { Failed, planned, type Plans, preview, pulumi, setUp } from "./environment.ts";
import { type Revision, Worktree } from "./git.ts";
import { elsewhere, elsewhereIn, othersData } from "./refusals.ts";
import { freePorts, placeOf, type Ports, portsOf, writeSettings } from "./settings.ts";
import { text } from "./values.ts";

/** Without one, ./env sets the public passphrase. */
const NO_PASSPHRASE = { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: undefined };

/** A stack on this machine that nobody else has: made of one revision, and previewed with another. */
export class Throwaway {
    private readonly tree: Worktree;
    private readonly free: Ports = {};
    private before: Ports = {};
    private base?: Revision;
    private passphrase: NodeJS.ProcessEnv = {};
    private readonly like: string;
    readonly name: string;

    /** @param like the stack whose settings it has, with free ports in place of the fixed ones */
    constructor(root: string, like: string, name: string) {
        this.like = like;
        this.name = name;
        this.tree = new Worktree(root);
    }

    /** @throws Failed where the settings of a revision lead to another Docker than this machine's */
    refuseElsewhere(...revisions: Revision[]): void {
        const found = revisions.flatMap((revision) => {
            this.tree.checkout(revision);
            return elsewhere(placeOf(this.tree.folder, this.like));
        });
        this.refuse([...new Set(found)]);
    }

    /** @throws Failed, before anything is made, where it would use what others have */
    async up(base: Revision): Promise<void> {
        this.tree.checkout(base);
        this.before = portsOf(this.tree.folder, this.like);
        Object.assign(this.free, await freePorts(this.before));
        writeSettings(this.tree.folder, this.like, this.name, this.free);
        await setUp(this.tree.folder, base, this.own);
        await this.init();
        await this.refuseWhatOthersHave();
        this.base = base;
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

    /** Removes the stack with all that was made for it, what is protected too. */
    async remove(): Promise<void> {
        if (this.base) {
            console.error("→ Removing the environment");
            this.tree.checkout(this.base);
            await this.pulumi("state unprotect --all --yes");
            const { code, said } = await this.make("down");
            if (code !== 0) throw new Failed(this.leftBehind(), [said]);
        }
        this.tree.remove();
    }

    /** Its settings may have been encrypted with the public passphrase, whatever the user has set. */
    private async init(): Promise<void> {
        mkdirSync(join(this.tree.folder, ".drydock/state"), { recursive: true });
        let made = await this.pulumi("stack init");
        if (made.said.includes("incorrect passphrase")) {
            this.passphrase = NO_PASSPHRASE;
            made = await this.pulumi("stack init");
        }
        if (made.code !== 0) throw new Failed(`The stack ${this.name} cannot be made`, [made.said]);
    }

    private async refuseWhatOthersHave(): Promise<void> {
        console.error("→ Seeing that it uses nothing that is there already");
        const { folder } = this.tree;
        const { steps } = await planned(folder, this.name, "", this.own);
        this.refuse(elsewhereIn(steps));
        const host = text(placeOf(folder, this.like).host);
        const list = daemonScript(host === "" ? {} : { host }, "volume", "ls", "--quiet");
        const { code, stdout, said } = await bash(folder, list, false);
        if (code !== 0) throw new Failed("Docker does not tell which volumes it has", [said]);
        this.refuse(
            othersData(steps, this.name, folder, stdout.split("\n").filter(Boolean)),
            `, or make the name a setting that Pulumi.${this.like}.yaml leaves out`,
        );
    }

    private refuse(found: string[], orElse = ""): void {
        if (found.length === 0) return;
        const remedy = `compare with that environment itself, which only reads: PULUMI_BACKEND_URL=... make preview-pr STACK=${this.like}`;
        throw new Failed(
            "No throwaway environment is brought up, as it would use what others have",
            [`${found.join(";\n")}.\n\nInstead, ${remedy}${orElse}.`],
            2,
        );
    }

    private leftBehind(): string {
        const { folder } = this.tree;
        const remedy = `run \`make down STACK=${this.name}\` there, with no PULUMI_ variable set, then \`git worktree remove --force ${folder}\``;
        return `The throwaway stack ${this.name} is still in Docker, and its state in ${folder}: ${remedy}`;
    }

    /** A backend of its own, whatever the user has set. */
    private get own(): NodeJS.ProcessEnv {
        return {
            PULUMI_BACKEND_URL: `file://${join(this.tree.folder, ".drydock/state")}`,
            ...this.passphrase,
        };
    }

    private pulumi(command: string): Promise<Ended> {
        return pulumi(this.tree.folder, this.name, command, this.own);
    }

    private make(target: string): Promise<Ended> {
        return bash(this.tree.folder, `make ${target} STACK=${shellQuote(this.name)}`, true, this.own);
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
