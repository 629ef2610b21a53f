import { Existing } from "../../plugin/provider";
import { Values } from "../../plugin/values";

/**
 * Reads a random value, which exists in the state alone: there is nothing to refresh it from, and an import
 * makes its state from the ID.
 */
export function readOrImport(fromId: (id: string) => Existing | Promise<Existing>) {
    return async (id: string, state: Values): Promise<Existing> =>
        Object.keys(state).length > 0 ? { id, state } : await fromId(id);
}
