import type { Operation, Step } from "../../../../cli/pr/events.ts";
import { type Change, COMMAND, component, CONTAINER, PASSWORD, SERVICE, summary, VOLUME } from "./steps.ts";

const NETWORK = "docker:index/network:Network";
const REPLACED = "**replaced**: removed and created again";

/** A resource outside of components. */
function standalone(type: string, operation: Operation): Step {
    const state = { parent: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", inputs: {}, outputs: {} };
    const urn = `urn:pulumi:dev::shop::${type}::it`;
    return { operation, urn, type, name: "it", old: state, new: state };
}

describe("the headline counts", () => {
    test.each<[string, Operation, string, string]>([
        [CONTAINER, "create", "1 created", "created"],
        [CONTAINER, "update", "1 changed in place", "changed in place: keeps running"],
        [CONTAINER, "replace", "1 restarted", "**restarts**"],
        [CONTAINER, "delete", "1 removed", "**removed**"],
        [NETWORK, "replace", "1 replaced", `network \`it\` is replaced | ${REPLACED}`],
        [VOLUME, "replace", "1 replaced", `volume \`it\` is replaced | ${REPLACED}`],
        [PASSWORD, "replace", "1 replaced", `password \`it\` is replaced | ${REPLACED}`],
        ["aws:s3/bucket:Bucket", "update", "1 changed in place", "no visible change"],
        ["aws:s3/bucket:Bucket", "replace", "1 replaced", `no visible change | ${REPLACED}`],
    ])("a %s outside of components, operation %s", (type, operation, counted, row) => {
        const { markdown } = summary([standalone(type, operation)]);
        expect(markdown).toContain(`## Components: ${counted}\n`);
        expect(markdown).toContain(row);
    });

    test("a component once, by its most severe change", () => {
        const steps = component(
            "PostgresService",
            [PASSWORD, "it-password", "replace", {}, {}],
            [CONTAINER, "it", "replace", {}, {}],
            [COMMAND, "it-data-removal", "update", {}, {}],
        );
        const { markdown } = summary(steps);
        expect(markdown).toContain("## Components: 1 restarted\n");
        // The password is replaced, and not the component.
        expect(markdown).toContain("password `it-password` is replaced");
        expect(markdown).not.toContain("removed and created again");
    });

    test("a change of all replicas once, and a further replica", () => {
        const labels = (number: number) => ({
            labels: [{ label: "drydock.replica", value: String(number) }],
        });
        const steps = component(
            "WebApp",
            [CONTAINER, "it-2", "replace", { ...labels(2), user: "a" }, { ...labels(2), user: "b" }],
            [CONTAINER, "it", "replace", { user: "a" }, { user: "b" }],
            [CONTAINER, "it-3", "create", {}, labels(3)],
        );
        const { markdown } = summary(steps);
        expect(markdown).toContain("| `it`: user `a` → `b`<br>container `it-3` is created |");
    });

    test("a rolling update and a task that runs apart from changes in place", () => {
        const service = (image: string) => ({
            taskSpec: { containerSpec: { image } },
            updateConfig: { order: "start-first" },
        });
        const steps = [
            component("WebApp", [SERVICE, "it", "update", service("a"), service("b")]),
            component("Task", [COMMAND, "seed-run", "replace", {}, {}]),
        ];
        expect(summary(steps.flat()).markdown).toContain(
            "## Components: 1 with a rolling update, 1 with a task that runs\n",
        );
    });

    test.each<Operation>(["update", "replace"])(
        "a component that only has a change of a Command without a description: %s",
        (operation) => {
            const { markdown } = summary(component("WebApp", [COMMAND, "it-routes", operation, {}, {}]));
            expect(markdown).toContain("## Components: 1 changed in place\n");
        },
    );

    test.each<[string, string, string, [string, Operation][]]>([
        [
            "gets another container",
            "1 changed in place",
            "changed in place: keeps running",
            [
                ["it", "same"],
                ["it-2", "create"],
            ],
        ],
        [
            "loses one of its containers",
            "1 changed in place",
            "changed in place: keeps running",
            [
                ["it", "update"],
                ["it-2", "delete"],
            ],
        ],
        ["has no container", "1 started", "starts", [["it", "create"]]],
    ])("a component that %s", (_, counted, effect, containers) => {
        const steps = containers.map(([name, operation]): Change => [CONTAINER, name, operation, {}, {}]);
        const { markdown } = summary(component("WebApp", ...steps));
        expect(markdown).toContain(`## Components: ${counted}\n`);
        expect(markdown).toMatch(new RegExp(`\\| \\*\\*it\\*\\*.* \\| ${effect} \\|`));
    });

    test("nothing if nothing changes", () => {
        const { markdown } = summary([
            standalone(CONTAINER, "same"),
            ...component("WebApp", [CONTAINER, "it", "same", {}, {}]),
        ]);
        expect(markdown).toContain("## No change to the environment\n");
    });
});
