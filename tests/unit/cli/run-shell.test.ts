import { ExitCode } from "../../../cli/exit-codes.ts";
import { untilInterrupted } from "../../../cli/run-shell.ts";

describe("running commands", () => {
    const interrupted = expect.objectContaining({ exitCode: ExitCode.Interrupted }) as Error;

    test("returns its result, and passes on its failure", async () => {
        expect(await untilInterrupted(() => Promise.resolve(1))).toBe(1);
        await expect(untilInterrupted(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    });

    test("ends with exit code 130 on Ctrl-C, however it ends", async () => {
        const ends = [() => Promise.resolve(), () => Promise.reject(new Error("killed"))];
        for (const end of ends) {
            const preview = untilInterrupted(() => {
                process.emit("SIGINT");
                return end();
            });
            await expect(preview).rejects.toThrow(interrupted);
        }
        expect(process.listenerCount("SIGINT")).toBe(0);
    });
});
