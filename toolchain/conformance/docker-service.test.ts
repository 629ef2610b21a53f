import { startMachine } from "../../tests/e2e/machine.ts";
import { byName, nameOf, Stack, type PreviewStep } from "./stack.ts";
import { Swarm } from "./swarm.ts";

const SECRETS = ["correct horse", "battery staple"];
const opsOf = (steps: PreviewStep[]) => Object.fromEntries(steps.map((step) => [nameOf(step), step.op]));

describe("services with secrets and configs", () => {
    const swarm = new Swarm("services");
    const stack = new Stack("services");
    let names: Record<string, string>;

    beforeAll(() => swarm.start(startMachine));
    afterAll(async () => {
        await stack.dispose();
        swarm.dispose();
    });

    /** A Redis with its password in a secret, a global service, and a service with a published port. */
    const program = ({
        password = SECRETS[0],
        replicas = 1,
        command = "redis-server",
        label = "1",
        host = "10.1.2.3",
        more = "",
    } = {}) => `
        ${swarm.provider}
        const network = new docker.Network("net", { driver: "overlay", attachable: true }, on);
        const password = new docker.Secret("password", {
            data: pulumi.secret(Buffer.from("requirepass \\"${password}\\"").toString("base64")),
            labels: [{ label: "a", value: "1" }],
        }, on);
        const settings = new docker.ServiceConfig("settings", {
            data: Buffer.from("include /run/secrets/password").toString("base64"),
        }, on);
        const text = new docker.ServiceConfig("text", { dataRaw: "plain\\n" }, on);
        const file = { fileUid: "999", fileGid: "999", fileMode: 0o400 };
        const cache = new docker.Service("cache", {
            labels: [{ label: "b", value: "${label}" }],
            taskSpec: {
                containerSpec: {
                    image: "redis:8", commands: ["${command}"], args: ["/etc/redis.conf"],
                    env: { B: "2=3" }, user: "999:999", stopGracePeriod: "10s", init: true, readOnly: true,
                    labels: [{ label: "c", value: "1" }], hosts: [{ host: "db", ip: "${host}" }],
                    capDrops: ["CAP_CHOWN"], stopSignal: "SIGINT",
                    secrets: [{ secretId: password.id, secretName: password.name, fileName: "password", ...file }],
                    configs: [{ configId: settings.id, configName: settings.name, fileName: "/etc/redis.conf" }],
                    mounts: [
                        { type: "volume", target: "/data", source: "cache-data", volumeOptions: { noCopy: false } },
                        { type: "tmpfs", target: "/run/fast", tmpfsOptions: { sizeBytes: 1048576 } },
                        { type: "bind", target: "/etc/host", source: "/etc/hostname", readOnly: true },
                    ],
                    healthcheck: { tests: ["CMD", "redis-cli", "info"], interval: "500ms", timeout: "5s", retries: 3 },
                },
                networksAdvanceds: [{ id: network.id, aliases: ["store"] }],
                resources: { limits: { memoryBytes: 128 * 1024 * 1024 }, reservation: { memoryBytes: 16 * 1024 * 1024 } },
                restartPolicy: { condition: "any", delay: "1s", maxAttempts: 0, window: "0s" },
                placement: { constraints: ["node.role==manager"], maxReplicas: 4 },
            },
            mode: { replicated: { replicas: ${replicas} } },
            updateConfig: { order: "start-first", failureAction: "rollback", monitor: "2s" },
            rollbackConfig: { order: "stop-first", monitor: "1s" },
            endpointSpec: { mode: "dnsrr", ports: [{ targetPort: 6379, publishMode: "host" }] },
            convergeConfig: { delay: "1s", timeout: "5m" },
        }, on);
        const agent = new docker.Service("agent", {
            taskSpec: { containerSpec: { image: "redis:8" } }, mode: { global: true }, endpointSpec: { mode: "dnsrr" },
        }, on);
        const open = new docker.Service("open", {
            taskSpec: { containerSpec: { image: "redis:8" } }, mode: { replicated: { replicas: 0 } },
            endpointSpec: { ports: [{ targetPort: 6379 }] },
        }, on);
        ${more}
        return {
            cache: cache.name, password: password.name, settings: settings.name, text: text.name, agent: agent.name,
            open: open.name, network: network.name, ports: open.endpointSpec.ports,
        };`;

    const redis = (...command: string[]) =>
        swarm.docker("exec", swarm.containers(names.cache ?? "")[0] ?? "", ...command);

    test("are not created by a preview", async () => {
        const steps = opsOf(await stack.preview(program()));
        expect(steps).toMatchObject({ cache: "create", password: "create", settings: "create" });
        expect(swarm.docker("service", "ls", "--quiet") + swarm.docker("secret", "ls", "--quiet")).toBe("");
    });

    test("run as declared, and secrets are not shown", async () => {
        const run = await stack.up(program());
        expect(run).toSucceed();
        names = (await stack.outputs()) as Record<string, string>;
        for (const name of ["cache", "password", "settings"])
            expect(names[name]).toMatch(RegExp(`^${name}-[0-9a-f]{7}$`));
        expect(redis("redis-cli", "-h", "store", "--no-auth-warning", "-a", SECRETS[0] ?? "", "ping")).toBe(
            "PONG",
        );
        expect(redis("stat", "-c", "%a %u %g", "/run/secrets/password")).toBe("400 999 999");
        expect(redis("sh", "-c", "echo $B; getent hosts db; df -k /run/fast | tail -1")).toMatch(
            /^2=3\n10\.1\.2\.3 +db\n\S+ +1024 /,
        );
        expect(names.ports).toMatchObject([{ targetPort: 6379, publishedPort: 30000 }]);
        expect(run.output + stack.stateFile()).not.toContain(SECRETS[0]);
        expect(stack.stateFile()).not.toContain(
            Buffer.from(`requirepass "${SECRETS[0]}"`).toString("base64"),
        );
    });

    test("have no diff after a refresh", async () => {
        expect(await stack.up(program(), "--refresh", "--expect-no-changes")).toSucceed();
    });

    test("have the same defaults in inputs and state as with the official provider", async () => {
        const { cache, agent } = byName(await stack.state());
        expect(cache?.inputs).toMatchObject({
            updateConfig: { delay: "0s", maxFailureRatio: "0.0", parallelism: 1 },
            endpointSpec: { ports: [{ protocol: "tcp", __defaults: ["protocol"] }] },
            taskSpec: { containerSpec: { isolation: "default", configs: [{ fileMode: 292, fileUid: "0" }] } },
        });
        expect(agent?.outputs).toMatchObject({
            mode: { global: true },
            taskSpec: { containerSpec: { stopGracePeriod: "0s", init: false }, runtime: "container" },
        });
        const meta = JSON.parse(String(cache?.outputs?.__meta)) as Record<string, unknown>;
        expect(meta.schema_version).toBe("2");
    });

    test("keep their containers if replicas or labels change", async () => {
        const [first] = swarm.containers(names.cache ?? "");
        expect(await stack.up(program({ replicas: 2, label: "2" }))).toSucceed();
        expect(swarm.containers(names.cache ?? "")).toHaveLength(2);
        expect(swarm.containers(names.cache ?? "")).toContain(first);
        expect(swarm.service(names.cache ?? "")?.Spec.Labels).toEqual({ b: "2" });
    });

    test("roll out a new secret, and the old one is deleted", async () => {
        const before = swarm.containers(names.cache ?? "");
        const { ID } = swarm.service(names.cache ?? "") ?? {};
        const rotated = program({ replicas: 2, label: "2", password: SECRETS[1] });
        expect(opsOf(await stack.preview(rotated))).toEqual({ password: "replace", cache: "update" });
        expect(await stack.up(rotated)).toSucceed();
        expect(swarm.service(names.cache ?? "")).toMatchObject({ ID, UpdateStatus: { State: "completed" } });
        // The old containers may still be shutting down.
        const after = swarm.containers(names.cache ?? "").filter((id) => !before.includes(id));
        expect(after).toHaveLength(2);
        expect(
            swarm.docker(
                "exec",
                after[0] ?? "",
                "redis-cli",
                "--no-auth-warning",
                "-a",
                SECRETS[1] ?? "",
                "ping",
            ),
        ).toBe("PONG");
        expect(swarm.has("secret", names.password ?? "")).toBe(false);
    });

    test("roll back and report an error if new tasks fail, and the next update succeeds", async () => {
        const kept = { replicas: 2, label: "2", password: SECRETS[1] };
        const run = await stack.up(program({ ...kept, command: "false" }));
        expect(run).toFail();
        expect(run.output).toContain("service rollback completed: rollback completed");
        const { Command } = swarm.service(names.cache ?? "")?.Spec.TaskTemplate.ContainerSpec ?? {};
        expect(Command).toEqual(["redis-server"]);
        expect(redis("redis-cli", "--no-auth-warning", "-a", SECRETS[1] ?? "", "ping")).toBe("PONG");
        expect(byName(await stack.state()).cache?.initErrors).toHaveLength(1);

        expect(await stack.up(program(kept))).toSucceed();
        expect(await stack.up(program(kept), "--refresh", "--expect-no-changes")).toSucceed();
    });

    test("are replaced if the official provider does so", async () => {
        const changed = program({ replicas: 2, label: "2", password: SECRETS[1], host: "10.1.2.4" });
        expect(opsOf(await stack.preview(changed))).toEqual({ cache: "replace" });
    });

    test("are created if they were removed", async () => {
        swarm.docker("service", "rm", names.open ?? "");
        swarm.docker("config", "rm", names.text ?? "");
        const same = program({ replicas: 2, label: "2", password: SECRETS[1] });
        expect(opsOf(await stack.preview(same, "--refresh"))).toMatchObject({
            open: "create",
            text: "create",
        });
    });

    test("are removed on destroy, with their containers", async () => {
        // Without a refresh, the official provider fails on resources that no longer exist.
        expect(await stack.destroy("--refresh")).toSucceed();
        expect(swarm.containers(names.cache ?? "")).toEqual([]);
        for (const kind of ["service", "secret", "config"])
            expect(swarm.docker(kind, "ls", "--quiet")).toBe("");
        expect(swarm.has("network", names.network ?? "")).toBe(false);
    });
});
