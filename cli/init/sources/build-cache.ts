/** Where builds of Kamal and of Docker Compose keep their caches, as options of `docker buildx build`. */
import type { DeclaredBuild, DeclaredCache } from "../declared.ts";
import { isObject } from "./yaml-values.ts";

/** Note of the report about a cache that not every Docker Engine can write. */
export const OPTIONAL_CACHE =
    "the setting buildCache turns it on. It is off at first: the Docker Engine keeps the layers of its builds, and writing a cache needs its containerd image store and a login";

/** Options of GitHub's cache that also apply to reading it. */
const GITHUB_OPTIONS = /^(url|url_v2|scope|timeout)=/;

/**
 * Reads `builder.cache` of Kamal.
 *
 * @param valueOf a value of the file as text; undefined if Ruby computes it
 * @returns the cache, or why there is none
 */
export function readKamalCache(
    { builder, image, registry }: Record<string, unknown>,
    valueOf: (value: unknown) => string | undefined,
): { cache: DeclaredCache } | { reason: string } {
    const { cache } = isObject(builder) ? builder : {};
    const { server } = isObject(registry) ? registry : {};
    const { type, options: given, image: own } = isObject(cache) ? cache : {};
    const [host, name, options] = [server, own ?? image, given].map((value) => valueOf(value ?? ""));
    if (host === undefined || name === undefined || options === undefined)
        return { reason: "Ruby computes it, which is not run: set `cacheFrom` and `cacheTo` of `build`" };
    if (hasSecret(options)) return { reason: WITH_SECRET };
    const list = options.split(",").filter((option) => option !== "");
    const join = (...parts: string[]) => parts.filter((part) => part !== "").join(",");
    switch (type) {
        case "gha":
            return {
                cache: {
                    from: [join("type=gha", ...list.filter((option) => GITHUB_OPTIONS.test(option)))],
                    to: [join("type=gha", ...list)],
                },
            };
        case "registry": {
            const target = `${host === "" ? "" : `${host}/`}${name}${own === undefined ? "-build-cache" : ""}`;
            if (/^localhost[:/]/.test(target))
                return { reason: "Kamal runs the registry on localhost itself" };
            const reference = `type=registry,ref=${target}`;
            return { cache: { from: [reference], to: [join(reference, ...list)] } };
        }
        default:
            return { reason: "is not a type of Kamal: set `cacheFrom` and `cacheTo` of `build`" };
    }
}

/**
 * Reads `cache_from` and `cache_to` of a Compose file.
 *
 * @param valuesOf the values of a key as text
 * @param pathOf a path relative to the application's directory
 * @param leaveOut is called with a key and the reason
 */
export function readComposeCache(
    valuesOf: (key: string) => string[],
    pathOf: (path: string) => string,
    leaveOut: (key: string, reason: string) => void,
): Pick<DeclaredBuild, "cacheFrom" | "cacheTo" | "cache"> {
    const read = (key: string) => {
        const options = valuesOf(key);
        if (!options.some(hasSecret)) return options.map((option) => withLocalPaths(option, pathOf));
        leaveOut(key, WITH_SECRET);
        return [];
    };
    const [from, to] = [read("cache_from"), read("cache_to")];
    const isInline = to.every((option) => /(^|,)type=inline(,|$)/.test(option));
    return {
        ...(from.length > 0 && { cacheFrom: from }),
        ...(to.length > 0 && (isInline ? { cacheTo: to } : { cache: { from: [], to } })),
    };
}

/** Converts the paths in an option, if the cache is a directory. */
export function withLocalPaths(option: string, pathOf: (path: string) => string): string {
    if (!/(^|,)type=local(,|$)/.test(option)) return option;
    return option.replace(/(?<=(?:^|,)(?:src|dest)=)[^,]+/g, pathOf);
}

const WITH_SECRET =
    "has a secret: add the cache to `build` of the program, and read the secret from a variable";

function hasSecret(options: string): boolean {
    return /(^|,)\w*(token|secret|password|access_key)\w*=/i.test(options);
}
