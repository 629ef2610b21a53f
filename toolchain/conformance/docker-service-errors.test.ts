import { setTimeout as sleep } from "node:timers/promises";
import { startMachine } from "../../tests/e2e/machine.ts";
import { byName, isToolchainPlugin, Stack } from "./stack.ts";
import { Swarm } from "./swarm.ts";

const swarm = new Swarm("swarm-failures");
const stacks: Stack[] = [];

function newStack(name: string): Stack {
    const stack = new Stack(name);
    stacks.push(stack);
    return stack;
}

beforeAll(() => swarm.start(startMachine));
afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.dispose()));
    swarm.dispose();
});

/** A service that runs a shell command. */
const service = (name: string, command: string, { timeout = "5m", more = "", container = "" } = {}) => `
    ${swarm.provider}
    const service = new docker.Service("${name}", {
        taskSpec: {
            containerSpec: { image: "redis:8", commands: ["sh", "-c", "${command}"], ${container} },
            restartPolicy: { condition: "any", delay: "500ms", maxAttempts: 0, window: "0s" },
        },
        updateConfig: { monitor: "1s" },
        endpointSpec: { mode: "dnsrr" }, convergeConfig: { delay: "1s", timeout: "${timeout}" },
        ${more}
    }, on);
    return { name: service.name };`;

const services = (name: string) =>
    swarm.docker("service", "ls", "--quiet", "--filter", `name=${name}-`).split("\n").filter(Boolean);

test("deletes a new service that does not come up, and shows the logs of its tasks", async () => {
    const stack = newStack("never");
    // Without a health check, the official provider considers a task that runs for a moment as up.
    const container = 'healthcheck: { tests: ["CMD", "false"], interval: "1s", retries: 9 }';
    const program = service("never", "echo no such table; sleep 1; exit 3", { timeout: "20s", container });
    const run = await stack.up(program);
    expect(run).toFail();
    expect(run.output).toMatch(/Service with ID \(\w+\) did not converge after 20s/);
    expect(run.output).toMatch(/Last task logs:\s+no such table/);
    expect(services("never")).toEqual([]);
    expect(await stack.state()).toEqual([]);
});

test("reports a paused update as an error, and the next update succeeds", async () => {
    const stack = newStack("paused");
    expect(await stack.up(service("paused", "sleep infinity"))).toSucceed();
    const run = await stack.up(service("paused", "exit 3"));
    expect(run).toFail();
    expect(run.output).toMatch(
        /service update paused: update paused due to failure or early termination of task/,
    );
    expect(await stack.up(service("paused", "exec sleep infinity"))).toSucceed();
    const [found] = await stack.state();
    expect(found?.initErrors ?? []).toEqual([]);
});

// The official provider ignores Ctrl-C here.
(isToolchainPlugin ? test : test.skip)(
    "records a service after Ctrl-C, and the next update succeeds",
    async () => {
        const stack = newStack("interrupted");
        const { process, ended } = await stack.startUp(service("interrupted", "exit 3"));
        while (services("interrupted").length === 0) await sleep(100);
        process.kill("SIGINT");
        expect(await ended).toFail();
        const [tracked] = await stack.state();
        expect(tracked?.initErrors).toHaveLength(1);
        expect(swarm.service(tracked?.id ?? "")).toBeDefined();

        expect(await stack.up(service("interrupted", "sleep infinity"))).toSucceed();
        const [found] = await stack.state();
        expect(found).toMatchObject({ id: tracked?.id });
        expect(found?.initErrors ?? []).toEqual([]);
    },
);

test("names the path of an invalid property before anything is created, and shows Docker's own errors", async () => {
    const [path, limit] = await Promise.all([
        newStack("paths").up(service("paths", "true", { more: "mode: { global: true }" })),
        newStack("limits").up(`${swarm.provider}
            new docker.Secret("large", { data: Buffer.alloc(600_000).toString("base64") }, on);
            new docker.ServiceConfig("empty", {}, on);`),
    ]);
    expect(path).toFail();
    expect(path.output).toContain("convergeConfig");
    expect(limit).toFail();
    expect(limit.output).toMatch(
        /set exactly one of data and dataRaw|one of `data,data_raw` must be specified/,
    );
    const large = await newStack("large").up(`${swarm.provider}
        new docker.Secret("large", { data: Buffer.alloc(600_000).toString("base64") }, on);`);
    expect(large).toFail();
    expect(large.output).toMatch(/secret data must be .* (bytes|kb)/i);
    expect(swarm.docker("secret", "ls", "--quiet")).toBe("");
});

test("cannot delete a secret that a service uses, and names the service", async () => {
    const stack = newStack("used");
    const secret = `${swarm.provider}
        const secret = new docker.Secret("used", { data: "aGVsbG8=" }, on);
        return { name: secret.name };`;
    expect(await stack.up(secret)).toSucceed();
    const { name } = (await stack.outputs()) as { name: string };
    swarm.docker(
        "service",
        "create",
        "--detach",
        "--name",
        "user",
        "--replicas",
        "0",
        "--secret",
        name,
        "redis:8",
    );

    const run = await stack.destroy();
    expect(run).toFail();
    expect(run.output).toMatch(/is in use by the following service: user/);
    swarm.docker("service", "rm", "user");
    expect(await stack.destroy()).toSucceed();
    expect(swarm.has("secret", name)).toBe(false);
});

test("imports a service without a diff", async () => {
    const stack = newStack("adopted");
    swarm.docker("service", "create", "--detach", "--name", "adopted", "--replicas", "0", "redis:8");
    const { ID } = swarm.service("adopted") ?? {};
    const program = `${swarm.provider}
        new docker.Service("adopted", {
            name: "adopted", taskSpec: { containerSpec: { image: "redis:8" } }, mode: { replicated: { replicas: 0 } },
        }, { ...on, import: "${ID}" });`;
    const run = await stack.up(program);
    expect(run).toSucceed();
    expect(byName(await stack.state()).adopted).toMatchObject({ id: ID });
    expect(await stack.up(program, "--refresh", "--expect-no-changes")).toSucceed();
});
