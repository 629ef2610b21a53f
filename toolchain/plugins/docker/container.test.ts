import tar from "tar-stream";
import type Docker from "dockerode";
import { isUnchanged } from "../../plugin/diff.ts";
import { withDefaults } from "../../plugin/schema.ts";
import { containerOptions, updateOptions } from "./container-options.ts";
import { type ContainerInputs, containerProperties } from "./container-properties.ts";
import { containerState, updatedState } from "./container-state.ts";
import { checkUploads, container, uploadArchive } from "./container.ts";
import { check } from "../../plugin/check.ts";
import { type Context, InitializationError } from "../../plugin/provider.ts";
import type { Daemon } from "./daemon.ts";
import { secret, UNKNOWN, type Values } from "../../plugin/values.ts";

const MEBIBYTE = 1024 * 1024;

const inputs = (more: Values = {}) =>
    withDefaults(containerProperties, { name: "app", image: "redis:8", ...more }) as ContainerInputs;

describe("the options for Docker", () => {
    test.each<[string, Values, object]>([
        ["memory in MiB", { memory: 64, memorySwap: -1 }, { Memory: 64 * MEBIBYTE, MemorySwap: -1 }],
        ["processors as a string", { cpus: "1.5" }, { NanoCpus: 1.5e9 }],
        [
            "several host ports for one container port",
            {
                ports: [
                    { internal: 80, external: 8080, ip: "127.0.0.1" },
                    { internal: 80, ip: "::1" },
                ],
            },
            {
                PortBindings: {
                    "80/tcp": [
                        { HostIp: "127.0.0.1", HostPort: "8080" },
                        { HostIp: "::1", HostPort: "0" },
                    ],
                },
            },
        ],
        [
            "named volumes, host directories and volumes of another container",
            {
                volumes: [
                    { volumeName: "data", containerPath: "/data" },
                    { hostPath: "/srv", containerPath: "/srv", readOnly: true },
                    { fromContainer: "other" },
                    { containerPath: "/anonymous" },
                ],
            },
            { Binds: ["data:/data:rw", "/srv:/srv:ro"], VolumesFrom: ["other"] },
        ],
        ["hosts", { hosts: [{ host: "h", ip: "host-gateway" }] }, { ExtraHosts: ["h:host-gateway"] }],
        ["capabilities", { capabilities: { adds: ["CAP_NET_ADMIN"] } }, { CapAdd: ["CAP_NET_ADMIN"] }],
    ])("%s", (_, more, expected) => {
        expect(containerOptions(inputs(more)).HostConfig).toMatchObject(expected);
    });

    test("a health check in nanoseconds, without the field that older engines reject", () => {
        const { Healthcheck } = containerOptions(
            inputs({ healthcheck: { tests: ["CMD", "true"], interval: "1m30s" } }),
        );
        expect(Healthcheck).toEqual({
            Test: ["CMD", "true"],
            Interval: 90e9,
            Timeout: 0,
            StartPeriod: 0,
            Retries: 0,
        });
    });

    test("no limit by default", () => {
        expect(updateOptions(inputs())).toMatchObject({ Memory: 0, MemorySwap: undefined });
    });
});

/** An inspected container in the given state. */
const inState = (State: object) =>
    ({
        Id: "id",
        Name: "/app",
        RestartCount: 0,
        State,
        Config: { Image: "redis:8" },
        HostConfig: { LogConfig: { Type: "json-file" } },
        NetworkSettings: { Networks: {}, Ports: {} },
    }) as unknown as Docker.ContainerInspectInfo;

describe("a name in use", () => {
    const create = (others: Record<string, string>) => {
        const refused = Object.assign(new Error('Conflict. The container name "/app" is already in use'), {
            statusCode: 409,
        });
        const docker = {
            getImage: () => ({ inspect: () => Promise.resolve({}) }),
            createContainer: () => Promise.reject(refused),
            getContainer: () => ({ inspect: () => Promise.resolve({ Config: { Labels: others } }) }),
        };
        const labels = Object.entries({ "x.project": "a-b", "x.stack": "c", "x.recipe": "1" });
        const declared = inputs({ labels: labels.map(([label, value]) => ({ label, value })) });
        return container({ docker } as unknown as Daemon).create(declared, {} as Context);
    };

    test.each([
        ["without labels", {}],
        ["of the same owner", { "x.project": "a-b", "x.stack": "c", "x.recipe": "2" }],
    ])("suggests to remove a container %s", async (_, others: Record<string, string>) => {
        await expect(create(others)).rejects.toThrow('remove it with "docker rm --force app", or adopt it');
    });

    test("suggests another name for a container whose labels name another owner", async () => {
        const failure = expect(create({ "x.project": "a", "x.stack": "b-c" })).rejects;
        await failure.toThrow(
            "name: another container has the name app; its labels name another owner (x.project=a, x.stack=b-c): keep it and choose another name. ",
        );
        await expect(create({ "x.project": "a" })).rejects.not.toThrow("rm --force");
    });
});

