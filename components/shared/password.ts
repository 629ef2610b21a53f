import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { isPassword } from "./validation.ts";

/** The password given, or one of letters and digits, made once and kept in the state. Secret either way. */
export function createPassword(
    name: string,
    given: pulumi.Input<string> | undefined,
    opts: pulumi.ResourceOptions,
    length = 32,
): pulumi.Output<string> {
    if (given !== undefined)
        return pulumi.secret(pulumi.output(given).apply((text) => checkSecret(name, text)));
    return pulumi.secret(new random.RandomPassword(name, { length, special: false }, opts).result);
}

/** One that comes as an output, an empty one of a setting for instance, is seen only now. */
export function checkSecret(name: string, secret: string, rule = isPassword): string {
    const wrong = rule(secret);
    if (wrong !== undefined) throw new pulumi.RunError(`${name} ${wrong}`);
    return secret;
}
