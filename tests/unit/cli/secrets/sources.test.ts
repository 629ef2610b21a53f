import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseValues, readSource, type Source } from "../../../../cli/secrets/sources.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nABCD\nXQ==\n-----END PRIVATE KEY-----";

describe("values", () => {
    test.each([
        [`A=1\nKEY="${PEM}"\nB='$x'\n`, { A: "1", KEY: PEM, B: "$x" }],
        [
            JSON.stringify({ KEY: PEM, PORT: 1, ON: true, B: "$x" }),
            { KEY: PEM, PORT: "1", ON: "true", B: "$x" },
        ],
        ["", {}],
    ])("of %j are read with all their lines", (text, values) => {
        expect(parseValues(text, ".env")).toEqual(values);
    });

    test.each([
        ["A=1\nhunter2\n", ".env: line 2: is not NAME=value; for a variable without a value, write NAME="],
        ['{"A": "hunter2"', ".env: starts with { but is not valid JSON"],
        ['{"A": ["hunter2"]}', ".env: the value of A must be a string, a number or a boolean"],
    ])("of %j are refused without showing them", (text, message) => {
        expect(() => parseValues(text, ".env")).toThrow(message);
        expect(() => parseValues(text, ".env")).not.toThrow("hunter2");
    });
});

describe("a source", () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-source-")));
    const project = { directory: join(directory, "infra"), name: "shop", file: {} };
    const read = (source: Source) => readSource(source, { project, option: "" });
    const executable = (path: string, script: string) => {
        mkdirSync(join(directory, path, ".."), { recursive: true });
        writeFileSync(join(directory, path), script);
        chmodSync(join(directory, path), 0o755);
    };
    beforeEach(() => {
        mkdirSync(project.directory, { recursive: true });
        jest.spyOn(process, "cwd").mockReturnValue(directory);
    });
    afterEach(() => {
        jest.restoreAllMocks();
        rmSync(directory, { recursive: true });
    });

    test("is a file or the output of a command", () => {
        writeFileSync(join(directory, ".env"), "A=1\n");
        expect(read({ file: join(directory, ".env") })).toEqual({ A: "1" });
        expect(read({ command: `echo A=1; echo "B='2'"` })).toEqual({ A: "1", B: "2" });
    });

    test("is Kamal in the application's directory, with a destination", () => {
        mkdirSync(join(directory, ".kamal"));
        writeFileSync(join(directory, ".kamal/secrets-common"), "COMMON=$(x)\n");
        writeFileSync(join(directory, ".kamal/secrets.staging"), "KEY=$(y)\n");
        executable(
            "bin/kamal",
            `#!/bin/sh\n[ "$*" = "secrets print --destination staging" ] && printf 'COMMON=a=b\nKEY=${PEM.replaceAll("\n", "\\n")}\n'\n`,
        );
        expect(read({ kamal: true, destination: "staging" })).toEqual({ COMMON: "a=b", KEY: PEM });
        expect(() => read({ kamal: true })).toThrow("`bin/kamal secrets print` failed with exit code 1");
    });

    test.each([
        [{}, "Name one source: --file, --command or --kamal"],
        [{ file: ".env", kamal: true }, "Name one source"],
        [{ file: ".env", destination: "staging" }, "--destination works only with --kamal"],
        [{ file: "nothing" }, "nothing cannot be read: ENOENT"],
        [{ command: "echo A=hunter2; exit 3" }, "failed with exit code 3"],
        [{ kamal: true }, "There is no .kamal in"],
    ])("%j is refused", (source, message) => {
        expect(() => read(source)).toThrow(message);
    });
});
