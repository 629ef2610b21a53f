import {
    cpSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Clone, type CommandResult } from "./clone.ts";

/** The repository of an application, with the packed library in infra/ as `npm install` would put it there. */
export class Application {
    readonly clone = new Clone();
    readonly directory: string;
    readonly #root = mkdtempSync(join(tmpdir(), "drydock-application-"));

    constructor(name: string) {
        this.directory = join(this.#root, name);
        mkdirSync(this.directory);
        this.clone.shell("npm pack --silent");
        this.install(this.directory);
    }

    /** Puts Pulumi and the packages into the project of a directory. */
    install(directory: string): void {
        const infra = join(directory, "infra");
        mkdirSync(join(infra, ".drydock"), { recursive: true });
        cpSync(join(this.clone.dir, ".drydock/toolchain"), join(infra, ".drydock/toolchain"));
        const modules = join(infra, "node_modules");
        mkdirSync(join(modules, "pulumi-drydock"), { recursive: true });
        for (const each of readdirSync(join(this.clone.dir, "node_modules")))
            if (each !== "pulumi-drydock")
                symlinkSync(join(this.clone.dir, "node_modules", each), join(modules, each));
        this.clone.shell(`tar -xzf pulumi-drydock-*.tgz --strip-components=1 -C ${modules}/pulumi-drydock`);
    }

    write(path: string, content: string): void {
        mkdirSync(dirname(join(this.directory, path)), { recursive: true });
        writeFileSync(join(this.directory, path), content);
    }

    read(path: string): string {
        return readFileSync(join(this.directory, path), "utf8");
    }

    /** Runs the command in the application, as from a new terminal. */
    drydock(line: string, env: NodeJS.ProcessEnv = {}, directory = this.directory): Promise<CommandResult> {
        return this.clone.run(
            `cd ${directory} && exec node infra/node_modules/pulumi-drydock/dist/cli/bin.js ${line}`,
            env,
        );
    }

    shell(command: string): string {
        return this.clone.shell(command).trim();
    }

    async dispose(): Promise<void> {
        rmSync(this.#root, { recursive: true, force: true });
        await this.clone.dispose();
    }
}
