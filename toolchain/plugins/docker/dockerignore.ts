import { dirname, posix } from "node:path";

/** The rules of a .dockerignore file. */
export interface IgnoreRules {
    excludes: (name: string) => boolean;
    /** Some patterns start with `!` and include paths that others exclude. */
    hasExceptions: boolean;
}

/**
 * Parses a .dockerignore file as Docker does (moby/patternmatcher): the last matching pattern wins, and a pattern that matches
 * a directory matches everything below it.
 */
export function parseDockerignore(text: string): IgnoreRules {
    const patterns = text
        .replace(/^\uFEFF/, "")
        .split("\n")
        .filter((line) => !line.startsWith("#") && line.trim() !== "")
        .map((line) => /^(!?)(.*)$/.exec(line.trim()) ?? [])
        .map(([, negation = "", pattern = ""]) => ({
            exclude: negation === "",
            matches: matcher(pattern.trim()),
        }));

    const evaluate = (name: string): { excluded: boolean; matching: boolean[] } => {
        const parent = dirname(name);
        const inherited = parent === "." ? [] : evaluate(parent).matching;
        let excluded = false;
        const matching = patterns.map(({ exclude, matches }, i) => {
            // Like Docker, skip a pattern that would not change the result. It is then not inherited either.
            const match = inherited[i] === true || (exclude !== excluded && matches(name));
            if (match) excluded = exclude;
            return match;
        });
        return { excluded, matching };
    };
    return {
        excludes: (name) => evaluate(name).excluded,
        hasExceptions: patterns.some(({ exclude }) => !exclude),
    };
}

function matcher(pattern: string): (name: string) => boolean {
    const cleaned = posix.normalize(pattern).replace(/^\/|\/$/g, "");
    // Docker matches patterns such as `**.pem` and `**/.git`, without further wildcards, by suffix.
    const [, suffix] = /^\*\*([^*?[\]\\]+)$/.exec(cleaned) ?? [];
    if (suffix !== undefined) return (name) => name.endsWith(suffix) || `/${name}` === suffix;
    const regExpSource = cleaned.replace(
        /\*\*\/?$|\*\*\/?|\*|\?|\\.|[.+()|{}$\\]/g,
        (special, at: number) => {
            if (special.startsWith("**")) return at + special.length === cleaned.length ? ".*" : "(.*/)?";
            if (special === "*") return "[^/]*";
            if (special === "?") return "[^/]";
            return special.length === 2 ? special : `\\${special}`;
        },
    );
    const regExp = new RegExp(`^${regExpSource}$`);
    return (name) => regExp.test(name);
}
