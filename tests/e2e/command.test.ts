import { Environment } from "./environment.ts";
import { fetchPage } from "./network.ts";
import { CONSOLE, inTerminal, pressCtrlC, SHELL, shown, type } from "./terminal.ts";

interface Status {
    components: {
        name: string;
        address?: string;
        processes: {
            name: string;
            containers: { name: string; state: string; health?: string; memory?: number }[];
        }[];
        volumes: { name: string }[];
    }[];
}

/** With one environment for all verbs. */
describe("drydock", () => {
    const environment = new Environment("command");
    const { clone } = environment;
    const command = (line: string, before = "") =>
        clone.run(`. ./env; ${before} node dist/cli/bin.js ${line} --stack command`);
    const inContainer = (verb: string, line: string, before = "") =>
        clone.run(`. ./env; ${before} node dist/cli/bin.js ${verb} --stack command ${line}`);
    /** Runs a verb in a terminal, and presses keys. */
    const pressing = (line: string, ...keys: string[]) =>
        clone.run(`. ./env; ${inTerminal(`node dist/cli/bin.js ${line}`, ...keys)}`);
    const status = async () => JSON.parse((await command("status --json")).output) as Status;

    beforeAll(async () => {
        await environment.prepare();
        environment.configure({ publishData: "true" });
        await environment.up();
    });
    afterAll(() => environment.dispose());

    test("status names what runs, its volumes and its addresses", async () => {
        const { components } = await status();
        const [, db, sample] = components;
        expect(components.map(({ name }) => name)).toEqual(["cache", "db", "sample"]);
        expect(db).toMatchObject({
            address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
            volumes: [{ name: environment.volume("db") }],
            processes: [
                { name: "server", containers: [{ name: environment.container("db"), health: "healthy" }] },
            ],
        });
        expect(sample).toMatchObject({
            address: environment.url,
            processes: [
                { name: "web", containers: [{ state: "running", health: "healthy" }] },
                { name: "worker", containers: [{ state: "running" }] },
            ],
        });
        expect(sample?.processes[0]?.containers[0]?.memory).toBeGreaterThan(1024 ** 2);
        const { code, output } = await command("status");
        expect({ code, output }).toSucceed();
        expect(output).toMatch(/^db +server +healthy +postgres:17 /m);
    });

    test("works in a directory below the project, with the selected stack", async () => {
        const { output } = await clone.run(
            `. ./env; pulumi stack select command; cd apps/sample; node ../../dist/cli/bin.js open --url`,
        );
        expect(output).toContain(environment.url);
    });

    test("logs follows the log of a component", async () => {
        const following = clone.start(
            ". ./env; exec node dist/cli/bin.js logs sample/web --follow --tail 1 --stack command",
        );
        await following.waitForOutput("sample | ");
        await fetchPage(`${environment.url}/?from=the-log`);
        await following.waitForOutput("the-log");
        following.kill("SIGINT");
        const { output } = await following.ended;
        expect(output).toMatch(/^sample \| .*Started GET "\/\?from=the-log"/m);
        const all = await command("logs --since 1m --json");
        const lines = all.output
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { resource: string; time: string });
        // Docker itself may order two lines of one container by a millisecond otherwise.
        const changes = lines.flatMap((line, i) => {
            const before = lines[i - 1];
            return before === undefined || before.resource === line.resource ? [] : [{ before, line }];
        });
        for (const { before, line } of changes)
            expect(Date.parse(line.time)).toBeGreaterThanOrEqual(Date.parse(before.time));
        expect(lines.map(({ resource }) => resource)).toContain("sample");
    });

    test("run passes on arguments, standard input and the exit code", async () => {
        const { code, output } = await inContainer(
            "run",
            `sh -c 'echo "$RAILS_ENV: $(cat) $1"; exit 7' sh 'a b'`,
            "echo in |",
        );
        expect({ code, output: output.trim() }).toEqual({ code: 7, output: "production: in a b" });
        expect(await inContainer("run", "--component sample/worker hostname")).toSucceed();
    });

    test("console has a terminal with the size of this one, and Ctrl-C reaches the console alone", async () => {
        const { code, output } = await pressing(
            "console --stack command",
            type("loop { puts :again; sleep 0.1 }", CONSOLE),
            pressCtrlC("^again"),
            type("puts IO.console.winsize.inspect", "IRB::Abort"),
            type("exit", "^.41, 123"),
        );
        expect(output).toContain("IRB::Abort");
        expect(output).toMatch(/^\[41, 123\]\r*$/m);
        // On a busy machine, behind the last prompt.
        expect(output).toMatch(/restored\r*$/m);
        expect({ code, output }).toSucceed();
    });

    test("shell has a terminal that follows a change of its size, and the shell's exit code", async () => {
        const keys = [
            type("tty; stty size", SHELL),
            type("until [ \"$(stty size)\" = '20 60' ]; do sleep 0.1; done; echo resized", "^41 123"),
            type("exit 3", "^resized"),
        ];
        const resize = `(${shown("^41 123")}; stty rows 20 cols 60 </dev/tty) &`;
        const { code, output } = await clone.run(
            `. ./env; ${inTerminal(`${resize} node dist/cli/bin.js shell db --stack command`, ...keys)}`,
        );
        expect(output).toMatch(/^\/dev\/pts\/\d+\r*\n41 123\r*$/m);
        expect(output).toMatch(/^resized\r*$/m);
        expect({ code, output }).toExitWith(3);
    });

    test("status --watch stays on the screen until Ctrl-C", async () => {
        const { code, output } = await pressing(
            "status --watch --stack command",
            pressCtrlC("^db +server +healthy", 2),
        );
        expect(output.match(/^db +server +healthy/gm)?.length).toBeGreaterThan(1);
        expect(output).toMatch(/restored\r*$/m);
        expect({ code, output }).toSucceed();
    });

    test("up does not interrupt a program that runs in a container, and restart says that it ended it", async () => {
        const running = clone.start(
            ". ./env; node dist/cli/bin.js run --stack command sh -c 'echo on; sleep 600'",
        );
        await running.waitForOutput("on");
        const { code, output } = await command("up");
        expect({ code, output }).toSucceed();
        expect(output).toContain("sh runs in sample. It ends if this update replaces the container.");
        expect(await inContainer("run", "sh -c 'grep -qs sleep /proc/[0-9]*/comm'")).toSucceed();
        expect(await command("restart sample/web")).toSucceed();
        const ended = await running.ended;
        expect(ended).toExitWith(137);
        expect(ended.output).toContain(
            "The container of sample was stopped or replaced, and the program with it.",
        );
    });

    test("dbconsole and redis-cli are logged in, and print URLs", async () => {
        const [psql, redis, dbUrl, redisUrl, { components }] = await Promise.all([
            inContainer("psql", `-c 'select count(*) from users'`),
            inContainer("redis-cli", "ping"),
            command("dbconsole --url"),
            command("redis-cli --url"),
            status(),
        ]);
        expect(psql).toSucceed();
        expect(psql.output).toMatch(/^\s+6$/m);
        expect(redis.output).toBe("PONG\n");

        const password = (service: string, name: string) =>
            clone.shell(`docker exec ${environment.container(service)} cat /run/drydock/${name}-password`);
        const address = components[1]?.address ?? "";
        expect(dbUrl.output.trim()).toBe(`postgres://app:${password("db", "postgres")}@${address}/app`);
        expect(redisUrl.output).toContain(`:${password("cache", "redis")}@127.0.0.1:`);
    });

    test("rotate gives the database another password, and everything that uses it", async () => {
        const password = () =>
            clone.shell(`docker exec ${environment.container("db")} cat /run/drydock/postgres-password`);
        const login = (secret: string) =>
            clone.run(
                `docker exec --env PGPASSWORD=${secret} ${environment.container("db")} psql --host ${environment.container("db")} --username app --tuples-only --command 'select count(*) from users'`,
            );
        const old = password();
        expect((await login(old)).output.trim()).toBe("6");

        environment.configure({ development: "false" });
        const asked = await command("rotate db");
        environment.configure({ development: "true" });
        expect(asked.output).toMatch(/db \(PostgresService\): restarts[^]*password db-password is replaced/);
        expect(asked.output).toContain("this is not an interactive terminal");
        expect(asked).toExitWith(2);
        expect(password()).toBe(old);

        const { code, output } = await command("rotate db --yes");
        expect({ code, output }).toSucceed();
        const next = password();
        expect(next).not.toBe(old);
        expect((await login(next)).output.trim()).toBe("6");
        expect((await login(old)).output).toContain("password authentication failed");
        expect(await fetchPage(`${environment.url}/users`)).toContain("Ada Lovelace");
        for (const secret of [old, next]) expect(asked.output + output).not.toContain(secret);
    });

    test("doctor, status and preview say what is stopped, and restart starts it", async () => {
        clone.shell(`docker kill ${environment.container("sample-worker")}`);
        const [doctor, stopped, preview, run, refused] = await Promise.all([
            command("doctor"),
            command("status"),
            command("preview"),
            inContainer("run", "true"),
            inContainer("run", "--component sample/worker true"),
        ]);
        expect(doctor).toExitWith(1);
        expect(doctor.output).toMatch(/✗ Containers +container drydock-command-sample-worker is not running/);
        expect(stopped.output).toMatch(/^sample +worker +exited \(137\)/m);
        expect(preview.output).toMatch(
            /! container drydock-command-sample-worker is not running .*\n {2}`drydock up.*` brings back what is missing/,
        );
        expect(run).toSucceed();
        expect(refused).toExitWith(1);
        expect(refused.output).toContain("sample-worker is not running");

        const started = () =>
            clone.shell(`docker inspect --format '{{.State.StartedAt}}' ${environment.container("cache")}`);
        const before = started();
        const { code, output } = await command("restart cache sample/worker");
        expect({ code, output }).toEqual({
            code: 0,
            output: "→ Restarting cache\n→ Restarting sample-worker\n",
        });
        expect(started()).not.toBe(before);
        const [cache, , sample] = (await status()).components;
        expect(cache?.processes).toMatchObject([{ containers: [{ health: "healthy" }] }]);
        expect(sample?.processes[1]).toMatchObject({ containers: [{ state: "running" }] });
    });

    test("prints no secret unless it is asked to", async () => {
        const { output: url } = await command("dbconsole --url");
        const { password } = new URL(url.trim());
        const outputs = await Promise.all(
            ["status --json", "doctor --json", "logs", "open --url"].map((verb) => command(verb)),
        );
        expect(password.length).toBeGreaterThan(10);
        for (const { code, output } of outputs) {
            expect({ code, output }).toSucceed();
            expect(output).not.toContain(password);
        }
    });

    test("completes components in a shell", async () => {
        const { output } = await clone.run(
            ". ./env; node dist/cli/bin.js complete -- logs --stack command sa",
        );
        expect(output.trim().split("\n")).toEqual(["sample", "sample/web", "sample/worker"]);
    });
});
