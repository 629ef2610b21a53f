/** Reads the labels that tell Traefik which requests to pass on to a container. */
import type { DeclaredGateway, DeclaredLogin, DeclaredRoute } from "../declared.ts";
import type { Place } from "../facts.ts";
import type { Report } from "../report.ts";
import { splitList } from "../text/words.ts";
import { hasSameLogins, parseLogins } from "./logins.ts";
import { passesOn, type ProtectedRequests } from "./protected.ts";

/** Labels by name, with their values on this machine. */
export type Labels = Map<string, { value: string; place: Place }>;

const PREFIX = "traefik.";

export function isTraefikLabel(label: string): boolean {
    return label.toLowerCase().startsWith(PREFIX);
}

/** Kinds of middlewares that restrict no requests: without them, a service is no more exposed than before. */
const HARMLESS =
    /^(buffering|circuitbreaker|compress|contenttype|errors|grpcweb|headers|inflightreq|passtlsclientcert|ratelimit|redirectscheme|retry|stripprefix)$/;

/** Traefik's own services, which get no route. */
const OWN_SERVICE = /^(api|dashboard|ping|prometheus|rest)@internal$/i;

/** Ports of entry points by their usual names, if no argument has their address. */
const DEFAULT_PORTS: Record<string, number | undefined> = { http: 80, web: 80, https: 443, websecure: 443 };

/** The configuration of Traefik itself. */
export interface TraefikProxy {
    /** Values of the arguments, by lower-case names without dashes. */
    args: Map<string, string>;
    /** Whether a port of the container is published on all addresses. Undefined for a port that is not known. */
    isPublic: (port?: number) => boolean;
    /** A file with more settings, which is not read. */
    file?: string;
    /** Reads a file by its path in the container. */
    read?: (path: string) => { text: string; place: Place } | undefined;
}

