/** Programs of this machine, and the cache of this user. */
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

export function isOnPath(program: string): boolean {
    const directories = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
    return directories.some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/** Where Drydock keeps what all projects of this user share. The XDG specification says to ignore a relative path. */
export function cacheDirectory(): string {
    const { XDG_CACHE_HOME = "" } = process.env;
    return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache"), "drydock");
}
