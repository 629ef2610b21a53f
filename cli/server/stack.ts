/** `docker:host` in the configuration of a stack. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isMap, parseDocument } from "yaml";
import { CommandError, UsageError } from "../exit-codes.ts";
import { configFile, configValue, findProject, type Stack } from "../project.ts";

type StackFile = Pick<Stack, "project" | "name">;

/**
 * The stack of the project here that is to run on a machine.
 *
 * @returns undefined if it is configured for the machine already
 * @throws CommandError if it is configured for another one
 */
export function stackWithoutHost(name: string, address: string): StackFile | undefined {
    const stack = { project: findProject(), name };
    for (const key of ["docker:host", "docker:context"]) {
        const value = configValue(stack.project, name, key);
        if (typeof value !== "string" || value === "") continue;
        if (key === "docker:host" && value === address) return undefined;
        throw new UsageError(
            `The stack ${name} has ${key}: ${value} in its configuration`,
            `Its data does not follow to another machine. To move it, see "Move an environment" in the documentation; ` +
                `otherwise remove the setting: \`pulumi config rm ${key} --stack ${name}\`.`,
        );
    }
    return stack;
}

/** Sets `docker:host`, and keeps the comments of the file. */
export function writeDockerHost(stack: StackFile, address: string): void {
    const file = configFile(stack);
    const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
    if (document.errors.length > 0)
        throw new CommandError(
            `${file} cannot be read: ${document.errors[0]?.message.split("\n")[0] ?? ""}`,
            `Correct it, and add \`docker:host: ${address}\` to its \`config\`.`,
        );
    if (isMap(document.get("config"))) document.setIn(["config", "docker:host"], address);
    else document.set("config", document.createNode({ "docker:host": address }));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, document.toString({ lineWidth: 0 }));
}
