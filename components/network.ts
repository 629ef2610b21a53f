import * as pulumi from "@pulumi/pulumi";
import { makeNetwork } from "./engines";
import { physicalName } from "./names";

/** The network given, or one that only what links to the service joins. */
export function networkOf(
    name: string,
    given: pulumi.Input<string> | undefined,
    opts: pulumi.ResourceOptions,
): pulumi.Input<string> {
    return given ?? makeNetwork(`${name}-network`, name, physicalName(name), opts);
}
