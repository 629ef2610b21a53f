import { Argument, Command } from "commander";
import { completions, completionScript, namesFor, type Shell, SHELLS } from "../completion.ts";

export function completionCommand(): Command {
    return new Command("completion")
        .description("print a script that completes verbs, options and components in your shell")
        .addArgument(new Argument("<shell>").choices(SHELLS))
        .addHelpText(
            "after",
            [
                "\nExamples:",
                '  eval "$(drydock completion bash)"     in ~/.bashrc',
                '  eval "$(drydock completion zsh)"      in ~/.zshrc, after compinit',
                "  drydock completion fish | source      in ~/.config/fish/config.fish",
            ].join("\n"),
        )
        .action((shell: Shell) => {
            process.stdout.write(completionScript(shell));
        });
}

/** Called by the completion scripts. */
export function completeCommand(program: Command): Command {
    return new Command("complete")
        .argument("[words...]")
        .allowUnknownOption()
        .passThroughOptions()
        .action(async (words: string[]) => {
            // Without a stack there are no names.
            const found = await completions(program, words, namesFor(words)).catch(() => []);
            process.stdout.write(found.map((word) => `${word}\n`).join(""));
        });
}
