import { type Change, COMMAND, component, type Inputs, summary, TASK_CONTAINER } from "./steps.ts";

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
        expect(summary(steps).markdown).not.toContain("runs again");
    });

    test("does not take another component's command for a task", () => {
        const steps = component("WebApp", [COMMAND, "seed-run", "replace", {}, {}]);
        expect(summary(steps).markdown).not.toContain("runs again");
    });
});

describe("the diagram", () => {
    const DB = "shop-dev-db";
    const drawn = (task: Inputs): string => {
        const database = component(
            "PostgresService",
            ["docker:index/network:Network", "db-network", "same", {}, { name: DB, labels: owner("db") }],
            [
                "docker:index/container:Container",
                "db",
                "same",
                {},
                { networksAdvanced: [{ name: DB }], labels: owner("db") },
            ],
        );
        const steps = component(
            "Task",
            [TASK_CONTAINER, "seed-run", "create", {}, container(task)],
            run("create"),
        );
        const others = database.map((step) => ({ ...step, urn: step.urn.replace("::it", "::db") }));
        return summary([...others, ...steps]).markdown;
    };
    const owner = (value: string) => [{ label: "drydock.component", value }];

    test("shows a task, and the variable of its link to a database", () => {
        const markdown = drawn({
            networksAdvanced: [{ name: DB }],
            envs: [`DATABASE_URL=postgres://app@${DB}:5432/app`],
        });
        expect(markdown).toContain('n_seed[/"seed<br>Task"/]');
        expect(markdown).toContain("n_seed -->|DATABASE_URL| n_db");
    });

    test("shows that a task reaches this machine", () => {
        const hosts = [{ host: "host.docker.internal", ip: "host-gateway" }];
        expect(drawn({ hosts })).toContain("n_seed --> host");
        expect(drawn({ hosts: [] })).not.toContain("n_seed --> host");
    });
});
