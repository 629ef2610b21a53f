/** The labels that tell Traefik what to pass on to a container. */
import type { DeclaredGateway, DeclaredRoute } from "../declared.ts";
import type { Place } from "../facts.ts";
import type { Report } from "../report.ts";

/** Labels by name, with their values on this machine. */
export type Labels = Map<string, { value: string; place: Place }>;

const PREFIX = "traefik.";

export function isTraefikLabel(label: string): boolean {
    return label.toLowerCase().startsWith(PREFIX);
}

/** Middlewares that keep requests out: without them, everybody would reach the service. */
const GUARDS = /^(basicauth|digestauth|forwardauth|ipallowlist|ipwhitelist|plugin)$/;

/** Reads the labels of a service, and reports each. */
export function readTraefikLabels(
    service: string,
    labels: Labels,
    report: Report,
): Pick<DeclaredGateway, "routes" | "tls"> {
    return new LabelReader(service, labels, report).read();
}

class LabelReader {
    readonly #service: string;
    readonly #labels: Labels;
    readonly #report: Report;

    constructor(service: string, labels: Labels, report: Report) {
        this.#service = service;
        this.#report = report;
        this.#labels = new Map([...labels].filter(([label]) => isTraefikLabel(label)));
    }

    read(): Pick<DeclaredGateway, "routes" | "tls"> {
        const isDisabled = this.#value("traefik.enable") === "false";
        const routes = isDisabled ? [] : this.#routers().flatMap((router) => this.#route(router) ?? []);
        const tls = [...this.#labels].some(
            ([label, { value }]) =>
                /^traefik\.http\.routers\.[^.]+\.tls($|\.)/i.test(label) && value !== "false",
        );
        this.#reportOthers();
        return { routes: withoutDuplicates(routes), tls };
    }

    #value(label: string): string | undefined {
        const [, own] = [...this.#labels].find(([name]) => name.toLowerCase() === label.toLowerCase()) ?? [];
        return own?.value;
    }

