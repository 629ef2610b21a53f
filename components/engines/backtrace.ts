/**
 * Lines of a Ruby, JavaScript or Java backtrace, which hide the error above them. The expression means the same to grep -E
 * and in JavaScript.
 */
export const BACKTRACE_LINE = "^[ \t]*(from [^ ]+:[0-9]+|at [^ ]|(\\[[^ ]+ +)?/[^ ]+:[0-9]+:in )";

const pattern = new RegExp(BACKTRACE_LINE);

export function isBacktraceLine(line: string): boolean {
    return pattern.test(line);
}
