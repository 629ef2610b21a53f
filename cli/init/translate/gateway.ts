import { isIP } from "node:net";
import type { DeclaredCertificate, DeclaredGateway, DeclaredLogin, DeclaredRoute } from "../declared.ts";
import { formatPlace } from "../facts.ts";
import { type Arguments, Code, type Component, type Expression, type Question } from "../model.ts";
import { camelCase, type ProgramBuilder } from "../program-builder.ts";
import { codesOf, printOnLine, usesConstant } from "../print.ts";
import type { Report } from "../report.ts";
import { checkedPassword } from "../sources/logins.ts";
import { evaluate } from "../text/template.ts";
import { splitList } from "../text/words.ts";
import { reaches, type Target } from "./targets.ts";

/** Settings of the gateway on the stacks of servers. */
export interface GatewaySettings {
    /** Undefined values are questions. */
    valuesOf: (stack: string) => Record<string, string | number>;
    questionsOf: (stack: string) => { setting: string; question: Omit<Question, "id" | "remedy"> }[];
}

export interface GatewayContext {
    project: string;
    builder: ProgramBuilder;
    report: Report;
    targets: Target[];
    /** Names of the application's processes. */
    processes: string[];
    /** Names of secrets that files of the application declare. */
    declaredSecrets: string[];
    /** Whether the file is for servers: its port is not that of the stack dev. */
    isForServers: boolean;
}

const TLS_SETTING = "gatewayTls";

/** Needs no privileges, and other programs rarely use it. */
const DEVELOPMENT_PORT = 8080;

/** Routes with the same hosts, which are one setting. */
interface HostGroup {
    routes: DeclaredRoute[];
    setting: string;
    constant: Code;
    isList: boolean;
}

/** The endpoint that a route leads to. */
interface RoutedEndpoint {
    target: Target;
    component: Component;
    /** Name of the endpoint, if it is not the main one. */
    endpoint?: string;
}

/** Declares the gateway in front of the services. Undefined if none of its routes leads to one of them. */
export function declareGateway(
    gateway: DeclaredGateway,
    context: GatewayContext,
): GatewaySettings | undefined {
    return new GatewayTranslator(gateway, context).declare();
}

class GatewayTranslator {
    readonly #gateway: DeclaredGateway;
    readonly #context: GatewayContext;
    /** Names of the secrets with passwords, by users and hashes. */
    readonly #passwords = new Map<string, string>();

    constructor(gateway: DeclaredGateway, context: GatewayContext) {
        this.#gateway = gateway;
        this.#context = context;
    }

