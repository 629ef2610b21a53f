import type { Description } from "../changes.ts";
import type { Component } from "../components.ts";
import type { Operation, Step } from "../events.ts";
import { code } from "../values.ts";
import { describeProperties } from "./container.ts";

/** The command that runs a task. A component may have other commands, which are not shown. */
export function describeTaskRun({ operation, name, urn }: Step): Description {
    if (!isTaskRun(urn, name) || operation === "delete") return { sentences: [], effects: [] };
    const runs = operation === "create" ? "runs" : "runs again";
    return { sentences: [`task ${taskName(name)} ${runs}`], effects: ["runs a task"] };
}

/** The container of a task, as data. It changes if the task runs again, which its command shows. */
export function describeTaskContainer(step: Step, unmasked: Step): Description {
    if (step.operation !== "update") return { sentences: [], effects: [] };
    const sentences = describeProperties(step, unmasked).map((change) => `${taskName(step.name)}: ${change}`);
    return { sentences, effects: [] };
}

/** What happens to a task: its command runs it, and a new version of Drydock may change its container alone. */
export function taskOperation(container: Step, component: Component): Operation {
    const run = component.steps.find(({ urn, name }) => name === container.name && isTaskRun(urn, name));
    return (run ?? container).operation;
}

function isTaskRun(urn: string, name: string): boolean {
    const [, , types = ""] = urn.split("::");
    return types.endsWith("drydock:index:Task$command:local:Command") && name.endsWith("-run");
}

function taskName(name: string): string {
    return code(name.replace(/-run$/, ""));
}
