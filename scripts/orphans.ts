/** What an update that was killed has made in Docker, and no state knows. */
import { spawnSync } from "node:child_process";
import { distinct, docker, saidBy, told, type Environment } from "./engines.ts";

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
    /** Asked of a manager of a Swarm alone. */
    ofSwarm?: boolean;
}

/** Removed in this order: a service uses the others. Volumes are not among them: creating one that exists adopts it. */
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
        ofSwarm: name !== "network",
    })),
];

/** What carries the labels of the stack on these engines and on this machine's, and is none of the IDs known. */
export function orphansOf(project: string, stack: string, known: string[], engines: Environment[]): Orphan[] {
    const labels = [`label=drydock.project=${project}`, `label=drydock.stack=${stack}`];
    const filters = labels.flatMap((label) => ["--filter", label]);
    return distinct([{}, ...engines]).flatMap((env) => {
        const manager = told(env, "{{.Swarm.ControlAvailable}}") === "true";
        return KINDS.filter(({ ofSwarm }) => manager || !ofSwarm).flatMap((kind) =>
            docker(env, ...kind.list, ...filters)
                .split("\n")
                .filter(Boolean)
                .map((line) => line.split(" "))
                .map(([id = "", name = ""]) => ({ kind, id, name, env }))
                // Docker shortens some IDs, whatever it is asked.
                .filter(({ id }) => !known.some((other) => other.startsWith(id))),
        );
    });
}

/** As a person reads them: `container drydock-dev-db, network drydock-dev-db`. */
export function named(orphans: Orphan[]): string {
    return orphans.map(({ kind, name }) => `${kind.name} ${name}`).join(", ");
}

/** Containers of a service that is gone take some seconds to leave its networks. */
export function removeOrphan({ kind, id, env }: Orphan): void {
    const command = [...kind.remove, id];
    const deadline = Date.now() + 30_000;
    for (;;) {
        try {
            docker(env, ...command);
            return;
        } catch (error) {
            if (Date.now() < deadline) {
                spawnSync("sleep", ["1"]);
                continue;
            }
            console.error(`\n✗ docker ${command.join(" ")}: ${saidBy(error)}`);
            process.exit(1);
        }
    }
}
