/** Where the official image keeps its data. */
export const DATA = "/data";
export const CONFIG = "/usr/local/etc/redis/redis.conf";
/** Where the dump lies that an empty data directory starts from. */
export const DUMP = "/run/drydock/dump.rdb";

/** The command that starts from the dump. Never over data: neither a dump nor an append-only file may be there. */
export function loadDump(data = DATA): string {
    return (
        `[ -e ${data}/dump.rdb ] || [ -e ${data}/appendonlydir ] || ` +
        `{ cp ${DUMP} ${data}/dump.part && mv ${data}/dump.part ${data}/dump.rdb; }; ` +
        `exec docker-entrypoint.sh redis-server ${CONFIG}`
    );
}

/** The arguments of a RedisService that its configuration file depends on. */
interface ConfigArgs {
    dataPath?: string;
    persistent?: boolean;
    settings?: Record<string, string>;
}

/** The configuration file: what persistence and password ask for, and the settings on top. */
export function configFile(
    { dataPath, persistent, settings }: ConfigArgs,
    password: string | undefined,
): string {
    const lines: Record<string, string> = {
        dir: dataPath ?? DATA,
        // Saves once a minute: a crash loses the last minute at most. Nothing, where nothing is to be kept.
        save: persistent === false ? '""' : "60 1",
        // Else a Redis that asks for no password answers to nobody but its own container.
        ...(password === undefined && { "protected-mode": "no" }),
        ...settings,
        ...(password !== undefined && { requirepass: quoted(password) }),
    };
    return Object.entries(lines)
        .flatMap(([key, value]) => values(value).map((line) => `${key} ${line}\n`))
        .join("");
}

/** The values of a setting, which repeats if there are several lines; an empty one is written as such. */
function values(value: string): string[] {
    const lines = value.split(/\r?\n|\r/).filter((line) => line.trim() !== "");
    return lines.length === 0 ? ['""'] : lines;
}

/** As one word of the configuration file. */
function quoted(text: string): string {
    const escaped = text
        .replace(/["\\]/g, "\\$&")
        .replace(/\t/g, "\\t")
        .replace(/\p{Cc}/gu, (control) =>
            control < " " ? `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}` : control,
        );
    return `"${escaped}"`;
}
