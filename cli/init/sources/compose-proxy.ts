/** Reverse proxies of a Compose file that are configured by labels or variables. */
import { type DeclaredGateway, type DeclaredRoute, type DeclaredService, Text } from "../declared.ts";
import type { Report } from "../report.ts";
import { evaluate } from "../text/template.ts";
import { isObject } from "./database-yml.ts";
import { isAcmeEmail, isTraefikLabel, type Labels, readTraefikLabels } from "./traefik.ts";

const TRAEFIK = /(^|\/)traefik(:|@|$)/;
const NGINX_PROXY = /(^|\/)(nginx-proxy|(letsencrypt-nginx-proxy|acme)-companion)(:|@|$)/;
const CADDY_PROXY = /(^|\/)caddy-docker-proxy(:|@|$)/;

/** What the proxy passes on, and the services without the proxy. */
export interface ComposeProxy {
    gateway?: DeclaredGateway;
    services: DeclaredService[];
}

/** Takes the labels and variables out of the services, if a gateway can do the same. */
export function readComposeProxy(
    services: DeclaredService[],
    variables: Record<string, string>,
    report: Report,
): ComposeProxy {
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
        const gateway = read(others, proxies, variables, report);
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
    variables: Record<string, string>,
    report: Report,
): DeclaredGateway {
    const facts = services.map((service) => {
        const labels = takeLabels(service, isTraefikLabel, variables, report);
        return readTraefikLabels(service.name, labels, report);
    });
    const args = proxies.flatMap(({ command = [] }) =>
        command.map((word) => evaluate(word, variables).replace(/^--/, "")),
    );
    const settings = args.map((arg) => /^([^=]+)=?(.*)$/.exec(arg)?.slice(1) ?? []);
    const [, email] = settings.find(([name = ""]) => isAcmeEmail(name)) ?? [];
    const hasTls = settings.some(([name = ""]) => /^entrypoints\.[^.]+\.http\.tls(\.|$)/i.test(name));
    const accessLog = settings.some(
        ([name = "", value]) => /^accesslog(\.|$)/i.test(name) && value !== "false",
    );
    return {
        routes: facts.flatMap(({ routes }) => routes),
        tls: hasTls || facts.some(({ tls }) => tls),
        ...(email !== undefined && email !== "" && { email }),
        ...(accessLog && { accessLog }),
    };
}

/** Removes labels from a service, and returns them. */
function takeLabels(
    service: DeclaredService,
    isOfProxy: (label: string) => boolean,
    variables: Record<string, string>,
    report: Report,
): Labels {
    const all = isObject(service.options.labels) ? Object.entries(service.options.labels) : [];
    const taken = all.filter(([label]) => isOfProxy(label));
    if (taken.length === 0) return new Map();
    const kept = all.filter(([label]) => !isOfProxy(label));
    service.options.labels = kept.length > 0 ? Object.fromEntries(kept) : undefined;
    if (kept.length === 0) report.remove(service.name, "labels");
    const place = service.keys.get("labels") ?? service.place;
    return new Map(
        taken.map(([label, value]) => [
            label,
            { value: value instanceof Text ? evaluate(value.template, variables) : "", place },
        ]),
    );
}

/** Variables of nginx-proxy and its companion. */
const NGINX_VARIABLES = /^(VIRTUAL_(HOST|PORT|PATH|DEST|PROTO)|LETSENCRYPT_(HOST|EMAIL)|HTTPS_METHOD)$/;

function readNginxProxy(
    services: DeclaredService[],
    proxies: DeclaredService[],
    variables: Record<string, string>,
    report: Report,
): DeclaredGateway | undefined {
    const routed = services.filter(({ env }) => env.has("VIRTUAL_HOST"));
    if (routed.length === 0) return undefined;
    const valueOf = ({ env }: DeclaredService, name: string) => {
        const own = env.get(name);
        return own === undefined ? "" : evaluate(own.template, variables);
    };
    const routes = routed.map((service): DeclaredRoute => {
        const path = valueOf(service, "VIRTUAL_PATH");
        const port = Number(valueOf(service, "VIRTUAL_PORT"));
        return {
            service: service.name,
            hosts: hostsOf(valueOf(service, "VIRTUAL_HOST")),
            ...(path !== "" && path !== "/" && { path, stripPath: valueOf(service, "VIRTUAL_DEST") === "/" }),
            ...(port > 0 && { port }),
        };
    });
    const tls = routed.some((service) => valueOf(service, "LETSENCRYPT_HOST") !== "");
    const email = [
        ...routed.map((service) => valueOf(service, "LETSENCRYPT_EMAIL")),
        ...proxies.map((service) => valueOf(service, "DEFAULT_EMAIL")),
    ].find((value) => value !== "");
    for (const service of routed)
        for (const [name, { place }] of service.env)
            if (NGINX_VARIABLES.test(name)) {
                service.env.delete(name);
                const argument = name.startsWith("LETSENCRYPT") ? "Gateway.tls" : "Gateway.routes";
                report.add({
                    service: service.name,
                    key: `environment.${name}`,
                    outcome: "taken",
                    argument,
                    place,
                });
            }
    return { routes, tls, ...(email !== undefined && { email }) };
}

/** Labels of caddy-docker-proxy: `caddy: shop.example.com`, `caddy.reverse_proxy: "{{upstreams 3000}}"`. */
function readCaddyProxy(
    services: DeclaredService[],
    _proxies: DeclaredService[],
    variables: Record<string, string>,
    report: Report,
): DeclaredGateway {
    let tls = false;
    const routes = services.flatMap((service) => {
        const labels = takeLabels(service, (label) => /^caddy(_\d+)?($|\.)/.test(label), variables, report);
        const sites = [...labels].filter(([label]) => /^caddy(_\d+)?$/.test(label));
        const own = sites.flatMap(([site, { value }]): DeclaredRoute[] => {
            const [, port] =
                /^\{\{\s*upstreams(?:\s+(?:http\s+)?(\d+))?\s*\}\}$/.exec(
                    labels.get(`${site}.reverse_proxy`)?.value ?? "",
                ) ?? [];
            if (!labels.has(`${site}.reverse_proxy`)) return [];
            tls ||= !value.startsWith("http://");
            return [
                {
                    service: service.name,
                    hosts: hostsOf(value),
                    ...(port !== undefined && { port: Number(port) }),
                },
            ];
        });
        for (const [label, { place }] of labels) {
            const isTaken = own.length > 0 && /^caddy(_\d+)?(\.reverse_proxy)?$/.test(label);
            report.add({
                service: service.name,
                key: `labels.${label}`,
                ...(isTaken
                    ? { outcome: "taken", argument: "Gateway.routes" }
                    : {
                          outcome: "left out",
                          note: "the label is not understood: a Gateway has no such option",
                      }),
                place,
            });
        }
        return own;
    });
    return { routes, tls };
}

/** Host names of a list, without schemes and ports. */
function hostsOf(text: string): string[] {
    return text
        .split(/[,\s]+/)
        .map((host) => host.replace(/^https?:\/\//, "").replace(/:\d+$/, ""))
        .filter((host) => host !== "");
}
