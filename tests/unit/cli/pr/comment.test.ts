import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comment, commentFromWorkflow } from "../../../../cli/pr/comment.ts";
import { MARKER } from "../../../../cli/pr/summary.ts";

interface Comment {
    id: number;
    body: string;
    user: { type: string };
}

/** The part of GitHub's API that comments need. */
class FakeGitHub {
    readonly comments: Comment[] = [];
    readonly requests: string[] = [];
    pulls: { number: number; head: string }[] = [{ number: 7, head: "sam:fix" }];
    private readonly server: Server = createServer((request, response) => {
        void this.answer(request).then(({ status, body }) => {
            response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
        });
    });

    async start(): Promise<string> {
        await new Promise<void>((listening) => this.server.listen(0, "127.0.0.1", listening));
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    stop(): void {
        this.server.close();
        this.server.closeAllConnections();
    }

    private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
        let sent = "";
        for await (const chunk of request) sent += String(chunk);
        const { pathname, searchParams } = new URL(request.url ?? "", "http://host");
        this.requests.push(`${request.method ?? ""} ${pathname}`);
        if (request.headers.authorization !== "Bearer token") return { status: 401, body: "who are you?" };
        const { body = "" } = sent === "" ? {} : (JSON.parse(sent) as { body?: string });
        switch (`${request.method ?? ""} ${pathname.replace(/^\/repos\/team\/shop/, "")}`) {
            case "GET /pulls":
                return {
                    status: 200,
                    body: this.pulls.filter(({ head }) => head === searchParams.get("head")),
                };
            case "GET /issues/7/comments": {
                const from = (Number(searchParams.get("page")) - 1) * 100;
                return { status: 200, body: this.comments.slice(from, from + 100) };
            }
            case "POST /issues/7/comments":
                this.comments.push({ id: this.comments.length + 1, body, user: { type: "Bot" } });
                return { status: 201, body: {} };
            default: {
                const id = Number(/\/comments\/(\d+)$/.exec(pathname)?.[1]);
                const found = this.comments.find((other) => other.id === id);
                if (!found) return { status: 404, body: {} };
                found.body = body;
                return { status: 200, body: {} };
            }
        }
    }
}

describe("the comment on a pull request", () => {
    const host = new FakeGitHub();
    const repository = { api: "", name: "team/shop", token: "token" };
    beforeAll(async () => {
        repository.api = await host.start();
    });
    beforeEach(() => {
        host.comments.length = 0;
        host.requests.length = 0;
    });
    afterAll(() => {
        host.stop();
    });

    test("is created once and updated by later pushes", async () => {
        expect(await comment(repository, "sam:fix", `${MARKER}\nfirst`)).toBe(7);
        await comment(repository, "sam:fix", `${MARKER}\nsecond`);
        expect(host.comments.map(({ body }) => body)).toEqual([`${MARKER}\nsecond`]);
    });

    test("is posted by `drydock pr comment`, with the variables of a workflow", async () => {
        jest.spyOn(process.stdout, "write").mockReturnValue(true);
        const directory = mkdtempSync(join(tmpdir(), "drydock-comment-"));
        const file = join(directory, "preview.md");
        const workflow = {
            GITHUB_API_URL: repository.api,
            GITHUB_REPOSITORY: "team/shop",
            GITHUB_TOKEN: "token",
        };
        const event = join(directory, "event.json");
        writeFileSync(
            event,
            JSON.stringify({
                workflow_run: { head_branch: "fix", head_repository: { owner: { login: "sam" } } },
            }),
        );
        const env = { ...workflow, GITHUB_EVENT_PATH: event };
        await expect(commentFromWorkflow(file, { ...env, GITHUB_TOKEN: "" })).rejects.toThrow(
            "Environment variables are not set: GITHUB_TOKEN",
        );
        await expect(commentFromWorkflow(file, env)).rejects.toThrow(`There is no file ${file}`);
        writeFileSync(file, "changes");
        await commentFromWorkflow(file, env);
        expect(host.comments.map(({ body }) => body)).toEqual([`${MARKER}\nchanges`]);
        rmSync(directory, { recursive: true });
        jest.restoreAllMocks();
    });

    test("is found among many others, which are not changed", async () => {
        for (let id = 1; id <= 130; id++) host.comments.push({ id, body: "hi", user: { type: "User" } });
        host.comments.push({ id: 131, body: `${MARKER}\nfirst`, user: { type: "Bot" } });
        await comment(repository, "sam:fix", `${MARKER}\nsecond`);
        expect(host.comments.filter(({ body }) => body.includes("second")).map(({ id }) => id)).toEqual([
            131,
        ]);
        expect(host.comments).toHaveLength(131);
    });

    test("is not a comment by a person with the marker", async () => {
        host.comments.push({ id: 1, body: `${MARKER}\nmine`, user: { type: "User" } });
        await comment(repository, "sam:fix", `${MARKER}\nours`);
        expect(host.comments.map(({ body }) => body)).toEqual([`${MARKER}\nmine`, `${MARKER}\nours`]);
    });

    test("has the marker, no mentions, no images and a limited length", async () => {
        await comment(repository, "sam:fix", `@team ![x](http://elsewhere/x.png) ${"y".repeat(80_000)}`);
        const [{ body } = { body: "" }] = host.comments;
        expect(body.startsWith(MARKER)).toBe(true);
        expect(body).not.toContain("@team");
        expect(body).not.toContain("![");
        expect(body.length).toBeLessThanOrEqual(65_536);
    });

    test.each([
        '<img src="http://elsewhere/x.png">',
        "<IMG src=x>",
        "<details open>",
        "<video src=x></video>",
        "<svg/onload=x>",
        "<!-- a --><picture>",
        "<br/><image src=x>",
    ])("has no foreign HTML: %s", async (html) => {
        await comment(repository, "sam:fix", `${MARKER}\n${html}`);
        expect(host.comments[0]?.body.replace(MARKER, "")).not.toMatch(/<[a-z/!]/i);
    });

    test("keeps the HTML and the diagram of a summary", async () => {
        const kept = `${MARKER}\n<details><summary>All</summary>\n\na<br>b --> c < d\n</details><sub>12 s</sub>`;
        await comment(repository, "sam:fix", kept);
        expect(host.comments[0]?.body).toBe(kept);
    });

    test("is not posted if the branch has no open pull request", async () => {
        expect(await comment(repository, "eve:fix", "x")).toBeUndefined();
        expect(host.requests).toEqual(["GET /repos/team/shop/pulls"]);
    });

    test("fails with the response of GitHub", async () => {
        const stranger = { ...repository, token: "other" };
        await expect(comment(stranger, "sam:fix", "x")).rejects.toThrow(
            /GitHub answered 401: "who are you\?"/,
        );
    });
});
