import type * as pulumi from "@pulumi/pulumi";
import { type Connection, isConnection, validateConnection } from "./connection.ts";
import {
    hasNames,
    LIBPQ_PARAMETERS,
    LinkStyle,
    type LinkVariable,
    type LinkVariables,
    linkVariables,
    NAME_ARGUMENTS,
    UNKNOWN_CONNECTION,
} from "./links.ts";
import {
    isAlias,
    isOneOf,
    isScheme,
    isString,
    isUnknown,
    isVariableName,
    matches,
    quote,
    refuse,
    required,
    type Rule,
    validate,
    validateObject,
} from "./validation.ts";

/** Arguments that concern links, before the connections are resolved. */
interface LinkInputs {
    links?: Record<string, pulumi.Input<Connection>>;
    linkStyle?: LinkStyle;
    variables?: Record<string, LinkVariables>;
}

const isDatabase = matches(
    /^[^\r\n\0]+$/,
    "is not the name or number of a database; write it on one line, or leave it out",
);

/** Docker allows a number as a name, but in `port: "5432"` it is the value and not the name of a variable. */
const isName: Rule = (value) =>
    isVariableName(value) ?? matches(/\D/, "is not the name of an environment variable")(value);

/** @throws pulumi.InputPropertyError */
export function validateLinks({ links = {}, linkStyle, variables = {} }: LinkInputs): void {
    if (isUnknown(links) || isConnection(links))
        refuse("links", "must map aliases to connections: { database: db.connection }");
    validateObject("links", links, "{ database: db.connection }");
    validate({ linkStyle: [linkStyle, isOneOf(Object.values(LinkStyle))] });
    for (const [alias, connection] of Object.entries(links)) {
        validate({ [`links.${alias}`]: [alias, isAlias] });
        validateConnection(`links.${alias}`, connection);
    }
    validateObject("variables", variables, '{ database: { host: "DB_HOST" } }');
    for (const [alias, overrides] of Object.entries(variables)) {
        if (links[alias] === undefined)
            refuse(
                `variables.${alias}`,
                `there is no link ${quote(alias)}; ${listAliases(Object.keys(links))}`,
            );
        validateLinkVariables(`variables.${alias}`, overrides, linkStyle);
    }
    declaredLinkVariables({ links, linkStyle, variables });
}

function listAliases(aliases: string[]): string {
    return aliases.length === 0 ? "link one, or remove this" : `the links are ${aliases.join(", ")}`;
}

function validateLinkVariables(path: string, overrides: LinkVariables, linkStyle?: LinkStyle): void {
    validateObject(path, required(overrides), '{ host: "DB_HOST" }');
    const { style, database, scheme, parameters } = overrides;
    validate({
        [`${path}.style`]: [style, isOneOf(Object.values(LinkStyle))],
        ...Object.fromEntries(
            NAME_ARGUMENTS.map((part) => [`${path}.${part}`, [overrides[part], isName]] as const),
        ),
        [`${path}.database`]: [database, isDatabase],
        [`${path}.scheme`]: [scheme, isScheme],
    });
    validateObject(`${path}.parameters`, parameters, '{ pool: "20" }');
    for (const [name, value] of Object.entries(parameters ?? {}))
        validate({ [`${path}.parameters.${name}`]: [required(value), isString] });
    refuseWithoutEffect(path, overrides, linkStyle);
}

/** Refuses overrides of parts that none of the link's variables contains. */
function refuseWithoutEffect(
    path: string,
    overrides: LinkVariables,
    linkStyle: LinkStyle = LinkStyle.Url,
): void {
    const style = overrides.style ?? (hasNames(overrides) ? undefined : linkStyle);
    // With `linkStyle: libpq`, links to services other than PostgreSQL set a URL.
    const mayBeUrl = style === LinkStyle.Libpq && overrides.style === undefined;
    const setsUrl = overrides.url !== undefined || style === LinkStyle.Url || mayBeUrl;
    const setsName =
        setsUrl || overrides.name !== undefined || style === LinkStyle.Parts || style === LinkStyle.Libpq;
    if (overrides.scheme !== undefined && !setsUrl)
        refuse(
            `${path}.scheme`,
            "has no effect, as the link sets no URL; set url to the name of a variable, or leave it out",
        );
    for (const parameter of Object.keys(overrides.parameters ?? {}))
        if (!setsUrl && !(style === LinkStyle.Libpq && parameter in LIBPQ_PARAMETERS))
            refuse(
                `${path}.parameters.${parameter}`,
                "has no effect, as the link sets no URL; set url to the name of a variable, or leave it out",
            );
    if (overrides.database !== undefined && !setsName)
        refuse(
            `${path}.database`,
            "has no effect, as the link sets neither a URL nor the database's name; set url or name to the name of a variable, or leave it out",
        );
}

/**
 * The variables that links set, as far as they are known before the connections resolve.
 *
 * @throws pulumi.InputPropertyError if two links set the same variable
 */
export function declaredLinkVariables({ links = {}, linkStyle, variables }: LinkInputs): LinkVariable[] {
    const connections = Object.entries(links).map(([alias, connection]) => {
        const scheme = isConnection(connection) ? connection.scheme : UNKNOWN_CONNECTION.scheme;
        return [alias, { ...UNKNOWN_CONNECTION, scheme }] as const;
    });
    return linkVariables("", { links: Object.fromEntries(connections), linkStyle, variables });
}
