/** `docker:host` in the configuration of a stack. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isMap, parseDocument } from "yaml";
import { CommandError, UsageError } from "../exit-codes.ts";
import { configFile, configValue, findProject, readExistingDeployment, type Stack } from "../project.ts";
import { enginesIn, isLocal } from "../docker-environment.ts";
import { CONTAINER, SERVICE, VOLUME } from "../resource-types.ts";

const HOW_TO_MOVE = "To move it, bring up a second stack on the new machine, and copy the data with a dump";

const ON_ENGINE = [CONTAINER, SERVICE, VOLUME];

type StackReference = Pick<Stack, "project" | "name">;

/**
 * The stack of the project here that is to run on a machine.
 *
 * @returns undefined if it is configured for the machine already
 * @throws UsageError if it is configured for another one, or runs on this machine
 */
export async function stackWithoutHost(name: string, address: string): Promise<StackReference | undefined> {
    const stack = { project: findProject(), name };
    for (const key of ["docker:host", "docker:context"]) {
        const value = configValue(stack.project, name, key);
        if (typeof value !== "string" || value === "") continue;
        if (key === "docker:host" && value === address) return undefined;
        throw new UsageError(
            `The stack ${name} has ${key}: ${value} in its configuration`,
            `Its data stays on the current machine. ${HOW_TO_MOVE}; ` +
                `otherwise remove the setting: \`drydock pulumi config rm ${key} --stack ${name}\`.`,
        );
    }
    await refuseLocalStack(stack);
    return stack;
}

async function refuseLocalStack({ project, name }: StackReference): Promise<void> {
    const { resources = [] } = (await readExistingDeployment(project, name)) ?? {};
    const hasData = resources.some(({ type }) => ON_ENGINE.includes(type));
    if (!hasData || !enginesIn(resources).some(isLocal)) return;
    throw new UsageError(
        `The stack ${name} runs on this machine, and its data would stay here`,
        `${HOW_TO_MOVE}; otherwise remove it first: \`drydock down --stack ${name}\`.`,
    );
}

/** Sets `docker:host`, and keeps the comments of the file. */
export function writeDockerHost(stack: StackReference, address: string): void {
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
