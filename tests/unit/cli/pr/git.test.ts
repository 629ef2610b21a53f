import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultBase, mergeBase, type Revision, revision } from "../../../../cli/pr/git.ts";

describe("the base of a branch", () => {
    const root = mkdtempSync(join(tmpdir(), "drydock-git-test-"));
    const git = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
            cwd: root,
            encoding: "utf8",
        }).trim();
    const commit = (message: string) => {
        git("commit", "--quiet", "--allow-empty", "--message", message);
        return git("rev-parse", "HEAD");
    };
    const known = (name: string): Revision => {
        const found = revision(root, name);
        if (!found) throw new Error(`there is no ${name}`);
        return found;
    };
    let left: string;

    beforeAll(() => {
        git("init", "--quiet", "--initial-branch", "main");
        left = commit("start");
        git("checkout", "--quiet", "-b", "fix");
        commit("fix");
        git("checkout", "--quiet", "main");
        commit("main goes on");
        git("checkout", "--quiet", "--orphan", "stranger");
        commit("of another history");
    });
    afterAll(() => {
        rmSync(root, { recursive: true });
    });

    test("is the commit where the branch left it, and the title says so", () => {
        const main = known("main");
        expect(main.commit).not.toBe(left);
        expect(mergeBase(root, main, known("fix"))).toEqual({
            commit: left,
            title: `${left.slice(0, 7)}, where the branch left ${main.title}`,
        });
    });

    test("is itself if the branch contains all of it", () => {
        const start = known(left);
        expect(mergeBase(root, start, known("fix"))).toBe(start);
        expect(start.title).toBe(left.slice(0, 7));
    });

    test("is undefined without a common commit", () => {
        expect(mergeBase(root, known("main"), known("stranger"))).toBeUndefined();
    });

    test("is the main branch by default", () => {
        expect(defaultBase(root)).toEqual(known("main"));
    });
});
