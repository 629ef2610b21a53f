import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { Engine } from "../engines/engine.ts";
import { type ContainerSpec, dockerScript } from "../engines/index.ts";
import { readScriptBody } from "../shared/scripts.ts";

/**
 * Checks, before the container is created, that its image has the shell that the health check needs. Otherwise the update
 * would wait for a container that cannot become healthy. A Swarm has no check, as the image is on other machines.
 *
 * @returns the resources that the container depends on
 */
export function createShellCheck(
    name: string,
    engine: Engine | undefined,
    { health, image }: Pick<ContainerSpec, "health" | "image">,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    if (engine === Engine.Swarm || !health?.test.includes("/bin/sh")) return [];
    const script = readScriptBody(import.meta.dirname, "shell-check.sh");
    const check = new command.local.Command(
        `${name}-check`,
        { create: "sh", ...dockerScript(opts.parent, script, { IMAGE: image }), triggers: [image] },
        opts,
    );
    return [check];
}
