import { resource } from "../../plugin/provider.ts";
import { map, number, string, type TypeOf } from "../../plugin/schema.ts";
import { pick } from "./choice.ts";
import { readOrImport } from "./import.ts";
import { ADJECTIVES, ADVERBS, NAMES } from "./pet-words.ts";

const properties = {
    keepers: map(),
    length: number({ default: 2 }),
    prefix: string({ exact: true }),
    separator: string({ default: "-" }),
};

/** `random:index/randomPet:RandomPet`: a name that is easy to remember, such as `quietly-brave-otter`. */
export const randomPet = resource<TypeOf<typeof properties>>({
    token: "random:index/randomPet:RandomPet",
    properties,
    outputs: ["id"],

    create(inputs) {
        const words = petName(inputs.length);
        const id = [...(inputs.prefix ? [inputs.prefix] : []), ...words].join(inputs.separator);
        return Promise.resolve({ id, state: { ...inputs, id } });
    },

    read: readOrImport((id) => {
        throw new Error(`RandomPet "${id}" cannot be imported: its properties cannot be derived from the ID`);
    }),
});

function petName(length: number): string[] {
    if (length === 1) return [pick(NAMES)];
    const adverbs = Array.from({ length: length - 2 }, () => pick(ADVERBS));
    return [...adverbs, pick(ADJECTIVES), pick(NAMES)];
}
