import type { DiffRequest } from "@pulumi/pulumi/proto/provider_pb.js";
import { isDeepStrictEqual } from "node:util";
import { decode } from "./codec.ts";
import type { Change } from "./diff.ts";

/**
 * Whether `ignoreChanges` covers a change. The engine has already replaced ignored inputs with their old values. What is
 * left is a difference between those inputs and the state, which may be reported on a property that contains the ignored
 * path: ignore it if the program changes nothing else in that property.
 */
export function isIgnored({ path }: Change, request: DiffRequest): boolean {
    const [whole = path] = pathSegments(path);
    const declared = [request.getOldInputs(), request.getNews()].map((inputs) => decode(inputs)[whole]);
    return request
        .getIgnorechangesList()
        .some(
            (ignored) =>
                isWithin(path, ignored) ||
                (isWithin(ignored, path) && isDeepStrictEqual(declared[0], declared[1])),
        );
}

/** Whether a path equals another or lies below it: `ports[0].ip` is within `ports` and within `ports[*]`. */
export function isWithin(path: string, whole: string): boolean {
    const [inner, outer] = [pathSegments(path), pathSegments(whole)];
    return outer.every(
        (part, i) => i < inner.length && (part === inner[i] || part === "*" || inner[i] === "*"),
    );
}

/** The segments of a path such as `labels["a.b"]` or `ports[0].ip`. */
function pathSegments(path: string): string[] {
    return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([part, quoted]) => quoted ?? part);
}
