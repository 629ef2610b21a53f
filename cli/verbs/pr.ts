import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { withStack } from "../options.ts";
import { progress } from "../output.ts";
import { commentFromWorkflow } from "../pr/comment.ts";
import { previewBranch } from "../pr/preview-branch.ts";
import { openStack, type StackOption } from "../project.ts";

interface Options extends StackOption {
    base?: string;
    head?: string;
    existing?: boolean;
    acceptDataLoss?: boolean;
    out?: string;
}

export function prCommand(): Command {
    const command = new Command("pr")
        .description("show what this branch would do to an environment of its base, as Markdown")
        .option("--base <commit>", "commit that the environment runs (default: the target or main branch)")
        .option("--head <commit>", "commit to preview (default: the working tree)")
        .option("--existing", "compare with the stack itself, which is only read, and bring up none")
        .option("--accept-data-loss", "end with exit code 0 even if data is at risk")
        .option("--out <file>", "file for the summary (default: .drydock/preview.md of the project)");
    command
        .command("comment")
        .description("post a summary to its pull request, or update the comment; for a workflow of GitHub")
        .argument("<file>", "the summary that --out named")
        .addHelpText(
            "after",
            "\nReads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN and HEAD_LABEL (owner:branch).",
        )
        .action((file: string) => commentFromWorkflow(file));
    return withStack(command).action(previewPullRequest);
}

async function previewPullRequest(options: Options): Promise<void> {
    const { base, head, existing = false, acceptDataLoss = false, out } = options;
    const { project, name } = await openStack(options);
    const policies = policyPack();
    if (policies === undefined)
        progress(
            "Policies are not checked: install @pulumi/policy (in a clone of Drydock, run `make build`)",
        );
    process.exitCode = await previewBranch({
        root: project.directory,
        stack: name,
        existing,
        dataLossAccepted: acceptDataLoss,
        ...(base !== undefined && { base }),
        ...(head !== undefined && { head }),
        ...(policies !== undefined && { policies }),
        out: out === undefined ? join(project.directory, ".drydock/preview.md") : resolve(out),
        names: {
            base: "--base",
            head: "--head",
            existingCommand: `drydock pr --existing --stack ${name}`,
        },
    });
}

/** The policy pack of this package. Undefined if it cannot be loaded: without its peer dependency, or in a clone without `make build`. */
function policyPack(): string | undefined {
    for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
        const file = join(directory, "policies/PulumiPolicy.yaml");
        if (existsSync(file)) return isLoadable(file) ? dirname(file) : undefined;
        if (dirname(directory) === directory) return undefined;
    }
}

function isLoadable(file: string): boolean {
    try {
        createRequire(file).resolve("@pulumi/policy");
        return existsSync(join(dirname(file), "../dist/policies/index.js"));
    } catch {
        return false;
    }
}
