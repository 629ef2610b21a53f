import { LATER, MASK, type Plan } from "../../../preview/events.ts";
import { engineRisks } from "../../../preview/risk.ts";
import { opened } from "../../../preview/secrets.ts";
import {
    type Change,
    component,
    COMMAND,
    CONTAINER,
    type Inputs,
    PASSWORD,
    risks,
    SERVICE,
    summary,
    VOLUME,
} from "./steps.ts";

describe("a password", () => {
    const FILE = "/run/drydock/redis-password";
    const container = (from?: string, to?: string): Change => {
        const uploads = (content?: string) => ({
            uploads: content === undefined ? [] : [{ file: FILE, content }],
        });
        return [CONTAINER, "it", "replace", uploads(from), uploads(to)];
    };
    const CHANGES = "its password changes: whoever holds the old one is locked out";

    test.each<[string, Change[], string[]]>([
        ["that is given is another", [container("rum", "gin")], [CHANGES]],
        [
            "that was given is generated",
            [[PASSWORD, "it-password", "create", {}, {}], container("rum", LATER)],
            [CHANGES],
        ],
        [
            "that was generated is given",
            [[PASSWORD, "it-password", "delete", {}, {}], container("rum", "gin")],
            [CHANGES],
        ],
        [
            "is asked for, where there was none",
            [[PASSWORD, "it-password", "create", {}, {}], container(undefined, LATER)],
            ["it asks for a password now: whoever has none is locked out"],
        ],
        ["is asked for no more", [container("rum", undefined)], [CHANGES]],
        [
            "that is generated is made anew",
            [[PASSWORD, "it-password", "replace", {}, {}], container("rum", LATER)],
            ["its password is made anew: whoever holds the old one is locked out"],
        ],
        ["stays", [[PASSWORD, "it-password", "same", {}, {}], container("rum", "rum")], []],
    ])("%s", (_, changes, expected) => {
        expect(risks(component("RedisService", ...changes))).toEqual(expected);
    });
});

describe("a database that is renamed", () => {
    const step = (from: Inputs, to: Inputs) =>
        component("PostgresService", [CONTAINER, "it", "replace", from, to]);
    const named = (name: string): Inputs => ({ envs: [`POSTGRES_DB=${name}`, "POSTGRES_USER=app"] });
    const END = "which the data does not have: it is made, and the one before is left behind";

    test("is told with its names", () => {
        expect(risks(step(named("a"), named("b")))).toEqual([`database \`a\` becomes \`b\`, ${END}`]);
    });

    test.each<[string, Inputs, Inputs]>([
        ["both", { envs: MASK }, { envs: MASK }],
        ["the new one", named("a"), { envs: MASK }],
        ["the one before", { envs: MASK }, named("b")],
    ])("is told without names, where %s is secret", (_, from, to) => {
        expect(risks(step(from, to), step(named("a"), named("b")))).toEqual([
            `database becomes another, ${END}`,
        ]);
    });

    test("is not told of where its secret name stays", () => {
        expect(risks(step({ envs: MASK }, { envs: MASK }), step(named("a"), named("a")))).toEqual([]);
    });
});

describe("a volume that two processes share", () => {
    const mount = { volumes: [{ volumeName: "uploads", containerPath: "/uploads" }] };
    const web = (to: Inputs): Change => [CONTAINER, "it", "update", mount, to];

    test("is used still, where one of them is removed", () => {
        const worker: Change = [CONTAINER, "it-worker", "delete", mount, {}];
        expect(risks(component("WebApp", web(mount), worker))).toEqual([]);
        expect(risks(component("WebApp", web({}), worker))).toContain(
            "volume `uploads` is no longer at `/uploads`: its data stays, and is not used any more",
        );
    });

    test("is at risk, where one of them goes on without it", () => {
        const worker: Change = [CONTAINER, "it-worker", "same", mount, mount];
        expect(risks(component("WebApp", web({}), worker))).toEqual([
            "volume `uploads` is no longer at `/uploads`: its data stays, and others use it still",
        ]);
    });
});

