import { posix } from "node:path";
import type {
    Declaration,
    DeclaredCertificate,
    DeclaredGateway,
    DeclaredRoute,
    DeclaredService,
    DeclaredValue,
} from "../declared.ts";
import type { Fact, Place } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import { type Outcome, Report, type Row } from "../report.ts";
import {
    certificateOf,
    commonCertificate,
    describeCertificate,
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
import { evaluate, isHidden, isVariable, literalOf, type Template } from "../text/template.ts";
import { YamlFile } from "../text/yaml-file.ts";
import { OPTIONAL_CACHE, readKamalCache } from "./build-cache.ts";
import { FLAG_KEYS, isPlaceholder, KAMAL_NOTES, PLACEHOLDERS } from "./kamal-keys.ts";
import { ServiceReader } from "./service-reader.ts";
import { isObject, list, object, scalar } from "./yaml-values.ts";

const FILE = "config/deploy.yml";

/** A destination, which becomes a stack. */
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
    /** Secrets of this destination, by the names of their variables. */
    secrets: Map<string, DeclaredValue>;
    place: Place;
}

/** The file of a destination. */
interface Override {
    name: string;
    /** Name of its stack. */
    stack: string;
    file: string;
    yaml: YamlFile;
    own: Record<string, unknown>;
}

/** Keys that say where a role or an accessory runs, which the stack decides. */
const PLACEMENT = ["host", "hosts", "role", "roles", "tag", "tags"];

const ON_EVERY_STACK = "deploy.yml does not have it: it is declared for every stack";

/** Keys whose values differ by stack, or that are merged by name. */
const PER_STACK = ["servers", "accessories", "env", "proxy", "ssh"];

/** Keys about how Kamal deploys, not about what it deploys. */
const IGNORED_IN_DESTINATIONS = ["require_destination", "aliases", "registry", "allow_empty_roles"];

export interface KamalFacts {
    declaration: Declaration;
    service: string;
    proxy: ProxyFacts;
    destinations: DestinationFacts[];
    /** Names of secrets of the application. */
    secrets: Fact<string>[];
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
    /** deploy.yml as it is. */
    readonly #base: Record<string, unknown>;
    /** deploy.yml, merged with the roles and accessories that only destinations have. */
    readonly #data: Record<string, unknown>;
    readonly #overrides: Override[];
    /** Roles and accessories that only a destination has, by their paths. */
    readonly #onlyIn = new Map<string, Override>();
    /** Ruby expressions of all files. */
    readonly #expressions: string[];
    readonly #hidden: KamalFacts["hidden"] = [];
    readonly #accessoryRoutes: { route: DeclaredRoute; tls: boolean }[] = [];

