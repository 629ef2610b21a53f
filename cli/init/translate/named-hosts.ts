/** Finds services whose host names only a command or a file mentions, such as the configuration of nginx. */
import { posix } from "node:path";
import type { ProjectFiles } from "../project-files.ts";
import { evaluate, formatTemplate } from "../text/template.ts";
import { componentName } from "./names.ts";
import type { Target } from "./targets.ts";

export interface NamedHost {
    by: Target;
    target: Target;
    host: string;
    /** File or key that names it. */
    where: string;
}

/** Longer files are data. */
const MAX_LENGTH = 200_000;

/** Finds such host names, and makes each an alias of its component. */
export function findNamedHosts(
    targets: Target[],
    files: ProjectFiles,
    known: Record<string, string>,
): NamedHost[] {
    const found = targets
        .filter(({ kind }) => kind === "service")
        .flatMap((by) =>
            textsOf(by, files, known).flatMap(({ where, text }) =>
                targets
                    .filter((target) => target !== by && target.kind !== "task")
                    .flatMap((target) => {
                        const host = target.declared.hostNames.find((name) => isNamed(name, text));
                        return host === undefined ? [] : [{ by, target, host, where }];
                    }),
            ),
        );
    for (const { target, host } of found) {
        const { aliases = [] } = target.declared.options;
        const others = Array.isArray(aliases) ? aliases : [];
        if (host !== componentName(target.name) && !others.includes(host))
            target.declared.options.aliases = [...others, host];
    }
    return found;
}

/** Whether a text has the host with its port, or in a URL. */
function isNamed(host: string, text: string): boolean {
    const name = host.replace(/\W/g, "\\$&");
    return new RegExp(String.raw`(?<![\w.-])${name}:\d{2,5}(?!\d)|(//|@)${name}(?![\w.-])`).test(text);
}

function textsOf(
    { declared }: Target,
    files: ProjectFiles,
    known: Record<string, string>,
): { where: string; text: string }[] {
    const { command = [], entrypoint = [], volumes } = declared;
    const words = [...entrypoint, ...command].map((word) => evaluate(word, known) || formatTemplate(word));
    const sources = [
        ...volumes.flatMap(({ kind, source }) =>
            kind === "file" ? [source] : kind === "directory" ? filesIn(source, files) : [],
        ),
        ...declared.files.flatMap(({ source, secret }) =>
            source === undefined || secret !== undefined ? [] : [source],
        ),
    ];
    return [
        { where: "its command", text: words.join("\n") },
        ...sources
            .filter((source) => !posix.isAbsolute(source))
            .flatMap((source) => {
                const text = withoutComments(files.read(source) ?? "");
                return text === "" || text.length > MAX_LENGTH ? [] : [{ where: source, text }];
            }),
    ];
}

/** Configuration files in a directory. Nothing for the application's own directory, which has its source. */
function filesIn(directory: string, files: ProjectFiles): string[] {
    if (posix.isAbsolute(directory) || posix.normalize(directory) === ".") return [];
    return files
        .list(directory)
        .filter((name) => /\.(conf|cfg|ya?ml|toml|json|template|tpl|ini)$|^Caddyfile$/.test(name))
        .map((name) => posix.join(directory, name));
}

function withoutComments(text: string): string {
    return text.replace(/^\s*(#|\/\/|;).*$/gm, "");
}
