/**
 * Lines of a Ruby, JavaScript or Java backtrace, which hide the error above them. The expression means the same to grep -E
 * and in JavaScript. Ruby prints an uncaught error as `/app/config.rb:3:in 'open': message (Class)`, which is no such line:
 * a frame ends in the name of the method.
 */
export const BACKTRACE_LINE = "^[ \t]*(from [^ ]+:[0-9]+|at [^ ]|(\\[[^ ]+ +)?/[^ ]+:[0-9]+:in .*'$)";

const pattern = new RegExp(BACKTRACE_LINE);

export function isBacktraceLine(line: string): boolean {
    return pattern.test(line);
}
