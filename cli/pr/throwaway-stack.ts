import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { shellQuote } from "../../components/shared/scripts.ts";
import { ExitCode } from "../exit-codes.ts";
import { withProtection } from "./events.ts";
import { type Revision, Worktree } from "./git.ts";
import { isNodeProgram, LOCAL_PASSPHRASE, readProject } from "../project.ts";
import {
    isClone,
    type Plans,
    preview,
    previewMasked,
    PreviewError,
    pulumi,
    setUp,
    runUpdate,
} from "./pulumi.ts";
import { runShell, type Result } from "../run-shell.ts";
import { configuredPorts, configuredTarget, freePorts, type Ports, writeConfig } from "./stack-config.ts";
import { foreignData, remoteDaemons, remoteDaemonsIn } from "./throwaway-checks.ts";
import type { Deployment } from "../state.ts";
import { string } from "./values.ts";

/** The passphrase of stacks for development. */
const PUBLIC_PASSPHRASE = {
    PULUMI_CONFIG_PASSPHRASE: LOCAL_PASSPHRASE,
    PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
};

/** A stack on this machine that is brought up from one revision, previewed with another, and removed. */
export class ThrowawayStack {
    readonly name: string;
    private readonly source: string;
    private readonly tree: Worktree;
    private readonly assignedPorts: Ports = {};
    private basePorts: Ports = {};
    private base?: Revision;
    /** URNs of the resources that the base protects. The state of this stack protects none. */
    private protectedUrns: string[] = [];
    private passphrase: NodeJS.ProcessEnv = hasPassphrase() ? {} : PUBLIC_PASSPHRASE;

    private readonly existingCommand: string;

    /**
     * @param source stack whose config it copies, with free ports in place of fixed ones
     * @param existingCommand command that compares with an existing stack instead
     */
    constructor(root: string, source: string, name: string, existingCommand: string) {
        this.existingCommand = existingCommand;
        this.source = source;
        this.name = name;
        this.tree = new Worktree(root);
    }

    /** @throws PreviewError if the config of a revision may refer to a Docker Engine on another machine */
    refuseRemoteDaemons(...revisions: Revision[]): void {
        const reasons = revisions.flatMap((revision) => {
            this.tree.checkout(revision);
            return remoteDaemons(configuredTarget(this.tree.directory, this.source));
        });
        this.refuse([...new Set(reasons)]);
    }

    /** @throws PreviewError, before anything is created, if it would use data that it did not create */
    async up(base: Revision): Promise<void> {
        const { directory } = this.tree;
        this.tree.checkout(base);
        this.basePorts = configuredPorts(directory, this.source);
        Object.assign(this.assignedPorts, await freePorts(this.basePorts));
        writeConfig(directory, this.source, this.name, this.assignedPorts);
        await setUp(directory, base, this.env);
        await this.init();
        await this.refuseForeignData();
        this.base = base;
        const { exitCode, output } = await this.update("up");
        if (exitCode !== 0)
            throw new PreviewError(`The environment of ${base.title} does not come up`, [output]);
        this.protectedUrns = protectedUrns((await this.pulumi("stack export")).stdout);
        // Pulumi would refuse to preview a change that deletes protected resources, which the summary reports.
        await this.pulumi("state unprotect --all --yes");
    }

    /** Previews the head on the stack. The plans have the configured ports in place of the assigned ones. */
    async preview(head: Revision, policies?: string): Promise<Plans> {
        const { directory } = this.tree;
        this.tree.checkout(head);
        const headPorts = configuredPorts(directory, this.source);
        const unchanged = Object.keys(headPorts).filter((key) => headPorts[key] === this.basePorts[key]);
        const ports = Object.fromEntries(unchanged.map((key) => [key, this.assignedPorts[key] ?? 0]));
        writeConfig(directory, this.source, this.name, ports);
        await setUp(directory, head, this.env);
        const { plan, unmasked } = await preview(directory, this.name, { policies, env: this.env });
        return this.withConfiguredPorts({ plan: withProtection(plan, this.protectedUrns), unmasked });
    }

    /** Removes the stack and everything that it created, including protected resources. */
    async remove(): Promise<void> {
        if (this.base) {
            console.error("→ Removing the environment");
            this.tree.checkout(this.base);
            const project = readProject(this.tree.directory);
            // Pulumi runs no program to remove a stack, but it loads the packages that a program in YAML names.
            if (project && !isNodeProgram(project)) await setUp(this.tree.directory, this.base, this.env);
            await this.pulumi("state unprotect --all --yes");
            const { exitCode, output } = await this.update("down");
            if (exitCode !== 0) throw new PreviewError(this.leftover(), [output]);
        }
        this.tree.remove();
    }

