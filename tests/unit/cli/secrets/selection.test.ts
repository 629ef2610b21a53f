import { selectValues } from "../../../../cli/secrets/selection.ts";

test("an import takes the requested values, and returns the names that it skips", () => {
    expect(selectValues({ A: "1", B: "", OTHER: "2", C: "3" }, ["A", "B", "C", "MISSING"])).toEqual({
        values: { A: "1", C: "3" },
        unrequested: ["OTHER"],
        empty: ["B"],
    });
});
