/** Databases and caches that only the application's own files name. */
import { type DeclaredService, emptyService } from "../declared.ts";
import type { Facts } from "../detect.ts";
import { formatPlace } from "../facts.ts";
import type { Report } from "../report.ts";
import { evaluate } from "../text/template.ts";
import type { ApplicationGroup } from "./application.ts";
import {
    databaseName,
    databaseUrlVariable,
    databaseUser,
    isRailsApplication,
    serverDatabases,
    usesRedis,
} from "./rails.ts";
import type { Target, TargetKind } from "./targets.ts";
import { aliasOf, connectionOf, type Wirer } from "./wiring.ts";

export interface DatabaseContext {
    facts: Facts;
    project: string;
    targets: Target[];
    report: Report;
}

/** A server that no file declares. */
export interface InferredServer {
    service: DeclaredService;
    kind: TargetKind;
}

const DATABASE_HOST = /^(DB|DATABASE|PG|POSTGRES|POSTGRESQL|MYSQL)_?(HOST|HOSTNAME)$/;

/**
 * A database that another service names is not that of the application, if the application's is on a host that no file
 * declares: the database of an analytics program, for example.
 */
export function markDatabasesOfOthers(
    { web }: ApplicationGroup,
    { facts, targets, report }: DatabaseContext,
): void {
    const [variable, host = ""] =
        [...web.env]
            .map(([name, { template }]) => [name, evaluate(template, facts.known)] as const)
            .find(([name, value]) => DATABASE_HOST.test(name) && value !== "") ?? [];
    const isDeclared = targets.some(
        ({ declared }) => declared.hostNames.includes(host) || declared.machines?.includes(host) === true,
    );
    if (variable === undefined || isDeclared) return;
    const texts = targets
        .filter(({ kind }) => kind === "service")
        .flatMap(({ declared }) =>
            [...declared.env.values()].map(({ template }) => evaluate(template, facts.known)),
        );
    for (const target of targets.filter((other) => isDatabase(other)))
        if (target.declared.hostNames.some((name) => texts.some((text) => namesHost(text, name)))) {
            target.isOfOthers = true;
            report.note(
                `${variable} of ${web.name} is ${host}, so ${target.name} is not its database. For a database elsewhere, write \`database: parseConnection(...)\``,
            );
        }
}

function isDatabase({ kind, scheme, isOfOthers }: Target): boolean {
    return isOfOthers !== true && (kind === "postgres" || scheme?.startsWith("mysql") === true);
}

function namesHost(text: string, host: string): boolean {
    return text.split(/[/@:,?]/).includes(host);
}

/** Servers that the application needs and no file declares. */
export function inferServers(
    { web }: ApplicationGroup,
    { facts, project, targets, report }: DatabaseContext,
): InferredServer[] {
    const inferred: InferredServer[] = [];
    const databases = serverDatabases(facts);
    const [main] = databases;
    const place = main?.place ?? { file: "Gemfile.lock" };
    const isMysql = main !== undefined && /mysql|trilogy/.test(main.adapter);
    const hasServer = targets.some(isDatabase);
    const needsPostgres =
        databases.length > 0 || (facts.databases.length === 0 && facts.gems.direct.has("pg"));
    const isNamed = (name: string) => targets.some((target) => target.name === name);
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
        const database = main ? databaseName(main, project) : `${project.replace(/\W/g, "_")}_production`;
        const user = main && databaseUser(main);
        const service = isMysql
            ? synthetic("db", "mysql:8.4", { MYSQL_DATABASE: database, MYSQL_ROOT_PASSWORD: "" }, place)
            : synthetic(
                  "db",
                  "postgres:17",
                  { POSTGRES_DB: database, POSTGRES_USER: user ?? project.replace(/\W/g, "_") },
                  place,
              );
        inferred.push({ service, kind: isMysql ? "service" : "postgres" });
        report.note(
            `${formatPlace(place)}: the application needs ${isMysql ? "MySQL" : "Postgres"}: component \`${service.name}\`${isMysql ? "" : ", version 17"}`,
        );
        const url = web.env.get("DATABASE_URL");
        if (url !== undefined)
            report.note(
                "DATABASE_URL comes from the component `db`. For a database elsewhere, write `database: parseConnection(...)`",
            );
    }
    if (usesRedis(facts) && !targets.some(({ kind, scheme }) => kind === "redis" || scheme === "redis")) {
        const [first] = facts.rails.redis;
        const gem = ["sidekiq", "resque", "kredis"]
            .map((name) => facts.gems.versions.get(name))
            .find(Boolean);
        const file = gem?.place ?? first ?? { file: "Gemfile.lock" };
        inferred.push({ service: synthetic("redis", "redis:8", {}, file), kind: "redis" });
        report.note(`${formatPlace(file)}: the application uses Redis: component \`redis\``);
    }
    return inferred;
}

/** Further databases of config/database.yml, under their names. */
export function nameDatabases({ facts, project, targets }: DatabaseContext): void {
    const [, ...others] = serverDatabases(facts);
    const server = targets.find((target) => target.kind === "postgres" && isDatabase(target));
    if (server === undefined) return;
    for (const database of others) {
        const name = databaseName(database, `${project}_${database.name}`);
        if (name !== server.database) server.databases.set(aliasOf(database.name), name);
    }
}

/** Links to what nothing names: the databases of config/database.yml, and services that the application waits for. */
export function linkServers(
    target: Target,
    wirer: Wirer,
    { web, processes }: ApplicationGroup,
    { facts, project, targets }: DatabaseContext,
): void {
    const isRails = isRailsApplication(facts);
    const [main, ...others] = serverDatabases(facts);
    const server = targets.find(isDatabase);
    const { links } = wirer.wiring;
    const isLinked = (other: Target) => [...links.values()].some((link) => link.target === other);
    if (isRails && server !== undefined && main !== undefined && !isLinked(server)) {
        const variable = databaseUrlVariable(main);
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
            const name = databaseName(database, `${project}_${database.name}`);
            const key = [...server.databases].find(([, other]) => other === name)?.[0];
            const variable = databaseUrlVariable(database);
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
    for (const other of targets) {
        const isData = isDatabase(other) || other.kind === "redis";
        const isWaited = waited.includes(other.declared.name);
        if (!isData && !isWaited) continue;
        const isSynthetic = other.declared.keys.size === 0;
        if (isSynthetic) linkWithoutReport(target, wirer, other);
        else wirer.linkTo(other, web.keys.get("depends_on") ?? web.place, isWaited);
    }
}

function linkWithoutReport(target: Target, wirer: Wirer, other: Target): void {
    const alias = other.kind === "redis" ? "redis" : "database";
    const { links } = wirer.wiring;
    if (links.has(alias) || [...links.values()].some((link) => link.target === other)) return;
    links.set(alias, { target: other, connection: connectionOf(other), variables: {} });
    target.linksTo.add(other);
}
