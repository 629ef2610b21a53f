import * as pulumi from "@pulumi/pulumi";
import { loadEnvFiles } from "../container/env-files.ts";
import {
    createDataService,
    type DataServiceArgs,
    type ServiceDefinition,
    validateDataService,
} from "../data-service/data-service.ts";
import { Engine } from "../engines/engine.ts";
import type { ContainerFile } from "../engines/index.ts";
import type { DatabaseConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { buildHealthCheck, checkAtContainerAddress } from "../shared/health.ts";
import { createPassword } from "../shared/password.ts";
import { readScript, readScriptBody } from "../shared/scripts.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import {
    ifKnown,
    isDatabaseName,
    isPassword,
    isPlainPath,
    isSingleLine,
    isString,
    isVersion,
    quote,
    refuse,
    reportErrorsOn,
    required,
    type Rule,
    validate,
    validateObject,
    validateSettings,
} from "../shared/validation.ts";
import {
    createDatabases,
    type DatabaseArgs,
    databaseNames,
    DEFAULT_NAME,
    isRoleName,
    validateDatabases,
} from "./databases.ts";

const PORT = 5432;
const DEFAULT_VERSION = "17";

/** Size of /dev/shm in MiB. Parallel queries fail with Docker's default of 64. */
const DEFAULT_SHARED_MEMORY = 256;
const START_PATH = "/run/drydock/start-postgres";
/** The official image's volume, or (before version 18) the directory above it. */
const IMAGE_DIRECTORY = "/var/lib/postgresql";
const PASSWORD_PATH = "/run/drydock/postgres-password";

/** Needed by the official entrypoint to change the owner of the data directory and to switch to the user `postgres`. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

/** The official image with a tag such as `latest` or `alpine`, with only a digest, or with neither. */
const OFFICIAL_IMAGE_WITHOUT_VERSION =
    /^((index\.)?docker\.io\/)?(library\/)?postgres(:[a-z][\w.-]*)?(@.*)?$/;

const RESERVED_SETTINGS = {
    listen_addresses:
        "Postgres must listen on all addresses of its container; to choose the address on the host, use publish.ip",
    port: `Postgres listens on ${PORT} in its container; to choose the port on the host, use publish.port`,
    data_directory: "the image sets it; use volume or hostPath to choose where the data is stored",
};

/** Variables that the user must not set, also with the suffix `_FILE`. */
const RESERVED_VARIABLES: Record<string, string | undefined> = {
    POSTGRES_USER: "names the role; leave it out, and use username",
    POSTGRES_PASSWORD: "is the password of the role; leave it out, and use password",
    POSTGRES_DB: "names the database; leave it out, and use database",
    POSTGRES_INITDB_WALDIR: "would keep part of the data outside of the volume; leave it out",
    PGDATA: "is the path of the data; leave it out, and use dataPath",
    PGPORT: `Postgres listens on ${PORT} in its container; to choose the port on the host, use publish.port`,
};

const RESERVED_ARGUMENTS = {
    command: "the service starts Postgres itself; leave it out, and use settings",
    entrypoint: "the service starts Postgres itself; leave it out",
    user: "the image starts as root, changes the owner of the data to the user postgres, and then switches to that user; leave it out",
};

