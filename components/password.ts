import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** The password given, or one of letters and digits, made once and kept in the state. Secret either way. */
export function passwordOf(
    name: string,
    given: pulumi.Input<string> | undefined,
    opts: pulumi.ResourceOptions,
    length = 32,
): pulumi.Output<string> {
    return pulumi.secret(given ?? new random.RandomPassword(name, { length, special: false }, opts).result);
}
