import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A commit to compare, and its name for people. */
export interface Revision {
    commit: string;
    title: string;
}

function git(directory: string, env: NodeJS.ProcessEnv, ...args: string[]): string {
    const output = execFileSync("git", args, {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    return output.trim();
}

/** Returns the revision of a name, or undefined if git does not know it. */
export function revision(root: string, name: string): Revision | undefined {
    try {
        const commit = git(root, {}, "rev-parse", "--verify", "--quiet", `${name}^{commit}`);
        const short = commit.slice(0, 7);
        return { commit, title: name === commit ? short : `${name} (${short})` };
    } catch {
        return undefined;
    }
}

/** Returns the target branch of the pull request, or the main branch. */
export function defaultBase(root: string): Revision | undefined {
    const target = process.env.GITHUB_BASE_REF;
    const names = [
        ...(target ? [`origin/${target}`] : []),
        "origin/HEAD",
        "origin/main",
        "origin/master",
        "main",
        "master",
    ];
    for (const name of names) {
        const base = revision(root, name);
        if (base) return { ...base, title: base.title.replace(/^origin\//, "") };
    }
    return undefined;
}

/**
 * Returns the commit where the head left the base. Newer commits of the base are not changes of the head.
 *
 * @returns undefined if git knows no common commit
 */
export function mergeBase(root: string, base: Revision, head: Revision): Revision | undefined {
    try {
        const commit = git(root, {}, "merge-base", base.commit, head.commit);
        if (commit === base.commit) return base;
        return { commit, title: `${commit.slice(0, 7)}, where the branch left ${base.title}` };
    } catch {
        return undefined;
    }
}

/** Returns the files of the working tree, including uncommitted ones, as a commit that is on no branch. */
export function workingTree(root: string): Revision {
    const head = git(root, {}, "rev-parse", "HEAD");
    if (git(root, {}, "status", "--porcelain") === "")
        return { commit: head, title: `this branch (${head.slice(0, 7)})` };
    const directory = mkdtempSync(join(tmpdir(), "drydock-index-"));
    const env = {
        GIT_INDEX_FILE: join(directory, "index"),
        GIT_AUTHOR_NAME: "drydock",
        GIT_AUTHOR_EMAIL: "drydock@localhost",
        GIT_COMMITTER_NAME: "drydock",
        GIT_COMMITTER_EMAIL: "drydock@localhost",
    };
    try {
        git(root, env, "read-tree", "HEAD");
        git(root, env, "add", "--all", "--", ":/");
        const tree = git(root, env, "write-tree");
        return {
            commit: git(root, env, "commit-tree", tree, "-p", head, "-m", "preview"),
            title: "the working tree",
        };
    } finally {
        rmSync(directory, { recursive: true });
    }
}

/** A directory in which revisions are checked out one after the other, so that paths in resources do not differ. */
export class Worktree {
    /** Directory of the project in the worktree. */
    readonly directory: string;
    /** Root of the worktree. */
    readonly top = mkdtempSync(join(tmpdir(), "drydock-preview-"));
    private readonly root: string;

    /** @param root directory of the project, in a repository */
    constructor(root: string) {
        this.root = root;
        this.directory = join(this.top, git(root, {}, "rev-parse", "--show-prefix"));
        git(root, {}, "worktree", "add", "--detach", "--no-checkout", "--force", this.top);
    }

    /** Checks out a revision. It shares node_modules if its package-lock.json is the same. */
    checkout({ commit }: Revision): void {
        rmSync(join(this.directory, "node_modules"), { force: true, recursive: true });
        git(this.top, {}, "checkout", "--quiet", "--force", "--detach", commit);
        const lock = (directory: string) => {
            const file = join(directory, "package-lock.json");
            return existsSync(file) ? readFileSync(file, "utf8") : undefined;
        };
        const shared =
            existsSync(join(this.root, "node_modules")) &&
            lock(this.directory) !== undefined &&
            lock(this.directory) === lock(this.root);
        if (shared) symlinkSync(join(this.root, "node_modules"), join(this.directory, "node_modules"));
    }

    remove(): void {
        rmSync(join(this.directory, "node_modules"), { force: true, recursive: true });
        git(this.root, {}, "worktree", "remove", "--force", this.top);
    }
}
