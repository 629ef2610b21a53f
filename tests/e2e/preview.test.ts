import { join, resolve } from "node:path";
import { Failed, Throwaway } from "../../preview/environment";
import { Revision, revision } from "../../preview/git";
import { Summary, summaryOf } from "../../preview/summary";
import { Clone } from "./clone";

jest.setTimeout(300_000);

const POLICIES = resolve(__dirname, "../../policies");
const PASSWORD = "hunter2-of-the-vault";
/** No other run has it, not even one that was killed. */
const VOLUME = `spare-of-preview-test-${process.pid}`;

/** The dev stack, and what some of the branches change. */
const BASE: Change[] = [
    [
        "stacks/compose.ts",
        "    const web =",
        `    new RedisService("scratch", { persistent: false });
    new RedisService("vault", { password: pulumi.secret("${PASSWORD}") });
    new RedisService("spare", { volume: "${VOLUME}" });
    const web =`,
    ],
];

type Change = [file: string, from: string, to: string];

/** What a branch changes, what a reviewer must read of it, and what data is at risk. */
interface Branch {
    changes: Change[];
    reads: (string | RegExp)[];
    risks?: string[];
    policies?: string[];
}

const DEV = "stacks/compose.ts";

const BRANCHES: Record<string, Branch> = {
    "no change": {
        changes: [],
        reads: ["## No change to the environment", "Nothing that runs would change."],
    },
    "a change of code": {
        changes: [["apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from"]],
        reads: ["Components: 1 restarted", "its image is built anew", /\*\*sample\*\*.*\*\*restarts\*\*/],
    },
    "a new environment variable": {
        changes: [
            [DEV, 'memory: settings.require("memory"),', 'memory: "512m", env: { GREETING: "ahoy-there" },'],
        ],
        reads: ["`sample`: new variable `GREETING`", "`sample-worker`: new variable `GREETING`"],
    },
    "another port": {
        changes: [["Pulumi.yaml", "default: 3000", "default: 3007"]],
        reads: ["published on `127.0.0.1:3000` → `127.0.0.1:3007`", "- `127.0.0.1:3007` leads to `sample`"],
    },
    "another version of an image": {
        changes: [["Pulumi.yaml", 'default: "8"', 'default: "8.2"']],
        reads: ["image `redis:8` → `redis:8.2`", /\*\*cache\*\*.*\*\*restarts\*\*/],
    },
    "a Redis that gains a volume": {
        changes: [[DEV, '"scratch", { persistent: false }', '"scratch"']],
        reads: ["volume `scratch-data` is made", /`scratch`: mounts nothing → `.*scratch at \/data`/],
    },
    "another major version of Postgres": {
        changes: [["Pulumi.yaml", 'default: "17"', 'default: "18"']],
        reads: ["image `postgres:17` → `postgres:18`", "> **Data at risk**"],
        risks: ["db: PostgreSQL 17 becomes 18"],
    },
    "a database that is renamed": {
        changes: [[DEV, 'new PostgresService("db", {', 'new PostgresService("db", { database: "shop",']],
        reads: ["changed variable `POSTGRES_DB`", "changed variable `DATABASE_URL`"],
        risks: ["db: database `app` becomes `shop`"],
    },
    "another volume": {
        changes: [[DEV, VOLUME, "other-of-preview-test"]],
        reads: ["volume `spare-data` is replaced"],
        risks: ["spare: volume `spare-data` is deleted and made anew"],
    },
    "a directory in place of the volume": {
        changes: [[DEV, `volume: "${VOLUME}"`, 'hostPath: "/srv/spare"']],
        reads: ["`/srv/spare at /data`"],
        risks: ["spare: volume `spare-data` is deleted, with all its data"],
    },
    "a component that is removed": {
        changes: [[DEV, 'new RedisService("scratch", { persistent: false });', ""]],
        reads: [
            "Components: 1 removed",
            /\*\*scratch\*\*.*\*\*is removed\*\*/,
            "container `scratch` is removed",
        ],
    },
    "a component with data that is removed": {
        changes: [[DEV, `new RedisService("spare", { volume: "${VOLUME}" });`, ""]],
        reads: [/\*\*spare\*\*.*\*\*is removed\*\*/],
        risks: ["spare: volume `spare-data` is deleted, with all its data"],
    },
    "another password": {
        changes: [[DEV, PASSWORD, "another-password-of-the-vault"]],
        reads: ["`vault`: file `/run/drydock/redis-password` changes"],
        risks: ["vault: its password changes: whoever holds the old one is locked out"],
    },
    "a broken policy": {
        changes: [[DEV, '"scratch", {', '"scratch", { publish: { port: 7777, ip: "0.0.0.0" },']],
        reads: ["> **Policies broken**", "publish it on 127.0.0.1, or not at all (`database-not-published`)"],
        policies: ["database-not-published"],
    },
};