/** Reads the arguments of Traefik: `--entrypoints.web.address=:80`. */
export function readTraefikArguments(words: string[]): Map<string, string> {
    return new Map(
        words.flatMap((word) => {
            const [, name, value = ""] = /^-{0,2}([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
            return name === undefined ? [] : [[name.toLowerCase(), value] as const];
        }),
    );
}

/**
 * Reads the labels of services, and reports each.
 *
 * @param others labels of Traefik itself and of services without routes, which may define middlewares
 */
export function readTraefikLabels(
    services: { name: string; labels: Labels }[],
    others: Labels[],
    proxy: TraefikProxy,
    report: Report,
): Pick<DeclaredGateway, "routes" | "tls"> {
    const all: Labels = new Map(
        [...others, ...services.map(({ labels }) => labels)].flatMap((own) => [...own]),
    );
    const context = { all, proxy, report };
    const readers = services.map(({ name, labels }) => new LabelReader(name, labels, context));
    const guarded = [...readers, ...others.map((labels) => new LabelReader("", labels, context))].flatMap(
        (reader) => reader.guarded(),
    );
    const facts = readers.map((reader) => reader.read(guarded));
    return { routes: facts.flatMap(({ routes }) => routes), tls: facts.some(({ tls }) => tls) };
}

/** Requests that a router passes on only with a protection. */
interface GuardedRequests extends ProtectedRequests {
    router: string;
    reader: LabelReader;
}

interface LabelContext {
    /** Labels of all services. */
    all: Labels;
    proxy: TraefikProxy;
    report: Report;
}

class LabelReader {
    /** Empty for labels that become no route. */
    readonly #service: string;
    readonly #labels: Labels;
    readonly #all: Labels;
    readonly #proxy: TraefikProxy;
    readonly #report: Report;

    constructor(service: string, labels: Labels, { all, proxy, report }: LabelContext) {
        this.#service = service;
        this.#all = all;
        this.#proxy = proxy;
        this.#report = report;
        this.#labels = new Map([...labels].filter(([label]) => isTraefikLabel(label)));
    }

    /** What routers with a protection pass on. */
    guarded(): GuardedRequests[] {
        if (this.#isDisabled()) return [];
        return this.#routers().flatMap((router) => {
            const isOwn = OWN_SERVICE.test(this.#value(`traefik.http.routers.${router}.service`) ?? "");
            const hasOtherProtection = this.#protectionOf(router) !== undefined;
            // The same login on another router does not replace, for example, a list of allowed addresses.
            const logins = hasOtherProtection ? undefined : this.#loginsOf(router);
            if (isOwn || (!hasOtherProtection && logins === undefined)) return [];
            const own = { router, reader: this };
            const rule = this.#value(`traefik.http.routers.${router}.rule`) ?? "";
            const parsed = parseRule(rule);
            if (parsed === undefined) return [{ ...own, hosts: hostsIn(rule) }];
            const { hosts, paths } = parsed;
            // With a priority, the router may also win over longer paths.
            if (this.#value(`traefik.http.routers.${router}.priority`) !== undefined)
                return [{ ...own, hosts, logins }];
            return (paths.length === 0 ? ["/"] : paths).map((path) => ({ ...own, hosts, path, logins }));
        });
    }

    /** Whether the router becomes a route. */
    hasRoute(router: string, guarded: GuardedRequests[]): boolean {
        const rule = parseRule(this.#value(`traefik.http.routers.${router}.rule`) ?? "");
        return (
            this.#service !== "" &&
            rule !== undefined &&
            this.#obstacleOf(router, rule, guarded) === undefined
        );
    }

    read(guarded: GuardedRequests[]): Pick<DeclaredGateway, "routes" | "tls"> {
        const isDisabled = this.#isDisabled();
        const routes = isDisabled
            ? []
            : this.#routers().flatMap((router) => this.#route(router, guarded) ?? []);
        const tls = [...this.#labels].some(
            ([label, { value }]) =>
                /^traefik\.http\.routers\.[^.]+\.tls($|\.)/i.test(label) && value !== "false",
        );
        this.#reportOthers();
        return { routes: withoutDuplicates(routes), tls };
    }

    #isDisabled(): boolean {
        const byDefault = [...this.#proxy.args].some(
            ([name, value]) =>
                /^providers\.(docker|swarm)\.exposedbydefault$/.test(name) && /^(false|f|0)$/i.test(value),
        )
            ? "false"
            : "true";
        return !/^(true|t|1)$/i.test(this.#value("traefik.enable") ?? byDefault);
    }

    #value(label: string): string | undefined {
        return valueOf(this.#labels, label);
    }

    /** The value of a label that any service may have. */
    #definition(label: string): string | undefined {
        return valueOf(this.#all, label);
    }

    #routers(): string[] {
        return [...this.#labels.keys()].flatMap(
            (label) => /^traefik\.http\.routers\.([^.]+)\.rule$/i.exec(label)?.slice(1) ?? [],
        );
    }

    #route(router: string, guarded: GuardedRequests[]): DeclaredRoute | undefined {
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
        const obstacle = this.#obstacleOf(router, parsed, guarded);
        if (obstacle !== undefined) {
            this.#row(`${at}.rule`, obstacle.outcome, obstacle.note);
            return undefined;
        }
        const { hosts, paths } = parsed;
        const [path] = paths;
        const logins = this.#loginsOf(router);
        const names = hosts.length > 0 ? `the host names ${hosts.join(", ")}` : "all host names";
        this.#row(`${at}.rule`, "taken", `${names}: a setting of the stack`, "Gateway.routes");
        return {
            service: this.#service,
            hosts,
            ...(path !== undefined && path !== "/" && { path }),
            ...this.#port(router),
            ...this.#middlewares(this.#middlewaresOf(router), path),
            ...(logins && { logins }),
        };
    }

    /** Why a router gets no route. Undefined if it gets one. */
    #obstacleOf(
        router: string,
        { hosts, paths }: Rule,
        guarded: GuardedRequests[],
    ): { outcome: "changed" | "left out"; note: string } | undefined {
        const [path, ...otherPaths] = paths;
        const logins = this.#loginsOf(router);
        const covered = guarded.find(
            (own) =>
                own.router !== router &&
                passesOn({ hosts, path: path === "/" ? "" : path }, own) &&
                (logins === undefined || !hasSameLogins(own.logins, logins)),
        );
        const isReplaced =
            logins === undefined &&
            covered?.logins !== undefined &&
            isFor(covered, hosts, path) &&
            covered.reader.hasRoute(covered.router, guarded);
        if (isReplaced)
            return {
                outcome: "changed",
                note: `the route of the router ${covered.router} serves these requests`,
            };
        const protection =
            this.#protectionOf(router) ??
            (covered && `would also pass on what the router ${covered.router} protects`);
        if (protection !== undefined)
            return {
                outcome: "left out",
                note: `${protection}, so there is no route: add one with \`basicAuth\`, or protect the application itself`,
            };
        return otherPaths.length === 0
            ? undefined
            : { outcome: "left out", note: "has several paths: add a route to a Gateway for each" };
    }

    /** Users of the only login that a router asks for. */
    #loginsOf(router: string): DeclaredLogin[] | undefined {
        const [login, another] = this.#middlewaresOf(router)
            .map((middleware) => middleware.replace(/@.*$/, ""))
            .filter((name) => this.#kindsOf(name).includes("basicauth"));
        return login === undefined || another !== undefined ? undefined : this.#usersOf(login);
    }

    /** Users of a middleware. */
    #usersOf(middleware: string): DeclaredLogin[] | undefined {
        const at = `traefik.http.middlewares.${middleware}.basicauth`;
        const [users, path] = ["users", "usersfile"].map((key) => entryOf(this.#all, `${at}.${key}`));
        const file = path && this.#proxy.read?.(path.value);
        if (path !== undefined && file === undefined) return undefined;
        const lists = [
            ...(users ? [parseLogins(users.value.split(","), users.place)] : []),
            ...(file ? [parseLogins(file.text.split("\n"), file.place)] : []),
        ];
        const all = lists.flatMap((list) => list ?? []);
        return all.length === 0 || lists.includes(undefined) ? undefined : all;
    }

    /** Why a route would expose more than Traefik does. */
    #protectionOf(router: string): string | undefined {
        const at = `traefik.http.routers.${router}`;
        const middlewares = this.#middlewaresOf(router);
        if (middlewares.length === 0 && this.#value(`${at}.middlewares`) !== undefined)
            return "has middlewares whose names are not known";
        for (const middleware of middlewares) {
            const [name = "", provider = "docker"] = middleware.split("@");
            const kinds = /^(docker|swarm)$/i.test(provider) ? this.#kindsOf(name) : [];
            if (kinds.length === 0) return `is behind the middleware ${middleware}, which no label defines`;
            const guards = kinds.filter((kind) => !HARMLESS.test(kind));
            const isLogin = guards.length > 0 && guards.every((kind) => kind === "basicauth");
            if (isLogin && this.#loginsOf(router) !== undefined) continue;
            if (isLogin) return `asks for a login (the middleware ${name})`;
            if (guards.length > 0) return `is behind the middleware ${name}, which a Gateway does not have`;
        }
        if (this.#value(`${at}.tls.options`) !== undefined)
            return "has `tls.options`, which a Gateway does not have";
        const service = this.#value(`${at}.service`);
        if (service !== undefined && /@(?!(docker|swarm)$)/i.test(service))
            return `uses the service ${service}, which no label defines`;
        return this.#protectionOfEntryPoints(router);
    }

    #protectionOfEntryPoints(router: string): string | undefined {
        const { args, isPublic, file } = this.#proxy;
        if (file !== undefined) return `depends on Traefik's file ${file}, which is not read`;
        const names = this.#entryPointsOf(router);
        const guarded = names.find((name) =>
            [...args.keys()].some((arg) =>
                ["middlewares", "tls.options"].some((key) =>
                    arg.startsWith(`entrypoints.${name}.http.${key}`),
                ),
            ),
        );
        if (guarded !== undefined)
            return `is behind the entry point ${guarded}, whose middlewares or TLS options a Gateway does not have`;
        const portOf = (name: string) => {
            const [, port] = /:(\d+)(?:\/|$)/.exec(args.get(`entrypoints.${name}.address`) ?? "") ?? [];
            return port === undefined ? DEFAULT_PORTS[name] : Number(port);
        };
        return names.some((name) => isPublic(portOf(name)))
            ? undefined
            : `is behind the entry point ${names.join(", ")}, which is not published on all addresses`;
    }

    /** Without the label, a router is on all entry points, or on those that are the default. */
    #entryPointsOf(router: string): string[] {
        const own = splitList(this.#value(`traefik.http.routers.${router}.entrypoints`) ?? "");
        if (own.length > 0) return own.map((name) => name.toLowerCase());
        const args = [...this.#proxy.args];
        const defaults = args.flatMap(([arg, value]) =>
            value === "false" ? [] : (/^entrypoints\.([^.]+)\.asdefault$/.exec(arg)?.slice(1) ?? []),
        );
        const all = args.flatMap(([arg]) => /^entrypoints\.([^.]+)\./.exec(arg)?.slice(1) ?? []);
        const names = [...new Set(defaults.length > 0 ? defaults : all)].filter((name) => name !== "traefik");
        return names.length > 0 ? names : ["http"];
    }

    #middlewaresOf(router: string): string[] {
        return splitList(this.#value(`traefik.http.routers.${router}.middlewares`) ?? "");
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
        for (const name of names.map((own) => own.replace(/@.*$/, ""))) {
            const at = `traefik.http.middlewares.${name}`;
            const prefixes = this.#definition(`${at}.stripprefix.prefixes`);
            if (prefixes !== undefined && prefixes === path) {
                found.stripPath = true;
                this.#row(`${at}.stripprefix.prefixes`, "taken", "", "GatewayRouteArgs.stripPath");
            }
            const bytes = Number(this.#definition(`${at}.buffering.maxrequestbodybytes`));
            if (bytes > 0) {
                found.maxBody = bytes;
                this.#row(`${at}.buffering.maxrequestbodybytes`, "taken", "", "GatewayRouteArgs.maxBody");
            }
        }
        return found;
    }

    #kindsOf(middleware: string): string[] {
        const prefix = `traefik.http.middlewares.${middleware}.`.toLowerCase();
        return [...this.#all.keys()].flatMap((label) =>
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
            else if (/\.basicauth\.users(file)?$/i.test(label)) this.#reportLogin(label);
            else if (/\.redirectscheme\./i.test(label))
                this.#row(label, "changed", "with TLS, the gateway redirects HTTP to HTTPS", "Gateway.tls");
            else this.#row(label, "left out", "the label is not understood: Drydock runs no Traefik");
        }
    }

    #reportLogin(label: string): void {
        const [, middleware = ""] = /\.middlewares\.([^.]+)\./i.exec(label) ?? [];
        if (this.#usersOf(middleware) === undefined)
            this.#row(label, "left out", "no file has the users: add a route with `basicAuth` to a Gateway");
        else
            this.#row(label, "taken", "the passwords are secrets of the stack", "GatewayRouteArgs.basicAuth");
    }

    #nameOf(label: string): string {
        return [...this.#labels.keys()].find((name) => name.toLowerCase() === label.toLowerCase()) ?? label;
    }

    #row(label: string, outcome: "taken" | "changed" | "left out", note: string, argument = ""): void {
        const name = this.#nameOf(label);
        const key = `labels.${name}`;
        if (!this.#labels.has(name) || this.#report.has(this.#service, key)) return;
        const place = this.#labels.get(name)?.place;
        this.#report.add({ service: this.#service, key, outcome, argument, note, place });
    }
}

function entryOf(labels: Labels, label: string): { value: string; place: Place } | undefined {
    return [...labels].find(([name]) => name.toLowerCase() === label.toLowerCase())?.[1];
}

function valueOf(labels: Labels, label: string): string | undefined {
    return entryOf(labels, label)?.value;
}

/** Whether the protected requests are exactly those of these hosts and this path. */
function isFor(requests: ProtectedRequests, hosts: string[], path = "/"): boolean {
    const [one, other] = [requests.hosts, hosts].map((names) => [...names].sort().join());
    return one === other && requests.path === path;
}

/** The hosts of a rule that is not understood. Empty if it may be for all hosts. */
function hostsIn(rule: string): string[] {
    const isForOthers = /HostRegexp|HostSNI|!/i.test(rule);
    return isForOthers
        ? []
        : [...rule.matchAll(/\bHost\(([^()]*)\)/g)].flatMap(([, values = ""]) =>
              [...values.matchAll(/[`"']([^`"']*)[`"']/g)].map(([, name = ""]) => name),
          );
}

interface Rule {
    hosts: string[];
    paths: string[];
}

/** Hosts and paths of a rule: `Host(a) || Host(b)`, `(Host(a) || Host(b)) && PathPrefix(c)`. Undefined for any other. */
function parseRule(rule: string): Rule | undefined {
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