    constructor(files: ProjectFiles, report: Report, source: string) {
        const readFile = (path: string) => files.read(path);
        const erb = withoutErb(source, 0, readFile);
        this.#files = files;
        this.#report = report;
        this.#yaml = new YamlFile(FILE, erb.text, "1.1");
        this.#expressions = [...erb.expressions];
        this.#base = object(this.#yaml.data);
        for (const problem of this.#yaml.problems) report.error(problem);
        for (const text of describeExpressions(FILE, erb)) report.note(text);
        for (const { line, code } of erb.statements)
            report.note(`${FILE}:${line}: the Ruby code \`${code}\` is not run; check what it changes`);
        this.#overrides = this.#readOverrides(readFile);
        this.#data = this.#withDestinations();
    }

    /** The files of the destinations, without those that deploy another application. */
    #readOverrides(readFile: (path: string) => string | undefined): Override[] {
        const names = this.#files
            .list("config")
            .flatMap((file) => /^deploy\.([\w.-]+)\.ya?ml$/.exec(file)?.slice(1) ?? []);
        return names
            .filter((name) => !name.includes("."))
            .flatMap((name) => {
                const file = `config/deploy.${name}.yml`;
                const erb = withoutErb(readFile(file) ?? "", this.#expressions.length, readFile);
                const yaml = new YamlFile(file, erb.text, "1.1");
                const own = object(yaml.data);
                const hasDestinations = names.some((other) => other.startsWith(`${name}.`));
                if (own.service !== undefined && (hasDestinations || this.#buildsOther(own))) {
                    this.#report.note(
                        `${file}: not read, as it deploys another application, ${scalar(own.service)}. Declare it as a \`Service\`, or run \`drydock init\` in a repository of its own`,
                    );
                    return [];
                }
                this.#expressions.push(...erb.expressions);
                for (const problem of yaml.problems) this.#report.error(problem);
                for (const text of describeExpressions(file, erb)) this.#report.note(text);
                return [{ name, stack: stackName(name), file, yaml, own }];
            });
    }

    /** Whether a file builds from another directory or Dockerfile than deploy.yml. */
    #buildsOther({ builder }: Record<string, unknown>): boolean {
        const own = object(builder);
        const base = object(this.#base.builder);
        return ["context", "dockerfile"].some(
            (key) => own[key] !== undefined && scalar(own[key]) !== scalar(base[key] ?? defaultOf(key)),
        );
    }

    /** Adds the roles and accessories of destinations, and the keys that all destinations have in place of deploy.yml. */
    #withDestinations(): Record<string, unknown> {
        const data = { ...this.#base };
        const production = (own: Override) => Number(own.name === "production");
        const overrides = [...this.#overrides].sort((a, b) => production(b) - production(a));
        for (const key of ["servers", "accessories"])
            for (const override of overrides)
                for (const [name, own] of Object.entries(rolesOf(override.own[key]))) {
                    const present = rolesOf(data[key]);
                    if (name in present || !isDeclared(key, own)) continue;
                    data[key] = { ...present, [name]: own };
                    this.#onlyIn.set(`${key}.${name}`, override);
                }
        const isSplit = data.require_destination === true || this.#base.servers === undefined;
        const [first] = overrides;
        if (first === undefined || !isSplit) return data;
        for (const [key, value] of Object.entries(first.own)) {
            if (key in data || PER_STACK.includes(key) || IGNORED_IN_DESTINATIONS.includes(key)) continue;
            if (!overrides.every(({ own }) => key in own)) continue;
            data[key] = value;
            this.#onlyIn.set(key, first);
        }
        for (const [key, value] of Object.entries(object(first.own.proxy))) {
            if (key in object(data.proxy) || ["host", "hosts", "ssl"].includes(key)) continue;
            if (!overrides.every(({ own }) => key in object(own.proxy))) continue;
            data.proxy = { ...object(data.proxy), [key]: value };
            this.#onlyIn.set(`proxy.${key}`, first);
        }
        return data;
    }

    /** Where a value is, in deploy.yml or the file of the only destination that has it. */
    #place(...path: (string | number)[]): Place {
        const override = this.#onlyIn.get(path.slice(0, 2).join(".")) ?? this.#onlyIn.get(String(path[0]));
        return (override?.yaml ?? this.#yaml).place(...path);
    }

    read(): KamalFacts {
        const service = this.#service();
        const destinations = this.#destinations();
        const roles = this.#roles();
        const accessories = Object.entries(object(this.#data.accessories)).map(([name, own]) =>
            this.#accessory(service, name, object(own)),
        );
        const isVersion1 =
            !("proxy" in this.#data) &&
            (["traefik", "healthcheck"].some((key) => key in this.#data) || hasTraefikLabels(roles));
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
            hidden: this.#hidden,
            isVersion1,
        };
    }

    #row(key: string, outcome: Outcome, note: string, argument = ""): void {
        const place = this.#place(...key.split("."));
        this.#report.add({ service: WHOLE_FILE, key, outcome, argument, note, place });
    }

    #parse(text: string): Template {
        return parseErbTokens(text, { expressions: this.#expressions });
    }

    /** A value that must be known now. Records a value that ERB computes. */
    #plain(value: unknown, key: string, place: Place): string {
        const template = this.#parse(scalar(value));
        const hidden = template.find(isHidden);
        if (hidden) this.#hidden.push({ key, code: hidden.code, place });
        return evaluate(template);
    }

    #service(): string {
        const name = this.#plain(this.#data.service, "service", this.#place("service"));
        if (name !== "") this.#row("service", "taken", "the name of the application's component");
        return name;
    }

    #destinations(): DestinationFacts[] {
        const base = this.#destination("production", FILE, this.#base, this.#yaml);
        const overrides = this.#overrides.map(({ name, stack, file, yaml, own }) => {
            if (stack !== name)
                this.#report.note(
                    `${file}: the stack is called ${stack}, because ${name} is the stack of your own machine`,
                );
            const merged = { ...this.#base, ...own, ssh: { ...object(this.#base.ssh), ...object(own.ssh) } };
            return this.#destination(stack, file, merged, yaml, own);
        });
        const requiresDestination = this.#base.require_destination === true;
        const { host, hidden } = base;
        const hasBase = !requiresDestination && (host !== undefined || hidden !== undefined);
        const hasProduction = this.#overrides.some(({ name }) => name === "production");
        // Stacks are `dev` and the destinations: the base file is one of its own only if it can be deployed.
        const destinations = [...(hasBase && !hasProduction ? [base] : []), ...overrides];
        const certificate = commonCertificate(destinations.map(({ proxy }) => proxy));
        for (const override of this.#overrides) this.#reportOverride(override, certificate);
        return destinations;
    }

    /** Reports the outcome of a destination's keys. Its variables are reported with its stack. */
    #reportOverride(
        { stack, file, yaml, own }: Override,
        certificate: DeclaredCertificate | undefined,
    ): void {
        const service = file.replace("config/", "");
        const add = (path: string[], row: Pick<Row, "outcome" | "argument" | "note">) => {
            this.#report.add({ service, key: path.join("."), ...row, place: yaml.place(...path) });
        };
        const leftOut = (...path: string[]) => {
            add(path, {
                outcome: "left out",
                note: `make it a setting of the program, with a value in Pulumi.${stack}.yaml`,
            });
        };
        for (const [key, value] of Object.entries(own)) {
            if (["ssh", "env", "proxy"].includes(key)) continue;
            if (key === "servers" || key === "accessories")
                this.#reportParts(key, file, rolesOf(value), add, leftOut);
            else if (this.#onlyIn.get(key)?.file === file)
                add([key], { outcome: "changed", note: ON_EVERY_STACK });
            else if (!isSame(value, this.#data[key]) && !IGNORED_IN_DESTINATIONS.includes(key)) leftOut(key);
        }
        for (const [key, value] of Object.entries(object(own.proxy)))
            if (key === "ssl" && isObject(value)) add(["proxy", key], describeCertificate(certificate));
            else if (["host", "hosts", "ssl"].includes(key))
                add(["proxy", key], {
                    outcome: "taken",
                    argument: key === "ssl" ? "Gateway.tls" : "Gateway.routes",
                    note: "a setting of the stack",
                });
            else if (this.#onlyIn.get(`proxy.${key}`)?.file === file)
                add(["proxy", key], { outcome: "changed", note: ON_EVERY_STACK });
            else if (!isSame(value, object(this.#data.proxy)[key])) leftOut("proxy", key);
    }

    /** Reports where roles or accessories of a destination differ from those of the program. */
    #reportParts(
        key: "servers" | "accessories",
        file: string,
        parts: Record<string, unknown>,
        add: (path: string[], row: Pick<Row, "outcome" | "argument" | "note">) => void,
        leftOut: (...path: string[]) => void,
    ): void {
        for (const [name, value] of Object.entries(parts)) {
            if (this.#onlyIn.get(`${key}.${name}`)?.file === file) {
                add([key, name], {
                    outcome: "changed",
                    argument: key === "servers" ? "processes" : "",
                    note: ON_EVERY_STACK,
                });
                continue;
            }
            const base = object(rolesOf(this.#data[key])[name]);
            for (const [own, setting] of Object.entries(object(value)))
                if (!PLACEMENT.includes(own) && !isSame(setting, base[own])) leftOut(key, name, own);
        }
    }

    #destination(
        name: string,
        file: string,
        data: Record<string, unknown>,
        yaml: YamlFile,
        own: Record<string, unknown> = {},
    ): DestinationFacts {
        const { user = "root", port: written } = object(data.ssh);
        const port = written === undefined ? undefined : evaluate(this.#parse(scalar(written)));
        const hosts = hostsOf(data.servers).map((host) => this.#parse(host));
        const [first = []] = hosts;
        const plain = hosts.map((host) => evaluate(host));
        const [host = ""] = plain;
        const hidden = first.find(isHidden);
        const isReal = host !== "" && !isPlaceholder(host) && hidden === undefined;
        const { clear, secret, tags: __, ...flat } = object(own.env);
        const ownProxy = object(own.proxy);
        const hasOwnHosts = "host" in ownProxy || "hosts" in ownProxy;
        const base = this.#webProxy();
        // Kamal merges maps by key.
        const ssl = isObject(ownProxy.ssl)
            ? { ...object(base.ssl), ...ownProxy.ssl }
            : (ownProxy.ssl ?? base.ssl);
        const clearOwn = isObject(clear) ? clear : "secret" in object(own.env) ? {} : flat;
        return {
            name,
            file,
            ...(isReal && { host }),
            ...(hidden && { hidden: hidden.code }),
            otherHosts: [...new Set(plain.slice(1))].filter((other) => other !== host && other !== ""),
            proxy: {
                ...this.#proxyHosts(hasOwnHosts ? ownProxy : base),
                tls: isEnabled(ssl),
                certificate: certificateOf(ssl),
            },
            sshUser: evaluate(this.#parse(scalar(user))) || "root",
            ...(Number(port) > 0 && Number(port) !== 22 && { sshPort: Number(port) }),
            env: new Map(
                Object.entries(clearOwn).map(([key, value]) => [
                    key,
                    { template: this.#parse(scalar(value)), place: yaml.place("env", "clear", key) },
                ]),
            ),
            secrets: new Map(
                list(secret).map((entry, i) => {
                    const [variable = "", source = variable] = scalar(entry).split(":");
                    const place = yaml.place("env", "secret", i);
                    return [variable, { template: [{ secret: source }], place }];
                }),
            ),
            place: yaml.place("servers"),
        };
    }

    /** Variables of `env`, with secrets as template parts. */
    #env(env: unknown, path: string[]): Map<string, DeclaredValue> {
        const { clear, secret, tags, ...flat } = object(env);
        const isNested = clear !== undefined || secret !== undefined;
        const variables = new Map<string, DeclaredValue>();
        const at = (...keys: (string | number)[]) => this.#place(...path, ...keys);
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
            place: this.#place("env", "secret", i),
        }));
    }

    #roles(): DeclaredService[] {
        const servers = rolesOf(this.#data.servers);
        const roles: [string, unknown][] =
            Object.keys(servers).length > 0 ? Object.entries(servers) : [["web", {}]];
        const primary = scalar(this.#data.primary_role ?? "web");
        const ordered = [...roles].sort(([a], [b]) => Number(b === primary) - Number(a === primary));
        return ordered.map(([name, own]) => {
            const isList = Array.isArray(this.#base.servers) && name === "web";
            const at = isList ? ["servers"] : ["servers", name];
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
            service.options.logging ??= this.#logging();
            if (hosts !== undefined || Array.isArray(own))
                this.#report.add({
                    service: name,
                    key: "hosts",
                    outcome: "changed",
                    argument: "docker:host",
                    note: "a setting of the stack",
                    place: this.#place(...at),
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
                    place: this.#place(...at, "proxy"),
                });
            for (const [i, volume] of list(this.#data.volumes).entries())
                new ServiceReader(name, {
                    ...this.#context(["volumes", i]),
                    place: () => this.#place("volumes", i),
                })
                    .read({ volumes: [volume] })
                    .service.volumes.forEach((read) => service.volumes.push(read));
            return service;
        });
    }

    /** `logging` of the whole file, which every container has. */
    #logging(): DeclaredService["options"][string] {
        const { logging } = this.#data;
        if (logging === undefined) return undefined;
        const context = { ...this.#context(["logging"]), report: new Report() };
        return new ServiceReader("", context).read({ logging }).service.options.logging;
    }

    #build(): DeclaredService["build"] {
        const builder = object(this.#data.builder);
        const context = scalar(builder.context ?? ".");
        const args = new Map(
            Object.entries(object(builder.args)).map(([name, value]) => [
                name,
                { template: this.#parse(scalar(value)), place: this.#place("builder", "args", name) },
            ]),
        );
        return {
            context: /^(https?:|git@)/.test(context) ? "." : posix.normalize(context),
            ...(builder.dockerfile !== undefined && {
                dockerfile: posix.normalize(scalar(builder.dockerfile)),
            }),
            ...(builder.target !== undefined && { target: this.#parse(scalar(builder.target)) }),
            ...(builder.secrets !== undefined && {
                secrets: new Map(
                    list(builder.secrets).map((name) => [scalar(name), { stackSecret: scalar(name) }]),
                ),
            }),
            // The agent is the default.
            ...(builder.ssh !== undefined && {
                ssh: [scalar(builder.ssh).replace(/=\$\{?SSH_AUTH_SOCK\}?$/, "")],
            }),
            ...(this.#cache !== undefined && "cache" in this.#cache && { cache: this.#cache.cache }),
            args,
            place: this.#place("builder"),
        };
    }

    get #cache(): ReturnType<typeof readKamalCache> | undefined {
        const isDeclared = object(this.#data.builder).cache !== undefined;
        return isDeclared
            ? readKamalCache(this.#data, (value) => literalOf(this.#parse(scalar(value))))
            : undefined;
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
        declared.options.logging ??= this.#logging();
        if (image !== undefined && nameOfImage(scalar(image)) === nameOfImage(scalar(this.#data.image))) {
            // Kamal runs a job as an accessory, for example.
            declared.isApplication = true;
            declared.build = this.#build();
        }
        const fullName = full === undefined ? `${service}-${name}` : scalar(full);
        // Kamal does not resolve the short name, but its meaning is clear.
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
                place: this.#place(...at, "directories", i),
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
                place: this.#place(...at, "files", i),
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
                    place: this.#place(...at, key),
                });
        return declared;
    }

    /** An accessory that kamal-proxy passes requests on to. */
    #accessoryProxy({ name }: DeclaredService, proxy: Record<string, unknown>): void {
        const { hosts, hidden } = this.#proxyHosts(proxy);
        const isTaken = hosts.length > 0;
        const certificate = certificateOf(proxy.ssl);
        if (isTaken)
            this.#accessoryRoutes.push({
                route: {
                    service: name,
                    hosts,
                    ...(hidden !== undefined && { hidden }),
                    ...(proxy.app_port !== undefined && { port: Number(proxy.app_port) }),
                    ...(certificate && { certificate }),
                },
                tls: isEnabled(proxy.ssl),
            });
        for (const key of Object.keys(proxy))
            this.#report.add({
                service: name,
                key: `proxy.${key}`,
                ...(isTaken && key === "ssl" && certificate !== undefined
                    ? describeCertificate(certificate)
                    : isTaken && ["host", "hosts", "app_port", "ssl"].includes(key)
                      ? { outcome: "taken", argument: "Gateway.routes" }
                      : { outcome: "left out", note: "set it in the route of the Gateway" }),
                place: this.#place("accessories", name, "proxy", key),
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
            isForServer: true,
            parse: (text: string) => this.#parse(text),
            place: (key?: string | number, ...rest: (string | number)[]) =>
                this.#place(...at, ...(key === undefined ? [] : (paths[key] ?? [key])), ...rest),
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
            if (note) this.#report.add({ service: name, key, ...note, place: this.#place(...at, key) });
            else if (key === "stop_timeout") all.stop_grace_period = value;
            else all[key] = value;
        }
        const health = healthcheckOf(object(options));
        if (health !== undefined) {
            keyNames.healthcheck = "options.health-cmd";
            paths.healthcheck = ["options", "health-cmd"];
            all.healthcheck = health;
        }
        for (const [flag, value] of Object.entries(object(options))) {
            if (health !== undefined && flag in HEALTH_FLAGS) continue;
            const key = flag === "network" && value === "host" ? "network_mode" : FLAG_KEYS[flag];
            if (key === undefined) {
                this.#report.add({
                    service: name,
                    key: `options.${flag}`,
                    outcome: "left out",
                    note: "set the property of `docker.Container` by a transform",
                    place: this.#place(...at, "options", flag),
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

    /** The gateway in place of the proxy, and facts about the application. */
    #proxy(roles: DeclaredService[], destinations: DestinationFacts[], isVersion1: boolean): Proxy {
        const context: ProxyContext = {
            data: this.#data,
            place: (...path) => this.#place(...path),
            report: this.#report,
            hostsOf: (proxy) => this.#proxyHosts(proxy),
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
            waitTimeout: { value: Number(deploy_timeout), place: this.#place("deploy_timeout") },
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

    #proxyHosts({ host, hosts }: Record<string, unknown>): ProxyHosts {
        const names = list(hosts ?? host).map(scalar);
        const valueOf = (name: string) => evaluate(this.#parse(name));
        const isHiddenName = (name: string) =>
            valueOf(name) === "" ||
            this.#parse(name).some(isHidden) ||
            // The variable is set where Kamal runs.
            (isPlaceholder(valueOf(name)) && this.#parse(name).some(isVariable));
        const hidden = names.find(isHiddenName);
        const [, number = ""] = /__erb(\d+)__/.exec(hidden ?? "") ?? [];
        return {
            hosts: realHosts(
                names
                    .filter((name) => !isHiddenName(name))
                    .flatMap((name) => valueOf(name).split(","))
                    .map((name) => name.trim()),
            ),
            ...(hidden !== undefined && { hidden: this.#expressions[Number(number)] ?? "" }),
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
            else if (key === "logging") this.#row(key, "taken", "of every container", "logging");
            else if (key === "deploy_timeout") this.#row(key, "taken", "", "health.waitTimeout");
            else if (key === "image") {
                this.#plain(value, "image", this.#place("image"));
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
            if (["context", "dockerfile", "target", "args", "secrets", "ssh"].includes(key))
                this.#row(path, "taken", "", `build.${key}`);
            else if (key === "cache") this.#reportCache();
            else if (key === "arch")
                this.#row(path, "changed", "the platform of the Docker Engine", "build.platform");
            else this.#row(path, "changed", "the image is built on the Docker Engine that runs it");
        }
    }

    #reportCache(): void {
        const read = this.#cache;
        if (read === undefined) return;
        if ("reason" in read) this.#row("builder.cache", "left out", read.reason);
        else this.#row("builder.cache", "changed", OPTIONAL_CACHE, "build.cacheTo");
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
                    ? "for migrations, use `migration` or a `Task`; anything else belongs in the CI job around `drydock up`"
                    : "put it in the CI job, before or after `drydock up`",
                place: { file: `${directory}/${name}` },
            });
        }
    }
}

/** Name of the stack of a destination. The stack `dev` is for the developer's machine. */
function stackName(destination: string): string {
    return destination === "dev" ? "dev-server" : destination;
}

/** Roles or accessories by name. A list of hosts is the role `web`. */
function rolesOf(value: unknown): Record<string, unknown> {
    return Array.isArray(value) ? { web: value } : object(value);
}

/** Whether a destination declares what runs, and not only where. */
function isDeclared(key: string, own: unknown): boolean {
    return key === "servers" || object(own).image !== undefined;
}

function defaultOf(key: string): string {
    return key === "context" ? "." : "Dockerfile";
}

/** Whether the value of a destination changes nothing: Kamal merges maps by key. */
function isSame(own: unknown, base: unknown): boolean {
    if (isObject(own) && isObject(base))
        return Object.entries(own).every(([key, value]) => isSame(value, base[key]));
    return JSON.stringify(own) === JSON.stringify(base);
}

const HEALTH_FLAGS: Record<string, string> = {
    "health-cmd": "test",
    "health-interval": "interval",
    "health-timeout": "timeout",
    "health-retries": "retries",
    "health-start-period": "start_period",
    "health-start-interval": "start_interval",
};

/** The health check of `docker run`, as Compose writes it. */
function healthcheckOf(options: Record<string, unknown>): Record<string, unknown> | undefined {
    if (options["health-cmd"] === undefined) return undefined;
    return Object.fromEntries(
        Object.entries(HEALTH_FLAGS).flatMap(([flag, key]) =>
            options[flag] === undefined ? [] : [[key, options[flag]]],
        ),
    );
}

/** An image without its tag. */
function nameOfImage(image: string): string {
    return image.replace(/:[^/:]*$/, "");
}

/** `port: 3306` is published under the same number. */
function published(port: string): string {
    return port.includes(":") ? port : `${port}:${port}`;
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
