import { isIP } from "node:net";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerArgs } from "../container/container-args.ts";
import { loadEnvFiles } from "../container/env-files.ts";
import { validateContainer } from "../container/container-args.ts";
import { Engine } from "../engines/engine.ts";
import { validateEngine } from "../engines/index.ts";
import { containerOf, Service, type ServiceArgs } from "../service/service.ts";
import { requireConnection, type ServiceConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { physicalName, volumeName } from "../shared/names.ts";
import { Protocol } from "../shared/ports.ts";
import type { PublishArgs } from "../shared/publish.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import { withDependency } from "../shared/readiness.ts";
import {
    isBoolean,
    isDockerName,
    isOneOf,
    isPort,
    isString,
    isUnknown,
    matches,
    quote,
    refuse,
    reportErrorsOn,
    required,
    type Rule,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { createHasher, type Logins } from "./basic-auth.ts";
import {
    ACME_ROOT,
    formatCaddyfile,
    formatRoutes,
    formatSettings,
    type GatewayOptions,
    type ResolvedRoute,
    siteAddress,
} from "./caddyfile.ts";
import { type CertificateArgs, resolveCertificates, validateCertificates } from "./certificates.ts";
import { ASSETS_DIRECTORY } from "./directories.ts";
import { GATEWAY_LABEL } from "./labels.ts";
import { type GatewayRouteArgs, hostKey, validateEndpoint, validateRoutes } from "./routes.ts";
import { gatewayScript, IGNORED_OWNER_CHANGES, refuseLargeRoutes } from "./scripts.ts";
import { type CreatedGateway, createSwarmGateway, type GatewaySwarmArgs } from "./swarm/swarm-gateway.ts";
import { type AcmeArgs, Tls, tlsOptions, usesAcme } from "./tls.ts";

export interface GatewayArgs extends ContainerArgs {
    /** Routes, by host name and path. Changing them reloads the gateway: its container and open requests stay.
     *  @default none */
    routes?: GatewayRouteArgs[];
    /** Where certificates come from. @default `Tls.Auto` */
    tls?: Tls;
    /** Email address that the certificate authority uses to report problems. */
    email?: string;
    /** Certificates of your own, by host name: `shop.example.com`, or `*.example.com` for all names one level below. `tls`
     *  decides where all other hosts get theirs. Changing them reloads the gateway. @default none */
    certificates?: Record<string, CertificateArgs>;
    /** Whether a host name must point to this gateway before its certificate is requested. To find out, the gateway sends a
     *  request to port 80 of the host name. Set it to false if the machine cannot reach its own public address.
     *  @default true */
    checkHosts?: boolean;
    /** Your own certificate authority, for example in a private network. @default Let's Encrypt and ZeroSSL */
    acme?: AcmeArgs;
    /** Where the gateway listens for HTTP. @default port 80 on all addresses of the host */
    http?: PublishArgs;
    /** Where the gateway listens for HTTPS, with TCP and UDP (HTTP/3). @default port 443 on the address of `http` */
    https?: PublishArgs;
    /** Networks of trusted proxies in front of the gateway, in CIDR notation. The address of the client is taken from their
     *  `X-Forwarded-For` header. @default none */
    trustedProxies?: string[];
    /** Writes a line of JSON for each request to the log of the container. @default false */
    accessLog?: boolean;
    /** Image of Caddy 2. @default `caddy:2` */
    image?: pulumi.Input<string>;
    /** Refuses every update that would delete the volumes with the certificates and the routes, until this is false. @default false */
    protectData?: boolean;
    /** Engine that runs the gateway. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs the gateway. No effect with `Engine.Docker`. */
    swarm?: GatewaySwarmArgs;
}

/** Arguments that would stop the container from being a gateway. */
const REFUSED_ARGUMENTS = ["command", "entrypoint", "user", "readOnly"] as const;

const CADDYFILE = "/etc/caddy/Caddyfile";

const IMAGE = "caddy:2";

/** Ports of `ask` (compose-routes.sh) and of Caddy's admin API. */
const INTERNAL_PORTS = [2018, 2019];

const isNetworkRange: Rule = (value) => {
    const [, address = "", prefix = "0"] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(value)) ?? [];
    const bits = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return Number(prefix) <= bits
        ? undefined
        : `${quote(value)} is not an IP address or a network; write it like 10.0.0.0/8`;
};

const isHttpsUrl = matches(
    /^https:\/\/[\w.:-]+(\/[\w./~-]*)?$/,
    "is not an https:// URL; write it like https://ca.example.com/acme/acme/directory",
);

const isEmail = matches(/^[^\s@{}"]+@[^\s@{}"]+$/, "is not an email address");

/**
 * A reverse proxy (Caddy) that routes requests by host name and path, and terminates TLS.
 *
 * @example
 * const shop = new WebApp("shop", { image: "shop:1.2", aliases: ["web"] });
 * new Gateway("front", {
 *     email: "ops@example.com",
 *     routes: [
 *         { host: "shop.example.com", to: shop.endpoint },
 *         { host: "www.shop.example.com", redirect: "https://shop.example.com" },
 *     ],
 * });
 */
export class Gateway extends pulumi.ComponentResource {
    /** Connection for the `routes` of applications, which may be in other stacks. Resolves once the gateway runs. */
    public readonly connection: pulumi.Output<ServiceConnection>;
    /** Host address and port for HTTP, for example `localhost:80`. */
    public readonly httpAddress: pulumi.Output<string>;
    /** Host address and port for HTTPS, for example `localhost:443`. Empty with `Tls.Off`. */
    public readonly httpsAddress: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: GatewayArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:Gateway", name, {}, opts);
        args = convertToDeclaredTypes("Gateway", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("Gateway", args);
            args = loadEnvFiles(args);
            validateGateway(name, args);
            if (args.engine === Engine.Swarm) reserveOnSwarm(name, this);
        });
        const create = args.engine === Engine.Swarm ? createOnSwarm : createOnDocker;
        const { connection, httpAddress, httpsAddress } = create(name, args, this);
        this.connection = connection;
        this.httpAddress = httpAddress;
        this.httpsAddress = httpsAddress;
        this.registerOutputs({ connection, httpAddress, httpsAddress });
    }
}

