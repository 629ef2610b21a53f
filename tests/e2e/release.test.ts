import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { Clone } from "./clone.ts";

test("a dry run of a release has a version, a changelog and a package", async () => {
    const clone = new Clone();
    const { version: before } = readPackage(clone);
    const next = before.replace(
        /^(\d+)\.(\d+)\.\d+$/,
        (_, major, minor) => `${major}.${Number(minor) + 1}.0`,
    );
    const workflow = load(readFileSync(join(clone.dir, ".github/workflows/release.yml"), "utf8")) as {
        jobs: { release: { steps: { run?: string }[] } };
    };
    const script = workflow.jobs.release.steps.at(-1)?.run ?? "";
    const { code, output } = await clone.run(script, {
        INCREMENT: "minor",
        PUBLISH: "false",
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_REPOSITORY: "team/drydock",
    });
    expect(code === 0 ? "" : output).toBe("");
    expect(output).toContain(`+ pulumi-drydock@${next}`);
    expect(readPackage(clone)).toMatchObject({
        version: next,
        repository: { url: "git+https://github.example/team/drydock.git" },
    });
    expect(clone.shell("git log -1 --format='%s %D'")).toContain(`Release ${next} HEAD -> `);
    expect(clone.shell("git tag")).toBe(`v${next}\n`);
    const committed = clone.shell("git show HEAD:CHANGELOG.md");
    expect(committed).toMatch(new RegExp(`## \\[Unreleased\\]\n\n## \\[${next}\\] - \\d{4}-\\d\\d-\\d\\d\n`));
    for (const file of ["package.json", "policies/package.json", "provider/schema.json"])
        expect(clone.shell(`git show HEAD:${file}`)).toContain(`"version": "${next}"`);
    await clone.dispose();
});

test("publishing from another branch than the default one is refused before anything changes", async () => {
    const clone = new Clone();
    const { code, output } = await clone.run(".github/release.sh", {
        ...{ INCREMENT: "minor", PUBLISH: "true" },
        ...{ DEFAULT_BRANCH: "main", GITHUB_REF_NAME: "topic" },
    });
    expect({ code, output }).toMatchObject({ code: 1 });
    expect(output).toContain("Run the workflow on main: a version of topic cannot be published.");
    expect(clone.shell("git status --short && git tag")).toBe("");
    await clone.dispose();
});

function readPackage(clone: Clone) {
    return JSON.parse(readFileSync(join(clone.dir, "package.json"), "utf8")) as {
        version: string;
        repository?: { url: string };
    };
}
