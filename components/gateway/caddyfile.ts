/**
 * The configuration of Caddy. The container's Caddyfile has the settings that all routes share, and imports the routes from a
 * volume. Each owner of routes (an application, or the gateway itself) has a file there, and write-routes.sh merges the files.
 */
import { type Connection, formatHost } from "../shared/connection.ts";
import type { Logins } from "./basic-auth.ts";
import { ASSETS_DIRECTORY, MAINTENANCE_DIRECTORY, ROUTES_DIRECTORY } from "./directories.ts";
import { pathPrefix, type RouteArgs } from "./routes.ts";
import { type AcmeArgs, Tls } from "./tls.ts";

/** WebSockets stay open for this long after a change of routes: Caddy closes them at once by default. */
const STREAM_CLOSE_DELAY = "24h";

/** File in the container with the root certificate of the ACME authority. */
export const ACME_ROOT = "/etc/caddy/acme-root.pem";

/** The port that Caddy uses for HTTPS if a site names none. */
const DEFAULT_HTTPS_PORT = 443;

/** Stands for all hosts that no route names. */
const ANY_HOST = "*";

export interface GatewayOptions {
    tls: Tls;
    httpPort: number;
    httpsPort: number;
    email?: string;
    acme?: AcmeArgs;
    trustedProxies?: string[];
    accessLog?: boolean;
}

/** A route whose endpoint and users are known. */
export interface ResolvedRoute extends Omit<RouteArgs, "basicAuth"> {
    to?: Connection;
    logins?: Logins;
    /** Whether the gateway has the assets of earlier releases. */
    hasAssets?: boolean;
}

/** The Caddyfile of the container. */
export function formatCaddyfile(options: GatewayOptions): string {
    const { tls, httpPort, email, acme, trustedProxies = [], accessLog } = options;
    return lines([
        ...block("", [
            "persist_config off",
            "skip_install_trust",
            `http_port ${httpPort}`,
            // The routes on the volume may be those of another setting until they are written again.
            ...(tls === Tls.Off ? ["auto_https off"] : []),
            ...(email === undefined ? [] : [`email ${email}`]),
            ...(acme === undefined ? [] : [`acme_ca ${acme.directory}`]),
            ...(acme?.rootCertificate === undefined ? [] : [`acme_ca_root ${ACME_ROOT}`]),
            ...(trustedProxies.length > 0
                ? block("servers", [`trusted_proxies static ${trustedProxies.join(" ")}`])
                : []),
        ]),
        ...block("(site)", [
            ...(accessLog ? block("log", ["output stdout", "format json"]) : []),
            ...(tls === Tls.Internal ? ["tls internal"] : []),
        ]),
        `import ${ROUTES_DIRECTORY}/active/*.caddy`,
        // Makes Caddy listen before it has routes.
        ...block("http://drydock.invalid", ["respond 404"]),
    ]);
}

/** The address of a site in a Caddyfile, with `{host}` for its host name. Includes a custom HTTPS port, for redirects. */
export function siteAddress({ tls, httpsPort }: GatewayOptions): string {
    if (tls === Tls.Off) return "http://{host}";
    return httpsPort === DEFAULT_HTTPS_PORT ? "{host}" : `https://{host}:${httpsPort}`;
}

/**
 * The routes of an owner: lines of `<host> TAB <order of the route> TAB <line of the Caddyfile>`. In this order, the longest
 * path comes first, because Caddy uses the first `handle` that matches.
 */
export function formatRoutes(routes: ResolvedRoute[]): string {
    return lines(
        routes.flatMap((route) => {
            const prefix = pathPrefix(route).toLowerCase();
            const order = `${String(99999 - prefix.length).padStart(5, "0")}${prefix || "/"}`;
            const host = route.host?.toLowerCase() ?? ANY_HOST;
            return formatRoute(route).map((line) => [host, order, line].join("\t"));
        }),
    );
}

