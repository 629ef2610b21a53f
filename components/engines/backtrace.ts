/**
 * Matches a line of a Ruby, JavaScript or Java backtrace, which pushes the error out of sight. The expression means the
 * same in grep -E and in JavaScript. It does not match Ruby's uncaught error, `/app/config.rb:3:in 'open': message
 * (Class)`: a frame ends in the name of the method.
 */
export const BACKTRACE_LINE = "^[ \t]*(from [^ ]+:[0-9]+|at [^ ]|(\\[[^ ]+ +)?/[^ ]+:[0-9]+:in .*'$)";

const pattern = new RegExp(BACKTRACE_LINE);

export function isBacktraceLine(line: string): boolean {
    return pattern.test(line);
}
