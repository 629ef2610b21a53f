/** Reads the reverse proxy in front of the application: kamal-proxy or, with Kamal 1, Traefik. */
import { isDeepStrictEqual } from "node:util";
import type { DeclaredCertificate, DeclaredGateway, DeclaredRoute, DeclaredService } from "../declared.ts";
import type { Fact, Place } from "../facts.ts";
import type { Outcome, Report, Row } from "../report.ts";
import { isPlaceholder } from "./kamal-keys.ts";
import { isAcmeEmail, isTraefikLabel, readTraefikArguments, readTraefikLabels } from "./traefik.ts";
import { isObject, list, object, scalar } from "./yaml-values.ts";

/** Name in the report for keys that belong to no service. */
export const WHOLE_FILE = "deploy.yml";

/** Facts about the application from the configuration of the proxy. */
export interface ProxyFacts {
    port?: Fact<number>;
    healthPath?: Fact<string>;
    /** Seconds that a deploy waits for a healthy container. */
    waitTimeout?: Fact<number>;
}

export interface Proxy {
    facts: ProxyFacts;
    gateway?: DeclaredGateway;
}

/** Host names in the file, and Ruby that computes others. */
export interface ProxyHosts {
    hosts: string[];
    hidden?: string;
}

/** `proxy` of a destination, which overrides that of deploy.yml. */
export interface DestinationProxy extends ProxyHosts {
    stack: string;
    tls: boolean;
    certificate?: DeclaredCertificate;
}

/** The file that is read, and where its values are. */
export interface ProxyContext {
    data: Record<string, unknown>;
    place: (...path: (string | number)[]) => Place;
    report: Report;
    hostsOf: (proxy: Record<string, unknown>) => ProxyHosts;
}

/** The outcome of an `ssl` that names the secrets with a certificate. */
export function describeCertificate(certificate: DeclaredCertificate | undefined): ProxyNote {
    return certificate === undefined
        ? {
              outcome: "changed",
              argument: "Gateway.tls",
              note: "on the stacks of servers, the gateway gets certificates from a public authority, because not all of them have the same secrets; to keep yours, set `certificates` of the Gateway",
          }
        : {
              outcome: "taken",
              argument: "Gateway.certificates",
              note: `the secrets ${certificate.certificate} and ${certificate.key} of the stacks of servers`,
          };
}

export type ProxyNote = Pick<Row, "outcome" | "argument" | "note">;

/** The certificate that all destinations with TLS have. Undefined if they differ, or if an authority issues one of them. */
export function commonCertificate(
    destinations: Pick<DestinationProxy, "tls" | "certificate">[],
): DeclaredCertificate | undefined {
    const [first, ...others] = destinations.filter(({ tls }) => tls).map(({ certificate }) => certificate);
    const isCommon = others.every((other) => isDeepStrictEqual(other, first));
    return isCommon ? first : undefined;
}

/** `ssl: { certificate_pem, private_key_pem }` */
export function certificateOf(ssl: unknown): DeclaredCertificate | undefined {
    const { certificate_pem, private_key_pem } = object(ssl);
    const [certificate, key] = [scalar(certificate_pem), scalar(private_key_pem)];
    return certificate === "" || key === "" ? undefined : { certificate, key };
}

/** Keys that describe the application, and not its requests. */
const APPLICATION_KEYS = ["app_port", "healthcheck"];

const NOTES: Record<string, [outcome: Outcome, note: string, argument?: string] | undefined> = {
    app_port: ["taken", "", "port"],
    response_timeout: ["taken", "", "GatewayRouteArgs.timeout"],
    path_prefix: ["taken", "", "GatewayRouteArgs.path"],
    path_prefixes: ["taken", "a route for each", "GatewayRouteArgs.path"],
    strip_path_prefix: ["taken", "", "GatewayRouteArgs.stripPath"],
    logging: ["changed", "a line of JSON for each request, with its headers", "Gateway.accessLog"],
    ssl_redirect: ["changed", "with TLS, the gateway always redirects", "Gateway.tls"],
};

