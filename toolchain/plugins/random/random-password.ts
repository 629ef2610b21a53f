import { hash } from "bcryptjs";
import { resource } from "../../plugin/provider.ts";
import { type Characters, check, drawString, importedState, properties } from "./characters.ts";
import { readOrImport } from "./import.ts";

/** The default cost of Go's bcrypt package. */
const BCRYPT_COST = 10;

/** `random:index/randomPassword:RandomPassword`: a RandomString that is a secret, with its bcrypt hash. */
export const randomPassword = resource<Characters>({
    token: "random:index/randomPassword:RandomPassword",
    properties,
    outputs: ["id", "result", "bcryptHash"],
    secretOutputs: ["result", "bcryptHash"],
    schemaVersion: 3,
    check,

    async create(inputs) {
        const result = drawString(inputs);
        return withHash({ ...inputs, number: inputs.numeric, result });
    },

    read: readOrImport((id) => withHash(importedState(id))),
});

/** IDs are not secret, so the ID must not contain the password. */
async function withHash<S extends { result: string }>(state: S) {
    const id = "none";
    return { id, state: { ...state, id, bcryptHash: await hash(state.result, BCRYPT_COST) } };
}