test("a command with an empty word is refused, as by the official provider", async () => {
    const create = container({} as unknown as Daemon).create(
        inputs({ command: ["redis-server", ""] }),
        {} as Context,
    );
    await expect(create).rejects.toThrow("values for command may not be empty");
});

describe("the state after an inspection", () => {
    /** An inspected running container. */
    const inspection = (
        more: { Config?: object; HostConfig?: object; State?: object; Ports?: object } = {},
    ) =>
        ({
            Id: "id",
            Name: "/app",
            Image: "sha256:abc",
            State: { Running: true, ExitCode: 0, ...more.State },
            Config: { Image: "redis:8", Cmd: ["redis-server"], User: "", ...more.Config },
            HostConfig: {
                NetworkMode: "bridge",
                RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
                LogConfig: { Type: "json-file" },
                ...more.HostConfig,
            },
            NetworkSettings: { Bridge: "", Networks: {}, Ports: more.Ports ?? {} },
        }) as unknown as Docker.ContainerInspectInfo;

    test.each<[string, Values, Parameters<typeof inspection>[0]]>([
        [
            "healthcheck",
            { healthcheck: { interval: "60s" } },
            { Config: { Healthcheck: { Interval: 60e9 } } },
        ],
        [
            "capabilities",
            { capabilities: { adds: ["NET_ADMIN"] } },
            { HostConfig: { CapAdd: ["CAP_NET_ADMIN"] } },
        ],
        ["cpus", { cpus: "0.50" }, { HostConfig: { NanoCpus: 5e8 } }],
        ["memorySwap", { memory: 64 }, { HostConfig: { Memory: 64 * MEBIBYTE, MemorySwap: 128 * MEBIBYTE } }],
        ["networkMode", { networkMode: "bridge" }, { HostConfig: { NetworkMode: "default" } }],
        ["hosts", { hosts: [{ host: "h", ip: "::1" }] }, { HostConfig: { ExtraHosts: ["h:::1"] } }],
        ["image", { image: "sha256:abc" }, {}],
        [
            "ports",
            { ports: [{ internal: 80 }] },
            { Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "32768" }] } },
        ],
    ])("does not change %s if Docker only spells it differently", (key, declared, seen) => {
        const before = inputs(declared);
        const state = containerState(before, inspection(seen));
        const property = containerProperties[key as keyof typeof containerProperties];
        expect(isUnchanged(property, state[key], declared[key])).toBe(true);
    });

    test("contains changes made outside of Pulumi", () => {
        const changed = inspection({
            HostConfig: { Memory: 32 * MEBIBYTE, RestartPolicy: { Name: "always" } },
        });
        expect(containerState(inputs({ memory: 64 }) as Values, changed)).toMatchObject({
            memory: 32,
            restart: "always",
        });
    });

    test("contains the host port that Docker chose for each declared port", () => {
        const Ports = {
            "80/tcp": [
                { HostIp: "127.0.0.1", HostPort: "32768" },
                { HostIp: "0.0.0.0", HostPort: "8080" },
            ],
        };
        const declared = inputs({
            ports: [
                { internal: 80, external: 8080 },
                { internal: 80, ip: "127.0.0.1" },
            ],
        });
        expect(containerState(declared as Values, inspection({ Ports })).ports).toMatchObject([
            { external: 8080 },
            { external: 32768 },
        ]);
    });

    test("sets mustRun to false for a stopped container that must run, so that an update starts it", () => {
        const stopped = { State: { Running: false, ExitCode: 3 } };
        expect(containerState(inputs() as Values, inspection(stopped))).toMatchObject({
            mustRun: false,
            exitCode: 3,
        });
        expect(containerState(inputs({ mustRun: false }) as Values, inspection(stopped)).mustRun).toBe(false);
        expect(containerState(inputs() as Values, inspection()).mustRun).toBe(true);
    });

    test("contains the lists that the official provider would otherwise treat as unknown", () => {
        const bare = inspection({ Config: { Cmd: null } });
        const empty = { command: [], entrypoints: [], envs: [], securityOpts: [] };
        expect(containerState(inputs() as Values, bare)).toMatchObject(empty);
        expect(containerState(inputs({ envs: ["A=1"] }) as Values, bare)).toMatchObject({
            ...empty,
            envs: ["A=1"],
        });
    });

    test("contains the requested inputs after an update, even if Docker ignored them", () => {
        const job = inspection({
            State: { Running: false, ExitCode: 0 },
            HostConfig: { Memory: 64 * MEBIBYTE },
        });
        const state = updatedState(inputs({ tmpfs: { "/tmp": "" } }), job);
        expect(state).toMatchObject({ mustRun: true, tmpfs: { "/tmp": "" }, exitCode: 0 });
        expect(state.memory).toBeUndefined();
    });
});

