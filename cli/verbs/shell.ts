import { Command } from "commander";
import { withStack } from "../options.ts";
import type { StackOption } from "../project.ts";
import { APPLICATION, execute, openTarget } from "../exec.ts";

/** Many images have no bash. */
const SHELL = ["sh", "-c", "if command -v bash >/dev/null; then exec bash; fi; exec sh"];

export function shellCommand(): Command {
    const command = new Command("shell")
        .description("open a shell in the container of the application, or of another component")
        .argument("[component]", "component or process to use (default: the only application)");
    return withStack(command).action(async (component: string | undefined, options: StackOption) => {
        const container = await openTarget({ ...options, component }, APPLICATION);
        await execute(container, SHELL);
    });
}
