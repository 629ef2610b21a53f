import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { ROOT } from "../scripts/sandbox.ts";

interface Step {
    uses?: string;
    with?: Record<string, unknown>;
}

interface Workflow {
    on: Record<string, { types: string[] }>;
    permissions: Record<string, string>;
    jobs: Record<string, { if?: string; steps: Step[] }>;
}

function workflow(name: string): Workflow {
    return load(readFileSync(join(ROOT, `.github/workflows/${name}.yml`), "utf8")) as Workflow;
}

function stepsWith(action: string, { jobs }: Workflow): Step[] {
    return Object.values(jobs)
        .flatMap(({ steps }) => steps)
        .filter(({ uses }) => uses?.startsWith(`${action}@`));
}

describe("the cache of a pull request", () => {
    const [test_, preview] = [workflow("test"), workflow("preview")];

    test.each(["actions/cache/restore", "actions/cache/save"])("is that of main, in %s", (action) => {
        expect(stepsWith(action, preview)).toEqual(stepsWith(action, test_));
        expect(stepsWith(action, preview)).toHaveLength(1);
    });

    test("is saved under the paths that it is restored from", () => {
        const paths = ["restore", "save"].flatMap((verb) =>
            stepsWith(`actions/cache/${verb}`, preview).map((step) => step.with?.path),
        );
        expect(new Set(paths).size).toBe(1);
    });
});

describe("the environment of a pull request", () => {
    const environment = workflow("environment");

    test("is taken down by code of the base, with a read-only token", () => {
        expect(environment.on.pull_request_target?.types).toEqual(["unlabeled", "closed"]);
        expect(environment.jobs.down?.if).toContain("github.event_name == 'pull_request_target' &&");
        expect(environment.jobs.up?.if).toContain("github.event_name == 'pull_request' &&");
        expect(stepsWith("actions/checkout", environment).filter((step) => step.with?.ref)).toEqual([]);
        expect(environment.permissions).toEqual({ contents: "read" });
    });

    test("is brought up only for an open pull request", () => {
        expect(environment.on.pull_request?.types).toEqual(["labeled", "synchronize", "reopened"]);
        expect(environment.jobs.up?.if).toContain("github.event.pull_request.state == 'open' &&");
    });
});