    declare(): GatewaySettings | undefined {
        const { builder, targets } = this.#context;
        const routed = this.#gateway.routes
            .map((route) => this.#withValidHosts(route))
            .flatMap((route) => {
                const endpoint = route && this.#endpointOf(route);
                return route && endpoint ? [{ route, ...endpoint }] : [];
            });
        if (routed.length === 0) return undefined;
        const groups = this.#groupsOf(routed.map(({ route }) => route));
        const name = targets.some((target) => target.name === "gateway") ? "gateway-proxy" : "gateway";
        const variable = builder.identifier(name, "Component");
        const groupOf = (route: DeclaredRoute) => groups.find((group) => group.routes.includes(route));
        // A route of an application has a host, and the application waits for the gateway.
        const isOfApplication = ({ target, route }: RoutedEndpoint & { route: DeclaredRoute }) =>
            target.kind === "application" &&
            groupOf(route) !== undefined &&
            !routed.some((other) => other.target !== target && reaches(other.target, target));
        const expressionOf = (
            own: RoutedEndpoint & { route: DeclaredRoute },
            to: Record<string, Expression>,
        ) => routeExpression(own.route, this.#withLogins(own.route, to), groupOf(own.route));
        const { port, ip } = this.#addressSettings();
        const tls = this.#tlsArguments(groups);
        const connection = new Code(`${variable}.connection`, [variable]);
        const ofApplication = routed.filter(isOfApplication);
        const others = routed.filter((own) => !isOfApplication(own));
        for (const { target } of others) target.isRouted = true;
        const app = routed.find(({ target }) => target.kind === "application");
        if (app !== undefined) {
            const routes = ofApplication.map((own) =>
                expressionOf(own, { gateway: connection, ...(own.endpoint && { endpoint: own.endpoint }) }),
            );
            if (routes.length > 0) app.component.args.routes = joinRoutes(routes);
            else if (app.target.declared.ports.length === 0) app.component.args.overlap = true;
            this.#unpublish(app, groups);
        }
        builder.component({
            kind: "Gateway",
            name,
            variable,
            args: {
                ...tls,
                http: { port, ip },
                ...this.#trustedProxies(),
                ...(this.#gateway.accessLog && { accessLog: true }),
                ...(others.length > 0 && {
                    routes: joinRoutes(others.map((own) => expressionOf(own, { to: connectionTo(own) }))),
                }),
            },
            dependsOn: [],
        });
        return this.#settings(groups);
    }

    /** Where the route leads to, and who may send requests. */
    #withLogins(
        { service, logins }: DeclaredRoute,
        to: Record<string, Expression>,
    ): Record<string, Expression> {
        if (logins === undefined) return to;
        const users = Object.fromEntries(
            logins.map((login) => [login.user, this.#passwordOf(service, login)]),
        );
        // Without it, the path of the health check would need no password.
        const exempt = to.gateway === undefined ? {} : { exempt: [] };
        return { ...to, basicAuth: { users, ...exempt } };
    }

    /** The secret with the password of a user. Services whose users have the same hash share it. */
    #passwordOf(service: string, login: DeclaredLogin): Code {
        const { user, hash, place } = login;
        const { builder, declaredSecrets } = this.#context;
        const key = JSON.stringify([user, hash]);
        const name =
            this.#passwords.get(key) ??
            builder.unusedSecretName(
                [camelCase(`${user}-password`), camelCase(`${this.#nameOf(service)}-${user}-password`)],
                declaredSecrets,
            );
        this.#passwords.set(key, name);
        const value = checkedPassword(login);
        return builder.secretCode(name, {
            name,
            ...(value !== undefined && { value }),
            source:
                value === undefined
                    ? `the password of ${user}, or its bcrypt hash: ${place.file} has a hash that a Gateway cannot check`
                    : place.file,
            place,
        });
    }

    /** A published port would bring a gap at each deploy: the application keeps only one that a file declares. */
    #unpublish({ target, component }: RoutedEndpoint, groups: HostGroup[]): void {
        const { builder } = this.#context;
        if (target.declared.ports.length > 0) return;
        component.args.publish = undefined;
        removeUnusedSetting(builder, "port");
        const url = builder.outputs.find(({ name }) => name === "url");
        const group = groups.find(({ routes: [route] }) => route?.service === target.declared.name);
        if (url !== undefined) url.value = this.#urlOf(group);
    }

    /** Where a browser finds the application. */
    #urlOf(group: HostGroup | undefined): Code {
        const { settings } = this.#context.builder;
        const constantOf = (setting: string) =>
            settings.find(({ name }) => name === setting)?.constant ?? setting;
        const host =
            group === undefined
                ? constantOf("gatewayIp")
                : group.constant.text + (group.isList ? '.split(",")[0]' : "");
        const http = `\`http://\${${host}}:\${${constantOf("gatewayPort")}}\``;
        if (!this.#gateway.tls) return new Code(http);
        return new Code(`${constantOf(TLS_SETTING)} === "off" ? ${http} : \`https://\${${host}}\``);
    }

    /** The route with the hosts that a gateway takes. */
    #withValidHosts(route: DeclaredRoute): DeclaredRoute | undefined {
        const { hosts, hidden, service, hostsByStack, certificate } = route;
        const { report } = this.#context;
        const { tls, tlsByStack } = this.#gateway;
        // A name that a variable without a value leaves incomplete is still one on the developer's machine.
        const isValid = (host: string, hasTls: boolean) => {
            const name = host.replace(/^\*\.|^\.|\.$/g, "");
            const needsCertificate = hasTls && host.startsWith("*.") && certificate === undefined;
            return (name === "" || isHostName(name)) && !needsCertificate;
        };
        const validOf = (names: string[], hasTls: boolean) => {
            for (const host of names.filter((name) => !isValid(name, hasTls)))
                report.note(
                    `${service}: the host name ${host} is left out: a name with * needs \`certificates\` of the Gateway, and patterns are not supported. Add a route for each host`,
                );
            return names.filter((host) => isValid(host, hasTls));
        };
        const valid = validOf(hosts, tls);
        const validByStack =
            hostsByStack &&
            new Map(
                [...hostsByStack].map(([stack, names]) => [
                    stack,
                    validOf(names, tlsByStack?.get(stack) ?? tls),
                ]),
            );
        const isForAll = hosts.length === 0 && hidden === undefined && hostsByStack === undefined;
        if (isForAll && this.#gateway.tls) {
            report.note(
                `${service}: the route without a host name is left out, because a certificate names its hosts. Add a route with \`host\``,
            );
            return undefined;
        }
        const all = [valid, ...(validByStack?.values() ?? [])].flat();
        if (hosts.length > 0 && all.length === 0) return undefined;
        return { ...route, hosts: valid, ...(validByStack && { hostsByStack: validByStack }) };
    }

    /** The endpoint of the service, which gets the port of the route. */
    #endpointOf({ service, port }: DeclaredRoute): RoutedEndpoint | undefined {
        const { targets, processes, builder, report } = this.#context;
        const app = targets.find(({ kind }) => kind === "application");
        const isProcess = app !== undefined && processes.includes(service);
        const target = isProcess ? app : targets.find(({ declared }) => declared.name === service);
        const component = builder.components.find(({ variable }) => variable === target?.variable);
        if (target === undefined || component === undefined) return undefined;
        if (isProcess) {
            const endpoint = this.#processEndpoint(component, service, port);
            return endpoint === undefined ? undefined : { target, component, endpoint };
        }
        const { kind, scheme } = target;
        const isFirst = port === undefined || port === target.port;
        const isHttp = kind === "application" || /^(https?|tcp)?$/.test(scheme ?? "");
        if (isFirst && isHttp && target.port !== undefined) return { target, component };
        if (port === undefined) {
            report.note(
                `${service}: no file says which of its ports answers HTTP: add a route to its endpoint in the Gateway`,
            );
            return undefined;
        }
        if (target.port === undefined && kind === "service") {
            component.args.port = port;
            return { target, component };
        }
        return { target, component, endpoint: addPort(component.args, `port${port}`, port) };
    }

