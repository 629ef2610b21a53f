import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Clone, type CommandResult } from "./clone.ts";

/** Pulumi programs that use the components, each a stack in one clone. */
export class Programs {
    readonly clone = new Clone();
    private readonly stacks = new Set<string>();

    /** Deploys a program: the body of a function that declares resources and returns the stack's outputs. */
    async up(stack: string, body: string, env: NodeJS.ProcessEnv = {}, options = ""): Promise<CommandResult> {
        this.write(stack, body);
        return this.clone.run(
            `. ./env; pulumi up --yes --skip-preview --color=never --stack ${stack} ${options}`,
            env,
        );
    }

    /** Writes the program of a stack: the body of a function, as for `up`. */
    write(stack: string, body: string): void {
        const imports =
            "import * as pulumi from '@pulumi/pulumi';\nimport * as docker from '@pulumi/docker';\nimport * as drydock from 'pulumi-drydock';";
        this.declare(stack, `${imports}\nexport function ${stack}() {\nvoid [pulumi, docker];\n${body}\n}\n`);
    }

    /** Creates a stack for a program: a file that exports a function with the stack's name. */
    declare(stack: string, program: string): void {
        writeFileSync(join(this.clone.dir, `stacks/${stack}.ts`), program);
        const isNew = !this.stacks.has(stack);
        const known = [...this.stacks.add(stack)];
        const index = [
            ...known.map((name) => `import { ${name} } from "./${name}.ts";`),
            `export const stacks: Record<string, (() => Record<string, unknown>) | undefined> = { ${known.join(", ")} };`,
        ];
        writeFileSync(join(this.clone.dir, "stacks/index.ts"), index.join("\n"));
        if (!isNew) return;
        this.clone.removeLeftovers(stack);
        mkdirSync(join(this.clone.dir, ".drydock/state"), { recursive: true });
        writeFileSync(join(this.clone.dir, `Pulumi.${stack}.yaml`), `config:\n  drydock:program: ${stack}\n`);
        this.clone.shell(`. ./env && pulumi stack init ${stack}`);
    }

    shell(command: string): string {
        return this.clone.shell(command).trim();
    }

    dispose(): Promise<void> {
        // A stack may use resources of an earlier one.
        return this.clone.dispose(...[...this.stacks].reverse());
    }
}
