import * as pulumi from "@pulumi/pulumi";
import { loadEnvFiles } from "../container/env-files.ts";
import { Engine } from "../engines/engine.ts";
import { getEngine, type Mount } from "../engines/index.ts";
import { type Connection, requireConnection, validateConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import type { HealthArgs } from "../shared/health.ts";
import { resolveImage } from "../shared/image.ts";
import { LinkStyle } from "../shared/links.ts";
import { markNested } from "../shared/nested-arguments.ts";
import { checkSecret, createPassword } from "../shared/password.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    ifKnown,
    isAlias,
    isCommand,
    isIntegerFrom,
    isPassword,
    quote,
    refuse,
    reportErrorsOn,
    required,
    type Rule,
    validate,
    validateObject,
} from "../shared/validation.ts";
import {
    createStorageOwner,
    type RailsStorageArgs,
    storageMountArgs,
    validateRailsStorage,
} from "./rails-storage.ts";
import { releaseImage, rollbackOf } from "./release.ts";
import { Task, validateTaskEnvironment } from "./task.ts";
import { createAppMounts } from "./app-containers.ts";
import { WebApp } from "./web-app.ts";
import type { WebAppArgs } from "./web-app-args.ts";
import { validateWebApp } from "./web-app-validation.ts";

/**
 * Rails does not start if its PID file names a running process. In a container, that is always process 1, so the file of a
 * killed server must not remain. /dev/shm is empty whenever a container starts.
 */
const PID_FILE = "/dev/shm/server.pid";

/** Seconds. Enough for Puma, Sidekiq, Solid Queue and Good Job to finish what they are doing (25 by default). */
const STOP_TIMEOUT = 30;

const MIGRATION = ["bin/rails", "db:prepare"];

/** Asset directories of Sprockets and Propshaft, of Webpacker and Shakapacker, and of Vite Ruby. */
const ASSETS = ["public/assets", "public/packs", "public/vite"];

export interface RailsWebAppArgs extends WebAppArgs {
    /** Connection of the primary database: sets `DATABASE_URL`, or the variables of `linkStyle` or `variables.database`.
     *  The scheme of the URL is that of the connection: `postgres`, `mysql2`, `trilogy`. */
    database?: pulumi.Input<Connection>;
    /** Connections of further databases, by name: `{cache: ..., queue: ...}` sets `CACHE_DATABASE_URL` and
     *  `QUEUE_DATABASE_URL`, or the variables of `linkStyle`, `variables.cache_database` and `variables.queue_database`. */
    databases?: Record<string, pulumi.Input<Connection>>;
    /** Connection of Redis: sets `REDIS_URL`, or the variables of `linkStyle` or `variables.redis`. */
    redis?: pulumi.Input<Connection>;
    /** Volume or directory for SQLite databases and uploaded files, which every process and the migration mount: `{}` is a
     *  volume at `/rails/storage`. The user that the image runs as becomes the owner of the volume, or of an empty
     *  directory. On a Swarm, the application then has one replica, on the node that has the data. @default none */
    storage?: RailsStorageArgs;
    /** `RAILS_ENV`. @default `production` */
    railsEnv?: string;
    /** `RAILS_MASTER_KEY`, which decrypts the application's credentials. */
    masterKey?: pulumi.Input<string>;
    /** `SECRET_KEY_BASE`. @default a generated string of 128 characters; not set if `masterKey` is */
    secretKeyBase?: pulumi.Input<string>;
    /** Health check of the web process. @default HTTP GET `/up`, which Rails has since 7.1 */
    health?: HealthArgs;
    /** Seconds between the stop signal and the kill, of every process. @default 30: Puma, Sidekiq, Solid Queue and Good Job
     *  finish what they are doing */
    stopTimeout?: number;
    /** Directories of the image with fingerprinted assets, relative to its working directory. The gateways of `routes`
     *  keep the assets of the last five releases, and serve them when the application responds with status 404: after a
     *  deploy, pages of the old version still find their assets. @default those of `["public/assets", "public/packs",
     *  "public/vite"]` that the image has; `[]` keeps none */
    assets?: string[];
    /** Command that runs to completion before the server starts. It runs again whenever the image, the environment, a
     *  linked database's volume or the storage changes. It has the application's volumes (on a Swarm, only with
     *  `storage`), the image's entrypoint, and no memory or CPU limit.
     *  @default `bin/rails db:prepare` if `database`, `databases` or `storage` is set; `[]` runs nothing */
    migration?: string[];
    /** Further commands to run after `migration`, before the server starts. They run one after the other, each in its own
     *  container, and run again when `migration` does. Append new ones to the list: each is identified by its position. */
    migrations?: string[][];
    /** Seconds that `migration`, and each of `migrations`, may take. A command that takes longer is stopped, and the update
     *  fails. @default no limit */
    migrationTimeout?: number;
}

