import * as pulumi from "@pulumi/pulumi";
import { requireConnection, type Connection, validateConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { getEngine } from "../engines/index.ts";
import type { HealthArgs } from "../shared/health.ts";
import { resolveImage } from "../shared/image.ts";
import { createMounts, markNested } from "../shared/mounts.ts";
import { checkSecret, createPassword } from "../shared/password.ts";
import { Task, validateTaskEnvironment } from "./task.ts";
import {
    ifKnown,
    isAlias,
    isPassword,
    quote,
    refuse,
    type Rule,
    validate,
    validateObject,
    reportErrorsOn,
} from "../shared/validation.ts";
import { validateWebApp, WebApp, type WebAppArgs } from "./web-app.ts";

/**
 * Rails does not start where a file names its process, and in a container that is process 1 every time: the file of a
 * server that was killed has to go. /dev/shm is empty at each start of a container.
 */
const PID_FILE = "/dev/shm/server.pid";

/** The database tasks that Rails runs before the server starts. */
const MIGRATION = ["bin/rails", "db:prepare"];

export interface RailsWebAppArgs extends WebAppArgs {
    /** The database: `DATABASE_URL`, or as `linkStyle` says. */
    database?: pulumi.Input<Connection>;
    /** Further databases by name: `{cache: ..., queue: ...}` give `CACHE_DATABASE_URL`, `QUEUE_DATABASE_URL`. */
    databases?: Record<string, pulumi.Input<Connection>>;
    /** Redis: `REDIS_URL`, or as `linkStyle` says. */
    redis?: pulumi.Input<Connection>;
    /** `RAILS_ENV`. @default `production` */
    railsEnv?: string;
    /** `RAILS_MASTER_KEY`, which opens the application's encrypted credentials. */
    masterKey?: pulumi.Input<string>;
    /** `SECRET_KEY_BASE`. @default 128 letters and digits, made once; none where there is a masterKey */
    secretKeyBase?: pulumi.Input<string>;
    /** Health check of the web process. @default `/up` answers, which Rails has from 7.1 on */
    health?: HealthArgs;
    /** Runs to its end before the server starts, again whenever image, database or environment change. On a Docker
     *  Engine it has the application's volumes.
     *  @default `bin/rails db:prepare`, where there is a database; `[]` for none */
    migration?: string[];
}

/**
 * A Rails application: migrated before it starts, healthy when `/up` answers.
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
    /** Where it is published, such as `http://127.0.0.1:3000`; empty where it is not. Resolves once it is healthy. */
    public readonly url: pulumi.Output<string>;
    /** Name of the web process, by which containers on a network with it reach it. Resolves once it is healthy. */
    public readonly host: pulumi.Output<string>;
    /** The image that it runs, by digest or ID; pass it to a Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: RailsWebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:RailsWebApp", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateArgs(name, args);
        });
        args = withCheckedConnections(args, this);
        const child = { parent: this };

        const engine = getEngine(args);
        // A WebApp that becomes a RailsWebApp keeps what it has made.
        const plain = { parent: pulumi.createUrn(name, "drydock:index:WebApp", opts?.parent) };
        const image = resolveImage(name, args, engine, { ...child, aliases: [plain] });
        // The migration has them too. Earlier they were the web application's.
        const formerly = { parent: pulumi.createUrn(name, "drydock:index:WebApp", this) };
        const { mounts, dependsOn } = createMounts(name, args, engine, {
            ...child,
            aliases: [formerly, plain],
        });
        const app: WebAppArgs = {
            ...args,
            image,
            build: undefined,
            mounts,
            links: linksOf(args),
            env: { ...railsEnvironment(name, args, child), ...args.env },
            health: railsHealth(args.health),
        };
        // A volume on one node of a Swarm is out of a task's reach.
        const reachable = mounts.filter(
            ({ volume, nodeLabel }) => volume !== undefined && nodeLabel === undefined,
        );
        const migration = migrate(name, args, { ...app, mounts: reachable }, child);
        const env = { PIDFILE: PID_FILE, ...app.env };
        const web = new WebApp(name, markNested({ ...app, env }), {
            ...child,
            dependsOn: [...dependsOn, ...migration],
            aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }],
        });

        this.url = web.url;
        this.host = web.host;
        this.image = image;
        this.registerOutputs({ url: this.url, host: this.host, image });
    }
}

function validateArgs(name: string, args: RailsWebAppArgs): void {
    validateObject("databases", args.databases, "{ cache: cacheDatabase.connection }");
    for (const [alias, connection] of Object.entries(args.databases ?? {})) {
        validate({ [`databases.${alias}`]: [alias, isAlias] });
        validateConnection(`databases.${alias}`, connection);
    }
    if (args.database !== undefined) validateConnection("database", args.database);
    if (args.redis !== undefined) validateConnection("redis", args.redis);
    for (const alias of Object.keys(linksOf({ ...args, links: undefined }))) {
        if (args.links?.[alias] !== undefined) {
            refuse(`links.${alias}`, `${quote(alias)} is an argument of its own, and set; keep one of them`);
        }
    }
    validate({ masterKey: [ifKnown(args.masterKey), isKey] });
    if (migrationOf(args).length > 0) validateTaskEnvironment(args.env);
    validateWebApp(name, { ...args, links: linksOf(args) });
}

/** Those that come as outputs are checked here, under the names that the user has given. */
function withCheckedConnections(args: RailsWebAppArgs, app: pulumi.Resource): RailsWebAppArgs {
    const { database, databases = {}, redis } = args;
    return {
        ...args,
        database: database && requireConnection("database", database, app),
        databases: Object.fromEntries(
            Object.entries(databases).map(([name, connection]) => [
                name,
                requireConnection(`databases.${name}`, connection, app),
            ]),
        ),
        redis: redis && requireConnection("redis", redis, app),
    };
}

/** Its message does not quote it. */
const isKey: Rule = (value) =>
    isPassword(value) === undefined
        ? undefined
        : "must be one line and not empty; leave it out where there is none";

function keyOf(masterKey: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.secret(pulumi.output(masterKey).apply((key) => checkSecret("masterKey", key, isKey)));
}

function migrationOf({ database, migration }: RailsWebAppArgs): string[] {
    return migration ?? (database === undefined ? [] : MIGRATION);
}

function linksOf({
    database,
    databases = {},
    redis,
    links,
}: RailsWebAppArgs): Record<string, pulumi.Input<Connection>> {
    const further = Object.entries(databases).map(([name, connection]) => [`${name}_database`, connection]);
    return {
        ...(database !== undefined && { database }),
        ...(Object.fromEntries(further) as Record<string, pulumi.Input<Connection>>),
        ...(redis !== undefined && { redis }),
        ...links,
    };
}

function railsEnvironment(name: string, args: RailsWebAppArgs, opts: pulumi.ResourceOptions) {
    const { railsEnv = "production", masterKey, secretKeyBase } = args;
    const generates = masterKey === undefined || secretKeyBase !== undefined;
    return {
        RAILS_ENV: railsEnv,
        RAILS_LOG_TO_STDOUT: "1",
        ...(masterKey !== undefined && { RAILS_MASTER_KEY: keyOf(masterKey) }),
        ...(generates && {
            SECRET_KEY_BASE: createPassword(`${name}-secret-key-base`, secretKeyBase, opts, 128),
        }),
    };
}

function railsHealth(health: HealthArgs = {}): HealthArgs {
    return health.command ? health : { ...health, path: health.path ?? "/up" };
}

function migrate(name: string, args: RailsWebAppArgs, app: WebAppArgs, opts: pulumi.ResourceOptions): Task[] {
    const migration = migrationOf(args);
    if (migration.length === 0) return [];
    const { image, links, linkStyle, env, networks, user, capabilities, mounts } = app;
    return [
        new Task(
            `${name}-migration`,
            markNested({
                image,
                links,
                linkStyle,
                env,
                networks,
                user,
                capabilities,
                mounts,
                command: migration,
            }),
            opts,
        ),
    ];
}