test.each<[string, Values, number]>([
    ["content", { content: "a" }, 0],
    ["empty content and another source", { content: "", contentBase64: "YQ==" }, 0],
    ["two sources of content", { content: "a", source: "/a" }, 1],
    ["no content", {}, 1],
])("validates an upload with %s", (_, upload, failures) => {
    expect(checkUploads({ uploads: [{ file: "/f", ...upload }] as never })).toHaveLength(failures);
});

type Upload = Partial<Parameters<typeof uploadArchive>[0]>;

test.each<[string, Upload, Partial<tar.Headers> & { content: string }]>([
    ["text", { content: "a" }, { mode: 0o644, uid: 0, gid: 0, content: "a" }],
    ["an owner", { content: "a", owner: "7", group: "8" }, { mode: 0o644, uid: 7, gid: 8, content: "a" }],
    ["permissions", { content: "a", permissions: "0400" }, { mode: 0o400, uid: 0, gid: 0, content: "a" }],
    ["nothing, in base64", { contentBase64: "\n" }, { mode: 0o644, uid: 0, gid: 0, content: "" }],
])("packs an upload with %s", async (_, upload, expected) => {
    const extract = tar.extract();
    uploadArchive({ file: "/f", executable: false, ...upload }).pipe(extract);
    for await (const entry of extract) {
        const { name, mode, uid, gid } = entry.header;
        let content = "";
        for await (const chunk of entry) content += String(chunk);
        expect({ name, mode, uid, gid, content }).toEqual({ name: "f", ...expected });
    }
    expect.assertions(1);
});

test.each([
    ["a name", "postgres", 1],
    ["an ID", "999", 0],
])("takes %s as the owner of an upload", (_, owner, failures) => {
    const { uploads } = containerProperties;
    const uploaded = [{ file: "/f", content: "a", owner, group: owner }];
    expect(check({ uploads }, { uploads: uploaded }, {}).failures).toHaveLength(2 * failures);
});

test.each([
    ["on one line", "YWJj", true],
    ["on several lines", "YWJj\nYWI=\n", true],
    ["of a large file", Buffer.alloc(16 * 1024 * 1024).toString("base64"), true],
    ["cut short", "YWJ", false],
    ["of other characters", "YW-j", false],
])("validates base64 %s", (_, contentBase64, valid) => {
    const { uploads } = containerProperties;
    const { failures } = check({ uploads }, { uploads: [{ file: "/f", contentBase64 }] }, {});
    expect(failures).toHaveLength(valid ? 0 : 1);
});

test("every update starts a container that did not become healthy", async () => {
    let starts = 0;
    let broken = true;
    const running = {
        id: "id",
        start: () => Promise.resolve(void (starts += 1)),
        logs: () => Promise.resolve(Buffer.alloc(0)),
        inspect: () => {
            const Running = !broken && starts > 0;
            const State = broken
                ? { Running, Status: "exited", ExitCode: 1 }
                : { Running, Status: "running", Health: { Status: "healthy", Log: [] } };
            return Promise.resolve(inState(State));
        },
    };
    const daemon = { docker: { getContainer: () => running } } as unknown as Daemon;
    const context = { status: () => undefined, signal: new AbortController().signal } as unknown as Context;
    const wanted = inputs({ wait: true }) as Values;
    let state: Values = { ...wanted, mustRun: false };
    for (const update of [1, 2]) {
        const failure = await container(daemon)
            .update?.("id", state, wanted, context)
            .catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(InitializationError);
        ({ state } = failure as InitializationError);
        expect(starts).toBe(update);
    }
    broken = false;
    expect(await container(daemon).update?.("id", state, wanted, context)).toMatchObject({ mustRun: true });
    expect(starts).toBe(3);
});

test("accepts secret and unknown uploads", () => {
    expect(checkUploads({ uploads: [secret({ file: "/f", content: secret("a") }), UNKNOWN] })).toEqual([]);
});
