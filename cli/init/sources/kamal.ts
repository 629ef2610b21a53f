import { posix } from "node:path";
import type {
    Declaration,
    DeclaredGateway,
    DeclaredRoute,
    DeclaredService,
    DeclaredValue,
} from "../declared.ts";
import type { Fact, Place } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import type { Report } from "../report.ts";
import {
    type DestinationProxy,
    hasTraefikLabels,
    isEnabled,
    keepOwnLabels,
    type Proxy,
    type ProxyContext,
    type ProxyFacts,
    type ProxyHosts,
    readKamalProxy,
    readKamalTraefik,
    realHosts,
    WHOLE_FILE,
} from "./kamal-proxy.ts";
import { describeExpressions, parseErbTokens, withoutErb } from "../text/erb.ts";
import { evaluate, isHidden, type Template } from "../text/template.ts";
import { YamlFile } from "../text/yaml-file.ts";
import { isObject } from "./database-yml.ts";
import { FLAG_KEYS, isPlaceholder, KAMAL_NOTES, PLACEHOLDERS } from "./kamal-keys.ts";
import { scalar, ServiceReader } from "./service-reader.ts";

const FILE = "config/deploy.yml";
/** A machine, or the answer that is missing. */
export interface DestinationFacts {
    /** Name of the stack. */
    name: string;
    file: string;
    /** The first host of the web role. Undefined if it is a placeholder, or computed in ERB. */
    host?: string;
    /** Ruby that computes the host. */
    hidden?: string;
    otherHosts: string[];
    sshUser: string;
    sshPort?: number;
    proxy: Omit<DestinationProxy, "stack">;
    /** Clear variables that this destination sets, by name. */
    env: Map<string, DeclaredValue>;
    place: Place;
}

export interface KamalFacts {
    declaration: Declaration;
    service: string;
    proxy: ProxyFacts;
    destinations: DestinationFacts[];
    /** Names of secrets of the application. */
    secrets: Fact<string>[];
    /** Names of build secrets. */
    buildSecrets: Fact<string>[];
    /** Values that are known only after running Ruby, by key. */
    hidden: { key: string; code: string; place: Place }[];
    isVersion1: boolean;
}

/** Reads Kamal's configuration. Runs no Ruby. */
export function readKamal(files: ProjectFiles, report: Report): KamalFacts | undefined {
    const source = files.read(FILE);
    if (source === undefined) return undefined;
    return new KamalReader(files, report, source).read();
}

class KamalReader {
    readonly #files: ProjectFiles;
    readonly #report: Report;
    readonly #yaml: YamlFile;
    readonly #data: Record<string, unknown>;
    readonly #expressions: string[];
    readonly #hidden: KamalFacts["hidden"] = [];
    readonly #accessoryRoutes: { route: DeclaredRoute; tls: boolean }[] = [];

    constructor(files: ProjectFiles, report: Report, source: string) {
        const erb = withoutErb(source);
        this.#files = files;
        this.#report = report;
        this.#yaml = new YamlFile(FILE, erb.text, "1.1");
        this.#expressions = erb.expressions;
        this.#data = isObject(this.#yaml.data) ? this.#yaml.data : {};
        for (const problem of this.#yaml.problems) report.error(problem);
        for (const text of describeExpressions(FILE, erb)) report.note(text);
        for (const { line, code } of erb.statements)
            report.note(`${FILE}:${line}: the Ruby code \`${code}\` is not run; check what it changes`);
    }

    read(): KamalFacts {
        const service = this.#service();
        const destinations = this.#destinations();
        const roles = this.#roles();
        const accessories = Object.entries(object(this.#data.accessories)).map(([name, own]) =>
            this.#accessory(service, name, object(own)),
        );
        const isVersion1 =
            ["traefik", "healthcheck"].some((key) => key in this.#data) || hasTraefikLabels(roles);
        const { facts: proxy, gateway: own } = this.#proxy(roles, destinations, isVersion1);
        const gateway = this.#withAccessories(own);
        for (const role of roles) keepOwnLabels(role, this.#report);
        this.#wholeFile();
        this.#hooks();
        return {
            declaration: {
                file: FILE,
                name: service,
                services: [...roles, ...accessories],
                volumes: new Map(),
                ...(gateway && { gateway }),
            },
            service,
            proxy,
            destinations,
            secrets: this.#secretNames(),
            buildSecrets: list(object(this.#data.builder).secrets).map((name, i) => ({
                value: scalar(name),
                place: this.#yaml.place("builder", "secrets", i),
            })),
            hidden: this.#hidden,
            isVersion1,
        };
    }

    #row(
        key: string,
        outcome: "taken" | "changed" | "later" | "left out",
        note: string,
        argument = "",
    ): void {
        const place = this.#yaml.place(...key.split("."));
        this.#report.add({ service: WHOLE_FILE, key, outcome, argument, note, place });
    }

    #parse(text: string, expressions = this.#expressions): Template {
        return parseErbTokens(text, { expressions });
    }

    /** A value that must be known now. Reports what ERB hides. */
    #plain(value: unknown, key: string, place: Place): string {
        const template = this.#parse(scalar(value));
        const hidden = template.find(isHidden);
        if (hidden) this.#hidden.push({ key, code: hidden.code, place });
        return evaluate(template);
    }

