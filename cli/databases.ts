/** The programs that log in to databases and caches in their containers, and URLs for programs on this machine. */
import { type Target, withEnvironment } from "./containers.ts";
import { CommandError } from "./exit-codes.ts";
import type { DeclaredProcess } from "./inventory.ts";
import type { Stack } from "./project.ts";
import type { PlacedContainer } from "./stack-inventory.ts";
import { outputOf } from "./terminal.ts";

interface Client {
    /** Whether it is the client of this server. */
    serves: (process: { type: string; image: string }) => boolean;
    scheme: string;
    /** Sets `user`, `database` and `password` in a shell of the container. */
    login: string;
    /** Runs the program, which finds the password in its environment, with the arguments `$@`. */
    run: string;
}

/** A variable of the official images, or the content of the file that its `_FILE` names. */
const fromFile = (variable: string) =>
    `[ -z "\${${variable}_FILE:-}" ] || ${variable}=$(cat "$${variable}_FILE")\n`;

const hasImage =
    (type: string | undefined, pattern: RegExp) =>
    ({ type: own, image }: { type: string; image: string }) =>
        own === type || (own !== "RailsWebApp" && own !== "WebApp" && pattern.test(image));

const POSTGRES: Client = {
    serves: hasImage("PostgresService", /(^|\/)(postgres|postgis|pgvector|timescaledb)[^/]*$/),
    scheme: "postgres",
    login: `${fromFile("POSTGRES_PASSWORD")}user=\${POSTGRES_USER:-postgres}
database=\${POSTGRES_DB:-$user} password=\${POSTGRES_PASSWORD:-}
`,
    run: 'PGPASSWORD=$password; export PGPASSWORD\nexec psql --username "$user" --dbname "$database" "$@"',
};

const MYSQL: Client = {
    serves: hasImage(undefined, /(^|\/)(mysql|mariadb|percona)[^/]*$/),
    scheme: "mysql",
    login: `${["MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_PASSWORD", "MARIADB_ROOT_PASSWORD"].map(fromFile).join("")}user=\${MYSQL_USER:-\${MARIADB_USER:-root}}
database=\${MYSQL_DATABASE:-\${MARIADB_DATABASE:-}}
password=\${MYSQL_PASSWORD:-\${MARIADB_PASSWORD:-}}
[ "$user" != root ] || password=\${MYSQL_ROOT_PASSWORD:-\${MARIADB_ROOT_PASSWORD:-}}
`,
    run: `MYSQL_PWD=$password; export MYSQL_PWD
client=mysql; command -v mysql >/dev/null || client=mariadb
exec "$client" --host=127.0.0.1 --user="$user" $database "$@"`,
};

const REDIS: Client = {
    serves: hasImage("RedisService", /(^|\/)(redis|valkey|keydb|dragonfly)[^/]*$/),
    scheme: "redis",
    login: `user= database= password=\${REDIS_PASSWORD:-}
[ ! -f /run/drydock/redis-password ] || password=$(cat /run/drydock/redis-password)
`,
    run: `[ -z "$password" ] || { REDISCLI_AUTH=$password; export REDISCLI_AUTH; }
client=redis-cli; command -v redis-cli >/dev/null || client=valkey-cli
exec "$client" "$@"`,
};

const DATABASES = [POSTGRES, MYSQL];

export const DATABASE: Target = {
    matches: (process) => DATABASES.some(({ serves }) => serves(process)),
    noun: "database",
};

export const CACHE: Target = { matches: REDIS.serves, noun: "Redis" };

/** A container, and what messages need to know about its stack. */
interface DatabaseContainer {
    process: DeclaredProcess;
    stack: Pick<Stack, "option">;
}

function clientOf({ process, stack: { option } }: DatabaseContainer): Client {
    const client = [...DATABASES, REDIS].find(({ serves }) => serves(process));
    if (client) return client;
    throw new CommandError(
        `${process.component} runs ${process.image}, which is not a database that Drydock knows`,
        `Run its own program: \`drydock run${option} --component ${process.component} <program>\`.`,
    );
}

/** The command that opens the database's own program in its container, logged in. The password is on no command line. */
export function clientCommand(container: DatabaseContainer, args: string[], database?: string): string[] {
    const { login, run } = clientOf(container);
    const chosen = database === undefined ? "" : "database=$1; shift\n";
    return ["sh", "-c", login + chosen + run, "sh", ...(database === undefined ? [] : [database]), ...args];
}

/** A URL with the password, for a program on the machine of the Docker Engine. */
export async function databaseUrl(container: PlacedContainer, database?: string): Promise<string> {
    const { process, stack } = container;
    const { scheme, login } = clientOf(container);
    if (process.address === undefined)
        throw new CommandError(
            `${process.component} is not published`,
            `Set \`publish: {}\` in its arguments, and run \`drydock up${stack.option}\`.`,
        );
    const { hostname, port } = new URL(
        process.address.includes("://") ? process.address : `tcp://${process.address}`,
    );
    const print = `${login}printf '%s\\0%s\\0%s' "$user" "$database" "$password"`;
    const command = withEnvironment(container, ["sh", "-c", print]);
    const [username = "", own = "", password = ""] = (await outputOf(container, command)).split("\0");
    // Loads Pulumi's SDK, which takes time.
    const { connectionUrl } = await import("../components/shared/connection.ts");
    return connectionUrl({
        scheme,
        host: hostname,
        port: Number(port),
        ...(username !== "" && { username }),
        ...(password !== "" && { password }),
        ...((database ?? own) !== "" && { database: database ?? own }),
    });
}
