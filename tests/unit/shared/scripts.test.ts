import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readScript, readScriptBody, shellQuote } from "../../../components/shared/scripts.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-scripts-"));
const file = (text: string) => {
    writeFileSync(join(directory, "script.sh"), text);
    return "script.sh";
};
afterAll(() => {
    rmSync(directory, { recursive: true });
});

test("readScript returns the whole file", () => {
    const text = "#!/bin/sh\n# Says hello.\n\necho hello\n";
    expect(readScript(directory, file(text))).toBe(text);
});

test.each([
    [
        "removes the shebang and the comment below it",
        "#!/bin/sh\n# Says\n# hello.\n\necho hello\n",
        "echo hello\n",
    ],
    ["keeps later comments", "#!/bin/sh\n\necho hello\n# Done.\n", "echo hello\n# Done.\n"],
    [
        "keeps a comment that belongs to the first command",
        "# Politely.\necho hello\n",
        "# Politely.\necho hello\n",
    ],
])("readScriptBody %s", (_, text, body) => {
    expect(readScriptBody(directory, file(text))).toBe(body);
});

test.each(["plain", "", "a b", "it's", "$HOME", "`id`", "a\\nb", "*", "-n"])(
    "shellQuote makes %j one word of a command",
    (text) => {
        expect(
            execFileSync("sh", ["-c", `printf "%s" ${shellQuote(text)}`, "sh"], { encoding: "utf8" }),
        ).toBe(text);
    },
);
