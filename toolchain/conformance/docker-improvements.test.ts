import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { docker, freePort, inspectContainer, removeLabelled } from "./docker-cli.ts";
import { byName, DOCKER_PLUGIN, isToolchainPlugin, nameOf, type CliResult, Stack } from "./stack.ts";
import { Registry } from "./registry.ts";

const LABEL = `drydock.conformance=improvements-${process.pid}`;
const [label, value] = LABEL.split("=");
const TAKEN = `drydock-conformance-improvements-${process.pid}`;
if (isToolchainPlugin) {
    describe("beyond the official provider, the toolchain's Docker plugin", ours);
} else {
    test("runs on the official plugin, to which these tests do not apply", () => {
        expect(existsSync(DOCKER_PLUGIN)).toBe(true);
    });
}

function ours() {
    const stack = new Stack("improvements");
    const adopting = new Stack("adopting");
    const aborted = new Stack("absent");
    const changed = new Stack("changed");
    let port: number;
    let registry: Registry;
    let run: CliResult;

    const container = (name: string, more: string, options = "") => `
        new docker.Container("${name}", {
            image: "redis:8", labels: [{ label: "${label}", value: "${value}" }], ${more}
        }, { ${options} });`;
    const sleeping = 'command: ["sleep", "infinity"], destroyGraceSeconds: 0';
    /** The first line of the output that contains the text. */
    const line = (words: string) => run.output.split("\n").find((text) => text.includes(words)) ?? "";

    beforeAll(async () => {
        port = await freePort();
        registry = await Registry.start(changed.dir, LABEL);
        const listener = createServer();
        await new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve));
        docker("run", "--detach", "--name", TAKEN, "--label", LABEL, "redis:8", "sleep", "infinity");
        const slow = 'healthcheck: { tests: ["CMD", "true"], interval: "5s" }, wait: true, waitTimeout: 300';
        const ill = '["CMD-SHELL", "echo very ill; exit 1"], interval: "200ms", retries: 1';
        run = await stack.up(
            `${container("exits", `command: ["sh", "-c", "echo out of cheese >&2; exit 7"], ${slow}`)}
            ${container("ill", `${sleeping}, healthcheck: { tests: ${ill} }, wait: true`)}
            ${container("port", `${sleeping}, ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }]`)}
            ${container("name", `${sleeping}, name: "${TAKEN}"`)}
            ${container("swap", `${sleeping}, memory: 64`)}
            ${container("caps", `${sleeping}, capabilities: { adds: ["NET_ADMIN"] }, cpus: "0.50"`)}
            ${container("minute", `${sleeping}, healthcheck: { tests: ["CMD", "true"], interval: "60s" }`)}
            new docker.RemoteImage("missing", { name: "127.0.0.1:9/missing:1" });`,
            "--continue-on-error",
        );
        listener.close();
    });

    afterAll(async () => {
        await Promise.all([stack.dispose(), adopting.dispose(), aborted.dispose(), changed.dispose()]);
        registry.removeLocalImages();
        removeLabelled(LABEL);
    });

    test("fails at once, with the last log lines, when a container exits or becomes unhealthy during the wait", () => {
        expect(run).toFail();
        expect(run.output).toMatch(
            /the container exited with code 7 before it was healthy\s+last log lines:\s+out of cheese/,
        );
        expect(run.output).toMatch(/the container is unhealthy\s+last health check: very ill/);
    });

    test("names property and remedy if a port or name is in use or an image is missing", () => {
        expect(line("ports[0]")).toContain(
            `ports[0].external: ${port} is in use on this host; choose another port (publish.port of a component)`,
        );
        expect(line("name: another")).toContain(`remove it with "docker rm --force ${TAKEN}", or adopt it`);
        expect(line("could not be pulled")).toContain(
            "missing:1 is not on the Docker daemon and could not be pulled; check its name and the login for its registry",
        );
    });

    test("removes a container that could not start, and records one that is not healthy", async () => {
        const state = byName(await stack.state());
        expect(Object.keys(state).sort()).toEqual(["caps", "exits", "ill", "minute", "swap"]);
        expect(state.exits?.initErrors).toHaveLength(1);
        expect(inspectContainer(state.ill?.id ?? "")?.State.Running).toBe(true);
    });

    test("waits again for a container that was not healthy, and finds no diff between equivalent spellings", async () => {
        const same = `
            ${container("ill", `${sleeping}, healthcheck: { tests: ["CMD", "true"], interval: "200ms" }, wait: true`, 'replaceOnChanges: ["healthcheck"]')}
            ${container("swap", `${sleeping}, memory: 64`)}
            ${container("caps", `${sleeping}, capabilities: { adds: ["CAP_NET_ADMIN"] }, cpus: ".5"`)}
            ${container("minute", `${sleeping}, healthcheck: { tests: ["CMD", "true"], interval: "1m" }`)}`;
        const again = await stack.up(same, "--refresh");
        expect(again).toSucceed();
        // Including the stack itself.
        expect(again.output).toMatch(/4 unchanged/);
        const { ill } = byName(await stack.state());
        expect(inspectContainer(ill?.id ?? "")?.State.Health?.Status).toBe("healthy");
        expect(ill?.initErrors ?? []).toEqual([]);
    });

    test("imports a container, and names an unsupported property", async () => {
        const id = inspectContainer(TAKEN)?.Id ?? "";
        const [adoption, refusal] = await Promise.all([
            adopting.up(`
                new docker.Container("adopted", {
                    name: "${TAKEN}", image: "redis:8", command: ["sleep", "infinity"],
                }, { import: "${id}" });`),
            aborted.up(container("refused", 'pidMode: "host"')),
        ]);
        expect(adoption).toSucceed();
        expect((await adopting.state())[0]?.id).toBe(id);
        expect(refusal).toFail();
        expect(refusal.output).toContain("pidMode: is not supported by this plugin; remove it");
    });

    test("starts a stopped container with ports, shows the changed variable, and pushes to a registry without TLS", async () => {
        const program = (variable: string) => `
            const provider = new docker.Provider("registry", { registryAuth: [${registry.login("address")}] });
            const tag = new docker.Tag("tag", { sourceImage: "redis:8", targetImage: "${registry.address}/copy:2" });
            const copy = new docker.RegistryImage("copy", { name: tag.targetImage }, { provider });
            ${container("ports", `${sleeping}, ports: [{ internal: 80, ip: "127.0.0.1" }], envs: ["${variable}", pulumi.secret("A=hush")]`)}
            return { copy: copy.sha256Digest };`;
        expect(await changed.up(program("B=2"))).toSucceed();
        const { copy } = await changed.outputs();
        expect(await registry.manifestStatus("copy", String(copy))).toBe(200);
        const id = byName(await changed.state()).ports?.id ?? "";

        docker("stop", "--time", "0", id);
        const steps = await changed.preview(program("B=2"), "--refresh");
        const ops = steps.filter((step) => nameOf(step) === "ports").map(({ op }) => op);
        expect(ops).toEqual(["refresh", "update"]);
        expect(await changed.up(program("B=2"), "--refresh")).toSucceed();
        expect(inspectContainer(id)?.State.Running).toBe(true);

        await changed.preview(program("B=3"));
        const { output } = await changed.pulumi("preview", "--diff");
        expect(output).toContain("B=3");
        expect(output).not.toContain("hush");

        expect(await changed.destroy()).toSucceed();
        expect(await registry.manifestStatus("copy", String(copy))).toBe(404);
    });
}
