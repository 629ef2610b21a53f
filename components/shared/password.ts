import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { isPassword } from "./validation.ts";

/** The user's password, or one of letters and digits that is generated once and kept in the state. Secret. */
export function createPassword(
    name: string,
    password: pulumi.Input<string> | undefined,
    opts: pulumi.ResourceOptions,
    length = 32,
): pulumi.Output<string> {
    if (password !== undefined)
        return pulumi.secret(pulumi.output(password).apply((known) => checkSecret(name, known)));
    return pulumi.secret(new random.RandomPassword(name, { length, special: false }, opts).result);
}

/** Returns a secret that was an Output, or fails the update if it is not valid, for example empty. */
export function checkSecret(name: string, secret: string, rule = isPassword): string {
    const problem = rule(secret);
    if (problem !== undefined) throw new pulumi.RunError(`${name}: ${problem}`);
    return secret;
}
