import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { MARKER } from "../../../cli/pr/summary.ts";

describe("a branch that cannot be built", () => {
    const root = mkdtempSync(join(tmpdir(), "drydock-build-test-"));
    const script = (file: string, text: string) => {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    };
    beforeAll(() => {
        script("toolchain/setup/all.sh", "echo set up");
        script("scripts/build.sh", "seq 100; echo '```'; echo 'a.ts(1,2): error TS2322' >&2; exit 1");
        cpSync(
            resolve(import.meta.dirname, "../../../scripts/preview-pr.sh"),
            join(root, "scripts/preview-pr.sh"),
        );
    });
    afterAll(() => {
        rmSync(root, { recursive: true });
    });
    const run = (OUT: string) =>
        spawnSync(join(root, "scripts/preview-pr.sh"), { encoding: "utf8", env: { ...process.env, OUT } });

    test.each(["", "elsewhere/summary.md"])(
        "has a summary with the end of the output, with OUT=%s",
        (out) => {
            const { status, stdout } = run(out);
            expect(status).toBe(1);
            expect(stdout).toContain("error TS2322");
            const summary = readFileSync(join(root, out || ".drydock/preview.md"), "utf8");
            expect(summary.startsWith(`${MARKER}\n## ✗ The branch cannot be built\n\n\`\`\`text\n`)).toBe(
                true,
            );
            expect(summary).toContain("\n99\n100\n---\na.ts(1,2): error TS2322\n```\n");
            expect(summary).not.toContain("\n50\n");
        },
    );

    test("has a summary if its set-up fails", () => {
        script("toolchain/setup/all.sh", "echo no such package; exit 3");
        expect(run("").status).toBe(1);
        expect(readFileSync(join(root, ".drydock/preview.md"), "utf8")).toContain("no such package");
    });
});
