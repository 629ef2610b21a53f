import { Clone, type Run } from "./clone.ts";
import { freePort } from "./net.ts";

/** A resource in a stack's state, decrypted. */
export interface Resource {
    type: string;
    urn: string;
    id?: string;
    outputs?: Record<string, unknown>;
}

/** The project's dev environment in a clone and under a stack of the test's own. */
export class Environment {
    readonly clone = new Clone();
    url = "";
    readonly stack: string;

    constructor(stack: string) {
        this.stack = stack;
    }

    /** Chooses a port, and sets further settings. */
    async prepare(settings: Record<string, string> = {}): Promise<void> {
        const port = await freePort();
        this.url = `http://127.0.0.1:${port}`;
        this.clone.shell(`. ./env && mkdir -p .drydock/state && pulumi stack init ${this.stack}`);
        this.configure({ port: String(port), ...settings });
        this.clone.shell("git add --all && git -c user.name=t -c user.email=t@t commit --quiet -m settings");
    }

    configure(settings: Record<string, string>): void {
        for (const [key, value] of Object.entries(settings)) {
            this.clone.shell(`. ./env && pulumi config set --stack ${this.stack} ${key} ${value}`);
        }
    }

    make(target: string): Promise<Run> {
        return this.clone.run(`make ${target} STACK=${this.stack}`);
    }

    /** Brings it up; fails with all that was said if that fails. */
    async up(): Promise<string> {
        const { code, output } = await this.make("up");
        if (code !== 0) throw new Error(output);
        return output;
    }

    pulumi(command: string): Promise<Run> {
        return this.clone.run(
            `. ./env && pulumi --stack ${this.stack} --non-interactive --color=never ${command}`,
        );
    }

    /** Runs SQL in the database, and returns what it selects. */
    sql(statement: string): string {
        const psql = `psql --username app --tuples-only --no-align --command "${statement}"`;
        return this.clone.shell(`docker exec ${this.container("db")} ${psql}`).trim();
    }

    container(name: string): string {
        return `drydock-${this.stack}-${name}`;
    }

    volume(name: string): string {
        return `drydock.${this.stack}.${name}`;
    }

    /** What carries the stack's labels in Docker, running or not. */
    leftovers(): string {
        const filter = `--quiet --filter label=drydock.project=drydock --filter label=drydock.stack=${this.stack}`;
        const lists = [`ps --all`, "network ls", "volume ls"].map((list) => `docker ${list} ${filter}`);
        const images = `docker images --quiet drydock/sample:${this.stack}`;
        return this.clone.shell([...lists, images].join("; ")).trim();
    }

    /** The state with its secrets in the clear. */
    resources(): Resource[] {
        const state = this.clone.shell(`. ./env && pulumi stack export --stack ${this.stack} --show-secrets`);
        return (JSON.parse(state) as { deployment: { resources: Resource[] } }).deployment.resources;
    }

    restore(): void {
        this.clone.shell("git checkout --quiet . && git clean --quiet --force -d");
    }

    dispose(): Promise<void> {
        return this.clone.dispose(this.stack);
    }
}
