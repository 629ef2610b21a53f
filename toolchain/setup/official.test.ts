import { join } from "node:path";
import { ROOT, Sandbox } from "../../tests/unit/sandbox.ts";

describe("a pulumi on PATH", () => {
    const sandbox = new Sandbox();
    afterAll(() => {
        sandbox.dispose();
    });

    /** The executable in use, or the message of the set-up, if `pulumi version` runs this script. */
    function verdict(pulumi: string): string {
        sandbox.program("pulumi", pulumi);
        const { output } = sandbox.run(`
            . ${join(ROOT, "toolchain/setup/common.sh")}
            local_dir=clone
            . ${join(ROOT, "toolchain/setup/official.sh")}
            pulumi_version=3.259.0
            if official_on_path; then readlink "$official_bin/pulumi"; else echo "$official_ignored"; fi`);
        return output.replace(join(sandbox.dir, "bin/"), "").trim();
    }

    test.each(["v3.259.0", "3.259.0", "v3.300.1", "3.1000.0"])("is used if its version is %s", (version) => {
        expect(verdict(`echo ${version}`)).toBe("pulumi");
    });

    test.each([
        ["echo v3.258.9", "3.258.9"],
        ["echo 3.99.0", "3.99.0"],
        ["echo v4.0.0", "4.0.0"],
        ["echo 4.0.0", "4.0.0"],
        ["echo broken >&2; exit 1", "unknown"],
    ])("is ignored with a message for: %s", (pulumi, version) => {
        expect(verdict(pulumi)).toBe(
            `Ignoring pulumi: its version is ${version}, but the project needs 3.259.0 or a newer 3.x.`,
        );
    });
});
