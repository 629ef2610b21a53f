import { EnvFileError, parseEnvFile } from "../../../components/container/env-file-parser.ts";
import { type Declaration, type DeclaredService, emptyService } from "../declared.ts";
import type { Facts } from "../detect.ts";
import { formatPlace } from "../facts.ts";
import {
    type Arguments,
    camelCase,
    Code,
    type Component,
    type Expression,
    type Program,
    ProgramBuilder,
    type Question,
    type Stack,
} from "../model.ts";
import type { Report } from "../report.ts";
import type { KamalFacts } from "../sources/kamal.ts";
import { WHOLE_FILE } from "../sources/kamal-proxy.ts";
import { evaluate } from "../text/template.ts";
import { shellCommand } from "../text/words.ts";
import {
    type ApplicationFacts,
    type ApplicationGroup,
    isInImage,
    translateApplication,
    translateTask,
} from "./application.ts";
import { Adoption, type ComposeProject } from "./adoption.ts";
import { leaveOutSecrets, secretValues } from "./clear-text.ts";
import {
    applicationScore,
    isMigration,
    isOneOff,
    isSameImage,
    isTask,
    kindOf,
    score,
    webScore,
} from "./classify.ts";
import { type DataContext, translatePostgres, translateRedis } from "./data-services.ts";
import { declareGateway, type GatewaySettings } from "./gateway.ts";
import { knownImage } from "./known-images.ts";
import {
    databaseName,
    databaseUser,
    hasNoCommand,
    healthArguments,
    isRailsApplication,
    jobArguments,
    masterKeyArguments,
    migrationArguments,
    serverDatabases,
    storageArguments,
    urlVariable,
    usesRedis,
    webPort,
} from "./rails.ts";
import { sortComponents } from "./order.ts";
import { sharedVolumeNames, type SharedVolumes, translateService } from "./services.ts";
import { secretArguments } from "./secrets.ts";
import { stacksOf } from "./stacks.ts";
import { aliasOf, connectionOf, linkArguments, WAITS, Wirer, type WiringContext } from "./wiring.ts";
import type { Target, TargetKind } from "./targets.ts";

export interface Translation {
    program: Program;
    questions: Question[];
}

/**
 * Translates facts to a program. A pure function of facts and answers: what it asks and is not answered yet has its default.
 *
 * @param name of the project
 * @param adopts takes over the data of this project of Docker Compose, or of Kamal
 */
export function translate(
    facts: Facts,
    name: string,
    report: Report,
    answers = new Map<string, string>(),
    adopts?: ComposeProject,
): Translation {
    return new Translator(facts, name, report, answers, adopts).translate();
}

class Translator {
    readonly #facts: Facts;
    readonly #report: Report;
    readonly #builder: ProgramBuilder;
    readonly #project: string;
    readonly #declaration: Declaration;
    readonly #targets: Target[] = [];
    readonly #shared: SharedVolumes = new Map();
    readonly #data: DataContext;
    /** Services that only others are made of. */
    readonly #bases: DeclaredService[] = [];

    constructor(
        facts: Facts,
        name: string,
        report: Report,
        answers: Map<string, string>,
        adopts: ComposeProject | undefined,
    ) {
        this.#facts = facts;
        this.#report = report;
        this.#builder = new ProgramBuilder(facts.known, answers);
        this.#declaration = facts.kamal?.declaration ??
            facts.compose ?? { file: "", services: [], volumes: new Map() };
        this.#project = projectName(name);
        const protectData = new Code("protectData");
        this.#data = { builder: this.#builder, report, files: facts.files, known: facts.known, protectData };
        const sshUser = facts.kamal?.destinations[0]?.sshUser ?? "root";
        if (adopts !== undefined)
            this.#data.adoption = new Adoption(this.#builder, this.#declaration, adopts, sshUser);
    }

