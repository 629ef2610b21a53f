/** Where the state of a stack is, and whether a team can use it there. */
import { engineEnvironments } from "./engine.ts";
import { backendUrl, type Project, type Stack } from "./project.ts";
import { dockerEnvironment, isLocal } from "./repair/engines.ts";
import { type Resource, stateDirectory } from "./repair/state.ts";

/** Whether the state is in a directory of this machine. */
export function hasLocalState(project: Project): boolean {
    return stateDirectory(backendUrl(project) ?? "") !== undefined;
}

/** What to say of a stack on another machine whose state is on this one: a colleague cannot update it. */
export function describeLocalState(
    { name }: Pick<Stack, "name">,
    engine: string,
): { message: string; remedy: string } {
    return {
        message: `The stack ${name} runs on ${engine}, but its state is on this machine alone`,
        remedy: "Keep it in a bucket or in Pulumi Cloud, so that your team can update it, and set drydock:backend to its URL in the configuration of the stack.",
    };
}

/** A warning about a stack on another machine whose state is on this one. Undefined if there is nothing to say. */
export function localStateWarning(stack: Stack, resources: Resource[]): string | undefined {
    const remote = engineEnvironments(stack, resources).find((env) => !isLocal(env));
    if (remote === undefined || !hasLocalState(stack.project)) return undefined;
    const { DOCKER_HOST = "", DOCKER_CONTEXT = "" } = dockerEnvironment(remote);
    const engine = DOCKER_HOST === "" ? `the context ${DOCKER_CONTEXT}` : DOCKER_HOST;
    const { message, remedy } = describeLocalState(stack, engine);
    return `${message}. ${remedy}`;
}
