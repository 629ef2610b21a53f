/**
 * The configuration of Caddy. What is the same for all routes is in the Caddyfile of the container. It imports a directory
 * for each host, in which each route is a file: what registers a route writes its files and reloads Caddy.
 *
 *     sites/shop.example.com/site           address and TLS
 *     sites/shop.example.com/<order>.<owner>.<number>.route
 */
import type { Connection } from "../shared/connection.ts";
import { formatHost } from "../shared/connection.ts";
import type { GatewayRouteArgs } from "./routes.ts";
import { Tls } from "./tls.ts";

/** Directory in the container that has the routes. It is on a volume. */
export const ROUTES_DIRECTORY = "/config/drydock";

const SITES = `${ROUTES_DIRECTORY}/sites`;

/** Directory of routes for every host. */
const ANY_HOST = "any";

/** WebSockets stay open for this long after a change of routes: Caddy closes them at once by default. */
const STREAM_CLOSE_DELAY = "24h";

export interface GatewayOptions {
    tls: Tls;
    httpPort: number;
    httpsPort: number;
    email?: string;
    trustedProxies?: string[];
    accessLog?: boolean;
}

/** The Caddyfile of the container. */
export function formatCaddyfile(options: GatewayOptions): string {
    const { tls, httpPort, httpsPort, email, trustedProxies = [], accessLog } = options;
    const log = accessLog ? block("log", ["output stdout", "format json"]) : [];
    const servers = trustedProxies.length > 0 ? [`trusted_proxies static ${trustedProxies.join(" ")}`] : [];
    return [
        ...block("", [
            "persist_config off",
            "skip_install_trust",
            `http_port ${httpPort}`,
            `https_port ${httpsPort}`,
            ...(email === undefined ? [] : [`email ${email}`]),
            ...(servers.length > 0 ? block("servers", servers) : []),
        ]),
        ...block("(site)", [...log, ...(tls === Tls.Internal ? ["tls internal"] : [])]),
        `import ${SITES}/*/site`,
        // Listens also while there are no routes.
        ...block("http://", [...log, `import ${SITES}/${ANY_HOST}/*.route`, "respond 404"]),
        "",
    ].join("\n");
}

/** A file of the routes, by its path below `sites`. */
export type RouteFiles = Record<string, string>;

/** What a route needs to be written. */
export interface ResolvedRoute extends Omit<GatewayRouteArgs, "to"> {
    to?: Connection;
}

/** The files of the routes of an owner. */
export function formatRoutes(owner: string, routes: ResolvedRoute[], tls: Tls): RouteFiles {
    const files = routes.flatMap((route, number) => {
        const directory = directoryOf(route);
        const order = String(9999 - (route.path?.length ?? 0)).padStart(4, "0");
        const file = `${directory}/${order}.${owner}.${number}.route`;
        return [
            ...(route.host === undefined
                ? []
                : [[`${directory}/site`, formatSite(route.host, directory, tls)] as const]),
            [file, formatRoute(route, number, owner)] as const,
        ];
    });
    return Object.fromEntries(files);
}

function directoryOf({ host }: ResolvedRoute): string {
    return host === undefined ? ANY_HOST : `host-${host.toLowerCase().replace("*", "wildcard")}`;
}

function formatSite(host: string, directory: string, tls: Tls): string {
    const address = tls === Tls.Off ? `http://${host.toLowerCase()}` : host.toLowerCase();
    return lines(block(address, ["import site", `import ${SITES}/${directory}/*.route`]));
}

function formatRoute(route: ResolvedRoute, number: number, owner: string): string {
    const { path } = route;
    if (path === undefined || path === "/") return lines(block("handle", answer(route)));
    const matcher = `@${owner}-${number}`;
    const [base] = /^.*[^/]/.exec(path) ?? [path];
    return lines([`${matcher} path ${base} ${base}/*`, ...block(`handle ${matcher}`, answer(route))]);
}

function answer({ path = "", to, redirect, stripPath, maxBody, timeout }: ResolvedRoute): string[] {
    if (redirect !== undefined) return [`redir ${redirect}{uri} 308`];
    const { scheme, host = "", port = 80 } = to ?? {};
    const upstream = `${scheme === "https" ? "https://" : ""}${formatHost(host)}:${port}`;
    return [
        ...(stripPath ? [`uri strip_prefix ${path.replace(/\/$/, "")}`] : []),
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