export interface PostgresServiceArgs<Key extends string = string> extends DataServiceArgs {
    /** Version of the official image, or of Postgres in an image of your own. @default the tag of `image`, or `17` */
    version?: string;
    /** Name of the database. @default `app` */
    database?: string;
    /** Further databases by key, for example `{queue: {}, cache: {name: "shop_cache"}}`, each with a connection in
     *  `connections`. A database that you remove from the program stays on the server with its data. */
    databases?: Record<Key, DatabaseArgs>;
    /** Role that clients log in as. A superuser, as in the official image. @default `app` */
    username?: string;
    /** Password of the role. If existing data has another password, it is changed to this one.
     *  @default a generated 32-character password */
    password?: pulumi.Input<string>;
    /** Data directory in the container (`PGDATA`). A path below the image's volume is a subdirectory of that volume:
     *  `/var/lib/postgresql/data/cluster`. For any other path, and for the image's own `/var/lib/postgresql/18/docker`, the
     *  volume is mounted at this path. @default the image's data directory */
    dataPath?: string;
    /** Scripts that initialize an empty data directory, by file name ending in `.sql` or `.sh`:
     *  `{"10-schema.sql": "CREATE TABLE ..."}`. Scripts do not run on existing data. */
    initScripts?: Record<string, pulumi.Input<string>>;
    /** Server settings, for example `{max_connections: "200"}`. */
    settings?: Record<string, string>;
    /** Size of `/dev/shm`, which parallel queries use. @default `256m` */
    sharedMemory?: string;
}

/**
 * A Postgres server with a database, a generated password and its data on a volume. Only containers that link to it can
 * reach it.
 *
 * @example
 * const db = new PostgresService("db", { version: "17", settings: { max_connections: "200" } });
 * new WebApp("shop", { image: "shop:1.2", links: { database: db.connection } });
 */
export class PostgresService<Key extends string = never> extends pulumi.ComponentResource {
    /** Connection for `links`. Resolves once Postgres is healthy. Secret. */
    public readonly connection: pulumi.Output<DatabaseConnection>;
    /** Connections of `databases` by key, for example `db.connections.queue`. Each resolves once its database exists. Secret. */
    public readonly connections: pulumi.Output<Record<Key, DatabaseConnection>>;
    /** Host address and port, for example `127.0.0.1:5432`. Empty if Postgres is not published. */
    public readonly address: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: PostgresServiceArgs<Key> = {}, opts?: pulumi.ComponentResourceOptions) {
        args = convertToDeclaredTypes("PostgresService", args);
        super("drydock:index:PostgresService", name, databaseNames(args), opts);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("PostgresService", args);
            const { env } = args;
            args = loadEnvFiles(args);
            refuseReservedVariables(args, env);
            validatePostgresArgs(args);
            validateDataService(name, args, mountPathOf(args), this);
        });
        const child = { parent: this };

        const { username = DEFAULT_NAME, database = DEFAULT_NAME } = args;
        const password = createPassword(`${name}-password`, args.password, child);
        const definition = postgresDefinition({ ...args, username, database }, password);
        const service = createDataService(name, args, definition, child);
        const { endpoint, address } = service;

        this.connection = pulumi.secret(
            pulumi.all([endpoint, password]).apply(([endpoint, password]) => ({
                scheme: "postgres",
                ...endpoint,
                username,
                password,
                database,
            })),
        );
        const server = { username, password, database };
        this.connections = createDatabases(
            name,
            args.databases ?? {},
            server,
            service,
            child,
        ) as typeof this.connections;
        this.address = address;
        this.registerOutputs({
            connection: this.connection,
            connections: this.connections,
            address: this.address,
        });
    }
}

/** The path becomes part of shell scripts, so it must be plain. Postgres needs a directory of its own, so not `/`. */
const isDataPath: Rule = (value) =>
    isPlainPath(value) ??
    (/^\/+$|(^|\/)\.\.?(\/|$)|\/\//.test(String(value))
        ? `${quote(value)} is not the path of a directory for the data; write it like /var/lib/postgresql/data/cluster`
        : undefined);

/** The official entrypoint chooses by the file extension how to run a file, and ignores hidden files. */
const isInitScriptName: Rule = (value) =>
    /^[^./\p{Cc}][^/\p{Cc}]*\.(sql|sh)$/u.test(String(value))
        ? undefined
        : `${quote(value)} would not run; use a file name that ends in .sql or .sh, without a directory`;

