import * as pulumi from "@pulumi/pulumi";
import { Connection, HOST_MACHINE } from "./connection";
import { linkEnvironment, linkNetworks, LinkStyle } from "./links";
import { isAlias, isDockerName, isVariable, oneOf, refuse, validate } from "./validation";

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
    /** Whether a link leads to the machine that the containers run on. */
    reachesHost: pulumi.Output<boolean>;
}

export function validateWiring({ links = {}, linkStyle, env = {}, networks = [] }: WiringArgs): void {
    const seen = new Map<string, string>();
    for (const alias of Object.keys(links)) {
        validate({ [`links.${alias}`]: [alias, isAlias] });
        const variable = alias.toUpperCase().replace(/-/g, "_");
        const other = seen.get(variable);
        if (other !== undefined) {
            refuse(
                `links.${alias}`,
                `${alias} and ${other} are one alias in the environment (${variable}); rename one of them`,
            );
        }
        seen.set(variable, alias);
    }
    for (const name of Object.keys(env)) validate({ [`env.${name}`]: [name, isVariable] });
    networks.forEach((network, i) => {
        validate({ [`networks[${i}]`]: [network, isDockerName] });
    });
    validate({ linkStyle: [linkStyle, oneOf(Object.values(LinkStyle))] });
}

/** @param container the name of the container, which docker-style variables mention */
export function wiringOf(
    container: string,
    { links = {}, linkStyle, env = {}, networks = [] }: WiringArgs,
): Wiring {
    const known = pulumi.output(links);
    return {
        env: pulumi
            .all([known, pulumi.output(env)])
            .apply(([connections, own]) => ({
                ...linkEnvironment(container, connections, linkStyle),
                ...own,
            })),
        networks: pulumi
            .all([pulumi.unsecret(known.apply(linkNetworks)), pulumi.output(networks)])
            .apply(([linked, joined]) => [...new Set([...linked, ...joined])]),
        reachesHost: pulumi.unsecret(
            known.apply((connections) =>
                Object.values(connections).some(({ host }) => host === HOST_MACHINE),
            ),
        ),
    };
}
