import { scryptSync } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Engine } from "../engines/engine.ts";
import { type ContainerFile, dockerScript, runDockerScript } from "../engines/index.ts";
import { createHook, hasHooks } from "../engines/hooks.ts";
import { physicalName } from "../shared/names.ts";
import { outputValue } from "../shared/output-value.ts";
import { checkSecret } from "../shared/password.ts";
import { readScriptBody, shellQuote } from "../shared/scripts.ts";
import {
    ifKnown,
    isCommand,
    isPassword,
    isPlainPath,
    isVariableName,
    refuse,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { type DataOwner, dataSources } from "./volumes.ts";

/**
 * Password of a service, and how its image reads it: from a variable, from a file, or from a file that a variable names.
 * Many images read it only while their data directory is empty.
 * Write `{ variable: "MEILI_MASTER_KEY" }`, or `{ file: "/run/secrets/password", variable: "MARIADB_PASSWORD_FILE" }`.
 */
export interface ServicePasswordArgs {
    /** Environment variable that holds the password, or the path of the file if `file` is set. */
    variable?: string;
    /** Absolute path of a file in the container that holds the password. */
    file?: string;
    /** The password. @default a generated 32-character password */
    value?: pulumi.Input<string>;
    /** Command that changes the password of existing data. It runs in the running container, which has the old password, and
     *  finds the new one in the variable `NEW_PASSWORD`. `[]` if the image reads its password at every start. @default none:
     *  a generated password cannot be replaced while there is data */
    change?: string[];
}

/** The password, and what the container needs to read it. */
export interface ServicePassword {
    value: pulumi.Output<string | undefined>;
    env: pulumi.Output<Record<string, string>>;
    files?: ContainerFile[];
    /** What the container depends on. */
    dependsOn: pulumi.Resource[];
}

interface PasswordOwner extends DataOwner {
    password?: ServicePasswordArgs;
    env?: Record<string, unknown>;
    files?: Record<string, unknown>;
    secrets?: string[];
}

/** @throws pulumi.InputPropertyError */
export function validateServicePassword({
    password,
    env = {},
    files = {},
    secrets = [],
}: PasswordOwner): void {
    validateObject("password", password, '{ variable: "MEILI_MASTER_KEY" }');
    if (password === undefined) return;
    const { variable, file, value, change } = password;
    if (variable === undefined && file === undefined)
        refuse("password", "has neither variable nor file; set the one that the image reads");
    validate({
        "password.variable": [variable, isVariableName],
        "password.file": [file, isPlainPath],
        "password.value": [ifKnown(value), isPassword],
        "password.change": [change?.length === 0 ? undefined : change, isCommand],
    });
    if (variable !== undefined && variable in env)
        refuse(`env.${variable}`, "password.variable sets it; leave it out of env");
    if (file !== undefined && file in files)
        refuse(`files.${file}`, "password.file writes it; leave it out of files");
    if (variable !== undefined && secrets.includes(variable))
        refuse(
            "secrets",
            `password.variable sets ${variable}; leave it out of secrets, or set password.value`,
        );
}

/** Generates the password, unless the user sets it, and prepares what the container needs to read it. */
export function createServicePassword(
    name: string,
    args: PasswordOwner,
    image: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
): ServicePassword {
    const { password } = args;
    if (password === undefined)
        return {
            value: pulumi.output(undefined),
            env: pulumi.output<Record<string, string>>({}),
            dependsOn: [],
        };
    const { variable, file, value } = password;
    const generated = value === undefined ? generatePassword(name, args, image, opts) : undefined;
    const secret = pulumi.secret(
        generated?.result ??
            pulumi.output(value).apply((known) => checkSecret("password.value", known ?? "")),
    );
    return {
        value: secret,
        env: secret.apply((known): Record<string, string> =>
            variable === undefined ? {} : { [variable]: file ?? known },
        ),
        files: file === undefined ? undefined : [{ path: file, content: secret, secret: true }],
        dependsOn: [
            ...(generated === undefined ? [] : [generated]),
            ...createPasswordChange(name, args, secret, opts),
        ],
    };
}

/**
 * Generates a password once. A hook refuses to generate it while there is data with another password: a new stack with an
 * existing volume, or a replacement of the password without a command that changes it. A later check would be too late: the
 * state would no longer hold the old password.
 */
function generatePassword(
    name: string,
    args: PasswordOwner,
    image: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
): random.RandomPassword {
    const readAtStart = args.password?.change?.length === 0;
    const { volumes, directories } = dataSources(name, args);
    const guarded = hasHooks() && !readAtStart && volumes.length + directories.length > 0;
    return new random.RandomPassword(
        `${name}-password`,
        { length: 32, special: false },
        guarded
            ? pulumi.mergeOptions(opts, {
                  // The guard needs the image to look into the volumes.
                  dependsOn: image.apply((): pulumi.Resource[] => []),
                  hooks: { beforeCreate: [passwordGuard(name, args, image, opts)] },
              })
            : opts,
    );
}

function passwordGuard(
    name: string,
    args: PasswordOwner,
    image: pulumi.Output<string>,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHook {
    const { volumes, directories } = dataSources(name, args);
    const { engine = Engine.Docker, password: { change } = {} } = args;
    const resolvedImage = outputValue(image);
    return createHook(`${name} password`, async () => {
        await runDockerScript(parent, readScriptBody(import.meta.dirname, "password-guard.sh"), {
            ENGINE: engine,
            IMAGE: await resolvedImage,
            VOLUMES: volumes.join("\n"),
            DIRECTORIES: directories.join("\n"),
            CONTAINER: physicalName(name),
            CHANGES: change === undefined ? "" : "yes",
        });
    });
}

/**
 * Records a hash of the password, and runs `password.change` when it changes. Not needed without data: a new container
 * reads the new password.
 */
function createPasswordChange(
    name: string,
    args: PasswordOwner,
    password: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { change = [] } = args.password ?? {};
    const { volumes, directories } = dataSources(name, args);
    if (volumes.length + directories.length === 0) return [];
    const script = dockerScript(opts.parent, readScriptBody(import.meta.dirname, "password-change.sh"), {
        ENGINE: args.engine ?? Engine.Docker,
        CONTAINER: physicalName(name),
        // Not secret, as it is too slow for guessing passwords.
        HASH: pulumi.unsecret(password.apply((known) => scryptSync(known, name, 32).toString("hex"))),
        CHANGE: change.map(shellQuote).join(" "),
        NEW_PASSWORD: password,
    });
    return [
        new command.local.Command(
            `${name}-password-change`,
            {
                ...script,
                create: "sh -s create",
                update: "sh -s update",
                logging: command.local.Logging.Stderr,
            },
            opts,
        ),
    ];
}
