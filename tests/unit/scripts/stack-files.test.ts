import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sandbox.ts";

describe("settings of stacks that git tracks", () => {
    const files = execFileSync("git", ["ls-files", "Pulumi.*.yaml", "**/Pulumi.*.yaml"], {
        cwd: ROOT,
        encoding: "utf8",
    })
        .split("\n")
        .filter((file) => file !== "" && existsSync(join(ROOT, file)));

    // Pulumi refuses to make the stack with any other passphrase than the one that the salt belongs to.
    test("bring no salt, unless they hold a secret", () => {
        const bound = files.filter((file) => {
            const text = readFileSync(join(ROOT, file), "utf8");
            return text.includes("encryptionsalt") && !text.includes("secure:");
        });
        expect(files).toContain("Pulumi.swarm.yaml");
        expect(bound).toEqual([]);
    });
});
