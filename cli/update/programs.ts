/** Programs that `drydock run`, `console` and the like have started in containers, and that end with their container. */
import type { Engine } from "../engine.ts";
import { isNotFound } from "../inventory.ts";
import { warn } from "../output.ts";
import type { Stack } from "../project.ts";
import type { Resource } from "../state.ts";
import { readProcesses } from "../stack-inventory.ts";

/** Fields that dockerode's types lack. */
interface Exec {
    Running: boolean;
    OpenStdin: boolean;
    ProcessConfig: { entrypoint: string };
}

/** Warns of programs that end if the update replaces their container. */
export async function warnOfPrograms(stack: Stack, resources: Resource[]): Promise<void> {
    if (resources.length === 0) return;
    const processes = await readProcesses(stack, resources);
    for (const { engine, id, resource } of processes.filter(({ isService }) => !isService))
        for (const program of await programsIn(engine, id))
            warn(`${program} runs in ${resource}. It ends if this update replaces the container.`);
}

/** Names of programs, without their arguments, which may hold secrets. A health check has no standard input. */
async function programsIn({ docker }: Engine, container: string): Promise<string[]> {
    const inspected = await ifFound(docker.getContainer(container).inspect());
    const ids = (inspected as { ExecIDs?: string[] | null } | undefined)?.ExecIDs ?? [];
    const execs = await Promise.all(ids.map((id) => ifFound(docker.getExec(id).inspect())));
    return (execs as (Exec | undefined)[]).flatMap((exec) =>
        exec?.Running && exec.OpenStdin ? [exec.ProcessConfig.entrypoint] : [],
    );
}

async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
    }
}
