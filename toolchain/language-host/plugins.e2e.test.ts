import { COMPONENT, POLICY_PACK, PULUMI } from "./test-projects.ts";
import { removeProjects, withProject, write } from "./testing.ts";

afterAll(removeProjects);

describe("a plugin in JavaScript", () => {
    test.concurrent("runs a dynamic provider", () =>
        withProject(
            {
                "index.js": `${PULUMI}
                    const provider = {
                        create: async ({ value }) => ({ id: "one", outs: { twice: 2 * value } }),
                        delete: async () => console.log("deleted one"),
                    };
                    class Doubled extends pulumi.dynamic.Resource {}
                    exports.twice = new Doubled(provider, "doubled", { value: 21, twice: undefined }).twice;`,
            },
            async (project) => {
                expect(await project.succeed("up", "--yes", "--skip-preview")).toContain("twice: 42");
                expect(await project.succeed("destroy", "--yes", "--skip-preview")).toContain("deleted one");
            },
        ));

    test.concurrent("runs a component provider from its source directory", () =>
        withProject(COMPONENT, async (project) => {
            expect(await project.succeed("up", "--yes", "--skip-preview")).toContain(
                'greeting: "hello world"',
            );
        }));

    test.concurrent("runs a policy pack with the stack, and reports if it cannot start", () =>
        withProject(POLICY_PACK, async (project) => {
            const preview = (kind: string) =>
                project.pulumi(
                    "preview",
                    "--policy-pack=pack",
                    "--config=team=harbour",
                    `--config=kind=${kind}`,
                );

            const refused = await preview("Forbidden");
            expect(refused.stdout).toContain("forbidden in app/dev/harbour");
            expect(refused).toFail();

            write(project.directory, { "pack/index.js": "throw new Error('no such policy')" });
            const broken = await preview("Allowed");
            expect(broken.stdout).toContain("no such policy");
            expect(broken.stderr).toContain("the policy pack has exited; see its output");
        }));
});