    /** The copied config may be encrypted with the public passphrase, whatever passphrase the user has set. */
    private async init(): Promise<void> {
        mkdirSync(join(this.tree.directory, ".drydock/state"), { recursive: true });
        let created = await this.pulumi("stack init");
        if (created.output.includes("incorrect passphrase")) {
            this.passphrase = PUBLIC_PASSPHRASE;
            created = await this.pulumi("stack init");
        }
        if (created.exitCode !== 0)
            throw new PreviewError(`The stack ${this.name} cannot be created`, [created.output]);
    }

    private async refuseForeignData(): Promise<void> {
        console.error("→ Checking that it uses no existing data");
        const { directory } = this.tree;
        const { steps } = await previewMasked(directory, this.name, "", this.env);
        this.refuse(remoteDaemonsIn(steps));
        // Loads Pulumi's SDK, which other verbs do not need.
        const { daemonScript } = await import("../../components/engines/docker-command.ts");
        const host = string(configuredTarget(directory, this.source).host);
        const listVolumes = daemonScript(host === "" ? {} : { host }, "volume", "ls", "--quiet");
        const { exitCode, stdout, output } = await runShell(directory, listVolumes, false);
        if (exitCode !== 0) throw new PreviewError("Docker cannot list its volumes", [output]);
        this.refuse(
            foreignData(steps, this.name, directory, stdout.split("\n").filter(Boolean)),
            `, or read the volume name or the directory from a config value that the stack ${this.source} does not set`,
        );
    }

    private refuse(reasons: string[], orElse = ""): void {
        if (reasons.length === 0) return;
        const remedy = `compare with the existing environment, which is only read: ${this.existingCommand}`;
        throw new PreviewError(
            "A throwaway environment could damage an existing one, so it is not brought up",
            [`${reasons.join(";\n")}.\n\nInstead, ${remedy}${orElse}.`],
            ExitCode.Usage,
        );
    }

    private leftover(): string {
        const { directory, top } = this.tree;
        const removal = `\`git worktree remove --force ${shellQuote(top)}\``;
        if (!isClone(directory)) {
            const variables = Object.entries(this.env).filter(([, value]) => value !== undefined);
            const assignments = variables
                .map(([name, value = ""]) => `${name}=${shellQuote(value)}`)
                .join(" ");
            const remedy = `run \`${assignments} drydock down --stack ${this.name}\` there, then ${removal}`;
            return `The throwaway stack ${this.name} is still running, and its state is in ${directory}: ${remedy}`;
        }
        const remedy = `run \`make down STACK=${this.name}\` there, without PULUMI_ variables, then ${removal}`;
        return `The throwaway stack ${this.name} is still running, and its state is in ${directory}: ${remedy}`;
    }

    /** A backend of its own, whatever backend the user has set. */
    private get env(): NodeJS.ProcessEnv {
        return {
            PULUMI_BACKEND_URL: `file://${join(this.tree.directory, ".drydock/state")}`,
            ...this.passphrase,
        };
    }

    private pulumi(command: string): Promise<Result> {
        return pulumi(this.tree.directory, this.name, command, this.env);
    }

    private update(verb: "up" | "down"): Promise<Result> {
        return runUpdate(this.tree.directory, this.name, verb, this.env);
    }

    private withConfiguredPorts(plans: Plans): Plans {
        const replacements = Object.entries(this.assignedPorts).map(
            ([key, port]) => [String(port), String(this.basePorts[key])] as const,
        );
        const json = replacements.reduce(
            (text, [from, to]) => text.replace(new RegExp(`\\b${from}\\b`, "g"), to),
            JSON.stringify(plans),
        );
        return JSON.parse(json) as Plans;
    }
}

/** @param state as `pulumi stack export` prints it */
function protectedUrns(state: string): string[] {
    const { resources = [] } = (JSON.parse(state) as { deployment: Deployment }).deployment;
    return resources.flatMap(({ urn, protect }) => (protect && urn !== undefined ? urn : []));
}

function hasPassphrase(): boolean {
    const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
    return PULUMI_CONFIG_PASSPHRASE !== undefined || PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
}
