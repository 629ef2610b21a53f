import { join } from "node:path";
import { readFileSync } from "node:fs";
import { provideImages } from "./images.ts";
import { Programs } from "./programs.ts";
import { createNote, notes } from "./rails-new/notes.ts";

const STACK = "applications";

/** Applications with data of their own: a note that is written must stay. */
const WITH_DATA = ["grove", "depot", "ferry", "press", "crate"] as const;

describe("ten applications with the shapes of public ones", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => programs.dispose());
    beforeAll(() => {
        provideImages("memcached:1.6", "nginx:1.26", "rabbitmq:4.0", "axllent/mailpit:v1.33");
    });

    const program = readFileSync(join(import.meta.dirname, "applications/program.ts"), "utf8");
    const pulumi = (command: string) =>
        clone.run(`. ./env; pulumi ${command} --stack ${STACK} --color=never`);

    function declare(level: string): void {
        programs.declare(
            STACK,
            program.replace('"pulumi-drydock"', '"../components/index.ts"').concat(`
export const ${STACK} = () => declare("${level}");
`),
        );
    }

    async function update(): Promise<void> {
        const { code, output } = await pulumi("up --yes --skip-preview");
        if (code !== 0) throw new Error(output);
    }

    const urls = () =>
        JSON.parse(clone.shell(`. ./env; pulumi stack output --json --stack ${STACK}`)) as Record<
            string,
            string
        >;
    const inContainer = (name: string, command: string) =>
        clone.shell(`docker exec drydock-${STACK}-${name} ${command}`).trim();
    const variables = (name: string) =>
        Object.fromEntries(
            inContainer(name, "env --null")
                .split("\0")
                .map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")]),
        );

    test("come up, migrated and reachable", async () => {
        declare("info");
        await update();
        const answers = await Promise.all(
            Object.entries(urls()).map(async ([name, url]) => [name, (await fetch(`${url}/notes`)).status]),
        );
        expect(answers).toEqual(Object.keys(urls()).map((name) => [name, 200]));
        for (const name of WITH_DATA) await createNote(urls()[name] ?? "", `Kept by ${name}`);
    });

    test("depot reads the parts of its connection, and no URL", () => {
        const all = variables("depot");
        expect(all).toMatchObject({ DB_PORT: "5432", DB_USER: "depot", DB_NAME: "depot_live" });
        expect(all).not.toHaveProperty("DATABASE_URL");
        expect(all.MEMCACHED_URL).toBe(`memcached://drydock-${STACK}-depot-cache:11211`);
        expect(inContainer("depot", "getent hosts postgres")).not.toBe("");
    });

    test("atlas reads libpq's variables, and another database of Redis", () => {
        const all = variables("atlas");
        expect(all).toMatchObject({ PGPORT: "5432", PGDATABASE: "app" });
        expect(all.CACHE_URL).toMatch(/:6379\/2$/);
    });

    test("ferry has a URL and its parts", () => {
        const { DATABASE_URL = "", DB_HOST, DB_USER, DB_PASS } = variables("ferry");
        expect(new URL(DATABASE_URL)).toMatchObject({
            hostname: DB_HOST,
            username: DB_USER,
            password: DB_PASS,
        });
    });

    test("stand has processes that differ", () => {
        expect(variables("stand-mail").JOB_CONCURRENCY).toBe("2");
        expect(variables("stand-clock")).not.toHaveProperty("JOB_CONCURRENCY");
        expect(inContainer("stand-keys", "id -u")).toBe("0");
        const started = (name: string) =>
            Date.parse(
                clone.shell(`docker inspect --format '{{.State.StartedAt}}' drydock-${STACK}-${name}`).trim(),
            );
        expect(started("stand-clock")).toBeGreaterThan(started("stand"));
    });

    test("press serves the shared volume, and forwards to the application by its short name", async () => {
        clone.shell(
            `docker exec --user root drydock-${STACK}-press-web sh -c 'echo shared > public/shared/file.txt'`,
        );
        expect(await (await fetch(`${urls().press ?? ""}/shared/file.txt`)).text()).toBe("shared\n");
        expect(() => inContainer("press", "touch /srv/shared/other")).toThrow(/Read-only file system/);
    });

    test("till has the variables of its file", () => {
        expect(variables("till")).toMatchObject({
            SMTP_PASSWORD: "a$b#c",
            GREETING: "two\nlines",
            EMPTY: "",
            RAILS_LOG_LEVEL: "info",
        });
    });

    test("finder reaches its search server, which no other application does", () => {
        expect(variables("finder-search")["discovery.type"]).toBe("single-node");
        const { OPENSEARCH_URL = "" } = variables("finder");
        const request = `curl --silent --output /dev/null --write-out '%{http_code}' ${OPENSEARCH_URL}`;
        expect(inContainer("finder", request)).toBe("200");
        expect(() => inContainer("grove", request)).toThrow();
    });

    test("lens and crate reach their mail catcher and their queue", () => {
        const connects = (name: string, variable: string) => {
            const { hostname, port } = new URL(variables(name)[variable] ?? "");
            return inContainer(
                name,
                `ruby -rsocket -e 'Socket.tcp("${hostname}", ${port}).close; print "connected"'`,
            );
        };
        expect(connects("lens", "SMTP_URL")).toBe("connected");
        expect(connects("crate", "RABBITMQ_URL")).toBe("connected");
    });

    test("have no changes at a second update", async () => {
        const { code, output } = await pulumi("preview --refresh --expect-no-changes --diff");
        expect({ code, output }).toMatchObject({ code: 0 });
    });

    test("keep their data when all applications change", async () => {
        declare("warn");
        await update();
        expect(variables("stand-mail").RAILS_LOG_LEVEL).toBe("warn");
        for (const name of WITH_DATA) expect(await notes(urls()[name] ?? "")).toContain(`Kept by ${name}`);
    });

    test("leave nothing after destroy", async () => {
        expect(await pulumi("destroy --yes --skip-preview")).toMatchObject({ code: 0 });
        const filter = `--quiet --filter label=drydock.stack=${STACK}`;
        const left = `docker ps --all ${filter}; docker volume ls ${filter}; docker network ls ${filter}`;
        expect(clone.shell(left).trim()).toBe("");
    });
});
