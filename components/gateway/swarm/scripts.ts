import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { partlySecretDockerScript } from "../../engines/index.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { GATEWAY_LABEL } from "../labels.ts";

/** Labels of the secrets that hold the routes, besides GATEWAY_LABEL. */
const OWNER_LABEL = "drydock-gateway-owner";
const PATHS_LABEL = "drydock-gateway-paths";

/** Inputs of a Command that runs a script on gateways of a Swarm. */
export function swarmScript(
    file: string,
    environment: Record<string, pulumi.Input<string>>,
    component: pulumi.Resource | undefined,
): command.local.CommandArgs {
    const scripts = ["functions.sh", file].map((name) => readScriptBody(import.meta.dirname, name));
    const labels = { GATEWAY_LABEL, OWNER_LABEL, PATHS_LABEL };
    return {
        ...partlySecretDockerScript(component, scripts.join("\n"), { ...labels, ...environment }),
        create: "sh -s create",
        update: "sh -s create",
        delete: "sh -s delete",
    };
}
