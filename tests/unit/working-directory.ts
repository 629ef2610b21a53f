import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";

/** The functions that components and programs read files with. */
const READERS = ["existsSync", "lstatSync", "readdirSync", "readFileSync", "statSync"] as const;

/**
 * Runs a program in a directory. Unit tests run in worker threads, which have no working directory of their own: the runner
 * replaces `process.chdir` and `process.cwd`, and this resolves the paths that functions of node:fs get.
 */
export async function inDirectory<T>(directory: string, program: () => Promise<T>): Promise<T> {
    const home = process.cwd();
    process.chdir(directory);
    const functions = fs as unknown as Record<string, (path: unknown, ...args: unknown[]) => unknown>;
    const spies = READERS.map((name) => {
        const read = functions[name];
        return jest
            .spyOn(functions, name)
            .mockImplementation((path, ...args) =>
                read?.(typeof path === "string" ? resolve(path) : path, ...args),
            );
    });
    syncBuiltinESMExports();
    try {
        return await program();
    } finally {
        for (const spy of spies) spy.mockRestore();
        syncBuiltinESMExports();
        process.chdir(home);
    }
}
