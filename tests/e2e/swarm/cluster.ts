import { Clone, type CommandResult } from "../clone.ts";
import { freePort } from "../network.ts";

/** A local cluster of a clone, with its own name and port. */
export class Swarm {
    private port?: number;
    readonly clone: Clone;
    readonly name: string;

    constructor(clone = new Clone(), name = `drydock-test-swarm-${process.pid}`) {
        this.clone = clone;
        this.name = name;
    }

    /** Runs `make swarm-up` and returns its output. Throws if it fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("swarm-up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    async make(target: string): Promise<CommandResult> {
        this.port ??= await freePort();
        return this.clone.run(`make ${target}`, { SWARM: this.name, SWARM_PORT: String(this.port) });
    }

    /** URL of the application on this machine, which forwards to node 1. */
    get url(): string {
        return `http://localhost:${this.port ?? "?"}`;
    }

    /** Address of a node's Docker Engine, for `docker:host`. */
    host(node = 1): string {
        return `unix://${this.clone.dir}/.drydock/swarm/${node === 1 ? "" : `node-${node}/`}docker.sock`;
    }

    /** Runs a docker command on a node's engine and returns its output. */
    docker(node: number, command: string): string {
        return this.clone.shell(`docker --host ${this.host(node)} ${command}`).trim();
    }

    /** IP address of a node. */
    address(node: number): string {
        return this.machine(
            node,
            `inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'`,
        );
    }

    /** Stops a node without warning, as a power cut would. `up` starts it again. */
    kill(node: number): void {
        this.machine(node, "kill");
    }

    /** IDs of the cluster's containers and networks on this machine. */
    dockerObjects(): string {
        const filter = `--quiet --filter name=${this.name}`;
        return this.clone.shell(`docker ps --all ${filter}; docker network ls ${filter}`).trim();
    }

    async dispose(): Promise<void> {
        await this.make("swarm-down");
        await this.clone.dispose();
    }

    private machine(node: number, command: string): string {
        return this.clone.shell(`docker ${command} ${this.name}-${node}`).trim();
    }
}
