import type { DeclaredValue } from "../declared.ts";
import { formatPlace, type Place } from "../facts.ts";
import { type Arguments, Code, type Expression, OptionalCode } from "../model.ts";
import { camelCase, joinCode, type ProgramBuilder } from "../program-builder.ts";
import { isSecretName } from "../secret-names.ts";
import type { Report } from "../report.ts";
import {
    evaluate,
    isHidden,
    isSameTemplate,
    isSecret,
    isVariable,
    literalOf,
    type Template,
} from "../text/template.ts";
import { isSecretPart, isSecretValue, showsLogin } from "./clear-text.ts";
import { type Link, type LinkNames, reaches, type Target } from "./targets.ts";

const URL_PATTERN =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^/]*)@)?([^:/?#@,\s]+)(?::(\d+))?(?:\/([^?#,\s]*))?(?:\?([^#\s]*))?$/i;
const HOST_NAME = /(HOST|HOSTNAME|ADDR|ADDRESS|SERVER|ENDPOINT|DOMAIN|NODE|URL|URI)S?$/i;

export const WAITS = "a link waits until the service is healthy";

/** Part of a connection. */
type Part = "host" | "port" | "username" | "password" | "name";

/** Variables and links of one container. */
export interface Wiring {
    links: Map<string, Link>;
    env: Record<string, Expression>;
    secrets: string[];
}

export interface WiringContext {
    builder: ProgramBuilder;
    report: Report;
    targets: Target[];
    /** Values of variables on this machine. */
    known: Record<string, string>;
    /** Whether to keep the URL beside the other variables, as with Kamal. */
    keepsUrl: boolean;
}

/** Finds out which variables of a container come from links, which are secrets, and which stay. */
export class Wirer {
    readonly wiring: Wiring = { links: new Map(), env: {}, secrets: [] };
    readonly #context: WiringContext;
    readonly #consumer: Target;
    readonly #service: string;
    readonly #taken = new Set<string>();

    constructor(consumer: Target, context: WiringContext, service = consumer.declared.name) {
        this.#consumer = consumer;
        this.#context = context;
        this.#service = service;
    }

    /** @param own variables that are the service's configuration, not links */
    wire(env: Map<string, DeclaredValue>, own = new Set<string>()): this {
        const values = [...env].filter(([name]) => !own.has(name));
        for (const [name, value] of values) this.#fromUrl(name, value);
        for (const [name, value] of values) this.#fromHost(name, value);
        for (const [name, value] of values) this.#fromPart(name, value);
        for (const [name, value] of values) if (!this.#taken.has(name)) this.#other(name, value);
        if (this.#context.keepsUrl)
            for (const [alias, { variables }] of this.wiring.links)
                if (hasNames(variables) && ["database", "redis"].includes(alias))
                    variables.url ??= urlVariable(alias);
        return this;
    }

    /** Variables of a process, whose links are those of the application. */
    wireProcess(process: string, env: Map<string, DeclaredValue>): Record<string, Expression> {
        const nested = new Wirer(this.#consumer, this.#context, process);
        for (const [alias, link] of this.wiring.links) nested.wiring.links.set(alias, link);
        nested.wire(env);
        for (const [alias, link] of nested.wiring.links) this.wiring.links.set(alias, link);
        const secrets = nested.wiring.secrets.map((name) => [
            name,
            new Code(`config.requireSecret(${JSON.stringify(name)})`, [], ["config"]),
        ]);
        return { ...nested.wiring.env, ...(Object.fromEntries(secrets) as Record<string, Expression>) };
    }

    /**
     * Links to a service that no variable names.
     *
     * @param isAwaited whether the container waits for it
     * @param reason for the link, if the container does not
     */
    linkTo(target: Target, place: Place, isAwaited: boolean, reason?: string): void {
        const isLinked = [...this.wiring.links.values()].some((link) => link.target === target);
        if (isLinked || target === this.#consumer || !this.#canLink(target)) return;
        const alias = this.#aliasFor(target);
        this.#addLink(alias, target, {});
        if (isAwaited)
            this.#row(`depends_on.${target.declared.name}`, "taken", linkArgument(alias), WAITS, place);
        else
            this.#context.report.note(
                `${this.#service}: ${reason ?? `no variable names ${target.name}`}; it is linked as ${urlVariable(alias)}`,
            );
    }

    #canLink(target: Target): boolean {
        return (
            target !== this.#consumer &&
            target.kind !== "task" &&
            (target.kind !== "service" || target.port !== undefined) &&
            !reaches(target, this.#consumer)
        );
    }

    #row(
        key: string,
        outcome: "taken" | "changed" | "left out",
        argument: string,
        note: string,
        place: Place,
    ): void {
        this.#context.report.add({ service: this.#service, key, outcome, argument, note, place });
    }

    #take(name: string, { place }: DeclaredValue, argument: string, note = ""): void {
        this.#taken.add(name);
        this.#row(`environment.${name}`, "taken", argument, note, place);
    }

    /**
     * The service that a host name refers to: its own name, or an address of its machine, in which case the port, the scheme
     * or the name of the variable determines the service.
     */
    #targetOf(host: string, variable = "", scheme = "", port?: number): Target | undefined {
        if (host === "") return undefined;
        const byName = this.#namedTarget(host);
        if (byName !== undefined || variable === "") return byName;
        const isLocal = /^(localhost|127\.0\.0\.1|host\.docker\.internal)$/.test(host);
        return this.#context.targets
            .filter(
                ({ declared }) => (isLocal && scheme !== "") || declared.machines?.includes(host) === true,
            )
            .find((target) => refersToService(target, variable, scheme, port));
    }

    #namedTarget(host: string): Target | undefined {
        return this.#context.targets.find(
            ({ declared, kind }) => kind !== "task" && declared.hostNames.includes(host),
        );
    }

    #aliasFor(target: Target): string {
        const preferred =
            target.kind === "postgres" || target.scheme?.startsWith("mysql")
                ? "database"
                : target.kind === "redis"
                  ? "redis"
                  : (this.#linkAlias(target) ?? target.name);
        const isUsed =
            this.wiring.links.has(preferred) && this.wiring.links.get(preferred)?.target !== target;
        return isUsed ? aliasOf(target.name) : aliasOf(preferred);
    }

    /** The name that the file gives the service in this container. */
    #linkAlias({ declared }: Target): string | undefined {
        const { linkAliases } = this.#consumer.declared;
        return [...linkAliases].find(([, name]) => name === declared.name)?.[0];
    }

    #addLink(alias: string, target: Target, variables: LinkNames, databaseKey?: string): Link {
        const link = { target, databaseKey, variables, connection: connectionOf(target, databaseKey) };
        this.wiring.links.set(alias, link);
        this.#consumer.linksTo.add(target);
        return link;
    }

    /** `scheme://user:password@host:port/database?parameters` */
    #fromUrl(name: string, value: DeclaredValue): void {
        const text = evaluate(value.template, this.#context.known);
        const [, scheme = "", login = "", host = "", port, path = "", query = ""] =
            URL_PATTERN.exec(text) ?? [];
        const target = this.#targetOf(host, name, scheme, port === undefined ? undefined : Number(port));
        if (target === undefined) {
            this.#fromUnknownUrl(name, value);
            return;
        }
        if (target === this.#consumer || !this.#canLink(target)) return;
        if (target.kind === "application" && !/URL|URI|HOST|ENDPOINT/i.test(name)) return;
        // Another port than that of the connection, such as the web page of a mail catcher.
        const isNamed = target.declared.hostNames.includes(host);
        if (isNamed && port !== undefined && target.port !== undefined && Number(port) !== target.port) {
            this.#embed(name, value, text);
            return;
        }
        const isDefaultAlias = /^[A-Za-z][A-Za-z0-9_]*_URL$/.test(name) && name === name.toUpperCase();
        const alias = isDefaultAlias
            ? name.slice(0, -"_URL".length).toLowerCase()
            : aliasOf(name.toLowerCase());
        const variables: LinkNames = isDefaultAlias ? {} : { url: name };
        const [user = ""] = login.split(":");
        if (target.kind === "postgres" && /^[A-Za-z_][\w-]*$/.test(user)) target.username ??= user;
        const databaseKey = target.kind === "postgres" ? this.#databaseKey(target, path, alias) : undefined;
        if (target.kind === "redis" && /^\d+$/.test(path) && path !== "0") variables.database = path;
        if (target.kind === "service") this.#describeService(target, scheme, login, path, variables);
        if (target.kind === "postgres" && !/^postgres(ql)?$/.test(scheme)) variables.scheme = scheme;
        if (target.kind === "redis" && scheme !== "redis") variables.scheme = scheme;
        const parameters = Object.fromEntries(new URLSearchParams(query));
        if (query !== "") variables.parameters = parameters;
        this.#addLink(alias, target, variables, databaseKey);
        this.#take(name, value, linkArgument(alias), "from the connection");
    }

    /** A URL that is a secret, or not set here: it must be that of the server that the file declares. */
    #fromUnknownUrl(name: string, value: DeclaredValue): void {
        const isUnknown =
            evaluate(value.template, this.#context.known) === "" && !value.template.some(isHidden);
        const kind = /^(\w+_)?DATABASE_URL$/.test(name)
            ? "postgres"
            : name === "REDIS_URL"
              ? "redis"
              : undefined;
        const target = this.#context.targets.find(
            (other) =>
                other.isOfOthers !== true &&
                (other.kind === kind ||
                    other.scheme === kind ||
                    (kind === "postgres" && other.scheme?.startsWith("mysql"))),
        );
        if (!isUnknown || kind === undefined || target === undefined || !this.#canLink(target)) return;
        const alias = name.slice(0, -"_URL".length).toLowerCase();
        const key = alias.replace(/_?database$/, "");
        const databaseKey = target.databases.has(key) ? key : undefined;
        if (kind === "postgres" && key !== "" && databaseKey === undefined) return;
        this.#addLink(alias, target, {}, databaseKey);
        this.#take(name, value, linkArgument(alias), "from the connection, instead of a secret");
    }

    #databaseKey(target: Target, path: string, alias: string): string | undefined {
        const database = decodeURIComponent(path);
        if (database === "" || database === target.database) return undefined;
        if (target.database === undefined) {
            target.database = database;
            return undefined;
        }
        const known = [...target.databases].find(([, name]) => name === database)?.[0];
        const key = known ?? camelCase(alias.replace(/_?database$/, "") || database);
        target.databases.set(key, database);
        return key;
    }

    /** The first URL determines the connection of a service. */
    #describeService(
        target: Target,
        scheme: string,
        login: string,
        path: string,
        variables: LinkNames,
    ): void {
        const [username = ""] = login.split(":");
        if (target.scheme !== undefined && target.scheme !== scheme && scheme !== "")
            variables.scheme = scheme;
        target.scheme ??= scheme;
        if (username !== "") target.username ??= decodeURIComponent(username);
        if (path !== "" && path !== target.database) {
            if (target.database === undefined) target.database = path;
            else variables.database = path;
        }
    }

    /** A variable that is the name of a host. */
    #fromHost(name: string, value: DeclaredValue): void {
        if (this.#taken.has(name)) return;
        const text = evaluate(value.template, this.#context.known);
        const target = this.#targetOf(text, name);
        if (target !== undefined && HOST_NAME.test(name) && this.#canLink(target)) {
            const alias = this.#aliasFor(target);
            const link = this.wiring.links.get(alias);
            if (link?.variables.host !== undefined || target.kind === "application") {
                this.#embed(name, value, text);
                return;
            }
            if (link === undefined) this.#addLink(alias, target, { host: name });
            else nameVariable(alias, link, "host", name);
            this.#take(name, value, `variables.${alias}.host`, "from the connection");
            return;
        }
        // The name of a host alone may be any other word: a database that is called like a service.
        const isWord = /^[\w.-]+$/.test(text) && !HOST_NAME.test(name);
        if (!isWord && this.#findHosts(text).length > 0) this.#embed(name, value, text);
    }

    /** Host names in a longer value: `search:9200`, `http://search:9200/index`. */
    #findHosts(text: string): { host: string; target: Target }[] {
        return [...text.matchAll(/(?<=^|[/@,\s])([A-Za-z][\w.-]*)(?=:\d|\/|$)/g)].flatMap(([host]) => {
            const target = this.#targetOf(host);
            const isHost = new RegExp(String.raw`(//|@)${host}\b|\b${host}:\d`).test(text) || text === host;
            return target !== undefined && isHost ? [{ host, target }] : [];
        });
    }

    #embed(name: string, value: DeclaredValue, text: string): void {
        const found = this.#findHosts(text);
        const hosts = found.filter(({ target }) => this.#canLink(target));
        if (found.some(({ target }) => target === this.#consumer) && hosts.length === 0) return;
        if (hosts.length === 0) {
            if (found.length === 0) return;
            this.#taken.add(name);
            this.#row(
                `environment.${name}`,
                "left out",
                "",
                "the two services would wait for each other",
                value.place,
            );
            return;
        }
        for (const { target } of hosts)
            if (![...this.wiring.links.values()].some((link) => link.target === target))
                this.#addLink(this.#aliasFor(target), target, {});
        if (isSecretName(name) && text !== hosts[0]?.host) {
            this.#secret(name, text, value, value.place.file);
            return;
        }
        const pattern = new RegExp(
            `(${hosts.map(({ host }) => escapeRegExp(host)).join("|")})(?=:\\d|/|,|$)`,
            "g",
        );
        const parts = this.#withoutLogins(name, value).flatMap((piece) =>
            piece instanceof Code
                ? [piece]
                : piece.split(pattern).map((part) => {
                      const target = hosts.find(({ host }) => host === part)?.target;
                      return target === undefined ? part : hostOf(target);
                  }),
        );
        this.wiring.env[name] = parts.length === 1 && parts[0] instanceof Code ? parts[0] : joinCode(parts);
        this.#take(name, value, `env.${name}`, "with the host name of the component");
    }

    /** The value on this machine, in which secrets and logins are code that reads a secret of the stack. */
    #withoutLogins(name: string, { template, place }: DeclaredValue): (string | Code)[] {
        const { builder, known } = this.#context;
        const pieces: (string | Code)[] = [];
        for (const part of template) {
            const secret = isSecretPart(part) ? builder.expression([part]) : undefined;
            const last = pieces.at(-1);
            if (secret instanceof Code) pieces.push(secret);
            else if (typeof last === "string") pieces[pieces.length - 1] = last + evaluate([part], known);
            else pieces.push(evaluate([part], known));
        }
        const secrets = new Map<string, Code>();
        return pieces.flatMap((piece) => {
            if (piece instanceof Code) return [piece];
            return piece.split(/((?<=:\/\/|,)[^/@\s,]*:[^/@\s]+(?=@))/).map((text, i) => {
                if (i % 2 === 0) return text;
                const number = secrets.size === 0 ? "" : String(secrets.size + 1);
                const code =
                    secrets.get(text) ?? this.#ownSecret(`${name}_LOGIN${number}`, text, place.file, place);
                secrets.set(text, code);
                return code;
            });
        });
    }

    /** A variable that is another part of a connection: a port, a user, a password or a database. */
    #fromPart(name: string, value: DeclaredValue): void {
        if (this.#taken.has(name)) return;
        const text = evaluate(value.template, this.#context.known);
        for (const [alias, link] of this.wiring.links) {
            const part = this.#partOf(name, text, value.template, link);
            if (part === undefined || link.variables[part] !== undefined) continue;
            nameVariable(alias, link, part, name);
            if (
                part === "name" &&
                link.target.kind === "postgres" &&
                text !== "" &&
                text !== link.target.database
            ) {
                const key = this.#databaseKey(link.target, text, alias);
                Object.assign(link, { databaseKey: key, connection: connectionOf(link.target, key) });
            }
            if (part === "name" && link.target.kind === "redis" && text !== "0")
                link.variables.database = text;
            this.#take(name, value, `variables.${alias}.${part}`, "from the connection");
            return;
        }
        // No link yet: the password of a service that the application reaches by its own configuration.
        const owner = this.#context.targets.find(({ passwords }) =>
            passwords.some((password) => isSameTemplate(password, value.template)),
        );
        if (!isSecretName(name) || owner === undefined || !owner.hasPassword || !this.#canLink(owner)) return;
        if (literalOf(value.template) === undefined || evaluate(value.template) !== "") {
            const alias = this.#aliasFor(owner);
            if (this.wiring.links.has(alias)) return;
            this.#addLink(alias, owner, {
                url: urlVariable(alias),
                password: name,
            });
            this.#take(name, value, `variables.${alias}.password`, "from the connection");
        }
    }

    #partOf(name: string, text: string, template: Template, { target, variables }: Link): Part | undefined {
        const prefix = variables.host?.replace(/_?(HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$/i, "");
        const hasPrefix = prefix !== undefined && name.startsWith(prefix);
        const suffix = hasPrefix ? name.slice(prefix.length).replace(/^_/, "").toUpperCase() : "";
        const isPassword = target.passwords.some((password) => isSameTemplate(password, template));
        if (isPassword && isSecretName(name) && target.hasPassword) return "password";
        if (/^(PASS|PASSWD|PASSWORD|PWD)$/.test(suffix) && target.hasPassword) return "password";
        if (suffix === "PORT" && Number(text) === target.port) return "port";
        // A secret is not known here, but it is the same one.
        const isOwn = (variable: string) =>
            template.some(isSecret) &&
            isSameTemplate(target.declared.env.get(variable)?.template ?? [], template);
        if (target.kind === "postgres" && isOwn("POSTGRES_USER")) return "username";
        if (target.kind === "postgres" && isOwn("POSTGRES_DB")) return "name";
        const isUser = /USER(NAME)?$/i.test(name) || suffix === "USER";
        if (isUser && target.username !== undefined && text === target.username) return "username";
        if (/^(USER|USERNAME)$/.test(suffix) && target.kind === "postgres") {
            target.username ??= text;
            return target.username === text ? "username" : undefined;
        }
        if (target.kind !== "postgres" && target.kind !== "redis" && target.database === undefined)
            return undefined;
        if (/^(NAME|DATABASE|DB|DBNAME|DATABASE_NAME)$/.test(suffix) && text !== "") return "name";
        if (/(_DB|DATABASE|DB_NAME)$/.test(name) && target.database !== undefined && text === target.database)
            return "name";
        return undefined;
    }

    #other(name: string, value: DeclaredValue): void {
        const { template, place } = value;
        const { builder, known } = this.#context;
        const text = evaluate(template, known);
        const [only] = template;
        if (showsLogin(template, known)) {
            const isComplete = !template.some(isHidden);
            this.#secret(name, isComplete ? text : "", value, place.file);
            return;
        }
        const isPlainVariable =
            template.length === 1 &&
            only !== undefined &&
            isVariable(only) &&
            only.operator?.endsWith("+") !== true;
        if (value.isOptional && only !== undefined && isSecret(only)) {
            const { secret } = only;
            builder.secret({ name: secret, source: ".kamal/secrets", isOptional: true });
            const code = new Code(`config.requireSecret("${secret}")`, [], ["config"]);
            this.wiring.env[name] = new OptionalCode(code, `config.getSecret("${secret}")`);
            this.#take(name, value, `env.${name}`, "a secret that not all stacks have");
            return;
        }
        if (template.some(isSecretPart) || (isPlainVariable && isSecretName(name))) {
            const secret = template.length === 1 && only !== undefined && isVariable(only) ? only : undefined;
            const isOptional =
                secret?.operator?.endsWith("-") && evaluate(secret.argument ?? []) === "" && text === "";
            const isTemplate = template.length > 1;
            if (isOptional || isTemplate) {
                this.wiring.env[name] = builder.expression(template);
                this.#take(
                    name,
                    value,
                    `env.${name}`,
                    isOptional ? "a secret that may be missing" : "with a secret",
                );
                return;
            }
            this.#secret(name, text, value, secret ? `the variable ${secret.variable}` : ".kamal/secrets");
            return;
        }
        if (!template.some(isHidden) && isSecretValue(name, template, known)) {
            this.#secret(name, text, value, place.file);
            return;
        }
        if (template.some(isHidden)) {
            const setting = camelCase(name);
            const code = template.find(isHidden)?.code ?? "";
            const answer = builder.decideComputed(code, setting, name, formatPlace(place));
            this.wiring.env[name] = builder.setting(setting, "string", `Value of ${name}`, answer);
            this.#take(name, value, `setting ${setting}`, "is computed in ERB, which is not run");
            return;
        }
        const expression = builder.expression(template);
        const isMissing = value.isOptional && isPlainVariable && expression instanceof Code;
        this.wiring.env[name] = isMissing ? new OptionalCode(expression) : expression;
        const isSetting = template.some(isVariable);
        this.#take(name, value, `env.${name}`, isSetting ? "from a setting of the stack" : "");
    }

    #secret(name: string, text: string, value: DeclaredValue, source: string): void {
        const { builder } = this.#context;
        if (this.#conflicts(name, text))
            this.wiring.env[name] = this.#ownSecret(name, text, source, value.place);
        else {
            builder.secret({ name, ...(text !== "" && { value: text }), source, place: value.place });
            this.wiring.secrets.push(name);
        }
        this.#take(name, value, "secrets", "a secret of the stack's configuration");
    }

    /** A secret of this name has another value. */
    #conflicts(name: string, text: string): boolean {
        const other = this.#context.builder.secrets.find((secret) => secret.name === name);
        return other?.value !== undefined && text !== "" && other.value !== text;
    }

    /** A secret with the name of the service before its own, if another one has the name. */
    #ownSecret(name: string, value: string, source: string, place: Place): Code {
        const own = this.#conflicts(name, value) ? `${this.#service}_${name}` : name;
        return this.#context.builder.secretCode(own, { name: own, value, source, place });
    }
}

