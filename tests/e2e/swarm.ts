import { Clone, type Run } from "./clone.ts";
import { freePort } from "./net.ts";

/** A local cluster of a clone, with its own name and port. */
export class Swarm {
    private port?: number;
    readonly clone: Clone;
    readonly name: string;

    constructor(clone = new Clone(), name = `drydock-test-swarm-${process.pid}`) {
        this.clone = clone;
        this.name = name;
    }

    /** Brings it up, or mends it; fails with all that was said if that fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("swarm-up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    async make(target: string): Promise<Run> {
        this.port ??= await freePort();
        return this.clone.run(`make ${target}`, { SWARM: this.name, SWARM_PORT: String(this.port) });
    }

    /** Where the application is to answer on this machine. */
    get url(): string {
        return `http://localhost:${this.port ?? "?"}`;
    }

    /** What `docker:host` names, in the clone. */
    host(node = 1): string {
        return `unix://${this.clone.dir}/.drydock/swarm/${node === 1 ? "" : `node-${node}/`}docker.sock`;
    }

    /** Runs docker against the engine of a node, in the clone, and returns what it prints. */
    docker(node: number, command: string): string {
        return this.clone.shell(`docker --host ${this.host(node)} ${command}`).trim();
    }

    /** The node's address, for this machine and for the other nodes. */
    address(node: number): string {
        return this.machine(
            node,
            `inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'`,
        );
    }

    /** Ends a node as a power cut would. */
    kill(node: number): void {
        this.machine(node, "kill");
    }

    /** Starts a node that was killed; `up` does too, and waits until the Swarm has it again. */
    start(node: number): void {
        this.machine(node, "start");
    }

    /** What there is of it in the engine of this machine, running or not. */
    leftovers(): string {
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
