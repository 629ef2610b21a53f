/** Where the state of a stack is, and whether a team can use it there. */
import { engineEnvironments } from "./engine.ts";
import { backendUrl, type Project, type Stack } from "./project.ts";
import { dockerEnvironment, isLocal } from "./docker-environment.ts";
import { type Resource, stateDirectory } from "./state.ts";

/** Whether the state is in a directory of this machine. */
export function hasLocalState(project: Project): boolean {
    return stateDirectory(backendUrl(project) ?? "") !== undefined;
}

/** Describes a stack on another machine whose state is on this one: colleagues cannot update it. */
export function describeLocalState(
    { name }: Pick<Stack, "name">,
    engine: string,
): { message: string; remedy: string } {
    return {
        message: `The stack ${name} runs on ${engine}, but its state is only on this machine`,
        remedy: "So that your team can update the stack, keep its state in a bucket or in Pulumi Cloud, and set drydock:backend to the URL of that backend in the stack's configuration.",
    };
}

/** A warning if the stack is on another machine and its state on this one. */
export function localStateWarning(stack: Stack, resources: Resource[]): string | undefined {
    const remote = engineEnvironments(stack, resources).find((env) => !isLocal(env));
    if (remote === undefined || !hasLocalState(stack.project)) return undefined;
    const { DOCKER_HOST = "", DOCKER_CONTEXT = "" } = dockerEnvironment(remote);
    const engine = DOCKER_HOST === "" ? `the context ${DOCKER_CONTEXT}` : DOCKER_HOST;
    const { message, remedy } = describeLocalState(stack, engine);
    return `${message}. ${remedy}`;
}