    #routers(): string[] {
        return [...this.#labels.keys()].flatMap(
            (label) => /^traefik\.http\.routers\.([^.]+)\.rule$/i.exec(label)?.slice(1) ?? [],
        );
    }

    #route(router: string): DeclaredRoute | undefined {
        const at = `traefik.http.routers.${router}`;
        const rule = this.#value(`${at}.rule`) ?? "";
        const parsed = parseRule(rule);
        if (parsed === undefined) {
            this.#row(
                `${at}.rule`,
                "left out",
                `the rule ${rule} is not understood: add a route to a Gateway`,
            );
            return undefined;
        }
        const { hosts, paths } = parsed;
        const [path, ...otherPaths] = paths;
        const middlewares = (this.#value(`${at}.middlewares`) ?? "")
            .split(",")
            .map((name) => name.trim().replace(/@.*$/, ""))
            .filter((name) => name !== "");
        const guard = middlewares.find((name) => this.#kindsOf(name).some((kind) => GUARDS.test(kind)));
        if (guard !== undefined || otherPaths.length > 0) {
            const reason =
                guard === undefined
                    ? "has several paths: add a route to a Gateway for each"
                    : `is behind the middleware ${guard}, which a Gateway does not have, so there is no route: protect the application itself, and add a route`;
            this.#row(`${at}.rule`, "left out", reason);
            return undefined;
        }
        const names = hosts.length > 0 ? `the host names ${hosts.join(", ")}` : "all host names";
        this.#row(`${at}.rule`, "taken", `${names}: a setting of the stack`, "Gateway.routes");
        return {
            service: this.#service,
            hosts,
            ...(path !== undefined && path !== "/" && { path }),
            ...this.#port(router),
            ...this.#middlewares(middlewares, path),
        };
    }

    #port(router: string): { port?: number } {
        const named = this.#value(`traefik.http.routers.${router}.service`) ?? router;
        const ports = [...this.#labels].flatMap(([label, { value }]) => {
            const [, service] =
                /^traefik\.http\.services\.([^.]+)\.loadbalancer\.server\.port$/i.exec(label) ?? [];
            return service === undefined ? [] : [{ service, label, port: Number(value) }];
        });
        const own = ports.find(({ service }) => service === named) ?? ports[0];
        if (own === undefined || !Number.isInteger(own.port)) return {};
        this.#row(own.label, "taken", "", "port");
        return { port: own.port };
    }

    #middlewares(names: string[], path: string | undefined): Partial<DeclaredRoute> {
        const found: Partial<DeclaredRoute> = {};
        for (const name of names) {
            const at = `traefik.http.middlewares.${name}`;
            const prefixes = this.#value(`${at}.stripprefix.prefixes`);
            if (prefixes !== undefined && prefixes === path) {
                found.stripPath = true;
                this.#row(`${at}.stripprefix.prefixes`, "taken", "", "GatewayRouteArgs.stripPath");
            }
            const bytes = Number(this.#value(`${at}.buffering.maxrequestbodybytes`));
            if (bytes > 0) {
                found.maxBody = bytes;
                this.#row(`${at}.buffering.maxrequestbodybytes`, "taken", "", "GatewayRouteArgs.maxBody");
            }
        }
        return found;
    }

    #kindsOf(middleware: string): string[] {
        const prefix = `traefik.http.middlewares.${middleware}.`.toLowerCase();
        return [...this.#labels.keys()].flatMap((label) =>
            label.toLowerCase().startsWith(prefix)
                ? [label.slice(prefix.length).split(".")[0]?.toLowerCase() ?? ""]
                : [],
        );
    }

    #reportOthers(): void {
        for (const label of this.#labels.keys()) {
            if (this.#report.has(this.#service, `labels.${this.#nameOf(label)}`)) continue;
            if (/^traefik\.(enable|docker\.network)$/i.test(label))
                this.#row(label, "changed", "the gateway joins the network of what it has a route to");
            else if (/\.routers\.[^.]+\.tls($|\.)/i.test(label))
                this.#row(label, "taken", "on the stacks of servers", "Gateway.tls");
            else if (/\.routers\.[^.]+\.(entrypoints|service|middlewares|priority)$/i.test(label))
                this.#row(label, "changed", "the longest path that matches wins", "Gateway.routes");
            else if (/\.redirectscheme\./i.test(label))
                this.#row(label, "changed", "with TLS, the gateway redirects HTTP to HTTPS", "Gateway.tls");
            else this.#row(label, "left out", "the label is not understood: Drydock runs no Traefik");
        }
    }

    #nameOf(label: string): string {
        return [...this.#labels.keys()].find((name) => name.toLowerCase() === label.toLowerCase()) ?? label;
    }

    #row(label: string, outcome: "taken" | "changed" | "left out", note: string, argument = ""): void {
        const name = this.#nameOf(label);
        const key = `labels.${name}`;
        if (this.#report.has(this.#service, key)) return;
        const place = this.#labels.get(name)?.place;
        this.#report.add({ service: this.#service, key, outcome, argument, note, place });
    }
}

/** Hosts and paths of a rule: `Host(a) || Host(b)`, `(Host(a) || Host(b)) && PathPrefix(c)`. Undefined for any other. */
function parseRule(rule: string): { hosts: string[]; paths: string[] } | undefined {
    const hosts: string[] = [];
    const paths: string[] = [];
    const shape = rule
        .replace(/\b(Host|PathPrefix)\(([^()]*)\)/g, (_, matcher: string, values: string) => {
            const names = [...values.matchAll(/[`"']([^`"']*)[`"']/g)].map(([, name = ""]) => name);
            (matcher === "Host" ? hosts : paths).push(...names);
            return matcher === "Host" ? "H" : "P";
        })
        .replace(/\s/g, "")
        .replace(/\(([HP])(\|\|\1)*\)/g, "$1");
    const isKnown = /^(H(\|\|H)*|P(\|\|P)*|H&&P|P&&H)$/.test(shape);
    return isKnown ? { hosts: [...new Set(hosts)], paths: [...new Set(paths)] } : undefined;
}

/** Two routers often pass on the same requests, one for HTTP and one for HTTPS. */
function withoutDuplicates(routes: DeclaredRoute[]): DeclaredRoute[] {
    const seen = new Set<string>();
    return routes.filter(({ hosts, path = "" }) => {
        const key = JSON.stringify([[...hosts].sort(), path]);
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
    });
}

/** The e-mail address in Traefik's arguments: `certificatesresolvers.<name>.acme.email`. */
export function isAcmeEmail(argument: string): boolean {
    return /^certificatesresolvers\.[^.]+\.acme\.email$/i.test(argument);
}
