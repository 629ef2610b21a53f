import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Engine } from "../engines/engine.ts";
import type { ContainerSpec } from "../engines/index.ts";
import { type Connection, requireConnection } from "../shared/connection.ts";
import { drydockLabelLines, volumeName } from "../shared/names.ts";
import { readScriptBody } from "../shared/scripts.ts";
import { isThrowaway } from "../shared/throwaway-stack.ts";
import { isNetwork, refuse, reportErrorsOn, validate } from "../shared/validation.ts";
import { createHasher } from "./basic-auth.ts";
import { formatRoutes, type ResolvedRoute } from "./caddyfile.ts";
import { ASSETS_DIRECTORY } from "./directories.ts";
import { type AppRouteArgs, refuseDuplicates } from "./routes.ts";
import { gatewayScript, IGNORED_OWNER_CHANGES, refuseLargeRoutes } from "./scripts.ts";
import { swarmScript } from "./swarm/scripts.ts";

/**
 * The gateways of an application's routes, without duplicates.
 *
 * @param declared all routes of the application, for property paths in messages
 */
export function gatewaysOf(
    routes: AppRouteArgs[],
    component: pulumi.Resource | undefined,
    declared = routes,
): pulumi.Output<Connection[]> {
    const resolved = routes.map((route) => {
        const { gateway } = route;
        const at = `routes[${declared.indexOf(route)}].gateway`;
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
 * Creates the Command `<name>-traffic`, which switches traffic to a container once it is healthy: the container gets its
 * host names, and gateways send requests to it.
 *
 * @param gateways that have routes to the container
 */
export function createTrafficSwitch(
    name: string,
    container: pulumi.CustomResource,
    spec: ContainerSpec,
    gateways: pulumi.Output<Connection[]>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const { name: host, replicaOf = "", networks = [], ownNetwork, aliases = [], rollingUpdate } = spec;
    const environment = {
        CONTAINER_ID: container.id,
        HOST: host,
        SHARED_HOST: replicaOf,
        NETWORKS: lines(networks),
        OWN_NETWORK: (rollingUpdate ? ownNetwork : undefined) ?? "",
        ALIASES: [...new Set([host, ...aliases])].join("\n"),
        GATEWAYS: hostsOf(gateways),
        GATEWAY_NETWORKS: gateways.apply((all) =>
            [...new Set(all.map(({ network = "" }) => network))].join("\n"),
        ),
    };
    return new command.local.Command(
        `${name}-traffic`,
        gatewayScript("switch-traffic.sh", environment, opts.parent),
        // `drydock up` replaces the Command to correct the targets of gateways (cli/repair/lost-routes.ts). If the old
        // one were deleted last, it would undo that.
        pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
    );
}

/** Number of releases whose assets a gateway keeps. */
const RELEASES_WITH_ASSETS = 5;

/**
 * Creates the Command `<name>-assets`, which keeps the assets of an application's releases in its gateways.
 *
 * @param directories in the image with assets, for example `public/assets`
 */
export function createAssetStore(
    name: string,
    directories: string[],
    image: pulumi.Input<string>,
    { name: host, component }: ContainerSpec,
    gateways: pulumi.Output<Connection[]>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const environment = {
        IMAGE: image,
        HOST: host,
        DIRECTORIES: directories.join("\n"),
        RELEASES: String(RELEASES_WITH_ASSETS),
        GATEWAYS: hostsOf(gateways),
        KEEP_ASSETS: readScriptBody(import.meta.dirname, "keep-assets.sh"),
        ASSETS_DIRECTORY,
        LABELS: drydockLabelLines(component),
    };
    return new command.local.Command(
        `${name}-assets`,
        gatewayScript("copy-assets.sh", environment, opts.parent),
        opts,
    );
}

function hostsOf(gateways: pulumi.Output<Connection[]>): pulumi.Output<string> {
    return gateways.apply((all) => all.map(({ host }) => host).join("\n"));
}

/** The endpoint that a route sends requests to. */
export interface RoutedEndpoint {
    host: string;
    /** Host names of the replicas, if there are several. */
    replicaHosts?: string[];
    port: number;
    /** Path of the process's health check. */
    healthPath?: string;
}

/**
 * Creates the Command `<name>-routes`, which keeps the routes of an application in their gateways.
 *
 * @param findEndpoint finds an endpoint by its name; without a name, that of the web process
 * @param hasAssets whether the gateways keep the assets of the web process
 */
export function createRouteRegistration(
    name: string,
    routes: AppRouteArgs[],
    findEndpoint: (name: string | undefined) => RoutedEndpoint,
    hasAssets: boolean,
    engine: Engine | undefined,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    const onSwarm = engine === Engine.Swarm;
    const gateways = gatewaysOf(routes, opts.parent);
    const loginsOf = createHasher(name, routes, { parent: opts.parent });
    const resolved = routes.map(({ gateway, endpoint, basicAuth, ...requests }, i) => {
        const { healthPath, ...address } = findEndpoint(endpoint);
        const to = requests.redirect === undefined ? { scheme: "http", ...address } : undefined;
        const route = { ...requests, to, hasAssets: hasAssets && to?.host === findEndpoint(undefined).host };
        const exempt = healthPath === undefined || healthPath === "/" ? [] : [healthPath];
        const logins = loginsOf({ basicAuth }, `routes[${i}]`, exempt);
        return pulumi.all([pulumi.unsecret(pulumi.output(gateway)), logins]).apply(([connection, logins]) => {
            const { host: name, network } = connection as Connection;
            return { gateway: name, route: { ...route, to: to && { ...to, network }, logins, onSwarm } };
        });
    });
    const environment = {
        OWNER: volumeName(name),
        ONLY_STACK: isThrowaway(pulumi.getStack()) ? pulumi.getStack() : "",
        GATEWAYS: hostsOf(gateways),
        ROUTES: pulumi.all(resolved).apply((all) =>
            reportErrorsOn(opts.parent, () => {
                refuseDuplicates(all.map(({ gateway, route }) => ({ ...route, gateway })));
                const formatted = all.map((each) => formatRouteOfGateway(each)).join("");
                refuseLargeRoutes(
                    "routes",
                    formatted,
                    "use a wildcard host, or ask for hosts that no route names",
                );
                return formatted;
            }),
        ),
    };
    return new command.local.Command(
        `${name}-routes`,
        onSwarm
            ? swarmScript("app-routes.sh", environment, opts.parent)
            : gatewayScript("register-routes.sh", environment, opts.parent),
        // `drydock up` replaces the Command to register lost routes again (cli/repair/lost-routes.ts). Delete the old
        // one first, as that removes the routes.
        pulumi.mergeOptions(opts, { ignoreChanges: IGNORED_OWNER_CHANGES, deleteBeforeReplace: true }),
    );
}

/** Formats a route, with the name of its gateway before each line. */
function formatRouteOfGateway({ gateway, route }: { gateway: string; route: ResolvedRoute }): string {
    return formatRoutes([route]).replace(/^(?=.)/gm, `${gateway}\t`);
}

function lines(values: pulumi.Input<pulumi.Input<string>[]>): pulumi.Output<string> {
    return pulumi.unsecret(pulumi.output(values)).apply((all) => all.join("\n"));
}
