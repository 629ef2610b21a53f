import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, freePort, inspectContainer, labelledContainers, removeLabelled } from "./docker-cli.ts";
import { byName, Stack } from "./stack.ts";

const LABEL = `drydock.conformance=failure-${process.pid}`;
const [label, value] = LABEL.split("=");
const TAKEN = `drydock-conformance-taken-${process.pid}`;
const labels = `labels: [{ label: "${label}", value: "${value}" }]`;

/** A container that runs until it is removed. */
const sleeper = (name: string, more = "") => `
    new docker.Container("${name}", {
        image: "redis:8", command: ["sleep", "infinity"], ${labels}, ${more}
    });`;

afterAll(() => {
    removeLabelled(LABEL);
});

describe("an update with failing resources", () => {
    const stack = new Stack("failing");
    let listener: Server;
    let port: number;
    let output: string;

    beforeAll(async () => {
        port = await freePort();
        listener = createServer();
        await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
        docker("create", "--name", TAKEN, "--label", LABEL, "redis:8");
        const run = await stack.up(
            `${sleeper("good")}
            ${sleeper("port", `ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }]`)}
            ${sleeper("name", `name: "${TAKEN}"`)}
            ${sleeper("network", 'networksAdvanced: [{ name: "no-such-network" }]')}
            new docker.Container("image", { image: "127.0.0.1:9/no-such-image:1", ${labels} });
            new docker.RemoteImage("remote", { name: "127.0.0.1:9/no-such-image:1" });`,
            "--continue-on-error",
        );
        expect(run).toFail();
        ({ output } = run);
    });

    afterAll(async () => {
        listener.close();
        await stack.dispose();
    });

    test("names the port and name in use and the missing image and network", () => {
        expect(output).toContain(String(port));
        expect(output).toContain("127.0.0.1:9/no-such-image:1");
        expect(output).toContain(TAKEN);
        expect(output).toContain("no-such-network");
    });

    test("records the resources that were created, and no others", async () => {
        const state = byName(await stack.state());
        expect(inspectContainer(state.good?.id ?? "")?.State.Running).toBe(true);
        for (const name of ["image", "remote", "name"]) expect(state[name]).toBeUndefined();
        // The existing container is unchanged.
        expect(inspectContainer(TAKEN)?.Config.Labels[label ?? ""]).toBe(value);
    });

    test("succeeds on the next run once the port is free", async () => {
        await new Promise((resolve) => listener.close(resolve));
        const run = await stack.up(`
            ${sleeper("good")}
            ${sleeper("port", `ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }], hostname: "again"`)}`);
        expect(run).toSucceed();
        const state = byName(await stack.state());
        expect(Object.keys(state).sort()).toEqual(["good", "port"]);
        expect(docker("port", state.port?.id ?? "", "80")).toBe(`127.0.0.1:${port}`);
    });
});

describe("an update that is stopped before a container is healthy", () => {
    const interrupted = new Stack("interrupted");
    const killed = new Stack("killed");
    const never =
        'healthcheck: { tests: ["CMD", "false"], startPeriod: "1m0s" }, wait: true, waitTimeout: 60';
    afterAll(() => Promise.all([interrupted.dispose(), killed.dispose()]));

    /** Starts an update, stops it while it waits for a container, and returns the container's ID. */
    async function endedBy(signal: NodeJS.Signals, stack: Stack, name: string) {
        const { process, ended } = await stack.startUp(sleeper(name, never));
        const isIt = (id: string) =>
            inspectContainer(id)?.Name.startsWith(`/${name}-`) && inspectContainer(id)?.State.Running;
        while (!labelledContainers(LABEL).some(isIt)) await sleep(100);
        process.kill(signal);
        expect(await ended).toFail();
        return labelledContainers(LABEL).find(isIt) ?? "";
    }

    test("records it after Ctrl-C but not after kill -9, and the next update succeeds after both", async () => {
        const [tracked, lost] = await Promise.all([
            endedBy("SIGINT", interrupted, "tracked"),
            endedBy("SIGKILL", killed, "lost"),
        ]);
        expect(await interrupted.state()).toMatchObject([{ id: tracked, initErrors: [expect.any(String)] }]);
        expect(await killed.state()).toEqual([]);

        const after = async (stack: Stack, name: string) => {
            await stack.pulumi("cancel", "--yes");
            return stack.up(sleeper(name, 'hostname: "again"'));
        };
        const runs = await Promise.all([after(interrupted, "tracked"), after(killed, "lost")]);
        for (const run of runs) expect(run).toSucceed();
        // The container of the killed update still exists but is not in the state.
        expect([inspectContainer(tracked), inspectContainer(lost)?.State.Running]).toEqual([undefined, true]);

        for (const stack of [interrupted, killed]) {
            const [container] = await stack.state();
            expect(inspectContainer(container?.id ?? "")?.State.Running).toBe(true);
            expect(container?.initErrors ?? []).toEqual([]);
        }
    });
});

test("waits for a container that is healthy only after restarts", async () => {
    const stack = new Stack("restarted");
    try {
        const command =
            "[ -e /twice ] && exec sleep infinity; [ -e /once ] && touch /twice; touch /once; exit 3";
        const run = await stack.up(`
            new docker.Container("flaky", {
                image: "redis:8", command: ["sh", "-c", "${command}"], restart: "unless-stopped", ${labels},
                healthcheck: { tests: ["CMD", "true"], interval: "1s" }, wait: true, waitTimeout: 300,
            });`);
        expect(run).toSucceed();
        const [found] = await stack.state();
        expect(inspectContainer(found?.id ?? "")?.RestartCount).toBe(2);
    } finally {
        await stack.dispose();
    }
});

describe("an invalid argument", () => {
    const misspelt = new Stack("misspelt");
    const nowhere = new Stack("nowhere");
    afterAll(() => Promise.all([misspelt.dispose(), nowhere.dispose()]));

    test("is named before anything is created", async () => {
        const [property, address] = await Promise.all([
            misspelt.up(sleeper("odd", 'restart: "sometimes"')),
            nowhere.up(`
                const provider = new docker.Provider("nowhere", { host: "tcp://127.0.0.1:9" });
                new docker.Volume("volume", {}, { provider });`),
        ]);
        expect(property).toFail();
        expect(property.output).toContain("restart");
        expect(address).toFail();
        expect(address.output).toMatch(/docker daemon/i);
        expect([...(await misspelt.state()), ...(await nowhere.state())]).toEqual([]);
    });
});