function createOnDocker(name: string, args: GatewayArgs, parent: Gateway): CreatedGateway {
    const options = gatewayOptions(args);
    const server = new Service(name, serviceArgs(args, options), { parent });
    const routes = createRoutes(name, args, options, server, parent);
    return {
        // Applications remove their routes before the gateway is deleted.
        connection: withDependency(pulumi.unsecret(server.connection), routes),
        httpAddress: server.address,
        httpsAddress: server.endpoints.apply(({ https }) => https?.address ?? ""),
    };
}

function createOnSwarm(name: string, args: GatewayArgs, parent: Gateway): CreatedGateway {
    const options = { ...gatewayOptions(args), onSwarm: true };
    const container = { ...args, image: args.image ?? IMAGE, files: gatewayFiles(args, options) };
    const resolved = resolveRoutes(name, args, parent);
    const routes = {
        networks: pulumi.unsecret(resolved).apply(networksOf),
        lines: formatOwnRoutes(args, options, resolved, parent),
    };
    return createSwarmGateway(name, container, options, CADDYFILE, routes, parent);
}

function validateGateway(name: string, args: GatewayArgs): void {
    validate({
        name: [name, isDockerName],
        tls: [args.tls, isOneOf(Object.values(Tls))],
        email: [args.email, isEmail],
        accessLog: [args.accessLog, isBoolean],
        checkHosts: [args.checkHosts, isBoolean],
    });
    for (const key of ["http", "https"] as const) {
        validateObject(key, args[key], "{ port: 8080 }");
        const port = args[key]?.port;
        if (isUnknown(port))
            refuse(
                `${key}.port`,
                "must be a number and not an Output: Caddy listens on it; leave it out for the default",
            );
        validate({ [`${key}.port`]: [port, isPort] });
        if (INTERNAL_PORTS.includes(Number(port)))
            refuse(
                `${key}.port`,
                `${Number(port)} is a port of Caddy itself in the container; use another one`,
            );
    }
    if (args.trustedProxies !== undefined && !Array.isArray(args.trustedProxies))
        refuse("trustedProxies", 'must be a list, for example ["10.0.0.0/8"]');
    args.trustedProxies?.forEach((range, i) => {
        validate({ [`trustedProxies[${i}]`]: [range, isNetworkRange] });
    });
    for (const key of REFUSED_ARGUMENTS)
        if (args[key] !== undefined)
            refuse(key, "the container would not be a gateway; leave it out, or use a Service");
    if (args.http?.port !== undefined && args.http.port === args.https?.port)
        refuse("https.port", "is also the port for HTTP; use another one for one of the two");
    validateObject("files", args.files, '{ "/srv/robots.txt": { source: "robots.txt" } }');
    if (args.files !== undefined && CADDYFILE in args.files)
        refuse(
            `files.${CADDYFILE}`,
            "the gateway writes it; use routes, or a Service for a configuration of your own",
        );
    validateRoutes(args.routes);
    validateTls(args);
    validateEngine({ engine: args.engine, swarm: args.swarm });
    if (args.engine === Engine.Swarm) validateOnSwarm(args);
}

