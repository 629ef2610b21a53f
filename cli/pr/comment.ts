/**
 * Posts a summary as a comment on a pull request, or updates the comment of an earlier push.
 *
 * The code of the branch has written the summary, which is not trusted: this finds the pull request itself.
 */
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "../exit-codes.ts";
import { headLabel } from "./github.ts";
import { MARKER } from "./summary.ts";

/** A repository on GitHub. */
export interface Repository {
    /** For example `https://api.github.com`. */
    api: string;
    /** `owner/name`. */
    name: string;
    token: string;
}

interface Comment {
    id: number;
    body?: string;
    user?: { type?: string };
}

/** GitHub refuses comments of more than 65,536 characters. */
const MAX_LENGTH = 65_000;

/**
 * @param head the branch with its owner, `owner:branch`
 * @returns the number of the pull request, or undefined if none is open
 * @throws Error if GitHub refuses a request
 */
export async function comment(
    repository: Repository,
    head: string,
    summary: string,
): Promise<number | undefined> {
    const open = (await request(repository, "GET", `/pulls?state=open&head=${encodeURIComponent(head)}`)) as {
        number: number;
    }[];
    const number = open[0]?.number;
    if (number === undefined) return undefined;
    const body = sanitize(summary.startsWith(MARKER) ? summary : `${MARKER}\n${summary}`).slice(
        0,
        MAX_LENGTH,
    );
    const earlier = await earlierComment(repository, number);
    if (earlier === undefined) await request(repository, "POST", `/issues/${number}/comments`, { body });
    else await request(repository, "PATCH", `/issues/comments/${earlier}`, { body });
    return number;
}

/** The comment of a bot with our marker. */
async function earlierComment(repository: Repository, number: number): Promise<number | undefined> {
    for (let page = 1; ; page++) {
        const path = `/issues/${number}/comments?per_page=100&page=${page}`;
        const comments = (await request(repository, "GET", path)) as Comment[];
        const match = comments.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(MARKER));
        if (match || comments.length < 100) return match?.id;
    }
}

/** The start of an HTML element that a summary does not use. It could show content of another site. */
const FOREIGN_HTML = /<(?!\/?(details|summary|sub)>|br>|!-- drydock-preview -->)(?=[a-z/!?])/gi;

/** Disables mentions, images and foreign HTML. */
function sanitize(markdown: string): string {
    return markdown
        .replace(/@(?=\w)/g, "@\u200b")
        .replace(/!\[/g, "!\u200b[")
        .replace(FOREIGN_HTML, "<\u200b");
}

async function request(
    { api, name, token }: Repository,
    method: string,
    path: string,
    body?: object,
): Promise<unknown> {
    const response = await fetch(`${api}/repos/${name}${path}`, {
        method,
        headers: { accept: "application/vnd.github+json", authorization: `Bearer ${token}` },
        body: body && JSON.stringify(body),
    });
    if (!response.ok)
        throw new Error(`${method} ${path}: GitHub answered ${response.status}: ${await response.text()}`);
    return response.json();
}

/**
 * Comments from a GitHub Actions workflow, whose variables name the repository and the event.
 *
 * @param file with the summary
 * @throws UsageError that names the variables that are missing
 */
export async function commentFromWorkflow(file: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
    const { GITHUB_API_URL = "", GITHUB_REPOSITORY = "", GITHUB_TOKEN = "" } = env;
    const variables = { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN };
    const missing = Object.entries(variables).flatMap(([name, value]) => (value === "" ? [name] : []));
    if (missing.length > 0)
        throw new UsageError(
            `Environment variables are not set: ${missing.join(", ")}`,
            "GitHub Actions sets all but GITHUB_TOKEN. Pass that in env: GITHUB_TOKEN: ${{ github.token }}",
        );
    const head = headLabel(env);
    if (!existsSync(file))
        throw new UsageError(`There is no file ${file}`, "Pass the file that `drydock pr --out` wrote.");
    const repository = { api: GITHUB_API_URL, name: GITHUB_REPOSITORY, token: GITHUB_TOKEN };
    const number = await comment(repository, head, readFileSync(file, "utf8"));
    process.stdout.write(
        number === undefined
            ? `No pull request of ${head} is open.\n`
            : `Posted the summary on pull request ${number}.\n`,
    );
}
