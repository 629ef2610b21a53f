import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { previewExistingStack } from "../../../../cli/pr/pulumi.ts";
import { revision } from "../../../../cli/pr/git.ts";
import { Sandbox } from "../../sandbox.ts";

describe("a preview of an existing stack on the local cluster", () => {
    const { env } = process;
    let sandbox: Sandbox;
    let root: string;
    beforeEach(() => {
        sandbox = new Sandbox();
        root = realpathSync(sandbox.dir);
        const { PATH, HOME } = { PATH: [join(root, "bin"), env.PATH].join(delimiter), HOME: root };
        process.env = { PATH, HOME };
        sandbox.write("shop/infra/Pulumi.yaml", "name: shop\nruntime: yaml\n");
        const git = (...args: string[]) =>
            execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
                cwd: join(root, "shop"),
            });
        git("init", "--quiet");
        git("add", ".");
        git("commit", "--quiet", "--message", "start");
    });
    afterEach(() => {
        process.env = env;
        sandbox.dispose();
    });

    test.each([
        ["the project", "infra/.drydock", ".drydock"],
        ["the repository", ".drydock", "../.drydock"],
    ])("finds its sockets in the .drydock of %s", async (_, directory, path) => {
        sandbox.write(`shop/${directory}/swarm/name`, "shop-swarm");
        sandbox.program("pulumi", `cat ${path}/swarm/name >>'${root}/found' || exit 1`);
        const infra = join(root, "shop/infra");
        const head = revision(infra, "HEAD");
        if (!head) throw new Error("there is no HEAD");
        await previewExistingStack(infra, head, "swarm");
        expect(sandbox.run("cat found").output).toContain("shop-swarm");
    });
});
