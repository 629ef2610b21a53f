import { createServer, Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { byName, docker, freePort, inspect, labelled, removeLabelled } from "./docker";
import { Stack } from "./stack";

jest.setTimeout(180_000);

const LABEL = `drydock.conformance=failure-${process.pid}`;
const [label, value] = LABEL.split("=");
const TAKEN = `drydock-conformance-taken-${process.pid}`;
const labels = `labels: [{ label: "${label}", value: "${value}" }]`;

/** A container that runs until it is removed, with more properties. */
const sleeper = (name: string, more = "") => `
    new docker.Container("${name}", {
        image: "redis:8", command: ["sleep", "infinity"], ${labels}, ${more}
    });`;

afterAll(() => {
    removeLabelled(LABEL);
});

describe("an update in which resources fail", () => {
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
        expect(run.code).not.toBe(0);
        ({ output } = run);
    });

    afterAll(async () => {
        listener.close();
        await stack.dispose();
    });

    test("says which port is taken, which image is missing, which name is in use and which network there is not", () => {
        expect(output).toContain(String(port));
        expect(output).toContain("127.0.0.1:9/no-such-image:1");
        expect(output).toContain(TAKEN);
        expect(output).toContain("no-such-network");
    });

    test("keeps what succeeded, and nothing that was never made", async () => {
        const state = byName(await stack.state());
        expect(inspect(state.good?.id ?? "")?.State.Running).toBe(true);
        for (const name of ["image", "remote", "name"]) expect(state[name]).toBeUndefined();
        // What was there before is untouched.
        expect(inspect(TAKEN)?.Config.Labels[label ?? ""]).toBe(value);
    });

    test("is followed by one that works once the port is free", async () => {
        await new Promise((resolve) => listener.close(resolve));
        const run = await stack.up(`
            ${sleeper("good")}
            ${sleeper("port", `ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }], hostname: "again"`)}`);
        expect(run).toMatchObject({ code: 0 });
        const state = byName(await stack.state());
        expect(Object.keys(state).sort()).toEqual(["good", "port"]);
        expect(docker("port", state.port?.id ?? "", "80")).toBe(`127.0.0.1:${port}`);
    });
});

describe("an update that ends before a container is healthy", () => {
    const interrupted = new Stack("interrupted");
    const killed = new Stack("killed");
    const never = 'healthcheck: { tests: ["CMD", "false"], startPeriod: "1m0s" }, wait: true, waitTimeout: 15';
    afterAll(() => Promise.all([interrupted.dispose(), killed.dispose()]));

    /** Starts an update that waits for a container in vain, ends it once the container runs, and returns its ID. */
    async function endedBy(signal: NodeJS.Signals, stack: Stack, name: string) {
        const { process, ended } = await stack.start(sleeper(name, never));
        const isIt = (id: string) => inspect(id)?.Name.startsWith(`/${name}-`) && inspect(id)?.State.Running;
        while (!labelled(LABEL).some(isIt)) await sleep(100);
        process.kill(signal);
        expect((await ended).code).not.toBe(0);
        return labelled(LABEL).find(isIt) ?? "";
    }

    test("by Ctrl-C keeps track of it, and one by kill -9 does not; the next update works after both", async () => {
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
        expect(runs).toMatchObject([{ code: 0 }, { code: 0 }]);
        // The killed update's container is still there, and nobody's: its labels are how to find it.
        expect([inspect(tracked), inspect(lost)?.State.Running]).toEqual([undefined, true]);

        for (const stack of [interrupted, killed]) {
            const [container] = await stack.state();
            expect(inspect(container?.id ?? "")?.State.Running).toBe(true);
            expect(container?.initErrors ?? []).toEqual([]);
        }
    });
});

test("a container that is restarted until it works is waited for", async () => {
    const stack = new Stack("restarted");
    try {
        const command = "[ -e /twice ] && exec sleep infinity; [ -e /once ] && touch /twice; touch /once; exit 3";
        const run = await stack.up(`
            new docker.Container("flaky", {
                image: "redis:8", command: ["sh", "-c", "${command}"], restart: "unless-stopped", ${labels},
                healthcheck: { tests: ["CMD", "true"], interval: "1s" }, wait: true, waitTimeout: 60,
            });`);
        expect(run).toMatchObject({ code: 0 });
        const [found] = await stack.state();
        expect(inspect(found?.id ?? "")?.RestartCount).toBe(2);
    } finally {
        await stack.dispose();
    }
});

describe("a mistake", () => {
    const misspelt = new Stack("misspelt");
    const nowhere = new Stack("nowhere");
    afterAll(() => Promise.all([misspelt.dispose(), nowhere.dispose()]));

    test("in a property or in the daemon's address is told by its name, before anything is made", async () => {
        const [property, address] = await Promise.all([
            misspelt.up(sleeper("odd", 'restart: "sometimes"')),
            nowhere.up(`
                const provider = new docker.Provider("nowhere", { host: "tcp://127.0.0.1:9" });
                new docker.Volume("volume", {}, { provider });`),
        ]);
        expect(property.code).not.toBe(0);
        expect(property.output).toContain("restart");
        expect(address.code).not.toBe(0);
        expect(address.output).toMatch(/docker daemon/i);
        expect([...(await misspelt.state()), ...(await nowhere.state())]).toEqual([]);
    });
});
