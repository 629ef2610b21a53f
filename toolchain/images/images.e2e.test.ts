import { execFile } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashSync } from "bcryptjs";

// What users rely on in the official images, seen from outside: it holds for those as for the ones built here.
jest.setTimeout(60_000);

const label = `drydock.images.test=${process.pid}`;
const scratch = mkdtempSync(join(tmpdir(), "drydock-images-"));
// A user that no image knows: who runs this, unless that is root.
const stranger = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 1234);

afterAll(async () => {
    const containers = (await docker("ps", "--all", "--quiet", "--filter", `label=${label}`)).split("\n");
    await outcome("rm", "--force", "--volumes", ...containers);
    // The data belongs to the servers' users by now.
    await run(
        "redis:8",
        { volumes: { "/scratch": scratch } },
        "find",
        "/scratch",
        "-mindepth",
        "1",
        "-delete",
    );
    rmSync(scratch, { recursive: true });
});

describe("postgres:17", () => {
    let server: string;
    let strangers: string;
    const sql = (query: string) => psql(server, "--username=alice", "--dbname=shop", "--command", query);

    beforeAll(async () => {
        const [data, init, secrets] = [directory("pg-data"), directory("pg-init"), directory("pg-secrets")];
        writeFileSync(join(secrets, "password"), "p@ss word\n", { mode: 0o400 });
        writeFileSync(join(secrets, "user"), "alice\n");
        writeFileSync(join(secrets, "database"), "shop\n");
        const insert = (step: string) => `INSERT INTO steps (name) VALUES ('${step}');`;
        writeFileSync(
            join(init, "1-plain.sql"),
            `CREATE TABLE steps (id serial, name text); ${insert("plain")}`,
        );
        writeFileSync(join(init, "2-sourced.sh"), `docker_process_sql <<<"${insert("sourced")}"`);
        writeFileSync(
            join(init, "3-executed.sh"),
            `#!/bin/sh\npsql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command "${insert("executed")}"`,
            { mode: 0o755 },
        );
        writeFileSync(join(init, "4-ignored.txt"), "not a script");
        for (const [number, extension] of ["gz", "xz", "zst"].entries()) {
            writeFileSync(join(init, `${number + 5}.sql`), insert(extension));
        }
        const compress = "cd /init && gzip 5.sql && xz 6.sql && zstd -q --rm 7.sql";
        await run("postgres:17", { volumes: { "/init": init } }, "sh", "-c", compress);

        [server, strangers] = await Promise.all([
            start(
                "postgres:17",
                {
                    env: {
                        POSTGRES_PASSWORD_FILE: "/run/secrets/password",
                        POSTGRES_USER_FILE: "/run/secrets/user",
                        POSTGRES_DB_FILE: "/run/secrets/database",
                    },
                    volumes: {
                        "/var/lib/postgresql/data": data,
                        "/run/secrets": secrets,
                        "/docker-entrypoint-initdb.d": init,
                    },
                },
                ...["-c", "max_connections=42"],
            ),
            start(
                "postgres:17",
                {
                    env: {
                        POSTGRES_HOST_AUTH_METHOD: "trust",
                        POSTGRES_INITDB_ARGS: "--data-checksums --set 'work_mem=5 MB'",
                        POSTGRES_INITDB_WALDIR: "/var/lib/postgresql/wal",
                        TZ: "Europe/Paris",
                    },
                    user: stranger,
                    volumes: { "/var/lib/postgresql/data": directory("pg-stranger", stranger) },
                },
                ...["postgres", "-c", "max_connections=43"],
            ),
        ]);
        await Promise.all([server, strangers].map(accepting));
    });

    test.each([
        ["no password", {}, /superuser password is not specified/],
        [
            "a password and a password file",
            { POSTGRES_PASSWORD: "a", POSTGRES_PASSWORD_FILE: "/b" },
            /both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set/,
        ],
    ])("refuses to start with %s", async (_, env, message) => {
        await expect(run("postgres:17", { env })).rejects.toThrow(message);
    });

    test("takes user, database and password from files", async () => {
        expect(await sql("SELECT current_user || '@' || current_database()")).toBe("alice@shop");
        expect(await login("p@ss word")).toMatchObject({ code: 0 });
    });

    test("asks whoever comes over the network for the password", async () => {
        expect((await login("wrong")).output).toContain('password authentication failed for user "alice"');
        expect(await sql("SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE address = 'all'")).toBe(
            "scram-sha-256",
        );
    });

    test("runs init scripts by name, sourced or executed, plain or compressed", async () => {
        expect(await sql("SELECT string_agg(name, ' ' ORDER BY id) FROM steps")).toBe(
            "plain sourced executed gz xz zst",
        );
    });

    test("hands arguments to the server", async () => {
        expect(await sql("SHOW max_connections")).toBe("42");
        expect(await psql(strangers, "--username=postgres", "--command=SHOW max_connections")).toBe("43");
    });

    test("is UTF-8 in American English by default", async () => {
        expect(
            await sql("SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database LIMIT 1"),
        ).toBe("en_US.utf8 UTF8");
    });

    test("runs as postgres, uid 999, and owns a directory of the host", async () => {
        expect(
            await docker("exec", server, "stat", "--format", "%u", "/proc/1", "/var/lib/postgresql/data"),
        ).toBe("999\n999");
    });

    test("runs as any user, on a directory of that user", async () => {
        expect(await docker("exec", strangers, "stat", "--format", "%u", "/proc/1")).toBe(`${stranger}`);
    });

    test("makes the cluster by POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR and TZ", async () => {
        const shown = ["data_checksums", "work_mem", "timezone"].map((name) => `--command=SHOW ${name}`);
        expect(await psql(strangers, "--username=postgres", ...shown)).toBe("on\n5MB\nEurope/Paris");
        expect(await docker("exec", strangers, "ls", "/var/lib/postgresql/wal")).toMatch(/^[0-9A-F]{24}$/m);
    });

    test("lets anyone in where POSTGRES_HOST_AUTH_METHOD says so", async () => {
        expect(
            await docker("exec", strangers, "sh", "-c", 'psql -h "$HOSTNAME" -U postgres -Atc "SELECT 1"'),
        ).toBe("1");
    });

    test("stops cleanly, and leaves a database that is there alone", async () => {
        await sql("INSERT INTO steps (name) VALUES ('kept')");
        await docker("stop", server);
        expect(await exitCode(server)).toBe("0");
        await docker("start", server);
        await accepting(server);
        expect(await sql("SELECT count(*) FROM steps")).toBe("7");
    });

    test("runs any other command", async () => {
        const values = await run("postgres:17", {}, "sh", "-c", "echo $PGDATA; pwd; gosu postgres id -u");
        expect(values).toBe("/var/lib/postgresql/data\n/\n999");
        expect(await run("postgres:17", {}, "--version")).toMatch(/^postgres \(PostgreSQL\) 17\./);
    });

    /** Loopback is trusted inside of the container; its own name is an address of the network. */
    const login = (password: string) =>
        outcome(
            ...["exec", "--env", `PGPASSWORD=${password}`, server],
            ...["sh", "-c", 'psql -h "$HOSTNAME" -U alice -d shop -c "SELECT 1"'],
        );
});

