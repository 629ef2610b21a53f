import type { Command } from "commander";
import type { Program } from "../../../../cli/init/model.ts";
import { workflows } from "../../../../cli/init/workflows.ts";
import { createProgram } from "../../../../cli/main.ts";

/** The command of a line such as `pr comment "$FILE"`. */
function commandOf(words: string[], command: Command = createProgram()): Command {
    const [first, ...rest] = words;
    const found = command.commands.find((child) => child.name() === first);
    return found ? commandOf(rest, found) : command;
}

test("workflows call verbs and options that exist", () => {
    const program = { stacks: [{ name: "live", isDevelopment: false }] } as unknown as Program;
    const text = workflows(program)
        .map(({ content }) => content)
        .join("\n");
    const lines = [...text.matchAll(/pulumi-drydock@\S+ (.*)/g)].map(([, line = ""]) => line);
    for (const line of lines) {
        const words = line.split(" ");
        const verb = commandOf(words);
        const known = verb.options.map(({ long }) => long);
        for (const option of words.filter((word) => word.startsWith("--"))) expect(known).toContain(option);
    }
    expect(lines.map((line) => commandOf(line.split(" ")).name())).toEqual(["pr", "comment", "up"]);
});
