import type { Description } from "../changes.ts";
import type { Step } from "../events.ts";
import { code, string } from "../values.ts";

/** A pulled image. */
export function describeRemoteImage({ operation, old, new: next }: Step): Description {
    if (operation === "delete") return { sentences: [], effects: [] };
    const [before, after] = [old, next].map((state) => string(state?.inputs.name));
    const change = before === "" ? code(after ?? "") : `${code(before ?? "")} → ${code(after ?? "")}`;
    return { sentences: [`image ${change}`], effects: [] };
}

/** A built image. */
export function describeBuiltImage({ operation }: Step): Description {
    if (operation === "delete") return { sentences: [], effects: [] };
    return {
        sentences: [operation === "create" ? "its image is built" : "its image is rebuilt"],
        effects: ["builds an image"],
    };
}