describe("redis:8", () => {
    let server: string;
    let configured: string;
    let strangers: string;
    const cli = (...args: string[]) => docker("exec", server, "redis-cli", ...args);

    beforeAll(async () => {
        const config = join(directory("redis-config"), "redis.conf");
        writeFileSync(config, "requirepass hunter2\nprotected-mode yes\nmaxmemory 42mb\n", { mode: 0o644 });
        [server, configured, strangers] = await Promise.all([
            start("redis:8", { port: 6379, volumes: { "/data": directory("redis-data") } }, "--save", "60 1"),
            start("redis:8", { volumes: { "/etc/redis.conf": config } }, "/etc/redis.conf", "--port", "6380"),
            start("redis:8", { user: stranger, volumes: { "/data": directory("redis-stranger", stranger) } }),
        ]);
        await Promise.all([
            ready(server, "redis-cli", "ping"),
            ready(configured, "redis-cli", "-p", "6380", "-a", "hunter2", "ping"),
            ready(strangers, "redis-cli", "ping"),
        ]);
    });

    test("answers outside of its container, without a password unless one is set", async () => {
        expect(await ping(await published(server, 6379))).toBe("+PONG\r\n");
    });

    test("takes options as its arguments", async () => {
        expect(await cli("config", "get", "save")).toBe("save\n60 1");
    });

    test("saves by default", async () => {
        expect(await docker("exec", strangers, "redis-cli", "config", "get", "save")).toBe(
            "save\n3600 1 300 100 60 10000",
        );
    });

    test("takes a configuration file, and leaves it the last word", async () => {
        const get = "redis-cli -p 6380 --no-auth-warning -a hunter2 config get maxmemory protected-mode";
        const values = await docker("exec", configured, ...get.split(" "));
        expect(values.split("\n").sort()).toEqual(["44040192", "maxmemory", "protected-mode", "yes"]);
    });

    test("runs as redis, uid 999, and owns a directory of the host", async () => {
        expect(await docker("exec", server, "stat", "--format", "%u", "/proc/1", "/data")).toBe("999\n999");
    });

    test("runs as any user", async () => {
        expect(await docker("exec", strangers, "stat", "--format", "%u", "/proc/1")).toBe(`${stranger}`);
    });

    test("saves when it is stopped", async () => {
        await cli("set", "greeting", "hello");
        await docker("stop", server);
        expect(await exitCode(server)).toBe("0");
        await docker("start", server);
        await ready(server, "redis-cli", "ping");
        expect(await cli("get", "greeting")).toBe("hello");
    });

    test("runs any other command in /data", async () => {
        expect(await run("redis:8", {}, "sh", "-c", "pwd; id -u")).toBe("/data\n0");
        expect(await run("redis:8", {}, "redis-server", "--version")).toContain("v=8.");
        expect(await run("redis:8", {}, "redis-cli", "--version")).toContain("redis-cli 8.");
    });
});

