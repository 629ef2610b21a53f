import { Programs } from "../e2e/programs.ts";
import { waitUntil } from "../e2e/wait.ts";

jest.setTimeout(60 * 60_000);

const ROUNDS = 50;

describe("a Postgres that is interrupted while it starts", () => {
    const programs = new Programs();
    const db = "drydock-interrupted-db";
    const sql = (statement: string) =>
        programs.shell(
            `docker exec ${db} psql --username app --tuples-only --no-align --command "${statement}"`,
        );
    const isReady = () =>
        programs.shell(`docker exec ${db} pg_isready --quiet --host 127.0.0.1 && echo ready || true`) ===
        "ready";

    beforeAll(async () => {
        const { code, output } = await programs.up(
            "interrupted",
            'new drydock.PostgresService("db"); return {};',
        );
        expect({ code, output }).toSucceed();
        sql("CREATE TABLE kept AS SELECT 'cargo' AS what");
    });
    afterAll(() => programs.dispose());

    test.each([
        ["stop", "0"],
        ["kill", "137"],
    ])("%s at random moments: exits with %s, and starts with its data", async (command, exitCode) => {
        for (let round = 1; round <= ROUNDS; round++) {
            const delay = (Math.random() * 2).toFixed(2);
            programs.shell(`docker restart ${db} && sleep ${delay} && docker ${command} ${db}`);
            expect(programs.shell(`docker inspect --format '{{.State.ExitCode}}' ${db}`)).toBe(exitCode);
        }
        programs.shell(`docker start ${db}`);
        await waitUntil("Postgres is ready", isReady);
        expect(sql("SELECT what FROM kept")).toBe("cargo");
    });
});