/** @param role of the web server, which may have a proxy of its own */
export function readKamalProxy(
    context: ProxyContext,
    role: { name: string; proxy: unknown },
    destinations: DestinationProxy[],
): Proxy | undefined {
    const { data, place, report, hostsOf } = context;
    const proxy = { ...object(data.proxy), ...object(role.proxy) };
    if (Object.keys(proxy).length === 0 && destinations.every(({ hosts }) => hosts.length === 0))
        return undefined;
    const at = (key: string) =>
        key in object(role.proxy) ? ["servers", role.name, "proxy", key] : ["proxy", key];
    const row = (key: string, outcome: Outcome, note: string, argument = "") => {
        const [service, path] =
            key in object(role.proxy) ? [role.name, `proxy.${key}`] : [WHOLE_FILE, `proxy.${key}`];
        report.add({ service, key: path, outcome, argument, note, place: place(...at(key)) });
    };
    const { path } = object(proxy.healthcheck);
    const facts: ProxyFacts = {
        ...(proxy.app_port !== undefined && {
            port: { value: Number(proxy.app_port), place: place(...at("app_port")) },
        }),
        ...(path !== undefined && {
            healthPath: { value: scalar(path), place: place(...at("healthcheck"), "path") },
        }),
    };
    const { hosts, hidden } = hostsOf(proxy);
    const isHidden = hidden !== undefined || destinations.some((own) => own.hidden !== undefined);
    const hasHosts = hosts.length > 0 || isHidden || destinations.some((own) => own.hosts.length > 0);
    const isForAllHosts =
        !("host" in proxy) &&
        !("hosts" in proxy) &&
        !isEnabled(proxy.ssl) &&
        destinations.every((own) => own.hosts.length === 0 && own.hidden === undefined) &&
        Object.keys(proxy).some((key) => !APPLICATION_KEYS.includes(key));
    const isWritten = role.proxy !== false && (hasHosts || isForAllHosts);
    const tls = isEnabled(proxy.ssl) || destinations.some((own) => own.tls);
    const certificate =
        destinations.length === 0 ? certificateOf(proxy.ssl) : commonCertificate(destinations);
    for (const [key, value] of Object.entries(proxy)) {
        const note = NOTES[key];
        if (!isWritten && !APPLICATION_KEYS.includes(key))
            row(
                key,
                "changed",
                "the host name is the placeholder of `rails new`: the program has no Gateway",
            );
        else if (key === "healthcheck") reportHealthcheck(object(value), row);
        else if (note !== undefined) row(key, ...note);
        else if (key === "host" || key === "hosts")
            row(key, "taken", describeHosts(hosts, hidden), "Gateway.routes");
        else if (key === "ssl") reportTls(value, certificate, row);
        else if (key === "forward_headers")
            row(
                key,
                "changed",
                value === true ? "`init` asks for the proxies in front" : "is the default",
                value === true ? "Gateway.trustedProxies" : "",
            );
        else if (key === "buffering") reportBuffering(object(value), row);
        else if (key === "run") reportRun(object(value), row);
        else row(key, "left out", "is not a key that Drydock knows");
    }
    if (!isWritten) return { facts };
    const bytes = Number(object(proxy.buffering).max_request_body);
    const timeout = Number(proxy.response_timeout);
    const paths = list(proxy.path_prefixes ?? proxy.path_prefix)
        .flatMap((prefix) => scalar(prefix).split(","))
        .map((prefix) => prefix.trim())
        .filter((prefix) => prefix !== "" && prefix !== "/");
    const route: DeclaredRoute = {
        service: role.name,
        hosts,
        ...((destinations.length > 0 || isHidden) &&
            !isForAllHosts && {
                hostsByStack: new Map(destinations.map((own) => [own.stack, own.hosts])),
            }),
        ...(hidden !== undefined && { hidden }),
        ...(Number.isInteger(timeout) && { timeout }),
        ...(bytes > 0 && { maxBody: bytes }),
        ...(certificate && { certificate }),
    };
    const stripPath = proxy.strip_path_prefix !== false;
    const { http_port } = object(proxy.run);
    return {
        facts,
        gateway: {
            routes: paths.length === 0 ? [route] : paths.map((path) => ({ ...route, path, stripPath })),
            tls,
            tlsByStack: new Map(destinations.map((own) => [own.stack, own.tls])),
            accessLog: proxy.logging !== undefined,
            ...(http_port !== undefined && { httpPort: Number(http_port) }),
            ...(proxy.forward_headers === true && { behindProxy: place(...at("forward_headers")) }),
        },
    };
}

