import { MASK } from "../../../../../cli/pr/events.ts";
import { component, CONTAINER, type Inputs, risks, SECRET } from "../steps.ts";

describe("a renamed database", () => {
    const step = (from: Inputs, to: Inputs) =>
        component("PostgresService", [CONTAINER, "it", "replace", from, to]);
    const named = (name: string, role = "app"): Inputs => ({
        envs: [`POSTGRES_DB=${name}`, `POSTGRES_USER=${role}`],
    });
    const END = "a new, empty one is created, and the old one is no longer used";

    test("is at risk, with both names", () => {
        expect(risks(step(named("a"), named("b")))).toEqual([`database \`a\` → \`b\`: ${END}`]);
        expect(risks(step(named("a"), named("a", "owner")))).toEqual([`role \`app\` → \`owner\`: ${END}`]);
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

    test.each<[string, Inputs, Inputs]>([
        ["the name stays the same", named("a"), named("a")],
        ["the container had no name before", {}, named("a")],
        ["the container has no name any more", named("a"), {}],
    ])("is not at risk if %s", (_, from, to) => {
        expect(risks(step(from, to))).toEqual([]);
    });

    test("on a Swarm, where a file has the variables, is at risk too", () => {
        const file = (name: string, labels: Inputs[] = []) => {
            const state = (value: string) => ({
                labels,
                data: Buffer.from(`export POSTGRES_DB=${value}\n`).toString("base64"),
            });
            return component("PostgresService", [
                SECRET,
                "it-environment",
                "replace",
                state("a"),
                state(name),
            ]);
        };
        expect(risks(file("'b'\\''s c'"))).toEqual([`database \`a\` → \`b's c\`: ${END}`]);
        expect(risks(file("a"))).toEqual([]);
        expect(risks(file("b", [{ label: "drydock.file", value: "/etc/environment" }]))).toEqual([]);
        const masked = component("PostgresService", [
            SECRET,
            "it-environment",
            "replace",
            { data: MASK },
            { data: MASK },
        ]);
        expect(risks(masked, file("b"))).toEqual([`database has another name: ${END}`]);
    });

    test.each([
        ["created", "create"],
        ["removed", "delete"],
    ] as const)("is not at risk if its container or file is %s", (_, operation) => {
        const [from, to] = operation === "create" ? [{}, named("a")] : [named("a"), {}];
        expect(risks(component("PostgresService", [CONTAINER, "it", operation, from, to]))).toEqual([]);
    });

    test("is not at risk if its secret name stays the same", () => {
        expect(risks(step({ envs: MASK }, { envs: MASK }), step(named("a"), named("a")))).toEqual([]);
    });
});