/**
 * A Rails application, which is migrated before it starts.
 *
 * @example
 * const shop = new RailsWebApp("shop", {
 *     build: { context: "shop" },
 *     database: db.connection,
 *     redis: cache.connection,
 *     publish: { port: 3000 },
 *     processes: { worker: { command: ["bin/jobs"] } },
 * });
 * export const url = shop.url;
 */
export class RailsWebApp extends pulumi.ComponentResource {
    /** URL on the host, for example `http://127.0.0.1:3000`. Empty if the application is not published. Resolves once the
     *  web process is healthy. */
    public readonly url: pulumi.Output<string>;
    /** Host name of the web process on its networks. With `routes` or `overlap` on a Docker Engine, it resolves only on the
     *  application's own network and on those of its gateways. Resolves once the web process is healthy. */
    public readonly host: pulumi.Output<string>;
    /** Connection to the web process, for the routes of a Gateway. It needs a network: one that `database`, `redis` or `links`
     *  joins, or one of its own (`aliases` or `ports`). */
    public readonly endpoint: pulumi.Output<Connection>;
    /** Connections to the ports in `ports` of the application and its processes, by name, for `links` of other components.
     *  `web` is the port of the web process. Empty if neither `ports` nor `aliases` is set. */
    public readonly endpoints: pulumi.Output<Record<string, Connection>>;
    /** Digest or ID of the image, for example for a Task. */
    public readonly image: pulumi.Output<string>;
    /** `SECRET_KEY_BASE`, for example for a Task. Empty if it comes from `secrets` or from the application's credentials
     *  (`masterKey`). Secret. */
    public readonly secretKeyBase: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: RailsWebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:RailsWebApp", name, {}, opts);
        args = convertToDeclaredTypes("RailsWebApp", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("RailsWebApp", args);
            args = loadEnvFiles(args);
            validateRailsArgs(name, args, this);
        });
        args = requireConnections(args, this);
        const child = { parent: this };
        const former = formerParents(name, this, opts);

        const engine = getEngine(args);
        const rollback = rollbackOf(name);
        const image = releaseImage(rollback, name, args, () =>
            resolveImage(name, args, engine, { ...child, aliases: [former.webApp] }),
        );
        const { storage, mounts, processMounts, dependsOn } = createAppMounts(
            name,
            args,
            engine,
            { ...child, aliases: [former.nestedWebApp, former.webApp] },
            storageMountArgs(args.storage),
        );
        const owner = storage ? [createStorageOwner(name, storage, image, args, child)] : [];
        const processes = Object.fromEntries(
            Object.entries(args.processes ?? {}).map(([process, processArgs]) => [
                process,
                { ...processArgs, mounts: processMounts[process] },
            ]),
        );
        const app = webAppArgs(name, { ...args, processes, mounts }, image, child);
        const migrations = createMigrations(
            name,
            args,
            app,
            storage,
            { ...child, dependsOn: owner },
            rollback?.existing,
        );
        const web = new WebApp(name, markNested(withPidFile(app)), {
            ...child,
            dependsOn: [...dependsOn, ...owner, ...migrations],
            aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }],
        });

        this.url = web.url;
        this.host = web.host;
        this.endpoint = web.endpoint;
        this.endpoints = web.endpoints;
        this.image = image;
        this.secretKeyBase = pulumi.secret(app.env?.SECRET_KEY_BASE ?? "");
        const { url, host, endpoint, endpoints, secretKeyBase } = this;
        this.registerOutputs({ url, host, endpoint, endpoints, image, secretKeyBase });
    }
}

function validateRailsArgs(name: string, args: RailsWebAppArgs, app: RailsWebApp): void {
    const { database, databases = {}, redis, masterKey } = args;
    validateObject("databases", args.databases, "{ cache: cacheDatabase.connection }");
    for (const [alias, connection] of Object.entries(databases)) {
        validate({ [`databases.${alias}`]: [alias, isAlias] });
        validateConnection(`databases.${alias}`, connection);
    }
    if (database !== undefined) validateConnection("database", database);
    if (redis !== undefined) validateConnection("redis", redis);
    for (const { alias, argument } of railsLinks(args))
        if (args.links?.[alias] !== undefined)
            refuse(`links.${alias}`, `${argument} is set, which links the same alias; keep one of the two`);
    refuseSharedLibpq(args);
    validate({ masterKey: [ifKnown(masterKey), isMasterKey] });
    refuseDuplicateVariable(args, "masterKey", "RAILS_MASTER_KEY");
    refuseDuplicateVariable(args, "secretKeyBase", "SECRET_KEY_BASE");
    const linked = { ...args, links: allLinks(args) };
    validateWebApp(name, linked);
    validateRailsStorage(name, args.storage, args, app);
    validateMigrations(args);
    if (migrationCommand(args).length > 0 || args.migrations) validateTaskEnvironment(linked);
}