/** Whether a variable with the address of a machine means this service on it. */
function refersToService(
    { kind, scheme: own = "", port: listening, declared }: Target,
    variable: string,
    scheme: string,
    port?: number,
): boolean {
    const isSql = kind === "postgres" || own.startsWith("mysql");
    if (kind === "application" || kind === "task") return false;
    if (scheme !== "") {
        const isScheme =
            kind === "postgres" ? scheme.startsWith("postg") : scheme === (kind === "redis" ? "redis" : own);
        const ports = [
            listening,
            ...declared.ports.map(({ published }) => Number(published && evaluate(published))),
        ];
        return isScheme && (port === undefined || ports.includes(port));
    }
    if (/^(DB|DATABASE|PG|POSTGRES|MYSQL)/.test(variable)) return isSql;
    return variable.startsWith(kind === "redis" ? "REDIS" : declared.name.toUpperCase());
}

/** The variable that has the URL of a link, unless another is named. */
export function urlVariable(alias: string): string {
    return `${alias.toUpperCase().replace(/-/g, "_")}_URL`;
}

/** Names the variable of a part. The one with the URL, which a link without names has, stays. */
function nameVariable(alias: string, { variables }: Link, part: Part, name: string): void {
    if (!hasNames(variables)) variables.url = urlVariable(alias);
    variables[part] = name;
}

