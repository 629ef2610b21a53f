import { posix } from "node:path";
import type { DeclaredService } from "../declared.ts";
import type { Facts } from "../detect.ts";
import { type DatabaseFacts, formatPlace } from "../facts.ts";
import { type Arguments, Code, type Expression } from "../model.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { Report } from "../report.ts";
import { startsThruster } from "../sources/dockerfile.ts";
import { isAtLeast } from "../sources/gemfile-lock.ts";
import { evaluate, literalOf } from "../text/template.ts";
import { shellCommand } from "../text/words.ts";
import { type ApplicationGroup, commandText } from "./application.ts";

export const DEFAULT_DIRECTORY = "/rails";

/** Whether the application uses Rails. Without a Gemfile.lock, assumes that it does. */
export function isRailsApplication({ gems }: Facts): boolean {
    return gems.versions.size === 0 || ["rails", "railties"].some((gem) => gems.versions.has(gem));
}

export function railsVersion({ gems }: Facts): string | undefined {
    const version = (gems.versions.get("rails") ?? gems.versions.get("railties"))?.value;
    return version === "" ? undefined : version;
}

/** Production databases that need a server. */
export function serverDatabases({ databases, gems }: Facts): DatabaseFacts[] {
    const own = databases.filter(({ isReplica }) => !isReplica);
    const adapter = gems.direct.has("pg")
        ? "postgresql"
        : gems.direct.has("mysql2")
          ? "mysql2"
          : gems.direct.has("trilogy")
            ? "trilogy"
            : "";
    const known = own.map((database) => ({ ...database, adapter: database.adapter || adapter }));
    return known.filter(({ adapter }) => /^(postgresql|postgis|mysql2|trilogy)$/.test(adapter));
}

export function usesSqlite({ databases, gems }: Facts): boolean {
    if (databases.length > 0) return databases.some(({ adapter }) => adapter === "sqlite3");
    return gems.direct.has("sqlite3") && !["pg", "mysql2", "trilogy"].some((gem) => gems.direct.has(gem));
}

/** The name of the production database, if no file has it. */
function defaultDatabase(name: string): string {
    return `${name.replace(/[^A-Za-z0-9_]+/g, "_")}_production`;
}

export function databaseName(database: DatabaseFacts, project: string): string {
    const name = database.database && evaluate(database.database);
    return name === undefined || name === "" || !/^[A-Za-z0-9_][\w.-]*$/.test(name)
        ? defaultDatabase(project)
        : name;
}

export function databaseUser(database: DatabaseFacts): string | undefined {
    const name = database.username && (literalOf(database.username) ?? evaluate(database.username));
    return name !== undefined && /^[A-Za-z_][\w-]*$/.test(name) ? name : undefined;
}

/** Name of the variable with the URL of a database. Only `primary` has DATABASE_URL, and the first may have another name. */
export function databaseUrlVariable({ name, url }: DatabaseFacts): string {
    const [only] = url ?? [];
    if (url?.length === 1 && typeof only === "object" && "variable" in only) return only.variable;
    return name === "primary" ? "DATABASE_URL" : `${name.toUpperCase()}_DATABASE_URL`;
}

/** Whether Redis is in use. The gem alone does not count, because templates included it. */
export function usesRedis({ gems, rails }: Facts): boolean {
    const needsRedis = ["sidekiq", "resque", "kredis"].some((gem) => gems.versions.has(gem));
    return (
        needsRedis ||
        ((gems.versions.has("redis") || gems.versions.has("redis-client")) && rails.redis.length > 0)
    );
}

