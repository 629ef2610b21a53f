import { parseOptions } from "./options.ts";

describe("runtime options", () => {
    test("default to TypeScript and an automatic package manager", () => {
        expect(parseOptions()).toEqual({
            typescript: true,
            tsconfig: undefined,
            nodeargs: [],
            packagemanager: undefined,
            production: false,
        });
    });

    test("are parsed", () => {
        const options = {
            typescript: false,
            tsconfig: "infra/tsconfig.json",
            nodeargs: "--inspect",
            packagemanager: "pnpm",
            production: true,
        };
        expect(parseOptions(options)).toEqual({ ...options, nodeargs: ["--inspect"] });
    });

    test("ignore unknown names", () => {
        expect(parseOptions({ binary: "./app" })).toEqual(parseOptions());
    });

    test.each([
        ["--a --b=c", ["--a", "--b=c"]],
        ["  --title  'my app' ", ["--title", "my app"]],
        [`--require="a b.js" --title='say "hi"'`, ["--require=a b.js", '--title=say "hi"']],
        ["", []],
    ])("split nodeargs %j as a shell does", (nodeargs, words) => {
        expect(parseOptions({ nodeargs }).nodeargs).toEqual(words);
    });

    test.each([
        [{ typescript: "yes" }, 'runtime option typescript: "yes" is not a boolean; use true or false'],
        [{ tsconfig: 1 }, "runtime option tsconfig: 1 is not a string; put it in quotes"],
        [
            { nodeargs: "--title 'my app" },
            "runtime option nodeargs: --title 'my app has a quote that is never closed",
        ],
        [
            { packagemanager: "cargo" },
            'runtime option packagemanager: "cargo" is not known; use one of auto, npm, yarn',
        ],
    ])("refuse %j and name the option", (options, message) => {
        expect(() => parseOptions(options)).toThrow(message);
    });
});
