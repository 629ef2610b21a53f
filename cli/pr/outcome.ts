import { CommandError, ExitCode } from "../exit-codes.ts";
import { PreviewError } from "./pulumi.ts";
import { failureSummary } from "./summary.ts";

export interface Outcome {
    markdown: string;
    exitCode: number;
    /** Describes what could not be removed, and where it is. */
    leftover?: string;
}

/** Compares, then removes the environment. If the removal fails, the outcome contains both results. */
export async function outcomeOf(
    compare: () => Promise<Outcome>,
    remove: () => Promise<void>,
): Promise<Outcome> {
    const outcome = await compare().catch((error: unknown) => {
        const { message, details, exitCode } = asPreviewError(error);
        return { markdown: failureSummary(message, details), exitCode };
    });
    try {
        await remove();
        return outcome;
    } catch (error) {
        const { message, details } = asPreviewError(error);
        return { ...outcome, exitCode: ExitCode.Failure, leftover: `${details.join("\n")}\n✗ ${message}.` };
    }
}

function asPreviewError(error: unknown): PreviewError {
    if (error instanceof PreviewError) return error;
    if (error instanceof CommandError)
        return new PreviewError(error.message, error.remedy === undefined ? [] : [error.remedy]);
    return new PreviewError("The preview failed", [
        error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
}
