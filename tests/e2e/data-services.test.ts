import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

describe("data services", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => programs.dispose());

    test("Redis loads a dump into an empty data directory only", async () => {
        const dump = join(clone.dir, "start.rdb");
        programs.shell(
            `id=$(docker run --detach redis:8)
             until docker exec $id redis-cli ping >/dev/null 2>&1; do sleep 0.2; done
             docker exec $id redis-cli SET cargo rum &&
             docker exec $id redis-cli SAVE && docker cp $id:/data/dump.rdb ${dump} && docker rm --force --volumes $id`,
        );
        const data = join(clone.dir, "redis-data");
        const program = (memory: string) =>
            `new drydock.RedisService("cache", { dump: "${dump}", hostPath: "${data}", passwordless: true, memory: "${memory}" });
             return {};`;
        const redis = (command: string) =>
            programs.shell(`docker exec drydock-dump-cache redis-cli ${command}`);

        expect(await programs.up("dump", program("64m"))).toSucceed();
        expect(redis("GET cargo")).toBe("rum");
        redis("SET cargo gold");
        redis("SAVE");
        programs.shell("docker rm --force drydock-dump-cache");
        expect(await programs.up("dump", program("96m"), {}, "--refresh")).toSucceed();
        expect(redis("GET cargo")).toBe("gold");
    });

    test("Postgres runs init scripts, starts after a kill, and stops cleanly while it starts", async () => {
        const data = join(clone.dir, "postgres-data");
        mkdirSync(data, { mode: 0o700 });
        mkdirSync(join(clone.dir, "unprivileged"));
        writeFileSync(join(clone.dir, "unprivileged/Dockerfile"), "FROM postgres:17\nUSER postgres\n");
        const program = (scripts: Record<string, string>) =>
            `new drydock.PostgresService("db", {
                hostPath: "${data}", database: "my-app", username: "MyApp", initScripts: ${JSON.stringify(scripts)},
             });
             new drydock.PostgresService("unprivileged", { build: { context: "unprivileged" } });
             return {};`;
        const [db, unprivileged] = ["drydock-starts-db", "drydock-starts-unprivileged"];
        const ids = () => programs.shell(`docker inspect --format '{{.Id}}' ${db} ${unprivileged}`);
        const waitUntilReady = (...names: string[]) => {
            for (const name of names)
                programs.shell(
                    `timeout 600 sh -c 'until docker exec ${name} pg_isready --quiet --host 127.0.0.1; do sleep 0.3; done'`,
                );
        };
        const scripts = { "a b.sh": 'echo "work_mem = 7MB" >>/var/lib/postgresql/data/postgresql.conf' };
        expect(await programs.up("starts", program(scripts))).toSucceed();
        const psql = `docker exec ${db} psql --username MyApp --dbname my-app --tuples-only --no-align`;
        expect(programs.shell(`${psql} --command "SHOW work_mem"`)).toBe("7MB");

        programs.shell(`docker kill ${db} ${unprivileged} && docker start ${db} ${unprivileged}`);
        waitUntilReady(db, unprivileged);
        // tests/soak stops it at many random moments.
        programs.shell(`docker restart ${db} && docker stop ${db}`);
        expect(programs.shell(`docker inspect --format '{{.State.ExitCode}}' ${db}`)).toBe("0");
        programs.shell(`docker start ${db}`);
        waitUntilReady(db);
        expect(programs.shell(`docker logs ${db} 2>&1 | grep -c "not properly shut down" || true`)).toBe("1");

        const before = ids();
        const more = await programs.up("starts", program({ ...scripts, "c.sql": "" }));
        expect(more.output).toMatch(/Resources:\n +\d+ unchanged\n/);
        expect(ids()).toBe(before);
    });

    soakTest(
        "Postgres uses data below the volume, and an image that keeps its data elsewhere, by dataPath",
        async () => {
            const data = join(clone.dir, "one-down");
            const init = `docker run --name one-down-${process.pid} --detach --env POSTGRES_HOST_AUTH_METHOD=trust \
            --env PGDATA=/var/lib/postgresql/data/cluster --env POSTGRES_USER=Depot-1 --volume ${data}:/var/lib/postgresql/data postgres:17`;
            programs.shell(
                `id=$(${init})
             until docker exec $id psql -h 127.0.0.1 -U Depot-1 -Atc "CREATE TABLE kept AS SELECT 'cargo' AS what" >/dev/null 2>&1; do sleep 0.3; done
             docker stop $id && docker rm --volumes $id`,
            );
            // Like timescaledb-ha: it starts as postgres, says no version, and initializes its data in another way.
            mkdirSync(join(clone.dir, "elsewhere"));
            writeFileSync(
                join(clone.dir, "elsewhere/Dockerfile"),
                `FROM postgres:17
             ENV PG_MAJOR= PGDATA=/home/postgres/pgdata/data
             RUN rm -f /usr/local/bin/docker-ensure-initdb.sh && install -o postgres -g postgres -d /home/postgres /home/postgres/pgdata /home/postgres/pgdata/data
             USER postgres
            `,
            );
            const program = (oneDown: string, elsewhere: string) =>
                `new drydock.PostgresService("db", { hostPath: "${data}", username: "Depot-1", database: "Depot-1", ${oneDown} });
             new drydock.PostgresService("elsewhere", {
                build: { context: "elsewhere" }, version: "17", env: { POSTGRES_INITDB_ARGS: "--data-checksums" }, ${elsewhere}
             });
             return {};`;
            const oneDown = 'dataPath: "/var/lib/postgresql/data/cluster"';
            const elsewhere = (settings = "{}") =>
                `dataPath: "/home/postgres/pgdata/data", settings: ${settings}`;
            const refused = await programs.up("datapath", program("", ""), {}, "--continue-on-error");
            expect(refused.output).toContain(
                "There is data in /var/lib/postgresql/data/cluster, and this image looks for it in /var/lib/postgresql/data.",
            );
            expect(refused.output).toContain("Set dataPath to /var/lib/postgresql/data/cluster, or");
            expect(refused.output).toContain("Set dataPath to /home/postgres/pgdata/data.");
            expect(refused).toFail();
            expect(programs.shell(`docker run --rm --volume ${data}:/d postgres:17 ls -A /d`)).toBe(
                "cluster",
            );

            const { code, output } = await programs.up("datapath", program(oneDown, elsewhere()));
            expect({ code, output }).toSucceed();
            const psql = (name: string, user: string, sql: string) =>
                programs.shell(`docker exec drydock-datapath-${name} psql -U ${user} -Atc "${sql}"`);
            expect(psql("db", "Depot-1", "SELECT what FROM kept")).toBe("cargo");
            expect(psql("elsewhere", "app", "SHOW data_checksums")).toBe("on");
            psql("elsewhere", "app", "CREATE TABLE kept AS SELECT 'rum' AS what");
            const again = await programs.up("datapath", program(oneDown, elsewhere('{ work_mem: "5MB" }')));
            expect(again).toSucceed();
            expect(psql("elsewhere", "app", "SELECT what FROM kept")).toBe("rum");
        },
    );

    test("a directory with other files is refused, and stays unchanged", async () => {
        const directory = join(clone.dir, "letters");
        mkdirSync(directory);
        writeFileSync(join(directory, "letter"), "");
        const program = ["PostgresService", "RedisService"].map(
            (service) => `new drydock.${service}("${service}", { hostPath: "${directory}" });`,
        );
        const refused = await programs.up(
            "letters",
            `${program.join("\n")} return {};`,
            {},
            "--continue-on-error",
        );
        for (const service of ["PostgresService", "RedisService"])
            expect(refused.output).toMatch(new RegExp(`${service}[^]*?${directory} is not empty`));
        expect(refused).toFail();
        expect(readdirSync(directory)).toEqual(["letter"]);
        expect(statSync(join(directory, "letter")).uid).toBe(process.getuid?.());
    });

    test("a connection that another stack imports is secret, and follows a change of the password", async () => {
        const owner = `const db = new drydock.PostgresService("db", { username: "owner", database: "ledger" });
             return { db: db.connection };`;
        const reader = `const db = new pulumi.StackReference("organization/drydock/owner").requireOutput("db") as pulumi.Output<drydock.Connection>;
             const task = new drydock.Task("ask", {
                 image: "postgres:17",
                 command: ["sh", "-c", 'psql "$DATABASE_URL" --tuples-only --command "SELECT current_database()"'],
                 links: { database: db },
             });
             return { answer: task.stdout };`;
        const answer = () =>
            programs.shell(". ./env; pulumi stack output answer --show-secrets --stack reader");
        await programs.up("owner", owner);
        const { code, output } = await programs.up("reader", reader);
        expect({ code, output }).toSucceed();
        expect(output).toContain("[secret]");
        expect(answer()).toBe("ledger");

        const urn = programs.shell(
            ". ./env; pulumi stack export --stack owner | grep -o 'urn:[^\"]*::db-password' | head -n 1",
        );
        const rotated = await programs.up("owner", owner, {}, `--replace '${urn}'`);
        expect(rotated).toSucceed();
        const follows = await programs.up("reader", reader);
        expect(follows).toSucceed();
        expect(follows.output).toContain("ask-run");
        expect(answer()).toBe("ledger");
    });

    test("destroy removes all volumes: of a failed update, and of earlier arguments", async () => {
        const volumes = () =>
            programs.shell("docker volume ls --quiet --filter label=drydock.stack=leftover | LC_ALL=C sort");
        const destroy = () => clone.run(". ./env; pulumi destroy --yes --skip-preview --stack leftover");
        const cache = (volume = "") => `new drydock.RedisService("cache", { passwordless: true${volume} });`;
        const web = (...names: string[]) =>
            `new drydock.WebApp("web", { image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1,
                mounts: ${JSON.stringify(names.map((volume) => ({ path: `/${volume}`, volume })))} });`;

        const failing = 'new docker.RemoteImage("bad", { name: "127.0.0.1:9/no-such:1" });';
        expect(await programs.up("leftover", `${failing} ${cache()} ${web("uploads")} return {};`)).toFail();
        expect(await destroy()).toSucceed();
        expect(volumes()).toBe("");

        await programs.up("leftover", `${cache()} ${web("storage", "uploads")} return {};`);
        const other = `drydock-leftover-${process.pid}`;
        const { code, output } = await programs.up(
            "leftover",
            `${cache(`, volume: "${other}"`)} ${web("uploads")} return {};`,
        );
        expect({ code, output }).toSucceed();
        for (const left of ["drydock.leftover.cache", "drydock.leftover.web.storage"])
            expect(output).toContain(`the volume ${left} is no longer used. It keeps its data`);
        const prefix = "drydock.leftover.web";
        const all = [other, "drydock.leftover.cache", `${prefix}.storage`, `${prefix}.uploads`];
        expect(volumes().split("\n")).toEqual(all);

        const down = await destroy();
        expect(down).toSucceed();
        for (const volume of all)
            expect(down.output).toContain(`Removed the volume ${volume} with its data.`);
        expect(volumes()).toBe("");
    });
});