/** Port that the web process listens on. */
export function webPort(facts: Facts, web: DeclaredService | undefined): number {
    const { kamal, dockerfile } = facts;
    const command = web ? commandText(web) : "";
    const [, option] = /(?:-p|--port)[ =](\d+)|-b\s+tcp:\/\/[^:\s]+:(\d+)/.exec(command) ?? [];
    const env = web?.env.get("PORT");
    const fromEnv = env === undefined ? NaN : Number(evaluate(env.template, facts.known));
    const published = web?.ports.find(({ protocol }) => protocol === "tcp")?.container;
    const exposed = dockerfile?.ports.find(({ value }) => [80, 3000].includes(value)) ?? dockerfile?.ports[0];
    const { gateway } = facts.compose ?? {};
    const routed = gateway?.routes.find(({ service }) => service === web?.name)?.port;
    const declared = kamal?.proxy.port?.value ?? routed;
    if (declared !== undefined) return declared;
    if (option !== undefined) return Number(option);
    if (Number.isInteger(fromEnv) && fromEnv > 0) return fromEnv;
    if (published !== undefined) return published;
    if (web?.exposed[0] !== undefined) return web.exposed[0];
    // The command of the file replaces Thruster's.
    const isReplaced = web?.command !== undefined && !command.includes("thrust");
    const checked = web && checkedPort(web);
    if (checked !== undefined) return checked;
    if (exposed !== undefined && !(isReplaced && exposed.value === 80)) return exposed.value;
    if (dockerfile && startsThruster(dockerfile) && !isReplaced) return 80;
    return kamal && !kamal.isVersion1 && dockerfile === undefined ? 80 : 3000;
}

/** The port that the health check requests: `curl http://localhost:8080/health`. */
function checkedPort({ options }: DeclaredService): number | undefined {
    const { health } = options;
    const text = health === undefined ? "" : JSON.stringify(health);
    const [, port] = /\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d+)/.exec(text) ?? [];
    return port === undefined ? undefined : Number(port);
}

/** The check that the application answers. */
export function healthArguments(facts: Facts, web: DeclaredService | undefined, report: Report): Arguments {
    const { kamal, rails } = facts;
    const { healthPath, waitTimeout } = kamal?.proxy ?? {};
    const wait = waitTimeout && waitTimeout.value > 120 ? { waitTimeout: waitTimeout.value } : {};
    if (web?.options.health !== undefined) return {};
    if (healthPath !== undefined) return { health: { path: healthPath.value, ...wait } };
    const version = railsVersion(facts);
    const isOld = version !== undefined && !isAtLeast(version, "7.1");
    const hasRoute = rails.health !== undefined || (!rails.hasRoutes && !isOld);
    if (hasRoute) return Object.keys(wait).length > 0 ? { health: wait } : {};
    if (version === undefined && !rails.hasRoutes) return {};
    report.note(
        `The application has no route /up, which Rails has had since 7.1: the health check only sees whether it listens. Add \`get "up" => "rails/health#show"\`, and remove \`health\``,
    );
    return { health: { tcp: true, ...wait } };
}

/** Where Rails keeps SQLite databases and uploads. */
function storagePath({ dockerfile }: Facts): string {
    const directory = dockerfile?.workingDirectory?.value ?? DEFAULT_DIRECTORY;
    return posix.join(directory.startsWith("/") ? directory : DEFAULT_DIRECTORY, "storage");
}

