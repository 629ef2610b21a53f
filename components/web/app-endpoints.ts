import * as pulumi from "@pulumi/pulumi";
import type { PublishedPort } from "../engines/index.ts";
import { createAssetStore, createRouteRegistration, gatewaysOf } from "../gateway/registration.ts";
import { type Connection, findEndpoint } from "../shared/connection.ts";
import { endpointsWhenHealthy } from "../shared/ports.ts";
import { whenHealthy } from "../shared/readiness.ts";
import type { App, AppProcess } from "./app-containers.ts";
import { listeningPort, routesToApplication, WEB } from "./web-app-args.ts";

export function createRoutes(
    { name, args, image }: App,
    server: AppProcess,
    processes: Record<string, AppProcess>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { routes = [], assets = [] } = args;
    if (routes.length === 0) return [];
    const containers = [server, ...Object.values(processes)];
    const endpoint = (wanted = WEB) => {
        const owner = containers.find(({ ports }) => ports.some(({ name }) => name === wanted)) ?? server;
        const port = owner.ports.find(({ name }) => name === wanted)?.args.port ?? listeningPort(args);
        const [process = ""] = Object.entries(processes).find(([, process]) => process === owner) ?? [];
        const { health } = owner === server ? args : (args.processes?.[process] ?? {});
        const { spec, replicaHosts } = owner;
        return { host: spec.name, replicaHosts, port, healthPath: health?.path?.replace(/\?.*/, "") };
    };
    const options = pulumi.mergeOptions(opts, { dependsOn: containers.flatMap(({ started }) => started) });
    const hasAssets = assets.length > 0;
    const assetStores = hasAssets
        ? [createAssetStore(name, assets, image, server.spec, gatewaysOf(routes, opts.parent), options)]
        : [];
    const registered = createRouteRegistration(
        name,
        routes,
        endpoint,
        hasAssets,
        args.engine,
        pulumi.mergeOptions(options, { dependsOn: assetStores }),
    );
    return [registered];
}

/**
 * The endpoint of the web process: on the application's own network, on the network of its first gateway, or on the
 * first network that it joins. If there is none of these, `network` is empty.
 */
export function createEndpoint(
    { args, engine, network }: App,
    published: PublishedPort[],
    { spec, replicaHosts, healthy }: AppProcess & { healthy: pulumi.Output<string> },
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<Connection> {
    const gateways = gatewaysOf(routesToApplication(args.routes), opts.parent, args.routes);
    const host = pulumi.all([spec.networks, network, gateways]).apply(([networks = [], own, [gateway]]) => ({
        host: spec.name,
        network: own ?? gateway?.network ?? networks[0] ?? "",
        ...(replicaHosts && { replicaHosts }),
    }));
    const web = { name: WEB, args: { port: listeningPort(args), scheme: "http" }, published };
    return endpointsWhenHealthy(healthy, host, [web], engine, opts).apply((endpoints) =>
        findEndpoint(endpoints, WEB),
    );
}

/** The endpoints of all processes, by name. */
export function createEndpoints(
    { args, engine, network }: App,
    published: PublishedPort[],
    server: AppProcess & { healthy: pulumi.Output<string> },
    processes: Record<string, AppProcess>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<Record<string, Connection>> {
    if (network === undefined) return pulumi.output<Record<string, Connection>>({});
    const endpointsOf = ({ spec, ports, replicaHosts }: AppProcess, healthy: pulumi.Output<string>) => {
        const { name: host, aliases } = spec;
        const endpointHost = network.apply((network) => ({
            host,
            network,
            aliases,
            ...(replicaHosts && { replicaHosts }),
        }));
        return endpointsWhenHealthy(healthy, endpointHost, ports, engine, opts);
    };
    const web = { name: WEB, args: { port: listeningPort(args), scheme: "http" }, published };
    const processEndpoints = Object.values(processes)
        .filter(({ ports }) => ports.length > 0)
        .map((process) =>
            endpointsOf(process, whenHealthy(process.name, process.started, process.spec, engine, opts)),
        );
    return pulumi
        .all([endpointsOf({ ...server, ports: [web, ...server.ports] }, server.healthy), ...processEndpoints])
        .apply((all) => Object.assign({}, ...all) as Record<string, Connection>);
}
