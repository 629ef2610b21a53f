import { randomBytes } from "node:crypto";
import { type Context, resource } from "../../plugin/provider.ts";
import { any, boolean, list, map, oneOf, string, type TypeOf } from "../../plugin/schema.ts";
import { type Output, run } from "./process.ts";

/** Any change of an input, however small, runs the command again. */
const inPlaceInput = { exact: true, inPlace: true } as const;

const properties = {
    create: string(inPlaceInput),
    update: string(inPlaceInput),
    delete: string(inPlaceInput),
    triggers: list(any(), { exact: true }),
    interpreter: list(string(), inPlaceInput),
    dir: string(inPlaceInput),
    environment: map(inPlaceInput),
    stdin: string(inPlaceInput),
    logging: string({ ...inPlaceInput, validate: oneOf("stdout", "stderr", "stdoutAndStderr", "none") }),
    addPreviousOutputInEnv: boolean(inPlaceInput),
};

type Inputs = TypeOf<typeof properties>;

const NO_OUTPUT: Output = { stdout: "", stderr: "" };

/** `command:local:Command`: commands that run on this machine when the resource is created, updated and deleted. */
export const localCommand = resource<Inputs>({
    token: "command:local:Command",
    properties,
    outputs: ["stdout", "stderr"],
    updatedOutputs: ["stdout", "stderr"],

    async create(inputs, context) {
        const output = await execute(inputs.create, inputs, NO_OUTPUT, context);
        return { id: context.name + randomBytes(4).toString("hex"), state: { ...inputs, ...output } };
    },

    async update(_id, state, inputs, context) {
        const command = inputs.update ?? inputs.create;
        return { ...inputs, ...(await execute(command, inputs, state as unknown as Output, context)) };
    },

    async delete(_id, state, context) {
        const old = state as unknown as Inputs & Output;
        await execute(old.delete, old, old, context);
    },
});

/** Runs the command and returns its output. Without a command, returns the previous output. */
async function execute(
    command: string | undefined,
    inputs: Inputs,
    { stdout, stderr }: Output,
    context: Context,
): Promise<Output> {
    if (command === undefined) return { stdout, stderr };
    const { interpreter = [], dir, environment, stdin, logging = "stdoutAndStderr" } = inputs;
    const [file = "", ...args] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
    const previous = inputs.addPreviousOutputInEnv !== false && {
        ...(stdout && { PULUMI_COMMAND_STDOUT: stdout }),
        ...(stderr && { PULUMI_COMMAND_STDERR: stderr }),
    };
    const env = { ...process.env, ...environment, ...previous };
    const shell = { file, args: [...args, command], cwd: dir, env, stdin };
    const result = await run(shell, context.signal, (line, stream) => {
        if (logging === stream || logging === "stdoutAndStderr") context.status(line);
    });
    if (result.failure !== undefined) {
        throw new Error(`${result.failure}: running ${JSON.stringify(command)}:\n${result.combined}`);
    }
    return { stdout: withoutNewline(result.stdout), stderr: withoutNewline(result.stderr) };
}

function withoutNewline(text: string): string {
    return text.endsWith("\n") ? text.slice(0, -1) : text;
}
