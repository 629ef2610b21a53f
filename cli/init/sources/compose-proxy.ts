/** Reverse proxies of a Compose file that are configured by labels or variables. */
import { createHash } from "node:crypto";
import {
    type DeclaredGateway,
    type DeclaredLogin,
    type DeclaredRoute,
    type DeclaredService,
    Text,
} from "../declared.ts";
import type { ProjectFiles } from "../project-files.ts";
import type { Report, Row } from "../report.ts";
import { evaluate } from "../text/template.ts";
import { isObject } from "./yaml-values.ts";
import { checkedPassword, hasSameLogins, mountedFile, parseLogins } from "./logins.ts";
import { passesOn } from "./protected.ts";
import {
    isAcmeEmail,
    isTraefikLabel,
    type Labels,
    readTraefikArguments,
    readTraefikLabels,
} from "./traefik.ts";

const TRAEFIK = /(^|\/)traefik(:|@|$)/;
const NGINX_PROXY = /(^|\/)(nginx-proxy|(letsencrypt-nginx-proxy|acme)-companion)(:|@|$)/;
const CADDY_PROXY = /(^|\/)caddy-docker-proxy(:|@|$)/;

/** The gateway that replaces the proxy, and the services without the proxy. */
export interface ComposeProxy {
    gateway?: DeclaredGateway;
    services: DeclaredService[];
}

/** What labels and variables are read with. */
interface ProxyContext {
    files: ProjectFiles;
    variables: Record<string, string>;
    report: Report;
}

/** Moves the labels and variables for a proxy from the services into a gateway, if the gateway can do the same. */
export function readComposeProxy(services: DeclaredService[], context: ProxyContext): ComposeProxy {
    const { variables, report } = context;
    const readers = [
        { image: TRAEFIK, read: readTraefik },
        { image: NGINX_PROXY, read: readNginxProxy },
        { image: CADDY_PROXY, read: readCaddyProxy },
    ];
    for (const { image, read } of readers) {
        const isProxy = (service: DeclaredService) =>
            service.image !== undefined && image.test(evaluate(service.image, variables));
        const proxies = services.filter(isProxy);
        const others = services.filter((service) => !isProxy(service));
        const gateway = read(others, proxies, context);
        if (gateway === undefined || gateway.routes.length === 0) continue;
        for (const { name, place } of proxies)
            report.replaceAll(name, {
                service: name,
                key: "(the service)",
                outcome: "changed",
                argument: "Gateway",
                note: "a Gateway replaces it",
                place,
            });
        const httpPort = httpPortOf(proxies, variables);
        return { services: others, gateway: { ...gateway, ...(httpPort !== undefined && { httpPort }) } };
    }
    return { services };
}

function httpPortOf(proxies: DeclaredService[], variables: Record<string, string>): number | undefined {
    const port = proxies.flatMap(({ ports }) => ports).find(({ container }) => container === 80);
    const published = Number(port?.published === undefined ? NaN : evaluate(port.published, variables));
    return Number.isInteger(published) && published > 0 ? published : undefined;
}

function readTraefik(
    services: DeclaredService[],
    proxies: DeclaredService[],
    { files, variables, report }: ProxyContext,
): DeclaredGateway {
    const labelled = services.map((service) => ({
        name: service.name,
        labels: takeLabels(service, isTraefikLabel, variables, report),
    }));
    const others = proxies.map((service) => labelsOf(service, isTraefikLabel, variables));
    const words = proxies.flatMap(({ command = [], env }) => [
        ...command.map((word) => evaluate(word, variables)),
        ...[...env].flatMap(([name, { template }]) => {
            const [, argument] = /^TRAEFIK_(.+)$/i.exec(name) ?? [];
            return argument === undefined
                ? []
                : [`${argument.replaceAll("_", ".")}=${evaluate(template, variables)}`];
        }),
    ]);
    const args = readTraefikArguments(words);
    const file =
        args.get("configfile") ??
        mountsOf(proxies).find((path) => /^\/etc\/traefik(\/traefik\.\w+)?$/.test(path));
    const isPublic = (port?: number) => isPublished(proxies, port);
    const facts = readTraefikLabels(
        labelled,
        others,
        {
            args,
            isPublic,
            read: (path) => mountedFile(proxies, files, path),
            ...(file !== undefined && { file }),
        },
        report,
    );
    const settings = [...args];
    const [, email] = settings.find(([name]) => isAcmeEmail(name)) ?? [];
    const hasTls = settings.some(([name]) => /^entrypoints\.[^.]+\.http\.tls(\.|$)/.test(name));
    const accessLog = settings.some(([name, value]) => /^accesslog(\.|$)/.test(name) && value !== "false");
    return {
        routes: facts.routes,
        tls: hasTls || facts.tls,
        ...(email !== undefined && email !== "" && { email }),
        ...(accessLog && { accessLog }),
    };
}

