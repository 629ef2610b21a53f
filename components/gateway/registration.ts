import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type ContainerSpec, dockerScript } from "../engines/index.ts";
import { type Connection, requireConnection } from "../shared/connection.ts";
import { volumeName } from "../shared/names.ts";
import { readScriptBody } from "../shared/scripts.ts";
import { isNetwork, refuse, reportErrorsOn, validate } from "../shared/validation.ts";
import { formatRoutes, type ResolvedRoute, ROUTES_DIRECTORY } from "./caddyfile.ts";
import type { AppRouteArgs } from "./routes.ts";

/** Label of the containers of gateways. Its value is the address of a site in a Caddyfile, with `{host}`. */
export const GATEWAY_LABEL = "drydock-gateway";

/** A script that works on gateways. */
export function gatewayScript(
    file: string,
    environment: Record<string, pulumi.Input<string>>,
    component: pulumi.Resource | undefined,
): command.local.CommandArgs {
    const [functions, script] = ["gateway-functions.sh", file].map((name) =>
        readScriptBody(import.meta.dirname, name),
    );
    const common = {
        GATEWAY_LABEL,
        ROUTES_DIRECTORY,
        WRITE_ROUTES: readScriptBody(import.meta.dirname, "write-routes.sh"),
    };
    return {
        ...dockerScript(component, `${functions}\n${script}`, { ...common, ...environment }),
        create: "sh -s create",
        update: "sh -s create",
        delete: "sh -s delete",
    };
}

/** The gateways of an application's routes, each once. */
export function gatewaysOf(
    routes: AppRouteArgs[],
    component: pulumi.Resource | undefined,
): pulumi.Output<Connection[]> {
    const resolved = routes.map(({ gateway }, i) => {
        const at = `routes[${i}].gateway`;
        return pulumi.unsecret(requireConnection(at, gateway, component)).apply((connection) =>
            reportErrorsOn(component, () => {
                if (connection.network === undefined)
                    refuse(at, "is not a gateway; use connection of a Gateway");
                validate({ [`${at}.network`]: [connection.network, isNetwork] });
                return connection;
            }),
        );
    });
    return pulumi
        .all(resolved)
        .apply((all) => all.filter(({ host }, i) => all.findIndex((other) => other.host === host) === i));
}

/**
 * A Command `<name>-traffic` that makes a container the one that answers once it is healthy: under its host names, and for
 * gateways.
 *
 * @param gateways whose routes lead to the container
 */
export function switchTraffic(
    name: string,
    container: pulumi.CustomResource,
    spec: ContainerSpec,
    gateways: pulumi.Output<Connection[]>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const { name: host, networks = [], ownNetwork, aliases = [], rolls } = spec;
    const environment = {
        CONTAINER_ID: container.id,
        HOST: host,
        NETWORKS: lines(networks),
        OWN_NETWORK: (rolls ? ownNetwork : undefined) ?? "",
        ALIASES: [...new Set([host, ...aliases])].join("\n"),
        GATEWAYS: gateways.apply((all) => all.map((gateway) => gateway.host).join("\n")),
        GATEWAY_NETWORKS: gateways.apply((all) =>
            [...new Set(all.map(({ network = "" }) => network))].join("\n"),
        ),
    };
    return new command.local.Command(
        `${name}-traffic`,
        gatewayScript("switch-traffic.sh", environment, opts.parent),
        opts,
    );
}

/**
 * A Command `<name>-routes` that keeps the routes of an application in their gateways.
 *
 * @param endpoint host name and port of a route's endpoint; of the web process for undefined
 */
export function registerRoutes(
    name: string,
    routes: AppRouteArgs[],
    endpoint: (name: string | undefined) => { host: string; port: number },
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const gateways = gatewaysOf(routes, opts.parent);
    const ofEach = routes.map(({ gateway, endpoint: endpointName, ...route }) => {
        const to = route.redirect === undefined ? { scheme: "http", ...endpoint(endpointName) } : undefined;
        return pulumi
            .unsecret(pulumi.output(gateway))
            .apply((connection) => ({ gateway: (connection as Connection).host, route: { ...route, to } }));
    });
    const environment = {
        OWNER: volumeName(name),
        GATEWAYS: gateways.apply((all) => all.map(({ host }) => host).join("\n")),
        ROUTES: pulumi.all(ofEach).apply((all) => all.map((each) => formatFor(each)).join("")),
    };
    return new command.local.Command(
        `${name}-routes`,
        gatewayScript("register-routes.sh", environment, opts.parent),
        opts,
    );
}

/** The lines of a route, each after the name of its gateway. */
function formatFor({ gateway, route }: { gateway: string; route: ResolvedRoute }): string {
    return formatRoutes([route]).replace(/^(?=.)/gm, `${gateway}\t`);
}

function lines(values: pulumi.Input<pulumi.Input<string>[]>): pulumi.Output<string> {
    return pulumi.unsecret(pulumi.output(values)).apply((all) => all.join("\n"));
}
