/** Exit codes of the command. `run`, `console` and the like exit with the code of the program that they run. */
export const ExitCode = {
    Success: 0,
    /** Something failed, or a check found a problem. */
    Failure: 1,
    /** Bad arguments, or unanswered questions. */
    Usage: 2,
    /** Data is at risk: the update or the removal was not run. */
    DataAtRisk: 3,
    /** A mandatory policy is violated. */
    PolicyViolated: 4,
    /** Interrupted by Ctrl-C, as shells report it. */
    Interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error for the user, printed without a stack trace: what is wrong, and what to do about it. */
export class CommandError extends Error {
    readonly remedy: string | undefined;
    readonly exitCode: ExitCode;

    /** @param remedy a sentence */
    constructor(message: string, remedy?: string, exitCode: ExitCode = ExitCode.Failure) {
        super(message);
        this.name = "CommandError";
        this.remedy = remedy;
        this.exitCode = exitCode;
    }
}

/** An error about the arguments of the command. */
export class UsageError extends CommandError {
    constructor(message: string, remedy?: string) {
        super(message, remedy, ExitCode.Usage);
        this.name = "UsageError";
    }
}
