/**
 * Configuration of Caddy. The container's Caddyfile has the settings that all routes share, and imports the routes from a
 * volume. There, each owner of routes (an application, or the gateway itself) has a file, and write-routes.sh merges them.
 */
import { type Connection, formatHost } from "../shared/connection.ts";
import type { Logins } from "./basic-auth.ts";
import { ADMIN_SOCKET, ASSETS_DIRECTORY, MAINTENANCE_DIRECTORY, ROUTES_DIRECTORY } from "./directories.ts";
import { pathPrefix, type RouteArgs } from "./routes.ts";
import type { AcmeArgs, TlsOptions } from "./tls.ts";

/** How long WebSockets stay open after the routes change. By default, Caddy closes them at once. */
const STREAM_CLOSE_DELAY = "24h";

/** File in the container with the root certificate of the ACME authority. */
export const ACME_ROOT = "/etc/caddy/acme-root.pem";

/** The port that Caddy uses for HTTPS if a site names none. */
const DEFAULT_HTTPS_PORT = 443;

/** Matches all hosts that no other route names. */
const ANY_HOST = "*";

/** URL at which Caddy asks whether a host name may have a certificate. compose-routes.sh configures the answers. */
const ASK_URL = "http://127.0.0.1:2018/";

/**
 * Path at which a gateway identifies itself on port 80. Before it requests a certificate, a gateway requests this path
 * from the host name, to check that the name points to itself. CDNs do not redirect such paths.
 */
const IDENTITY_PATH = "/.well-known/acme-challenge/drydock";

/** Response header with the host name that the container has: its ID, unless the user has set another. */
const IDENTITY = "Drydock-Gateway {$HOSTNAME}";

export interface GatewayOptions extends TlsOptions {
    httpPort: number;
    httpsPort: number;
    email?: string;
    acme?: AcmeArgs;
    /** Whether a host name must point to the gateway before its certificate is requested. */
    checkHosts?: boolean;
    trustedProxies?: string[];
    accessLog?: boolean;
    /** Whether the gateway runs on a Swarm. */
    onSwarm?: boolean;
}

/** A route whose endpoint and users are known. */
export interface ResolvedRoute extends Omit<RouteArgs, "basicAuth"> {
    to?: Connection;
    logins?: Logins;
    /** Whether the gateway keeps the assets of earlier releases. */
    hasAssets?: boolean;
    /** Whether the gateway runs on a Swarm. */
    onSwarm?: boolean;
}

/**
 * Formats the Caddyfile of the container. It defines every snippet whatever the TLS setting is: until the routes on the
 * volume are written again, they may use the snippets of an earlier setting.
 */
export function formatCaddyfile(options: GatewayOptions): string {
    const { authority, httpPort, email, acme, checkHosts, trustedProxies = [], accessLog, onSwarm } = options;
    return lines([
        ...block("", [
            ...(onSwarm ? [`admin unix/${ADMIN_SOCKET}`] : []),
            "persist_config off",
            "skip_install_trust",
            `http_port ${httpPort}`,
            ...(authority === undefined ? ["auto_https off"] : []),
            ...(authority === "internal" ? ["local_certs"] : []),
            ...(email === undefined ? [] : [`email ${email}`]),
            ...(acme === undefined ? [] : [`acme_ca ${acme.directory}`]),
            ...(acme?.rootCertificate === undefined ? [] : [`acme_ca_root ${ACME_ROOT}`]),
            ...block("on_demand_tls", [`ask ${ASK_URL}`]),
            ...(trustedProxies.length > 0
                ? block("servers", [`trusted_proxies static ${trustedProxies.join(" ")}`])
                : []),
        ]),
        ...block("(site)", accessLog ? block("log", ["output stdout", "format json"]) : []),
        // Caddy then asks before it requests a certificate.
        ...block("(tls)", checkHosts ? block("tls", ["on_demand"]) : []),
        ...block("(plain)", [
            "import site",
            ...block(`handle ${IDENTITY_PATH}`, [`header ${IDENTITY}`, "respond 200"]),
            // Without TLS, only routes of an earlier setting import this. Browsers would remember a redirect.
            ...block("handle", [
                authority === undefined
                    ? "respond 404"
                    : `redir ${siteAddress(options).replace(/^\{/, "https://{")}{uri} 308`,
            ]),
        ]),
        ...block("(points-here)", checkHosts ? checkIdentity() : block("handle", ["respond 200"])),
        `import ${ROUTES_DIRECTORY}/active/*.caddy`,
        // Makes Caddy listen before it has routes.
        ...block("http://drydock.invalid", ["respond 404"]),
    ]);
}

