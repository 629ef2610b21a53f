import { imageBuiltBy } from "../../state.ts";
import type { Description } from "../changes.ts";
import type { Component } from "../components.ts";
import type { State, Step } from "../events.ts";
import { code, string } from "../values.ts";

/** A pulled image. With `Pull.Always`, its name has the digest that its tag has in the registry. */
export function describeRemoteImage({ operation, old, new: next }: Step, { steps }: Component): Description {
    if (operation === "delete") return { sentences: [], effects: [] };
    const [[before, oldDigest], [after, newDigest]] = [referenceIn(old), referenceIn(next)];
    const describe = (sentence: string): Description => ({ sentences: [sentence], effects: [] });
    if (before === "") return describe(`image ${code(after)}`);
    if (before !== after) return describe(`image ${code(before)} → ${code(after)}`);
    // Only an image with Pull.Always has a docker.Tag. Without one, the program itself names the digest.
    if (!steps.some(({ type }) => type.endsWith(":Tag")))
        return describe(`image ${code(string(old?.inputs.name))} → ${code(string(next?.inputs.name))}`);
    if (newDigest === undefined) return describe(`no longer looks for a newer image of ${code(after)}`);
    const current = oldDigest ?? digestOf(string(old?.outputs.repoDigest));
    if (current === newDigest) return describe(`looks for a newer image of ${code(after)} in each update`);
    return describe(
        `newer image of ${code(after)}${current === undefined ? "" : ` than ${short(current)}`}: ${short(newDigest)}`,
    );
}

/** Name and digest of an image. */
function referenceIn(state: State | undefined): [string, string | undefined] {
    const name = string(state?.inputs.name);
    return [name.replace(/@.*$/, ""), digestOf(name)];
}

function digestOf(reference: string): string | undefined {
    return /@sha256:(\w+)$/.exec(reference)?.[1];
}

/** As many digits as Docker shows. */
function short(digest: string): string {
    return code(digest.slice(0, 12));
}

/** Whether a Command builds an image. */
export function isBuild({ type, old, new: next }: Step): boolean {
    return imageBuiltBy({ type, ...(next ?? old) }) !== undefined;
}

/** A built image. */
export function describeBuiltImage({ operation }: Step): Description {
    if (operation === "delete") return { sentences: [], effects: [] };
    return {
        sentences: [operation === "create" ? "its image is built" : "its image is rebuilt"],
        effects: ["builds an image"],
    };
}
