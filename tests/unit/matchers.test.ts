import "../e2e/matchers.ts";

const result = (code: number | null) => ({ code, output: "no such image", stderr: "a warning" });

test("the matchers of commands compare the exit code", () => {
    expect(result(0)).toSucceed();
    expect(result(7)).toFail();
    expect(result(null)).toFail();
    expect(result(7)).toExitWith(7);
});

test.each([
    [
        "exit code 0, and not 7",
        () => {
            expect(result(7)).toSucceed();
        },
    ],
    [
        "exit code 0, and not a signal",
        () => {
            expect(result(null)).toSucceed();
        },
    ],
    [
        "an exit code other than 0, and not 0",
        () => {
            expect(result(0)).toFail();
        },
    ],
    [
        "exit code 3, and not 7",
        () => {
            expect(result(7)).toExitWith(3);
        },
    ],
])("a command that did not end with %s fails with what it printed", (expected, assertion) => {
    expect(assertion).toThrow(`Expected ${expected}. The command printed:\nno such image\na warning`);
});