function hasNames({ url, host, port, username, password, name }: LinkNames): boolean {
    return [url, host, port, username, password, name].some((variable) => variable !== undefined);
}

export function aliasOf(name: string): string {
    const alias = name.replace(/[^A-Za-z0-9_-]+/g, "_");
    return /^[A-Za-z]/.test(alias) ? alias : `a_${alias}`;
}

/** The connection of a target, in the program. */
export function connectionOf({ kind, variable }: Target, databaseKey?: string): Code {
    if (kind === "application") return new Code(`${variable}.endpoint`, [variable]);
    if (databaseKey === undefined) return new Code(`${variable}.connection`, [variable]);
    const isIdentifier = /^[A-Za-z_$][\w$]*$/.test(databaseKey);
    const member = isIdentifier ? `.${databaseKey}` : `[${JSON.stringify(databaseKey)}]`;
    return new Code(`${variable}.connections${member}`, [variable]);
}

function hostOf({ kind, variable }: Target): Code {
    return new Code(
        kind === "postgres" || kind === "redis" ? `${variable}.connection.host` : `${variable}.host`,
        [variable],
    );
}

function linkArgument(alias: string): string {
    if (alias === "database" || alias === "redis") return alias;
    return alias.endsWith("_database") ? `databases.${alias.replace(/_database$/, "")}` : `links.${alias}`;
}

function escapeRegExp(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Links as arguments: those with a name of their own in RailsWebApp, and `links`. */
export function linkArguments(links: Map<string, Link>, isRails: boolean): Arguments {
    const databases: Record<string, Expression> = {};
    const others: Record<string, Expression> = {};
    const variables: Record<string, Expression> = {};
    const args: Arguments = {};
    for (const [alias, { connection, variables: names }] of links) {
        const key = alias.replace(/_database$/, "");
        if (isRails && alias === "database") args.database = connection;
        else if (isRails && alias === "redis") args.redis = connection;
        else if (isRails && key !== alias) databases[key] = connection;
        else others[alias] = connection;
        if (Object.keys(names).length > 0) variables[alias] = names;
    }
    return {
        ...args,
        ...(Object.keys(databases).length > 0 && { databases }),
        ...(Object.keys(others).length > 0 && { links: others }),
        ...(Object.keys(variables).length > 0 && { variables }),
    };
}
