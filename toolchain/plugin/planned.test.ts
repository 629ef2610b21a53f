import { planned } from "./planned";
import { list, number, object, set, string } from "./schema";

const properties = {
    name: string(),
    host: string({ computed: true }),
    spec: object({
        mode: string({ computed: true }),
        user: string(),
        ports: list(object({ target: number(), published: number({ computed: true }) })),
        hosts: set(string()),
    }),
};

test("an update keeps what the provider chose before, at any depth, and nothing that the program took back", () => {
    const state = {
        name: "old",
        host: "h",
        spec: {
            mode: "vip",
            user: "u",
            ports: [
                { target: 80, published: 30000 },
                { target: 90, published: 30001 },
            ],
            hosts: ["a"],
        },
    };
    const inputs = { name: "new", spec: { ports: [{ target: 81 }], hosts: ["b"] } };
    expect(planned(properties, state, inputs)).toEqual({
        name: "new",
        host: "h",
        spec: { mode: "vip", ports: [{ target: 81, published: 30000 }], hosts: ["b"] },
    });
});

test("nothing was chosen for what is new", () => {
    expect(planned(properties, {}, { spec: { ports: [{ target: 80 }] } })).toEqual({
        spec: { ports: [{ target: 80 }] },
    });
});
