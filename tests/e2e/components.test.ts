import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";

describe("the components for real", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => programs.dispose());

    test("Redis starts from a dump where it has no data, and keeps its own where it has", async () => {
        const dump = join(clone.dir, "start.rdb");
        programs.shell(
            `id=$(docker run --detach redis:8) && sleep 1 && docker exec $id redis-cli SET cargo rum &&
             docker exec $id redis-cli SAVE && docker cp $id:/data/dump.rdb ${dump} && docker rm --force --volumes $id`,
        );
        const data = join(clone.dir, "redis-data");
        const declared = (memory: string) =>
            `new drydock.RedisService("cache", { dump: "${dump}", hostPath: "${data}", passwordless: true, memory: "${memory}" });
             return {};`;
        const redis = (command: string) =>
            programs.shell(`docker exec drydock-dump-cache redis-cli ${command}`);

        expect(await programs.up("dump", declared("64m"))).toMatchObject({ code: 0 });
        expect(redis("GET cargo")).toBe("rum");
        redis("SET cargo gold");
        redis("SAVE");
        programs.shell("docker rm --force drydock-dump-cache");
        programs.shell(". ./env; pulumi refresh --yes --skip-preview --stack dump");
        expect(await programs.up("dump", declared("96m"))).toMatchObject({ code: 0 });
        expect(redis("GET cargo")).toBe("gold");
    });

    test("Postgres starts as the plain image does, and again after a kill or an early stop", async () => {
        const data = join(clone.dir, "postgres-data");
        mkdirSync(data, { mode: 0o700 });
        mkdirSync(join(clone.dir, "unprivileged"));
        writeFileSync(join(clone.dir, "unprivileged/Dockerfile"), "FROM postgres:17\nUSER postgres\n");
        const declared = (scripts: Record<string, string>) =>
            `new drydock.PostgresService("db", {
                hostPath: "${data}", database: "my-app", username: "MyApp", initScripts: ${JSON.stringify(scripts)},
             });
             new drydock.PostgresService("unprivileged", { build: { context: "unprivileged" } });
             return {};`;
        const [db, unprivileged] = ["drydock-starts-db", "drydock-starts-unprivileged"];
        const ids = () => programs.shell(`docker inspect --format '{{.Id}}' ${db} ${unprivileged}`);
        const ready = (...names: string[]) => {
            for (const name of names)
                programs.shell(
                    `timeout 60 sh -c 'until docker exec ${name} pg_isready --quiet --host 127.0.0.1; do sleep 0.3; done'`,
                );
        };
        const scripts = { "a b.sh": 'echo "work_mem = 7MB" >>/var/lib/postgresql/data/postgresql.conf' };
        expect(await programs.up("starts", declared(scripts))).toMatchObject({ code: 0 });
        const psql = `docker exec ${db} psql --username MyApp --dbname my-app --tuples-only --no-align`;
        expect(programs.shell(`${psql} --command "SHOW work_mem"`)).toBe("7MB");

        programs.shell(`docker kill ${db} ${unprivileged} && docker start ${db} ${unprivileged}`);
        ready(db, unprivileged);
        for (const delay of [0.1, 0.4, 0.8]) {
            const stop = `docker restart ${db} && sleep ${delay} && docker stop ${db}`;
            programs.shell(stop);
            expect(programs.shell(`docker inspect --format '{{.State.ExitCode}}' ${db}`)).toBe("0");
        }
        programs.shell(`docker start ${db}`);
        ready(db);
        expect(programs.shell(`docker logs ${db} 2>&1 | grep -c "not properly shut down" || true`)).toBe("1");

        const before = ids();
        const more = await programs.up("starts", declared({ ...scripts, "c.sql": "" }));
        expect(more.output).toMatch(/Resources:\n +\d+ unchanged\n/);
        expect(ids()).toBe(before);
    });

    test("a directory that holds something else is refused, and nothing in it changes", async () => {
        const directory = join(clone.dir, "letters");
        mkdirSync(directory);
        writeFileSync(join(directory, "letter"), "");
        for (const service of ["PostgresService", "RedisService"]) {
            const declared = `new drydock.${service}("${service}", { hostPath: "${directory}" }); return {};`;
            const { code, output } = await programs.up("letters", declared);
            expect(output).toContain(`${directory} is not empty`);
            expect(code).not.toBe(0);
        }
        expect(readdirSync(directory)).toEqual(["letter"]);
        expect(statSync(join(directory, "letter")).uid).toBe(process.getuid?.());
    });

    test("a task that fails shows its exit code and last words, runs again, and then no more", async () => {
        const task = (command: string) =>
            `new drydock.Task("job", { image: "debian:trixie-slim", command: ["sh", "-c", ${JSON.stringify(command)}] });
             return {};`;
        for (let attempt = 0; attempt < 2; attempt++) {
            const { code, output } = await programs.up(
                "task",
                task("echo all hands; echo man overboard >&2; exit 7"),
            );
            expect(output).toContain("exit status 7");
            expect(output).toContain("man overboard");
            expect(code).not.toBe(0);
        }
        expect((await programs.up("task", task("echo saved"))).output).toContain("saved");
        const again = await programs.up("task", task("echo saved"));
        expect(again.output).toMatch(/unchanged/);
        expect(again.output).not.toContain("saved");
    });

    test("what uses a service stops before it when both are removed, and is not replaced with it", async () => {
        const out = join(clone.dir, "handed-back");
        mkdirSync(out);
        const handBack = "redis-cli -h $REDIS_HOST RPUSH jobs 7 >/out/said 2>&1; exit";
        const declared = `
            const queue = new drydock.RedisService("queue", { passwordless: true });
            new drydock.WebApp("app", {
                image: "redis:8",
                command: ["sleep", "infinity"],
                health: { command: ["true"] },
                stopTimeout: 1,
                env: { REDIS_HOST: queue.connection.host },
                networks: [queue.connection.network],
                mounts: [{ path: "/out", hostPath: "${out}" }],
                processes: { worker: { command: ["sh", "-c", "trap '${handBack}' TERM; sleep infinity & wait"] } },
            });
            return {};`;
        expect(await programs.up("order", declared)).toMatchObject({ code: 0 });
        const urn = programs.shell(
            ". ./env; pulumi stack export --stack order | grep -om 1 'urn:[^\"]*Container::queue'",
        );
        const { output } = await clone.run(
            `. ./env; pulumi destroy --preview-only --color=never --stack order --target '${urn}' --target-dependents`,
        );
        for (const container of ["queue", "app", "app-worker"])
            expect(output).toMatch(new RegExp(`docker:index:Container +${container} +delete`));

        const changed = declared.replace("passwordless: true", "$&, settings: { hz: '20' }");
        expect((await programs.up("order", changed)).output).toMatch(/\+-1 replaced/);

        expect(await programs.up("order", "return {};")).toMatchObject({ code: 0 });
        expect(readFileSync(join(out, "said"), "utf8").trim()).toBe("1");
    });

    test("a worker that does not stay up fails the update; a check asks rarely once it has succeeded", async () => {
        const app = (worker: string) =>
            `new drydock.WebApp("app", {
                image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1,
                processes: { worker: { command: ["sh", "-c", "${worker}"] } },
             });
             return {};`;
        const failed = await programs.up("worker", app("echo man overboard; exit 3"));
        expect(failed.output).toMatch(/The container drydock-worker-app-worker exit.*\n *man overboard/);
        expect(failed.code).not.toBe(0);
        expect(await programs.up("worker", app("exec sleep infinity"))).toMatchObject({ code: 0 });
        expect(programs.shell("docker top drydock-worker-app")).toContain("sleep 28");
    });

    test("a secret that comes as an empty output stops the update before anything runs", async () => {
        const { code, output } = await programs.up(
            "keyless",
            'new drydock.RailsWebApp("shop", { image: "redis:8", masterKey: pulumi.secret("") }); return {};',
        );
        expect(output).toContain(
            "masterKey must be one line and not empty; leave it out where there is none",
        );
        expect(code).not.toBe(0);
        expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=keyless")).toBe("");
    });

    test.each<[string, string, string, RegExp]>([
        [
            "an argument",
            "badport",
            "port: 70000",
            /drydock:index:WebApp \(web\):\s+error: port: 70000 is not a port; use 1 to 65535, or leave it out/,
        ],
        [
            "a URL in place of a connection, as an output",
            "badlink",
            'links: { database: pulumi.secret("postgres://u:hunter2@h/d") as never }',
            /error: .*links\.database: must be a connection, not a string; use parseConnection\(url\)/,
        ],
    ])("%s that cannot be is refused without a stack trace", async (_, stack, args, reason) => {
        const program = `new drydock.WebApp("web", { image: "redis:8", ${args} }); return {};`;
        const { code, output } = await programs.up(stack, program);
        expect(output).toMatch(reason);
        expect(output).not.toMatch(/^ +at |unhandled|hunter2/m);
        expect(code).not.toBe(0);
    });

    test("an image is built, pushed to a registry with a login, and run from there", async () => {
        const port = await freePort();
        const passwords = join(clone.dir, "htpasswd");
        writeFileSync(passwords, `sailor:${hashSync("aye aye", 5)}\n`);
        const registry = programs.shell(
            `docker run --detach --label drydock.e2e --publish 127.0.0.1:${port}:5000 --volume ${passwords}:/htpasswd:ro \
             --env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=e2e --env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd registry:2`,
        );
        mkdirSync(join(clone.dir, "pushed"));
        writeFileSync(
            join(clone.dir, "pushed/Dockerfile"),
            'FROM debian:trixie-slim\nCMD ["sleep", "infinity"]\n',
        );
        const image = `127.0.0.1:${port}/fleet/pushed:1`;
        const { code, output } = await programs.up(
            "pushed",
            `new drydock.WebApp("app", {
                build: { context: "pushed", push: { image: "${image}", username: "sailor", password: "aye aye" } },
                command: ["sleep", "infinity"], health: { command: ["true"] }, readOnly: true, tmpfs: { "/tmp": "" }, stopTimeout: 1,
             });
             return {};`,
        );
        expect({ code, output }).toMatchObject({ code: 0 });
        const [ran, readOnly] = programs
            .shell(
                `docker inspect --format '{{.Config.Image}} {{.HostConfig.ReadonlyRootfs}}' drydock-pushed-app`,
            )
            .split(" ");
        expect(ran).toMatch(new RegExp(`^127.0.0.1:${port}/fleet/pushed@sha256:[0-9a-f]{64}$`));
        expect(readOnly).toBe("true");
        programs.shell(`docker rm --force --volumes ${registry}; docker image rm --force ${image}`);
    });

    test("another stack reaches a database through its exported connection, which stays secret, and follows its password", async () => {
        const owner = `const db = new drydock.PostgresService("db", { username: "owner", database: "ledger" });
             return { db: db.connection };`;
        const reader = `const db = new pulumi.StackReference("organization/drydock/owner").requireOutput("db") as pulumi.Output<drydock.Connection>;
             const task = new drydock.Task("ask", {
                 image: "postgres:17",
                 command: ["sh", "-c", 'psql "$DATABASE_URL" --tuples-only --command "SELECT current_database()"'],
                 links: { database: db },
             });
             return { said: task.stdout };`;
        const said = () => programs.shell(". ./env; pulumi stack output said --show-secrets --stack reader");
        await programs.up("owner", owner);
        const { code, output } = await programs.up("reader", reader);
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(output).toContain("[secret]");
        expect(said()).toBe("ledger");

        const urn = programs.shell(
            ". ./env; pulumi stack export --stack owner | grep -o 'urn:[^\"]*::db-password' | head -n 1",
        );
        const rotated = await programs.up("owner", owner, {}, `--replace '${urn}'`);
        expect(rotated).toMatchObject({ code: 0 });
        const follows = await programs.up("reader", reader);
        expect(follows).toMatchObject({ code: 0 });
        expect(follows.output).toContain("ask-run");
        expect(said()).toBe("ledger");
    });

    test("a volume that Compose has made goes on being used, once Compose has stopped (docs/how-to/from-compose.md)", async () => {
        const project = `shop${process.pid}`;
        const [volume, container] = [`${project}_pgdata`, `${project}-db-1`];
        const label = `--label com.docker.compose.project=${project}`;
        programs.shell(`docker volume create ${label} --label com.docker.compose.volume=pgdata ${volume}`);
        programs.shell(
            `docker run --detach --name ${container} ${label} --label com.docker.compose.service=db \
             --env POSTGRES_DB=shop --env POSTGRES_USER=shop --env POSTGRES_PASSWORD=rum \
             --volume ${volume}:/var/lib/postgresql/data postgres:17`,
        );
        const psql = (name: string, sql: string) =>
            programs.shell(
                `for i in $(seq 60); do docker exec ${name} psql -h 127.0.0.1 -U shop -Atc "SELECT 1" >/dev/null 2>&1 && break; sleep 0.5; done
                 docker exec ${name} psql -U shop -Atc "${sql}"`,
            );
        psql(container, "CREATE TABLE kept AS SELECT 'cargo' AS what");
        const declared = `new drydock.PostgresService("db", { version: "17", database: "shop", username: "shop", volume: "${volume}" }); return {};`;

        const refused = await programs.up("compose", declared);
        expect(refused.output).toContain(
            `the volume ${volume} is in use by the container ${container} of the Compose project ${project}, which is running`,
        );
        expect(refused.output).toContain(`docker compose --project-name ${project} stop db`);
        expect(refused.code).not.toBe(0);

        programs.shell(`docker stop ${container}`);
        const { code, output } = await programs.up("compose", declared);
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(output).toContain(`docker rm ${container} removes it, and leaves the data`);
        expect(psql("drydock-compose-db", "SELECT what FROM kept")).toBe("cargo");

        programs.shell(`docker rm ${container}`);
        const down = await clone.run(". ./env; pulumi destroy --yes --skip-preview --stack compose");
        expect(down.output).toContain(`${volume} was there before this stack, and stays`);
        programs.shell(`docker volume rm ${volume}`);
    });

    test("a first update that failed leaves no volume when it is destroyed, nor do volumes of earlier arguments", async () => {
        const volumes = () =>
            programs.shell("docker volume ls --quiet --filter label=drydock.stack=leftover | LC_ALL=C sort");
        const destroy = () => clone.run(". ./env; pulumi destroy --yes --skip-preview --stack leftover");
        const cache = (volume = "") => `new drydock.RedisService("cache", { passwordless: true${volume} });`;
        const web = (...names: string[]) =>
            `new drydock.WebApp("web", { image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1,
                mounts: ${JSON.stringify(names.map((volume) => ({ path: `/${volume}`, volume })))} });`;

        const failing = 'new docker.RemoteImage("bad", { name: "127.0.0.1:9/no-such:1" });';
        expect(
            (await programs.up("leftover", `${failing} ${cache()} ${web("uploads")} return {};`)).code,
        ).not.toBe(0);
        expect(await destroy()).toMatchObject({ code: 0 });
        expect(volumes()).toBe("");

        await programs.up("leftover", `${cache()} ${web("storage", "uploads")} return {};`);
        const other = `drydock-leftover-${process.pid}`;
        const { code, output } = await programs.up(
            "leftover",
            `${cache(`, volume: "${other}"`)} ${web("uploads")} return {};`,
        );
        expect({ code, output }).toMatchObject({ code: 0 });
        for (const left of ["drydock.leftover.cache", "drydock.leftover.web.storage"])
            expect(output).toContain(`the volume ${left} is not used any more. It stays with its data`);
        const prefix = "drydock.leftover.web";
        const all = [other, "drydock.leftover.cache", `${prefix}.storage`, `${prefix}.uploads`];
        expect(volumes().split("\n")).toEqual(all);

        const down = await destroy();
        expect(down).toMatchObject({ code: 0 });
        for (const volume of all)
            expect(down.output).toContain(`The volume ${volume} is removed, with its data.`);
        expect(volumes()).toBe("");
    });
});
