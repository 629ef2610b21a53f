import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, Stats } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import tar from "tar-fs";
import { dockerignore, Exclusion } from "./dockerignore";

/** What a build sends to the daemon: a folder, less what .dockerignore names, and a Dockerfile. */
export interface BuildContext {
    /** The folder, absolute or relative to the working directory. */
    readonly folder: string;
    /** The Dockerfile, absolute or relative to the working directory (not to the folder). */
    readonly dockerfile: string;
}

/** Where the Dockerfile is as seen from the folder; it begins with `..` when it is outside. */
export function dockerfileInContext({ folder, dockerfile }: BuildContext): string {
    return relative(folder, dockerfile);
}

/**
 * A digest over the contents, names and modes of all that the build sends. The same digest as the official
 * provider's, so that each takes over the other's state without building again.
 */
export function digestOf(context: BuildContext): string {
    const digest = createHash("sha256");
    const add = (name: string, mode: string, content: Buffer | string) => {
        digest.update(name).update(mode).update(createHash("sha256").update(content).digest()).update("\0");
    };
    add("Dockerfile", "-".repeat(10), readFileSync(context.dockerfile));
    for (const name of contentsOf(context).files) {
        const path = join(context.folder, name);
        const stats = lstatSync(path);
        add(name, modeOf(stats), contentOf(path, stats));
    }
    return digest.digest("hex");
}

function contentOf(path: string, stats: Stats): Buffer | string {
    if (stats.isSymbolicLink()) return linkTarget(path);
    return stats.isFile() ? readFileSync(path) : "";
}

/**
 * Where a path leads with all its links followed: relative where it is so itself, which realpath's answer
 * is not, and which the official digest takes (Go's filepath.EvalSymlinks). A link that leads nowhere is
 * followed as far as it goes.
 */
export function linkTarget(path: string): string {
    let target = isAbsolute(path) ? "/" : "";
    const ahead = path.split("/").filter(Boolean);
    for (let links = 0; ahead.length > 0;) {
        const next = join(target, ahead.shift() ?? "");
        if (!lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink()) {
            target = next;
            continue;
        }
        if (++links > 255) throw new Error(`build.context: the link ${path} leads in a circle`);
        const link = readlinkSync(next);
        if (isAbsolute(link)) target = "/";
        ahead.unshift(...link.split("/").filter(Boolean));
    }
    return target;
}

/** The context as a tar stream, owned by root; a Dockerfile from outside is put in under the name returned. */
export function packed(context: BuildContext): { stream: NodeJS.ReadableStream; dockerfile: string } {
    const inside = dockerfileInContext(context);
    const outside = inside.startsWith("..");
    const dockerfile = outside ? `.dockerfile.${digestOf(context).slice(0, 20)}` : inside;
    const { files, folders } = contentsOf(context);
    // The daemon needs the Dockerfile, in its folder, and .dockerignore even where that names them.
    const sent = new Set([...files, ...folders, ".dockerignore"]);
    for (let path = inside; !outside && path !== "."; path = dirname(path)) sent.add(path);
    sent.add("");
    const options = {
        ignore: (path: string) => !sent.has(relative(context.folder, path)),
        map: (header: tar.Headers) => ({ ...header, uid: 0, gid: 0 }),
        // The modes of the files as they are; tar-fs' types do not know of it.
        umask: 0,
        finalize: !outside,
        finish: (pack: tar.Pack) => {
            if (!outside) return;
            pack.entry({ name: dockerfile }, readFileSync(context.dockerfile));
            pack.finalize();
        },
    };
    return { stream: tar.pack(context.folder, options), dockerfile };
}

interface Contents {
    files: string[];
    folders: string[];
}

/** What is not excluded, as names relative to the folder, in the order of a walk by name. */
function contentsOf(context: BuildContext): Contents {
    const { excludes, exceptions } = exclusion(context);
    const contents: Contents = { files: [], folders: [] };
    const walk = (folder: string): boolean => {
        const kept = readdirSync(join(context.folder, folder), { withFileTypes: true })
            .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
            .map((entry) => {
                const name = join(folder, entry.name);
                const excluded = excludes(name);
                if (!entry.isDirectory()) {
                    if (!excluded) contents.files.push(name);
                    return !excluded;
                }
                // An excluded folder may hold what is not (`!folder/file`); without exceptions it need not be read.
                const keepsSome = (!excluded || exceptions) && walk(name);
                if (!excluded || keepsSome) contents.folders.push(name);
                return !excluded || keepsSome;
            });
        return kept.includes(true);
    };
    walk("");
    return contents;
}

/** Docker looks for `<Dockerfile>.dockerignore` first, then for `.dockerignore` in the folder. */
function exclusion({ folder, dockerfile }: BuildContext): Exclusion {
    const files = [`${dockerfile}.dockerignore`, join(folder, ".dockerignore")];
    const file = files.find((name) => existsSync(name));
    return dockerignore(file ? readFileSync(file, "utf8") : "");
}

/** A file's mode as Go writes it (fs.FileMode.String), which is what the official digest takes. */
export function modeOf(stats: Pick<Stats, "mode" | "isSymbolicLink" | "isFIFO">): string {
    const flags = [
        stats.isSymbolicLink() ? "L" : "",
        stats.isFIFO() ? "p" : "",
        stats.mode & 0o4000 ? "u" : "",
        stats.mode & 0o2000 ? "g" : "",
        stats.mode & 0o1000 ? "t" : "",
    ].join("");
    const bits = Array.from("rwxrwxrwx", (letter, i) => (stats.mode & (1 << (8 - i)) ? letter : "-"));
    return (flags || "-") + bits.join("");
}