    #service(): string {
        const name = this.#plain(this.#data.service, "service", this.#yaml.place("service"));
        if (name !== "") this.#row("service", "taken", "the name of the application's component");
        return name;
    }

    #destinations(): DestinationFacts[] {
        const names = this.#files
            .list("config")
            .flatMap((file) => /^deploy\.([\w-]+)\.ya?ml$/.exec(file)?.slice(1) ?? []);
        const base = this.#destination("production", FILE, this.#data, this.#expressions, this.#yaml);
        const overrides = names.map((name) => {
            const file = `config/deploy.${name}.yml`;
            const erb = withoutErb(this.#files.read(file) ?? "");
            const yaml = new YamlFile(file, erb.text, "1.1");
            for (const problem of yaml.problems) this.#report.error(problem);
            for (const text of describeExpressions(file, erb)) this.#report.note(text);
            const own = isObject(yaml.data) ? yaml.data : {};
            const leftOut = (key: string, ...path: string[]) => {
                this.#report.add({
                    service: file.replace("config/", ""),
                    key,
                    outcome: "left out",
                    note: `make it a setting of the program, with a value in Pulumi.${name}.yaml`,
                    place: yaml.place(...path),
                });
            };
            for (const key of Object.keys(own))
                if (!["servers", "ssh", "env", "proxy"].includes(key)) leftOut(key, key);
            for (const key of Object.keys(object(own.proxy)))
                if (["host", "hosts", "ssl"].includes(key))
                    this.#report.add({
                        service: file.replace("config/", ""),
                        key: `proxy.${key}`,
                        outcome: "taken",
                        argument: key === "ssl" ? "Gateway.tls" : "Gateway.routes",
                        note: "a setting of the stack",
                        place: yaml.place("proxy", key),
                    });
                else leftOut(`proxy.${key}`, "proxy", key);
            const merged = { ...this.#data, ...own, ssh: { ...object(this.#data.ssh), ...object(own.ssh) } };
            return this.#destination(name, file, merged, erb.expressions, yaml, own);
        });
        const requiresDestination = this.#data.require_destination === true;
        const { host, hidden } = base;
        const hasBase = !requiresDestination && (host !== undefined || hidden !== undefined);
        const hasProduction = names.includes("production");
        // Stacks are `dev` and the destinations: the base file is one of its own only if it can be deployed.
        return [...(hasBase && !hasProduction ? [base] : []), ...overrides];
    }

    #destination(
        name: string,
        file: string,
        data: Record<string, unknown>,
        expressions: string[],
        yaml: YamlFile,
        own: Record<string, unknown> = {},
    ): DestinationFacts {
        const { user = "root", port } = object(data.ssh);
        const inOwn = "servers" in own || file === FILE;
        const used = inOwn ? expressions : this.#expressions;
        const hosts = hostsOf(data.servers).map((host) => this.#parse(host, used));
        const [first = []] = hosts;
        const plain = hosts.map((host) => evaluate(host));
        const [host = ""] = plain;
        const hidden = first.find(isHidden);
        const isReal = host !== "" && !isPlaceholder(host) && hidden === undefined;
        const { clear, secret: _, tags: __, ...flat } = object(own.env);
        const ownProxy = object(own.proxy);
        const hasOwnHosts = "host" in ownProxy || "hosts" in ownProxy;
        const base = this.#webProxy();
        const { ssl } = { ...base, ...ownProxy };
        const clearOwn =
            "env" in own ? (isObject(clear) ? clear : "secret" in object(own.env) ? {} : flat) : {};
        return {
            name,
            file,
            ...(isReal && { host }),
            ...(hidden && { hidden: hidden.code }),
            otherHosts: [...new Set(plain.slice(1))].filter((other) => other !== host && other !== ""),
            proxy: {
                ...(hasOwnHosts
                    ? this.#proxyHosts(ownProxy, expressions)
                    : this.#proxyHosts(base, this.#expressions)),
                tls: isEnabled(ssl),
            },
            sshUser: scalar(user),
            ...(port !== undefined && Number(port) !== 22 && { sshPort: Number(port) }),
            env: new Map(
                Object.entries(clearOwn).map(([key, value]) => [
                    key,
                    {
                        template: this.#parse(scalar(value), expressions),
                        place: yaml.place("env", "clear", key),
                    },
                ]),
            ),
            place: yaml.place("servers"),
        };
    }

    /** Variables of `env`, whose secrets are parts of their own. */
    #env(env: unknown, path: string[]): Map<string, DeclaredValue> {
        const { clear, secret, tags, ...flat } = object(env);
        const isNested = clear !== undefined || secret !== undefined;
        const variables = new Map<string, DeclaredValue>();
        const at = (...keys: (string | number)[]) => this.#yaml.place(...path, ...keys);
        for (const [name, value] of Object.entries(isNested ? object(clear) : flat))
            variables.set(name, {
                template: this.#parse(scalar(value)),
                place: at(...(isNested ? ["clear"] : []), name),
            });
        list(secret).forEach((entry, i) => {
            const [name = "", source = name] = scalar(entry).split(":");
            variables.set(name, { template: [{ secret: source }], place: at("secret", i) });
        });
        if (tags !== undefined)
            this.#row("env.tags", "left out", "set `env` of a process, or a setting of a stack");
        return variables;
    }

    #secretNames(): Fact<string>[] {
        return list(object(this.#data.env).secret).map((entry, i) => ({
            value: scalar(entry).split(":")[0] ?? "",
            place: this.#yaml.place("env", "secret", i),
        }));
    }

    #roles(): DeclaredService[] {
        const { servers } = this.#data;
        const roles: [string, unknown][] = isObject(servers) ? Object.entries(servers) : [["web", servers]];
        const primary = scalar(this.#data.primary_role ?? "web");
        const ordered = [...roles].sort(([a], [b]) => Number(b === primary) - Number(a === primary));
        return ordered.map(([name, own]) => {
            const at = isObject(servers) ? ["servers", name] : ["servers"];
            const { hosts, env, proxy, options, cmd, ...keys } = Array.isArray(own) ? {} : object(own);
            const reader = this.#reader(name, at, options, {
                ...(cmd !== undefined && { command: cmd }),
                ...keys,
            });
            const { service } = reader;
            service.isApplication = true;
            service.hostNames = [];
            service.env = new Map([...this.#env(this.#data.env, ["env"]), ...this.#env(env, [...at, "env"])]);
            service.build = this.#build();
            if (hosts !== undefined || Array.isArray(own))
                this.#report.add({
                    service: name,
                    key: "hosts",
                    outcome: "changed",
                    argument: "docker:host",
                    note: "a setting of the stack",
                    place: this.#yaml.place(...at),
                });
            if (proxy !== undefined && !(name === primary && isObject(proxy)))
                this.#report.add({
                    service: name,
                    key: "proxy",
                    ...(name === primary || proxy === false
                        ? ({ outcome: "changed", note: "is the default, or means no Gateway" } as const)
                        : ({
                              outcome: "left out",
                              note: "give the process `ports`, and add a route to its endpoint in a Gateway",
                          } as const)),
                    place: this.#yaml.place(...at, "proxy"),
                });
            for (const [i, volume] of list(this.#data.volumes).entries())
                new ServiceReader(name, {
                    ...this.#context(["volumes", i]),
                    place: () => this.#yaml.place("volumes", i),
                })
                    .read({ volumes: [volume] })
                    .service.volumes.forEach((read) => service.volumes.push(read));
            return service;
        });
    }

    #build(): DeclaredService["build"] {
        const builder = object(this.#data.builder);
        const context = scalar(builder.context ?? ".");
        const args = new Map(
            Object.entries(object(builder.args)).map(([name, value]) => [
                name,
                { template: this.#parse(scalar(value)), place: this.#yaml.place("builder", "args", name) },
            ]),
        );
        return {
            context: /^(https?:|git@)/.test(context) ? "." : posix.normalize(context),
            ...(builder.dockerfile !== undefined && {
                dockerfile: posix.normalize(scalar(builder.dockerfile)),
            }),
            ...(builder.target !== undefined && { target: this.#parse(scalar(builder.target)) }),
            args,
            place: this.#yaml.place("builder"),
        };
    }

    #accessory(service: string, name: string, own: Record<string, unknown>): DeclaredService {
        const at = ["accessories", name];
        const {
            image,
            cmd,
            env,
            port,
            options,
            directories,
            files,
            volumes,
            host,
            hosts,
            role,
            roles,
            service: full,
            proxy,
            ...keys
        } = own;
        const reader = this.#reader(name, at, options, {
            ...(image !== undefined && { image }),
            ...(cmd !== undefined && { command: cmd }),
            ...(port !== undefined && { ports: [published(scalar(port))] }),
            ...(volumes !== undefined && { volumes }),
            ...keys,
        });
        const declared = reader.service;
        const fullName = full === undefined ? `${service}-${name}` : scalar(full);
        // The short name does not resolve with Kamal, but says what is meant.
        declared.hostNames = [fullName, name];
        declared.machines = [...list(host), ...list(hosts)].map(scalar);
        declared.env = this.#env(env, [...at, "env"]);
        list(directories).forEach((entry, i) => {
            const [local = "", target = ""] = scalar(entry).split(":");
            declared.volumes.push({
                kind: "volume",
                source: local,
                target,
                readOnly: false,
                key: "directories",
                hostPath: posix.isAbsolute(local) ? local : `${fullName}/${local}`,
                place: this.#yaml.place(...at, "directories", i),
            });
        });
        list(files).forEach((entry, i) => {
            const [local = "", target = "", mode = ""] = scalar(entry).split(":");
            declared.volumes.push({
                kind: "file",
                source: posix.normalize(local),
                target,
                readOnly: mode === "ro",
                key: "files",
                place: this.#yaml.place(...at, "files", i),
            });
        });
        if (proxy !== undefined && proxy !== false) this.#accessoryProxy(declared, object(proxy));
        for (const [key, value] of Object.entries({ host, hosts, role, roles }))
            if (value !== undefined)
                this.#report.add({
                    service: name,
                    key,
                    outcome: "changed",
                    argument: "docker:host",
                    note: "it runs on the machine of the stack, beside the application",
                    place: this.#yaml.place(...at, key),
                });
        return declared;
    }

    /** An accessory that kamal-proxy passes requests on to. */
    #accessoryProxy({ name }: DeclaredService, proxy: Record<string, unknown>): void {
        const { hosts, hidden } = this.#proxyHosts(proxy, this.#expressions);
        const isTaken = hosts.length > 0;
        if (isTaken)
            this.#accessoryRoutes.push({
                route: {
                    service: name,
                    hosts,
                    ...(hidden !== undefined && { hidden }),
                    ...(proxy.app_port !== undefined && { port: Number(proxy.app_port) }),
                },
                tls: isEnabled(proxy.ssl),
            });
        for (const key of Object.keys(proxy))
            this.#report.add({
                service: name,
                key: `proxy.${key}`,
                ...(isTaken && ["host", "hosts", "app_port", "ssl"].includes(key)
                    ? { outcome: "taken", argument: "Gateway.routes" }
                    : { outcome: "left out", note: "set it in the route of the Gateway" }),
                place: this.#yaml.place("accessories", name, "proxy", key),
            });
    }

    #context(
        at: (string | number)[],
        paths: Record<string, string[]> = {},
        keyNames: Record<string, string> = {},
    ) {
        return {
            files: this.#files,
            report: this.#report,
            variables: {},
            directory: ".",
            parse: (text: string) => this.#parse(text),
            place: (key?: string | number, ...rest: (string | number)[]) =>
                this.#yaml.place(...at, ...(key === undefined ? [] : (paths[key] ?? [key])), ...rest),
            keyNames,
        };
    }

    /** Reads keys named as in Compose, and the options of `docker run`. */
    #reader(name: string, at: string[], options: unknown, keys: Record<string, unknown>): ServiceReader {
        const keyNames: Record<string, string> = {
            command: "cmd",
            ports: "port",
            stop_grace_period: "stop_timeout",
            image: "image",
        };
        const paths: Record<string, string[]> = { command: ["cmd"], ports: ["port"] };
        const all: Record<string, unknown> = {};
        for (const [key, value] of Object.entries(keys)) {
            const note = KAMAL_NOTES[key];
            if (note) this.#report.add({ service: name, key, ...note, place: this.#yaml.place(...at, key) });
            else if (key === "stop_timeout") all.stop_grace_period = value;
            else all[key] = value;
        }
        for (const [flag, value] of Object.entries(object(options))) {
            const key = FLAG_KEYS[flag];
            if (key === undefined) {
                this.#report.add({
                    service: name,
                    key: `options.${flag}`,
                    outcome: "left out",
                    note: "set the property of `docker.Container` by a transform",
                    place: this.#yaml.place(...at, "options", flag),
                });
                continue;
            }
            keyNames[key] = `options.${flag}`;
            paths[key] = ["options", flag];
            all[key] = key === "ulimits" ? toUlimits(value) : value;
        }
        return new ServiceReader(name, this.#context(at, paths, keyNames)).read(all);
    }

    /** `proxy` of the whole file, and of the web role. */
    #webProxy(): Record<string, unknown> {
        const { proxy, servers, primary_role = "web" } = this.#data;
        const role = object(object(servers)[scalar(primary_role)]);
        return { ...object(proxy), ...object(role.proxy) };
    }

    /** What the proxy passes on, and what it knows of the application. */
    #proxy(roles: DeclaredService[], destinations: DestinationFacts[], isVersion1: boolean): Proxy {
        const context: ProxyContext = {
            data: this.#data,
            place: (...path) => this.#yaml.place(...path),
            report: this.#report,
            hostsOf: (proxy) => this.#proxyHosts(proxy, this.#expressions),
        };
        if (isVersion1) return readKamalTraefik(context, roles);
        const [web] = roles;
        const { proxy: own } = object(object(this.#data.servers)[web?.name ?? ""]);
        const read = readKamalProxy(
            context,
            { name: web?.name ?? "web", proxy: own },
            destinations.flatMap(({ name, proxy }) => ({ stack: name, ...proxy })),
        );
        const { deploy_timeout } = this.#data;
        const wait = {
            waitTimeout: { value: Number(deploy_timeout), place: this.#yaml.place("deploy_timeout") },
        };
        return { ...read, facts: { ...read?.facts, ...(deploy_timeout !== undefined && wait) } };
    }

    #withAccessories(gateway: DeclaredGateway | undefined): DeclaredGateway | undefined {
        const routes = this.#accessoryRoutes.map(({ route }) => route);
        if (routes.length === 0) return gateway;
        const tls = this.#accessoryRoutes.some((own) => own.tls);
        if (gateway === undefined) return { routes, tls };
        return { ...gateway, routes: [...gateway.routes, ...routes], tls: gateway.tls || tls };
    }

    #proxyHosts({ host, hosts }: Record<string, unknown>, expressions: string[]): ProxyHosts {
        const names = list(hosts ?? host).map(scalar);
        const valueOf = (name: string) => evaluate(this.#parse(name, expressions));
        const isHiddenName = (name: string) =>
            valueOf(name) === "" || this.#parse(name, expressions).some(isHidden);
        const hidden = names.find(isHiddenName);
        const [, number = ""] = /__erb(\d+)__/.exec(hidden ?? "") ?? [];
        return {
            hosts: realHosts(
                names
                    .filter((name) => !isHiddenName(name))
                    .flatMap((name) => valueOf(name).split(","))
                    .map((name) => name.trim()),
            ),
            ...(hidden !== undefined && { hidden: expressions[Number(number)] ?? "" }),
        };
    }

    #wholeFile(): void {
        for (const [key, value] of Object.entries(this.#data)) {
            if (["servers", "accessories", "proxy", "traefik", "healthcheck", "service", "env"].includes(key))
                continue;
            if (key === "builder") this.#builder(object(value));
            else if (key === "registry" && this.#isPlaceholderRegistry(object(value)))
                this.#row(key, "changed", "a placeholder of Rails' template");
            else if (key === "ssh")
                this.#row(
                    key,
                    "changed",
                    "`docker:host` of the stack; keys are in ~/.ssh/config",
                    "docker:host",
                );
            else if (key === "deploy_timeout") this.#row(key, "taken", "", "health.waitTimeout");
            else if (key === "image") {
                this.#plain(value, "image", this.#yaml.place("image"));
                this.#row(
                    key,
                    "changed",
                    "the image is built on the Docker Engine that runs it; to push it to a registry, set `build.push`",
                    "build",
                );
            } else if (key === "volumes") continue;
            else {
                const note = KAMAL_NOTES[key];
                if (note) this.#row(key, note.outcome, note.note, note.argument);
                else if (key.startsWith("x-"))
                    this.#row(key, "changed", "an extension; a constant of the program");
                else this.#row(key, "left out", "is not a key that Drydock knows");
            }
        }
    }

    #isPlaceholderRegistry({ username, server }: Record<string, unknown>): boolean {
        return PLACEHOLDERS.users.has(scalar(username)) || scalar(server) === "localhost:5555";
    }

    #builder(builder: Record<string, unknown>): void {
        for (const key of Object.keys(builder)) {
            const path = `builder.${key}`;
            if (["context", "dockerfile", "target", "args"].includes(key))
                this.#row(path, "taken", "", `build.${key}`);
            else if (key === "secrets")
                this.#row(
                    path,
                    "later",
                    `build secrets are not supported yet (${list(builder.secrets).map(scalar).join(", ")}); build the image elsewhere, and set \`image\``,
                );
            else if (key === "arch")
                this.#row(path, "changed", "the platform of the Docker Engine", "build.platform");
            else this.#row(path, "changed", "the image is built on the Docker Engine that runs it");
        }
    }

    #hooks(): void {
        const directory = scalar(this.#data.hooks_path ?? ".kamal/hooks");
        for (const name of this.#files.list(directory)) {
            if (name.endsWith(".sample")) continue;
            this.#report.add({
                service: "hooks",
                key: name,
                outcome: "left out",
                note: /migrate|pre-deploy/.test(name)
                    ? "migrations are `migration`, or a `Task`; what else it does belongs into the CI job around `drydock up`"
                    : "put it into the CI job, before or after `drydock up`",
                place: { file: `${directory}/${name}` },
            });
        }
    }
}