    #processEndpoint(component: Component, process: string, port: number | undefined): string | undefined {
        const processes = component.args.processes as Record<string, Arguments> | undefined;
        const own = processes?.[process];
        const [first] = Object.entries((own?.ports ?? {}) as Record<string, { port: number }>);
        const number = port ?? first?.[1].port;
        if (own === undefined || number === undefined) {
            this.#context.report.note(
                `${process}: no file says which port it listens on: give it \`ports\`, and add a route to the Gateway`,
            );
            return undefined;
        }
        const name = process.replace(/[^A-Za-z0-9_-]/g, "_");
        return addPort(own, name, number);
    }

    #groupsOf(routes: DeclaredRoute[]): HostGroup[] {
        const groups: HostGroup[] = [];
        for (const route of routes) {
            const hosts = JSON.stringify([route.service, route.hosts]);
            const group = groups.find(
                ({ routes: [first] }) => JSON.stringify([first?.service, first?.hosts]) === hosts,
            );
            if (group) group.routes.push(route);
            else if (route.hosts.length > 0 || route.hidden !== undefined || route.hostsByStack !== undefined)
                groups.push(this.#groupOf(route));
        }
        return groups;
    }

    #groupOf(route: DeclaredRoute): HostGroup {
        const { builder, project } = this.#context;
        const { hosts, hostsByStack } = route;
        const service = this.#nameOf(route.service);
        const isList = [hosts, ...(hostsByStack?.values() ?? [])].some((names) => names.length > 1);
        const known = hosts.length > 0 ? hosts : [[...(hostsByStack?.values() ?? [])][0]?.[0] ?? project];
        const base = `${camelCase(service)}Host${isList ? "s" : ""}`;
        let setting = base;
        for (let i = 2; builder.settings.some(({ name }) => name === setting); i++) setting = `${base}${i}`;
        const local = known.map((host) => localName(host, service));
        const description = isList
            ? `Host names of ${service}, separated by commas`
            : `Host name of ${service}`;
        const constant = builder.setting(setting, "string", description, [...new Set(local)].join(","));
        return { routes: [route], setting, constant, isList };
    }

    /** Name of the component: an application has its own, whatever its web process is called. */
    #nameOf(service: string): string {
        return this.#context.targets.find(({ declared }) => declared.name === service)?.name ?? service;
    }

    #addressSettings(): { port: Code; ip: Code } {
        const { builder, isForServers, report } = this.#context;
        const { httpPort } = this.#gateway;
        const initial = this.#unusedPort(isForServers ? DEVELOPMENT_PORT : (httpPort ?? DEVELOPMENT_PORT));
        report.note(
            `The gateway of the stack dev is at http://127.0.0.1:${initial}, without TLS. Browsers resolve names below .localhost to this machine`,
        );
        return {
            port: builder.setting("gatewayPort", "integer", "Port of the gateway for HTTP", initial),
            ip: builder.setting("gatewayIp", "string", "IP address that the gateway listens on", "127.0.0.1"),
        };
    }

    /** The first port from this one on that no component of the stack dev publishes. */
    #unusedPort(port: number): number {
        const { builder, targets } = this.#context;
        const used = new Set([
            ...builder.settings.map((setting) => Number(setting.default)),
            ...targets.flatMap(({ declared }) =>
                declared.ports.map(({ published }) => Number(published && evaluate(published))),
            ),
        ]);
        while (used.has(port)) port++;
        return port;
    }

    #tlsArguments(groups: HostGroup[]): Arguments {
        const { builder } = this.#context;
        const { tls, email } = this.#gateway;
        if (!tls) return { tls: new Code("Tls.Off", [], ["Tls"]) };
        const description =
            "Certificates of the gateway: auto (from a public authority), internal (its own), or off (HTTP only)";
        const { text } = builder.setting(TLS_SETTING, "string", description, "off");
        return {
            tls: new Code(`${text} as Tls`, [], ["Tls"]),
            ...(email !== undefined && {
                email: new Code(`${text} === "auto" ? ${JSON.stringify(email)} : undefined`),
            }),
            ...this.#certificateArguments(groups, text),
        };
    }

    /** The user's certificates: those of servers are for other hosts than those of the stack dev. */
    #certificateArguments(groups: HostGroup[], tls: string): Arguments {
        const entries = groups.flatMap((group) => {
            const certificate = group.routes.find((route) => route.certificate)?.certificate;
            return certificate === undefined ? [] : this.#certificateEntry(group, certificate);
        });
        if (entries.length === 0) return {};
        return {
            certificates: new Code(
                [`${tls} === "auto" ? {`, ...entries, "} : undefined"].join("\n  "),
                [],
                ["config"],
            ),
        };
    }

    /** Lines of code. */
    #certificateEntry({ constant, isList }: HostGroup, { certificate, key }: DeclaredCertificate): string[] {
        const secret = (name: string) =>
            this.#context.builder.secretCode(name, {
                name,
                source: ".kamal/secrets",
                onlyWith: { setting: TLS_SETTING, value: "auto" },
            }).text;
        const pair = [`  certificate: ${secret(certificate)},`, `  key: ${secret(key)},`];
        const lines = isList
            ? [`...Object.fromEntries(${constant.text}.split(",").map((host) => [host, {`, ...pair, "}])),"]
            : [`[${constant.text}]: {`, ...pair, "},"];
        return lines.map((line) => `  ${line}`);
    }

    #trustedProxies(): Arguments {
        const { behindProxy } = this.#gateway;
        if (behindProxy === undefined) return {};
        const answer = this.#context.builder.decide({
            id: "trusted proxies",
            message: `Which proxies are in front of the gateway? (${formatPlace(behindProxy)} trusts their headers; networks such as 10.0.0.0/8, separated by commas)`,
            check: checkNetworks,
            remedy: 'set `trustedProxies` of the Gateway in infra/index.ts, for example `trustedProxies: ["10.0.0.0/8"]`',
        });
        return answer === undefined ? {} : { trustedProxies: splitList(answer) };
    }

    #settings(groups: HostGroup[]): GatewaySettings {
        const { tls, tlsByStack, httpPort } = this.#gateway;
        const hostsOn = (stack: string, { routes: [route] }: HostGroup) =>
            route?.hostsByStack?.get(stack) ?? route?.hosts ?? [];
        return {
            valuesOf: (stack) => ({
                ...Object.fromEntries(
                    groups
                        .map((group) => [group.setting, hostsOn(stack, group).join(",")] as const)
                        .filter(([, names]) => names !== ""),
                ),
                ...(tls && { [TLS_SETTING]: (tlsByStack?.get(stack) ?? true) ? "auto" : "off" }),
                gatewayPort: httpPort ?? 80,
                gatewayIp: "0.0.0.0",
            }),
            questionsOf: (stack) =>
                groups
                    .filter((group) => hostsOn(stack, group).length === 0)
                    .map(({ setting, routes: [route] }) => ({
                        setting,
                        question: {
                            message: `Which host name does ${this.#nameOf(route?.service ?? "")} have on the stack ${stack}?${
                                route?.hidden === undefined
                                    ? " (the file has a placeholder)"
                                    : ` (it is computed by <%= ${route.hidden} %>, which is not run)`
                            }`,
                            check: (answer) =>
                                splitList(answer).every(isHostName)
                                    ? undefined
                                    : `${answer} is not a host name; write it like shop.example.com`,
                        },
                    })),
        };
    }
}

