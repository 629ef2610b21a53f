/** What a killed update created in Docker and did not record in the state. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../exit-codes.ts";
import {
    distinct,
    docker,
    dockerAsync,
    engineInfo,
    stderrOf,
    type Environment,
} from "../docker-environment.ts";

export interface Orphan {
    kind: Kind;
    id: string;
    name: string;
    env: Environment;
}

interface Kind {
    name: string;
    list: string[];
    remove: string[];
    /** Only a manager of a Swarm lists it. */
    onManager?: boolean;
}

/** In the order of removal: a service uses the rest. No volumes: creating a volume that exists adopts it. */
const KINDS: Kind[] = [
    {
        name: "container",
        list: ["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}"],
        remove: ["rm", "--force"],
    },
    ...["service", "secret", "config", "network"].map((name) => ({
        name,
        list: [name, "ls", ...(name === "network" ? ["--no-trunc"] : []), "--format", "{{.ID}} {{.Name}}"],
        remove: [name, "rm"],
        onManager: name !== "network",
    })),
];

/** Objects that have the labels of the stack and an unknown ID, on these engines and on this machine's. */
export async function findOrphans(
    project: string,
    stack: string,
    knownIds: string[],
    engines: Environment[],
): Promise<Orphan[]> {
    const labels = [`label=drydock.project=${project}`, `label=drydock.stack=${stack}`];
    const filters = labels.flatMap((label) => ["--filter", label]);
    const listed = await Promise.all(
        distinct([{}, ...engines]).map(async (env) => {
            // This machine need not have a Docker Engine if the stack uses others.
            const isNeeded = engines.length === 0 || engines.some((each) => isSame(each, env));
            const info = await engineInfo(env).catch((error: unknown) => {
                if (isNeeded) throw error;
            });
            if (!info) return [];
            const { isManager } = info;
            const kinds = KINDS.filter(({ onManager }) => isManager || !onManager);
            return Promise.all(kinds.map((kind) => list(kind, env, filters)));
        }),
    );
    // Docker shortens some IDs, even with --no-trunc.
    return listed.flat(2).filter(({ id }) => !knownIds.some((known) => known.startsWith(id)));
}

function isSame(a: Environment, b: Environment): boolean {
    return distinct([a, b]).length === 1;
}

async function list(kind: Kind, env: Environment, filters: string[]): Promise<Orphan[]> {
    const output = await dockerAsync(env, ...kind.list, ...filters);
    return output
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(" "))
        .map(([id = "", name = ""]) => ({ kind, id, name, env }));
}

/** For messages: `container drydock-dev-db, network drydock-dev-db`. */
export function listNames(orphans: Orphan[]): string {
    return orphans.map(({ kind, name }) => `${kind.name} ${name}`).join(", ");
}

/** Tries for 30 seconds: the containers of a removed service take some time to leave its networks. */
export async function removeOrphan({ kind, id, env }: Orphan): Promise<void> {
    const command = [...kind.remove, id];
    const deadline = Date.now() + 30_000;
    for (;;) {
        try {
            docker(env, ...command);
            return;
        } catch (error) {
            if (Date.now() >= deadline)
                throw new CommandError(`docker ${command.join(" ")}: ${stderrOf(error)}`);
            await sleep(1000);
        }
    }
}
