import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/index.js";
import { ExitCode } from "../../../../cli/exit-codes.ts";
import { runOperation } from "../../../../cli/update/run.ts";

/** An update that another one keeps from starting. */
const locked = () => {
    const result = { stdout: "", stderr: "", code: 1, err: undefined };
    return Promise.reject(new ConcurrentUpdateError(result as never));
};

describe("an operation beside another update", () => {
    beforeEach(() => jest.spyOn(process.stderr, "write").mockReturnValue(true));
    afterEach(() => jest.restoreAllMocks());

    test("fails, and names the stack whose lock to release", async () => {
        await expect(
            runOperation("The update", { stack: "live", wait: false }, locked),
        ).rejects.toMatchObject({
            message: "Another update of the stack is running",
            remedy: expect.stringContaining("pulumi cancel --stack live") as string,
        });
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
        "does not start any more after %s while it waits",
        async (signal) => {
            const operation = jest.fn(locked);
            const waiting = runOperation("The update", { stack: "live", wait: true }, operation);
            while (operation.mock.calls.length === 0) await new Promise((tick) => setTimeout(tick, 5));
            setTimeout(() => process.emit(signal, signal), 20);
            await expect(waiting).rejects.toMatchObject({ exitCode: ExitCode.Interrupted });
            expect(operation).toHaveBeenCalledTimes(1);
        },
    );
});
