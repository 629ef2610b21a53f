import { Clone, type CommandResult } from "./clone.ts";
import { freePort } from "./network.ts";

/** A resource in the state of a stack, with its secrets decrypted. */
export interface Resource {
    type: string;
    urn: string;
    id?: string;
    outputs?: Record<string, unknown>;
}

/** The generated passwords in what `pulumi stack export --show-secrets` prints. */
export function passwordsIn(state: string): string[] {
    return [...state.matchAll(/"result": *{[^}]*"plaintext": "\\"(\w+)\\""/g)].flatMap(
        ([, password]) => password ?? [],
    );
}

/** The sample environment (stacks/dev.ts) in a clone, as a stack with a name and a port of its own. */
export class Environment {
    readonly clone = new Clone();
    url = "";
    readonly stack: string;

    constructor(stack: string) {
        this.stack = stack;
    }

    /** Creates the stack with a free port, and commits its settings. */
    async prepare(): Promise<void> {
        this.clone.removeLeftovers(this.stack);
        await this.createStack();
    }

    /** As `prepare`, and leaves alone what another clone runs of a stack with the same name. */
    async createStack(): Promise<void> {
        const port = await freePort();
        this.url = `http://127.0.0.1:${port}`;
        this.clone.shell(`. ./env && mkdir -p .drydock/state && pulumi stack init ${this.stack}`);
        // Updates without a plan.
        this.configure({ port: String(port), development: "true" });
        this.clone.shell("git add --all");
        this.clone.commit("settings");
    }

    configure(settings: Record<string, string>): void {
        const values = Object.entries(settings).map(([key, value]) => `--plaintext ${key}=${value}`);
        this.clone.shell(`. ./env && pulumi config set-all --stack ${this.stack} ${values.join(" ")}`);
    }

    make(target: string): Promise<CommandResult> {
        return this.clone.run(`make ${target} STACK=${this.stack}`);
    }

    /** Runs `make up` and returns its output. Throws if it fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    pulumi(command: string): Promise<CommandResult> {
        return this.clone.run(
            `. ./env && pulumi --stack ${this.stack} --non-interactive --color=never ${command}`,
        );
    }

    /** Runs SQL in the database and returns its result. */
    sql(statement: string): string {
        const psql = `psql --username app --tuples-only --no-align --command "${statement}"`;
        return this.clone.shell(`docker exec ${this.container("db")} ${psql}`).trim();
    }

    /** Name of a component's container. */
    container(component: string): string {
        return `drydock-${this.stack}-${component}`;
    }

    /** Name of a component's volume. */
    volume(component: string): string {
        return `drydock.${this.stack}.${component}`;
    }

    /** IDs of everything in Docker that belongs to the stack. */
    dockerObjects(): string {
        const filter = `--quiet --filter label=drydock.project=drydock --filter label=drydock.stack=${this.stack}`;
        const lists = [`ps --all`, "network ls", "volume ls"].map((list) => `docker ${list} ${filter}`);
        const images = `docker images --quiet drydock/sample:${this.stack}`;
        return this.clone.shell([...lists, images].join("; ")).trim();
    }

    resources(): Resource[] {
        const state = this.clone.shell(`. ./env && pulumi stack export --stack ${this.stack} --show-secrets`);
        return (JSON.parse(state) as { deployment: { resources: Resource[] } }).deployment.resources;
    }

    /** The passwords that the stack has generated. */
    passwords(): string[] {
        const state = this.clone.shell(`. ./env && pulumi stack export --stack ${this.stack} --show-secrets`);
        return passwordsIn(state);
    }

    /** Undoes all changes to the files of the clone. */
    restore(): void {
        this.clone.shell("git checkout --quiet . && git clean --quiet --force -d");
    }

    dispose(): Promise<void> {
        return this.clone.dispose(this.stack);
    }
}
