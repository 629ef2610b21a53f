import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is to be compared: a commit, and what a person calls it. */
export interface Revision {
    commit: string;
    title: string;
}

function git(folder: string, env: NodeJS.ProcessEnv, ...args: string[]): string {
    const text = execFileSync("git", args, {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    return text.trim();
}

/** The revision of a name, or undefined where there is none. */
export function revision(root: string, name: string): Revision | undefined {
    try {
        const commit = git(root, {}, "rev-parse", "--verify", "--quiet", `${name}^{commit}`);
        const short = commit.slice(0, 7);
        return { commit, title: name === commit ? short : `${name} (${short})` };
    } catch {
        return undefined;
    }
}

/** The main branch, or the one that the pull request is for. */
export function guessedBase(root: string): Revision | undefined {
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
        const found = revision(root, name);
        if (found) return { ...found, title: found.title.replace(/^origin\//, "") };
    }
    return undefined;
}

/**
 * Where the head left the base: what the base has gained since is none of the head's doing.
 *
 * @returns undefined where git knows no commit that both have
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

/** The files as they lie here, those not committed among them; as a commit that no branch knows. */
export function workingTree(root: string): Revision {
    const head = git(root, {}, "rev-parse", "HEAD");
    if (git(root, {}, "status", "--porcelain") === "")
        return { commit: head, title: `this branch (${head.slice(0, 7)})` };
    const folder = mkdtempSync(join(tmpdir(), "drydock-index-"));
    const env = {
        GIT_INDEX_FILE: join(folder, "index"),
        GIT_AUTHOR_NAME: "drydock",
        GIT_AUTHOR_EMAIL: "drydock@localhost",
        GIT_COMMITTER_NAME: "drydock",
        GIT_COMMITTER_EMAIL: "drydock@localhost",
    };
    try {
        git(root, env, "read-tree", "HEAD");
        git(root, env, "add", "--all");
        const tree = git(root, env, "write-tree");
        return {
            commit: git(root, env, "commit-tree", tree, "-p", head, "-m", "preview"),
            title: "these files, not committed",
        };
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** A folder that holds one revision after the other: what names its paths is the same in both. */
export class Worktree {
    readonly folder = mkdtempSync(join(tmpdir(), "drydock-preview-"));
    private readonly root: string;

    constructor(root: string) {
        this.root = root;
        git(root, {}, "worktree", "add", "--detach", "--no-checkout", "--force", this.folder);
    }

    /** Checks a revision out; npm's packages are lent where it wants the same as are here. */
    checkout({ commit }: Revision): void {
        rmSync(join(this.folder, "node_modules"), { force: true, recursive: true });
        git(this.folder, {}, "checkout", "--quiet", "--force", "--detach", commit);
        const lock = (folder: string) => readFileSync(join(folder, "package-lock.json"), "utf8");
        const lent =
            existsSync(join(this.folder, "package-lock.json")) && lock(this.folder) === lock(this.root);
        if (lent) symlinkSync(join(this.root, "node_modules"), join(this.folder, "node_modules"));
    }

    remove(): void {
        rmSync(join(this.folder, "node_modules"), { force: true, recursive: true });
        git(this.root, {}, "worktree", "remove", "--force", this.folder);
    }
}