/** @param to the gateway or the endpoint */
function routeExpression(
    route: DeclaredRoute,
    to: Record<string, Expression>,
    group: HostGroup | undefined,
): Expression {
    const { path, stripPath, timeout, maxBody } = route;
    const { gateway, ...target } = to;
    const before = gateway === undefined ? {} : { gateway };
    const after: Record<string, Expression> = {
        ...(path !== undefined && { path }),
        ...target,
        ...(stripPath && path !== undefined && { stripPath }),
        ...(timeout !== undefined && { timeout }),
        ...(maxBody !== undefined && { maxBody: toBodySize(maxBody) }),
    };
    if (group === undefined) return { ...before, ...after };
    const { constant, isList } = group;
    if (!isList) return { ...before, host: constant, ...after };
    const object = { ...before, host: new Code("host"), ...after };
    const codes = codesOf(object);
    return new Code(
        `...${constant.text}.split(",").map((host) => (${printOnLine(object)}))`,
        codes.flatMap(({ uses }) => uses),
        codes.flatMap(({ imports }) => imports),
    );
}

function removeUnusedSetting({ settings, components }: ProgramBuilder, name: string): void {
    const index = settings.findIndex((setting) => setting.name === name);
    const { constant } = settings[index] ?? {};
    if (constant === undefined) return;
    const codes = components.flatMap(({ args }) => Object.values(args).flatMap(codesOf));
    if (!codes.some(({ text }) => usesConstant(text, constant))) settings.splice(index, 1);
}

