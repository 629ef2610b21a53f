import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
    directory,
    docker,
    exitCode,
    tryDocker,
    waitUntilReady,
    cleanUp,
    run,
    start,
    unknownUser,
} from "../testing.ts";

// What users rely on in the official image, tested from outside: the tests pass for both images.

afterAll(cleanUp);

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
                "-c",
                "max_connections=42",
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
                    user: unknownUser,
                    volumes: { "/var/lib/postgresql/data": directory("pg-stranger", unknownUser) },
                },
                "postgres",
                "-c",
                "max_connections=43",
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

    test("reads user, database and password from files", async () => {
        expect(await sql("SELECT current_user || '@' || current_database()")).toBe("alice@shop");
        expect(await login("p@ss word")).toSucceed();
    });

    test("requires the password over the network", async () => {
        expect((await login("wrong")).output).toContain('password authentication failed for user "alice"');
        expect(await sql("SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE address = 'all'")).toBe(
            "scram-sha-256",
        );
    });

    test("runs init scripts by name: sourced, executed, plain and compressed", async () => {
        expect(await sql("SELECT string_agg(name, ' ' ORDER BY id) FROM steps")).toBe(
            "plain sourced executed gz xz zst",
        );
    });

    test("passes arguments to the server", async () => {
        expect(await sql("SHOW max_connections")).toBe("42");
        expect(await psql(strangers, "--username=postgres", "--command=SHOW max_connections")).toBe("43");
    });

    test("uses en_US.utf8 by default", async () => {
        expect(
            await sql("SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database LIMIT 1"),
        ).toBe("en_US.utf8 UTF8");
    });

    test("runs as postgres, uid 999, and owns a bind-mounted directory", async () => {
        expect(
            await docker("exec", server, "stat", "--format", "%u", "/proc/1", "/var/lib/postgresql/data"),
        ).toBe("999\n999");
    });

    test("runs as any user on a directory of that user", async () => {
        expect(await docker("exec", strangers, "stat", "--format", "%u", "/proc/1")).toBe(`${unknownUser}`);
    });

    test("creates the cluster with POSTGRES_INITDB_ARGS, POSTGRES_INITDB_WALDIR and TZ", async () => {
        const shown = ["data_checksums", "work_mem", "timezone"].map((name) => `--command=SHOW ${name}`);
        expect(await psql(strangers, "--username=postgres", ...shown)).toBe("on\n5MB\nEurope/Paris");
        expect(await docker("exec", strangers, "ls", "/var/lib/postgresql/wal")).toMatch(/^[0-9A-F]{24}$/m);
    });

    test("requires no password with POSTGRES_HOST_AUTH_METHOD=trust", async () => {
        expect(
            await docker("exec", strangers, "sh", "-c", 'psql -h "$HOSTNAME" -U postgres -Atc "SELECT 1"'),
        ).toBe("1");
    });

    test("stops cleanly and keeps an existing database", async () => {
        await sql("INSERT INTO steps (name) VALUES ('kept')");
        await docker("stop", server);
        expect(await exitCode(server)).toBe("0");
        await docker("start", server);
        await accepting(server);
        expect(await sql("SELECT count(*) FROM steps")).toBe("7");
    });

    test("runs other commands", async () => {
        const values = await run("postgres:17", {}, "sh", "-c", "echo $PGDATA; pwd; gosu postgres id -u");
        expect(values).toBe("/var/lib/postgresql/data\n/\n999");
        expect(await run("postgres:17", {}, "--version")).toMatch(/^postgres \(PostgreSQL\) 17\./);
    });

    /** Connects by host name, as loopback connections need no password. */
    const login = (password: string) =>
        tryDocker(
            "exec",
            "--env",
            `PGPASSWORD=${password}`,
            server,
            "sh",
            "-c",
            'psql -h "$HOSTNAME" -U alice -d shop -c "SELECT 1"',
        );
});

const psql = (container: string, ...args: string[]) =>
    docker("exec", container, "psql", "--tuples-only", "--no-align", ...args);

const accepting = (container: string) =>
    waitUntilReady(container, "pg_isready", "-h", "127.0.0.1", "-U", "postgres");
