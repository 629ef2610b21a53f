import * as pulumi from "@pulumi/pulumi";
import { isUnknown, isVariableName, quote, refuse, validate } from "./validation.ts";

/**
 * Checks that the configuration of the stack has every secret.
 *
 * @throws pulumi.InputPropertyError that lists all missing secrets
 */
export function validateSecrets(secrets: string[] = [], env: object = {}): void {
    if (isUnknown(secrets) || !Array.isArray(secrets))
        refuse("secrets", 'must be a list of names, for example ["STRIPE_KEY"]');
    secrets.forEach((name, i) => {
        const path = `secrets[${i}]`;
        validate({ [path]: [name, isVariableName] });
        if (secrets.indexOf(name) !== i) refuse(path, `${quote(name)} is in the list twice; remove one`);
        if (name in env) refuse(path, `${name} is also in env or in a file of envFiles; keep one of the two`);
    });
    const config = new pulumi.Config();
    const missing = secrets.filter((name) => config.getSecret(name) === undefined);
    if (missing.length > 0) refuse("secrets", describeMissing(missing));
}

function describeMissing(names: string[]): string {
    const stack = pulumi.getStack();
    return [
        `the configuration of the stack ${stack} does not have ${names.join(", ")}; run`,
        `    drydock secrets set ${names.join(" ")} --stack ${stack}`,
        "or, with Pulumi alone,",
        ...names.map((name) => `    pulumi config set --secret ${name} --stack ${stack}`),
    ].join("\n");
}

/** Values from the stack's configuration, in the project's namespace. Secret even if they are not secret there. */
export function readSecrets(secrets: string[] = []): Record<string, pulumi.Output<string>> {
    const config = new pulumi.Config();
    return Object.fromEntries(secrets.map((name) => [name, config.requireSecret(name)]));
}
