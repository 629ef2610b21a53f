/** Runs a program in a directory. */
export async function inDirectory<T>(directory: string, program: () => Promise<T>): Promise<T> {
    const home = process.cwd();
    process.chdir(directory);
    try {
        return await program();
    } finally {
        process.chdir(home);
    }
}