/** Paths in the containers that files and directories are mounted at. */
function mountsOf(services: DeclaredService[]): string[] {
    return services.flatMap(({ volumes, files }) => [
        ...volumes.map(({ target }) => target),
        ...files.map(({ path }) => path),
    ]);
}

/** Whether a port of the proxy is published on all addresses. True if the file has no proxy. */
function isPublished(proxies: DeclaredService[], port?: number): boolean {
    if (proxies.length === 0 || proxies.some(({ keys }) => keys.has("network_mode"))) return true;
    const published = proxies
        .flatMap(({ ports }) => ports)
        .filter(
            ({ container, endPort = container }) =>
                port === undefined || (container <= port && port <= endPort),
        );
    const isOnAll = ({ ip = "0.0.0.0" }: { ip?: string }) => ip === "0.0.0.0" || ip === "::";
    return port === undefined ? published.length > 0 && published.every(isOnAll) : published.some(isOnAll);
}

/** Removes labels from a service, and returns them. */
function takeLabels(
    service: DeclaredService,
    isOfProxy: (label: string) => boolean,
    variables: Record<string, string>,
    report: Report,
): Labels {
    const taken = labelsOf(service, isOfProxy, variables);
    if (taken.size === 0 || !isObject(service.options.labels)) return taken;
    const kept = Object.entries(service.options.labels).filter(([label]) => !isOfProxy(label));
    service.options.labels = kept.length > 0 ? Object.fromEntries(kept) : undefined;
    if (kept.length === 0) report.remove(service.name, "labels");
    return taken;
}

function labelsOf(
    service: DeclaredService,
    isOfProxy: (label: string) => boolean,
    variables: Record<string, string>,
): Labels {
    const all = isObject(service.options.labels) ? Object.entries(service.options.labels) : [];
    const place = service.keys.get("labels") ?? service.place;
    return new Map(
        all
            .filter(([label]) => isOfProxy(label))
            .map(([label, value]) => [
                label,
                { value: value instanceof Text ? evaluate(value.template, variables) : "", place },
            ]),
    );
}

/** Variables of nginx-proxy and its companion. */
const NGINX_VARIABLES =
    /^(VIRTUAL_(HOST|PORT|PATH|DEST|PROTO)|LETSENCRYPT_(HOST|EMAIL)|HTTPS_METHOD|NETWORK_ACCESS)$/;

