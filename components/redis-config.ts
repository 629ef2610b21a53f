import type { RedisServiceArgs } from "./redis-service";

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

/** The configuration file: what persistence and password ask for, and the settings on top. */
export function configFile(
    { dataPath, persistent, settings }: RedisServiceArgs,
    password: string | undefined,
): string {
    const lines: Record<string, string> = {
        dir: dataPath ?? DATA,
        // Saves once a minute: a crash loses the last minute at most. Nothing, where nothing is to be kept.
        save: persistent === false ? '""' : "60 1",
        // Else a Redis that asks for no password answers to nobody but its own container.
        ...(password === undefined && { "protected-mode": "no" }),
        ...settings,
        ...(password !== undefined && { requirepass: JSON.stringify(password) }),
    };
    return Object.entries(lines)
        .map(([key, value]) => `${key} ${value}\n`)
        .join("");
}
