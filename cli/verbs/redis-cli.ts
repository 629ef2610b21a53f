import type { Command } from "commander";
import { CACHE, clientCommand, databaseUrl } from "../databases.ts";
import { execCommand, type ExecOptions, execute, openTarget } from "../exec.ts";
import { printUrl } from "../print-url.ts";

export function redisCliCommand(): Command {
    return execCommand("redis-cli", "the only Redis")
        .description("open redis-cli in the container of Redis, logged in")
        .argument("[args...]", "arguments of redis-cli")
        .option("--url", "print a URL with the password instead, for programs on this machine")
        .allowUnknownOption()
        .action(async (args: string[], { url, ...options }: ExecOptions & { url?: boolean }) => {
            const container = await openTarget(options, CACHE);
            if (url) printUrl(container, await databaseUrl(container));
            else await execute(container, clientCommand(container, args));
        });
}
