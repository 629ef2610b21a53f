import type * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../shared/connection.ts";
import {
    isBoolean,
    isIntegerFrom,
    isNetwork,
    isUnknown,
    isUrlPath,
    matches,
    quote,
    refuse,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** Requests that a gateway passes on, and where to. */
export interface GatewayRouteArgs {
    /** Host name of the requests: `shop.example.com`, or `*.example.com` for all names one level below.
     *  @default every host that no other route names; only with `Tls.Off` */
    host?: string;
    /** Path of the requests, with everything below it: `/cable`. The longest path that matches wins. @default every path */
    path?: string;
    /** Endpoint that answers the requests: `endpoint` of a WebApp, or one of the `endpoints` of a Service. Either this or
     *  `redirect` is required. */
    to?: pulumi.Input<Connection>;
    /** Origin to redirect to with status 308, for example `https://shop.example.com`. Path and query stay. */
    redirect?: string;
    /** Removes `path` before the request is passed on. @default false */
    stripPath?: boolean;
    /** Largest request body, for example `10m`. Larger requests get status 413. @default no limit */
    maxBody?: string;
    /** Seconds that the endpoint may take to begin its answer. Later, the client gets status 504. @default no limit */
    timeout?: number;
}

const isRouteHost = matches(
    /^(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/,
    "is not a host name; leave out https:// and the port, for example shop.example.com or *.example.com",
);

const isOrigin = matches(
    /^https?:\/\/[\w.-]+(:\d+)?$/,
    "is not an origin; write scheme and host without a path, for example https://shop.example.com",
);

const isBodySize = matches(/^[1-9]\d*[kmg]$/i, "is not a size; write it like 10m");

/** The path without a slash at its end, so empty for `/`. It matches itself and everything below it. */
export function pathPrefix({ path = "" }: Pick<GatewayRouteArgs, "path">): string {
    return path.replace(/\/+$/, "");
}

/** @throws pulumi.InputPropertyError */
export function validateRoutes(routes: GatewayRouteArgs[] | undefined): void {
    if (routes === undefined) return;
    if (isUnknown(routes) || !Array.isArray(routes))
        refuse("routes", 'must be a list, for example [{ host: "shop.example.com", to: shop.endpoint }]');
    const owners = new Map<string, string>();
    routes.forEach((route, i) => {
        const at = `routes[${i}]`;
        validateRoute(route, at);
        // Caddy compares both without regard to case.
        const key = `${route.host ?? ""} ${pathPrefix(route)}`.toLowerCase();
        const other = owners.get(key);
        if (other !== undefined)
            refuse(at, `${other} has the same host and path; keep one, or give them different paths`);
        owners.set(key, at);
    });
}

function validateRoute(route: GatewayRouteArgs, at: string): void {
    validateObject(at, route, '{ host: "shop.example.com", to: shop.endpoint }');
    const { host, path, to, redirect, stripPath, maxBody, timeout } = route;
    validate({
        [`${at}.host`]: [host, isRouteHost],
        [`${at}.path`]: [path, isUrlPath],
        [`${at}.redirect`]: [redirect, isOrigin],
        [`${at}.stripPath`]: [stripPath, isBoolean],
        [`${at}.maxBody`]: [maxBody, isBodySize],
        [`${at}.timeout`]: [timeout, isIntegerFrom(1)],
    });
    if (to === undefined && redirect === undefined)
        refuse(`${at}.to`, "required unless redirect is set; use endpoint of a WebApp");
    if (to !== undefined && redirect !== undefined)
        refuse(`${at}.redirect`, "to is set as well; keep one of the two");
    if (stripPath && pathPrefix(route) === "")
        refuse(`${at}.stripPath`, "there is no path to remove; set path");
    for (const [key, value] of Object.entries({ stripPath, maxBody, timeout }))
        if (redirect !== undefined && value !== undefined)
            refuse(`${at}.${key}`, "has no effect with redirect; leave it out");
}

const isEndpointHost = matches(/^[\w.:-]+$/, "is not a host name or an IP address");

/** @throws pulumi.InputPropertyError if requests cannot be passed on to the endpoint */
export function validateEndpoint(at: string, { scheme, host, network }: Connection): void {
    if (!["http", "https", "tcp"].includes(scheme))
        refuse(at, `is an endpoint for ${quote(scheme)}; use one for http`);
    if (network === "")
        refuse(at, "has no network that the gateway can join; set aliases or ports of the application");
    validate({ [`${at}.host`]: [host, isEndpointHost], [`${at}.network`]: [network, isNetwork] });
}