    translate(): Translation {
        const services = [...this.#declaration.services];
        const group = this.#findApplication(services);
        const inApplication = new Set([...this.#bases, ...(group ? [group.web, ...group.processes] : [])]);
        const tasks = [
            ...(group?.tasks ?? []),
            ...services.filter((service) => !inApplication.has(service) && isTask(service, services)),
        ];
        const uniqueTasks = [...new Set(tasks)];
        const migration = uniqueTasks.find((task) => isMigration(task) && group !== undefined);
        const others = services.filter(
            (service) => !inApplication.has(service) && !uniqueTasks.includes(service),
        );
        for (const service of others) this.#addTarget(service, kindOf(service, this.#facts.known));
        for (const task of uniqueTasks) if (task !== migration) this.#addTarget(task, "task");
        const app = group && this.#addTarget(group.web, "application", this.#applicationName(group), group);
        if (group !== undefined) this.#inferData(group);
        this.#shareVolumes(group, others, uniqueTasks);
        this.#leaveOutSecrets(services, migration);
        if (group !== undefined && app !== undefined)
            this.#declareApplication(app, group, migration, uniqueTasks);
        for (const target of this.#targets.filter(({ kind }) => kind === "service"))
            this.#declareService(target);
        for (const target of this.#targets.filter(({ kind }) => kind === "task"))
            this.#declareTask(target, app, group);
        for (const target of this.#targets) this.#declareData(target);
        const processes = group?.processes.map(({ name }) => name) ?? [];
        const gateway =
            this.#declaration.gateway &&
            declareGateway(this.#declaration.gateway, {
                project: this.#project,
                builder: this.#builder,
                report: this.#report,
                targets: this.#targets,
                processes,
                isForServers: this.#facts.kamal !== undefined,
            });
        this.#reportKeys();
        return this.#finish(gateway);
    }

    #addTarget(
        declared: DeclaredService,
        kind: TargetKind,
        name = declared.name,
        group?: ApplicationGroup,
    ): Target {
        const { known: variables } = this.#facts;
        const image = declared.image ? evaluate(declared.image, variables) : "";
        const known = kind === "service" ? knownImage(image) : undefined;
        const value = (variable: string | undefined) => {
            const own = variable === undefined ? undefined : declared.env.get(variable);
            const text = own && evaluate(own.template, variables);
            return text === "" ? undefined : text;
        };
        const passwordNames = {
            postgres: ["POSTGRES_PASSWORD"],
            redis: ["REDIS_PASSWORD"],
            service: known?.passwords ?? [],
            application: [],
            task: [],
        }[kind];
        const passwords =
            passwordNames.flatMap((variable) => declared.env.get(variable)?.template ?? []).length > 0
                ? passwordNames.flatMap((variable) =>
                      declared.env.has(variable) ? [declared.env.get(variable)?.template ?? []] : [],
                  )
                : [];
        if (kind === "redis") passwords.push(...redisPassword(declared));
        const user = kind === "postgres" ? value("POSTGRES_USER") : value(known?.username);
        const target: Target = {
            declared,
            kind,
            name,
            variable: this.#builder.identifier(name, kind === "application" ? "App" : "Service"),
            known,
            scheme: known?.scheme,
            port: kind === "postgres" ? 5432 : kind === "redis" ? 6379 : this.#portOf(declared, known?.port),
            username: user ?? (passwords.length > 0 ? known?.defaultUsername : undefined),
            database:
                kind === "postgres"
                    ? (value("POSTGRES_DB") ?? value("POSTGRES_USER"))
                    : value(known?.database),
            passwords,
            hasPassword: kind === "postgres" || kind === "redis" || passwords.length > 0,
            databases: new Map(),
            linksTo: new Set(),
        };
        if (kind === "application")
            for (const { hostNames, linkAliases } of group?.processes ?? []) {
                target.declared.hostNames.push(...hostNames);
                for (const [alias, name] of linkAliases) target.declared.linkAliases.set(alias, name);
            }
        this.#targets.push(target);
        return target;
    }

    /** A port that the image is known for, or that the file or another service's URL names. */
    #portOf(declared: DeclaredService, known: number | undefined): number | undefined {
        const named = declared.hostNames.flatMap((host) =>
            this.#declaration.services.flatMap(({ env }) =>
                [...env.values()].flatMap(({ template }) => {
                    const [, port] =
                        new RegExp(String.raw`(?:^|[/@,])${host.replace(/\W/g, "\\$&")}:(\d+)`).exec(
                            evaluate(template, this.#facts.known),
                        ) ?? [];
                    return port === undefined ? [] : [Number(port)];
                }),
            ),
        );
        const routed = this.#declaration.gateway?.routes.find(
            ({ service }) => service === declared.name,
        )?.port;
        const own = declared.env.get("PORT");
        const variable = own && Number(evaluate(own.template, this.#facts.known));
        if (variable !== undefined && variable > 0) return variable;
        const tcp = declared.ports.find(({ protocol }) => protocol === "tcp")?.container;
        const [first] = named;
        return known ?? routed ?? first ?? declared.exposed[0] ?? tcp;
    }

    /** The services that are the Rails application: one image, with its web server and other processes. */
    #findApplication(all: DeclaredService[]): ApplicationGroup | undefined {
        const interactive = all.filter((service) => isOneOff(service));
        const services = all.filter((service) => !interactive.includes(service));
        for (const { name, place } of interactive)
            this.#report.replaceAll(name, {
                service: name,
                key: "(the service)",
                outcome: "changed",
                note: "is for one-off commands: `drydock run`, `drydock console` and `drydock shell`",
                place,
            });
        this.#bases.push(...interactive);
        const { known } = this.#facts;
        const candidates = services.filter(
            (service) =>
                service.isApplication ||
                (applicationScore(service, known) > 0 && kindOf(service, known) === "service"),
        );
        if (this.#facts.kamal) overrideByDestination(this.#facts.kamal, services);
        const best = [...candidates].sort((a, b) => score(b, known) - score(a, known))[0];
        if (best === undefined) {
            const { gems, files } = this.#facts;
            const isApplication =
                gems.versions.size > 0 ||
                this.#facts.secrets.length > 0 ||
                files.read("Gemfile") !== undefined ||
                files.kindOf("config/application.rb") !== undefined ||
                this.#facts.databases.length > 0 ||
                this.#facts.procfile.length > 0 ||
                (services.length === 0 && this.#facts.dockerfile !== undefined);
            if (!isApplication) return undefined;
            return { web: this.#ownApplication(), processes: [], tasks: [] };
        }
        const members = services.filter((service) => isSameImage(service, best, known));
        const tasks = members.filter((service) => isTask(service, services));
        const running = members.filter((service) => !tasks.includes(service));
        const [web] = [...running].sort((a, b) => webScore(b) - webScore(a));
        if (web === undefined) return undefined;
        const others = running.filter((service) => service !== web);
        const processes = others.filter(
            ({ command, entrypoint }) => command !== undefined || entrypoint !== undefined,
        );
        for (const { name, place } of others.filter((service) => !processes.includes(service)))
            this.#report.replaceAll(name, {
                service: name,
                key: "(the service)",
                outcome: "changed",
                note: `runs the image's own command, as ${web.name} may: it is a base of others`,
                place,
            });
        this.#bases.push(...others.filter((service) => !processes.includes(service)));
        return { web, processes, tasks };
    }

    /** The application in this directory, which no file declares. */
    #ownApplication(): DeclaredService {
        const place = { file: this.#facts.dockerfile?.file ?? "Gemfile.lock" };
        return {
            ...emptyService("web", place),
            isApplication: true,
            build: { context: ".", args: new Map(), place },
        };
    }

    #applicationName({ web }: ApplicationGroup): string {
        return this.#facts.kamal?.service && this.#facts.kamal.service !== ""
            ? componentName(this.#facts.kamal.service)
            : web.name;
    }

    /** Databases that the application's configuration names and no file declares. */
    #inferData({ web }: ApplicationGroup): void {
        const databases = serverDatabases(this.#facts);
        const [main] = databases;
        const place = main?.place ?? { file: "Gemfile.lock" };
        const isMysql = main !== undefined && /mysql|trilogy/.test(main.adapter);
        const hasServer = this.#targets.some(
            ({ kind, scheme }) => kind === "postgres" || scheme?.startsWith("mysql"),
        );
        const needsPostgres =
            databases.length > 0 || (this.#facts.databases.length === 0 && this.#facts.gems.direct.has("pg"));
        const isNamed = (name: string) => this.#targets.some((target) => target.name === name);
        const synthetic = (
            name: string,
            image: string,
            env: Record<string, string>,
            file: typeof place,
        ): DeclaredService => ({
            ...emptyService(name, file),
            name: isNamed(name) ? `${name}-server` : name,
            image: [image],
            env: new Map(Object.entries(env).map(([key, text]) => [key, { template: [text], place: file }])),
        });
        if (!hasServer && needsPostgres) {
            const database = main
                ? databaseName(main, this.#project)
                : `${this.#project.replace(/\W/g, "_")}_production`;
            const user = main && databaseUser(main);
            const service = isMysql
                ? synthetic("db", "mysql:8.4", { MYSQL_DATABASE: database, MYSQL_ROOT_PASSWORD: "" }, place)
                : synthetic(
                      "db",
                      "postgres:17",
                      { POSTGRES_DB: database, POSTGRES_USER: user ?? this.#project.replace(/\W/g, "_") },
                      place,
                  );
            this.#addTarget(service, isMysql ? "service" : "postgres");
            this.#report.note(
                `${formatPlace(place)}: the application needs ${isMysql ? "MySQL" : "Postgres"}: component \`${service.name}\`${isMysql ? "" : ", version 17"}`,
            );
            const url = web.env.get("DATABASE_URL");
            if (url !== undefined)
                this.#report.note(
                    "DATABASE_URL comes from the component `db`. For a database elsewhere, write `database: parseConnection(...)`",
                );
        }
        if (
            usesRedis(this.#facts) &&
            !this.#targets.some(({ kind, scheme }) => kind === "redis" || scheme === "redis")
        ) {
            const [first] = this.#facts.rails.redis;
            const gem = ["sidekiq", "resque", "kredis"]
                .map((name) => this.#facts.gems.versions.get(name))
                .find(Boolean);
            const file = gem?.place ?? first ?? { file: "Gemfile.lock" };
            this.#addTarget(synthetic("redis", "redis:8", {}, file), "redis");
            this.#report.note(`${formatPlace(file)}: the application uses Redis: component \`redis\``);
        }
    }

    #leaveOutSecrets(services: DeclaredService[], migration: DeclaredService | undefined): void {
        const values = secretValues(services, this.#facts.known);
        for (const service of services) {
            if (this.#bases.includes(service) || service === migration) continue;
            const target = this.#targets.find(({ declared }) => declared === service);
            const isData = target?.kind === "postgres" || target?.kind === "redis";
            leaveOutSecrets(service, isData, this.#facts.known, values, this.#builder, this.#report);
        }
    }

    #shareVolumes(
        group: ApplicationGroup | undefined,
        others: DeclaredService[],
        tasks: DeclaredService[],
    ): void {
        const isData = (service: DeclaredService) =>
            ["postgres", "redis"].includes(kindOf(service, this.#facts.known));
        const groups = [
            ...(group
                ? [
                      {
                          name: "application",
                          volumes: [group.web, ...group.processes].flatMap(({ volumes }) => volumes),
                      },
                  ]
                : []),
            ...[...others.filter((service) => !isData(service)), ...tasks].map(({ name, volumes }) => ({
                name,
                volumes,
            })),
        ].map(({ name, volumes }) => ({
            name,
            volumes: volumes.filter(
                ({ target, source }) =>
                    !/(node_modules|bundle|\/gems|\/tmp(\/|$)|\.cache)/.test(target) && source !== "",
            ),
        }));
        const adopted = this.#data.adoption === undefined ? [] : this.#applicationVolumes(group, tasks);
        for (const volume of new Set([...sharedVolumeNames(groups), ...adopted])) {
            const name = this.#targets.some((target) => target.name === volume) ? `${volume}-volume` : volume;
            const variable = this.#builder.identifier(volume, "Volume");
            this.#shared.set(volume, variable);
            this.#builder.component({
                kind: "Volume",
                name: componentName(name),
                variable,
                args: { ...this.#adoptedVolume(volume), protectData: this.#data.protectData },
                dependsOn: [],
            });
        }
    }

    /** Volumes of the application and of its tasks, except the storage, which has an argument of its own. */
    #applicationVolumes(group: ApplicationGroup | undefined, tasks: DeclaredService[]): string[] {
        const isRails = isRailsApplication(this.#facts);
        const services = [...(group ? [group.web, ...group.processes] : []), ...tasks];
        return services
            .flatMap(({ volumes }) => volumes)
            .filter(
                ({ kind, target }) =>
                    kind === "volume" && !isInImage(target) && !(isRails && target.endsWith("/storage")),
            )
            .map(({ source }) => source);
    }

    #adoptedVolume(volume: string): Arguments {
        const { adoption } = this.#data;
        if (adoption === undefined) return {};
        const setting = camelCase(`${volume}-volume`);
        const { text } = this.#builder.setting(
            setting,
            "string",
            `Existing volume ${volume}; empty for a new one`,
            "",
        );
        adoption.adoptVolume(setting, volume);
        return { name: new Code(`${text} || undefined`) };
    }

    #wiring(keepsUrl = false): WiringContext {
        return {
            builder: this.#builder,
            report: this.#report,
            targets: this.#targets,
            known: this.#facts.known,
            keepsUrl,
        };
    }

    #declareApplication(
        target: Target,
        group: ApplicationGroup,
        migration: DeclaredService | undefined,
        tasks: DeclaredService[],
    ): void {
        const { kamal, rails } = this.#facts;
        const isRails = isRailsApplication(this.#facts);
        const { web, processes } = group;
        const port = webPort(this.#facts, web);
        target.port = port;
        const jobs = isRails
            ? jobArguments(this.#facts, group, this.#builder, this.#report)
            : { env: {}, processes: {} };
        const storage = isRails ? storageArguments(this.#facts, this.#data.protectData, this.#report) : {};
        const appFacts: ApplicationFacts = {
            isRails,
            port,
            isPortDeclared: kamal?.proxy.port !== undefined,
            env: { ...jobs.env, ...(storage.env as Record<string, Expression> | undefined) },
            processes: jobs.processes,
            args: {
                ...(isRails && { ...migrationArguments(this.#facts, migration, this.#builder) }),
                ...(isRails && healthArguments(this.#facts, web, this.#report)),
                ...(storage.storage !== undefined && { storage: storage.storage }),
                ...(isRails && masterKeyArguments(this.#facts, group, this.#builder)),
            },
            sourcePaths: [web.build?.context ?? "."],
        };
        const wirer = new Wirer(target, this.#wiring(kamal !== undefined));
        const published = this.#publishedPort(web, port);
        this.#nameDatabases();
        if (kamal === undefined)
            wirer.wiring.secrets.push(
                ...this.#facts.secrets.flatMap(({ name, isIntermediate }) => (isIntermediate ? [] : [name])),
            );
        const args = translateApplication(
            { ...group, processes },
            appFacts,
            wirer,
            this.#data,
            this.#shared,
            published,
        );
        this.#linkRest(target, wirer, group, isRails);
        const links = linkArguments(wirer.wiring.links, isRails);
        this.#respectEnvFiles(web, args, wirer);
        if (migration !== undefined)
            this.#report.add({
                service: migration.name,
                key: "command",
                outcome: "taken",
                argument: "migration",
                place: migration.keys.get("command") ?? migration.place,
            });
        const webCommand = this.#webCommand(web);
        const waitsFor = tasks.filter((task) => task !== migration && this.#waitsFor(group, task));
        const component: Component = {
            kind: isRails ? "RailsWebApp" : "WebApp",
            name: componentName(target.name),
            variable: target.variable,
            args: {
                ...args,
                ...links,
                ...(webCommand && args.command === undefined && { command: webCommand }),
            },
            dependsOn: waitsFor.flatMap(
                (task) => this.#targets.find(({ declared }) => declared === task)?.variable ?? [],
            ),
        };
        if (rails.forcesSsl)
            this.#report.note(
                `${formatPlace(rails.forcesSsl)}: the application redirects to https. ${this.#declaration.gateway?.tls ? "The stack dev has no TLS: there" : "Until a proxy with TLS is in front"}, set \`config.assume_ssl = true\``,
            );
        this.#builder.component(component);
        this.#builder.outputs.push({
            name: "url",
            value: new Code(`${target.variable}.url`, [target.variable]),
        });
        for (const name of web.dependsOn.keys()) {
            const isDone = this.#report.has(web.name, `depends_on.${name}`);
            if (!isDone)
                this.#report.add({
                    service: web.name,
                    key: `depends_on.${name}`,
                    outcome: "taken",
                    note: "it starts after what it links to is healthy",
                    place: web.keys.get("depends_on"),
                });
        }
    }

    /** Env files override links, and a component refuses a secret that one of its files has too. */
    #respectEnvFiles(declared: DeclaredService, args: Arguments, { wiring }: Wirer): void {
        const linked = new Set(
            [...wiring.links].flatMap(([alias, { variables }]) => {
                const { parameters: _, database: __, scheme: ___, ...names } = variables;
                const own = Object.values(names).filter((name) => typeof name === "string");
                return own.length > 0 ? own : [`${alias.toUpperCase().replace(/-/g, "_")}_URL`];
            }),
        );
        const open = (name: string, file: string, what: string) => {
            this.#builder.decide({
                id: `${name} of ${declared.name} in ${file}`,
                message: `${file} sets ${name} of ${declared.name}, ${what}. Is that what you want?`,
                remedy: `remove ${name} from ${file}, or keep it there`,
            });
        };
        for (const { path } of declared.envFiles)
            for (const name of envFileNames(this.#facts.files.read(path) ?? "")) {
                if (linked.has(name)) open(name, path, "which overrides the link");
                const { secrets } = args;
                const isSecret = Array.isArray(secrets) && secrets.includes(name);
                const isMasterKey = name === "RAILS_MASTER_KEY" && args.masterKey !== undefined;
                if (!isSecret && !isMasterKey) continue;
                if (isMasterKey) args.masterKey = undefined;
                if (isSecret) {
                    const others = secrets.filter((other) => other !== name);
                    args.secrets = others.length > 0 ? others : undefined;
                }
                this.#builder.removeSecret(isMasterKey ? "masterKey" : name);
                open(name, path, "so it is no secret of the stack");
            }
    }

    #waitsFor({ web, processes }: ApplicationGroup, task: DeclaredService): boolean {
        return [web, ...processes].some(({ dependsOn }) => dependsOn.has(task.name));
    }

    /** The command of the Procfile, if the image has none. */
    #webCommand(web: DeclaredService): Expression | undefined {
        const line = this.#facts.procfile.find(({ name }) => name === "web");
        return line && hasNoCommand(this.#facts, web) ? shellCommand(line.command) : undefined;
    }

    #publishedPort(web: DeclaredService, port: number): Expression {
        const declared = web.ports.find(
            ({ container, protocol }) => container === port && protocol === "tcp",
        );
        const value =
            declared?.published === undefined
                ? 3000
                : Number(evaluate(declared.published, this.#facts.known));
        const description = "Port of the application on 127.0.0.1; 0 to have one chosen";
        const { published = [] } = declared ?? {};
        if (published.some((part) => typeof part !== "string"))
            return this.#builder.integer(published, description);
        const initial = Number.isInteger(value) && value > 0 ? value : 3000;
        return this.#builder.setting("port", "integer", description, initial);
    }

    /** Further databases of config/database.yml, under their names. */
    #nameDatabases(): void {
        const [, ...others] = serverDatabases(this.#facts);
        const server = this.#targets.find(({ kind }) => kind === "postgres");
        if (server === undefined) return;
        for (const database of others) {
            const name = databaseName(database, `${this.#project}_${database.name}`);
            if (name !== server.database) server.databases.set(aliasOf(database.name), name);
        }
    }

    /** Links to what nothing names: the databases of config/database.yml, and services that the application waits for. */
    #linkRest(target: Target, wirer: Wirer, { web, processes }: ApplicationGroup, isRails: boolean): void {
        const [main, ...others] = serverDatabases(this.#facts);
        const server = this.#targets.find(
            ({ kind, scheme }) => kind === "postgres" || scheme?.startsWith("mysql"),
        );
        const { links } = wirer.wiring;
        const isLinked = (other: Target) => [...links.values()].some((link) => link.target === other);
        if (isRails && server !== undefined && main !== undefined && !isLinked(server)) {
            const variable = urlVariable(main);
            links.set("database", {
                target: server,
                connection: connectionOf(server),
                variables: variable === "DATABASE_URL" ? {} : { url: variable },
            });
            target.linksTo.add(server);
        }
        if (isRails && server !== undefined && links.get("database")?.target === server)
            for (const database of others) {
                const alias = `${aliasOf(database.name)}_database`;
                if (links.has(alias)) continue;
                const name = databaseName(database, `${this.#project}_${database.name}`);
                const key = [...server.databases].find(([, other]) => other === name)?.[0];
                const variable = urlVariable(database);
                const isDefault = variable === `${alias.toUpperCase()}_URL`;
                const isPostgres = server.kind === "postgres";
                links.set(alias, {
                    target: server,
                    connection: connectionOf(server, isPostgres ? key : undefined),
                    variables: {
                        ...(!isDefault && { url: variable }),
                        ...(!isPostgres && name !== server.database && { database: name }),
                    },
                });
            }
        const waited = [web, ...processes].flatMap(({ dependsOn }) => [...dependsOn.keys()]);
        for (const other of this.#targets) {
            const isData =
                other.kind === "postgres" ||
                other.kind === "redis" ||
                other.scheme?.startsWith("mysql") === true;
            const isWaited = waited.includes(other.declared.name);
            if (!isData && !isWaited) continue;
            const isSynthetic = other.declared.keys.size === 0;
            if (isSynthetic) this.#linkQuietly(target, wirer, other);
            else wirer.linkTo(other, web.keys.get("depends_on") ?? web.place, isWaited);
        }
    }

    #linkQuietly(target: Target, wirer: Wirer, other: Target): void {
        const alias = other.kind === "redis" ? "redis" : "database";
        const { links } = wirer.wiring;
        if (links.has(alias) || [...links.values()].some((link) => link.target === other)) return;
        links.set(alias, { target: other, connection: connectionOf(other), variables: {} });
        target.linksTo.add(other);
    }

    #declareService(target: Target): void {
        const wirer = new Wirer(target, this.#wiring());
        const args = translateService(target, wirer, this.#data, this.#shared);
        this.#linkDependencies(target, wirer);
        this.#respectEnvFiles(target.declared, args, wirer);
        this.#builder.component({
            kind: "Service",
            name: componentName(target.name),
            variable: target.variable,
            args: { ...args, ...linkArguments(wirer.wiring.links, false) },
            dependsOn: this.#dependsOn(target),
        });
    }

    #linkDependencies(target: Target, wirer: Wirer): void {
        for (const name of target.declared.dependsOn.keys()) {
            const other = this.#targets.find(
                ({ declared }) => declared.name === name || declared.hostNames.includes(name),
            );
            if (other === undefined) {
                this.#report.add({
                    service: target.declared.name,
                    key: `depends_on.${name}`,
                    outcome: "changed",
                    note: "is not a service of the program",
                    place: target.declared.keys.get("depends_on"),
                });
                continue;
            }
            const place = target.declared.keys.get("depends_on") ?? target.declared.place;
            wirer.linkTo(other, place, true);
            if (!this.#report.has(target.declared.name, `depends_on.${name}`))
                this.#report.add({
                    service: target.declared.name,
                    key: `depends_on.${name}`,
                    outcome: "taken",
                    note: WAITS,
                    place,
                });
        }
    }

    /** Components to wait for that nothing links to. */
    #dependsOn(target: Target): string[] {
        return [...target.declared.dependsOn.keys()].flatMap((name) => {
            const other = this.#targets.find(({ declared }) => declared.name === name);
            const isLinked = other !== undefined && target.linksTo.has(other);
            return other === undefined || isLinked || other === target || other.kind === "application"
                ? []
                : [other.variable];
        });
    }

    #declareTask(target: Target, app: Target | undefined, group: ApplicationGroup | undefined): void {
        const { declared } = target;
        const isBefore = group !== undefined && this.#waitsFor(group, declared);
        const wirer = new Wirer(target, this.#wiring());
        const ofApp = group?.tasks.includes(declared) && app ? { variable: app.variable, group } : undefined;
        const args = translateTask(declared, ofApp, isBefore, wirer, this.#data, this.#shared);
        this.#linkDependencies(target, wirer);
        this.#respectEnvFiles(declared, args, wirer);
        for (const [key, place] of declared.keys)
            if (key === "restart")
                this.#report.replace({
                    service: declared.name,
                    key,
                    outcome: "taken",
                    argument: "Task",
                    note: "a command that runs once",
                    place,
                });
        this.#builder.component({
            kind: "Task",
            name: componentName(target.name),
            variable: target.variable,
            args: { ...args, ...linkArguments(wirer.wiring.links, false) },
            dependsOn: this.#dependsOn(target),
        });
    }

    #declareData(target: Target): void {
        const { kind, name, variable } = target;
        if (kind !== "postgres" && kind !== "redis") return;
        // As in the image.
        if (kind === "postgres") target.database ??= target.username ??= "postgres";
        if (kind === "postgres") target.username ??= "postgres";
        const args =
            kind === "postgres" ? translatePostgres(target, this.#data) : translateRedis(target, this.#data);
        this.#builder.component({
            kind: kind === "postgres" ? "PostgresService" : "RedisService",
            name: componentName(name),
            variable,
            args,
            dependsOn: [],
        });
    }

    /** Every key of every service has a row. */
    #reportKeys(): void {
        const services = this.#declaration.services.filter((service) => !this.#bases.includes(service));
        const migrations = services.filter(
            (service) => !this.#targets.some(({ declared }) => declared === service),
        );
        for (const { name, keys } of services)
            for (const [key, place] of keys) {
                const rows = this.#report.rows.filter(
                    (row) => row.service === name && (row.key === key || row.key.startsWith(`${key}.`)),
                );
                if (rows.length > 0) continue;
                const isMigration = migrations.some((service) => service.name === name);
                const note = isMigration
                    ? "the application's"
                    : key === "depends_on"
                      ? WAITS
                      : "empty, or the default";
                this.#report.add({ service: name, key, outcome: "changed", note, place });
            }
    }

    /** In an empty directory, the program has a database to begin with. */
    #begin(): void {
        this.#builder.component({
            kind: "PostgresService",
            name: "db",
            variable: this.#builder.identifier("db", "Service"),
            args: { version: "17", protectData: this.#data.protectData },
            dependsOn: [],
        });
        this.#builder.outputs.push({ name: "address", value: new Code("db.address", ["db"]) });
        this.#report.note(
            "There is no application yet: the program has a Postgres. After `rails new`, run init again",
        );
    }

    #finish(gateway: GatewaySettings | undefined): Translation {
        const { kamal } = this.#facts;
        if (this.#builder.components.length === 0) this.#begin();
        const usesProtection = JSON.stringify(this.#builder.components.map(({ args }) => args)).includes(
            '"protectData"',
        );
        if (usesProtection)
            this.#builder.setting(
                "protectData",
                "boolean",
                "Refuses every update that would delete data",
                true,
            );
        for (const target of this.#targets.filter(({ kind }) => kind === "application"))
            this.#openNetwork(target);
        secretArguments(this.#facts, this.#builder, this.#report);
        for (const { key, code, place } of kamal?.hidden ?? [])
            this.#report.add({
                service: WHOLE_FILE,
                key,
                outcome: "left out",
                note: `is computed in ERB, which is not run: \`${code}\``,
                place,
            });
        const stacks: Stack[] = stacksOf(
            this.#facts,
            this.#project,
            this.#builder,
            this.#report,
            usesProtection,
            gateway,
        );
        const deployed = stacks.filter(({ isDevelopment }) => !isDevelopment);
        // The data is where Kamal deploys, or on this machine.
        for (const stack of deployed.length > 0 ? deployed : stacks)
            Object.assign(stack.values, this.#data.adoption?.values);
        return {
            program: {
                name: this.#project,
                settings: this.#builder.settings,
                components: sortComponents(this.#builder.components),
                secrets: this.#builder.secrets,
                stacks,
                adoptedVolumes: deployed.length > 0 ? {} : (this.#data.adoption?.volumes ?? {}),
                outputs: this.#builder.outputs,
            },
            questions: this.#builder.questions,
        };
    }

    /** An application that others link to has a network of its own, which it has with an alias. */
    #openNetwork(target: Target): void {
        const isLinked = target.isRouted === true || this.#targets.some(({ linksTo }) => linksTo.has(target));
        const component = this.#builder.components.find(({ variable }) => variable === target.variable);
        if (!isLinked || component === undefined) return;
        const names = target.declared.hostNames.filter(
            (host) => host !== component.name && /^[a-z][\w-]*$/i.test(host),
        );
        component.args.aliases =
            names.length > 0 ? [...new Set(names)] : [component.name === "app" ? "web" : "app"];
    }
}

