import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { partlySecretDockerScript } from "../engines/index.ts";
import { readScriptBody } from "../shared/scripts.ts";
import { refuse } from "../shared/validation.ts";
import { ROUTES_DIRECTORY } from "./directories.ts";
import { GATEWAY_LABEL } from "./labels.ts";

/** A component that is renamed with an alias keeps its routes under its former name. */
export const IGNORED_OWNER_CHANGES = ["environment.OWNER"];

/** Inputs of a Command that runs a script on gateways. */
export function gatewayScript(
    file: string,
    environment: Record<string, pulumi.Input<string>>,
    component: pulumi.Resource | undefined,
): command.local.CommandArgs {
    const [functions, script] = ["gateway-functions.sh", file].map((name) =>
        readScriptBody(import.meta.dirname, name),
    );
    const common = {
        GATEWAY_LABEL,
        ROUTES_DIRECTORY,
        WRITE_ROUTES: ["compose-routes.sh", "write-routes.sh"]
            .map((name) => readScriptBody(import.meta.dirname, name))
            .join(""),
        WRITE_TARGET: readScriptBody(import.meta.dirname, "write-target.sh"),
    };
    return {
        ...partlySecretDockerScript(component, `${functions}\n${script}`, { ...common, ...environment }),
        create: "sh -s create",
        update: "sh -s create",
        delete: "sh -s delete",
    };
}

/** Linux limits an environment variable, with its name, to 128 KiB. */
const MAX_KIB = 127;

/**
 * @param at path of the argument that the error names
 * @throws pulumi.InputPropertyError if the routes are too large for the variable ROUTES
 */
export function refuseLargeRoutes(at: string, routes: string, remedy: string): void {
    const size = Math.ceil(Buffer.byteLength(routes) / 1024);
    if (size > MAX_KIB)
        refuse(at, `too many: they take up ${size} KiB, and the limit is ${MAX_KIB} KiB; ${remedy}`);
}
