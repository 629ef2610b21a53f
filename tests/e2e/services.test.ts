import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { provideImages } from "./images.ts";
import { fetchPage, freePort } from "./network.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

const IMAGES = ["mariadb:11.8", "memcached:1.6", "nginx:1.26", "rabbitmq:4.0", "axllent/mailpit:v1.33"];

/** Sets the passwords of both users, as root, who has the old one. */
const CHANGE = `["sh", "-c", \`echo "ALTER USER app@'%' IDENTIFIED BY '$NEW_PASSWORD', root@localhost IDENTIFIED BY '$NEW_PASSWORD'" |
    MYSQL_PWD=$(cat /run/secrets/password) mariadb --user=root\`]`;

describe("services of any image", () => {
    const programs = new Programs();
    const { clone } = programs;
    const volume = `drydock-mysql-${process.pid}`;

    beforeAll(() => {
        provideImages(...IMAGES);
    });
    afterAll(() => programs.dispose());

    const pulumi = (stack: string, command: string) =>
        clone.run(`. ./env; pulumi --non-interactive --color=never --stack ${stack} ${command}`);

    const passwordUrn = (stack: string) =>
        programs.shell(
            `. ./env; pulumi stack export --stack ${stack} | grep -o 'urn:[^"]*::[a-z]*-password"' | tr -d '"' | head -n 1`,
        );

    /** A MariaDB on a volume that exists, and a task that migrates it. */
    const mariadb = (password = "") => `
        const db = new drydock.Service("db", {
            image: "mariadb:11.8",
            port: 3306,
            env: {
                MARIADB_DATABASE: "app",
                MARIADB_USER: "app",
                MARIADB_ROOT_PASSWORD_FILE: "/run/secrets/password",
                MARIADB_ROOT_HOST: "localhost",
            },
            password: { file: "/run/secrets/password", variable: "MARIADB_PASSWORD_FILE", ${password} },
            data: { path: "/var/lib/mysql", volume: "${volume}" },
            connection: { scheme: "mysql2", username: "app", database: "app" },
        });
        const runs = new drydock.Task("migrate", {
            image: "mariadb:11.8",
            entrypoint: ["sh", "-c"],
            command: ["echo 'CREATE TABLE IF NOT EXISTS runs (id INT); INSERT INTO runs VALUES (1); SELECT COUNT(*) FROM runs' | mariadb --skip-column-names --host=$DB_HOST --user=$DB_USER $DB_NAME"],
            links: { database: db.connection },
            variables: { database: { url: "DATABASE_URL", host: "DB_HOST", username: "DB_USER", password: "MYSQL_PWD", name: "DB_NAME" } },
        });
        return { runs: runs.stdout, url: db.connection.apply(drydock.connectionUrl), password: db.password };`;
    const output = (stack: string, name: string) =>
        programs.shell(`. ./env; pulumi stack output ${name} --show-secrets --stack ${stack}`);

    describe("MariaDB", () => {
        beforeAll(() => {
            programs.shell(`docker volume create ${volume}`);
        });
        afterAll(async () => {
            for (const stack of ["mysql", "fresh"]) await pulumi(stack, "destroy --yes --skip-preview");
            programs.shell(`docker volume rm ${volume}`);
        });

        test("is a database with a migration, whose password and data stay together", async () => {
            expect(await programs.up("mysql", mariadb())).toSucceed();
            const first = output("mysql", "password");
            expect(output("mysql", "runs")).toBe("1");
            expect(output("mysql", "url")).toBe(`mysql2://app:${first}@drydock-mysql-db:3306/app`);

            // A password that its data does not have.
            const replace = `--replace '${passwordUrn("mysql")}'`;
            const refused = await programs.up("mysql", mariadb(), {}, replace);
            expect(refused.output).toContain(
                `The volume ${volume} has data that was created with the current password`,
            );
            expect(refused).toFail();
            expect(output("mysql", "password")).toBe(first);

            const rotated = await programs.up("mysql", mariadb(`change: ${CHANGE}`), {}, replace);
            expect(rotated).toSucceed();
            const second = output("mysql", "password");
            expect(second).not.toBe(first);
            expect(rotated.output).not.toContain(second);
            // The task ran again, with the new password, on the same data.
            expect(output("mysql", "runs")).toBe("2");
        });

        soakTest(
            "has no changes afterwards, and keeps its data for another stack with its password",
            async () => {
                const password = output("mysql", "password");
                const again = await programs.up("mysql", mariadb(`change: ${CHANGE}`));
                expect(again.output).toMatch(/Resources:\n +\d+ unchanged\n/);
                const down = await pulumi("mysql", "destroy --yes --skip-preview");
                expect(down.output).toContain(`Kept the volume ${volume}, which this stack did not create`);

                const fresh = await programs.up("fresh", mariadb(`change: ${CHANGE}`));
                expect(fresh.output).toContain(
                    `The volume ${volume} already has data, with its own password`,
                );
                expect(fresh).toFail();
                expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=fresh")).toBe("");
                expect(
                    await programs.up("fresh", mariadb(`value: pulumi.secret("${password}")`)),
                ).toSucceed();
                expect(output("fresh", "runs")).toBe("3");
            },
        );
    });

    soakTest(
        "memcached, nginx, Mailpit and RabbitMQ come up, are reached and leave no traces of checks",
        async () => {
            const [front, inbox] = [await freePort(), await freePort()];
            mkdirSync(join(clone.dir, "ops"));
            const configure = (greeting: string) => {
                writeFileSync(
                    join(clone.dir, "ops/front.conf"),
                    `server { location = /hello { return 200 "${greeting}"; } location / { proxy_pass http://web:80; } }`,
                );
            };
            configure("hello");
            const change = `["sh", "-c", 'echo "$NEW_PASSWORD" | rabbitmqctl change_password app']`;
            const program = `
            const cache = new drydock.Service("cache", {
                image: "memcached:1.6",
                command: ["memcached", "-m", "128", "-I", "2m", "-vv"],
                port: 11211,
                connection: { scheme: "memcached" },
            });
            const web = new drydock.Service("web", { image: "nginx:1.26", port: 80 });
            const front = new drydock.Service("front", {
                image: "nginx:1.26",
                port: 80,
                publish: { port: ${front} },
                files: { "/etc/nginx/conf.d/default.conf": { source: "ops/front.conf" } },
                links: { web: web.connection, cache: cache.connection },
                connection: { scheme: "http" },
            });
            const mail = new drydock.Service("mail", {
                image: "axllent/mailpit:v1.33",
                ports: { smtp: { port: 1025, scheme: "smtp" }, inbox: { port: 8025, scheme: "http", publish: { port: ${inbox} } } },
                health: { command: ["/mailpit", "readyz"], interval: 1 },
            });
            const queue = new drydock.Service("queue", {
                image: "rabbitmq:4.0",
                port: 5672,
                hostname: "queue",
                env: { RABBITMQ_DEFAULT_USER: "app" },
                password: { variable: "RABBITMQ_DEFAULT_PASS", change: ${change} },
                data: { path: "/var/lib/rabbitmq" },
                connection: { scheme: "amqp", username: "app" },
            });
            return { url: front.url, smtp: mail.connection, inbox: mail.endpoints, amqp: queue.connection.apply(drydock.connectionUrl) };`;
            const up = await programs.up("several", program);
            expect(up).toSucceed();
            const logs = (name: string) => programs.shell(`docker logs drydock-several-${name} 2>&1`);
            expect(logs("cache")).toContain("server listening");
            expect(logs("cache")).not.toContain("new auto-negotiating client connection");
            expect(logs("web")).not.toContain("GET");
            expect(
                programs.shell("docker inspect --format '{{.Config.Env}}' drydock-several-cache"),
            ).not.toContain("PORT=");
            expect(programs.shell("docker exec drydock-several-front printenv CACHE_URL")).toBe(
                "memcached://drydock-several-cache:11211",
            );
            expect(output("several", "url")).toBe(`http://127.0.0.1:${front}`);
            expect(await fetchPage(`http://127.0.0.1:${front}/hello`)).toBe("hello");
            expect(await fetchPage(`http://127.0.0.1:${front}/`)).toContain("Welcome to nginx!");
            expect(await fetchPage(`http://127.0.0.1:${inbox}/api/v1/info`)).toContain('"Messages":0');
            expect(JSON.parse(output("several", "smtp"))).toMatchObject({ scheme: "smtp", port: 1025 });
            const login = () => {
                const [, password] = /app:(\w+)@/.exec(output("several", "amqp")) ?? [];
                return programs.shell(
                    `docker exec drydock-several-queue rabbitmqctl --quiet authenticate_user app ${password}; echo $?`,
                );
            };
            expect(login()).toMatch(/0$/);

            configure("bonjour");
            const rotated = await programs.up(
                "several",
                program,
                {},
                `--replace '${passwordUrn("several")}'`,
            );
            expect(rotated).toSucceed();
            expect(rotated.output).toMatch(/\n +\+-2 replaced\n|\n +\+-3 replaced\n/);
            expect(login()).toMatch(/0$/);
            expect(await fetchPage(`http://127.0.0.1:${front}/hello`)).toBe("bonjour");
            expect((await programs.up("several", program)).output).toMatch(/Resources:\n +\d+ unchanged\n/);
        },
    );

    test("an image without a shell is refused before it runs, unless its check needs none", async () => {
        mkdirSync(join(clone.dir, "bare"));
        writeFileSync(
            join(clone.dir, "bare/Dockerfile"),
            'FROM scratch\nCOPY --from=axllent/mailpit:v1.33 /mailpit /mailpit\nENTRYPOINT ["/mailpit"]\n',
        );
        const bare = (health: string) =>
            `new drydock.Service("mail", { build: { context: "bare" }, port: 1025, tmpfs: { "/tmp": "" }, health: ${health} }); return {};`;
        const refused = await programs.up("bare", bare("{}"));
        expect(refused.output).toContain("The image has no shell (/bin/sh), which the health check needs");
        expect(refused).toFail();
        expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=bare")).toBe("");
        expect(
            await programs.up("bare", bare('{ command: ["/mailpit", "readyz"], interval: 1 }')),
        ).toSucceed();
    });
});
