import { CONFIG_PATH } from "./config.ts";

/** Path of the dump in the container. */
export const DUMP_PATH = "/run/drydock/dump.rdb";

/**
 * Command that copies the dump into the data directory and starts Redis. It copies nothing over existing data, which is
 * a dump or an append-only file.
 *
 * It is not a `.sh` file, as the data path is in its text: another text would replace the containers that run it.
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
