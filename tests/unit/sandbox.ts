import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** A directory for a script under test, with fake programs in place of Docker and Pulumi. */
export class Sandbox {
    readonly dir = mkdtempSync(join(tmpdir(), "drydock-scripts-"));

    /** Adds a program, which hides one of the same name on PATH. `calls` records its calls. */
    program(name: string, script: string): void {
        const calls = join(this.dir, "calls");
        const file = this.write(`bin/${name}`, `#!/bin/bash\necho "${name} $*" >>'${calls}'\n${script}\n`);
        chmodSync(file, 0o755);
    }

    /** Writes a file, and returns its path. */
    write(name: string, text: string): string {
        const file = join(this.dir, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        return file;
    }

    /** Calls of the programs since the last time: each is the name and the arguments. */
    calls(): string[] {
        const file = join(this.dir, "calls");
        if (!existsSync(file)) return [];
        const calls = readFileSync(file, "utf8").split("\n").filter(Boolean);
        rmSync(file);
        return calls;
    }

    /** The environment of a process that finds the fake programs before others, with further variables. */
    environment(variables: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
        const { PATH = "", NODE_COMPILE_CACHE } = process.env;
        return {
            PATH: [join(this.dir, "bin"), dirname(process.execPath), PATH].join(delimiter),
            HOME: this.dir,
            NODE_COMPILE_CACHE,
            ...variables,
        };
    }

    /** Runs a command of bash in the directory. */
    run(command: string, variables: NodeJS.ProcessEnv = {}): { code: number | null; output: string } {
        const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
            cwd: this.dir,
            encoding: "utf8",
            env: this.environment(variables),
        });
        return { code: status, output: stdout + stderr };
    }

    dispose(): void {
        rmSync(this.dir, { recursive: true });
    }
}