/** Names of the variables of an env file. Empty if it cannot be read as one. */
function envFileNames(text: string): string[] {
    try {
        return Object.keys(parseEnvFile(text));
    } catch (error) {
        if (!(error instanceof EnvFileError)) throw error;
        return [];
    }
}

/** A variable that a destination of Kamal sets is a setting, with the value of deploy.yml as its default. */
function overrideByDestination({ destinations }: KamalFacts, services: DeclaredService[]): void {
    for (const { env } of destinations)
        for (const [name, { place }] of env)
            for (const service of services.filter(({ isApplication }) => isApplication)) {
                const base = service.env.get(name)?.template ?? [];
                if (base.some((part) => typeof part !== "string")) continue;
                service.env.set(name, {
                    template: [{ variable: name, operator: "-", argument: base }],
                    place,
                });
            }
}

/** `--requirepass` of the command. */
function redisPassword({ command = [] }: DeclaredService): DeclaredService["command"] & object {
    const index = command.findIndex((word) => word.length === 1 && word[0] === "--requirepass");
    const value = index < 0 ? undefined : command[index + 1];
    return value === undefined ? [] : [value];
}

function projectName(name: string): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9_.-]+/g, "-")
        .replace(/^[^a-z0-9]+|[-.]+$/g, "");
    return plain === "" ? "app" : plain;
}

function componentName(name: string): string {
    return name.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "app";
}
