import { matchesAny } from "../config.ts";
import { VOLUME } from "../resource.ts";
import type { Rule } from "./rule.ts";

export const dataProtected: Rule = {
    name: "data-protected",
    description: "Volumes are protected from deletion, except in throwaway stacks.",
    level: "mandatory",
    check: ({ type, isProtected, stack }, { throwawayStacks }) =>
        type !== VOLUME || isProtected || matchesAny(throwawayStacks, stack)
            ? undefined
            : "an update could delete it with its data; set protectData (or the resource option protect)",
};