/** Responds with status 200 if the host name points to this gateway, or if a certificate shows that it did. */
function checkIdentity(): string[] {
    return [
        ...block("@stored file", [
            "root /data/caddy/certificates",
            "try_files /*/{query.domain}/{query.domain}.crt",
        ]),
        ...block("handle @stored", ["respond 200"]),
        ...block("handle", [
            "vars domain {query.domain}",
            ...block("reverse_proxy {vars.domain}:80", [
                "method GET",
                `rewrite ${IDENTITY_PATH}`,
                "header_up Host {vars.domain}",
                `@here header ${IDENTITY}`,
                ...block("handle_response @here", ["respond 200"]),
                ...block("handle_response", ["respond 403"]),
                ...block("transport http", ["dial_timeout 3s", "response_header_timeout 3s"]),
            ]),
        ]),
    ];
}

/** Address of a site in a Caddyfile, with `{host}` for the host name. A custom HTTPS port is part of it, for redirects. */
export function siteAddress({
    authority,
    httpsPort,
}: Pick<GatewayOptions, "authority" | "httpsPort">): string {
    if (authority === undefined) return "http://{host}";
    return httpsPort === DEFAULT_HTTPS_PORT ? "{host}" : `https://{host}:${httpsPort}`;
}

/** A certificate and its key, in PEM. */
export interface ResolvedCertificate {
    certificate: string;
    key: string;
}

/**
 * Formats the settings and certificates that a gateway puts in front of its own routes: lines of `! TAB <setting> TAB`,
 * and of `<host> TAB ! TAB <certificate> <key>` in Base64.
 */
export function formatSettings(
    { authority, onDemand, checkHosts }: Pick<GatewayOptions, "authority" | "onDemand" | "checkHosts">,
    certificates: Record<string, ResolvedCertificate>,
): string {
    const settings = Object.entries({
        acme: authority === "acme",
        internal: authority === "internal",
        check: checkHosts,
        "on-demand": onDemand,
    }).flatMap(([setting, enabled]) => (enabled ? [setting] : []));
    return lines([
        ...settings.map((setting) => `!\t${setting}\t`),
        ...Object.entries(certificates).map(([host, pair]) => {
            const encoded = [pair.certificate, pair.key].map((pem) => Buffer.from(pem).toString("base64"));
            return `${host.toLowerCase()}\t!\t${encoded.join(" ")}`;
        }),
    ]);
}

/**
 * Formats the routes of an owner: lines of `<host> TAB <order of the route> TAB <line of the Caddyfile>`. The longest
 * path comes first, because Caddy uses the first `handle` that matches. A route with `ask` adds lines of
 * `? TAB <order> TAB <line>`, with which the gateway asks the application about a host name.
 */
export function formatRoutes(routes: ResolvedRoute[]): string {
    return lines(
        routes.flatMap((route) => {
            const prefix = pathPrefix(route).toLowerCase();
            const order = `${String(99999 - prefix.length).padStart(5, "0")}${prefix || "/"}`;
            const host = route.host?.toLowerCase() ?? ANY_HOST;
            return [
                ...formatRoute(route).map((line) => [host, order, line].join("\t")),
                ...formatAsk(route, host),
            ];
        }),
    );
}

/** Seconds in which an application must answer a request for `ask`. Caddy itself waits for 10 s. */
const ASK_TIMEOUT = 5;

function formatAsk({ ask, to, onSwarm }: ResolvedRoute, host: string): string[] {
    if (ask === undefined || to === undefined) return [];
    const domain = host.replace(/^\*/, "");
    const request = proxy({ to, onSwarm, timeout: ASK_TIMEOUT }, [
        "lb_try_duration 2s",
        "fail_duration 1s",
        "method GET",
        `rewrite ${ask}${ask.includes("?") ? "&" : "?"}domain={query.domain}`,
        // As in health checks.
        "header_up Host localhost",
        "header_up X-Forwarded-Proto https",
        "@yes status 2xx",
        ...block("handle_response @yes", ["import points-here"]),
        ...block("handle_response", ["respond 403"]),
    ]);
    const content =
        domain === ""
            ? block("handle", request)
            : [
                  `@${domain} expression \`{query.domain}.endsWith("${domain}")\``,
                  ...block(`handle @${domain}`, request),
              ];
    const order = `${String(99999 - host.length).padStart(5, "0")}${host}`;
    return content.map((line) => ["?", order, line].join("\t"));
}

function formatRoute(route: ResolvedRoute): string[] {
    const prefix = pathPrefix(route);
    if (prefix === "") return block("handle", handleRoute(route));
    // Unique within the site.
    const matcher = `@${encodeURIComponent(prefix.toLowerCase())}`;
    // Rails answers /admin.json with the action for /admin.
    const formats = route.logins === undefined ? "" : ` ${prefix}.*`;
    return [
        `${matcher} path ${prefix} ${prefix}/*${formats}`,
        ...block(`handle ${matcher}`, handleRoute(route)),
    ];
}

