import { Programs } from "../e2e/programs.ts";

describe("arguments that are removed", () => {
    const programs = new Programs();
    afterAll(() => programs.dispose());

    /** Output of an update that fails. */
    async function failure(program: string): Promise<string> {
        const { code, output } = await programs.up("removed", program);
        return code === 0 ? "" : output;
    }

    /** Configuration of containers according to Docker, with the component's name and the host name removed. */
    function configuration(...components: string[]): unknown[] {
        const names = components.map((component) => `drydock-removed-${component}`).join(" ");
        const all = JSON.parse(programs.shell(`docker inspect ${names}`)) as {
            Config: Record<string, unknown>;
            HostConfig: Record<string, unknown>;
        }[];
        return all.map(({ Config, HostConfig }, i) => {
            const [name = ""] = components[i]?.split("-") ?? [];
            const text = JSON.stringify({ ...Config, Hostname: "", HostConfig });
            return JSON.parse(text.replaceAll(name, "NAME")) as unknown;
        });
    }

    test("leave the same configuration as in a container that never had them", async () => {
        const program = (app: string, worker: string, database: string, cache: string) => `
            for (const name of ["fresh", "changed"]) {
                const [app, worker] = name === "changed" ? [${app}, ${worker}] : [{}, {}];
                new drydock.WebApp(name, {
                    image: "redis:8",
                    health: { command: ["true"] },
                    ...app,
                    processes: { worker: { command: ["sleep", "infinity"], ...worker } },
                });
            }
            new drydock.PostgresService("nodb");
            new drydock.PostgresService("mydb", ${database});
            new drydock.RedisService("nocache");
            new drydock.RedisService("mycache", ${cache});
            return {};`;
        const options = `workingDirectory: "/srv", hostname: "other", init: true, tty: true, sharedMemory: "32m",
            labels: { team: "shop" }, logging: { driver: "json-file", options: { "max-size": "1m" } },
            ulimits: { nofile: { soft: 1024 }, memlock: { soft: 65536 } }, extraHosts: { "mail.internal": "192.0.2.1" }`;
        const limits = `memory: "64m", stopTimeout: 1`;
        const set = program(
            `{ ${limits}, command: ["sleep", "infinity"], user: "1000", cpus: 0.5, restart: "no", readOnly: true,
               tmpfs: { "/tmp": "" }, capabilities: [], env: { A: "1" }, publish: {}, port: 8000,
               mounts: [{ path: "/mine", hostPath: "/srv" }], health: { command: ["sh", "-c", "true"], interval: 9 },
               links: { elsewhere: { scheme: "http", host: "host.docker.internal", port: 80 } }, ${options} }`,
            `{ ${limits}, health: { command: ["true"] }, ${options}, user: "1000", readOnly: true, env: { A: "1" } }`,
            `{ memory: "256m", publish: {}, settings: { max_connections: "50" }, health: { interval: 9 },
               initScripts: { "a.sql": "SELECT 1" }, ${options}, sharedMemory: "64m", env: { A: "1" } }`,
            `{ memory: "64m", publish: {}, command: ["redis-server", "/usr/local/etc/redis/redis.conf", "--hz", "20"],
               health: { interval: 9 }, settings: { hz: "20" }, ${options}, env: { A: "1" } }`,
        );
        expect(await failure(set)).toBe("");
        const [changed, fresh] = [configuration("changed"), configuration("fresh")];
        expect(changed).not.toEqual(fresh);
        const logConfig = (Config: object) => [
            expect.objectContaining({
                HostConfig: expect.objectContaining({
                    LogConfig: { Type: "json-file", Config },
                }) as unknown,
            }) as unknown,
        ];
        expect(changed).toEqual(logConfig({ "max-size": "1m" }));
        expect(fresh).toEqual(logConfig({ "max-size": "10m", "max-file": "3" }));

        expect(await failure(program("{}", "{}", "{}", "{}"))).toBe("");
        expect(configuration("changed", "changed-worker")).toEqual(configuration("fresh", "fresh-worker"));
        expect(configuration("mydb", "mycache")).toEqual(configuration("nodb", "nocache"));
        const { code, output } = await programs.clone.run(
            ". ./env; pulumi preview --refresh --expect-no-changes --stack removed --color=never",
        );
        expect({ code, output }).toSucceed();
    });
});
