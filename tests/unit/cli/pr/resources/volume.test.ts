import { componentsOf } from "../../../../../cli/pr/components.ts";
import { type Operation, withProtection } from "../../../../../cli/pr/events.ts";
import { analyze } from "../../../../../cli/pr/summary.ts";
import { describeVolume } from "../../../../../cli/pr/resources/volume.ts";
import { type Change, component, COMMAND, CONTAINER, type Inputs, risks, summary, VOLUME } from "../steps.ts";

describe("the description of a volume", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];

    test.each<[Operation, Inputs, Inputs, string, string[]]>([
        ["create", {}, b, "volume `it-data` is created", []],
        ["update", a, { ...a, labels: [] }, "volume `it-data` is updated", []],
        ["update", a, b, "volume `a` → `b`: `a` is no longer used; its data is kept", []],
        ["replace", a, b, "volume `a` → `b`: `a` is no longer used; its data is kept", []],
        ["delete", a, {}, "volume `a` is no longer used; its data is kept", []],
        ["replace", { ...a, deletedAtOnce: true }, b, "volume `it-data` is replaced", ["replaced"]],
        ["delete", { ...a, deletedAtOnce: true }, {}, "volume `it-data` is removed", []],
    ])("says what happens to it: %s of %j, now %j", (operation, from, to, sentence, effects) => {
        const steps = component("RedisService", [VOLUME, "it-data", operation, from, to]);
        const [owner] = componentsOf({ steps, violations: [], errors: [] });
        const [, step] = steps;
        expect(step && owner && describeVolume(step, owner)).toEqual({ sentences: [sentence], effects });
    });
});

describe("the protection of a volume", () => {
    const steps = (before: boolean, after: boolean) =>
        component(
            "RedisService",
            [VOLUME, "it-data", "same", {}, {}],
            [COMMAND, "it-data-removal", "same", {}, {}],
        ).map(({ old, new: next, ...step }) => ({
            ...step,
            old: old && { ...old, protect: before },
            new: next && { ...next, protect: after },
        }));

    test.each([
        [true, false, "volume `it-data` is no longer protected from deletion"],
        [false, true, "volume `it-data` is now protected from deletion"],
    ])("is a change: %s, now %s", (before, after, sentence) => {
        const { markdown, risks } = summary(steps(before, after));
        expect(markdown).toContain("## Components: 1 changed in place\n");
        expect(markdown).toContain(`| ${sentence} | changed in place: keeps running |`);
        expect(risks).toEqual([]);
    });

    test("of a throwaway stack, whose state protects nothing, is that of the base", () => {
        const [, volume] = steps(false, true);
        const plan = { steps: steps(false, true), violations: [], errors: [] };
        const headline = (urns: string[]) => analyze(withProtection(plan, urns), plan).headline;
        expect(headline([volume?.urn ?? ""])).toBe("No change to the environment");
        expect(headline([])).toBe("Components: 1 changed in place");
    });

    test("that stays is not", () => {
        expect(summary(steps(true, true)).markdown).toContain("## No change to the environment\n");
    });
});

test("a volume that several components mount is deleted with its component, once", () => {
    const volume = { name: "uploads" };
    const mount = { volumes: [{ volumeName: "uploads", containerPath: "/uploads" }] };
    const removed = component("Volume", [VOLUME, "it-data", "delete", volume, {}]).map((step) => ({
        ...step,
        operation: "delete" as const,
    }));
    const web = component("WebApp", [CONTAINER, "web", "update", mount, {}]).map((step) => ({
        ...step,
        urn: step.urn.replace("::it", "::web"),
    }));
    const { markdown, risks: found } = summary([...removed, ...web]);
    expect(found.map(({ description }) => description)).toEqual([
        "volume `it-data` is deleted with all its data",
    ]);
    expect(markdown).toContain("| **it**<br>Volume | volume `it-data` is removed | **removed** |");
});

test("a component Volume is described by its volume in Docker", () => {
    const steps = component("Volume", [VOLUME, "it-data", "create", {}, { name: "a" }]);
    const [owner] = componentsOf({ steps, violations: [], errors: [] });
    const [own] = steps;
    expect(own && owner && describeVolume(own, owner)).toEqual({ sentences: [], effects: [] });
});

