import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerFindings, orphanRemedy } from "../../../cli/doctor.ts";
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

test("containers that are not meant to run are not counted as running", () => {
    const container = (id: string, more: object = {}) => ({
        type: "docker:index/container:Container",
        urn: `urn:pulumi:dev::shop::docker:index/container:Container::${id}`,
        id,
        inputs: { name: id, image: "image:1" },
        ...more,
    });
    const running = {
        id: "web",
        name: "web",
        state: "running",
        status: "Up 3 minutes",
        networks: [],
        ports: "",
        env: {},
    };
    const resources = [
        container("web"),
        container("old", { delete: true }),
        container("other", { external: true }),
        container("task", { inputs: { name: "task", image: "image:1", mustRun: false } }),
    ];
    const docker = { containers: [running], networks: [], volumes: [], services: [] };
    expect(containerFindings({ option: "" }, resources, docker)).toEqual([
        { check: "Containers", status: "ok", message: "1 running, as in the state" },
    ]);
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
        const remedy = `If no update is running, an update that was killed left them behind. ${removal}`;
        const option = " --stack prod";
        const project = { directory, name: "shop", file: {} };
        delete process.env.PULUMI_BACKEND_URL;
        expect(orphanRemedy({ project: { ...project, file: { backend: { url } } }, option })).toBe(remedy);
        process.env.PULUMI_BACKEND_URL = url;
        expect(orphanRemedy({ project, option })).toBe(remedy);
    });
});
