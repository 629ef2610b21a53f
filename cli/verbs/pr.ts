import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { withStack } from "../options.ts";
import { progress } from "../output.ts";
import { commentFromWorkflow } from "../pr/comment.ts";
import { pullRequestOf } from "../pr/github.ts";
import { previewBranch } from "../pr/preview-branch.ts";
import { localDirectory, openProject, openStack, type StackOption } from "../project.ts";
import { providePulumi } from "../setup/pulumi.ts";

interface Options extends StackOption {
    base?: string;
    head?: string;
    existing?: boolean;
    acceptDataLoss?: boolean;
    out?: string;
    github?: boolean;
}

export function prCommand(): Command {
    const command = new Command("pr")
        .description("show what this branch would do to an environment of its base, as Markdown")
        .option("--base <commit>", "branch or commit to compare with (default: the target or main branch)")
        .option("--head <commit>", "commit to preview (default: the working tree)")
        .option(
            "--existing",
            "compare with the stack itself, which is only read, instead of with a throwaway stack",
        )
        .option("--accept-data-loss", "end with exit code 0 even if data is at risk")
        .option("--out <file>", "file for the summary (default: .drydock/preview.md of the project)")
        .option("--github", "in GitHub Actions: take base, head and labels from the pull request");
    command
        .command("comment")
        .description(
            "post a summary to its pull request, or update the comment; for a GitHub Actions workflow",
        )
        .argument("<file>", "summary that `drydock pr --out` wrote")
        .addHelpText(
            "after",
            "\nReads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH and GITHUB_TOKEN.",
        )
        .action((file: string) => commentFromWorkflow(file));
    return withStack(command).action(previewPullRequest);
}

async function previewPullRequest(options: Options): Promise<void> {
    const pull = options.github ? pullRequestOf(process.env) : undefined;
    const { base = pull?.base, head = pull?.head, existing = false, acceptDataLoss = false } = options;
    await providePulumi(openProject());
    const { project, name } = await openStack(options);
    const policies = policyPack();
    if (policies === undefined)
        progress(
            "Policies are not checked: install @pulumi/policy (in a clone of Drydock, run `make build`)",
        );
    // A new `.drydock` beside the program would hide the one of a parent directory, and the state in it.
    const out = resolve(options.out ?? join(localDirectory(project.directory), "preview.md"));
    // If this run fails early, no summary of an earlier one must stay.
    rmSync(out, { force: true });
    try {
        process.exitCode = await previewBranch({
            root: project.directory,
            stack: name,
            existing,
            dataLossAccepted: acceptDataLoss || (pull?.dataLossAccepted ?? false),
            ...(base !== undefined && { base }),
            ...(head !== undefined && { head }),
            ...(policies !== undefined && { policies }),
            out,
            names: {
                base: "--base",
                head: "--head",
                existingCommand: `drydock pr --existing --stack ${name}`,
            },
        });
    } finally {
        const { GITHUB_STEP_SUMMARY = "" } = process.env;
        if (options.github && GITHUB_STEP_SUMMARY !== "" && existsSync(out))
            appendFileSync(GITHUB_STEP_SUMMARY, readFileSync(out));
    }
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
