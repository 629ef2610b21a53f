import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ENGINES = resolve(import.meta.dirname, "../../../components/engines");

/** Runs shell scripts of components/engines with fake commands, which have this directory as their working directory. */
export class FakeShell {
    private readonly directory = mkdtempSync(join(tmpdir(), "drydock-shell-"));

    /** Defines a command. @param script its shell script, without the shebang */
    command(name: string, script: string): void {
        const text = `#!/bin/sh\ncd "${this.directory}" || exit\n${script}\n`;
        writeFileSync(join(this.directory, name), text, { mode: 0o755 });
    }

    write(file: string, text: string): void {
        writeFileSync(join(this.directory, file), text);
    }

    /** Text of a file that commands have written; empty if there is none. */
    read(file: string): string {
        const path = join(this.directory, file);
        return existsSync(path) ? readFileSync(path, "utf8") : "";
    }

    /** @param script path in components/engines */
    run(script: string, args: string[], environment: Record<string, string> = {}) {
        // docker-command.sh sets DOCKER_COMMAND.
        return this.spawn([join(ENGINES, script), ...args], { DOCKER_COMMAND: "docker", ...environment });
    }

    /** Runs a script after others, in the same shell. */
    runAfter(before: string[], script: string, args: string[], environment: Record<string, string> = {}) {
        const files = [...before, script].map((file) => `. ${join(ENGINES, file)}`);
        const shell = ["-c", files.join("\n"), "sh", ...args];
        return this.spawn(shell, { DOCKER_COMMAND: "docker", ...environment });
    }

    /** Runs commands after a script, in the same shell. @param script path in components/engines */
    source(script: string, commands: string, environment: Record<string, string>) {
        return this.spawn(["-c", `. ${join(ENGINES, script)}\n${commands}`], environment);
    }

    /** Runs the text of a script. */
    evaluate(script: string, environment: Record<string, string> = {}) {
        return this.spawn(["-c", script], environment);
    }

    private spawn(args: string[], environment: Record<string, string>) {
        const env = { PATH: `${this.directory}:${process.env.PATH ?? ""}`, ...environment };
        const { status, stdout, stderr } = spawnSync("/bin/sh", args, { encoding: "utf8", env });
        return { status, stdout, stderr };
    }

    remove(): void {
        rmSync(this.directory, { recursive: true });
    }
}
