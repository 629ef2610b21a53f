import { hash } from "bcryptjs";
import { resource } from "../../plugin/provider";
import { Characters, check, draw, imported, properties } from "./characters";
import { readOrImport } from "./import";

/** The cost that Go's bcrypt package defaults to. */
const COST = 10;

/** `random:index/randomPassword:RandomPassword`: a RandomString that is a secret, with its bcrypt hash. */
export const randomPassword = resource<Characters>({
    token: "random:index/randomPassword:RandomPassword",
    properties,
    outputs: ["id", "result", "bcryptHash"],
    secretOutputs: ["result", "bcryptHash"],
    schemaVersion: 3,
    check,

    async create(inputs) {
        const result = draw(inputs);
        return existing({ ...inputs, number: inputs.numeric, result });
    },

    read: readOrImport((id) => existing(imported(id))),
});

/** The password is a secret, so the ID says nothing of it. */
async function existing<S extends { result: string }>(state: S) {
    const id = "none";
    return { id, state: { ...state, id, bcryptHash: await hash(state.result, COST) } };
}
