/** Completion of the command line in a shell, which asks `drydock complete` for the words that can follow. */
import type { Command } from "commander";
import { knownNames } from "./containers.ts";
import { declaredProcesses } from "./inventory.ts";
import { PACKAGE_NAME } from "./package-name.ts";
import { openProject, openStack, openWorkspace } from "./project.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const SCRIPTS: Record<Shell, string> = {
    bash: `_drydock() {
    local IFS=$'\\n'
    COMPREPLY=($(drydock complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _drydock drydock ${PACKAGE_NAME}
`,
    zsh: `#compdef drydock ${PACKAGE_NAME}
_drydock() {
    local -a found
    found=(\${(f)"$(drydock complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
    compadd -a found
}
compdef _drydock drydock ${PACKAGE_NAME}
`,
    fish: `for name in drydock ${PACKAGE_NAME}
    complete -c $name -f -a '(drydock complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
end
`,
};

export function completionScript(shell: Shell): string {
    return SCRIPTS[shell];
}

/** Options whose value is a component. */
const COMPONENT_OPTIONS = ["--component", "--app", "--accept-data-loss"];

/** Names that a word can complete to. */
export interface Names {
    components: () => Promise<string[]>;
    stacks: () => Promise<string[]>;
}

/** @param words those after the name of the program. The last one is the word to complete */
export async function completions(program: Command, words: string[], names: Names): Promise<string[]> {
    const [current = "", previous = ""] = [words.at(-1), words.at(-2)];
    const verb = program.commands.find(
        (command) => command.name() === words[0] || command.aliases().includes(words[0] ?? ""),
    );
    const subverb = verb?.commands.find((command) => command.name() === words[1]);
    const command = words.length > 2 ? (subverb ?? verb) : words.length > 1 ? verb : undefined;
    const candidates = await candidatesFor(program, command, current, previous, names);
    return candidates.filter((candidate) => candidate.startsWith(current));
}

async function candidatesFor(
    program: Command,
    verb: Command | undefined,
    current: string,
    previous: string,
    names: Names,
): Promise<string[]> {
    if (!verb) return program.createHelp().visibleCommands(program).flatMap(visibleNames);
    if (previous === "--stack") return names.stacks();
    // `--accept-data-loss` of `pr` takes no value.
    const takesValue = verb.options.some(({ long, required }) => long === previous && required);
    if (takesValue && COMPONENT_OPTIONS.includes(previous)) return names.components();
    if (current.startsWith("-"))
        return verb
            .createHelp()
            .visibleOptions(verb)
            .flatMap(({ long }) => long ?? []);
    if (verb.commands.length > 0) return verb.createHelp().visibleCommands(verb).flatMap(visibleNames);
    // Arguments with these names complete to components.
    const takesComponents = verb.registeredArguments.some((argument) =>
        /^(component|application)/.test(argument.name()),
    );
    return takesComponents ? names.components() : [];
}

function visibleNames(command: Command): string[] {
    return [command.name(), ...command.aliases()];
}

/** The names in the stack that the words select. */
export function namesFor(words: string[]): Names {
    const at = words.indexOf("--stack");
    const stack = at === -1 ? undefined : words[at + 1];
    return {
        components: async () => {
            const { resources = [] } = await (await openStack({ stack })).deployment();
            return knownNames(declaredProcesses(resources));
        },
        stacks: async () => {
            const workspace = await openWorkspace(openProject());
            return (await workspace.listStacks()).map(({ name }) => name);
        },
    };
}
