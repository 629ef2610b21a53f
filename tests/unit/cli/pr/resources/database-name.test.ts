import { MASK } from "../../../../../cli/pr/events.ts";
import { component, CONTAINER, type Inputs, risks } from "../steps.ts";

describe("a renamed database", () => {
    const step = (from: Inputs, to: Inputs) =>
        component("PostgresService", [CONTAINER, "it", "replace", from, to]);
    const named = (name: string): Inputs => ({ envs: [`POSTGRES_DB=${name}`, "POSTGRES_USER=app"] });
    const END = "a new, empty one is created, and the old one is no longer used";

    test("is at risk, with both names", () => {
        expect(risks(step(named("a"), named("b")))).toEqual([`database \`a\` → \`b\`: ${END}`]);
    });

    test.each<[string, Inputs, Inputs]>([
        ["both are", { envs: MASK }, { envs: MASK }],
        ["the new one is", named("a"), { envs: MASK }],
        ["the old one is", { envs: MASK }, named("b")],
    ])("is at risk, without names if %s secret", (_, from, to) => {
        expect(risks(step(from, to), step(named("a"), named("b")))).toEqual([
            `database has another name: ${END}`,
        ]);
    });

    test("is not at risk if its secret name stays the same", () => {
        expect(risks(step({ envs: MASK }, { envs: MASK }), step(named("a"), named("a")))).toEqual([]);
    });
});