type AddRow = (key: string, outcome: Outcome, note: string, argument?: string) => void;

function describeHosts(hosts: string[], hidden: string | undefined): string {
    if (hidden !== undefined)
        return `computed by <%= ${hidden} %>, which \`init\` does not run: it asks for the value for each stack`;
    const names = hosts.length === 0 ? "" : `${hosts.join(", ")}: `;
    return `${names}a setting of each stack`;
}

function reportTls(value: unknown, certificate: DeclaredCertificate | undefined, row: AddRow): void {
    if (!isEnabled(value)) row("ssl", "taken", "HTTP only", "Gateway.tls");
    else if (isObject(value)) {
        const { outcome, note, argument } = describeCertificate(certificate);
        row("ssl", outcome, note ?? "", argument);
    } else row("ssl", "taken", "on the stacks of servers; HTTP only in the stack dev", "Gateway.tls");
}

function reportBuffering({ max_request_body, ...others }: Record<string, unknown>, row: AddRow): void {
    if (max_request_body !== undefined)
        row(
            "buffering",
            "taken",
            "`max_request_body`; larger requests get status 413",
            "GatewayRouteArgs.maxBody",
        );
    for (const key of Object.keys(others))
        row(`buffering.${key}`, "changed", "the gateway streams bodies and does not buffer them");
}

function reportRun(run: Record<string, unknown>, row: AddRow): void {
    for (const key of Object.keys(run))
        if (key === "http_port") row("run.http_port", "taken", "the setting gatewayPort", "Gateway.http");
        else if (key === "https_port" || key === "bind_ips")
            row(`run.${key}`, "left out", "set `https` or `http` of the Gateway", "Gateway.https");
        else
            row(`run.${key}`, "left out", "the proxy of a Gateway is Caddy; see its `image` and `accessLog`");
}

/** Whether it is `true`, or has certificates. */
export function isEnabled(ssl: unknown): boolean {
    return ssl === true || (isObject(ssl) && Object.keys(ssl).length > 0);
}

