import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { DataService } from "../data-service/data-service.ts";
import { dockerScript } from "../engines/index.ts";
import type { DatabaseConnection } from "../shared/connection.ts";
import { drydockLabelLines } from "../shared/names.ts";
import { createPassword } from "../shared/password.ts";
import { readScriptBody } from "../shared/scripts.ts";
import {
    isAlias,
    isBoolean,
    isDatabaseName,
    isUnknown,
    quote,
    refuse,
    required,
    type Rule,
    validate,
    validateObject,
} from "../shared/validation.ts";

/** A further database of a Postgres server. */
export interface DatabaseArgs {
    /** Name of the database. @default `<database>_<key>` */
    name?: string;
    /** Role that owns the database, and that its connection logs in as. It has a generated password and is not a superuser.
     *  @default the server's `username` */
    username?: string;
    /** Lets this role create databases, as parallel tests do. Needs `username`. @default false */
    createDatabases?: boolean;
}

/** Role that creates the databases, and the database that it connects to. */
interface Server {
    username: string;
    database: string;
    password: pulumi.Output<string>;
}

type Databases = Record<string, DatabaseArgs>;

/** Default name of the database and of the role. */
export const DEFAULT_NAME = "app";

/**
 * Names of the databases by key, as inputs of the component, which `cli/` compares. Empty if there are no databases, or
 * if an argument is invalid.
 */
export function databaseNames({
    database = DEFAULT_NAME,
    databases,
}: {
    database?: string;
    databases?: Databases;
}): pulumi.Inputs {
    if (databases === undefined || isUnknown(databases)) return {};
    const names = Object.entries(databases).map(([key, args]) => [key, databaseName(database, key, args)]);
    return names.every(([, name]) => typeof name === "string")
        ? { databases: Object.fromEntries(names) as Record<string, string> }
        : {};
}

function databaseName(database: string, key: string, args: DatabaseArgs | undefined): string {
    return args?.name ?? `${database}_${key}`;
}

export const isRoleName: Rule = (value) =>
    isDatabaseName(value) ??
    (/^pg_|^(public|none)$/.test(String(value))
        ? `${quote(value)} is reserved by PostgreSQL, as is every name that starts with pg_; use another name`
        : undefined);

export function validateDatabases(databases: Databases | undefined, database: string): void {
    validateObject("databases", databases, '{ queue: {}, cache: { name: "shop_cache" } }');
    const known = new Map([[database, "database"]]);
    for (const [key, args] of Object.entries(databases ?? {})) {
        const path = `databases.${key}`;
        validate({ [path]: [key, isAlias] });
        validateObject(path, required(args), "{}, or { name: ... }");
        validate({
            [`${path}.name`]: [databaseName(database, key, args), isDatabaseName],
            [`${path}.username`]: [args.username, isRoleName],
            [`${path}.createDatabases`]: [args.createDatabases, isBoolean],
        });
        const name = databaseName(database, key, args);
        const other = known.get(name);
        if (other !== undefined)
            refuse(`${path}.name`, `${quote(name)} is also the name in ${other}; use another name`);
        known.set(name, path);
        if (/^template[01]$/.test(name))
            refuse(`${path}.name`, `${quote(name)} is a template of PostgreSQL; use another name`);
        if (args.createDatabases && args.username === undefined)
            refuse(
                `${path}.createDatabases`,
                "requires username: the server's own role is a superuser and can already create databases; set username, or leave it out",
            );
    }
}

/**
 * Creates the databases and their roles once the server is healthy. Uses a container of the server's image on its network,
 * which works on both engines, and for a server that already runs.
 *
 * @returns a connection for each database, which resolves once the database exists
 */
export function createDatabases(
    name: string,
    databases: Databases,
    server: Server,
    service: DataService,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<Record<string, DatabaseConnection>> {
    const passwords = createRolePasswords(name, databases, server, opts);
    const connections = Object.entries(databases).map(([key, args]) => {
        const database = databaseName(server.database, key, args);
        const { username = server.username } = args;
        const password = passwords.get(username) ?? server.password;
        const created = createDatabase(`${name}-database-${key}`, service, opts, {
            ...login(server),
            DATABASE: database,
            ROLE: username,
            ROLE_PASSWORD: passwords.get(username) ?? "",
            ROLE_OPTION: mayCreateDatabases(databases, username) ? "CREATEDB" : "NOCREATEDB",
            // `drydock up` finds the container that a killed update has left by these labels.
            LABELS: drydockLabelLines(name),
        });
        const connection = pulumi
            .all([service.endpoint, password, created.urn])
            .apply(([endpoint, password]) => ({
                scheme: "postgres",
                ...endpoint,
                username,
                password,
                database,
            }));
        return [key, connection] as const;
    });
    return pulumi.secret(pulumi.all(Object.fromEntries(connections)));
}

/** Passwords of the roles other than the server's, by role name. */
function createRolePasswords(
    name: string,
    databases: Databases,
    server: Server,
    opts: pulumi.CustomResourceOptions,
): Map<string, pulumi.Output<string>> {
    const roles = new Set(Object.values(databases).flatMap(({ username }) => username ?? []));
    roles.delete(server.username);
    return new Map(
        [...roles].map((role) => [role, createPassword(`${name}-role-${role}-password`, undefined, opts)]),
    );
}

function mayCreateDatabases(databases: Databases, role: string): boolean {
    return Object.values(databases).some(
        ({ username, createDatabases }) => username === role && createDatabases,
    );
}

function login({ username, password, database }: Server) {
    return { PGUSER: username, PGPASSWORD: password, PGDATABASE: database };
}

function createDatabase(
    name: string,
    { endpoint, image, container }: DataService,
    opts: pulumi.CustomResourceOptions,
    environment: Record<string, pulumi.Input<string>>,
): command.local.Command {
    const script = readScriptBody(import.meta.dirname, "create-database.sh");
    return new command.local.Command(
        name,
        {
            create: "sh",
            ...dockerScript(opts.parent, script, {
                ...environment,
                SQL: readScriptBody(import.meta.dirname, "create-database.sql"),
                IMAGE: image,
                NETWORK: endpoint.network,
                PGHOST: endpoint.host,
                // For a new container or another volume, which may be empty, the Command runs again. That is an update:
                // if it were replaced, Pulumi would also replace what uses the connection.
                CONTAINER: container.id,
                STORAGE: endpoint.apply(({ storage = "" }) => storage),
            }),
        },
        opts,
    );
}
