/** Users that a reverse proxy lets in, as `htpasswd` writes them: `ann:$2y$05$...`. */
import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { DeclaredLogin, DeclaredService } from "../declared.ts";
import type { Place } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";

/** Undefined if there are none, or if a Gateway does not support one of them. */
export function parseLogins(lines: string[], place: Place): DeclaredLogin[] | undefined {
    const logins = lines
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => {
            const [, user = "", hash = ""] = /^([\w.@+-]+):([^:]*)/.exec(line) ?? [];
            return { user, hash, place };
        });
    return logins.length === 0 || logins.some(({ user }) => user === "") ? undefined : logins;
}

/** The bcrypt hash or the password itself, which a Gateway can check. Undefined for any other hash. */
export function checkedPassword({ hash }: DeclaredLogin): string | undefined {
    const [, plain] = /^\{PLAIN\}(.+)$/.exec(hash) ?? [];
    return plain ?? (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash) ? hash : undefined);
}

export function hasSameLogins(one: DeclaredLogin[] | undefined, other: DeclaredLogin[] | undefined): boolean {
    const usersOf = (logins: DeclaredLogin[] = []) => logins.map(({ user, hash }) => [user, hash]);
    return isDeepStrictEqual(usersOf(one), usersOf(other));
}

/** Reads a file of the application by its path in the containers that mount it. */
export function mountedFile(
    services: DeclaredService[],
    files: ProjectFiles,
    path: string,
): { text: string; place: Place } | undefined {
    const mounts = services.flatMap(({ volumes, files: attached }) => [
        ...volumes.filter(({ kind }) => kind === "file" || kind === "directory"),
        ...attached.map(({ path: target, source }) => ({ source, target })),
    ]);
    for (const { source, target } of mounts) {
        const below = posix.relative(target, path);
        if (source === undefined || below.startsWith("..")) continue;
        const file = posix.join(source, below);
        const text = files.read(file);
        if (text !== undefined) return { text, place: { file } };
    }
    return undefined;
}
