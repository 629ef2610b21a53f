import * as pulumi from "@pulumi/pulumi";
import { reserveContainerName } from "../shared/container-names.ts";
import type { DatabaseConnection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import {
    type ServiceDefinition,
    type DataServiceArgs,
    createDataService,
    validateDataService,
} from "../data-service/data-service.ts";
import type { ContainerFile } from "../engines/index.ts";
import { buildHealthCheck, networkCheck } from "../shared/health.ts";
import { createPassword } from "../shared/password.ts";
import { startScript } from "./start-script.ts";
import {
    ifKnown,
    isDatabaseName,
    isPassword,
    isSingleLine,
    isString,
    isVersion,
    quote,
    refuse,
    required,
    type Rule,
    validate,
    validateObject,
    validateSettings,
    reportErrorsOn,
    isMemorySize,
    parseMebibytes,
} from "../shared/validation.ts";

const PORT = 5432;
const START = "/run/drydock/start-postgres";
const PASSWORD_FILE = "/run/drydock/postgres-password";
const DEFAULT_VERSION = "17";

/** What the official entrypoint needs to hand its data directory over and to become `postgres`. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

const requirements = (major: number): ServiceDefinition["requirements"] => ({
    officialImage: "postgres",
    image: '[ -n "$PG_MAJOR" ] && [ -n "$PGDATA" ] && command -v docker-entrypoint.sh',
    data: `for directory in . */docker data data/*/docker; do
    [ -s "$directory/PG_VERSION" ] || [ -e "$directory/.first-start" ] && exit 0
done
false`,
    // As of 18 the mount is the home directory of postgres, above the data. Below that, the data has it to itself: the
    // first start deletes what else is there.
    files: ["lost+found", ...(major >= 18 ? ["data", ".bash_history", ".psql_history"] : [])],
});

const isRole: Rule = (value) =>
    isDatabaseName(value) ??
    (/^pg_|^(public|none)$/.test(String(value))
        ? `${quote(value)} is a name that PostgreSQL keeps for itself, as are those that begin with pg_; use another`
        : undefined);

/** The official entrypoint runs the files of a directory by what their names end in, and leaves out dot files. */
const isInitScript: Rule = (value) =>
    /^[^./\p{Cc}][^/\p{Cc}]*\.(sql|sh)$/u.test(String(value))
        ? undefined
        : `${quote(value)} is not run; use a file name without a directory that ends in .sql or .sh`;

const RESERVED_SETTINGS = {
    listen_addresses: "what links to it could not reach it; leave it out, and use publish for this machine",
    port: `the connection says ${PORT}; leave it out, and use publish for another port of the machine`,
    data_directory: "the image says where; leave it out, and use volume or hostPath",
};

export interface PostgresServiceArgs extends DataServiceArgs {
    /** Version of the official image, or of the Postgres in your own. @default what the tag of `image` says, or `17` */
    version?: string;
    /** Name of the database. @default `app` */
    database?: string;
    /** The role that the application logs in as: a superuser, as the official image makes it. @default `app` */
    username?: string;
    /** The role's password; data that knows another is brought in line. @default 32 letters and digits, made once */
    password?: pulumi.Input<string>;
    /** Scripts that an empty data directory is set up with, by file name: `{"10-schema.sql": "CREATE TABLE ..."}`; .sql
     *  or .sh. Once there is data, a script that is added or changed does nothing. */
    initScripts?: Record<string, pulumi.Input<string>>;
    /** Settings of the server, such as `{max_connections: "200"}`. */
    settings?: Record<string, string>;
    /** Size of /dev/shm, which parallel queries use. @default `256m` */
    sharedMemory?: string;
}

/**
 * A Postgres, with a database, its data on a volume, and reached by what links to it alone.
 *
 * @example
 * const db = new PostgresService("db", { version: "17", settings: { max_connections: "200" } });
 * new WebApp("shop", { image: "shop:1.2", links: { database: db.connection } });
 */
export class PostgresService extends pulumi.ComponentResource {
    /** How to reach it; pass it to `links`. Resolves once Postgres is healthy. Secret. */
    public readonly connection: pulumi.Output<DatabaseConnection>;
    /** Where it is published, such as `127.0.0.1:5432`; empty where it is not. */
    public readonly address: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: PostgresServiceArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:PostgresService", name, {}, opts);
        args = convertToDeclaredTypes(args);
        reportErrorsOn(this, () => {
            validateArgs(name, args);
            reserveContainerName(this, name, "name", `the service ${name}`);
        });
        const child = { parent: this };
        const { version = DEFAULT_VERSION, username = "app", database = "app" } = args;

        const password = createPassword(`${name}-password`, args.password, child);
        const major = majorVersion(args);
        const dataPath = dataPathOf(major);
        const server: ServiceDefinition = {
            officialImage: `postgres:${version}`,
            port: PORT,
            dataPath,
            requirements: requirements(major),
            container: container({ ...args, username, database }, dataPath, password),
        };
        const { endpoint: reached, address } = createDataService(name, args, server, child);

        this.connection = pulumi.secret(
            pulumi.all([reached, password]).apply(([at, text]) => ({
                scheme: "postgres",
                ...at,
                username,
                password: text,
                database,
            })),
        );
        this.address = address;
        this.registerOutputs({ connection: this.connection, address: this.address });
    }
}

