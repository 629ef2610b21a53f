/** The pull request that a GitHub Actions workflow runs for. */
import { readFileSync } from "node:fs";
import { UsageError } from "../exit-codes.ts";

/** The label that states that a data loss is intended. */
const DATA_LOSS_LABEL = "data-loss-accepted";

export interface PullRequest {
    /** SHA of the base commit. */
    base: string;
    /** SHA of the head commit. */
    head: string;
    dataLossAccepted: boolean;
}

/** The parts of GitHub's events that Drydock reads. */
interface Event {
    pull_request?: {
        base: { sha: string };
        head: { sha: string; label: string };
        labels: { name: string }[];
    };
    workflow_run?: { head_branch: string; head_repository: { owner: { login: string } } };
}

/** @throws UsageError outside of a workflow that runs on `pull_request` */
export function pullRequestOf(env: NodeJS.ProcessEnv): PullRequest {
    const { pull_request: pull } = readEvent(env);
    if (!pull)
        throw new UsageError(
            "This workflow was not triggered by a pull request",
            "Trigger it with `on: pull_request`, or name the commits with --base and --head.",
        );
    return {
        base: pull.base.sha,
        head: pull.head.sha,
        dataLossAccepted: pull.labels.some(({ name }) => name === DATA_LOSS_LABEL),
    };
}

/**
 * The branch of the pull request with its owner: `owner:branch`.
 *
 * @throws UsageError outside of a workflow that runs on `workflow_run` or `pull_request`
 */
export function headLabel(env: NodeJS.ProcessEnv): string {
    const { workflow_run: run, pull_request: pull } = readEvent(env);
    if (run) return `${run.head_repository.owner.login}:${run.head_branch}`;
    if (pull) return pull.head.label;
    throw new UsageError(
        "This workflow was not triggered by a pull request",
        "Trigger it with `on: workflow_run`, after the preview workflow.",
    );
}

function readEvent({ GITHUB_EVENT_PATH = "" }: NodeJS.ProcessEnv): Event {
    if (GITHUB_EVENT_PATH === "")
        throw new UsageError("GITHUB_EVENT_PATH is not set", "GitHub Actions sets it in its workflows.");
    return JSON.parse(readFileSync(GITHUB_EVENT_PATH, "utf8")) as Event;
}
