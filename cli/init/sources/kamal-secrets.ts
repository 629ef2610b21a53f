import { isOpenPem } from "../../secrets/pem.ts";
import type { SecretFacts, SecretSource } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";

/** Names that belong to Kamal itself. */
const OWN_NAMES = new Set(["KAMAL_REGISTRY_PASSWORD", "KAMAL_REGISTRY_USERNAME"]);

/** Reads where the secrets of .kamal/secrets come from. Runs no command. */
export function readKamalSecrets(files: ProjectFiles, destination?: string): SecretFacts[] {
    const names = [".kamal/secrets-common", destination ? `.kamal/secrets.${destination}` : ".kamal/secrets"];
    const facts = new Map<string, SecretFacts>();
    for (const file of names)
        for (const fact of parseSecrets(file, files.read(file) ?? "")) facts.set(fact.name, fact);
    return [...facts.values()];
}

function parseSecrets(file: string, text: string): SecretFacts[] {
    const assignments = text.split(/\r?\n/).flatMap((line, i) => {
        const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? [];
        return name ? [{ name, value, place: { file, line: i + 1 } }] : [];
    });
    return assignments.map(({ name, value, place }) => ({
        name,
        place,
        source: parseSource(value),
        isIntermediate:
            OWN_NAMES.has(name) ||
            assignments.some((other) => other.name !== name && refersTo(other.value, name)),
    }));
}

function refersTo(value: string, name: string): boolean {
    return new RegExp(String.raw`\$(?:${name}\b|\{${name}\})`).test(value);
}

function parseSource(value: string): SecretSource {
    const plain = value.replace(/^(["'])(.*)\1$/, "$2");
    const [, path] = /^\$\(\s*cat\s+([\w./-]+)\s*\)$/.exec(plain) ?? [];
    if (path && !path.startsWith("/") && !path.includes("..")) return { kind: "file", path };
    const [, named, braced] = /^\$(?:(\w+)|\{(\w+)\})$/.exec(plain) ?? [];
    const variable = named ?? braced;
    if (variable) return { kind: "environment", variable };
    if (/\$\(|`/.test(plain)) return { kind: "command", command: plain };
    return { kind: "literal", value: plain };
}

/** Values of the output of `kamal secrets print`, where a value can have several lines. */
export function parsePrintedSecrets(output: string, names: string[]): Record<string, string> {
    const values: Record<string, string> = {};
    let current: string | undefined;
    for (const line of output.replace(/\n$/, "").split("\n")) {
        const [, name, value = ""] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
        const isOpen = current !== undefined && isOpenPem(values[current] ?? "");
        // A line of a PEM can look like an assignment.
        if (name !== undefined && names.includes(name) && !isOpen) {
            current = name;
            values[name] = value;
        } else if (name !== undefined && /^[A-Z][A-Z0-9_]+$/.test(name) && !isOpen) current = undefined;
        else if (current !== undefined) values[current] = `${values[current] ?? ""}\n${line}`;
    }
    return values;
}
