import { Applications } from "./applications/applications.ts";

const STACK = "applications";

describe("ten applications with the shapes of public ones", () => {
    const applications = new Applications(STACK);
    const { clone } = applications.programs;
    afterAll(() => applications.programs.dispose());
    beforeAll(async () => {
        applications.provideImages();
        applications.declare("info");
        await applications.update();
    });

    const variables = (name: string) => applications.variables(name);
    const inContainer = (name: string, command: string) => applications.inContainer(name, command);

    test("come up, migrated and reachable", async () => {
        const names = Object.keys(applications.urls());
        expect(await applications.statuses()).toEqual(names.map((name) => [name, 200]));
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
        expect(await (await fetch(`${applications.urls().press ?? ""}/shared/file.txt`)).text()).toBe(
            "shared\n",
        );
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
        const { code, output } = await applications.pulumi("preview --refresh --expect-no-changes --diff");
        expect({ code, output }).toSucceed();
    });

    // tests/soak changes all of them, and looks for their data.
    test("leave nothing after destroy", async () => {
        expect(await applications.pulumi("destroy --yes --skip-preview")).toSucceed();
        const filter = `--quiet --filter label=drydock.stack=${STACK}`;
        const left = `docker ps --all ${filter}; docker volume ls ${filter}; docker network ls ${filter}`;
        expect(clone.shell(left).trim()).toBe("");
    });
});
