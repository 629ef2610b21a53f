import { DiffRequest } from "@pulumi/pulumi/proto/provider_pb";
import { isDeepStrictEqual } from "node:util";
import { decode } from "./codec";
import { Change } from "./diff";

/**
 * Whether `ignoreChanges` is why there is this change. The engine has put the old value where the program is ignored
 * already: of a whole that holds an ignored part, what is left to ignore is that the part looks otherwise by now.
 */
export function isIgnored({ path }: Change, request: DiffRequest): boolean {
    const [whole = path] = partsOf(path);
    const declared = [request.getOldInputs(), request.getNews()].map((inputs) => decode(inputs)[whole]);
    return request
        .getIgnorechangesList()
        .some(
            (ignored) =>
                isWithin(path, ignored) ||
                (isWithin(ignored, path) && isDeepStrictEqual(declared[0], declared[1])),
        );
}

/** Whether a path is another, or leads to a part of it: `ports[0].ip` is within `ports` and within `ports[*]`. */
export function isWithin(path: string, whole: string): boolean {
    const [inner, outer] = [partsOf(path), partsOf(whole)];
    return outer.every(
        (part, i) => i < inner.length && (part === inner[i] || part === "*" || inner[i] === "*"),
    );
}

/** The parts of a path such as `labels["a.b"]` or `ports[0].ip`. */
function partsOf(path: string): string[] {
    return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([part, quoted]) => quoted ?? part);
}
