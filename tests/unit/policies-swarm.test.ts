import { asOnDockerEngine } from "../../policies/swarm";
import { CONTAINER, VOLUME } from "../../policies/resource";

const SERVICE = "docker:index/service:Service";

test("a service reads as the container that it would be on a Docker Engine", () => {
    const { type, properties } = asOnDockerEngine({
        type: SERVICE,
        properties: {
            name: "web",
            labels: [{ label: "a", value: "b" }],
            mode: { replicated: { replicas: 2 } },
            updateConfig: { order: "start-first" },
            endpointSpec: { ports: [{ targetPort: 3000, publishedPort: 80 }] },
            taskSpec: {
                containerSpec: {
                    image: "x:1",
                    commands: ["sh"],
                    args: ["serve"],
                    user: "1000",
                    readOnly: true,
                    env: { A: "1" },
                    healthcheck: { tests: ["CMD"] },
                    stopGracePeriod: "10s",
                    secrets: [{ fileName: "/run/s", secretId: "id-1" }],
                    configs: [{ fileName: "/run/c", configId: "id-2" }],
                    mounts: [
                        { type: "volume", source: "v", target: "/v", readOnly: false },
                        { type: "bind", source: "/srv", target: "/b", readOnly: true },
                        { type: "tmpfs", target: "/t" },
                    ],
                },
                networksAdvanceds: [{ id: "net" }],
                placement: { constraints: ["node.labels.a==b"] },
                resources: { limits: { memoryBytes: 1048576, nanoCpus: 1500000000 } },
                restartPolicy: { condition: "any" },
            },
        },
    });
    expect(type).toBe(CONTAINER);
    expect(properties).toEqual({
        name: "web",
        labels: [{ label: "a", value: "b" }],
        image: "x:1",
        user: "1000",
        readOnly: true,
        entrypoints: ["sh"],
        command: ["serve"],
        healthcheck: { tests: ["CMD"] },
        hosts: undefined,
        networksAdvanced: [{ name: "net" }],
        envs: ["A=1"],
        uploads: [
            { file: "/run/s", content: "id-1" },
            { file: "/run/c", content: "id-2" },
        ],
        volumes: [
            { containerPath: "/v", volumeName: "v", readOnly: false },
            { containerPath: "/b", hostPath: "/srv", readOnly: true },
        ],
        ports: [{ internal: 3000, external: 80, ip: "0.0.0.0" }],
        memory: 1,
        cpus: 1.5,
        restart: "always",
        destroyGraceSeconds: "10s",
        replicas: 2,
        constraints: ["node.labels.a==b"],
        updateOrder: "start-first",
    });
});

test.each([
    ["none", "no"],
    ["on-failure", "on-failure"],
    ["any", "always"],
])("the restart condition %s reads as %s", (condition, restart) => {
    const properties = { taskSpec: { containerSpec: {}, restartPolicy: { condition } } };
    expect(asOnDockerEngine({ type: SERVICE, properties }).properties.restart).toBe(restart);
});

test("the mark on the node that holds data reads as a volume, and no other command does", () => {
    const command = (script: string) =>
        asOnDockerEngine({ type: "command:local:Command", properties: { delete: script, triggers: ["v"] } });
    expect(command("docker node update --label-rm drydock.data.v")).toEqual({
        type: VOLUME,
        properties: { name: "v" },
    });
    expect(command("docker network rm x").type).toBe("command:local:Command");
});

test("a file whose secret is not made yet keeps no policy from being checked", () => {
    const file = {
        fileName: "/run/s",
        get secretId(): string {
            throw new Error("can't be known during preview");
        },
    };
    const properties = { taskSpec: { containerSpec: { image: "x:1", secrets: [file] } } };
    expect(asOnDockerEngine({ type: SERVICE, properties }).properties).toMatchObject({
        image: "x:1",
        uploads: [{ file: "/run/s" }],
    });
});
