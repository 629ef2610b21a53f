import { randomBytes } from "node:crypto";
import { resource } from "../../plugin/provider.ts";
import { atLeast, map, number, string, type TypeOf } from "../../plugin/schema.ts";
import { readOrImport } from "./import.ts";

const properties = {
    keepers: map(),
    byteLength: number({ required: true, validate: atLeast(1) }),
    prefix: string({ exact: true }),
};

/** `random:index/randomId:RandomId`: random bytes in four encodings. */
export const randomId = resource<TypeOf<typeof properties>>({
    token: "random:index/randomId:RandomId",
    properties,
    outputs: ["id", "b64Std", "b64Url", "dec", "hex"],

    create(inputs) {
        const encoded = encode(randomBytes(inputs.byteLength), inputs.prefix);
        return Promise.resolve({ id: encoded.id, state: { ...inputs, ...encoded } });
    },

    read: readOrImport((imported) => {
        const comma = imported.lastIndexOf(",");
        const [prefix, id] = [imported.slice(0, Math.max(comma, 0)), imported.slice(comma + 1)];
        const bytes = Buffer.from(id, "base64url");
        if (bytes.length === 0 || bytes.toString("base64url") !== id) {
            throw new Error(`"${id}" is not unpadded URL-safe base64; import {b64Url} or {prefix},{b64Url}`);
        }
        const state = { byteLength: bytes.length, ...(prefix && { prefix }), ...encode(bytes, prefix) };
        return { id, state };
    }),
});

function encode(bytes: Buffer, prefix = "") {
    const [id, hex] = [bytes.toString("base64url"), bytes.toString("hex")];
    return {
        id,
        b64Url: prefix + id,
        b64Std: prefix + bytes.toString("base64"),
        hex: prefix + hex,
        dec: prefix + BigInt(`0x${hex}`).toString(),
    };
}
