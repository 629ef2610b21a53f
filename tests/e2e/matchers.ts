/** The result of a command: its exit code, and what it printed, under any names. */
interface Ended {
    code: number | null;
}

declare global {
    // The declaration of jest's own matchers is in this namespace.
    // oxlint-disable-next-line typescript/no-namespace
    namespace jest {
        interface Matchers<R> {
            /** The command ended with exit code 0. A failure prints what the command printed. */
            toSucceed(): R;
            /** The command ended with an exit code other than 0. */
            toFail(): R;
            /** The command ended with this exit code. */
            toExitWith(code: number): R;
        }
    }
}

function compareCode(result: Ended, pass: boolean, expected: string): jest.CustomMatcherResult {
    const { code, ...texts } = result;
    const printed = Object.values(texts).filter((text) => typeof text === "string");
    return {
        pass,
        message: () =>
            [`Expected ${expected}, and not ${code ?? "a signal"}. The command printed:`, ...printed].join(
                "\n",
            ),
    };
}

expect.extend({
    toSucceed: (result: Ended) => compareCode(result, result.code === 0, "exit code 0"),
    toFail: (result: Ended) => compareCode(result, result.code !== 0, "an exit code other than 0"),
    toExitWith: (result: Ended, code: number) =>
        compareCode(result, result.code === code, `exit code ${code}`),
});
