import { COMMAND, CONTAINER, known, Resource, texts } from "./resource";

/** Whether it runs a team's own code, whose variables come from its links too. */
export function isApplication({ types }: Resource): boolean {
    return /drydock:index:(WebApp|RailsWebApp|Task)\$/.test(types);
}

/** The words of what a container runs, or of the script that runs a task. */
export function commandLine(resource: Resource): string[] {
    const { type, properties } = resource;
    if (type === CONTAINER) return [...texts(properties.entrypoints), ...texts(properties.command)];
    return [...script(resource).matchAll(/'((?:[^']|'\\'')*)'|[^\s']+/g)].map(
        ([word, inner]) => inner ?? word,
    );
}

/** `--requirepass hunter2`, `--password=hunter2`, or a URL with a password in it, but for one of a variable. */
export function tellsPassword(word: string, next?: string): boolean {
    const option = /^--?(requirepass|masterauth|pass|password|token|secret)/i;
    if (new RegExp(`${option.source}=.`, "i").test(word)) return true;
    if (new RegExp(`${option.source}$`, "i").test(word)) return next !== undefined && !next.startsWith("-");
    return /\w:\/\/[^/\s:@]*:[^/\s@$][^/\s@]*@/.test(word);
}

/** Name of a variable with a password as its value, but for those that links give (`DB_ENV_POSTGRES_PASSWORD`). */
export function passwordVariable(resource: Resource): string | undefined {
    const names = environment(resource).flatMap(
        (line) => /^([^=]*(?:PASSWORD|PASSWD|_PASS|SECRET|TOKEN))=./i.exec(line)?.[1] ?? [],
    );
    return names.find((name) => !isApplication(resource) || !name.includes("_ENV_"));
}

/** The variables as lines `NAME=value`; the script of a task is handed their values under other names. */
function environment(resource: Resource): string[] {
    const { type, properties } = resource;
    if (type === CONTAINER) return texts(properties.envs);
    const values = known(() => properties.environment) as Record<string, string> | undefined;
    return [...script(resource).matchAll(/(\w+)="\$(DRYDOCK_TASK_\d+)"/g)].map(
        ([, name = "", key = ""]) => `${name}=${known(() => values?.[key]) ?? ""}`,
    );
}

/** What runs a task; empty for all else. */
function script({ type, types, properties }: Resource): string {
    if (type !== COMMAND || !types.includes("drydock:index:Task$")) return "";
    const stdin = known(() => properties.stdin);
    return typeof stdin === "string" ? stdin : "";
}