function validateOnSwarm(args: GatewayArgs): void {
    const { tls = Tls.Auto, swarm, mounts, protectData, http, https } = args;
    validateContainer(args);
    validate({ protectData: [protectData, isBoolean] });
    validateEngine(args);
    for (const [key, publish] of Object.entries({ http, https }))
        if (publish?.ip !== undefined)
            refuse(`${key}.ip`, "a Swarm publishes on all addresses of its nodes; leave it out");
    if (mounts !== undefined)
        refuse("mounts", "a volume is on one node of a Swarm, and a gateway on each; use files");
    if (tls !== Tls.Off) return;
    if (swarm?.node !== undefined)
        refuse(
            "swarm.node",
            `with tls ${quote(Tls.Off)}, a gateway runs on each node; use constraints, for example ["node.hostname == ${swarm.node}"]`,
        );
    if (protectData)
        refuse(
            "protectData",
            `has no effect on a Swarm with tls ${quote(Tls.Off)}: there are no certificates`,
        );
}

function reserveOnSwarm(name: string, gateway: Gateway): void {
    reserveContainerName(gateway, name, "name", `the gateway ${name}`);
    reserveContainerName(gateway, `${name}-routes`, "name", `the routes of the gateway ${name}`);
}

function validateTls(args: GatewayArgs): void {
    const { tls = Tls.Auto, routes = [], email, acme, https, certificates, checkHosts } = args;
    if (tls === Tls.Off)
        for (const [key, value] of Object.entries({ https, certificates }))
            if (value !== undefined) refuse(key, `has no effect with tls ${quote(Tls.Off)}; leave it out`);
    if (!usesAcme(tls))
        for (const [key, value] of Object.entries({ email, acme, checkHosts }))
            if (value !== undefined) refuse(key, `has no effect with tls ${quote(tls)}; leave it out`);
    validateObject("acme", acme, '{ directory: "https://ca.example.com/acme/acme/directory" }');
    if (acme !== undefined) validate({ "acme.directory": [required(acme.directory), isHttpsUrl] });
    validate({ "acme.rootCertificate": [acme?.rootCertificate, isString] });
    validateCertificates(certificates);
    routes.forEach((route, i) => {
        validateRouteHost(route, `routes[${i}]`, args);
    });
}

/** A certificate names its hosts, and a public authority issues wildcard certificates only after a check in DNS. */
function validateRouteHost({ host, ask }: GatewayRouteArgs, at: string, args: GatewayArgs): void {
    const { tls = Tls.Auto, routes = [], certificates = {} } = args;
    if (tls === Tls.Off) return;
    if (ask !== undefined && tls !== Tls.OnDemand)
        refuse(
            `${at}.ask`,
            `has no effect with tls ${quote(tls)}; set tls to ${quote(Tls.OnDemand)}, or leave out ask`,
        );
    const isAsked = routes.some((route) => route.ask !== undefined && hostKey(route) === hostKey({ host }));
    if (isAsked) return;
    if (host === undefined)
        refuse(
            `${at}.host`,
            `required with TLS, as a certificate names its hosts; set it, set ask and tls to ${quote(Tls.OnDemand)}, or set tls to ${quote(Tls.Off)}`,
        );
    const hasCertificate = Object.keys(certificates).some(
        (name) => name.toLowerCase() === host.toLowerCase(),
    );
    if (host.startsWith("*.") && usesAcme(tls) && !hasCertificate)
        refuse(
            `${at}.host`,
            `${quote(host)} needs a wildcard certificate, which a public authority issues only after a check in DNS; name the hosts, add it to certificates, or set tls to ${quote(Tls.Internal)} or ${quote(Tls.Off)}`,
        );
}

function gatewayOptions(args: GatewayArgs) {
    const { tls = Tls.Auto, http, https, email, acme, trustedProxies, accessLog, checkHosts = true } = args;
    const resolvedTls = tlsOptions(tls, pulumi.getStack());
    return {
        ...resolvedTls,
        // Validated to be numbers.
        httpPort: (http?.port ?? 80) as number,
        httpsPort: (https?.port ?? 443) as number,
        ...(resolvedTls.authority === "acme" && { email, acme, checkHosts }),
        trustedProxies,
        accessLog,
    } satisfies GatewayOptions;
}