describe("data on a node of a Swarm", () => {
    const keep = (remove: string) => ({ delete: `${remove} --label-rm drydock.data.p`, triggers: ["p"] });
    const [directory, volume] = [
        keep("docker node update"),
        keep("docker service create; docker node update"),
    ];

    test("is not at risk, where a directory's mark goes", () => {
        expect(risks(component("RedisService", [COMMAND, "it-data", "delete", directory, {}]))).toEqual([]);
    });

    test("is at risk, where a directory takes the place of a volume", () => {
        expect(risks(component("RedisService", [COMMAND, "it-data", "replace", volume, directory]))).toEqual([
            "volume `it-data` is deleted and made anew, empty",
        ]);
    });

    test("is not at risk, where its volume's name is not known yet, as its script changes", () => {
        const service = (source: string) => ({
            taskSpec: { containerSpec: { mounts: [{ type: "volume", source, target: "/data" }] } },
        });
        const steps = (data: Change[2]) =>
            component(
                "RedisService",
                [COMMAND, "it-data", data, volume, volume],
                [SERVICE, "it", "update", service("p"), service(LATER)],
            );
        expect(risks(steps("update"))).toEqual([]);
        expect(risks(steps("same"))).toHaveLength(1);
    });

    test("is not used any more, where the mark becomes another volume's", () => {
        const mark = (place: string) => ({
            environment: { PLACE: place, STACK_VOLUMES: "p" },
            triggers: ["p"],
        });
        const service = (source: string) => ({
            taskSpec: { containerSpec: { mounts: [{ type: "volume", source, target: "/data" }] } },
        });
        const changed = summary(
            component(
                "RedisService",
                [COMMAND, "it-volume", "update", mark("p"), mark("q")],
                [SERVICE, "it", "update", service("p"), service(LATER)],
            ),
        );
        const what = "volume `p` is no longer at `/data`: its data stays, and is not used any more";
        expect(changed.risks.map((risk) => risk.what)).toEqual([what]);
        expect(changed.markdown).toContain("volume `p` → `q`: the data of the first stays");
        const removed = component(
            "RedisService",
            [COMMAND, "it-volume", "delete", mark("p"), {}],
            [SERVICE, "it", "update", service("p"), service("")],
        );
        expect(risks(removed)).toEqual([what]);
    });
});

describe("another Docker Engine", () => {
    const urn = "urn:pulumi:prod::shop::pulumi:providers:docker::default_5_2_0";
    const moved = (from: Inputs, to: Inputs) => {
        const state = (inputs: Inputs) => ({ inputs, outputs: {} });
        return [
            {
                operation: "update" as const,
                urn,
                type: "pulumi:providers:docker",
                name: "default",
                old: state(from),
                new: state(to),
            },
        ];
    };
    const RISK = {
        component: "environment",
        what: "it moves to another Docker Engine; its data stays on the old one",
    };

    test.each<[Inputs, Inputs, object[]]>([
        [{}, { host: "ssh://other" }, [RISK]],
        [{ host: "ssh://one" }, { host: "ssh://other" }, [RISK]],
        [{ host: "ssh://one" }, { host: "ssh://one", context: "other" }, [RISK]],
        [{}, { host: "unix:///var/run/docker.sock" }, []],
        [{ version: "1" }, { version: "2" }, []],
        [{ context: "a", host: "ssh://one" }, { context: "a", host: "ssh://other" }, []],
    ])("from %j to %j", (from, to, expected) => {
        expect(engineRisks(moved(from, to))).toEqual(expected);
    });

    test("is seen of a provider that the engine tells nothing of", () => {
        const plan: Plan = { steps: [], violations: [], errors: [] };
        const state = { deployment: { resources: [{ urn, inputs: { host: "ssh://one" } }] } };
        const file = (inputDiff: object) => ({ resourcePlans: { [urn]: { goal: { inputDiff } } } });
        const risksWith = (difference: object) =>
            engineRisks(opened(plan, JSON.stringify(state), JSON.stringify(file(difference))).steps);
        expect(risksWith({ updates: { host: "ssh://other" } })).toEqual([RISK]);
        expect(risksWith({})).toEqual([]);
    });

    test("is no change to nothing, and is not written out", () => {
        const { markdown } = summary(moved({}, { host: "ssh://other" }));
        expect(markdown).toContain(`> - **environment**: ${RISK.what}`);
        expect(markdown).not.toMatch(/No change to the environment|Nothing that runs|ssh:/);
    });
});

describe("a volume on a Docker Engine", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];
    const mount = ({ name }: { name: string }) => ({
        volumes: [{ volumeName: name, containerPath: "/data" }],
    });
    const container: Change = [CONTAINER, "it", "replace", mount(a), mount(b)];
    const STAYS = "volume `a` is no longer at `/data`: its data stays, and is not used any more";

    test.each<[string, Change]>([
        ["replaced", [VOLUME, "it-volume", "replace", a, b]],
        ["deleted", [VOLUME, "it-data", "delete", a, {}]],
    ])("stays where the provider's is %s, and is named", (_, change) => {
        const { markdown, risks } = summary(component("RedisService", change, container));
        expect(risks.map(({ what }) => what)).toEqual([STAYS]);
        expect(markdown).toMatch(
            /volume `a` (is not used any more, and stays|→ `b`: the data of the first stays)/,
        );
    });

    test("goes with its component", () => {
        const steps = component("RedisService", [VOLUME, "it-data", "delete", a, {}]);
        const removed = steps.map((step) => ({ ...step, operation: "delete" as const }));
        expect(risks(removed)).toEqual(["volume `it-data` is deleted, with all its data"]);
    });

    test("goes at once where a script of version 0.1.0 is in the state", () => {
        const script = { delete: 'docker volume rm "$VOLUME" >/dev/null' };
        expect(risks(component("WebApp", [COMMAND, "it-storage-removal", "delete", script, {}]))).toEqual([
            "volume `it-storage` is deleted, with all its data",
        ]);
    });
});
