import { join } from "node:path";
import { ROOT, Sandbox } from "../../tests/unit/sandbox.ts";

describe("the base images", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
    });
    afterEach(() => {
        sandbox.dispose();
    });

    /**
     * Provides redis:8, where Docker has an image that was built with this digest, was pulled, or is missing. Returns
     * the build command, if it was built.
     */
    function built(recipe: string | undefined): string | undefined {
        const redis = recipe === undefined ? "" : `echo ' redis:8 ${recipe}';`;
        sandbox.program(
            "docker",
            `case "$*" in *inspect*) echo ' debian:trixie-slim pulled'; ${redis} exit 1 ;; esac`,
        );
        const { code, output } = sandbox.run(`${join(ROOT, "toolchain/images/build.sh")} redis:8`, {
            DRYDOCK_TOOLCHAIN: "registries",
        });
        expect({ code, output }).toMatchObject({ code: 0 });
        return sandbox.calls().find((call) => call.startsWith("docker build"));
    }

    test("are rebuilt if their directory has changed", () => {
        const [, recipe = ""] = /--label drydock\.recipe=([0-9a-f]{12}) /.exec(built(undefined) ?? "") ?? [];
        expect(recipe).not.toBe("");
        expect(built(recipe)).toBeUndefined();
        expect(built("0123456789ab")).toContain(`drydock.recipe=${recipe} `);
    });

    test("are kept if they were not built here", () => {
        expect(built("pulled")).toBeUndefined();
    });

    test("that only tests use are built on demand", () => {
        sandbox.program(
            "docker",
            `case "$*" in *inspect*) printf ' debian:trixie-slim pulled\\n caddy:2 pulled\\n'; exit 1 ;; esac`,
        );
        const builds = (image: string) => {
            const script = join(ROOT, "toolchain/images/build.sh");
            const { code, output } = sandbox.run(`${script} ${image}`, { DRYDOCK_TOOLCHAIN: "registries" });
            expect({ code, output }).toMatchObject({ code: 0 });
            return [
                ...sandbox
                    .calls()
                    .join("\n")
                    .matchAll(/^docker build --tag (\S+)/gm),
            ].map(([, tag]) => tag);
        };
        expect(builds("")).toEqual(["redis:8", "postgres:17", "registry:2", "docker:28-cli"]);
        expect(builds("nginx:1.26")).toEqual(["nginx:1.26"]);
    });

    test("are not built on a full disk", () => {
        sandbox.program("docker", `case "$*" in info*) echo / ;; *inspect*) exit 1 ;; esac`);
        sandbox.program("id", "echo 0");
        sandbox.program("df", "echo; echo none 9 9 1048576 99% /");
        const { code, output } = sandbox.run(
            `${join(ROOT, "toolchain/images/build.sh")} debian:trixie-slim`,
            {
                DRYDOCK_TOOLCHAIN: "registries",
            },
        );
        expect(output).toContain(
            "/ has 1 GiB of free space, and building images needs 2: free up space, or remove unused images",
        );
        expect(code).toBe(1);
    });
});
