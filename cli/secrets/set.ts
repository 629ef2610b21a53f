import { spawnSync } from "node:child_process";
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CommandError } from "../exit-codes.ts";
import { configFile, messageOf, type Stack } from "../project.ts";

/**
 * Sets secrets in the configuration of a stack: all of them, or none if one fails.
 *
 * The Automation API's `setAllConfig` puts the values on a command line, where other users of the machine can read them.
 * This passes each value on standard input to Pulumi, which works on a copy of the stack's file.
 */
export function setSecrets(stack: Pick<Stack, "project" | "name">, values: Record<string, string>): void {
    const file = configFile(stack);
    const directory = mkdtempSync(join(tmpdir(), "drydock-config-"));
    const copy = join(directory, "Pulumi.yaml");
    try {
        if (existsSync(file)) copyFileSync(file, copy);
        for (const [name, value] of Object.entries(values)) setSecret(stack, name, value, copy);
        if (!existsSync(copy)) return;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, readFileSync(copy));
    } finally {
        rmSync(directory, { recursive: true });
    }
}

/** @param file with the configuration of the stack, or a copy of it */
export function setSecret(
    { project, name: stack }: Pick<Stack, "project" | "name">,
    name: string,
    value: string,
    file: string,
): void {
    const { status, stderr, error } = spawnSync(
        "pulumi",
        ["config", "set", "--secret", name, "--stack", stack, "--config-file", file, "--non-interactive"],
        // Pulumi removes one line break at the end.
        { cwd: project.directory, input: `${value}\n`, encoding: "utf8" },
    );
    if (status === 0) return;
    const reason = messageOf(error ?? new Error(stderr));
    throw new CommandError(
        `The secret ${name} cannot be set: ${reason}`,
        `None of the secrets was set. \`drydock doctor --stack ${stack}\` checks Pulumi and the passphrase.`,
    );
}