function validatePostgresArgs(args: PostgresServiceArgs): void {
    const { database = DEFAULT_NAME, databases } = args;
    validate({
        version: [args.version, isVersion],
        database: [args.database, isDatabaseName],
        username: [args.username, isRoleName],
        password: [ifKnown(args.password), isPassword],
        dataPath: [args.dataPath, isDataPath],
    });
    validateDatabases(databases, database);
    // A Docker Engine restarts the same container, but a Swarm starts a new one.
    if (databases !== undefined && args.persistent === false && args.engine === Engine.Swarm)
        refuse(
            "databases",
            "are lost on a Swarm whenever a server without persistent data starts again; remove persistent",
        );
    validateSettings(args.settings, RESERVED_SETTINGS, isSingleLine);
    for (const [argument, reason] of Object.entries(RESERVED_ARGUMENTS))
        if (args[argument as keyof PostgresServiceArgs] !== undefined) refuse(argument, reason);
    validateObject("initScripts", args.initScripts, '{ "10-schema.sql": "CREATE TABLE ..." }');
    for (const [file, content] of Object.entries(args.initScripts ?? {})) {
        validate({ [`initScripts.${file}`]: [file, isInitScriptName] });
        validate({ [`initScripts.${file}`]: [ifKnown(required(content)), isString] });
    }
    const { version, image } = args;
    // Only the official image's tag is known to be a version of Postgres.
    const imageVersion =
        typeof image === "string" && image.startsWith("postgres:") ? majorVersionOfImage(image) : undefined;
    if (version !== undefined && imageVersion !== undefined && Number.parseInt(version) !== imageVersion)
        refuse(
            "version",
            `${quote(version)} is not the version of the image, which is ${imageVersion}; correct it, or leave it out`,
        );
    if (version === undefined && typeof image === "string" && OFFICIAL_IMAGE_WITHOUT_VERSION.test(image))
        refuse(
            "image",
            `${quote(image)} does not show the version of Postgres, on which the path of the data depends; set version, for example 18`,
        );
}

/** @param declared the variables that do not come from env files */
function refuseReservedVariables(
    { env = {} }: PostgresServiceArgs,
    declared: PostgresServiceArgs["env"],
): void {
    for (const variable of Object.keys(env)) {
        const reason = RESERVED_VARIABLES[variable.replace(/_FILE$/, "")];
        if (reason === undefined) continue;
        if (declared?.[variable] !== undefined) refuse(`env.${variable}`, reason);
        refuse(
            "envFiles",
            `${variable} ${reason}. If the application needs it in the file, leave out envFiles here`,
        );
    }
}

/**
 * Where the volume is mounted: at the path of the official image's volume if `dataPath` is below it, otherwise at
 * `dataPath`. Since version 18, the image keeps the data of each major version in its own directory below the volume.
 */
function mountPathOf(args: PostgresServiceArgs): string {
    const major = majorVersion(args);
    const [volume, data] =
        major >= 18 ? [IMAGE_DIRECTORY, `${IMAGE_DIRECTORY}/${major}/docker`] : [`${IMAGE_DIRECTORY}/data`];
    const dataPath = dataPathOf(args);
    const isBelow = dataPath === undefined || (dataPath !== data && dataPath.startsWith(`${volume}/`));
    return isBelow ? volume : dataPath;
}

function dataPathOf({ dataPath }: PostgresServiceArgs): string | undefined {
    return dataPath?.replace(/\/+$/, "");
}

function majorVersion({ version, image }: PostgresServiceArgs): number {
    const imageVersion = typeof image === "string" ? majorVersionOfImage(image) : undefined;
    return version === undefined
        ? (imageVersion ?? Number.parseInt(DEFAULT_VERSION))
        : Number.parseInt(version);
}

/** Major version in the tag of an image with a name like postgres or postgis, or in a tag such as `pg17`. */
function majorVersionOfImage(image: string): number | undefined {
    const [, version, pgVersion] = /\bpostg\w*:(\d+)|:(?:[\w.-]*-)?pg(\d+)/.exec(image) ?? [];
    const major = version ?? pgVersion;
    return major === undefined ? undefined : Number(major);
}

