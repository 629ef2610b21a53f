/**
 * Puts a summary on a pull request: one comment, which each push brings up to date.
 *
 * `make preview-comment` runs it with GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD_LABEL (`owner:branch`)
 * and FILE. It finds the pull request itself: what a branch has written is text to it and nothing else.
 */
import { readFileSync } from "node:fs";
import { MARKER } from "./summary.ts";

/** A repository of the code host, and who speaks. */
export interface Repository {
    /** Such as `https://api.github.com`. */
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

/** Longer comments are refused. */
const LIMIT = 65_000;

/**
 * @param head the branch with its owner, `owner:branch`
 * @returns the number of the pull request, or undefined where none is open
 * @throws Error if the code host refuses a request
 */
export async function comment(
    repository: Repository,
    head: string,
    summary: string,
): Promise<number | undefined> {
    const open = (await ask(repository, "GET", `/pulls?state=open&head=${encodeURIComponent(head)}`)) as {
        number: number;
    }[];
    const number = open[0]?.number;
    if (number === undefined) return undefined;
    const body = harmless(summary.startsWith(MARKER) ? summary : `${MARKER}\n${summary}`).slice(0, LIMIT);
    const earlier = await earlierComment(repository, number);
    if (earlier === undefined) await ask(repository, "POST", `/issues/${number}/comments`, { body });
    else await ask(repository, "PATCH", `/issues/comments/${earlier}`, { body });
    return number;
}

/** Ours: written by a bot, and marked. */
async function earlierComment(repository: Repository, number: number): Promise<number | undefined> {
    for (let page = 1; ; page++) {
        const path = `/issues/${number}/comments?per_page=100&page=${page}`;
        const comments = (await ask(repository, "GET", path)) as Comment[];
        const own = comments.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(MARKER));
        if (own || comments.length < 100) return own?.id;
    }
}

/** What begins an HTML element, but for those that a summary has itself: another may show another page. */
const FOREIGN_HTML = /<(?!\/?(details|summary|sub)>|br>|!-- drydock-preview -->)(?=[a-z/!?])/gi;

/** A branch may write what it likes: nobody is called by it, and no other page is shown in it. */
function harmless(text: string): string {
    return text
        .replace(/@(?=\w)/g, "@\u200b")
        .replace(/!\[/g, "!\u200b[")
        .replace(FOREIGN_HTML, "<\u200b");
}

async function ask(
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
        throw new Error(`${method} ${path} is answered with ${response.status}: ${await response.text()}`);
    return response.json();
}

async function main(): Promise<void> {
    const {
        GITHUB_API_URL = "",
        GITHUB_REPOSITORY = "",
        GITHUB_TOKEN = "",
        HEAD_LABEL = "",
        FILE = "",
    } = process.env;
    const repository = { api: GITHUB_API_URL, name: GITHUB_REPOSITORY, token: GITHUB_TOKEN };
    const number = await comment(repository, HEAD_LABEL, readFileSync(FILE, "utf8"));
    console.log(
        number === undefined
            ? `No pull request of ${HEAD_LABEL} is open.`
            : `Pull request ${number} has the summary.`,
    );
}

if (require.main === module) void main();
