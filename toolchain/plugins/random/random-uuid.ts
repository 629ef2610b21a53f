import { randomUUID } from "node:crypto";
import { resource } from "../../plugin/provider.ts";
import { map, type TypeOf } from "../../plugin/schema.ts";
import { readOrImport } from "./import.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const properties = { keepers: map() };

/** `random:index/randomUuid:RandomUuid`: a version 4 UUID. */
export const randomUuid = resource<TypeOf<typeof properties>>({
    token: "random:index/randomUuid:RandomUuid",
    properties,
    outputs: ["id", "result"],

    create(inputs) {
        const result = randomUUID();
        return Promise.resolve({ id: result, state: { ...inputs, id: result, result } });
    },

    read: readOrImport((id) => {
        const result = id.toLowerCase();
        if (!UUID.test(result)) throw new Error(`"${id}" is not a UUID; import {uuid}`);
        return { id: result, state: { id: result, result } };
    }),
});
