import { type Change, COMMAND, component, type Inputs, summary, TASK_CONTAINER } from "../steps.ts";

const LABELS = [
    { label: "drydock.component", value: "seed" },
    { label: "drydock.task", value: "seed" },
];
const container = (inputs: Inputs = {}): Inputs => ({
    image: "sha256:1",
    command: ["bin/seed"],
    labels: LABELS,
    ...inputs,
});
const run = (operation: Change[2]): Change => [COMMAND, "seed-run", operation, {}, {}];

describe("the summary of a task", () => {
    test("that is new says that it runs", () => {
        const steps = component(
            "Task",
            [TASK_CONTAINER, "seed-run", "create", {}, container()],
            run("create"),
        );
        expect(summary(steps).markdown).toContain("task `seed` runs |");
    });

    test("that runs again says why, without values of variables", () => {
        const [before, after] = [
            container({ envs: ["A=hunter1"], command: ["bin/seed"] }),
            container({ envs: ["A=hunter2", "B=hunter3"], command: ["bin/seed", "all"] }),
        ];
        const masked = (inputs: Inputs) => ({ ...inputs, envs: "[secret]" });
        const steps = (from: Inputs, to: Inputs) =>
            component("Task", [TASK_CONTAINER, "seed-run", "update", from, to], run("replace"));
        const { markdown } = summary(steps(masked(before), masked(after)), steps(before, after));
        expect(markdown).toContain("task `seed` runs again");
        expect(markdown).toContain("`seed`: new variable `B`<br>`seed`: changed variable `A`");
        expect(markdown).toContain("`seed`: `command` changes");
        expect(markdown).toContain("a task runs");
        expect(markdown).not.toContain("hunter");
    });

    test("that does not run says nothing, even if Drydock declares its container for the first time", () => {
        const steps = component("Task", [TASK_CONTAINER, "seed-run", "create", {}, container()], run("same"));
        expect(summary(steps).markdown).toContain("## No change to the environment");
    });

    test("says nothing about its other commands", () => {
        const steps = component("Task", [COMMAND, "seed-data-removal", "replace", {}, {}]);
        expect(summary(steps).markdown).not.toMatch(/task `|a task runs/);
    });

    test("does not take another component's command for a task", () => {
        const steps = component("WebApp", [COMMAND, "seed-run", "replace", {}, {}]);
        expect(summary(steps).markdown).not.toMatch(/task `|a task runs/);
    });
});