/** A list of routes, of which some are for several hosts. */
function joinRoutes(routes: Expression[]): Expression {
    const [only] = routes;
    return routes.length === 1 && only instanceof Code
        ? new Code(only.text.replace(/^\.\.\./, ""), only.uses, only.imports)
        : routes;
}

function connectionTo({ target: { kind, variable }, component, endpoint }: RoutedEndpoint): Code {
    if (endpoint !== undefined) return requireEndpoint(component, endpoint);
    return new Code(`${variable}.${kind === "application" ? "endpoint" : "connection"}`, [variable]);
}

/** The same number as in the file where it has whole megabytes, although a megabyte of the gateway has 1024 times 1024 bytes. */
export function toBodySize(bytes: number): string {
    for (const [unit, sizes] of [
        ["g", [1024 ** 3, 1000 ** 3]],
        ["m", [1024 ** 2, 1000 ** 2]],
    ] as const)
        for (const size of sizes) if (bytes % size === 0) return `${bytes / size}${unit}`;
    return `${Math.ceil(bytes / 1024)}k`;
}

/** Adds a port that answers HTTP to an application, a process or a service. Returns its name. */
function addPort(args: Arguments, name: string, port: number): string {
    const ports = (args.ports ?? {}) as Record<string, { port: number; scheme?: string }>;
    const own = Object.entries(ports).find(([, declared]) => declared.port === port)?.[0] ?? name;
    args.ports = { ...ports, [own]: { port, ...ports[own], scheme: "http" } };
    return own;
}

function requireEndpoint({ variable }: Component, name: string): Code {
    return new Code(
        `requireEndpoint(${variable}.endpoints, ${JSON.stringify(name)})`,
        [variable],
        ["requireEndpoint"],
    );
}

/** The name on the developer's machine: browsers resolve names below `.localhost` to it. */
function localName(host: string, service: string): string {
    const name = host.replace(/^\*?\.|\.$/g, "");
    if (name === "localhost" || name.endsWith(".localhost")) return name;
    return `${isHostName(name) ? name : service.replace(/[^A-Za-z0-9-]/g, "-")}.localhost`;
}

function isHostName(name: string): boolean {
    return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(name);
}

function checkNetworks(answer: string): string | undefined {
    const wrong = splitList(answer).find((network) => isIP(network.replace(/\/\d{1,3}$/, "")) === 0);
    return wrong === undefined
        ? undefined
        : `${wrong} is not an IP address or a network; write it like 10.0.0.0/8`;
}