function validateArgs(name: string, args: PostgresServiceArgs): void {
    validate({
        version: [args.version, isVersion],
        database: [args.database, isDatabaseName],
        username: [args.username, isRole],
        password: [ifKnown(args.password), isPassword],
        sharedMemory: [args.sharedMemory, isMemorySize],
    });
    validateSettings(args.settings, RESERVED_SETTINGS, isSingleLine);
    validateObject("initScripts", args.initScripts, '{ "10-schema.sql": "CREATE TABLE ..." }');
    for (const [file, content] of Object.entries(args.initScripts ?? {})) {
        validate({ [`initScripts.${file}`]: [file, isInitScript] });
        validate({ [`initScripts.${file}`]: [ifKnown(required(content)), isString] });
    }
    validateDataService(name, args);
    const { version, image } = args;
    // Others number their images as they like: of those, version alone says what is in them.
    const tag = typeof image === "string" && image.startsWith("postgres:") ? tagOf(image) : undefined;
    if (version !== undefined && tag !== undefined && Number.parseInt(version) !== Number(tag))
        refuse(
            "version",
            `${quote(version)} is not what the image is, ${quote(tag)}; leave version out, or correct it`,
        );
}

/** As `version` says, or else the tag of the image. */
function majorVersion({ version, image }: PostgresServiceArgs): number {
    return Number.parseInt(version ?? tagOf(image) ?? DEFAULT_VERSION);
}

/** The first number in the tag of an image that is called postgres, or the like (postgis). */
function tagOf(image: PostgresServiceArgs["image"]): string | undefined {
    return /\bpostg\w*:(\d+)/.exec(typeof image === "string" ? image : "")?.[1];
}

/** From 18 on the image keeps each major version's data in a folder of its own, below the mount. */
function dataPathOf(major: number): string {
    return major >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
}

function container(
    { username, database, ...args }: PostgresServiceArgs & { username: string; database: string },
    dataPath: string,
    password: pulumi.Output<string>,
): ServiceDefinition["container"] {
    const scripts = Object.entries(args.initScripts ?? {}).map(([file, content]): ContainerFile => ({
        path: `/docker-entrypoint-initdb.d/${file}`,
        // The provider uploads no empty file.
        content: pulumi.output(content).apply((script) => (script === "" ? "\n" : script)),
        secret: true,
        // Over data it does nothing.
        deferred: true,
    }));
    const settings = Object.entries(args.settings ?? {}).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    return {
        entrypoint: [START],
        command: ["postgres", ...settings],
        env: { POSTGRES_USER: username, POSTGRES_DB: database, POSTGRES_PASSWORD_FILE: PASSWORD_FILE },
        files: [
            {
                path: START,
                content: startScript(args.persistent === false ? undefined : dataPath),
                executable: true,
                // Another version of Drydock may have another script, which a database that runs has no need of.
                deferred: true,
            },
            { path: PASSWORD_FILE, content: password, secret: true },
            ...scripts,
        ],
        // Over TCP: while the entrypoint sets the database up, it answers on its socket only.
        health: buildHealthCheck(
            networkCheck('pg_isready -h "$1" -U "$2" -d "$3"', username, database),
            args.health,
        ),
        sharedMemory: parseMebibytes(args.sharedMemory ?? "256m"),
        capabilities: CAPABILITIES,
        defaultStopTimeout: 60,
    };
}
