import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const PRELOAD = resolve(__dirname, "../../scripts/fast-stacks.cjs");

/** Text of the stack of an error made in a function of that name, where all stacks are mapped to "mapped". */
function stackIn(name: string, prepare = "() => 'mapped'"): string {
    const program = `
        Error.prepareStackTrace = ${prepare};
        function ${name}() { return new Error("here").stack; }
        console.log(${name}());`;
    return execFileSync(process.execPath, ["--require", PRELOAD, "--eval", program], { encoding: "utf8" });
}

describe("the stacks that the SDK takes for every promise", () => {
    it("are not mapped to their sources, and still tell where they are from", () => {
        expect(stackIn("debuggablePromise")).toMatch(/^Error: here\n {4}at debuggablePromise \(\[eval\]:3/);
    });

    it("are the only ones", () => {
        expect(stackIn("program")).toBe("mapped\n");
    });

    it("are Node's where nobody maps", () => {
        expect(stackIn("program", "undefined")).toMatch(/^Error: here\n {4}at program/);
    });
});