function object(value: unknown): Record<string, unknown> {
    return isObject(value) ? value : {};
}

/** `port: 3306` is published under the same number. */
function published(port: string): string {
    return port.includes(":") ? port : `${port}:${port}`;
}

function list(value: unknown): unknown[] {
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value : [value];
}

/** Hosts of the web role, or of the list, in order. */
function hostsOf(servers: unknown): string[] {
    if (Array.isArray(servers)) return servers.map(hostName);
    const roles = Object.entries(object(servers)).sort(
        ([a], [b]) => Number(b === "web") - Number(a === "web"),
    );
    return roles.flatMap(([, own]) => (Array.isArray(own) ? own : list(object(own).hosts)).map(hostName));
}

/** A host, or one with tags: `{ 192.0.2.10: [tag] }`. */
function hostName(host: unknown): string {
    return isObject(host) ? (Object.keys(host)[0] ?? "") : scalar(host);
}

/** `nofile=1024:2048` of `docker run`, as Compose writes it. */
function toUlimits(value: unknown): Record<string, unknown> {
    return Object.fromEntries(
        list(value).map((entry) => {
            const [name = "", limits = ""] = scalar(entry).split("=");
            const [soft = "", hard = soft] = limits.split(":");
            return [name, { soft: Number(soft), hard: Number(hard) }];
        }),
    );
}
