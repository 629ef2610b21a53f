import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { breakStaleLock, isPulumi } from "../../../../cli/repair/lock.ts";
import { isDevelopment } from "../../../../cli/update/stack.ts";

test.each([
    ["dev", undefined, true],
    ["preview-0a1b2c3-4711", undefined, true],
    ["preview-shop", undefined, false],
    ["prod", undefined, false],
    ["staging", "true", true],
    ["staging", true, true],
    ["staging", "false", false],
])("the stack %s with drydock:development %j is for development: %j", (name, value, expected) => {
    expect(isDevelopment({ name, config: () => value })).toBe(expected);
});

describe("a lock", () => {
    const state = mkdtempSync(join(tmpdir(), "drydock-lock-"));
    const directory = join(state, ".pulumi/locks/organization/shop/dev");
    const lock = (pid: number) => {
        mkdirSync(directory, { recursive: true });
        writeFileSync(
            join(directory, "1.json"),
            JSON.stringify({ pid, username: "ann", hostname: hostname() }),
        );
    };
    const cancel = jest.fn(() => {
        rmSync(directory, { recursive: true });
    });
    const options = { project: "shop", stack: "dev", cancel };
    beforeEach(() => {
        cancel.mockClear();
        jest.spyOn(process.stderr, "write").mockReturnValue(true);
    });
    afterEach(() => {
        jest.restoreAllMocks();
    });
    afterAll(() => {
        rmSync(state, { recursive: true });
    });

    test("of a process that is gone is released", async () => {
        lock(2 ** 22 + 1);
        await breakStaleLock(state, { ...options, wait: false });
        expect(cancel).toHaveBeenCalledTimes(1);
    });

    test("of a Pulumi that runs is refused, and waited for with --wait", async () => {
        // Its command line names Pulumi.
        const pulumi = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)", "pulumi"]);
        const { pid = 0 } = pulumi;
        expect(isPulumi(pid)).toBe(true);
        lock(pid);
        await expect(breakStaleLock(state, { ...options, wait: false })).rejects.toThrow(
            expect.objectContaining({
                message: expect.stringMatching(`is updating the stack dev \\(process ${pid}\\)$`) as string,
                remedy: "Wait until it has finished, or pass --wait.",
            }) as Error,
        );
        expect(cancel).not.toHaveBeenCalled();
        setTimeout(() => pulumi.kill("SIGKILL"), 600);
        await breakStaleLock(state, { ...options, wait: true });
        expect(cancel).toHaveBeenCalledTimes(1);
    });

    test("may name a process that is another program", () => {
        expect(isPulumi(process.ppid)).toBe(false);
    });
});