describe("the preview of a branch", () => {
    const clone = new Clone();
    const throwaway = new Throwaway(clone.dir, "dev", `preview-test-${process.pid}`);
    let base: Revision;

    /** A commit on top of another, with files changed. */
    function commit(on: string, name: string, changes: Change[]): Revision {
        clone.shell(`git checkout --quiet --force --detach ${on}`);
        for (const [file, from, to] of changes) clone.edit(file, from, to);
        clone.shell(`git -c user.name=t -c user.email=t@t commit --quiet --all --allow-empty -m '${name}'`);
        const made = revision(clone.dir, "HEAD");
        if (!made) throw new Error("no commit was made");
        return { ...made, title: name };
    }

    async function previewed(head: Revision): Promise<Summary> {
        const { plan, open } = await throwaway.preview(head, POLICIES);
        return summaryOf(plan, open, { base: base.title, head: head.title, seconds: 1, lossAccepted: false });
    }

    beforeAll(async () => {
        base = commit("HEAD", "base", BASE);
        await throwaway.up(base);
    });
    afterAll(async () => {
        await throwaway.remove();
        expect(clone.shell("docker ps --all --quiet --filter label=drydock.stack=" + throwaway.name)).toBe(
            "",
        );
        expect(clone.shell("git worktree list | wc -l").trim()).toBe("1");
        await clone.dispose();
    });

    test.each(Object.entries(BRANCHES))("%s is told to a reviewer", async (name, branch) => {
        const { markdown, risks, violations } = await previewed(commit(base.commit, name, branch.changes));
        for (const expected of branch.reads) {
            if (typeof expected === "string") expect(markdown).toContain(expected);
            else expect(markdown).toMatch(expected);
        }
        const atRisk = risks.map(({ component, what }) => `${component}: ${what}`);
        expect(atRisk).toEqual((branch.risks ?? []).map((risk) => expect.stringContaining(risk) as string));
        const broken = violations.filter(({ mandatory }) => mandatory).map(({ policy }) => policy);
        expect(broken).toEqual(branch.policies ?? []);
        expect(markdown).toContain(risks.length > 0 ? "Data at risk" : "##");
        for (const secret of [PASSWORD, "another-password", "ahoy-there", "postgres://", "redis://"])
            expect(markdown).not.toContain(secret);
    });

    test("a broken program is refused with its error", async () => {
        const head = commit(base.commit, "broken", [
            [DEV, "    const web =", 'throw new Error("run aground");\nconst web ='],
        ]);
        const failed = await previewed(head).catch((error: unknown) => error);
        expect(failed).toBeInstanceOf(Failed);
        expect((failed as Failed).said.join("\n")).toContain("run aground");
    });
});

describe("make preview-pr", () => {
    const clone = new Clone();
    afterAll(() => clone.dispose());

    /** Nothing is left of the environment that a run has said it brings up. */
    function expectRemoved(output: string): void {
        const [, stack] = /Bringing up an environment of .*: the stack (\S+)/.exec(output) ?? [];
        expect(stack).toMatch(/^preview-/);
        expect(clone.shell(`docker ps --all --quiet --filter label=drydock.stack=${stack}`)).toBe("");
        expect(clone.shell("git worktree list | wc -l").trim()).toBe("1");
    }

    test("writes the summary of what is not committed, ends with 3 where data is at risk, and leaves nothing", async () => {
        clone.edit(
            DEV,
            'new RedisService("cache", {',
            'new RedisService("cache", { volume: "other-of-preview-pr",',
        );
        const summary = () => clone.shell("cat .drydock/preview.md");
        const { output } = await clone.run("make preview-pr BASE=HEAD");
        expect(output).toContain("Error 3");
        expect(summary()).toContain("> - **cache**: volume `cache-data` is deleted and made anew, empty");
        expect(summary()).toMatch(/what these files, not committed would make of it; took \d+ s/);
        expectRemoved(output);

        const accepted = await clone.run("make preview-pr BASE=HEAD", { DATA_LOSS_ACCEPTED: "yes" });
        expect(accepted.code).toBe(0);
        expect(summary()).toContain("The pull request says that this is meant.");
    });

    test("previews a stack that is there, and touches it no further", async () => {
        const env = {
            PULUMI_BACKEND_URL: `file://${join(clone.dir, "shared")}`,
            PULUMI_CONFIG_PASSPHRASE: "drydock-dev",
        };
        clone.shell(`mkdir -p ${clone.dir}/shared && git checkout --quiet .`);
        expect((await clone.run("make up STACK=pr-77", env)).code).toBe(0);
        const state = () => clone.shell(`cat ${clone.dir}/shared/.pulumi/stacks/drydock/pr-77.json`);
        const before = state();
        clone.edit(DEV, 'settings.require("memory")', '"256m"');
        expect((await clone.run("make preview-pr STACK=pr-77 BASE=HEAD", env)).code).toBe(0);
        expect(clone.shell("cat .drydock/preview.md")).toContain("memory in MiB `512` → `256`");
        expect(clone.shell("cat .drydock/preview.md")).toContain("An environment of the stack pr-77");
        expect(state()).toBe(before);

        clone.shell("git checkout --quiet .");
        expect((await clone.run("make down STACK=pr-77", env)).code).toBe(0);
        expect(clone.shell("docker ps --all --quiet --filter label=drydock.stack=pr-77")).toBe("");
        expect(clone.shell("git status --porcelain")).not.toContain("pr-77");
    });

    test("that is interrupted removes what it has made", async () => {
        const interrupted = clone.start("exec make preview-pr BASE=HEAD");
        await interrupted.said("Container db created");
        interrupted.kill("SIGTERM");
        const { output } = await interrupted.ended;
        expect(output).toContain("Removing the environment");
        expectRemoved(output);
    });

    test.each([
        ["BASE=nowhere", "BASE is nowhere, and git knows no such commit"],
        ["BASE=HEAD HEAD=nowhere", "HEAD is nowhere, and git knows no such commit"],
    ])("refuses %s", async (args, expected) => {
        const { output } = await clone.run(`make preview-pr ${args}`);
        expect(output).toContain(expected);
        expect(output).toContain("Error 2");
    });
});