/** Kamal 1: hosts and TLS are labels that Traefik reads. */
export function readKamalTraefik({ data, place, report }: ProxyContext, roles: DeclaredService[]): Proxy {
    const traefik = object(data.traefik);
    const labelsAt = (labels: Record<string, unknown>, ...path: string[]) =>
        new Map(
            Object.entries(labels).map(([label, value]) => [
                label,
                { value: scalar(value), place: place(...path, "labels", label) },
            ]),
        );
    const services = roles.map(({ name }) => {
        const { labels } = object(object(data.servers)[name]);
        return { name, labels: labelsAt({ ...object(labels), ...object(data.labels) }, "servers", name) };
    });
    const others = [
        labelsAt(object(traefik.labels), "traefik"),
        ...Object.entries(object(data.accessories)).map(([name, own]) =>
            labelsAt(object(object(own).labels), "accessories", name),
        ),
    ];
    const args = readTraefikArguments(
        Object.entries(object(traefik.args)).map(([name, value]) => `${name}=${scalar(value)}`),
    );
    const isPublic = () => traefik.publish !== false;
    const file = args.get("configfile");
    const proxy = { args, isPublic, ...(file !== undefined && { file }) };
    const { routes, tls } = readTraefikLabels(services, others, proxy, report);
    const add = (key: string, path: string[], outcome: Outcome, note: string, argument = "") => {
        report.add({ service: WHOLE_FILE, key, outcome, argument, note, place: place(...path) });
    };
    let email: string | undefined;
    for (const [key, value] of Object.entries(object(traefik.args))) {
        const path = ["traefik", "args", key];
        if (isAcmeEmail(key)) {
            email = scalar(value);
            add(`traefik.args.${key}`, path, "taken", "on the stacks of servers", "Gateway.email");
        } else if (/^accesslog(\.|$)/i.test(key))
            add(
                `traefik.args.${key}`,
                path,
                "left out",
                "set `accessLog` of the Gateway",
                "Gateway.accessLog",
            );
        else add(`traefik.args.${key}`, path, "changed", "an argument of Traefik, which a Gateway replaces");
    }
    for (const key of Object.keys(traefik).filter((key) => key !== "args"))
        add(`traefik.${key}`, ["traefik", key], "changed", "a setting of Traefik, which a Gateway replaces");
    return {
        facts: readHealthcheck({ data, place, report }),
        ...(routes.length > 0 && { gateway: { routes, tls, ...(email !== undefined && { email }) } }),
    };
}

function reportHealthcheck({ path, ...others }: Record<string, unknown>, row: AddRow): void {
    const dropped = Object.keys(others);
    if (dropped.length === 0) row("healthcheck", "taken", "", "health");
    else
        row(
            "healthcheck",
            "changed",
            `${path === undefined ? "" : "only the path is taken: "}the component has its own ${dropped.join(" and ")}`,
            "health",
        );
}

/** `healthcheck` of Kamal 1. */
function readHealthcheck({ data, place, report }: Omit<ProxyContext, "hostsOf">): ProxyFacts {
    const healthcheck = object(data.healthcheck);
    const facts: ProxyFacts = {};
    const { path, port, max_attempts } = healthcheck;
    const at = (key: string) => place("healthcheck", key);
    if (path !== undefined) facts.healthPath = { value: scalar(path), place: at("path") };
    if (port !== undefined) facts.port = { value: Number(port), place: at("port") };
    if (max_attempts !== undefined) {
        const attempts = Number(max_attempts);
        // Kamal 1 sleeps one second longer after each attempt.
        const seconds = Math.max(30, (attempts * (attempts + 1)) / 2);
        facts.waitTimeout = { value: seconds, place: at("max_attempts") };
    }
    const taken: Record<string, string | undefined> = {
        path: "health.path",
        port: "port",
        max_attempts: "health.waitTimeout",
    };
    for (const key of Object.keys(healthcheck)) {
        const argument = taken[key];
        report.add({
            service: WHOLE_FILE,
            key: `healthcheck.${key}`,
            outcome: argument === undefined ? "changed" : "taken",
            argument: argument ?? "health",
            note: argument === undefined ? "the component has a check of its own" : "",
            place: at(key),
        });
    }
    return facts;
}

export function hasTraefikLabels(roles: DeclaredService[]): boolean {
    return roles.some(({ options }) => Object.keys(object(options.labels)).some(isTraefikLabel));
}

/** Removes labels for Traefik, and keeps the others. */
export function keepOwnLabels(role: DeclaredService, report: Report): void {
    if (role.options.labels === undefined) return;
    const labels = Object.entries(object(role.options.labels)).filter(([name]) => !isTraefikLabel(name));
    role.options.labels = labels.length > 0 ? (Object.fromEntries(labels) as never) : undefined;
    if (labels.length === 0) report.remove(role.name, "labels");
}

/** Host names that are not placeholders of a template. */
export function realHosts(hosts: string[]): string[] {
    return hosts.filter((host) => host !== "" && !isPlaceholder(host));
}
