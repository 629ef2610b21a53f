import { FakeShell } from "../fake-shell.ts";

/** The function of components/engines/swarm/job.sh. */
describe("a job on a node of a Swarm", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        shell.command("sleep", "");
        shell.command(
            "docker",
            `printf '[%s]' "$@" >>calls; echo >>calls
             case "$1 $2" in
             "service create") echo job-1 ;;
             "service ps") head -n 1 states; [ "$(wc -l <states)" = 1 ] || sed -i.bak 1d states ;;
             "service logs") echo out; echo err >&2 ;;
             esac`,
        );
    });
    afterEach(() => {
        shell.remove();
    });
    const run = (...states: string[]) => {
        shell.write("states", states.map((state) => `${state}\n`).join(""));
        return shell.source("swarm/job.sh", "set -eu; run_job --user 0 image command", {});
    };

    test("runs to its end and is removed", () => {
        expect(run("New 1 second ago|", "Preparing 9 seconds ago|", "Complete 1 second ago|")).toEqual({
            status: 0,
            stdout: "out\n",
            stderr: "err\n",
        });
        const calls = shell.read("calls").split("\n");
        expect(calls[0]).toBe(
            "[service][create][--detach][--quiet][--no-resolve-image][--with-registry-auth][--mode][replicated-job]" +
                "[--restart-condition][none][--user][0][image][command]",
        );
        expect(calls.at(-2)).toBe("[service][rm][job-1]");
    });

    test("fails with the exit code of its container", () => {
        const { status, stderr } = run("Failed 1 second ago|task: non-zero exit (7)");
        expect(status).toBe(7);
        expect(stderr).toBe("err\nOn its node of the Swarm: Failed 1 second ago: task: non-zero exit (7)\n");
    });

    test("is stopped after its timeout, which begins when it runs", () => {
        shell.command("date", "echo $(($(wc -l <times) + 100)); echo >>times");
        shell.write("times", "");
        shell.write(
            "states",
            ["Preparing 1 second ago|", ...Array<string>(9).fill("Running 1 second ago|")]
                .map((state) => `${state}\n`)
                .join(""),
        );
        expect(shell.source("swarm/job.sh", "set -eu; job_timeout=3; run_job image", {})).toEqual({
            status: 124,
            stdout: "out\n",
            stderr: "err\nThe task did not end within its timeout of 3 s and was stopped.\n",
        });
        expect(shell.read("times")).toHaveLength(4);
        expect(shell.read("calls")).toContain("[service][rm][job-1]");
    });

    test.each([
        "Rejected 1 second ago|No such image: x",
        "Pending 2 minutes ago|no suitable node (1 node down)",
    ])("fails if it cannot start: %s", (state) => {
        const { status, stderr } = run(state);
        expect(status).toBe(1);
        expect(stderr).toContain(state.replace("|", ": "));
        expect(shell.read("calls")).toContain("[service][rm][job-1]");
    });
});
