import { createHash } from "node:crypto";
import {
    closeSync,
    type Dirent,
    existsSync,
    lstatSync,
    openSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    readSync,
    realpathSync,
    type Stats,
} from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import tar from "tar-fs";
import { parseDockerignore, type IgnoreRules } from "./dockerignore.ts";

/** The files that a build sends to the daemon: a directory without what .dockerignore excludes, and a Dockerfile. */
export interface BuildContext {
    /** The directory: an absolute path or one relative to the working directory. */
    readonly directory: string;
    /** The Dockerfile: an absolute path or one relative to the working directory (not to the context). */
    readonly dockerfile: string;
}

/** The Dockerfile's path relative to the context. Starts with `..` if it is outside of it. */
export function dockerfileInContext({ directory, dockerfile }: BuildContext): string {
    return relative(directory, dockerfile);
}

/**
 * A digest of the contents, names and modes of all files in the context. Equals the digest of the official provider, so that
 * either provider can take over the other's state without a rebuild.
 */
export function contextDigest(context: BuildContext): string {
    const digest = createHash("sha256");
    const add = (name: string, mode: string, content: Buffer) => {
        digest.update(name).update(mode).update(content).update("\0");
    };
    add("Dockerfile", "-".repeat(10), fileDigest(context.dockerfile));
    for (const name of listContents(context).files) {
        const path = join(context.directory, name);
        const stats = lstatSync(path);
        add(name, goFileMode(stats), contentDigest(path, stats));
    }
    return digest.digest("hex");
}

function contentDigest(path: string, stats: Stats): Buffer {
    if (stats.isFile()) return fileDigest(path);
    return createHash("sha256")
        .update(stats.isSymbolicLink() ? resolveLinks(path) : "")
        .digest();
}

/** In pieces: Node refuses to read a file above 2 GiB at once. */
function fileDigest(path: string): Buffer {
    const digest = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    const descriptor = openSync(path, "r");
    try {
        for (let bytes; (bytes = readSync(descriptor, buffer)) > 0;) digest.update(buffer.subarray(0, bytes));
    } finally {
        closeSync(descriptor);
    }
    return digest.digest();
}

/**
 * Resolves all symbolic links of a path as Go's filepath.EvalSymlinks does, which the official digest uses: a relative path
 * stays relative, unlike with realpath. A broken link is resolved as far as possible.
 */
export function resolveLinks(path: string): string {
    let target = isAbsolute(path) ? "/" : "";
    const remaining = path.split("/").filter(Boolean);
    for (let links = 0; remaining.length > 0;) {
        const candidate = join(target, remaining.shift() ?? "");
        if (!lstatSync(candidate, { throwIfNoEntry: false })?.isSymbolicLink()) {
            target = candidate;
            continue;
        }
        if (++links > 255)
            throw new Error(`build.context: too many symbolic links in ${path}; remove the cycle`);
        const link = readlinkSync(candidate);
        if (isAbsolute(link)) target = "/";
        remaining.unshift(...link.split("/").filter(Boolean));
    }
    return target;
}

/** The context as a tar archive owned by root. A Dockerfile outside of it is added under the returned name. */
export function packContext(context: BuildContext): { stream: NodeJS.ReadableStream; dockerfile: string } {
    const relativePath = dockerfileInContext(context);
    const isOutside = relativePath.startsWith("..");
    const dockerfile = isOutside ? `.dockerfile.${contextDigest(context).slice(0, 20)}` : relativePath;
    const { files, directories } = listContents(context);
    // The daemon needs the Dockerfile and .dockerignore even if .dockerignore excludes them.
    const included = new Set([...files, ...directories, ".dockerignore"]);
    for (let path = relativePath; !isOutside && path !== "."; path = dirname(path)) included.add(path);
    included.add("");
    // tar-fs would pack a link as a link.
    const directory = realpathSync(context.directory);
    const options = {
        ignore: (path: string) => !included.has(relative(directory, path)),
        map: (header: tar.Headers) => ({ ...header, uid: 0, gid: 0 }),
        // Keep the modes of the files. The option is missing in the types of tar-fs.
        umask: 0,
        finalize: !isOutside,
        finish: (pack: tar.Pack) => {
            if (!isOutside) return;
            pack.entry({ name: dockerfile }, readFileSync(context.dockerfile));
            pack.finalize();
        },
    };
    return { stream: tar.pack(directory, options), dockerfile };
}

interface Contents {
    files: string[];
    directories: string[];
}

/** The paths that are not excluded, relative to the context, in the order of a sorted walk. */
function listContents(context: BuildContext): Contents {
    const { excludes, hasExceptions } = readDockerignore(context);
    const contents: Contents = { files: [], directories: [] };
    const walk = (directory: string, isExcluded = false): boolean => {
        const kept = list(join(context.directory, directory), isExcluded)
            .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
            .map((entry) => {
                const name = join(directory, entry.name);
                const excluded = excludes(name);
                if (!entry.isDirectory()) {
                    if (!excluded) contents.files.push(name);
                    return !excluded;
                }
                // An exception may include a file of an excluded directory (`!directory/file`).
                const keepsSome = (!excluded || hasExceptions) && walk(name, excluded);
                if (!excluded || keepsSome) contents.directories.push(name);
                return !excluded || keepsSome;
            });
        return kept.includes(true);
    };
    walk("");
    return contents;
}

/** An excluded directory that cannot be read, such as the data of a database, is no error. */
function list(directory: string, isExcluded: boolean): Dirent[] {
    try {
        return readdirSync(directory, { withFileTypes: true });
    } catch (error) {
        if (isExcluded) return [];
        throw error;
    }
}

/** Docker prefers `<Dockerfile>.dockerignore` to `.dockerignore` in the context. */
function readDockerignore({ directory, dockerfile }: BuildContext): IgnoreRules {
    const files = [`${dockerfile}.dockerignore`, join(directory, ".dockerignore")];
    const file = files.find((name) => existsSync(name));
    return parseDockerignore(file ? readFileSync(file, "utf8") : "");
}

/** A file's mode in the format of Go's fs.FileMode.String, which the official digest uses. */
export function goFileMode(stats: Pick<Stats, "mode" | "isSymbolicLink" | "isFIFO">): string {
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
