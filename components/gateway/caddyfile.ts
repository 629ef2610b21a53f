/**
 * The configuration of Caddy, in two files. The Caddyfile of the container has what the routes share. It imports the routes,
 * which are on a volume: to change them, write the file and reload Caddy.
 */
import { type Connection, formatHost } from "../shared/connection.ts";
import { type GatewayRouteArgs, pathPrefix } from "./routes.ts";
import { Tls } from "./tls.ts";

/** Directory in the container that has the routes. */
export const ROUTES_DIRECTORY = "/config/drydock";

/** WebSockets stay open for this long after a change of routes: Caddy closes them at once by default. */
const STREAM_CLOSE_DELAY = "24h";

/** The port that Caddy uses for HTTPS if a site names none. */
const DEFAULT_HTTPS_PORT = 443;

export interface GatewayOptions {
    tls: Tls;
    httpPort: number;
    httpsPort: number;
    email?: string;
    trustedProxies?: string[];
    accessLog?: boolean;
}

/** A route whose endpoint is known. */
export interface ResolvedRoute extends Omit<GatewayRouteArgs, "to"> {
    to?: Connection;
}

/** The Caddyfile of the container. */
export function formatCaddyfile(options: GatewayOptions): string {
    const { tls, httpPort, email, trustedProxies = [], accessLog } = options;
    return lines([
        ...block("", [
            "persist_config off",
            "skip_install_trust",
            `http_port ${httpPort}`,
            // The routes on the volume may be those of another setting until they are written again.
            ...(tls === Tls.Off ? ["auto_https off"] : []),
            ...(email === undefined ? [] : [`email ${email}`]),
            ...(trustedProxies.length > 0
                ? block("servers", [`trusted_proxies static ${trustedProxies.join(" ")}`])
                : []),
        ]),
        ...block("(site)", [
            ...(accessLog ? block("log", ["output stdout", "format json"]) : []),
            ...(tls === Tls.Internal ? ["tls internal"] : []),
        ]),
        `import ${ROUTES_DIRECTORY}/*.caddy`,
        // Makes Caddy listen before it has routes.
        ...block("http://drydock.invalid", ["respond 404"]),
    ]);
}

/** The file with the routes: a site for each host, and one for all other hosts. */
export function formatRoutes(routes: ResolvedRoute[], options: GatewayOptions): string {
    const hosts = [...new Set(routes.flatMap(({ host }) => host?.toLowerCase() ?? []))].sort();
    const routesOf = (host: string | undefined) =>
        routes.filter((route) => route.host?.toLowerCase() === host).sort(longestPathFirst);
    return lines([
        ...hosts.flatMap((host) =>
            block(siteAddress(host, options), ["import site", ...routesOf(host).flatMap(formatRoute)]),
        ),
        ...block("http://", [
            ...(options.tls === Tls.Off ? ["import site"] : []),
            ...routesOf(undefined).flatMap(formatRoute),
            "respond 404",
        ]),
    ]);
}

/** With the port of HTTPS, which redirects from HTTP name. */
function siteAddress(host: string, { tls, httpsPort }: GatewayOptions): string {
    if (tls === Tls.Off) return `http://${host}`;
    return httpsPort === DEFAULT_HTTPS_PORT ? host : `https://${host}:${httpsPort}`;
}

function longestPathFirst(one: ResolvedRoute, other: ResolvedRoute): number {
    return pathPrefix(other).length - pathPrefix(one).length;
}

/** Caddy uses the first `handle` that matches. */
function formatRoute(route: ResolvedRoute, number: number): string[] {
    const prefix = pathPrefix(route);
    if (prefix === "") return block("handle", answer(route));
    const matcher = `@route${number}`;
    return [`${matcher} path ${prefix} ${prefix}/*`, ...block(`handle ${matcher}`, answer(route))];
}

function answer(route: ResolvedRoute): string[] {
    const { to, redirect, stripPath, maxBody, timeout } = route;
    if (to === undefined) return [`redir ${redirect ?? ""}{uri} 308`];
    const upstream = `${to.scheme === "https" ? "https://" : ""}${formatHost(to.host)}:${to.port}`;
    return [
        ...(stripPath ? [`uri strip_prefix ${pathPrefix(route)}`] : []),
        ...(maxBody === undefined ? [] : block("request_body", [`max_size ${maxBody.toUpperCase()}iB`])),
        ...block(`reverse_proxy ${upstream}`, [
            `stream_close_delay ${STREAM_CLOSE_DELAY}`,
            ...(timeout === undefined
                ? []
                : block("transport http", [`response_header_timeout ${timeout}s`])),
        ]),
    ];
}

/** A block of a Caddyfile, whose lines are indented. */
function block(name: string, content: string[]): string[] {
    return [`${name} {`.trimStart(), ...content.map((line) => `\t${line}`), "}"];
}

function lines(content: string[]): string {
    return `${content.join("\n")}\n`;
}
