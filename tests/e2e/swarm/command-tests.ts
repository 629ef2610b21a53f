import { SshClient } from "../ssh.ts";
import { CONSOLE, inTerminal, SHELL, type } from "../terminal.ts";
import type { SwarmStack } from "./stack.ts";

/** `docker:host` of the stack. */
const LOCAL_HOST = "unix://.drydock/swarm/docker.sock";

interface Status {
    components: {
        name: string;
        processes: {
            name: string;
            service: { running: number; wanted: number };
            containers: { node: string; health?: string; memory?: number; state: string }[];
        }[];
    }[];
    unreachableNodes: { node: string; reason: string }[];
}

/** The verbs of the command on the stack, with its nodes behind ssh. */
export function describeCommand(stack: SwarmStack): void {
    describe("drydock", () => {
        const { swarm } = stack;
        const { clone } = swarm;
        const client = new SshClient();
        const outputs: string[] = [];
        /** A node that runs neither the database nor the cache: what it shows of them is on another node. */
        let manager = 1;
        const run = async (line: string) => {
            const result = await clone.run(`. ./env; ${line}`, { PATH: client.path });
            outputs.push(result.output);
            return result;
        };
        const drydock = (verb: string, line = "") =>
            run(`node dist/cli/bin.js ${verb} --stack swarm ${line}`);
        const status = async () => JSON.parse((await drydock("status", "--json")).output) as Status;

        beforeAll(() => {
            for (const node of [1, 2, 3]) client.admitTo(`${swarm.name}-${node}`);
            const used = [stack.nodeOf("db"), stack.nodeOf("cache")];
            manager = [1, 2, 3].find((node) => !used.includes(node)) ?? 1;
            stack.configure("docker:host", `ssh://root@${swarm.address(manager)}`);
        });
        afterAll(() => {
            client.dispose();
        });

        test("status shows replicas, their nodes, and health and memory on each", async () => {
            const { components, unreachableNodes } = await status();
            expect(unreachableNodes).toEqual([]);
            const processes = components.flatMap((component) => component.processes);
            const containers = processes.flatMap((process) => process.containers);
            expect(processes.map(({ service }) => service.running)).toEqual(
                processes.map(({ service }) => service.wanted),
            );
            expect(new Set(containers.map(({ node }) => node))).toEqual(
                new Set(["node-1", "node-2", "node-3"]),
            );
            for (const container of containers)
                expect(container).toMatchObject({ state: "running", memory: expect.any(Number) as number });
            const { output } = await drydock("status");
            expect(output).toMatch(/^COMPONENT +PROCESS +REPLICAS +NODE +STATE /);
            expect(output).toMatch(new RegExp(`^db +server +1/1 +node-${stack.nodeOf("db")} +healthy `, "m"));
        });

        test("logs reads all nodes", async () => {
            const { output } = await drydock("logs", "sample/web --json");
            const nodes = output
                .trim()
                .split("\n")
                .map((line) => (JSON.parse(line) as { node: string }).node);
            expect([...new Set(nodes)].sort()).toEqual(stack.nodesOf("sample"));
        });

        test("programs run with the application's environment, also on another node", async () => {
            expect(
                await run(
                    `echo in | node dist/cli/bin.js run --stack swarm sh -c 'cat; echo "$DATABASE_URL" | cut -c 1-11; exit 7'`,
                ),
            ).toEqual({ code: 7, output: "in\npostgres://\n" });
            expect((await drydock("psql", "-c 'select 6 * 7'")).output).toMatch(/^\s+42$/m);
            expect((await drydock("redis-cli", "ping")).output).toBe("PONG\n");
            const keys = type("tty; stty size; exit 3", SHELL);
            const shell = await run(inTerminal("node dist/cli/bin.js shell db --stack swarm", keys));
            expect(shell.output).toMatch(/^\/dev\/pts\/\d+\r*\n41 123\r*$/m);
            expect(shell).toExitWith(3);
            expect(shell.output).toContain("restored");
        });

        test("console opens a Rails console", async () => {
            const keys = [type("puts User.count * 7", CONSOLE), type("exit", "^42")];
            const { output } = await run(inTerminal("node dist/cli/bin.js console --stack swarm", ...keys));
            expect(output).toMatch(/^42\r*$/m);
        });

        test("restart replaces the replicas, and doctor finds nothing wrong", async () => {
            const before = stack.tasks("sample-worker");
            expect(await drydock("restart", "sample/worker")).toSucceed();
            expect(stack.tasks("sample-worker")).not.toEqual(before);
            const { code, output } = await drydock("doctor");
            expect({ code, output }).toSucceed();
        });

        test("a node that cannot be reached is named, and the rest is shown", async () => {
            const node = stack.nodeOf("db");
            const key = `--path 'drydock:nodes["node-${node}"]'`;
            stack.configure(key, "ssh://root@127.0.0.1:1");
            const { components, unreachableNodes } = await status();
            expect(unreachableNodes).toMatchObject([{ node: `node-${node}` }]);
            const others = components.flatMap(({ processes }) =>
                processes.flatMap(({ containers }) =>
                    containers.filter((container) => container.node !== `node-${node}`),
                ),
            );
            expect(others.length).toBeGreaterThan(1);
            for (const { memory } of others) expect(memory).toBeGreaterThan(0);
            const { code, output } = await drydock("psql", "-c 'select 1'");
            expect({ code, output }).toExitWith(1);
            expect(output).toContain(`db runs on node-${node}, which cannot be reached.`);
            expect(output).toContain("Connection refused");
            clone.shell(`. ./env; pulumi config rm --stack swarm ${key}`);
        });

        test("preview and up find nothing to change", async () => {
            // Another docker:host would be a move.
            stack.configure("docker:host", LOCAL_HOST);
            expect((await drydock("preview")).output).toContain("No change to the environment");
            const { code, output } = await drydock("up", "--yes");
            expect({ code, output }).toSucceed();
            expect(output).toMatch(/^sample +web +2\/2 /m);
        });

        test("no verb has printed a password", () => {
            const passwords = stack.passwords();
            expect(passwords).toHaveLength(3);
            for (const password of passwords) expect(outputs.join("")).not.toContain(password);
        });
    });
}
