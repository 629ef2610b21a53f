import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { dockerCommand, dockerSetup } from "./docker-command.ts";

/** Runs the docker command with these arguments, and resolves with what it prints; the logs of a container go to both streams. */
export type Docker = (...words: string[]) => Promise<string>;

/** Whether hooks can be registered: under mocks they cannot. */
export function hasHooks(): boolean {
    const monitor = pulumi.runtime.getMonitor() as { registerResourceHook?: unknown } | undefined;
    return typeof monitor?.registerResourceHook === "function";
}

const names = new Map<string, number>();

export function hook(name: string, run: pulumi.ResourceHookFunction): pulumi.ResourceHook {
    return new pulumi.ResourceHook(uniqueName(name), run);
}

/** @param run what happens after a failure, which stays one: the operation is not tried again */
export function errorHook(
    name: string,
    run: (args: pulumi.ErrorHookArgs) => Promise<void>,
): pulumi.ErrorHook {
    return new pulumi.ErrorHook(uniqueName(name), async (args) => {
        await run(args);
        return false;
    });
}

/** A name belongs to one hook, and two components may have one name where their parents differ. */
function uniqueName(name: string): string {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return `drydock ${name}${count > 1 ? ` ${count}` : ""}`;
}

/** The docker command that reaches the resource's Docker Engine. */
export function dockerOf(resource: pulumi.Resource | undefined): Docker {
    const script = new Promise<string>((resolve) => {
        pulumi.all([dockerCommand(resource), dockerSetup(resource)]).apply(([docker, setup]) => {
            resolve(`${setup}exec ${docker} "$@"`);
        });
    });
    return async (...words) => {
        const args = ["-c", await script, "docker", ...words];
        try {
            const { stdout, stderr } = await promisify(execFile)("sh", args, {
                env: process.env,
                maxBuffer: 2 ** 28,
            });
            return words[0] === "logs" ? stdout + stderr : stdout;
        } catch (error) {
            // Node's own message holds the whole script.
            const { stdout, stderr = "" } = error as { stdout?: string; stderr?: string };
            const message = stderr.trim() || `docker ${words.join(" ")} failed`;
            throw Object.assign(new Error(message), { stdout, stderr });
        }
    };
}

export function lines(text: string): string[] {
    return text.split("\n").filter((line) => line.trim() !== "");
}
