import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandResult } from "../clone.ts";
import { provideImages } from "../images.ts";
import { Programs } from "../programs.ts";
import { createNote, notes } from "../rails-new/notes.ts";

/** Applications with data of their own: a note that is written must stay. */
const WITH_DATA = ["grove", "depot", "ferry", "press", "crate"] as const;

/** The stack of program.ts, with ten applications. */
export class Applications {
    readonly programs = new Programs();
    readonly stack: string;
    private readonly program = readFileSync(join(import.meta.dirname, "program.ts"), "utf8");

    constructor(stack: string) {
        this.stack = stack;
    }

    provideImages(): void {
        provideImages("memcached:1.6", "nginx:1.26", "rabbitmq:4.0", "axllent/mailpit:v1.33");
    }

    /** @param level of the log, a variable of all applications */
    declare(level: string): void {
        this.programs.declare(
            this.stack,
            `${this.program}\nexport const ${this.stack} = () => declare("${level}");\n`,
        );
    }

    pulumi(command: string): Promise<CommandResult> {
        return this.programs.clone.run(`. ./env; pulumi ${command} --stack ${this.stack} --color=never`);
    }

    async update(options = ""): Promise<void> {
        const { code, output } = await this.pulumi(`up --yes --skip-preview ${options}`);
        if (code !== 0) throw new Error(output);
    }

    /** URLs by the name of the application. */
    urls(): Record<string, string> {
        const json = this.programs.shell(`. ./env; pulumi stack output --json --stack ${this.stack}`);
        return JSON.parse(json) as Record<string, string>;
    }

    /** HTTP status of each application. */
    async statuses(): Promise<[name: string, status: number][]> {
        return Promise.all(
            Object.entries(this.urls()).map(
                async ([name, url]) => [name, (await fetch(`${url}/notes`)).status] as [string, number],
            ),
        );
    }

    async createNotes(text: string): Promise<void> {
        const urls = this.urls();
        for (const name of WITH_DATA) await createNote(urls[name] ?? "", `${text} ${name}`);
    }

    /** Applications that have lost a note. */
    async withoutNote(text: string): Promise<string[]> {
        const urls = this.urls();
        const lost: string[] = [];
        for (const name of WITH_DATA)
            if (!(await notes(urls[name] ?? "")).includes(`${text} ${name}`)) lost.push(name);
        return lost;
    }

    inContainer(name: string, command: string): string {
        return this.programs.shell(`docker exec drydock-${this.stack}-${name} ${command}`);
    }

    /** Environment variables of a container. */
    variables(name: string): Record<string, string> {
        return Object.fromEntries(
            this.inContainer(name, "env --null")
                .split("\0")
                .map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")]),
        );
    }
}
