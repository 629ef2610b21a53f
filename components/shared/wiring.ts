import * as pulumi from "@pulumi/pulumi";
import {
    requireConnection,
    type Connection,
    HOST_GATEWAY_NAME,
    isConnection,
    validateConnection,
} from "./connection.ts";
import { linkEnvironment, linkNetworks, LinkStyle, variablePrefix } from "./links.ts";
import {
    ifKnown,
    isAlias,
    isUnknown,
    isNetwork,
    isString,
    isVariableName,
    isOneOf,
    quote,
    refuse,
    required,
    validate,
    validateObject,
    reportErrorsOn,
} from "./validation.ts";

/** Links, networks and environment variables of a container. */
export interface WiringArgs {
    /** Services that the application uses, by alias: `{database: db.connection}` sets `DATABASE_URL`. */
    links?: Record<string, pulumi.Input<Connection>>;
    /** Environment variables that links set. @default `LinkStyle.Url` */
    linkStyle?: LinkStyle;
    /** Environment variables. They override those of links. */
    env?: Record<string, pulumi.Input<string>>;
    /** Networks to join in addition to those of the links. */
    networks?: pulumi.Input<string>[];
}

/** Links and variables, resolved for the engine. */
export interface Wiring {
    /** Secret, as it holds the passwords of the links. */
    env: pulumi.Output<Record<string, string>>;
    networks: pulumi.Output<string[]>;
    /** Whether a link or a variable contains the name of the machine that the containers run on. */
    reachesHost: pulumi.Output<boolean>;
}

export function validateWiring({ links = {}, linkStyle, env = {}, networks = [] }: WiringArgs): void {
    if (isUnknown(links) || isConnection(links))
        refuse("links", "must map aliases to connections: { database: db.connection }");
    validateObject("links", links, "{ database: db.connection }");
    validateObject("env", env, '{ LOG_LEVEL: "info" }');
    const aliases = new Map<string, string>();
    for (const [alias, connection] of Object.entries(links)) {
        validate({ [`links.${alias}`]: [alias, isAlias] });
        validateConnection(`links.${alias}`, connection);
        const prefix = variablePrefix(alias);
        const other = aliases.get(prefix);
        if (other !== undefined)
            refuse(
                `links.${alias}`,
                `${quote(alias)} and ${quote(other)} set the same environment variables (${prefix}_...); rename one of them`,
            );
        aliases.set(prefix, alias);
    }
    for (const [name, value] of Object.entries(env)) {
        validate({ [`env.${name}`]: [name, isVariableName] });
        validate({ [`env.${name}`]: [ifKnown(required(value)), isString] });
        if (typeof value === "string") validateVariableLength(name, value);
    }
    networks.forEach((network, i) => {
        validate({ [`networks[${i}]`]: [ifKnown(network), isNetwork] });
    });
    validate({ linkStyle: [linkStyle, isOneOf(Object.values(LinkStyle))] });
}

/** Linux allows 131,072 bytes (MAX_ARG_STRLEN). A Task may use a longer name for the variable. */
const MAX_VARIABLE_BYTES = 131_000;

function validateVariableLength(name: string, value: string): void {
    const bytes = Buffer.byteLength(`${name}=${value}`);
    if (bytes > MAX_VARIABLE_BYTES)
        refuse(
            `env.${name}`,
            `has ${bytes} bytes, and Linux allows ${MAX_VARIABLE_BYTES}; write the value to a file and mount it`,
        );
}

/** Read-only variables of bash. If sh is bash, a script that sets one fails. */
const READ_ONLY_SHELL_VARIABLES = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

/** Refuses variables that a shell script cannot pass on to another program. */
export function validateShellEnvironment(env: WiringArgs["env"] = {}): void {
    for (const variable of Object.keys(env)) {
        if (READ_ONLY_SHELL_VARIABLES.includes(variable))
            refuse(`env.${variable}`, "is a read-only variable of the shell; use another name");
    }
}

/**
 * Resolves links to environment variables and networks.
 *
 * @param component that has the arguments; errors are reported on it
 * @param container name of the container, which `LinkStyle.Docker` mentions
 */
export function resolveWiring(
    component: pulumi.Resource | undefined,
    container: string,
    { links = {}, linkStyle, env = {}, networks = [] }: WiringArgs,
): Wiring {
    const connections = pulumi
        .output(
            Object.fromEntries(
                Object.entries(links).map(([alias, connection]) => [
                    alias,
                    requireConnection(`links.${alias}`, connection, component),
                ]),
            ) as typeof links,
        )
        .apply(markPasswordsSecret);
    const variables = pulumi.all([connections, pulumi.output(env)]).apply(([connections, env]) =>
        reportErrorsOn(component, () => {
            const all = { ...linkEnvironment(container, connections, linkStyle), ...env };
            for (const [name, value] of Object.entries(all)) validateVariableLength(name, value);
            return all;
        }),
    );
    return {
        env: variables,
        networks: pulumi
            .all([pulumi.unsecret(connections.apply(linkNetworks)), pulumi.unsecret(pulumi.output(networks))])
            .apply(([ofLinks, others]) => [...new Set([...ofLinks, ...others])]),
        reachesHost: pulumi.unsecret(
            variables.apply((variables) =>
                Object.values(variables).some((value) => value.includes(HOST_GATEWAY_NAME)),
            ),
        ),
    };
}

/** Connections of services are secret, but one that the user wrote as a literal is not. */
function markPasswordsSecret(links: Record<string, Connection>): pulumi.Output<Record<string, Connection>> {
    const hasPassword = Object.values(links).some(({ password }) => password !== undefined);
    return hasPassword ? pulumi.secret(links) : pulumi.output(links);
}
