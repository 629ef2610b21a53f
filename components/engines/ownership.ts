import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { drydockLabelLines } from "../shared/names.ts";
import { readScriptBody } from "../shared/scripts.ts";
import type { Mount } from "./spec.ts";

/** Environment of each engine's ownership.sh, which makes data writable for the user that an image runs as. */
export function ownershipEnvironment(
    component: string,
    { path, volume, hostPath }: Mount,
    image: pulumi.Input<string>,
    user = "",
) {
    return {
        IMAGE: image,
        APP_USER: user,
        SOURCE: pulumi.output(hostPath ?? volume ?? ""),
        TARGET: path,
        KIND: hostPath ?? "volume",
        OWN_DATA: readScriptBody(import.meta.dirname, "own-data.sh"),
        LABELS: drydockLabelLines(component),
    };
}

/** Inputs of the Command that runs ownership.sh. It runs again for another image, user, volume or directory. */
export function ownershipCommand(
    script: Pick<command.local.CommandArgs, "stdin" | "environment">,
    { IMAGE, APP_USER, SOURCE }: ReturnType<typeof ownershipEnvironment>,
): command.local.CommandArgs {
    return { ...script, create: "sh", triggers: [IMAGE, APP_USER, SOURCE] };
}
