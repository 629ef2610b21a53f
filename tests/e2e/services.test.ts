import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Programs } from "./programs.ts";

/** Builds images that only tests use, unless Docker has them. */
function provideImages(...images: string[]): void {
    const script = join(import.meta.dirname, "../../toolchain/images/build.sh");
    execFileSync(script, images, { stdio: ["ignore", "pipe", "pipe"] });
}

const MARIADB = `{
    image: "mariadb:11.8",
    port: 3306,
    env: {
        MARIADB_DATABASE: "app",
        MARIADB_USER: "app",
        MARIADB_ROOT_PASSWORD_FILE: "/run/secrets/password",
        MARIADB_ROOT_HOST: "localhost",
    },
    password: {
        file: "/run/secrets/password",
        variable: "MARIADB_PASSWORD_FILE",
        change: CHANGE,
    },
    data: { path: "/var/lib/mysql" DATA },
    connection: { scheme: "mysql2", username: "app", database: "app" },
}`;

/** Sets the passwords of both users, as root, who has the old one. */
const CHANGE = JSON.stringify([
    "sh",
    "-c",
    `echo "ALTER USER app@'%' IDENTIFIED BY '$NEW_PASSWORD', root@localhost IDENTIFIED BY '$NEW_PASSWORD'" |
        MYSQL_PWD=$(cat /run/secrets/password) mariadb --user=root`,
]);

const mariadb = ({ change = CHANGE, data = "" } = {}) =>
    MARIADB.replace("CHANGE", change).replace(" DATA", data);

describe("services of any image", () => {
    const programs = new Programs();
    afterAll(() => programs.dispose());
    beforeAll(() => {
        provideImages("mariadb:11.8", "memcached:1.6", "nginx:1.26", "rabbitmq:4.0");
    });

    test("MariaDB is a database with a migration, and keeps its password and data", async () => {
        const migrated = (args: string) => `
            const db = new drydock.Service("db", ${args});
            const variables = { MYSQL_HOST: db.host, MYSQL_PWD: db.password };
            new drydock.Task("migrate", {
                image: "mariadb:11.8",
                entrypoint: ["sh", "-c"],
                command: ['echo "CREATE TABLE runs (id INT); SHOW TABLES" | mariadb --user=app app; echo $DATABASE_URL'],
                links: { database: db.connection },
                env: variables,
            });
            return { url: db.connection.apply(drydock.connectionUrl) };`;
        const up = await programs.up("mysql", migrated(mariadb()));
        expect(up).toMatchObject({ code: 0 });
        console.log(up.output);
        const again = await programs.up("mysql", migrated(mariadb()));
        console.log(again.output);
    });
});
