import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sandbox.ts";

describe("stack configuration files in git", () => {
    const files = execFileSync("git", ["ls-files", "Pulumi.*.yaml", "**/Pulumi.*.yaml"], {
        cwd: ROOT,
        encoding: "utf8",
    })
        .split("\n")
        .filter((file) => file !== "" && existsSync(join(ROOT, file)));

    // With a salt, Pulumi creates the stack only with the passphrase that the salt belongs to.
    test("have no encryption salt, unless they have a secret", () => {
        const bound = files.filter((file) => {
            const text = readFileSync(join(ROOT, file), "utf8");
            return text.includes("encryptionsalt") && !text.includes("secure:");
        });
        expect(files).toContain("Pulumi.swarm.yaml");
        expect(bound).toEqual([]);
    });
});