function readNginxProxy(
    services: DeclaredService[],
    proxies: DeclaredService[],
    { files, variables, report }: ProxyContext,
): DeclaredGateway | undefined {
    const routed = services.filter(({ env }) => env.has("VIRTUAL_HOST"));
    if (routed.length === 0) return undefined;
    const valueOf = ({ env }: DeclaredService, name: string) => {
        const own = env.get(name);
        return own === undefined ? "" : evaluate(own.template, variables);
    };
    const logins = mountsOf(proxies).flatMap(
        (path) => /^\/etc\/nginx(?:\/htpasswd(?:\/([^/]+))?)?$/.exec(path)?.slice(1) ?? [],
    );
    const hasLogin = (host: string) =>
        logins.some(
            (file: string | undefined) => file === undefined || file.replace(/_[0-9a-f]{40}$/, "") === host,
        );
    for (const { name, volumes } of proxies)
        for (const { source, target, kind } of volumes)
            if (kind !== "volume" && /^\/etc\/nginx\/(vhost|conf)\.d(\/|$)/.test(target))
                report.note(
                    `${name}: ${source} is not read. If it restricts who reaches a host, protect the application itself before the first update`,
                );
    const sites = routed.map((service) => {
        const path = valueOf(service, "VIRTUAL_PATH");
        const port = Number(valueOf(service, "VIRTUAL_PORT"));
        const hosts = hostsOf(valueOf(service, "VIRTUAL_HOST"));
        const route: DeclaredRoute = {
            service: service.name,
            hosts,
            ...(path !== "" && path !== "/" && { path, stripPath: valueOf(service, "VIRTUAL_DEST") === "/" }),
            ...(port > 0 && { port }),
        };
        const protocol = valueOf(service, "VIRTUAL_PROTO");
        const destination = valueOf(service, "VIRTUAL_DEST");
        const network = service.env.get("NETWORK_ACCESS");
        const isProtected = hosts.some(hasLogin);
        const logins = isProtected ? htpasswdLogins(hosts, path, proxies, files) : undefined;
        if (logins !== undefined) route.logins = logins;
        const obstacle =
            network !== undefined && valueOf(service, "NETWORK_ACCESS") !== "external"
                ? "only internal networks reach it"
                : isProtected && logins === undefined
                  ? "nginx-proxy may ask for a login (/etc/nginx/htpasswd)"
                  : !isPublished(proxies)
                    ? "not all ports of nginx-proxy are published on all addresses"
                    : !["", "http", "https"].includes(protocol)
                      ? `it speaks ${protocol}, which a Gateway does not`
                      : !["", "/"].includes(destination)
                        ? `the path becomes ${destination}, which a Gateway cannot do`
                        : undefined;
        return { service, route, obstacle };
    });
    const covered = (site: (typeof sites)[number]) => {
        const others = sites.filter(
            (other) =>
                other !== site &&
                passesOn(site.route, { hosts: other.route.hosts, path: other.route.path ?? "/" }),
        );
        return site.obstacle ?? others.map((other) => guardOf(other, site.route)).find(isDefined);
    };
    const passed = sites.filter((site) => covered(site) === undefined);
    const tls = passed.some(({ service }) => valueOf(service, "LETSENCRYPT_HOST") !== "");
    const email = [
        ...passed.map(({ service }) => valueOf(service, "LETSENCRYPT_EMAIL")),
        ...proxies.map((service) => valueOf(service, "DEFAULT_EMAIL")),
    ].find((value) => value !== "");
    for (const site of sites) {
        const { service } = site;
        const reason = covered(site);
        for (const [name, { place }] of service.env) {
            if (!NGINX_VARIABLES.test(name)) continue;
            const note = nginxNote(name, valueOf(service, name), site.route.logins);
            service.env.delete(name);
            report.add({
                service: service.name,
                key: `environment.${name}`,
                ...(reason === undefined
                    ? note
                    : {
                          outcome: "left out",
                          note: `${reason}, so there is no route: add one with \`basicAuth\` to a Gateway, or protect the application itself`,
                      }),
                place,
            });
        }
    }
    return { routes: passed.map(({ route }) => route), tls, ...(email !== undefined && { email }) };
}

/** Users in the files of the hosts. Undefined if a file is missing, or if they differ. */
function htpasswdLogins(
    hosts: string[],
    path: string,
    proxies: DeclaredService[],
    files: ProjectFiles,
): DeclaredLogin[] | undefined {
    const sum = createHash("sha1")
        .update(path === "" ? "/" : path)
        .digest("hex");
    const [first, ...others] = hosts.map((host) => {
        const file = [`${host}_${sum}`, host]
            .map((name) => mountedFile(proxies, files, `/etc/nginx/htpasswd/${name}`))
            .find(isDefined);
        return file && parseLogins(file.text.split("\n"), file.place);
    });
    return others.every((other) => hasSameLogins(other, first)) ? first : undefined;
}

/** Why this route must not pass on the requests of another site. Undefined if it may. */
function guardOf(
    { obstacle, route }: { obstacle?: string; route?: DeclaredRoute },
    { logins }: DeclaredRoute,
): string | undefined {
    if (obstacle !== undefined || route?.logins === undefined) return obstacle;
    return hasSameLogins(route.logins, logins) ? undefined : "would also pass on requests that need a login";
}

function isDefined<T>(value: T | undefined): value is T {
    return value !== undefined;
}

/** The outcome of a variable of a service that has a route. */
function nginxNote(
    name: string,
    value: string,
    logins: DeclaredLogin[] | undefined,
): Pick<Row, "outcome" | "argument" | "note"> {
    if (name === "HTTPS_METHOD")
        return {
            outcome: "changed",
            argument: "Gateway.tls",
            note: "with TLS, the gateway redirects HTTP to HTTPS",
        };
    if (name === "VIRTUAL_PROTO" && value === "https")
        return {
            outcome: "left out",
            note: "the gateway speaks HTTP to it: set `scheme` of its port to https",
        };
    return {
        outcome: "taken",
        argument: name.startsWith("LETSENCRYPT") ? "Gateway.tls" : "Gateway.routes",
        ...(name === "VIRTUAL_HOST" &&
            logins?.[0] && {
                note: `with \`basicAuth\`: the passwords in ${logins[0].place.file} are secrets of the stack`,
            }),
    };
}

