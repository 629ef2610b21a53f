import { type Operation, UNKNOWN } from "../../../../../cli/pr/events.ts";
import { describeMounts } from "../../../../../cli/pr/resources/mounts.ts";
import {
    type Change,
    COMMAND,
    component,
    CONTAINER,
    type Inputs,
    risks,
    SERVICE,
    summary,
    VOLUME,
} from "../steps.ts";

test("the mounts of a container are described with their sources and paths", () => {
    const volume = { volumeName: "v", containerPath: "/data" };
    const directory = { hostPath: "/srv", containerPath: "/srv" };
    const described = (from: Inputs[] | undefined, to: Inputs[] | undefined) => {
        const [, step] = component("WebApp", [
            CONTAINER,
            "it",
            "replace",
            { volumes: from },
            { volumes: to },
        ]);
        return step && describeMounts(step);
    };
    expect(described([volume], [volume, directory])).toEqual([
        "mounts `v at /data` → `v at /data`, `/srv at /srv`",
    ]);
    expect(described([volume], undefined)).toEqual(["mounts `v at /data` → nothing"]);
    expect(described([volume], [volume])).toEqual([]);
});

const unmounted = (volume: string, path = "/data", use = "but nothing uses it any more") =>
    `volume \`${volume}\` is no longer mounted at \`${path}\`: its data is kept, ${use}`;

/** The mount of a volume in a service of a Swarm. */
const service = (source?: string): Inputs => ({
    taskSpec: {
        containerSpec: {
            mounts: source === undefined ? [] : [{ type: "volume", source, target: "/data" }],
        },
    },
});

const volumes = [{ volumeName: "data", containerPath: "/data" }];

describe("data that a container no longer mounts", () => {
    const directory = { volumes: [{ hostPath: "/srv", containerPath: "/data" }] };

    test.each<[string, Inputs, string[]]>([
        [
            "a directory",
            directory,
            [
                "directory `/srv` is no longer mounted at `/data`: its data is kept, but nothing uses it any more",
            ],
        ],
        ["a read-only directory", { volumes: [{ ...directory.volumes[0], readOnly: true }] }, []],
    ])("is at risk unless it is read-only: %s", (_, from, expected) => {
        expect(risks(component("WebApp", [CONTAINER, "it", "replace", from, {}]))).toEqual(expected);
    });

    test.each<[Operation, string]>([
        ["delete", "volume `it-volume` is deleted with all its data"],
        ["replace", "volume `it-volume` is deleted with all its data, and an empty one is created"],
    ])("is reported once if its volume is deleted too: %s", (operation, expected) => {
        // A state of version 0.1.0, whose command deletes the volume at once.
        const command = {
            delete: "docker service create; docker node update --label-rm drydock.data.data",
            triggers: ["data"],
        };
        const steps = component(
            "RedisService",
            [COMMAND, "it-volume", operation, command, { ...command, triggers: ["other"] }],
            [SERVICE, "it", "update", service("data"), service()],
        );
        expect(risks(steps)).toEqual([expected]);
    });

    test("is at risk if its volume stays, also in a state of version 0.1.0", () => {
        const volume = { name: "data", deletedAtOnce: true };
        const steps = component(
            "RedisService",
            [VOLUME, "it-data", "same", volume, volume],
            [CONTAINER, "it", "replace", { volumes }, {}],
        );
        expect(risks(steps)).toEqual([unmounted("data")]);
    });

    test("is at risk if only a container with the name of the volume is removed", () => {
        const removed = component("WebApp", [CONTAINER, "data", "delete", { name: "data" }, {}]);
        const steps = component("RedisService", [CONTAINER, "it", "replace", { volumes }, {}]);
        expect(
            risks([
                ...removed.map((step) => ({ ...step, operation: "delete" as const, urn: `${step.urn}2` })),
                ...steps,
            ]),
        ).toEqual([unmounted("data")]);
    });
});

