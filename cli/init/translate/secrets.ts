import type { Facts } from "../detect.ts";
import type { SecretFacts } from "../facts.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { Report } from "../report.ts";

/** Prints all secrets. It runs the commands in .kamal/secrets. */
export const SECRETS_COMMAND = "kamal secrets print";

/** Records where the value of each secret comes from, according to .kamal/secrets and the application's files. */
export function secretArguments(
    { secrets, kamal, rails, known }: Facts,
    builder: ProgramBuilder,
    report: Report,
): void {
    const own = secrets.filter(({ isIntermediate }) => !isIntermediate);
    const needed = new Set(builder.secrets.map(({ name }) => name));
    // Without a deploy.yml, every secret is one of the application.
    if (kamal === undefined) for (const { name } of own) needed.add(name);
    for (const name of needed) {
        const fact = secrets.find((secret) => secret.name === name);
        const secret = builder.secrets.find((other) => other.name === name);
        if (fact !== undefined) {
            builder.secret({ name, source: describeSource(fact) });
            const entry = builder.secrets.find((other) => other.name === name);
            if (entry?.value === undefined)
                Object.assign(entry ?? {}, sourceOf(fact), {
                    source: describeSource(fact),
                    place: fact.place,
                });
        } else if (secret?.value === undefined && secret?.file === undefined) {
            const isMasterKey = name === "RAILS_MASTER_KEY" && rails.keyFile !== undefined;
            if (isMasterKey) Object.assign(secret ?? {}, { file: rails.keyFile, source: rails.keyFile });
            else if (known[name] !== undefined) Object.assign(secret ?? {}, { value: known[name] });
        }
    }
    for (const fact of own) {
        const isUsed = needed.has(fact.name);
        report.add({
            service: ".kamal/secrets",
            key: fact.name,
            outcome: isUsed ? "taken" : "changed",
            argument: isUsed ? "secrets" : "",
            note: isUsed ? `from ${describeSource(fact)}` : "the program does not use it",
            place: fact.place,
        });
    }
}

function sourceOf({ source }: SecretFacts) {
    switch (source.kind) {
        case "file":
            return { file: source.path };
        case "literal":
            return { value: source.value };
        case "environment":
            return { variable: source.variable };
        case "command":
            return { command: SECRETS_COMMAND };
    }
}

function describeSource({ source }: SecretFacts): string {
    switch (source.kind) {
        case "file":
            return `the file ${source.path}`;
        case "literal":
            return ".kamal/secrets";
        case "environment":
            return `the variable ${source.variable} of the shell`;
        case "command":
            return "a command, which is not run without consent";
    }
}
