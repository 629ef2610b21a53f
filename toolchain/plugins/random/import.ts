import type { Existing } from "../../plugin/provider.ts";
import type { Values } from "../../plugin/values.ts";

/**
 * Reads a random value. It exists in the state only, so a refresh changes nothing, and an import derives the state from the
 * ID.
 */
export function readOrImport(fromId: (id: string) => Existing | Promise<Existing>) {
    return async (id: string, state: Values): Promise<Existing> =>
        Object.keys(state).length > 0 ? { id, state } : await fromId(id);
}
