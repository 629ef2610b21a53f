import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { isPassword } from "./validation.ts";

/** Returns the user's password, or generates one of letters and digits, which stays in the state. Secret. */
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

/** Checks a secret that was an Output: fails the update if it is invalid, for example empty. */
export function checkSecret(name: string, secret: string, rule = isPassword): string {
    const problem = rule(secret);
    if (problem !== undefined) throw new pulumi.RunError(`${name}: ${problem}`);
    return secret;
}
