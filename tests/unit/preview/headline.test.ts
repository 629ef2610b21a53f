import type { Operation, Step } from "../../../preview/events.ts";
import { COMMAND, component, CONTAINER, PASSWORD, summary, VOLUME } from "./steps.ts";

const NETWORK = "docker:index/network:Network";
const REPLACED = "**replaced**: removed, and made anew";

/** A resource that belongs to no component of Drydock. */
function lone(type: string, operation: Operation): Step {
    const state = { parent: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", inputs: {}, outputs: {} };
    const urn = `urn:pulumi:dev::shop::${type}::it`;
    return { operation, urn, type, name: "it", old: state, new: state };
}

describe("the headline counts", () => {
    test.each<[string, Operation, string, string]>([
        [CONTAINER, "create", "1 new", "is new"],
        [CONTAINER, "update", "1 changed in place", "changed in place, goes on running"],
        [CONTAINER, "replace", "1 restarted", "**restarts**"],
        [CONTAINER, "delete", "1 removed", "**is removed**"],
        [NETWORK, "replace", "1 replaced", `network \`it\` is replaced | ${REPLACED}`],
        [VOLUME, "replace", "1 replaced", `volume \`it\` is replaced | ${REPLACED}`],
        [PASSWORD, "replace", "1 replaced", `\`it\` is replaced | ${REPLACED}`],
        ["aws:s3/bucket:Bucket", "update", "1 changed in place", "nothing that shows"],
        ["aws:s3/bucket:Bucket", "replace", "1 replaced", `nothing that shows | ${REPLACED}`],
    ])("a %s outside of components: %s", (type, operation, counted, row) => {
        const { markdown } = summary([lone(type, operation)]);
        expect(markdown).toContain(`## Components: ${counted}\n`);
        expect(markdown).toContain(row);
        expect(markdown).not.toContain("Nothing that runs");
    });

    test("a component once, by the most that is done to it", () => {
        const steps = component(
            "PostgresService",
            [PASSWORD, "it-password", "replace", {}, {}],
            [CONTAINER, "it", "replace", {}, {}],
            [COMMAND, "it-data-removal", "update", {}, {}],
        );
        expect(summary(steps).markdown).toContain("## Components: 1 restarted\n");
    });

    test("a component of which only what shows nothing changes", () => {
        const { markdown } = summary(component("WebApp", [COMMAND, "it-image-removal", "update", {}, {}]));
        expect(markdown).toContain("## Components: 1 changed in place\n");
    });

    test("nothing, where nothing changes", () => {
        const { markdown } = summary([
            lone(CONTAINER, "same"),
            ...component("WebApp", [CONTAINER, "it", "same", {}, {}]),
        ]);
        expect(markdown).toContain("## No change to the environment\n\nNothing that runs would change.");
    });
});