export function storageArguments(
    facts: Facts,
    web: DeclaredService,
    protectData: Code,
    report: Report,
): Arguments {
    const { rails } = facts;
    // DATABASE_URL overrides the database in database.yml.
    const url = web.env.get("DATABASE_URL");
    const isElsewhere = url !== undefined && !evaluate(url.template, facts.known).startsWith("sqlite");
    const databases = isElsewhere ? [] : facts.databases;
    const hasSqlite = !isElsewhere && usesSqlite(facts);
    const path = storagePath(facts);
    const files = databases.flatMap(({ adapter, database, name }) =>
        adapter === "sqlite3" && database ? [{ file: evaluate(database), name }] : [],
    );
    const outside = files.filter(
        ({ file }) => file !== "" && !file.startsWith("storage/") && !file.startsWith(path),
    );
    const env: Record<string, Expression> = {};
    for (const { file, name } of outside) {
        const variable = name === "primary" ? "DATABASE_URL" : `${name.toUpperCase()}_DATABASE_URL`;
        env[variable] = `sqlite3:storage/${posix.basename(file)}`;
        report.note(
            `config/database.yml keeps ${file} beside the code, where no volume can be mounted: ${variable} moves it to storage/${posix.basename(file)}. Copy existing data there`,
        );
    }
    if (!hasSqlite && rails.localUploads === undefined) return {};
    if (!hasSqlite && rails.localUploads !== undefined)
        report.note(
            `Uploads are files on the disk (${formatPlace(rails.localUploads)}): they are in the volume \`storage\``,
        );
    return { storage: { path, protectData }, ...(Object.keys(env).length > 0 && { env }) };
}

/** `RAILS_MASTER_KEY`, from the file with the key into the stack's secrets. */
export function masterKeyArguments(
    facts: Facts,
    group: ApplicationGroup | undefined,
    builder: ProgramBuilder,
): Arguments {
    const { rails } = facts;
    const services = group ? [group.web, ...group.processes] : [];
    const isListed =
        facts.kamal === undefined && facts.secrets.some(({ name }) => name === "RAILS_MASTER_KEY");
    const isSet = isListed || services.some(({ env }) => env.has("RAILS_MASTER_KEY"));
    if (isSet || (rails.keyFile === undefined && rails.credentials === undefined)) return {};
    builder.secret({
        name: "masterKey",
        file: rails.keyFile,
        source: rails.keyFile ?? "the key of config/credentials.yml.enc: ask a colleague for it",
    });
    return { masterKey: new Code('config.requireSecret("masterKey")', [], ["config"]) };
}

/** A command that starts a server with data, as images do that run everything in one container. */
const DATA_SERVER = /^(exec )?(\S*\/)?(redis-server|valkey-server|postgres|mysqld|mariadbd|memcached)( |$)/;

/** Background jobs: in Puma, or as processes. Never both. */
export function jobArguments(
    facts: Facts,
    group: ApplicationGroup | undefined,
    builder: ProgramBuilder,
    report: Report,
): { env: Record<string, Expression>; processes: Record<string, Arguments> } {
    const none = { env: {}, processes: {} };
    const { gems, rails, procfile, kamal } = facts;
    const services = group ? [group.web, ...group.processes] : [];
    const commands = services.map(commandText);
    const railsEnv = group?.web.env.get("RAILS_ENV");
    if (railsEnv && evaluate(railsEnv.template, facts.known) !== "production") return none;
    const hasRoles = kamal !== undefined;
    const fromProcfile = Object.fromEntries(
        procfile
            .filter(({ name }) => !["web", "release", "console", "rake"].includes(name))
            .filter(({ name }) => !services.some((service) => service.name === name))
            .filter(({ command }) => !DATA_SERVER.test(command))
            .map(({ name, command }) => [name, { command: shellCommand(command) }]),
    );
    const takesProcfile = !hasRoles && group?.processes.length === 0;
    const processes: Record<string, Arguments> = takesProcfile || group === undefined ? fromProcfile : {};
    const texts = [
        ...commands,
        ...Object.values(processes).map(({ command }) => (command as string[]).join(" ")),
    ];
    for (const { name, command, place } of procfile) {
        const isUsed = name in processes;
        const isCommand = name === "web" && hasNoCommand(facts, group?.web);
        const outcome = isUsed || name === "release" || isCommand ? ("taken" as const) : ("changed" as const);
        const argument = isUsed
            ? `processes.${name}`
            : name === "release"
              ? "migration"
              : isCommand
                ? "command"
                : "";
        report.add({
            service: "Procfile",
            key: name,
            outcome,
            argument,
            note: procfileNote(facts, group?.web, name, isUsed, command),
            place,
        });
    }
    const has = (pattern: RegExp) => texts.some((text) => pattern.test(text));
    const isAdapter = rails.queueAdapter === undefined || rails.queueAdapter.value === "solid_queue";
    const hasGem =
        gems.versions.has("solid_queue") || (gems.versions.size === 0 && rails.queueInPuma !== undefined);
    if (hasGem && isAdapter) {
        if (rails.recurringJobs)
            report.note(
                `${formatPlace(rails.recurringJobs)}: Solid Queue runs these jobs itself; they need no Task`,
            );
        if (has(/bin\/jobs|solid_queue:start/)) return { env: {}, processes };
        const decided = solidQueue(facts, services, builder);
        return { env: decided.env, processes: { ...processes, ...decided.processes } };
    }
    if (gems.versions.has("sidekiq") && !has(/sidekiq/))
        processes.sidekiq = { command: ["bundle", "exec", "sidekiq"] };
    else if (
        gems.versions.has("good_job") &&
        !has(/good_job/) &&
        !services.some(({ env }) => env.has("GOOD_JOB_EXECUTION_MODE"))
    )
        processes.good_job = { command: ["bundle", "exec", "good_job", "start"] };
    else if (gems.versions.has("delayed_job") && !has(/delayed_job|jobs:work/))
        processes.delayed_job = { command: ["bin/rails", "jobs:work"] };
    else if (gems.versions.has("resque") && !has(/resque/))
        processes.resque = { command: ["bin/rails", "resque:work"], env: { QUEUE: "*" } };
    return { env: {}, processes };
}