function validateMigrations({ migration, migrations = [], migrationTimeout }: RailsWebAppArgs): void {
    // An empty list means that there is no migration.
    if (migration?.length !== 0) validate({ migration: [migration ?? undefined, isCommand] });
    validate({ migrationTimeout: [migrationTimeout, isIntegerFrom(1)] });
    for (const [i, words] of migrations.entries())
        validate({ [`migrations[${i}]`]: [required(words), isCommand] });
}

/** Refuses early what would almost certainly fail later: only resolved connections show whether they are PostgreSQL. */
function refuseSharedLibpq({ linkStyle, variables = {}, ...args }: RailsWebAppArgs): void {
    if (linkStyle !== LinkStyle.Libpq) return;
    const [first, second] = railsLinks({ ...args, redis: undefined }).filter(
        ({ alias }) => variables[alias] === undefined,
    );
    if (first && second)
        refuse(
            second.argument,
            `${quote(second.alias)} and ${quote(first.alias)} both set PGHOST; choose other names for one of them in variables.${second.alias}`,
        );
}

function refuseDuplicateVariable(
    { secrets = [], ...args }: RailsWebAppArgs,
    argument: "masterKey" | "secretKeyBase",
    variable: string,
): void {
    if (args[argument] !== undefined && args.env?.[variable] !== undefined)
        refuse(argument, `${variable} is also in env or in a file of envFiles; keep one of the two`);
    const index = secrets.indexOf(variable);
    if (args[argument] !== undefined && index >= 0)
        refuse(
            `secrets[${index}]`,
            `${argument} is set as well, which sets ${variable}; keep one of the two`,
        );
}

/** Does not quote the value, which is secret. */
const isMasterKey: Rule = (value) =>
    isPassword(value) === undefined
        ? undefined
        : "must be one line and not empty; leave it out if there is none";

/** Checks connections that are Outputs once they resolve, so that errors name the argument and not a link. */
function requireConnections(args: RailsWebAppArgs, app: RailsWebApp): RailsWebAppArgs {
    const { database, databases = {}, redis } = args;
    const further = Object.entries(databases).map(([name, connection]) => [
        name,
        requireConnection(`databases.${name}`, connection, app),
    ]);
    return {
        ...args,
        database: database && requireConnection("database", database, app),
        databases: Object.fromEntries(further) as RailsWebAppArgs["databases"],
        redis: redis && requireConnection("redis", redis, app),
    };
}

/**
 * Former parents of the application's children, for aliases: volumes and the image keep their state if a WebApp of the
 * same name becomes a RailsWebApp, and earlier versions created volumes in the WebApp inside a RailsWebApp.
 */
function formerParents(name: string, app: RailsWebApp, opts: pulumi.ComponentResourceOptions = {}) {
    return {
        webApp: { parent: pulumi.createUrn(name, "drydock:index:WebApp", opts.parent) },
        nestedWebApp: { parent: pulumi.createUrn(name, "drydock:index:WebApp", app) },
    };
}

function webAppArgs(
    name: string,
    args: RailsWebAppArgs,
    image: pulumi.Output<string>,
    opts: pulumi.ResourceOptions,
): WebAppArgs {
    return {
        ...args,
        image,
        build: undefined,
        pull: undefined,
        stopTimeout: args.stopTimeout ?? STOP_TIMEOUT,
        assets: args.assets ?? (args.engine === Engine.Swarm ? undefined : ASSETS),
        links: allLinks(args),
        env: { ...railsEnvironment(name, args, opts), ...args.env },
        health: railsHealth(args.health),
    };
}

interface RailsLink {
    alias: string;
    /** Path of the argument that it comes from. */
    argument: string;
    connection: pulumi.Input<Connection>;
}

function railsLinks({ database, databases = {}, redis }: RailsWebAppArgs): RailsLink[] {
    return [
        ...(database === undefined
            ? []
            : [{ alias: "database", argument: "database", connection: database }]),
        ...Object.entries(databases).map(([name, connection]) => ({
            alias: `${name}_database`,
            argument: `databases.${name}`,
            connection,
        })),
        ...(redis === undefined ? [] : [{ alias: "redis", argument: "redis", connection: redis }]),
    ];
}