describe("registry:2", () => {
    let open: string;
    let guarded: string;

    beforeAll(async () => {
        const auth = directory("registry-auth");
        writeFileSync(join(auth, "htpasswd"), `robot:${hashSync("s3cret", 4)}\n`);
        const registries = await Promise.all([
            start("registry:2", { port: 5000 }),
            start(
                "registry:2",
                {
                    env: {
                        REGISTRY_AUTH: "htpasswd",
                        REGISTRY_AUTH_HTPASSWD_REALM: "Shipyard",
                        REGISTRY_AUTH_HTPASSWD_PATH: "/auth/htpasswd",
                        REGISTRY_HTTP_ADDR: ":5001",
                    },
                    port: 5001,
                    volumes: { "/auth": auth },
                },
                ...["serve", "/etc/docker/registry/config.yml"],
            ),
        ]);
        [open, guarded] = await Promise.all([address(registries[0], 5000), address(registries[1], 5001)]);
    });

    test("is open unless told otherwise", async () => {
        expect((await fetch(`http://${open}/v2/`)).status).toBe(200);
    });

    test("asks for a login where REGISTRY_AUTH says so", async () => {
        const answer = await fetch(`http://${guarded}/v2/`);
        expect(answer.status).toBe(401);
        expect(answer.headers.get("www-authenticate")).toBe('Basic realm="Shipyard"');
    });

    test("keeps what is pushed after a login", async () => {
        const image = `${guarded}/tiny:1`;
        const client = ["--config", directory("docker-config")];
        const context = directory("tiny");
        writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
        await docker("build", "--quiet", "--tag", image, context);
        try {
            expect(await outcome(...client, "push", image)).toMatchObject({ code: 1 });
            await docker(...client, "login", "--username", "robot", "--password", "s3cret", guarded);
            await docker(...client, "push", image);
            await docker("rmi", image);
            await docker(...client, "pull", image);
        } finally {
            await outcome("rmi", image);
        }
    });
});

const psql = (container: string, ...args: string[]) =>
    docker("exec", container, "psql", "--tuples-only", "--no-align", ...args);

const accepting = (container: string) => ready(container, "pg_isready", "-h", "127.0.0.1", "-U", "postgres");

interface Outcome {
    code: number;
    stdout: string;
    /** What a person would have read: stdout and stderr. */
    output: string;
}

/** Where a registry answers, once it does. */
async function address(container: string, port: number): Promise<string> {
    const host = `127.0.0.1:${await published(container, port)}`;
    const deadline = Date.now() + 30_000;
    while (!(await fetch(`http://${host}/v2/`).catch(() => undefined)) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return host;
}

/** Runs the docker client, whatever comes of it. */
function outcome(...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
        execFile("docker", args, (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), output: stdout + stderr });
        });
    });
}

async function docker(...args: string[]): Promise<string> {
    const { code, stdout, output } = await outcome(...args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}\n${output}`);
    return stdout;
}

interface Options {
    env?: Record<string, string>;
    /** A port of the container, published on one of 127.0.0.1. */
    port?: number;
    user?: number;
    /** A path in the container, and the host's file or directory mounted there. */
    volumes?: Record<string, string>;
}

const run = (image: string, options: Options, ...command: string[]) =>
    docker("run", "--rm", ...flags(options), image, ...command);

const start = (image: string, options: Options, ...command: string[]) =>
    docker("run", "--detach", ...flags(options), image, ...command);

const flags = ({ env = {}, port, user, volumes = {} }: Options) => [
    `--label=${label}`,
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...Object.entries(volumes).map(([path, source]) => `--volume=${source}:${path}`),
    ...(port === undefined ? [] : [`--publish=127.0.0.1::${port}`]),
    ...(user === undefined ? [] : [`--user=${user}:${user}`]),
];

const exitCode = (container: string) => docker("inspect", "--format", "{{.State.ExitCode}}", container);

const published = async (container: string, port: number) =>
    Number((await docker("port", container, `${port}/tcp`)).replace(/^.*:/, ""));

function directory(name: string, owner?: number): string {
    const path = join(scratch, name);
    mkdirSync(path);
    if (owner !== undefined) chownSync(path, owner, -1);
    return path;
}

/** Waits until a command in the container succeeds; tells its last words if it ends instead. */
async function ready(container: string, ...command: string[]): Promise<void> {
    const deadline = Date.now() + 30_000;
    while ((await outcome("exec", container, ...command)).code !== 0) {
        const running = await docker("inspect", "--format", "{{.State.Running}}", container);
        if (running !== "true" || Date.now() > deadline) {
            const { output } = await outcome("logs", "--tail", "20", container);
            throw new Error(`not ready: ${command.join(" ")}\n${output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

function ping(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
        socket.once("data", (answer) => {
            resolve(answer.toString());
            socket.destroy();
        });
        socket.once("error", reject);
    });
}
