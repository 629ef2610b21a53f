import { Environment } from "./environment.ts";
import { fetchPage } from "./network.ts";
import { SshMachine } from "./ssh.ts";
import { CONSOLE, inTerminal, pressCtrlC, type } from "./terminal.ts";
import { soakTest } from "./soak-test.ts";

/** Every verb on a Docker Engine behind ssh. */
describe("with an engine behind ssh, drydock", () => {
    const machine = new SshMachine();
    const environment = new Environment("behindssh");
    const { clone } = environment;
    const outputs: string[] = [];
    let passwords: string[] = [];
    const run = async (line: string) => {
        const result = await clone.run(`. ./env; ${line}`, { PATH: machine.client.path });
        outputs.push(result.output);
        return result;
    };
    const drydock = (verb: string, line = "") =>
        run(`node dist/cli/bin.js ${verb} --stack ${environment.stack} ${line}`);

    beforeAll(async () => {
        await environment.prepare();
        environment.configure({
            "docker:host": machine.address,
            "drydock:development": "true",
            publishData: "true",
        });
    });
    afterAll(async () => {
        await drydock("down", `--confirm ${environment.stack}`);
        await environment.clone.dispose();
        machine.dispose();
    });

    test("up builds, runs and reports", async () => {
        const { code, output } = await drydock("up");
        expect({ code, output }).toSucceed();
        expect(output).toMatch(/^sample +web +healthy /m);
        expect(await fetchPage(environment.url)).toContain("Welcome to");
    });

    test("status, logs, programs and databases share one connection", async () => {
        await drydock("status"); // Opens it, if that of `up` has ended.
        const before = machine.connections();
        expect((await drydock("status")).output).toMatch(/^db +server +healthy .* MiB /m);
        expect((await drydock("logs", "db --tail 2")).output).toMatch(/^db \| /m);
        expect(await run(`echo in | node dist/cli/bin.js run --stack behindssh sh -c 'cat; exit 7'`)).toEqual(
            { code: 7, output: "in\n" },
        );
        expect((await drydock("psql", `-c 'select 6 * 7'`)).output).toMatch(/^\s+42$/m);
        expect((await drydock("redis-cli", "ping")).output).toBe("PONG\n");
        expect(await drydock("restart", "cache")).toSucceed();
        expect(machine.connections()).toBe(before);
    });

    test("console has a terminal, whose Ctrl-C reaches the console alone", async () => {
        const keys = [
            type("loop { puts :again; sleep 0.1 }", CONSOLE),
            pressCtrlC("^again"),
            type("puts IO.console.winsize.inspect", "IRB::Abort"),
            type("exit", "^.41, 123"),
        ];
        const { code, output } = await run(
            inTerminal("node dist/cli/bin.js console --stack behindssh", ...keys),
        );
        expect(output).toContain("IRB::Abort");
        expect(output).toMatch(/^\[41, 123\]\r?$/m);
        expect(output).toMatch(/restored\r?$/m);
        expect({ code, output }).toSucceed();
    });

    test("dbconsole --url says how to reach the database from here", async () => {
        const { output } = await run("node dist/cli/bin.js dbconsole --url --stack behindssh");
        outputs.pop(); // It is asked for the password.
        const { port } = new URL(output.split("\n")[0] ?? "");
        expect(output).toContain(`ssh -N -L ${port}:127.0.0.1:${port} ${machine.address}`);
    });

    soakTest("doctor shows the lines with which the docker command shares the connection too", async () => {
        const { code, output } = await drydock("doctor");
        expect({ code, output }).toSucceed();
        const lines = /Add to ~\/\.ssh\/config:\n((?: {16}.*\n)+)/.exec(output)?.[1] ?? "";
        expect(lines).toContain("ControlMaster auto");
        machine.client.configure(lines.replace("~/.ssh", machine.client.directory));
        expect((await drydock("doctor")).output).toContain("✓ ssh");
        const before = machine.connections();
        expect(await drydock("up")).toSucceed();
        expect(machine.connections()).toBe(before);
    });

    test("preview and down work, and nothing is left", async () => {
        passwords = environment.passwords();
        expect((await drydock("preview")).output).toContain("No change to the environment");
        expect(await drydock("down", `--confirm ${environment.stack}`)).toSucceed();
        expect(environment.dockerObjects()).toBe("");
    });

    test("no verb has printed a password", () => {
        expect(passwords.length).toBeGreaterThan(1);
        for (const password of passwords) expect(outputs.join("")).not.toContain(password);
    });
});
