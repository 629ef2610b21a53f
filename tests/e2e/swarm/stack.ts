import type { CommandResult } from "../clone.ts";
import { passwordsIn } from "../environment.ts";
import type { Swarm } from "./cluster.ts";

/** The stack `swarm` on a local cluster. */
export class SwarmStack {
    readonly swarm: Swarm;

    constructor(swarm: Swarm) {
        this.swarm = swarm;
    }

    make(target: string): Promise<CommandResult> {
        return this.swarm.clone.run(`make ${target} STACK=swarm`);
    }

    /** Runs `make up` and returns its output. Throws if it fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    configure(key: string, value: string): void {
        this.swarm.clone.shell(`. ./env && pulumi config set --stack swarm ${key} ${value}`);
    }

    /** URL of the application at a node. */
    url(node: number, path = "/"): string {
        return `http://${this.swarm.address(node)}:8080${path}`;
    }

    /** Name of a service in the Swarm. */
    service(name: string): string {
        return `drydock-swarm-${name}`;
    }

    /** Node and state of each task of a service, such as `node-1 Running 3 seconds ago`. */
    tasks(name: string, through = 1): string[] {
        const format = "--format '{{.Node}} {{.CurrentState}}'";
        return this.swarm
            .docker(through, `service ps --filter desired-state=running ${format} ${this.service(name)}`)
            .split("\n");
    }

    /** Host name of the node of each running replica. */
    nodesOf(name: string, through = 1): string[] {
        return this.tasks(name, through)
            .flatMap((task) => (task.includes(" Running") ? task.split(" ").slice(0, 1) : []))
            .sort();
    }

    /** The first node that runs a service. */
    nodeOf(name: string): number {
        return Number(this.nodesOf(name)[0]?.replace("node-", ""));
    }

    /** Runs a command in the first container of a service. */
    exec(name: string, command: string): string {
        const node = this.nodeOf(name);
        const id = this.swarm.docker(node, `ps --quiet --filter name=${this.service(name)}.1.`);
        return this.swarm.docker(node, `exec ${id} ${command}`);
    }

    /** The passwords that the stack has generated. */
    passwords(): string[] {
        const state = this.swarm.clone.shell(". ./env && pulumi stack export --stack swarm --show-secrets");
        return passwordsIn(state);
    }

    /** Runs SQL in the database and returns its result. */
    sql(statement: string): string {
        return this.exec("db", `psql --username app --tuples-only --no-align --command "${statement}"`);
    }

    /** Everything on the nodes that belongs to the stack, such as `node-1: volume ls: 12345678`. */
    dockerObjects(): string[] {
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
