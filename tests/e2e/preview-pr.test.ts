import { DEV } from "./preview-branches.ts";
import { Clone } from "./clone.ts";
import { soakTest } from "./soak-test.ts";

describe("make preview-pr", () => {
    const clone = new Clone();
    afterAll(() => clone.dispose());

    /** Expects that nothing is left of the throwaway stack named in the output. */
    function expectRemoved(output: string): void {
        const [, stack] = /Bringing up an environment of .*: the stack (\S+)/.exec(output) ?? [];
        expect(stack).toMatch(/^preview-/);
        expect(clone.shell(`docker ps --all --quiet --filter label=drydock.stack=${stack}`)).toBe("");
        expect(clone.shell(`docker volume ls --quiet --filter label=drydock.stack=${stack}`)).toBe("");
        expect(clone.shell("git worktree list | wc -l").trim()).toBe("1");
    }

    function commit(from: string, to: string): void {
        clone.shell("git checkout --quiet .");
        clone.edit(DEV, from, to);
        clone.commit("change");
    }

    test("writes a summary of uncommitted changes, accepts data loss, and removes its environment", async () => {
        // The throwaway stack is removed although its data is protected.
        commit("    const web =", '    new RedisService("kept", { protectData: true });\n    const web =');
        clone.edit(
            DEV,
            'new RedisService("cache", {',
            'new RedisService("cache", { volume: "other-of-preview-pr",',
        );
        // The base has a commit that the branch does not have.
        clone.shell(
            "git branch ahead $(git -c user.name=t -c user.email=t@t commit-tree -p HEAD -m ahead HEAD^{tree})",
        );
        // The user's passphrase belongs to another backend.
        const env = { ARGS: "--accept-data-loss", PULUMI_CONFIG_PASSPHRASE: "of-the-team" };
        const accepted = await clone.run("make preview-pr BASE=ahead", env);
        expect(accepted).toSucceed();
        const summary = clone.shell("cat .drydock/preview.md");
        expect(summary).toMatch(
            /> - \*\*cache\*\*: volume `drydock\.preview-\S+\.cache` is no longer mounted at `\/data`: its data is kept/,
        );
        expect(summary).toMatch(
            /Compares an environment of \w+, where the branch left ahead \(.*\) with the working tree; took \d+ s/,
        );
        expect(summary).toContain("This pull request accepts the data loss.");
        // The base protects it too.
        expect(summary).not.toContain("protected from deletion");
        expectRemoved(accepted.output);
        clone.shell("git reset --quiet --hard HEAD^");
    });

    soakTest(
        "previews an existing stack without changing it, and exits with 3 if data is at risk",
        async () => {
            // In a shell that has sourced ./env, which sets the location of the state.
            const make = (target: string, args = "") =>
                clone.run(`. ./env; make ${target} STACK=pr-77 ${args}`);
            clone.shell("git checkout --quiet .");
            expect(await make("up")).toSucceed();
            const state = () => clone.shell("cat .drydock/state/.pulumi/stacks/drydock/pr-77.json");
            const before = state();
            clone.edit(DEV, 'config.require("memory")', '"256m"');
            clone.edit(DEV, 'new PostgresService("db", {', 'new PostgresService("db", { volume: "other",');
            const { output } = await make("preview-pr", "BASE=HEAD ARGS=--existing");
            expect(output).toContain("Error 3");
            const summary = clone.shell("cat .drydock/preview.md");
            expect(summary).toContain("memory in MiB `512` → `256`");
            expect(summary).toContain("> - **db**: volume `drydock.pr-77.db` is no longer mounted");
            expect(summary).toContain("Compares the stack pr-77 with");
            expect(state()).toBe(before);

            clone.shell("git checkout --quiet .");
            expect(await make("down")).toSucceed();
            expect(clone.shell("docker ps --all --quiet --filter label=drydock.stack=pr-77")).toBe("");
            expect(clone.shell("git status --porcelain")).not.toContain("pr-77");
        },
    );

    soakTest("removes its environment when it is interrupted", async () => {
        const interrupted = clone.start("exec make preview-pr BASE=HEAD");
        await interrupted.waitForOutput("Container db created");
        interrupted.kill("SIGTERM");
        const { output } = await interrupted.ended;
        expect(output).toContain("Removing the environment");
        expectRemoved(output);
    });

    soakTest("refuses a base that would use an existing volume, and keeps the volume", async () => {
        const volume = `others-of-preview-pr-${process.pid}`;
        clone.shell(`docker volume create ${volume}`);
        commit('new RedisService("cache", {', `new RedisService("cache", { volume: "${volume}",`);
        try {
            const { output } = await clone.run("make preview-pr BASE=HEAD");
            expect(output).toContain("Error 2");
            expect(clone.shell("cat .drydock/preview.md")).toContain(
                `the volume ${volume} already exists and does not belong to this stack`,
            );
            expect(output).not.toContain("Container cache created");
            expectRemoved(output);
            expect(clone.shell("docker volume ls --quiet")).toContain(volume);
        } finally {
            clone.shell(`docker volume rm ${volume} && git reset --quiet --hard HEAD^`);
        }
    });

    test.each([
        ["STACK=swarm", "it runs on a Swarm, which may have other machines"],
        ["STACK=far", "its Docker host is ssh://one, which is not a socket of this machine"],
    ])(
        "refuses %s, which is not on this machine's Docker, before it creates anything",
        async (args, expected) => {
            clone.shell("printf 'config:\n  docker:host: ssh://one\n' >Pulumi.far.yaml");
            const { output } = await clone.run(`make preview-pr BASE=HEAD ${args}`);
            expect(output).toContain(expected);
            expect(output).toContain("Error 2");
            expect(output).not.toContain("Bringing up");
            expect(clone.shell("git worktree list | wc -l").trim()).toBe("1");
        },
    );

    test.each([
        ["BASE=nowhere", "--base is nowhere, which git does not know"],
        ["BASE=HEAD HEAD=nowhere", "--head is nowhere, which git does not know"],
    ])("refuses %s", async (args, expected) => {
        const { output } = await clone.run(`make preview-pr ${args}`);
        expect(output).toContain(expected);
        expect(output).toContain("Error 2");
    });
});
