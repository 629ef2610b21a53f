import { join } from "node:path";
import { startMachine } from "./machine.ts";
import { Programs } from "./programs.ts";

/** @param restarts names, and the beginning of the command that restarts the machine of the daemon */
export function describeRestarts(restarts: [name: string, command: string][]): void {
    describe("a restart of the Docker daemon", () => {
        const programs = new Programs();
        const { clone } = programs;
        const directory = join(clone.dir, "machine");
        const machine = `drydock-test-machine-${process.pid}`;
        const socket = `unix://${directory}/docker.sock`;
        const docker = (command: string) => clone.shell(`docker --host ${socket} ${command}`).trim();
        const psql = (sql: string) =>
            docker(
                `exec drydock-restarted-db psql --username app --tuples-only --no-align --command "${sql}"`,
            );
        const PROGRAM = `
        new drydock.PostgresService("db");
        new drydock.RedisService("cache", { passwordless: true, settings: { appendonly: "yes" } });
        return {};`;

        beforeAll(async () => {
            await startMachine(machine, directory);
            clone.shell(`docker save postgres:17 redis:8 | docker --host ${socket} load`);
        });
        afterAll(async () => {
            clone.shell(`docker rm --force --volumes ${machine}`);
            await clone.dispose();
        });

        test.each(restarts)(
            "%s starts the services with their data, and leaves no changes",
            async (name, restart) => {
                expect(await programs.up("restarted", PROGRAM, { DOCKER_HOST: socket })).toSucceed();
                const cargo = name.replaceAll(" ", "-");
                psql(`CREATE TABLE IF NOT EXISTS kept (what text); INSERT INTO kept VALUES ('${cargo}')`);
                docker(`exec drydock-restarted-cache redis-cli SET ${cargo} kept`);

                clone.shell(`machine=${machine}; ${restart} ${machine}`);

                const { code, output } = await programs.up(
                    "restarted",
                    PROGRAM,
                    { DOCKER_HOST: socket },
                    "--refresh",
                );
                expect(output).not.toMatch(/replaced|created/);
                expect({ code, output }).toSucceed();
                expect(psql(`SELECT what FROM kept WHERE what = '${cargo}'`)).toBe(cargo);
                expect(docker(`exec drydock-restarted-cache redis-cli GET ${cargo}`)).toBe("kept");
            },
        );
    });
}
