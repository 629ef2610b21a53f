import * as pulumi from "@pulumi/pulumi";
import {
    requireConnection,
    type Connection,
    HOST_GATEWAY_NAME,
    isConnection,
    validateConnection,
} from "./connection.ts";
import { type EnvironmentArgs, validateVariableLength } from "../container/environment.ts";
import { linkEnvironment, linkNetworks, LinkStyle, variablePrefix } from "./links.ts";
import {
    ifKnown,
    isAlias,
    isUnknown,
    isNetwork,
    isOneOf,
    quote,
    refuse,
    validate,
    validateObject,
    reportErrorsOn,
} from "./validation.ts";

/** Links, networks and environment variables of a container. */
export interface WiringArgs extends EnvironmentArgs {
    /** Services that the application uses, by alias: `{database: db.connection}` sets `DATABASE_URL`. */
    links?: Record<string, pulumi.Input<Connection>>;
    /** Environment variables that links set. @default `LinkStyle.Url` */
    linkStyle?: LinkStyle;
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

export function validateWiring({ links = {}, linkStyle, networks = [] }: WiringArgs): void {
    if (isUnknown(links) || isConnection(links))
        refuse("links", "must map aliases to connections: { database: db.connection }");
    validateObject("links", links, "{ database: db.connection }");
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
    networks.forEach((network, i) => {
        validate({ [`networks[${i}]`]: [ifKnown(network), isNetwork] });
    });
    validate({ linkStyle: [linkStyle, isOneOf(Object.values(LinkStyle))] });
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
