import { COMMAND, known, type Resource } from "./resource.ts";

/** What runs a task; empty for all else. */
export function script({ type, name, types, properties }: Resource): string {
    if (type !== COMMAND || !types.includes("drydock:index:Task$") || name.endsWith("-removal")) return "";
    const stdin = known(() => properties.stdin);
    return typeof stdin === "string" ? stdin : "";
}

/** The words of that script. */
export function scriptWords(resource: Resource): string[] {
    const words = script(resource).matchAll(/'((?:[^']|'\\'')*)'|[^\s']+/g);
    return [...words].map(([word, inner]) => inner ?? word);
}

/** What that script gives docker for an option, such as `--mount`. */
export function optionValues(resource: Resource, option: string): string[] {
    return scriptWords(resource).filter((_, i, words) => words[i - 1] === option);
}
