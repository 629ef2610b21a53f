import { readFileSync } from "node:fs";
import { join } from "node:path";
import { translateSwarmResource, volumeRemovalJob } from "../../../policies/swarm.ts";
import { CONTAINER, type Properties, VOLUME } from "../../../policies/resource.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SERVICE = "docker:index/service:Service";

test("a service is translated into a container", () => {
    const { type, properties } = translateSwarmResource({
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
                    capAdds: ["CAP_CHOWN"],
                    env: { A: "1" },
                    healthcheck: { tests: ["CMD"] },
                    stopGracePeriod: "1m30s",
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
    const { taskSpec, endpointSpec, ...container } = properties;
    expect(taskSpec).toMatchObject({ containerSpec: { image: "x:1" } });
    expect(endpointSpec).toMatchObject({ ports: [{ targetPort: 3000 }] });
    expect(container).toEqual({
        name: "web",
        labels: [{ label: "a", value: "b" }],
        image: "x:1",
        user: "1000",
        readOnly: true,
        capabilities: { adds: ["CAP_CHOWN"] },
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
        destroyGraceSeconds: 90,
        replicas: 2,
        constraints: ["node.labels.a==b"],
        updateOrder: "start-first",
    });
});

test("a service without limits has none", () => {
    const limits = { memoryBytes: 0, nanoCpus: 0 };
    const properties = { taskSpec: { containerSpec: {}, resources: { limits } } };
    const container = translateSwarmResource({ type: SERVICE, properties }).properties;
    expect(container).not.toHaveProperty("memory");
    expect(container).not.toHaveProperty("cpus");
});

test.each([
    ["none", "no"],
    ["on-failure", "on-failure"],
    ["any", "always"],
])("the restart condition %s is translated into %s", (condition, restart) => {
    const properties = { taskSpec: { containerSpec: {}, restartPolicy: { condition } } };
    expect(translateSwarmResource({ type: SERVICE, properties }).properties.restart).toBe(restart);
});

describe("the Command that labels the node of a volume", () => {
    const command = (script: string) =>
        translateSwarmResource({
            type: "command:local:Command",
            properties: { delete: script, triggers: ["v"] },
        });
    const update = "docker node update --label-rm drydock.data.v";

    test.each([
        'docker service create --label "drydock.removes=v"',
        "docker service create --detach", // In states of the earliest versions.
    ])("is translated into the volume, in states of older versions: %s", (job) => {
        expect(command(`${job}; ${update}`)).toMatchObject({ type: VOLUME, properties: { name: "v" } });
    });

    test("is translated into the volume, in states with the script in stdin", () => {
        const properties = {
            delete: "sh -s delete",
            stdin: `docker service create; ${update}`,
            triggers: ["v"],
        };
        expect(translateSwarmResource({ type: "command:local:Command", properties }).type).toBe(VOLUME);
    });

    test("is translated into the volume", () => {
        const translated = (PLACE: string) => {
            const environment = { PLACE, STACK_VOLUMES: "shop.dev.", FORMER_VOLUME: "shop.dev.old" };
            const properties = { environment };
            return translateSwarmResource({ type: "command:local:Command", properties });
        };
        expect(translated("shop.dev.v")).toEqual({ type: VOLUME, properties: { name: "shop.dev.v" } });
        expect(translated("v")).toEqual({
            type: VOLUME,
            properties: { name: "v", keptOnDelete: true, formerVolume: "shop.dev.old" },
        });
    });

    test("stays a Command if the data is a directory", () => {
        const environment = { PLACE: "v", STACK_VOLUMES: "" };
        const script = (file: string) => readFileSync(join(ROOT, "components/engines/swarm", file), "utf8");
        const stdin = `${script("nodes.sh")}${script("volumes.sh")}`;
        const resource = { type: "command:local:Command", properties: { environment, stdin } };
        expect(translateSwarmResource(resource)).toEqual(resource);
    });

    test("contains the container that removes the volume", () => {
        const environment = {
            PLACE: "v",
            STACK_VOLUMES: "shop.dev.",
            IMAGE: "docker:28-cli",
            SOCKET: "/var/run/docker.sock",
        };
        expect(volumeRemovalJob({ type: "command:local:Command", properties: { environment } })).toEqual({
            image: "docker:28-cli",
            volumes: [{ hostPath: "/var/run/docker.sock" }],
        });
        expect(volumeRemovalJob({ type: VOLUME, properties: {} })).toBeUndefined();
    });

    test("deletes the volume at once only in states of version 0.1.0", () => {
        expect(command(`docker service create; ${update}`).properties).toEqual({
            name: "v",
            deletedAtOnce: true,
        });
    });

    test("stays a Command if the data is a directory, in states of version 0.1.0", () => {
        expect(command(update).type).toBe("command:local:Command");
        expect(command("docker service create x").type).toBe("command:local:Command");
    });
});

/** An object with an unknown property, as policies see it in a preview. */
function unknownAt(name: string, object: Properties = {}): Properties {
    return Object.defineProperty({ ...object }, name, {
        enumerable: true,
        get: () => {
            throw new Error("can't be known during preview");
        },
    });
}

describe("the rest of a service is checked although this is unknown:", () => {
    const container = (spec: Properties, task: Properties = {}) =>
        translateSwarmResource({ type: SERVICE, properties: { taskSpec: { ...task, containerSpec: spec } } });

    test.each<[string, Properties, Properties]>([
        ["an image", unknownAt("image", { user: "1" }), { user: "1" }],
        [
            "an argument",
            { user: "1", args: unknownAt("0", ["serve"] as object as Properties) },
            { user: "1" },
        ],
        ["the arguments", unknownAt("args", { user: "1" }), { user: "1" }],
        ["a variable", { env: unknownAt("A", { B: "2" }) }, { envs: ["B=2"] }],
        [
            "the source of a mount",
            { mounts: [unknownAt("source", { type: "volume", target: "/v" })] },
            { volumes: [{ containerPath: "/v", volumeName: undefined }] },
        ],
        [
            "the secret of a file",
            { secrets: [unknownAt("secretId", { fileName: "/s" })] },
            { uploads: [{ file: "/s" }] },
        ],
    ])("%s", (_, spec, expected) => {
        expect(container(spec).properties).toMatchObject(expected);
    });

    test("a network", () => {
        const task = { networksAdvanceds: [unknownAt("id")] };
        expect(container({ image: "x:1" }, task).properties).toMatchObject({ image: "x:1" });
    });
});

test("a Command whose delete script is unknown is not translated", () => {
    const properties = unknownAt("delete");
    expect(translateSwarmResource({ type: "command:local:Command", properties }).properties).toBe(properties);
});