/** Arguments of the Service that runs Caddy. Caddy listens on the published ports, as it uses them in redirects. */
function serviceArgs(args: GatewayArgs, options: GatewayOptions): ServiceArgs {
    const {
        routes: _routes,
        tls: _tls,
        email: _email,
        acme: _acme,
        certificates: _certificates,
        checkHosts: _checkHosts,
        trustedProxies: _trustedProxies,
        accessLog: _accessLog,
        http,
        https,
        ...container
    } = args;
    const { authority, httpPort, httpsPort } = options;
    const publish = (declared: PublishArgs | undefined, port: number) => ({
        ip: declared?.ip ?? http?.ip ?? "0.0.0.0",
        port,
    });
    const secure = { port: httpsPort, publish: publish(https, httpsPort) };
    return {
        ...container,
        image: args.image ?? IMAGE,
        command: ["caddy", "run", "--config", CADDYFILE, "--adapter", "caddyfile"],
        port: httpPort,
        publish: publish(http, httpPort),
        ports:
            authority === undefined
                ? undefined
                : { https: { ...secure, scheme: "https" }, http3: { ...secure, protocol: Protocol.Udp } },
        connection: { scheme: "http" },
        labels: { ...args.labels, [GATEWAY_LABEL]: siteAddress(options) },
        files: gatewayFiles(args, options),
        data: { path: "/data" },
        volumes: { config: { path: "/config" }, assets: { path: ASSETS_DIRECTORY } },
    };
}

function gatewayFiles({ files }: GatewayArgs, options: GatewayOptions): GatewayArgs["files"] {
    const { acme } = options;
    return {
        ...files,
        [CADDYFILE]: { content: formatCaddyfile(options) },
        ...(acme?.rootCertificate !== undefined && { [ACME_ROOT]: { source: acme.rootCertificate } }),
    };
}

/** Creates the Command `<name>-routes`, which writes the gateway's own routes. */
function createRoutes(
    name: string,
    args: GatewayArgs,
    options: GatewayOptions,
    server: Service,
    parent: Gateway,
): pulumi.Resource {
    const resolved = resolveRoutes(name, args, parent);
    const environment = {
        GATEWAY: physicalName(name),
        OWNER: volumeName(name),
        // The script does not read it. The Command runs again for a new container, which has joined no networks yet.
        CONTAINER_ID: containerOf(server).id,
        OWN_NETWORK: pulumi.unsecret(server.connection).apply(({ network }) => network),
        NETWORKS: pulumi.unsecret(resolved).apply((known) => networksOf(known).join("\n")),
        ROUTES: formatOwnRoutes(args, options, resolved, parent),
    };
    return new command.local.Command(
        `${name}-routes`,
        gatewayScript("apply-routes.sh", environment, parent),
        // Delete the old Command first: it leaves the networks that the new one joins.
        { parent, ignoreChanges: IGNORED_OWNER_CHANGES, deleteBeforeReplace: true },
    );
}

function resolveRoutes(
    name: string,
    { routes = [] }: GatewayArgs,
    parent: Gateway,
): pulumi.Output<ResolvedRoute[]> {
    const loginsOf = createHasher(name, routes, { parent });
    return pulumi.all(
        routes.map((route, i) => {
            const at = `routes[${i}]`;
            return resolveRoute(route, loginsOf(route, at), at, parent);
        }),
    );
}

/** Formats the gateway's own routes, with its settings and certificates. */
function formatOwnRoutes(
    { certificates }: GatewayArgs,
    options: GatewayOptions,
    routes: pulumi.Output<ResolvedRoute[]>,
    parent: Gateway,
): pulumi.Output<string> {
    const { onSwarm } = options;
    return pulumi.all([resolveCertificates(certificates, parent), routes]).apply(([known, resolved]) =>
        reportErrorsOn(parent, () => {
            const settings = formatSettings(options, known);
            const ownRoutes = formatRoutes(resolved.map((route) => ({ ...route, onSwarm })));
            const all = settings + ownRoutes;
            if (settings.length > ownRoutes.length)
                refuseLargeRoutes(
                    "certificates",
                    all,
                    "use a certificate for all names of a domain: *.example.com",
                );
            refuseLargeRoutes("routes", all, "use the routes of the applications instead");
            return all;
        }),
    );
}

function resolveRoute(
    { to, basicAuth: _basicAuth, ...route }: GatewayRouteArgs,
    logins: pulumi.Output<Logins> | undefined,
    at: string,
    component: Gateway,
): pulumi.Output<ResolvedRoute> {
    if (to === undefined) return pulumi.output<ResolvedRoute>(route);
    const endpoint = requireConnection(`${at}.to`, to, component).apply((endpoint) =>
        reportErrorsOn(component, () => {
            validateEndpoint(`${at}.to`, endpoint);
            return endpoint;
        }),
    );
    return pulumi.all([endpoint, logins]).apply(([to, logins]) => ({ ...route, to, logins }));
}

function networksOf(routes: ResolvedRoute[]): string[] {
    const networks = routes.flatMap(({ to }) => (to?.network === undefined ? [] : [to.network]));
    return [...new Set(networks)].sort();
}
