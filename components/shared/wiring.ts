import * as pulumi from "@pulumi/pulumi";
import {
    type ChosenVariable,
    type EnvironmentArgs,
    validateVariableLength,
} from "../container/environment.ts";
import { type Connection, HOST_GATEWAY_NAME, requireConnection } from "./connection.ts";
import { refuseAmbiguousHostNames } from "./host-names.ts";
import { declaredLinkVariables, validateLinks } from "./link-validation.ts";
import {
    isNameArgument,
    linkEnvironment,
    linkNetworks,
    type LinkStyle,
    type LinkVariable,
    type LinkVariables,
} from "./links.ts";
import { readSecrets, validateSecrets } from "./stack-secrets.ts";
import { ifKnown, isNetwork, refuse, reportErrorsOn, validate } from "./validation.ts";

/** Links, networks and environment variables of a container. */
export interface WiringArgs extends EnvironmentArgs {
    /** Services that the application uses, by alias: `{database: db.connection}` sets `DATABASE_URL`. */
    links?: Record<string, pulumi.Input<Connection>>;
    /** Environment variables that links set. @default `LinkStyle.Url` */
    linkStyle?: LinkStyle;
    /** Variables of each link, by alias: `{database: { host: "DB_HOST", name: "DB_NAME" }}` sets these and no URL. */
    variables?: Record<string, LinkVariables>;
    /** Names of environment variables whose values are secrets of the stack's configuration, under the same names: run `pulumi
     *  config set --secret STRIPE_KEY` for each. They override those of links. */
    secrets?: string[];
    /** Networks to join in addition to those of the links. */
    networks?: pulumi.Input<string>[];
}

/** Links and variables, resolved for the engine. */
export interface Wiring {
    /** Secret, as it holds the passwords of the links. */
    env: pulumi.Output<Record<string, string>>;
    networks: pulumi.Output<string[]>;
    /** Whether a link or a variable contains `host.docker.internal`. */
    reachesHost: pulumi.Output<boolean>;
}

export function validateWiring(args: WiringArgs): void {
    const { secrets, env, networks = [] } = args;
    validateLinks(args);
    if (!Array.isArray(networks))
        refuse("networks", "must be a list and not an Output, for example [network.name]");
    networks.forEach((network, i) => {
        validate({ [`networks[${i}]`]: [ifKnown(network), isNetwork] });
    });
    validateSecrets(secrets, env);
}

/**
 * Variables that may have a reserved name, such as `DOCKER_HOST` from an alias `docker` with `LinkStyle.Parts`. Not those
 * of `LinkStyle.Url` and `LinkStyle.Docker`: no reserved name has their suffixes.
 *
 * @param at path of the object with the arguments, including a trailing dot
 */
export function chosenVariables(args: WiringArgs, at = ""): ChosenVariable[] {
    const { env = {}, secrets = [] } = args;
    const isChosen = ({ argument, part }: LinkVariable) =>
        argument.startsWith("variables.") || (part !== "url" && isNameArgument(part));
    return [
        ...Object.keys(env).map((variable) => ({ variable, argument: `${at}env.${variable}` })),
        ...secrets.map((variable, i) => ({ variable, argument: `secrets[${i}]` })),
        ...declaredLinkVariables(args).filter(isChosen),
    ];
}

/**
 * Resolves links to environment variables and networks.
 *
 * @param component that has the arguments; errors are reported on it
 * @param container name of the container, which `LinkStyle.Docker` mentions
 * @param hostNames short host names on the container's own network
 */
export function resolveWiring(
    component: pulumi.Resource | undefined,
    container: string,
    { links = {}, linkStyle, variables: linkVariables, secrets, env = {}, networks = [] }: WiringArgs,
    hostNames: string[] = [],
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
    const variables = pulumi
        .all([connections, pulumi.output({ ...readSecrets(secrets), ...env })])
        .apply(([connections, env]) =>
            reportErrorsOn(component, () => {
                refuseAmbiguousHostNames(connections, hostNames);
                const linked = linkEnvironment(container, {
                    links: connections,
                    linkStyle,
                    variables: linkVariables,
                });
                const all = { ...linked, ...env };
                for (const [name, value] of Object.entries(all)) validateVariableLength(name, value);
                return all;
            }),
        );
    return {
        env: variables,
        networks: pulumi
            .all([pulumi.unsecret(connections.apply(linkNetworks)), pulumi.unsecret(pulumi.output(networks))])
            .apply(([linked, others]) => [...new Set([...linked, ...others])]),
        reachesHost: pulumi.unsecret(
            variables.apply((variables) =>
                Object.values(variables).some((value) => value.includes(HOST_GATEWAY_NAME)),
            ),
        ),
    };
}

/** Connections from services are secret, but one that the user writes as a literal is not. */
function markPasswordsSecret(links: Record<string, Connection>): pulumi.Output<Record<string, Connection>> {
    const hasPassword = Object.values(links).some(({ password }) => password !== undefined);
    return hasPassword ? pulumi.secret(links) : pulumi.output(links);
}
