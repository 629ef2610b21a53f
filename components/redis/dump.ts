import { CONFIG_PATH } from "./config.ts";

/** Path of the dump in the container. */
export const DUMP_PATH = "/run/drydock/dump.rdb";

/**
 * Command that copies the dump into the data directory and starts Redis. Does not overwrite existing data (a dump or an
 * append-only file).
 *
 * Not in a `.sh` file, because it contains the data path, and a different script would replace existing containers.
 */
export function startFromDump(dataPath: string): string[] {
    return [
        "sh",
        "-c",
        `[ -e ${dataPath}/dump.rdb ] || [ -e ${dataPath}/appendonlydir ] || ` +
            `{ cp ${DUMP_PATH} ${dataPath}/dump.part && mv ${dataPath}/dump.part ${dataPath}/dump.rdb; }; ` +
            `exec docker-entrypoint.sh redis-server ${CONFIG_PATH}`,
    ];
}
