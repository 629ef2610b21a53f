import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { configureEnvironment, findProject } from "../project.ts";
import { PROJECT_DIRECTORY } from "./translate/container.ts";

/** Sets a secret of a stack, which is created if it is missing. The value goes by standard input: arguments are visible. */
export function setStackSecret(directory: string, stack: string, name: string, value: string): void {
    const project = findProject(join(directory, PROJECT_DIRECTORY));
    configureEnvironment(project);
    pulumi(project.directory, ["stack", "select", "--create", stack]);
    pulumi(project.directory, ["config", "set", "--secret", name, "--stack", stack], value);
}

function pulumi(directory: string, args: string[], input?: string): void {
    const { status, stderr, error } = spawnSync("pulumi", [...args, "--non-interactive"], {
        cwd: directory,
        input,
        encoding: "utf8",
    });
    if (error) throw new Error("the command `pulumi` is not there");
    if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? `pulumi ${args[0] ?? ""} failed`);
}
