import { Programs } from "../e2e/programs.ts";
import { waitUntil } from "../e2e/wait.ts";

jest.setTimeout(60 * 60_000);

/** Of random text, so that neither server can compress it: 1 GB in Postgres, 200 MB in Redis. */
const ROWS = 1_000;
const KEYS = 200;

describe("large data", () => {
    const programs = new Programs();
    const [db, cache] = ["drydock-large-db", "drydock-large-cache"];
    const declare = (database: string, redis: string) => `
        new drydock.PostgresService("db", { ${database} });
        new drydock.RedisService("cache", { passwordless: true, settings: { appendonly: "yes" }, ${redis} });
        return {};`;
    const up = async (database = "", redis = "") => {
        const { code, output } = await programs.up("large", declare(database, redis));
        if (code !== 0) throw new Error(output);
        return output;
    };
    const sql = (statement: string) =>
        programs.shell(
            `docker exec ${db} psql --username app --tuples-only --no-align --command "${statement}"`,
        );
    const redis = (command: string) => programs.shell(`docker exec ${cache} ${command}`);
    /** What must be the same after each change. */
    const contents = () => ({
        rows: sql(
            "SELECT count(*), sum(length(body)), md5(string_agg(md5(body), '' ORDER BY id)) FROM large",
        ),
        keys: redis(`sh -c 'redis-cli DBSIZE; redis-cli GET key-${KEYS} | md5sum'`),
    });
    let before: unknown;

    beforeAll(async () => {
        await up();
        const megabyte = "SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 32768 + 0 * n)";
        sql(
            `CREATE TABLE large AS SELECT n AS id, (${megabyte}) AS body FROM generate_series(1, ${ROWS}) AS n`,
        );
        redis(
            `sh -c 'for n in $(seq ${KEYS}); do head -c 1000000 /dev/urandom | redis-cli -x SET key-$n; done >/dev/null'`,
        );
        before = contents();
        expect(before).toMatchObject({ rows: expect.stringMatching(/^1000\|1048576000\|/) as string });
    });
    afterAll(() => programs.dispose());

    test("stays when the containers are replaced", async () => {
        expect(await up('sharedMemory: "128m"', 'env: { REPLACED: "1" }')).toMatch(/2 replaced/);
        expect(contents()).toEqual(before);
    });

    test("stays when the servers are killed while they write", async () => {
        const writes = sqlInBackground(
            "CREATE TABLE more AS SELECT n, repeat(md5(n::text), 1000) FROM generate_series(1, 100000) AS n",
        );
        await waitUntil(
            "Postgres writes",
            () =>
                sql(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE more%' AND state = 'active'",
                ) !== "0",
        );
        programs.shell(`docker kill ${db} ${cache}`);
        await writes;
        const { code, output } = await programs.up("large", declare("", ""), {}, "--refresh");
        expect({ code, output }).toSucceed();
        expect(contents()).toEqual(before);
        expect(sql("SELECT to_regclass('more') IS NULL")).toBe("t");
    });

    /** Starts a statement, and resolves when it ends, whatever its outcome. */
    function sqlInBackground(statement: string): Promise<unknown> {
        return programs.clone.run(`docker exec ${db} psql --username app --command "${statement}"`);
    }
});