const CADDY_LABEL = /^caddy(_\d+)?($|\.)/;

/** Caddy directives that do not restrict requests: without them, nothing is exposed that was protected. */
const HARMLESS_DIRECTIVES =
    /^(tls|(encode|header|log|tls\.(alpn|ca|ciphers|curves|dns|issuer|key_type|on_demand|protocols|resolvers)|reverse_proxy\.(fail_duration|flush_interval|header_down|header_up|health_\w+|lb_\w+|max_fails))(\..*)?)$/;

/** Users of the whole site: `basic_auth`, and below it a hash for each user. */
const LOGIN_DIRECTIVE = /^basic_?auth(?:\.([\w@+-]+))?$/;

/** A site of caddy-docker-proxy: `caddy: shop.example.com` and the labels below it. */
interface CaddySite {
    service: string;
    /** `caddy`, or `caddy_1`. */
    label: string;
    hosts: string[];
    tls: boolean;
    route?: DeclaredRoute;
    /** Why there is no route. */
    obstacle?: string;
}

/** Labels of caddy-docker-proxy: `caddy: shop.example.com`, `caddy.reverse_proxy: "{{upstreams 3000}}"`. */
function readCaddyProxy(
    services: DeclaredService[],
    proxies: DeclaredService[],
    { variables, report }: ProxyContext,
): DeclaredGateway {
    const isOfCaddy = (label: string) => CADDY_LABEL.test(label);
    const labelled = services.map((service) => ({
        name: service.name,
        labels: takeLabels(service, isOfCaddy, variables, report),
    }));
    const file = proxies
        .flatMap(({ command = [], env }) => [
            ...command.map((word) => evaluate(word, variables)),
            ...env.keys(),
        ])
        .some((word) => /^--?caddyfile-path|^CADDY_DOCKER_CADDYFILE_PATH$/.test(word));
    const isPublic = (port: number) => isPublished(proxies, port);
    const isProxy = (name: string) => proxies.some((service) => service.name === name);
    const all = [
        ...labelled,
        ...proxies.map((service) => ({
            name: service.name,
            labels: labelsOf(service, isOfCaddy, variables),
        })),
    ].flatMap(({ name, labels }) => caddySites(name, labels, isPublic));
    // Without an address, the labels of the proxy itself are its global options.
    const sites = all.filter(
        ({ hosts, route, service }) => hosts.length > 0 || route !== undefined || !isProxy(service),
    );
    const obstacleOf = (site: CaddySite) =>
        site.obstacle ??
        (file ? "depends on a Caddyfile, which is not read" : undefined) ??
        sites
            .filter((other) => other !== site)
            .map((other) => site.route && passesOn(site.route, other) && guardOf(other, site.route))
            .find((guard) => typeof guard === "string");
    for (const { name, labels } of labelled)
        for (const [label, { place }] of labels) {
            const [id = "", directive = ""] = /^(caddy(?:_\d+)?)\.?(.*)$/.exec(label)?.slice(1) ?? [];
            const site = sites.find((own) => own.service === name && own.label === id);
            const obstacle = site && obstacleOf(site);
            report.add({
                service: name,
                key: `labels.${label}`,
                ...caddyNote(directive, site !== undefined, obstacle),
                place,
            });
        }
    const passed = sites.filter((site) => site.route !== undefined && obstacleOf(site) === undefined);
    return {
        routes: passed.flatMap(({ route }) => route ?? []),
        tls: passed.some(({ tls }) => tls),
    };
}

