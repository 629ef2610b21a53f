import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runMain } from "../run-main.ts";

describe("the summary of `drydock pr`", () => {
    const { env } = process;
    let root: string;
    const write = (path: string, content: string) => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), content);
    };

    beforeEach(() => {
        root = realpathSync(mkdtempSync(join(tmpdir(), "drydock-pr-")));
        write("bin/pulumi", "#!/bin/sh\n");
        chmodSync(join(root, "bin/pulumi"), 0o755);
        write("infra/Pulumi.yaml", "name: shop\nruntime: yaml\n");
        process.env = { PATH: [join(root, "bin"), env.PATH].join(delimiter), HOME: root };
    });
    afterEach(() => {
        process.env = env;
        rmSync(root, { recursive: true });
    });

    test.each([
        ["the repository, which has the state", ".drydock"],
        ["the project", "infra/.drydock"],
    ])("is in the .drydock of %s, and none of an earlier run stays", async (_, directory) => {
        mkdirSync(join(root, directory, "state"), { recursive: true });
        write(`${directory}/preview.md`, "of an earlier run");
        const { code, err } = await runMain(join(root, "infra"), ["pr", "--head", "none", "--stack", "dev"]);
        expect(err).toContain("--head is none, which git does not know");
        expect(code).toBe(2);
        expect(existsSync(join(root, directory, "preview.md"))).toBe(false);
        expect(existsSync(join(root, directory, "state"))).toBe(true);
    });
});
