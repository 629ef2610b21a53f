import type { Clone, CommandResult } from "./clone.ts";

/** A project of examples/ in a clone, as a stack. */
export class Example {
    readonly clone: Clone;
    readonly name: string;
    readonly stack: string;

    constructor(clone: Clone, name: string, stack = "test") {
        this.clone = clone;
        this.name = name;
        this.stack = stack;
        clone.removeLeftovers(stack, name);
    }

    get dir(): string {
        return `${this.clone.dir}/examples/${this.name}`;
    }

    /** Sets configuration values. A name that begins with `!` sets a secret. */
    configure(settings: Record<string, string | number | boolean>): void {
        this.pulumi(`stack select ${this.stack} 2>/dev/null || pulumi stack init ${this.stack}`);
        const values = Object.entries(settings).map(
            ([key, value]) =>
                `${key.startsWith("!") ? "--secret" : "--plaintext"} '${key.replace("!", "")}=${value}'`,
        );
        values.push("--plaintext drydock:development=true"); // Updates without a plan.
        this.pulumi(`config set-all --stack ${this.stack} ${values.join(" ")}`);
    }

    make(target: "up" | "down"): Promise<CommandResult> {
        return this.clone.run(`make ${target}-example NAME=${this.name} STACK=${this.stack}`);
    }

    /** Runs `make up-example` and returns its output. Throws if it fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    outputs(): unknown {
        return JSON.parse(this.pulumi(`stack output --json --show-secrets --stack ${this.stack}`));
    }

    container(component: string): string {
        return `${this.name}-${this.stack}-${component}`;
    }

    /** Runs a command in a component's container. */
    exec(component: string, command: string): string {
        return this.clone.shell(`docker exec ${this.container(component)} ${command}`).trim();
    }

    /** Runs redis-cli in a component's container, with its password. */
    redis(component: string, command: string): string {
        const file = "/run/drydock/redis-password";
        return this.exec(component, `sh -c 'REDISCLI_AUTH=$(cat ${file}) exec redis-cli ${command}'`);
    }

    /** A part of `docker inspect` of a component's container, selected by a Go template. */
    inspect(component: string, format: string): string {
        return this.clone.shell(`docker inspect --format '${format}' ${this.container(component)}`).trim();
    }

    /** The environment of the container's main process. */
    environment(component: string): Record<string, string> {
        const lines = this.exec(component, "cat /proc/1/environ").split("\0").filter(Boolean);
        return Object.fromEntries(
            lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
        );
    }

    /** IDs of everything in Docker that belongs to the stack, and of its images. */
    dockerObjects(): string {
        const filter = `--quiet --filter label=drydock.project=${this.name} --filter label=drydock.stack=${this.stack}`;
        const lists = [`ps --all`, "network ls", "volume ls"].map((list) => `docker ${list} ${filter}`);
        const images = `docker images --quiet --filter 'reference=${this.name}/*:${this.stack}'`;
        return this.clone.shell([...lists, images].join("; ")).trim();
    }

    private pulumi(command: string): string {
        return this.clone.shell(
            `. ./env; mkdir -p .drydock/state; cd examples/${this.name}; pulumi ${command}`,
        );
    }
}
