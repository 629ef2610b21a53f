import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orphanRemedy } from "../../../cli/doctor.ts";
import { colorsFor } from "../../../cli/output.ts";
import { formatFindings } from "../../../cli/findings.ts";

test("findings have a sign for their status, and the remedy below", () => {
    const findings = [
        { check: "Node.js", status: "ok", message: "24" },
        { check: "Disk", status: "error", message: "full", remedy: "Do this:\nand that" },
    ] as const;
    expect(formatFindings([...findings], colorsFor({ isTTY: false }, {}))).toBe(
        "✓ Node.js  24\n✗ Disk     full\n           Do this:\n           and that",
    );
});

describe("the remedy for what a killed update left behind", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-state-"));
    const { PULUMI_BACKEND_URL } = process.env;
    beforeAll(() => {
        mkdirSync(join(directory, ".pulumi"));
    });
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });
    afterEach(() => {
        delete process.env.PULUMI_BACKEND_URL;
        if (PULUMI_BACKEND_URL !== undefined) process.env.PULUMI_BACKEND_URL = PULUMI_BACKEND_URL;
    });

    test.each([
        ["this machine", `file://${directory}`, "The next `drydock up --stack prod` removes them."],
        ["a bucket", "s3://state", "Remove them with `drydock up --stack prod --remove-orphans`."],
    ])("depends on the location of the state: %s", (_, url, removal) => {
        const remedy = `If no update is running, a killed one left them. ${removal}`;
        const option = " --stack prod";
        const project = { directory, name: "shop", file: {} };
        delete process.env.PULUMI_BACKEND_URL;
        expect(orphanRemedy({ project: { ...project, file: { backend: { url } } }, option })).toBe(remedy);
        process.env.PULUMI_BACKEND_URL = url;
        expect(orphanRemedy({ project, option })).toBe(remedy);
    });
});
