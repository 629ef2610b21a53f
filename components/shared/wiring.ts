import * as pulumi from "@pulumi/pulumi";
import {
    requireConnection,
    type Connection,
    HOST_GATEWAY_NAME,
    isConnection,
    validateConnection,
} from "./connection.ts";
import { linkEnvironment, linkNetworks, LinkStyle } from "./links.ts";
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

/** What a container of an application is connected to, and told. */
export interface WiringArgs {
    /** What the application uses, by alias: `{database: db.connection}` gives it `DATABASE_URL`. */
    links?: Record<string, pulumi.Input<Connection>>;
    /** How links show in the environment. @default `LinkStyle.Url` */
    linkStyle?: LinkStyle;
    /** Environment variables; they win over those of links. */
    env?: Record<string, pulumi.Input<string>>;
    /** Networks to join besides those of the links. */
    networks?: pulumi.Input<string>[];
}

/** What the links and the variables come to. */
export interface Wiring {
    /** Secret: the links' passwords are in it. */
    env: pulumi.Output<Record<string, string>>;
    networks: pulumi.Output<string[]>;
    /** Whether a link or a variable names the machine that the containers run on. */
    reachesHost: pulumi.Output<boolean>;
}

export function validateWiring({ links = {}, linkStyle, env = {}, networks = [] }: WiringArgs): void {
    if (isUnknown(links) || isConnection(links))
        refuse("links", "must have an alias for each connection: { database: db.connection }");
    validateObject("links", links, "{ database: db.connection }");
    validateObject("env", env, '{ LOG_LEVEL: "info" }');
    const seen = new Map<string, string>();
    for (const [alias, connection] of Object.entries(links)) {
        validate({ [`links.${alias}`]: [alias, isAlias] });
        validateConnection(`links.${alias}`, connection);
        const variable = alias.toUpperCase().replace(/-/g, "_");
        const other = seen.get(variable);
        if (other !== undefined) {
            refuse(
                `links.${alias}`,
                `${quote(alias)} and ${quote(other)} are one alias in the environment (${variable}); rename one of them`,
            );
        }
        seen.set(variable, alias);
    }
    for (const [name, value] of Object.entries(env)) {
        validate({ [`env.${name}`]: [name, isVariableName] });
        validate({ [`env.${name}`]: [ifKnown(required(value)), isString] });
        if (typeof value === "string") refuseLong(name, value);
    }
    networks.forEach((network, i) => {
        validate({ [`networks[${i}]`]: [ifKnown(network), isNetwork] });
    });
    validate({ linkStyle: [linkStyle, isOneOf(Object.values(LinkStyle))] });
}

/** Linux starts no program with a longer variable (MAX_ARG_STRLEN, 131,072 bytes, with a name that a Task may make longer). */
const LONGEST_VARIABLE = 131_000;

function refuseLong(name: string, value: string): void {
    const bytes = Buffer.byteLength(`${name}=${value}`);
    if (bytes > LONGEST_VARIABLE)
        refuse(
            `env.${name}`,
            `it has ${bytes} bytes, and Linux takes ${LONGEST_VARIABLE} at most; put the value into a file, and mount it`,
        );
}

/** Variables that bash keeps for itself, and which no script can set: where sh is bash, it would end there. */
const OF_THE_SHELL = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

/** Refuses what a script could not hand over. */
export function validateShellEnvironment(env: WiringArgs["env"] = {}): void {
    for (const variable of Object.keys(env)) {
        if (OF_THE_SHELL.includes(variable))
            refuse(`env.${variable}`, "reserved by the shell that passes the variables on; rename it");
    }
}

/**
 * @param component whose arguments these are
 * @param container the name of the container, which docker-style variables mention
 */
export function resolveWiring(
    component: pulumi.Resource | undefined,
    container: string,
    { links = {}, linkStyle, env = {}, networks = [] }: WiringArgs,
): Wiring {
    const checked = Object.entries(links).map(([alias, connection]) => [
        alias,
        requireConnection(`links.${alias}`, connection, component),
    ]);
    const known = pulumi.output(Object.fromEntries(checked) as typeof links).apply(secretWherePasswords);
    const variables = pulumi.all([known, pulumi.output(env)]).apply(([connections, own]) => ({
        ...linkEnvironment(container, connections, linkStyle),
        ...own,
    }));
    const all = variables.apply((known) =>
        reportErrorsOn(component, () => {
            for (const [name, value] of Object.entries(known)) refuseLong(name, value);
            return known;
        }),
    );
    return {
        env: all,
        networks: pulumi
            .all([pulumi.unsecret(known.apply(linkNetworks)), pulumi.unsecret(pulumi.output(networks))])
            .apply(([linked, joined]) => [...new Set([...linked, ...joined])]),
        reachesHost: pulumi.unsecret(
            all.apply((variables) =>
                Object.values(variables).some((value) => value.includes(HOST_GATEWAY_NAME)),
            ),
        ),
    };
}

/** A connection that was written by hand is no secret by itself. */
function secretWherePasswords(links: Record<string, Connection>): pulumi.Output<Record<string, Connection>> {
    const any = Object.values(links).some(({ password }) => password !== undefined);
    return any ? pulumi.secret(links) : pulumi.output(links);
}
