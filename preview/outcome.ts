import { Failed } from "./environment.ts";
import { failure } from "./summary.ts";

/** What is told in the end, and what the command ends with. */
export interface Outcome {
    markdown: string;
    code: number;
    /** What could not be removed, and where it is. */
    left?: string;
}

/** The outcome of a comparison once its environment is removed; a removal that fails is told beside it. */
export async function outcomeOf(
    compared: () => Promise<Outcome>,
    remove: () => Promise<void>,
): Promise<Outcome> {
    const outcome = await compared().catch((error: unknown) => {
        const { message, said, code } = asFailed(error);
        return { markdown: failure(message, said), code };
    });
    try {
        await remove();
        return outcome;
    } catch (error) {
        const { message, said } = asFailed(error);
        return { ...outcome, code: 1, left: `${said.join("\n")}\n✗ ${message}.` };
    }
}

function asFailed(error: unknown): Failed {
    if (error instanceof Failed) return error;
    return new Failed("The preview fails", [
        error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
}
