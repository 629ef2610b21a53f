import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Reads a `.sh` file.
 *
 * @param directory of the module that uses it: `import.meta.dirname`
 */
export function readScript(directory: string, file: string): string {
    return readFileSync(join(directory, file), "utf8");
}

/**
 * Reads a `.sh` file without its header, for `sh -c` and `sh -s`. The header is the shebang and the comments below it,
 * up to the first empty line: changing a comment there does not change a resource.
 */
export function readScriptBody(directory: string, file: string): string {
    return readScript(directory, file).replace(/^(#.*\n)+\n/, "");
}

/** Quotes a string as one word of a shell command. */
export function shellQuote(word: string): string {
    return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