describe("a volume on a Docker Engine", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];
    const mount = ({ name }: { name: string }) => ({
        volumes: [{ volumeName: name, containerPath: "/data" }],
    });
    const container: Change = [CONTAINER, "it", "replace", mount(a), mount(b)];
    const STAYS =
        "volume `a` is no longer mounted at `/data`: its data is kept, but nothing uses it any more";

    test.each<[string, Change]>([
        ["replaced", [VOLUME, "it-volume", "replace", a, b]],
        ["deleted", [VOLUME, "it-data", "delete", a, {}]],
    ])("is kept if it is %s in the state, and is named", (_, change) => {
        const { markdown, risks } = summary(component("RedisService", change, container));
        expect(risks.map(({ description }) => description)).toEqual([STAYS]);
        expect(markdown).toMatch(/volume `a` (→ `b`: `a` )?is no longer used; its data is kept/);
    });

    test("is deleted with its component", () => {
        const steps = component("RedisService", [VOLUME, "it-data", "delete", a, {}]);
        const removed = steps.map((step) => ({ ...step, operation: "delete" as const }));
        expect(risks(removed)).toEqual(["volume `it-data` is deleted with all its data"]);
    });

    test.each<[Operation, Inputs]>([
        ["create", {}],
        ["same", { ...a, deletedAtOnce: true }],
        ["update", { ...a, deletedAtOnce: true }],
    ])("is not at risk if the operation is %s", (operation, from) => {
        expect(risks(component("RedisService", [VOLUME, "it-data", operation, from, a]))).toEqual([]);
    });

    describe("with a command of version 0.1.0 in the state", () => {
        const name = "old-removal-it-removal";
        const command = { delete: "docker volume rm ...", environment: { VOLUME: "it.storage" } };
        const AT_RISK = ["volume `old-removal-it` is deleted with all its data"];

        test.each<[string, Change, string[]]>([
            ["it is deleted", [COMMAND, name, "delete", command, {}], AT_RISK],
            ["it is replaced", [COMMAND, name, "replace", command, command], AT_RISK],
            ["it is updated", [COMMAND, name, "update", command, command], []],
            ["it is of a newer version", [COMMAND, name, "delete", { ...command, stdin: "..." }, {}], []],
            ["it removes no volume", [COMMAND, name, "delete", { delete: "rm x" }, {}], []],
            ["it is new", [COMMAND, name, "create", {}, command], []],
        ])("is deleted at once only by this command: %s", (_, change, expected) => {
            expect(risks(component("WebApp", change))).toEqual(expected);
        });

        test("is no risk of its own if the component is removed", () => {
            const steps = component("WebApp", [COMMAND, name, "delete", command, {}]);
            expect(risks(steps.map((step) => ({ ...step, operation: "delete" as const })))).toEqual([]);
        });
    });
});

describe("a volume on a Swarm", () => {
    const keep = (remove: string) => ({ delete: `${remove} --label-rm drydock.data.p`, triggers: ["p"] });
    const [directory, volume] = [
        keep("docker node update"),
        keep("docker service create; docker node update"),
    ];

    test("is not at risk if the label of a directory is removed", () => {
        expect(risks(component("RedisService", [COMMAND, "it-data", "delete", directory, {}]))).toEqual([]);
    });

    test("is at risk if a directory replaces it", () => {
        expect(risks(component("RedisService", [COMMAND, "it-data", "replace", volume, directory]))).toEqual([
            "volume `it-data` is deleted with all its data, and an empty one is created",
        ]);
    });

    const label = {
        delete: "docker service create; docker node update --label-rm drydock.data.shop.prod.web",
        triggers: ["shop.prod.web"],
    };

    test.each<[Operation, Inputs, Inputs, string]>([
        ["delete", label, {}, "volume `web-data` is deleted with all its data"],
        [
            "replace",
            label,
            { ...label, triggers: ["other"] },
            "volume `web-data` is deleted with all its data, and an empty one is created",
        ],
    ])("is at risk if the command of its node is to %s", (operation, from, to, expected) => {
        const { risks } = summary(component("PostgresService", [COMMAND, "web-data", operation, from, to]));
        expect(risks.map(({ description }) => description)).toEqual([expected]);
    });

    test.each([
        ["shop.prod.web", "", ["volume `web-data` is deleted with all its data"]],
        ["uploads", "", []],
        [
            "uploads",
            "shop.prod.web",
            ["an earlier volume `shop.prod.web`, if there is one, is deleted with all its data"],
        ],
    ])("is deleted with its component only if its name is generated: %s", (name, former, expected) => {
        const environment = { PLACE: name, STACK_VOLUMES: "shop.prod.", FORMER_VOLUME: former };
        const removed = component("RedisService", [COMMAND, "web-data", "delete", { environment }, {}]).map(
            (step) => ({ ...step, operation: "delete" as const }),
        );
        expect(risks(removed)).toEqual(expected);
    });

    test("that the user has named is kept with earlier ones while its component exists", () => {
        const environment = { PLACE: "uploads", STACK_VOLUMES: "shop.prod.", FORMER_VOLUME: "shop.prod.web" };
        expect(
            risks(component("RedisService", [COMMAND, "web-data", "delete", { environment }, {}])),
        ).toEqual([]);
    });

    test("is not at risk if another command is deleted", () => {
        const { risks } = summary(
            component("WebApp", [COMMAND, "web-image-start", "delete", { create: "x" }, {}]),
        );
        expect(risks).toEqual([]);
    });
});
