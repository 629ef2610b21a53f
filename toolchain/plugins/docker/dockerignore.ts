import { dirname, posix } from "node:path";

/** Patterns of names that a build leaves out, and of those (with `!`) that it takes all the same. */
export interface Exclusion {
    excludes: (name: string) => boolean;
    /** Some patterns take back what others exclude. */
    exceptions: boolean;
}

/**
 * Reads a .dockerignore as Docker does (moby/patternmatcher): the last pattern that matches decides, and
 * what matches a folder matches all that is in it.
 */
export function dockerignore(text: string): Exclusion {
    const patterns = text
        .replace(/^\uFEFF/, "")
        .split("\n")
        .filter((line) => !line.startsWith("#") && line.trim() !== "")
        .map((line) => /^(!?)(.*)$/.exec(line.trim()) ?? [])
        .map(([, bang = "", pattern = ""]) => ({ exclude: bang === "", matches: matcher(pattern.trim()) }));

    const judged = (name: string): { excluded: boolean; matching: boolean[] } => {
        const folder = dirname(name);
        const inherited = folder === "." ? [] : judged(folder).matching;
        let excluded = false;
        const matching = patterns.map(({ exclude, matches }, i) => {
            // As Docker's, it does not ask a pattern that would change nothing, and so does not pass it down.
            const match = inherited[i] === true || (exclude !== excluded && matches(name));
            if (match) excluded = exclude;
            return match;
        });
        return { excluded, matching };
    };
    return {
        excludes: (name) => judged(name).excluded,
        exceptions: patterns.some(({ exclude }) => !exclude),
    };
}

function matcher(pattern: string): (name: string) => boolean {
    const cleaned = posix.normalize(pattern).replace(/^\/|\/$/g, "");
    // `**.pem` and `**/.git` match by how a name ends: those that have no more to them.
    const [, end] = /^\*\*([^*?[\]\\]+)$/.exec(cleaned) ?? [];
    if (end !== undefined) return (name) => name.endsWith(end) || `/${name}` === end;
    const source = cleaned.replace(/\*\*\/?$|\*\*\/?|\*|\?|\\.|[.+()|{}$\\]/g, (special, at: number) => {
        if (special.startsWith("**")) return at + special.length === cleaned.length ? ".*" : "(.*/)?";
        if (special === "*") return "[^/]*";
        if (special === "?") return "[^/]";
        return special.length === 2 ? special : `\\${special}`;
    });
    const whole = new RegExp(`^${source}$`);
    return (name) => whole.test(name);
}