function allLinks(args: RailsWebAppArgs): Record<string, pulumi.Input<Connection>> {
    const links = railsLinks(args).map(({ alias, connection }) => [alias, connection]);
    return { ...(Object.fromEntries(links) as Record<string, pulumi.Input<Connection>>), ...args.links };
}

function railsEnvironment(name: string, args: RailsWebAppArgs, opts: pulumi.ResourceOptions) {
    const { railsEnv = "production", masterKey, secretKeyBase, secrets = [] } = args;
    const hasMasterKey = masterKey !== undefined || secrets.includes("RAILS_MASTER_KEY");
    const hasSecretKeyBase =
        secretKeyBase !== undefined || !(hasMasterKey || secrets.includes("SECRET_KEY_BASE"));
    return {
        RAILS_ENV: railsEnv,
        RAILS_LOG_TO_STDOUT: "1",
        ...(masterKey !== undefined && { RAILS_MASTER_KEY: secretMasterKey(masterKey) }),
        ...(hasSecretKeyBase && {
            SECRET_KEY_BASE: createPassword(`${name}-secret-key-base`, secretKeyBase, opts, 128),
        }),
    };
}

function secretMasterKey(masterKey: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.secret(pulumi.output(masterKey).apply((key) => checkSecret("masterKey", key, isMasterKey)));
}

function railsHealth(health: HealthArgs = {}): HealthArgs {
    const isOther = health.command !== undefined || health.tcp === true || health.disabled === true;
    return isOther ? health : { ...health, path: health.path ?? "/up" };
}

/** Sets the variable only for the WebApp: in the migration's environment, it would run the migration again. */
function withPidFile(app: WebAppArgs): WebAppArgs {
    return { ...app, env: { PIDFILE: PID_FILE, ...app.env } };
}

function migrationCommand({ database, databases = {}, storage, migration }: RailsWebAppArgs): string[] {
    const hasDatabase = (database ?? storage) !== undefined || Object.keys(databases).length > 0;
    return migration ?? (hasDatabase ? MIGRATION : []);
}

/** @param existing for a rollback, which declares no new resources: names of the resources in the state */
function createMigrations(
    name: string,
    args: RailsWebAppArgs,
    app: WebAppArgs & { mounts?: Mount[] },
    storage: Mount | undefined,
    opts: pulumi.ResourceOptions,
    existing: string[] | undefined,
): Task[] {
    const commands = [migrationCommand(args), ...(args.migrations ?? [])];
    // Not entrypoint, memory, cpus, readOnly, tmpfs, hostname, labels and tty: those are for the server and the processes.
    const task = {
        image: app.image,
        links: app.links,
        linkStyle: app.linkStyle,
        variables: app.variables,
        secrets: app.secrets,
        env: app.env,
        networks: app.networks,
        user: app.user,
        capabilities: app.capabilities,
        workingDirectory: app.workingDirectory,
        extraHosts: app.extraHosts,
        sharedMemory: app.sharedMemory,
        ulimits: app.ulimits,
        init: app.init,
        logging: app.logging,
        files: app.files,
        mounts: migrationMounts(app.mounts ?? [], storage, args),
        timeout: args.migrationTimeout,
        // The migration has not run on other data yet.
        triggers: storage && [pulumi.output(storage.hostPath ?? storage.volume ?? "")],
    };
    const migrations: Task[] = [];
    for (const [i, command] of commands.entries()) {
        if (command.length === 0) continue;
        const taskName = i === 0 ? `${name}-migration` : `${name}-migration-${i + 1}`;
        if (existing?.includes(`${taskName}-run`) === false) continue;
        const after = { dependsOn: migrations.slice(-1) };
        migrations.push(
            new Task(taskName, markNested({ ...task, command }), pulumi.mergeOptions(opts, after)),
        );
    }
    return migrations;
}

/**
 * The application's volumes. On a Swarm, the migration of an application without storage runs on the machine of the Docker
 * Engine, and cannot mount a volume of another node.
 */
function migrationMounts(mounts: Mount[], storage: Mount | undefined, { engine }: RailsWebAppArgs): Mount[] {
    const reachesAll = engine !== Engine.Swarm || storage !== undefined;
    return mounts.filter(
        (mount) =>
            mount === storage ||
            (mount.volume !== undefined && (reachesAll || mount.nodeLabel === undefined)),
    );
}
