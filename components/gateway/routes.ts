import type * as pulumi from "@pulumi/pulumi";
import { type Connection, validateConnection } from "../shared/connection.ts";
import {
    isBoolean,
    isIntegerFrom,
    isNetwork,
    isOneOf,
    isUnknown,
    isUrlPath,
    matches,
    quote,
    refuse,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { type BasicAuthArgs, validateBasicAuth } from "./basic-auth.ts";

/** Requests that a gateway passes on. */
export interface RouteArgs {
    /** Host name of the requests: `shop.example.com`, or `*.example.com` for all names one level below. Required, except with
     *  `ask`, and in `routes` of a Gateway with `Tls.Off`. @default every host that no other route names */
    host?: string;
    /** Path at which the endpoint decides which hosts get certificates, for example `/domains`. For a route without a
     *  host name or with a wildcard, in a gateway with `Tls.OnDemand`. The gateway requests
     *  `/domains?domain=shop.example.com`; a status from 200 to 299 means yes. */
    ask?: string;
    /** Path of the requests, with everything below it: `/cable`. The longest path that matches wins. @default every path */
    path?: string;
    /** Origin to redirect to with status 308, for example `https://shop.example.com`. Path and query stay. */
    redirect?: string;
    /** Removes `path` before the request is passed on. @default false */
    stripPath?: boolean;
    /** Largest request body, for example `10m`. Larger requests get status 413. @default no limit */
    maxBody?: string;
    /** Seconds that the endpoint may take to start its response. After that, the client gets status 504. @default no limit */
    timeout?: number;
    /** Users who may send requests. All others get status 401. @default everybody */
    basicAuth?: BasicAuthArgs;
}

/** Requests that a gateway passes on, and the endpoint that answers them. */
export interface GatewayRouteArgs extends RouteArgs {
    /** Endpoint that answers the requests: `endpoint` of a WebApp, or one of the `endpoints` of a Service. Either this or
     *  `redirect` is required. */
    to?: pulumi.Input<Connection>;
}

/** Requests that a gateway passes on to the application. */
export interface AppRouteArgs extends RouteArgs {
    /** The gateway: its `connection`. It may be in another stack. */
    gateway: pulumi.Input<Connection>;
    /** Name of the endpoint that receives the requests, from `ports` of the application or of a process. @default the web process */
    endpoint?: string;
}

export const isRouteHost = matches(
    /^(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    "is not a host name; leave out https:// and the port, for example shop.example.com or *.example.com",
);

const isOrigin = matches(
    /^https?:\/\/[\w.-]+(:\d+)?$/,
    "is not an origin; write scheme and host without a path, for example https://shop.example.com",
);

const isBodySize = matches(/^[1-9]\d*[kmg]$/i, "is not a size; write it like 10m");

/** The path without a trailing slash: empty for `/`. */
export function pathPrefix({ path = "" }: Pick<GatewayRouteArgs, "path">): string {
    return path.replace(/\/+$/, "");
}

/** @throws pulumi.InputPropertyError */
export function validateRoutes(routes: GatewayRouteArgs[] | undefined): void {
    validateList(routes, '{ host: "shop.example.com", to: shop.endpoint }');
    routes?.forEach((route, i) => {
        validateRoute(route, `routes[${i}]`);
    });
    refuseDuplicates(routes);
}

/**
 * @param endpoints names of the application's endpoints
 * @throws pulumi.InputPropertyError
 */
export function validateAppRoutes(routes: AppRouteArgs[] | undefined, endpoints: string[]): void {
    const example = '{ gateway: front.connection, host: "shop.example.com" }';
    validateList(routes, example);
    const anyHostAsk = routes?.find((route) => route.host === undefined && route.ask !== undefined)?.ask;
    routes?.forEach((route, i) => {
        const at = `routes[${i}]`;
        validateObject(at, route, example);
        validate({
            [`${at}.endpoint`]: [route.endpoint, isOneOf(endpoints)],
        });
        if ((route.host ?? anyHostAsk) === undefined)
            refuse(
                `${at}.host`,
                "required: the host name that the requests are for, for example shop.example.com",
            );
        validateConnection(`${at}.gateway`, route.gateway);
        validateRequests(route, at);
        if (route.redirect !== undefined && route.endpoint !== undefined)
            refuse(`${at}.endpoint`, "has no effect with redirect; leave it out");
    });
}

/**
 * Refuses two routes of a gateway that are for the same requests, or that both have `ask` for the same hosts.
 *
 * @param routes routes of an application, with the names of their gateways, or a Gateway's own routes
 */
export function refuseDuplicates(routes: (RouteArgs & { gateway?: string })[] = []): void {
    routes.forEach((route, i) => {
        const earlier = routes.slice(0, i);
        const sameHost = (other: (typeof routes)[number]) =>
            other.gateway === route.gateway && hostKey(other) === hostKey(route);
        const sameRequests = earlier.findIndex(
            (other) => sameHost(other) && pathKey(other) === pathKey(route),
        );
        if (sameRequests >= 0)
            refuse(
                `routes[${i}]`,
                `routes[${sameRequests}] has the same host and path; keep one, or set different paths`,
            );
        const sameAsk = earlier.findIndex((other) => other.ask !== undefined && sameHost(other));
        if (route.ask !== undefined && sameAsk >= 0)
            refuse(`routes[${i}].ask`, `routes[${sameAsk}] has it for the same hosts; leave it out here`);
    });
}

/** Caddy compares hosts and paths without regard to case. */
export function hostKey({ host = "" }: RouteArgs): string {
    return host.toLowerCase();
}

function pathKey(route: RouteArgs): string {
    return pathPrefix(route).toLowerCase();
}

function validateList(routes: unknown, example: string): void {
    if (routes === undefined) return;
    if (isUnknown(routes) || !Array.isArray(routes))
        refuse("routes", `must be a list, for example [${example}]`);
}

function validateRoute(route: GatewayRouteArgs, at: string): void {
    validateObject(at, route, '{ host: "shop.example.com", to: shop.endpoint }');
    const { to, redirect } = route;
    validateRequests(route, at);
    if (to === undefined && redirect === undefined)
        refuse(`${at}.to`, "required unless redirect is set; use endpoint of a WebApp");
    if (to !== undefined && redirect !== undefined)
        refuse(`${at}.redirect`, "to is set as well; keep one of the two");
}

function validateRequests(route: RouteArgs, at: string): void {
    const { host, ask, path, redirect, stripPath, maxBody, timeout, basicAuth } = route;
    validate({
        [`${at}.host`]: [host, isRouteHost],
        [`${at}.ask`]: [ask, isUrlPath],
        [`${at}.path`]: [path, isUrlPath],
        [`${at}.redirect`]: [redirect, isOrigin],
        [`${at}.stripPath`]: [stripPath, isBoolean],
        [`${at}.maxBody`]: [maxBody, isBodySize],
        [`${at}.timeout`]: [timeout, isIntegerFrom(1)],
    });
    validateBasicAuth(basicAuth, `${at}.basicAuth`);
    if (ask !== undefined && host !== undefined && !host.startsWith("*."))
        refuse(
            `${at}.ask`,
            `has no effect with the host ${host}, which gets a certificate anyway; leave it out`,
        );
    if (stripPath && pathPrefix(route) === "")
        refuse(`${at}.stripPath`, "there is no path to remove; set path");
    for (const [key, value] of Object.entries({ ask, stripPath, maxBody, timeout, basicAuth }))
        if (redirect !== undefined && value !== undefined)
            refuse(`${at}.${key}`, "has no effect with redirect; leave it out");
}

const isEndpointHost = matches(/^[\w.:-]+$/, "is not a host name or an IP address");

/** @throws pulumi.InputPropertyError if requests cannot be passed on to the endpoint */
export function validateEndpoint(at: string, { scheme, host, replicaHosts = [], network }: Connection): void {
    if (!["http", "https", "tcp"].includes(scheme))
        refuse(at, `is an endpoint for ${quote(scheme)}; use one for http`);
    if (network === "")
        refuse(at, "has no network that the gateway can join; set aliases or ports of the application");
    validate({ [`${at}.host`]: [host, isEndpointHost], [`${at}.network`]: [network, isNetwork] });
    replicaHosts.forEach((replica, i) => {
        validate({ [`${at}.replicaHosts[${i}]`]: [replica, isEndpointHost] });
    });
}
