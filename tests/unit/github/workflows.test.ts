import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { createProgram } from "../../../cli/main.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { ROOT } from "../sandbox.ts";

interface Step {
    uses?: string;
    with?: Record<string, unknown>;
    run?: string;
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
    const [main, preview] = [workflow("test"), workflow("preview")];

    test.each(["actions/cache/restore", "actions/cache/save"])("is that of main, in %s", (action) => {
        const cachesOf = (source: Workflow) =>
            stepsWith(action, source).map((step) => ({ uses: step.uses, with: step.with }));
        const [cache, ...others] = cachesOf(preview);
        expect(others).toEqual([]);
        expect(cachesOf(main)).not.toEqual([]);
        for (const cacheOfMain of cachesOf(main)) expect(cacheOfMain).toEqual(cache);
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

describe.each([
    ["action.yml", "--github --stack production --out", "pr"],
    ["comment/action.yml", "comment", "pr"],
])("the action in %s", (file, expected, verb) => {
    const { inputs, runs } = load(readFileSync(join(ROOT, file), "utf8")) as {
        inputs: Record<string, { default: string }>;
        runs: { steps: Step[] };
    };
    const directory = mkdtempSync(join(tmpdir(), "drydock-action-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    /** Runs the shell step of the action, with an npx that prints its arguments. */
    function command(input: string): string {
        const script = runs.steps.find(({ run }) => run !== undefined)?.run ?? "";
        writeFileSync(join(directory, "npx"), `#!/bin/sh\necho "npx $*"\n`, { mode: 0o755 });
        return spawnSync("bash", ["-eo", "pipefail", "-c", script], {
            encoding: "utf8",
            env: {
                PATH: `${directory}:${process.env.PATH ?? ""}`,
                GITHUB_ACTION_PATH: dirname(join(ROOT, file)),
                RUNNER_TEMP: directory,
                STACK: "production",
                COMMAND: input,
            },
        }).stdout;
    }

    test("runs its own version of the package, or the given command", () => {
        const words = `${verb} ${expected} ${directory}/`;
        expect(command("")).toContain(`npx --yes pulumi-drydock@${packageJson.version} ${words}`);
        expect(command("echo drydock")).toContain(`drydock ${words}`);
    });

    test("calls a verb and options that exist", () => {
        const options = createProgram()
            .commands.find((command) => command.name() === verb)
            ?.options.map(({ long }) => long);
        const used = [...command("").matchAll(/--(?!yes)\w+/g)].map(([option]) => option);
        expect(options).toEqual(expect.arrayContaining(used));
    });

    test("uses the artifact drydock-preview by default", () => {
        expect(inputs.artifact?.default).toBe("drydock-preview");
        expect(runs.steps.map((step) => step.with?.name)).toContain("${{ inputs.artifact }}");
    });
});

test("the workflows of this repository use its actions, with one artifact", () => {
    const uses = (name: string) =>
        Object.values(workflow(name).jobs)
            .flatMap(({ steps }) => steps)
            .filter((step) => step.uses?.startsWith("./"))
            .map((step) => [step.uses, step.with?.artifact]);
    expect(uses("preview")).toEqual([["./", "preview"]]);
    expect(uses("preview-comment")).toEqual([["./comment", "preview"]]);
    expect(workflow("preview").permissions).toEqual({ contents: "read" });
    expect(readFileSync(join(ROOT, ".github/workflows/preview.yml"), "utf8")).not.toContain("secrets.");
});