function postgresDefinition(
    args: PostgresServiceArgs & { username: string; database: string },
    password: pulumi.Output<string>,
): ServiceDefinition {
    const { version = DEFAULT_VERSION, username, database, settings = {} } = args;
    const major = majorVersion(args);
    const mountPath = mountPathOf(args);
    const dataPath = dataPathOf(args);
    // Path of the data relative to the volume, if it is a subdirectory.
    const nested =
        dataPath === undefined || dataPath === mountPath ? [] : [dataPath.slice(mountPath.length + 1)];
    return {
        defaultImage: `postgres:${version}`,
        port: PORT,
        mountPath,
        requirements: {
            officialImage: "postgres",
            programs: ["docker-entrypoint.sh", "postgres"],
            variables: ["PGDATA"],
            dataFiles: [".", "*/docker", "data", "data/*/docker", ...nested].flatMap((directory) => [
                `${directory}/PG_VERSION`,
                `${directory}/.first-start`,
            ]),
            // Since version 18, the volume is also the home directory of the user postgres. Before that, it holds only
            // data: the first start deletes everything else.
            ignoredFiles: [
                "lost+found",
                ...(major >= 18 ? ["data", ".bash_history", ".psql_history"] : []),
                ...nested.flatMap((path) => path.split("/").slice(0, 1)),
            ],
            check: locationCheck(args.persistent === false ? "" : mountPath, dataPath),
        },
        container: {
            entrypoint: [START_PATH],
            command: [
                "postgres",
                ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
            ],
            env: {
                POSTGRES_USER: username,
                POSTGRES_DB: database,
                POSTGRES_PASSWORD_FILE: PASSWORD_PATH,
                ...(dataPath !== undefined && { PGDATA: dataPath }),
            },
            files: [
                {
                    path: START_PATH,
                    content: startScript(args.persistent === false ? undefined : mountPath),
                    executable: true,
                    // A new version of Drydock must not restart databases because of a changed script.
                    deferred: true,
                },
                { path: PASSWORD_PATH, content: password, secret: true },
                ...initScriptFiles(args.initScripts),
            ],
            health: buildHealthCheck(
                checkAtContainerAddress(["pg_isready", "-U", username, "-d", database, "-h"]),
                args.health,
            ),
            sharedMemory: DEFAULT_SHARED_MEMORY,
            capabilities: CAPABILITIES,
            defaultStopTimeout: 60,
        },
    };
}

/**
 * start.sh with data-location.sh and the path of the volume filled in.
 *
 * @param volumePath where the volume or directory with the data is mounted; empty if there is none
 */
export function startScript(volumePath = ""): string {
    const location = readScriptBody(import.meta.dirname, "data-location.sh");
    return readScript(import.meta.dirname, "start.sh")
        .replace(/^volume=$/m, `volume=${volumePath}`)
        .replace(/^# The component puts data-location\.sh here\.\n/m, () => location);
}

/** Script for the check before the container is created, which refuses what start.sh would refuse. */
function locationCheck(volumePath: string, dataPath: string | undefined): string {
    return [
        "fail() { printf '%s\\n' \"$@\" >&2; exit 1; }",
        `volume=${volumePath} root=${IMAGE_DIRECTORY} data=/drydock-data`,
        ...(dataPath === undefined ? [] : [`PGDATA=${dataPath}`]),
        readScriptBody(import.meta.dirname, "data-location.sh"),
    ].join("\n");
}

function initScriptFiles(initScripts: PostgresServiceArgs["initScripts"] = {}): ContainerFile[] {
    return Object.entries(initScripts).map(([file, content]) => ({
        path: `/docker-entrypoint-initdb.d/${file}`,
        // The provider cannot upload an empty file.
        content: pulumi.output(content).apply((script) => (script === "" ? "\n" : script)),
        secret: true,
        // Scripts do not run on existing data, so a changed script must not restart the database.
        deferred: true,
    }));
}
