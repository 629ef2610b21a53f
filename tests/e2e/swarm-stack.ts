import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "./clone.ts";
import type { Swarm } from "./swarm.ts";

/** The stack `swarm` on a local cluster. */
export class SwarmStack {
    readonly swarm: Swarm;

    constructor(swarm: Swarm) {
        this.swarm = swarm;
    }

    make(target: string): Promise<Run> {
        return this.swarm.clone.run(`make ${target} STACK=swarm`);
    }

    /** Brings it up; fails with all that was said if that fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    configure(key: string, value: string): void {
        this.swarm.clone.shell(`. ./env && pulumi config set --stack swarm ${key} ${value}`);
    }

    /** Where the application answers, at a node. */
    url(node: number, path = "/"): string {
        return `http://${this.swarm.address(node)}:8080${path}`;
    }

    /** Name of a service in the Swarm. */
    service(name: string): string {
        return `drydock-swarm-${name}`;
    }

    /** Node and state of each task that a service is to have, as `node-1 Running 3 seconds ago`. */
    tasks(name: string, through = 1): string[] {
        const format = "--format '{{.Node}} {{.CurrentState}}'";
        return this.swarm
            .docker(through, `service ps --filter desired-state=running ${format} ${this.service(name)}`)
            .split("\n");
    }

    /** Host names of the nodes that run a service, one for each replica. */
    nodesOf(name: string, through = 1): string[] {
        return this.tasks(name, through)
            .flatMap((task) => (task.includes(" Running") ? task.split(" ").slice(0, 1) : []))
            .sort();
    }

    /** The first node that runs a service. */
    nodeOf(name: string): number {
        return Number(this.nodesOf(name)[0]?.replace("node-", ""));
    }

    /** Runs a command in the container of a service that is on one node. */
    inside(name: string, command: string): string {
        const node = this.nodeOf(name);
        const id = this.swarm.docker(node, `ps --quiet --filter name=${this.service(name)}.1.`);
        return this.swarm.docker(node, `exec ${id} ${command}`);
    }

    sql(statement: string): string {
        return this.inside("db", `psql --username app --tuples-only --no-align --command "${statement}"`);
    }

    /**
     * What carries the stack's labels on any node, as `node-1: volume ls: 12345678`. A node removes a container only
     * when the Swarm has forgotten its service, and is given a minute for it.
     */
    async leftovers(): Promise<string[]> {
        const end = Date.now() + 60_000;
        let left = this.labelled();
        while (left.length > 0 && Date.now() < end) {
            await sleep(500);
            left = this.labelled();
        }
        return left;
    }

    private labelled(): string[] {
        const kinds = ["ps --all", "service ls", "network ls", "secret ls", "config ls", "volume ls"];
        const filter = "--quiet --filter label=drydock.stack=swarm";
        return [1, 2, 3].flatMap((node) =>
            kinds.flatMap((list) =>
                this.swarm
                    .docker(node, `${list} ${filter}`)
                    .split("\n")
                    .filter(Boolean)
                    .map((id) => `node-${node}: ${list}: ${id}`),
            ),
        );
    }
}

/** Waits until the condition holds, and fails if it does not in a minute. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
        if (await holds()) return;
        await sleep(500);
    }
    throw new Error(`not within a minute: ${what}`);
}