describe("a volume that two processes share", () => {
    const mount = { volumes: [{ volumeName: "uploads", containerPath: "/uploads" }] };
    const web = (to: Inputs): Change => [CONTAINER, "it", "update", mount, to];

    test("is still used if one of them is removed", () => {
        const worker: Change = [CONTAINER, "it-worker", "delete", mount, {}];
        expect(risks(component("WebApp", web(mount), worker))).toEqual([]);
        expect(risks(component("WebApp", web({}), worker))).toContain(unmounted("uploads", "/uploads"));
    });

    test("is at risk if one of them no longer mounts it", () => {
        const worker: Change = [CONTAINER, "it-worker", "same", mount, mount];
        expect(risks(component("WebApp", web({}), worker))).toEqual([
            unmounted("uploads", "/uploads", "and other containers still use it"),
        ]);
    });
});

describe("a volume that several components share", () => {
    const volume = { name: "uploads" };
    const mount = { volumes: [{ volumeName: "uploads", containerPath: "/uploads" }] };
    const uploads = (change: Change[2]) =>
        component("Volume", [VOLUME, "it-data", change, volume, change === "delete" ? {} : volume]);
    const app = (name: string, to: Inputs) =>
        component("WebApp", [CONTAINER, name, "update", mount, to]).map((step) => ({
            ...step,
            urn: step.urn.replace("::it", `::${name}`),
        }));

    test("is still used if one of them no longer mounts it", () => {
        expect(risks([...uploads("same"), ...app("web", mount), ...app("front", {})])).toEqual([
            unmounted("uploads", "/uploads", "and other containers still use it"),
        ]);
    });
});

describe("a volume of a service on a Swarm", () => {
    const volume = {
        delete: "docker service create; docker node update --label-rm drydock.data.p",
        triggers: ["p"],
    };
    const update = (source?: string): Change => [SERVICE, "it", "update", service("p"), service(source)];

    test("is at risk if it is no longer mounted", () => {
        expect(risks(component("RedisService", update()))).toEqual([unmounted("p")]);
    });

    test("is not at risk if its name is unknown because the command of its node changes", () => {
        const steps = (operation: Operation) =>
            component("RedisService", [COMMAND, "it-data", operation, volume, volume], update(UNKNOWN));
        expect(risks(steps("update"))).toEqual([]);
        expect(risks(steps("same"))).toEqual([unmounted("p")]);
    });

    test("is no longer used if the label of the node becomes another volume's", () => {
        const label = (place: string) => ({
            environment: { PLACE: place, STACK_VOLUMES: "p" },
            triggers: ["p"],
        });
        const changed = summary(
            component(
                "RedisService",
                [COMMAND, "it-volume", "update", label("p"), label("q")],
                update(UNKNOWN),
            ),
        );
        expect(changed.risks.map((risk) => risk.description)).toEqual([unmounted("p")]);
        expect(changed.markdown).toContain("volume `p` → `q`: `p` is no longer used; its data is kept");
        const removed = component(
            "RedisService",
            [COMMAND, "it-volume", "delete", label("p"), {}],
            update(""),
        );
        expect(risks(removed)).toEqual([unmounted("p")]);
    });
});

describe("a move from a Swarm to a Docker Engine", () => {
    const data = service("data");
    const removed: Change = [SERVICE, "it", "delete", data, {}];
    const created: Change = [CONTAINER, "it-new", "create", {}, { volumes }];

    const MOVES =
        "it moves from the Swarm to a Docker Engine: its data is kept on the node that has it, and is used only if that node is this Docker Engine";

    test.each<[string, Change[], string[]]>([
        ["a service becomes a container", [removed, created], [MOVES]],
        ["a service stays", [[SERVICE, "it", "update", data, data], created], []],
        ["a service without data is removed", [[SERVICE, "it", "delete", {}, {}], created], []],
        ["a service becomes another service", [removed, [SERVICE, "it-new", "create", {}, data]], []],
        ["a service is removed", [removed], [unmounted("data")]],
        ["a container has no data", [removed, [CONTAINER, "it-new", "create", {}, {}]], [unmounted("data")]],
        [
            "a container was there before",
            [removed, [CONTAINER, "it-new", "same", { volumes }, { volumes }]],
            [],
        ],
        ["a container becomes another", [[CONTAINER, "it", "delete", { volumes }, {}], created], []],
    ])("is a risk only if the data may be on another machine: %s", (_, changes, expected) => {
        expect(risks(component("RedisService", ...changes))).toEqual(expected);
    });
});
