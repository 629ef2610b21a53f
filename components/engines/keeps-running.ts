import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { readScriptBody } from "../shared/scripts.ts";
import { BACKTRACE_LINE } from "./backtrace.ts";
import { dockerScript } from "./docker-command.ts";

/** How long a container without a health check must run, as in a Swarm's updates (`monitor`). */
export const SECONDS_UP = 5;

/**
 * Inputs of a Command that fails if a container or service that has just started does not keep running.
 *
 * @param directory of the engine, which contains keeps-running.sh
 * @param id of the container or service
 */
export function keepsRunningCheck(
    directory: string,
    name: string,
    id: pulumi.Input<string>,
    opts: pulumi.CustomResourceOptions,
): command.local.CommandArgs {
    const environment = { ID: id, NAME: name, SECONDS_UP: String(SECONDS_UP), BACKTRACE_LINE };
    const script = readScriptBody(directory, "keeps-running.sh");
    return { ...dockerScript(opts.parent, script, environment), create: "sh", triggers: [id] };
}
