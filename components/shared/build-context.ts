import { createHash, type Hash } from "node:crypto";
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
} from "node:fs";
import { join, posix } from "node:path";
import dockerignore from "@balena/dockerignore";
import { refuse } from "./validation.ts";

/** A directory that a build sends to BuildKit, except for files that .dockerignore excludes. */
interface BuildContext {
    directory: string;
    dockerfile?: string;
    /** Property path for messages. */
    path: string;
}

/**
 * A digest of the names, modes and contents of all files that .dockerignore does not exclude.
 *
 * @throws pulumi.InputPropertyError if a file cannot be read
 */
export function contextDigest(context: BuildContext): string {
    const digest = createHash("sha256");
    const { dockerfile } = context;
    if (dockerfile !== undefined) addFile(digest, context, "Dockerfile", dockerfile);
    addDirectory(digest, context, readRules(context), "", false);
    return digest.digest("hex");
}

interface Rules {
    excludes(name: string): boolean;
    /** Whether an exception (`!directory/file`) may include a file of an excluded directory. */
    mayInclude(directory: string): boolean;
}

function readRules({ directory, dockerfile }: BuildContext): Rules {
    const candidates = [
        ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
        join(directory, ".dockerignore"),
    ];
    const file = candidates.find((candidate) => existsSync(candidate));
    const text = file === undefined ? "" : readFileSync(file, "utf8");
    const rules = dockerignore.default().add(text);
    const exceptions = text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.startsWith("!"))
        .map((line) => posix.normalize(line.slice(1).trim()).replace(/^\/|\/$/g, ""));
    return {
        excludes: (name) => rules.ignores(name),
        mayInclude: (name) => exceptions.some((exception) => mayMatchBelow(exception, `${name}/`)),
    };
}

function mayMatchBelow(exception: string, directory: string): boolean {
    const wildcard = exception.search(/[*?[\\]/);
    const literal = wildcard === -1 ? `${exception}/` : exception.slice(0, wildcard);
    return literal.startsWith(directory) || (wildcard !== -1 && directory.startsWith(literal));
}

function addDirectory(
    digest: Hash,
    context: BuildContext,
    rules: Rules,
    directory: string,
    isExcluded: boolean,
): void {
    for (const entry of listDirectory(context, directory, isExcluded)) {
        const name = posix.join(directory, entry.name);
        const excluded = rules.excludes(name);
        if (!entry.isDirectory()) {
            if (!excluded) addFile(digest, context, name, join(context.directory, name));
        } else if (!excluded || rules.mayInclude(name)) {
            addDirectory(digest, context, rules, name, excluded);
        }
    }
}

function listDirectory({ path, ...context }: BuildContext, directory: string, isExcluded: boolean): Dirent[] {
    const name = join(context.directory, directory);
    try {
        const entries = readdirSync(name, { withFileTypes: true });
        return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
        // Often the data of a database, next to an included file.
        if (isExcluded) return [];
        return refuseUnreadable(path, name, error);
    }
}

function refuseUnreadable(path: string, name: string, error: unknown): never {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(path, `${name} cannot be read (${code}); make it readable, or add it to .dockerignore`);
}

function addFile(digest: Hash, { path }: BuildContext, name: string, file: string): void {
    try {
        const stats = lstatSync(file);
        const content = createHash("sha256");
        if (stats.isSymbolicLink()) content.update(readlinkSync(file));
        else if (stats.isFile()) addContent(content, file);
        digest.update(`${name}\0${stats.mode}\0`).update(content.digest());
    } catch (error) {
        refuseUnreadable(path, file, error);
    }
}

/** Reads the file in pieces, as Node refuses to read more than 2 GiB at once. */
function addContent(digest: Hash, file: string): void {
    const buffer = Buffer.allocUnsafe(1 << 20);
    const descriptor = openSync(file, "r");
    try {
        for (let bytes; (bytes = readSync(descriptor, buffer)) > 0;) digest.update(buffer.subarray(0, bytes));
    } finally {
        closeSync(descriptor);
    }
}
