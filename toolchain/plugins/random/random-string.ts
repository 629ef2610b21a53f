import { resource } from "../../plugin/provider.ts";
import { type Characters, check, drawString, importedState, properties } from "./characters.ts";
import { readOrImport } from "./import.ts";

/** `random:index/randomString:RandomString`: a random string that is not secret. */
export const randomString = resource<Characters>({
    token: "random:index/randomString:RandomString",
    properties,
    outputs: ["id", "result"],
    schemaVersion: 2,
    check,

    create(inputs) {
        const result = drawString(inputs);
        return Promise.resolve({
            id: result,
            state: { ...inputs, number: inputs.numeric, id: result, result },
        });
    },

    read: readOrImport((id) => ({ id, state: { ...importedState(id), id } })),
});
