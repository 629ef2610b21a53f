import { join } from "node:path";
import { Programs } from "./programs.ts";

describe("a Docker daemon that is restarted", () => {
    const programs = new Programs();
    const { clone } = programs;
    const folder = join(clone.dir, "machine");
    const machine = `drydock-test-machine-${process.pid}`;
    const socket = `unix://${folder}/docker.sock`;
    const docker = (command: string) => clone.shell(`docker --host ${socket} ${command}`).trim();
    const psql = (sql: string) =>
        docker(`exec drydock-restarted-db psql --username app --tuples-only --no-align --command "${sql}"`);
    const DECLARED = `
        new drydock.PostgresService("db");
        new drydock.RedisService("cache", { passwordless: true, settings: { appendonly: "yes" } });
        return {};`;

    beforeAll(() => {
        clone.shell(`swarm/node.sh ${machine} ${folder}`);
        clone.shell(`docker save postgres:17 redis:8 | docker --host ${socket} load`);
    });
    afterAll(async () => {
        clone.shell(`docker rm --force --volumes ${machine}`);
        await clone.dispose();
    });

    test.each([
        ["in order", "docker restart"],
        ["by force", "docker kill --signal KILL $machine >/dev/null && docker start"],
    ])(
        "%s starts the services again, with their data, and leaves nothing to change",
        async (how, restart) => {
            expect(await programs.up("restarted", DECLARED, { DOCKER_HOST: socket })).toMatchObject({
                code: 0,
            });
            const cargo = how.replace(" ", "-");
            psql(`CREATE TABLE IF NOT EXISTS kept (what text); INSERT INTO kept VALUES ('${cargo}')`);
            docker(`exec drydock-restarted-cache redis-cli SET ${cargo} kept`);

            clone.shell(`machine=${machine}; ${restart} ${machine}`);

            const { code, output } = await programs.up(
                "restarted",
                DECLARED,
                { DOCKER_HOST: socket },
                "--refresh",
            );
            expect(output).not.toMatch(/replaced|created/);
            expect(code).toBe(0);
            expect(psql(`SELECT what FROM kept WHERE what = '${cargo}'`)).toBe(cargo);
            expect(docker(`exec drydock-restarted-cache redis-cli GET ${cargo}`)).toBe("kept");
        },
    );
});
