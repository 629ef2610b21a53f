import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MARKER } from "../../../cli/pr/summary.ts";
import { ROOT } from "../sandbox.ts";

const SCRIPT = ".github/prepare-preview.sh";

describe("a branch in the workflow of the preview", () => {
    const root = mkdtempSync(join(tmpdir(), "drydock-build-test-"));
    mkdirSync(dirname(join(root, SCRIPT)));
    cpSync(join(ROOT, SCRIPT), join(root, SCRIPT));
    afterAll(() => {
        rmSync(root, { recursive: true });
    });

    /** Runs the script in a directory with this recipe of `make build`. */
    function prepare(recipe: string) {
        writeFileSync(join(root, "Makefile"), `build:\n\t@${recipe}\n`);
        const { status, stdout } = spawnSync(join(root, SCRIPT), { encoding: "utf8" });
        return { status, stdout, summary: () => readFileSync(join(root, ".drydock/preview.md"), "utf8") };
    }

    test("has a summary with the end of the output if it cannot be built", () => {
        const { status, stdout, summary } = prepare(
            "seq 100; echo '```'; echo 'a.ts(1,2): error TS2322' >&2; exit 1",
        );
        expect(status).toBe(1);
        expect(stdout).toContain("error TS2322");
        expect(summary().startsWith(`${MARKER}\n## ✗ The branch cannot be built\n\n\`\`\`text\n`)).toBe(true);
        expect(summary()).toContain("\n99\n100\n---\na.ts(1,2): error TS2322\n");
        expect(summary()).not.toContain("\n50\n");
    });

    test("has no summary if it can be built", () => {
        rmSync(join(root, ".drydock"), { recursive: true });
        const { status, summary } = prepare("echo built");
        expect(status).toBe(0);
        expect(summary).toThrow("no such file");
    });
});
