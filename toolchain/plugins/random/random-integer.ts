import { randomInt } from "node:crypto";
import { resource } from "../../plugin/provider.ts";
import { map, number, string, type TypeOf } from "../../plugin/schema.ts";
import { plainObject } from "../../plugin/values.ts";
import { readOrImport } from "./import.ts";

/** The largest range of crypto.randomInt. */
const MAX_RANGE = 2 ** 48 - 1;

const integer = (value: number) => (Number.isSafeInteger(value) ? undefined : "is not an integer");

const properties = {
    keepers: map(),
    min: number({ required: true, validate: integer }),
    max: number({ required: true, validate: integer }),
    seed: string({
        validate: () => "is not supported by this plugin, which lacks Go's math/rand; remove it",
    }),
};

/** `random:index/randomInteger:RandomInteger`: an integer from `min` to `max`, both included. */
export const randomInteger = resource<TypeOf<typeof properties>>({
    token: "random:index/randomInteger:RandomInteger",
    properties,
    outputs: ["id", "result"],

    check(inputs) {
        const { min, max } = plainObject(inputs);
        if (typeof min !== "number" || typeof max !== "number") return [];
        if (max < min) return [{ property: "max", reason: `max: ${max} is less than min, ${min}` }];
        if (max - min < MAX_RANGE) return [];
        return [
            { property: "max", reason: `max: ${max} is too far from min, ${min}; use a range below 2^48` },
        ];
    },

    create(inputs) {
        const result = randomInt(inputs.min, inputs.max + 1);
        return Promise.resolve({ id: `${result}`, state: { ...inputs, id: `${result}`, result } });
    },

    read: readOrImport((imported) => {
        const [id = "", ...range] = imported.split(",");
        const numbers = [id, ...range].map((part) => (part === "" ? NaN : Number(part)));
        const [result, min, max] = numbers;
        if (numbers.length !== 3 || !numbers.every(Number.isSafeInteger)) {
            throw new Error(`"${imported}" is not three integers; import {result},{min},{max}`);
        }
        return { id, state: { id, result, min, max } };
    }),
});