/** Whether neither the image nor a file has a command of the web process. */
export function hasNoCommand({ dockerfile }: Facts, web: DeclaredService | undefined): boolean {
    const hasImageCommand =
        dockerfile === undefined || dockerfile.command !== undefined || dockerfile.entrypoint !== undefined;
    return !hasImageCommand && web?.command === undefined;
}

function procfileNote(
    facts: Facts,
    web: DeclaredService | undefined,
    name: string,
    isUsed: boolean,
    command: string,
): string {
    if (isUsed) return "";
    if (name === "release") return "runs before the server starts";
    if (name === "web") return hasNoCommand(facts, web) ? "" : "the Dockerfile has a command";
    if (DATA_SERVER.test(command)) return "is not a process of the application: a component runs this server";
    return `another file describes the processes (${command})`;
}

function solidQueue(
    facts: Facts,
    services: DeclaredService[],
    builder: ProgramBuilder,
): { env: Record<string, Expression>; processes: Record<string, Arguments> } {
    const { rails } = facts;
    const isDecided = services.some(({ env }) => env.has("SOLID_QUEUE_IN_PUMA"));
    if (isDecided || rails.queueInPuma?.value === "always") return { env: {}, processes: {} };
    const answer = builder.decide({
        id: "jobs",
        message:
            "Where do the jobs of Solid Queue run: in the web server (puma), or in a process of their own?",
        choices: ["puma", "process"],
        // The files of SQLite are shared best within one process, and the template has the plugin.
        default: rails.queueInPuma !== undefined || usesSqlite(facts) ? "puma" : "process",
        remedy: "set SOLID_QUEUE_IN_PUMA, or add the process `jobs`, in infra/index.ts",
    });
    if (answer === "puma") return { env: { SOLID_QUEUE_IN_PUMA: "true" }, processes: {} };
    return { env: {}, processes: { jobs: { command: ["bin/jobs"] } } };
}

/** The command that prepares the database, if it is not the default. */
export function migrationArguments(
    { procfile }: Facts,
    declared: DeclaredService | undefined,
    builder: ProgramBuilder,
): Arguments {
    const release = procfile.find(({ name }) => name === "release");
    if (declared?.command !== undefined)
        return { migration: declared.command.map((word) => builder.expression(word)) };
    if (release !== undefined) return { migration: shellCommand(release.command) };
    return {};
}
