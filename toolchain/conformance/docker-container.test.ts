import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, freePort, inspectContainer, labelledContainers } from "./docker-cli.ts";
import { byName, nameOf, Stack } from "./stack.ts";

const SECRET = "correct horse battery staple";
const LABEL = `drydock.conformance=${process.pid}`;
const [label, value] = LABEL.split("=");

const opsOf = (steps: { op: string; urn: string }[]) =>
    Object.fromEntries(steps.map((step) => [nameOf(step), step.op]));

describe("containers", () => {
    const stack = new Stack("containers");
    const data = mkdtempSync(join(tmpdir(), "drydock-conformance-data-"));
    let ids: Record<string, string | undefined>;
    let port: number;

    beforeAll(async () => {
        port = await freePort();
    });

    afterAll(async () => {
        await stack.dispose();
        rmSync(data, { recursive: true, force: true });
    });

    /** A Redis with a health check, a client, and a job that exits. */
    const program = ({
        memory = 64,
        restart = "no",
        envs = ["A=1", "B=2"],
        aliases = "undefined",
        more = "",
    }: { memory?: number; restart?: string; envs?: string[]; aliases?: string; more?: string } = {}) => `
        const labels = [{ label: "${label}", value: "${value}" }];
        const password = pulumi.secret("${SECRET}");
        const network = new docker.Network("net");
        const cache = new docker.Container("cache", {
            image: "redis:8", labels, memory: ${memory}, memorySwap: 256, restart: "${restart}",
            command: ["redis-server", "/etc/redis.conf"],
            uploads: [{ file: "/etc/redis.conf", content: pulumi.interpolate\`save 900 1\\nrequirepass "\${password}"\` }],
            volumes: [{ containerPath: "/data", hostPath: "${data}" }],
            networksAdvanced: [{ name: network.name, aliases: ["store", "keep"] }],
            ports: [
                { internal: 80, ip: "127.0.0.1" },
                { internal: 6379, external: ${port}, ip: "127.0.0.1" },
                { internal: 6379, external: ${port}, ip: "127.0.0.1", protocol: "udp" },
            ],
            healthcheck: { tests: ["CMD", "redis-cli", "info"], interval: "200ms" },
            wait: true, waitTimeout: 300, destroyGraceSeconds: 10,
        });
        const client = new docker.Container("client", {
            image: "redis:8", labels, command: ["sleep", "infinity"], destroyGraceSeconds: 0,
            envs: [...${JSON.stringify(envs)}, pulumi.interpolate\`REDISCLI_AUTH=\${password}\`],
            ports: [{ internal: 80, ip: "127.0.0.1" }],
            networksAdvanced: [{ name: network.name, aliases: ${aliases} }],
        }, { ignoreChanges: ["networksAdvanced[*].aliases"] });
        const job = new docker.Container("job", {
            image: "redis:8", labels, command: ["sh", "-c", "cat /run/words/first /bin/second; sleep 0.3; echo $CLIENT >&2; exit 3"],
            uploads: [
                { file: "/run/words/first", content: "first\\n" },
                { file: "/bin/second", contentBase64: "c2Vjb25kCg==", permissions: "0755" },
            ],
            envs: [pulumi.interpolate\`CLIENT=\${client.id}\`],
            attach: true, logs: true, mustRun: false,
        });
        ${more}
        return {
            cache: cache.id, client: client.id, clientName: client.name, port: client.ports.apply((ports) => ports?.[0].external),
            job: [job.exitCode, job.containerLogs], address: cache.networkDatas[0].ipAddress,
        };`;

    test("are not created by a preview", async () => {
        const steps = await stack.preview(program());
        expect(opsOf(await stack.preview(program()))).toEqual(opsOf(steps));
        expect(opsOf(steps)).toEqual({ net: "create", cache: "create", client: "create", job: "create" });
        expect(labelledContainers(LABEL)).toEqual([]);
    });

    test("run as declared", async () => {
        const run = await stack.up(program());
        expect(run).toSucceed();
        const state = byName(await stack.state());
        ids = Object.fromEntries(Object.entries(state).map(([name, resource]) => [name, resource?.id]));
        expect(inspectContainer(ids.cache ?? "")?.State.Health?.Status).toBe("healthy");

        // The client reaches Redis by its aliases, with the password from its environment.
        for (const alias of ["store", "keep"]) {
            expect(docker("exec", ids.client ?? "", "redis-cli", "-h", alias, "set", "key", alias)).toBe(
                "OK",
            );
        }
        for (const protocol of ["tcp", "udp"])
            expect(docker("port", ids.cache ?? "", `6379/${protocol}`)).toBe(`127.0.0.1:${port}`);

        const outputs = await stack.outputs();
        expect(outputs.clientName).toMatch(/^client-[0-9a-f]{7}$/);
        expect(docker("port", ids.client ?? "", "80")).toBe(`127.0.0.1:${String(outputs.port)}`);
        expect(outputs.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        expect(outputs.job).toEqual([3, `first\nsecond\n${ids.client}\n`]);

        // Secret inputs are encrypted in the state and not shown.
        expect(run.output).not.toContain(SECRET);
        expect(stack.stateFile()).not.toContain(SECRET);
    });

    test("have no diff after a refresh, with their environment in another order, and with ignored aliases", async () => {
        const same = program({ envs: ["B=2", "A=1"], aliases: '["short"]' });
        const run = await stack.up(same, "--refresh", "--expect-no-changes");
        expect(run).toSucceed();
    });

    test("have the same defaults and schema version in the state as with the official provider", async () => {
        const { client } = byName(await stack.state());
        expect(client?.inputs).toMatchObject({
            containerReadRefreshTimeoutMilliseconds: 15000,
            mustRun: true,
            networkMode: "bridge",
            removeVolumes: true,
            restart: "no",
            start: true,
            waitTimeout: 60,
            ports: [{ internal: 80, ip: "127.0.0.1", protocol: "tcp", __defaults: ["protocol"] }],
            __defaults: [
                "containerReadRefreshTimeoutMilliseconds",
                "mustRun",
                "name",
                "networkMode",
                "removeVolumes",
                "restart",
                "start",
                "waitTimeout",
            ],
        });
        expect(client?.outputs).toMatchObject({
            attach: false,
            logs: false,
            memoryReservation: 0,
            rm: false,
            start: true,
            wait: false,
        });
        const meta = JSON.parse(String(client?.outputs?.__meta)) as Record<string, unknown>;
        expect(meta.schema_version).toBe("2");
    });

    test("are updated in place if Docker can do so", async () => {
        const run = await stack.up(program({ memory: 96, restart: "always" }));
        expect(run).toSucceed();
        expect(run.output).toContain("1 updated");
        expect(inspectContainer(ids.cache ?? "")?.HostConfig).toMatchObject({
            Memory: 96 * 1024 * 1024,
            RestartPolicy: { Name: "always" },
        });
    });

    test("are started if they were stopped, and created if they were removed", async () => {
        // The official provider replaces one with published ports.
        docker("stop", "--time", "0", ids.cache ?? "");
        docker("rm", "--force", "--volumes", ids.client ?? "");
        const same = program({ memory: 96, restart: "always" });
        const steps = await stack.preview(same, "--refresh");
        expect(opsOf(steps)).toMatchObject({
            cache: expect.stringMatching(/^(update|replace)$/) as string,
            client: "create",
        });

        const run = await stack.up(same, "--refresh");
        expect(run).toSucceed();
        const { cache, client } = byName(await stack.state());
        expect(inspectContainer(cache?.id ?? "")?.State.Running).toBe(true);
        ids.cache = cache?.id;
        expect(client?.id).not.toBe(ids.client);
        expect(inspectContainer(client?.id ?? "")?.State.Running).toBe(true);
        ids.client = client?.id;
    });

    test("are replaced otherwise, together with resources that use their outputs", async () => {
        const changed = program({ memory: 96, restart: "always", envs: ["A=1", "B=3"] });
        const steps = await stack.preview(changed);
        // The job's environment contains the client's ID, which is unknown.
        expect(opsOf(steps)).toEqual({ client: "replace", job: "replace" });
        const client = steps.find((step) => nameOf(step) === "client");
        expect(client?.replaceReasons?.join()).toMatch(/^envs/);
        const { output } = await stack.pulumi("preview", "--diff");
        expect(output).toContain("envs");
        expect(output).not.toContain(SECRET);

        expect(await stack.up(changed)).toSucceed();
        expect(inspectContainer(ids.client ?? "")).toBeUndefined();
        const state = byName(await stack.state());
        ids.client = state.client?.id;
        expect(inspectContainer(state.client?.id ?? "")?.Config.Env).toContain("B=3");
        expect(state.cache?.id).toBe(ids.cache);
        expect((await stack.outputs()).job).toEqual([3, `first\nsecond\n${state.client?.id}\n`]);
    });

    test("have their grace period to stop, and are removed on destroy", async () => {
        docker("exec", ids.client ?? "", "redis-cli", "-h", "store", "set", "key", "last");
        expect(await stack.destroy()).toSucceed();
        // Redis saves its data on SIGTERM, but not if it is killed.
        expect(readdirSync(data)).toEqual(["dump.rdb"]);
        expect(labelledContainers(LABEL)).toEqual([]);
        expect(await stack.state()).toEqual([]);
    });
});

describe("files in containers", () => {
    const stack = new Stack("files");
    afterAll(() => stack.dispose());

    test("may be empty, and have an owner by numeric ID", async () => {
        const program = `
            const job = new docker.Container("job", {
                image: "redis:8", command: ["sh", "-c", "stat -c '%a %u %g %s' /etc/words/*"],
                uploads: [
                    { file: "/etc/words/a", contentBase64: "\\n" },
                    { file: "/etc/words/b", content: "b", permissions: "0640", owner: "1234", group: "5678" },
                ],
                attach: true, logs: true, mustRun: false,
            });
            return { logs: job.containerLogs };`;
        expect(await stack.up(program)).toSucceed();
        expect((await stack.outputs()).logs).toBe("644 0 0 0\n640 1234 5678 1\n");
    });
});
