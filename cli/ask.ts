/** Asks questions on the terminal. */
import type * as prompts from "@inquirer/prompts";
import { CommandError, ExitCode } from "./exit-codes.ts";

export function isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
}

type Prompts = Pick<typeof prompts, "confirm" | "input" | "select">;

/** Asks a yes-or-no question. */
export function askToConfirm(message: string): Promise<boolean> {
    return ask(async ({ confirm }, context) => confirm({ message, default: false }, context));
}

export function askForText(message: string): Promise<string> {
    return ask(async ({ input }, context) => input({ message }, context));
}

/** @throws CommandError with exit code 130 on Ctrl-C */
export async function ask<T>(
    question: (prompts: Prompts, context: { output: NodeJS.WritableStream }) => Promise<T>,
): Promise<T> {
    try {
        return await question(await import("@inquirer/prompts"), { output: process.stderr });
    } catch (error) {
        if ((error as Error).name !== "ExitPromptError") throw error;
        throw new CommandError("Interrupted", undefined, ExitCode.Interrupted);
    }
}