function formatRoute(route: ResolvedRoute): string[] {
    const prefix = pathPrefix(route);
    if (prefix === "") return block("handle", answer(route));
    // Unique in its site.
    const matcher = `@${encodeURIComponent(prefix.toLowerCase())}`;
    return [`${matcher} path ${prefix} ${prefix}/*`, ...block(`handle ${matcher}`, answer(route))];
}

/**
 * For each request, Caddy reads the name of the container from a file. When an application has a new container, it changes the
 * file. Caddy then needs no reload, which would close idle connections.
 */
function answer(route: ResolvedRoute): string[] {
    const { to, redirect, stripPath, maxBody, timeout, hasAssets, logins } = route;
    if (to === undefined) return [`redir ${redirect ?? ""}{uri} 308`];
    const host = formatHost(to.host);
    const transport = [
        ...(to.scheme === "https" ? ["tls", `tls_server_name ${to.host}`] : []),
        ...(timeout === undefined ? [] : [`response_header_timeout ${timeout}s`]),
    ];
    return [
        ...(stripPath ? [`uri strip_prefix ${pathPrefix(route)}`] : []),
        ...askForLogin(logins),
        ...(maxBody === undefined ? [] : block("request_body", [`max_size ${maxBody.toUpperCase()}iB`])),
        ...answerWithMaintenance(`/${host}.html`),
        `vars upstream {file.${ROUTES_DIRECTORY}/targets/${host}}`,
        // Without a name, Caddy would connect to itself.
        '@unknown vars upstream ""',
        "respond @unknown 503",
        // Falls back to the host name if the named container is gone, for example after the volume was restored.
        ...block(`reverse_proxy {vars.upstream}:${to.port} ${host}:${to.port}`, [
            "lb_policy first",
            "lb_try_duration 5s",
            "fail_duration 1s",
            `stream_close_delay ${STREAM_CLOSE_DELAY}`,
            ...(transport.length === 0 ? [] : block("transport http", transport)),
            ...(hasAssets ? answerWithAssets(`${ASSETS_DIRECTORY}/${host}/files`) : []),
        ]),
    ];
}

function askForLogin(logins: Logins | undefined): string[] {
    if (logins === undefined) return [];
    const { hashes, exempt } = logins;
    const users = Object.entries(hashes).map(([user, hash]) => `${user} ${hash}`);
    if (exempt.length === 0) return block("basic_auth", users);
    return [`@protected not path ${exempt.join(" ")}`, ...block("basic_auth @protected", users)];
}

/** Answers with the application's maintenance page, if `drydock maintenance on` has written one. */
function answerWithMaintenance(page: string): string[] {
    const root = `root ${MAINTENANCE_DIRECTORY}`;
    return [
        ...block("@maintenance file", [root, `try_files ${page}`]),
        ...block("handle @maintenance", [
            root.replace("root ", "root * "),
            "method GET",
            `rewrite * ${page}`,
            "header Cache-Control no-store",
            "header Retry-After 60",
            ...block("file_server", ["status 503"]),
        ]),
    ];
}

/** Answers with the file of an earlier release, for a path that the application no longer has. */
function answerWithAssets(root: string): string[] {
    return [
        "@missing status 404",
        ...block("handle_response @missing", [
            ...block("@asset", ["method GET HEAD", "not path */", ...block("file", [`root ${root}`])]),
            ...block("handle @asset", [
                `root ${root}`,
                'header Cache-Control "public, max-age=31536000, immutable"',
                "file_server",
            ]),
            ...block("handle", ["copy_response"]),
        ]),
    ];
}

/** A block of a Caddyfile, whose lines are indented. */
function block(name: string, content: string[]): string[] {
    return [`${name} {`.trimStart(), ...content.map((line) => `\t${line}`), "}"];
}

function lines(content: string[]): string {
    return content.map((line) => `${line}\n`).join("");
}