/** The lines of a route's `handle` block. */
function handleRoute(route: ResolvedRoute): string[] {
    const { to, redirect, stripPath, maxBody, timeout, hasAssets, logins, onSwarm } = route;
    if (to === undefined) return [`redir ${redirect ?? ""}{uri} 308`];
    const host = formatHost(to.host);
    return [
        ...(stripPath ? [`uri strip_prefix ${pathPrefix(route)}`] : []),
        ...requireLogin(logins),
        ...(maxBody === undefined ? [] : block("request_body", [`max_size ${maxBody.toUpperCase()}iB`])),
        ...serveMaintenancePage(`/${host}.html`),
        ...proxy({ to, onSwarm, timeout }, [
            "lb_try_duration 5s",
            "fail_duration 1s",
            `stream_close_delay ${STREAM_CLOSE_DELAY}`,
            ...(hasAssets ? serveFormerAssets(`${ASSETS_DIRECTORY}/${host}/files`) : []),
        ]),
    ];
}

/** @param options lines of the block of `reverse_proxy` */
function proxy(
    { to, onSwarm, timeout }: { to: Connection; onSwarm?: boolean; timeout?: number },
    options: string[],
): string[] {
    const transport = [
        ...(to.scheme === "https" ? ["tls", `tls_server_name ${to.host}`] : []),
        ...(timeout === undefined ? [] : [`response_header_timeout ${timeout}s`]),
    ];
    const upstreams = onSwarm ? proxyToTasks : proxyToContainer;
    return upstreams(to, [...options, ...(transport.length === 0 ? [] : block("transport http", transport))]);
}

/**
 * On a Swarm, the name `tasks.<service>` resolves to the healthy containers. Docker removes a container from it two seconds
 * before it stops the container. An endpoint without a network is not a Swarm service.
 */
function proxyToTasks({ host, port, network }: Connection, options: string[]): string[] {
    if (network === undefined) return block(`reverse_proxy ${formatHost(host)}:${port}`, options);
    const tasks = block(`dynamic a tasks.${host} ${port}`, ["refresh 1s"]);
    return block("reverse_proxy", [...tasks, ...options]);
}

/**
 * For each request, Caddy reads the name of the container from a file. A deploy changes the file when the new container is
 * healthy. Caddy then needs no reload, which would close idle connections.
 */
function proxyToContainer({ host, replicaHosts = [], port }: Connection, options: string[]): string[] {
    const names = replicaHosts.length > 0 ? replicaHosts : [host];
    const replicas = names.map((name) => ({
        host: formatHost(name),
        variable: upstreamVariable(name),
    }));
    const upstreams = replicas.map(({ variable }) => `{vars.${variable}}:${port}`);
    // Falls back to the host name if the named container is gone, for example after the volume was restored. With
    // replicas, the host name would be a further upstream, and it may resolve to old containers.
    const fallback = replicas.length === 1 ? [`${formatHost(host)}:${port}`] : [];
    return [
        ...replicas.map(
            ({ host, variable }) => `vars ${variable} {file.${ROUTES_DIRECTORY}/targets/${host}}`,
        ),
        // Without a name, Caddy would connect to itself.
        ...block(
            "@unknown",
            replicas.map(({ variable }) => `vars ${variable} ""`),
        ),
        "respond @unknown 503",
        ...block(`reverse_proxy ${[...upstreams, ...fallback].join(" ")}`, [
            `lb_policy ${replicas.length === 1 ? "first" : "least_conn"}`,
            ...options,
        ]),
    ];
}

/** Unique for the host: Caddy identifies an upstream by its unexpanded address when it counts requests and failures. */
function upstreamVariable(host: string): string {
    return `upstream-${host.replace(/[^\w-]/g, "_")}`;
}

function requireLogin(logins: Logins | undefined): string[] {
    if (logins === undefined) return [];
    const { hashes, exempt } = logins;
    const users = Object.entries(hashes).map(([user, hash]) => `${user} ${hash}`);
    if (exempt.length === 0) return block("basic_auth", users);
    // Compares the exact path that the endpoint receives: the matcher `path` would also exempt /files/../up.
    const matcher = `@protected not vars {http.request.uri.path} ${exempt.join(" ")}`;
    return [matcher, ...block("basic_auth @protected", users)];
}

/** Serves the application's maintenance page, if `drydock maintenance on` has written one. */
function serveMaintenancePage(page: string): string[] {
    return [
        ...block("@maintenance file", [`root ${MAINTENANCE_DIRECTORY}`, `try_files ${page}`]),
        ...block("handle @maintenance", [
            `root * ${MAINTENANCE_DIRECTORY}`,
            "method GET",
            `rewrite * ${page}`,
            "header Cache-Control no-store",
            "header Retry-After 60",
            ...block("file_server", ["status 503"]),
        ]),
    ];
}

/** Serves the file of an earlier release if the application responds with status 404. */
function serveFormerAssets(root: string): string[] {
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