function caddyNote(
    directive: string,
    hasSite: boolean,
    obstacle: string | undefined,
): Pick<Row, "outcome" | "argument" | "note"> {
    if (obstacle !== undefined && directive === "")
        return {
            outcome: "left out",
            note: `${obstacle}, so nothing is passed on: add a route with \`basicAuth\` to a Gateway, or protect the application itself`,
        };
    if (hasSite && obstacle === undefined) {
        if (directive === "" || directive === "reverse_proxy")
            return { outcome: "taken", argument: "Gateway.routes" };
        if (LOGIN_DIRECTIVE.test(directive))
            return {
                outcome: "taken",
                argument: "GatewayRouteArgs.basicAuth",
                note: "the password is a secret of the stack",
            };
        if (directive === "encode")
            return { outcome: "changed", note: "the application compresses its answers" };
        if (/^tls($|\.)/.test(directive))
            return { outcome: "changed", argument: "Gateway.tls", note: "on the stacks of servers" };
    }
    return { outcome: "left out", note: "the label is not understood: a Gateway has no such option" };
}

function caddySites(service: string, labels: Labels, isPublic: (port: number) => boolean): CaddySite[] {
    const sites = [...labels].filter(([label]) => /^caddy(_\d+)?$/.test(label));
    return sites.map(([label, { value }]) => {
        const addresses = value.split(/[,\s]+/).filter((address) => address !== "");
        const hosts = hostsOf(value);
        const tls = addresses.some((address) => !/^http:\/\/|:80$/.test(address));
        const directives = [...labels.entries()].flatMap(([name, own]) =>
            name.startsWith(`${label}.`) ? [{ name: name.slice(label.length + 1), value: own.value }] : [],
        );
        const upstreams = directives.find(({ name }) => name === "reverse_proxy")?.value;
        const { place } = [...labels.values()][0] ?? { place: { file: "" } };
        const logins = directives.flatMap(({ name, value: hash }) => {
            const [, user] = LOGIN_DIRECTIVE.exec(name) ?? [];
            const login = user === undefined ? undefined : { user, hash, place };
            return login !== undefined && checkedPassword(login) !== undefined ? [login] : [];
        });
        const isLogin = (name: string, own: string) =>
            logins.length > 0 &&
            ((/^basic_?auth$/.test(name) && own === "") ||
                (LOGIN_DIRECTIVE.test(name) && logins.some(({ hash }) => hash === own)));
        const site = { service, label, hosts, tls };
        const guard = directives.find(
            ({ name, value: own }) =>
                name !== "reverse_proxy" &&
                !isLogin(name, own) &&
                (!HARMLESS_DIRECTIVES.test(name) || own.includes("\n")),
        );
        if (guard !== undefined) {
            const obstacle = /(^|_)basic_?auth(\.|$)/.test(guard.name)
                ? `asks for a login (${guard.name})`
                : `has ${guard.name}, which a Gateway does not have`;
            return { ...site, obstacle };
        }
        const proxied =
            /^(?:(\*|(?:\/[\w.~-]+)*\/\*)\s+)?\{\{\s*upstreams(?:\s+(?:http\s+)?(\d+))?\s*\}\}$/.exec(
                upstreams ?? "",
            );
        if (proxied === null) return { ...site, obstacle: "has no reverse_proxy that a Gateway supports" };
        const [, path, port] = proxied;
        const prefix = path?.replace(/\/?\*$/, "") ?? "";
        if (addresses.length === 0 || addresses.some((address) => !isPlainAddress(address)))
            return { ...site, obstacle: "has an address that a Gateway cannot have" };
        if (!addresses.some((address) => portsOf(address).some(isPublic)))
            return { ...site, obstacle: "has a port that is not published on all addresses" };
        const isForAll = addresses.some((address) => /^(https?:\/\/)?:\d+$/.test(address));
        return {
            ...site,
            route: {
                service,
                hosts: isForAll ? [] : hosts,
                ...(prefix !== "" && { path: prefix }),
                ...(port !== undefined && { port: Number(port) }),
                ...(logins.length > 0 && { logins }),
            },
        };
    });
}

/** A host name, a port, or both. */
function isPlainAddress(address: string): boolean {
    return /^(https?:\/\/)?[\w.*-]*(:\d+)?$/.test(address);
}

/** Ports on which Caddy listens for an address. */
function portsOf(address: string): number[] {
    const [, port] = /:(\d+)$/.exec(address) ?? [];
    if (port !== undefined) return [Number(port)];
    return address.startsWith("http://") ? [80] : [80, 443];
}

/** Host names of a list, without schemes and ports. */
function hostsOf(text: string): string[] {
    return text
        .split(/[,\s]+/)
        .map((host) => host.replace(/^https?:\/\//, "").replace(/:\d+$/, ""))
        .filter((host) => host !== "");
}
