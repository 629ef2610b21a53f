import { Sandbox } from "../../sandbox.ts";
import { runStep } from "../run-step.ts";

describe("after a failed update", () => {
    const sandbox = new Sandbox();
    afterAll(() => {
        sandbox.dispose();
    });

    const container = (name: string, state: object, more: object = {}) => ({
        Id: name,
        Name: `/shop-dev-${name}`,
        RestartCount: 0,
        Config: {},
        HostConfig: { Memory: 0 },
        State: { Status: "running", ExitCode: 0, OOMKilled: false, ...state },
        ...more,
    });

    /** The report about these containers, which all have the same log. */
    async function report(...containers: object[]): Promise<string> {
        sandbox.program("pulumi", `echo '${JSON.stringify({ deployment: {} })}'`);
        const backtrace = "\\tfrom /gems/x.rb:1:in y\\n".repeat(40);
        sandbox.program(
            "docker",
            `case $1 in
ps) printf '1\\n' ;;
inspect) echo '${JSON.stringify(containers)}' ;;
logs) printf 'Read-only file system (Errno::EROFS)\\n${backtrace}' >&2; echo bye ;;
esac`,
        );
        const { output } = await runStep(sandbox, "explain", "shop");
        expect(sandbox.calls()).toContain(
            "docker ps --all --quiet --no-trunc --filter label=drydock.project=shop --filter label=drydock.stack=dev",
        );
        return output;
    }

    test("an unhealthy container is reported with its last health check and the end of its log", async () => {
        const health = {
            Status: "unhealthy",
            Log: [{ Output: "first" }, { Output: "GET /up answers 403.\n" }],
        };
        expect(await report(container("web", { Health: health }))).toContain(`
✗ container shop-dev-web is unhealthy
  its last health check printed: GET /up answers 403.
  the last lines of its log, without backtraces:
    Read-only file system (Errno::EROFS)
    bye
`);
    });

    test.each<[string, object]>([
        [
            "container shop-dev-a keeps restarting: it exits with code 3",
            container("a", { Status: "restarting", ExitCode: 3 }),
        ],
        [
            "keeps restarting: it exits with code 0 (success: its command must stay in the foreground)",
            container("a", { Status: "restarting" }),
        ],
        ["container shop-dev-a exited with code 7", container("a", { Status: "exited", ExitCode: 7 })],
        [
            "was killed because it used more than its memory limit of 64 MiB (OOMKilled). Raise `memory`",
            container(
                "a",
                { Status: "restarting", ExitCode: 137, OOMKilled: true },
                { HostConfig: { Memory: 1 << 26 } },
            ),
        ],
        [
            "is not healthy yet, and was restarted 2 times",
            container("a", { Health: { Status: "starting", Log: null } }, { RestartCount: 2 }),
        ],
        [
            "is not healthy yet, and was restarted 1 time\n",
            container("a", { Health: { Status: "starting", Log: null } }, { RestartCount: 1 }),
        ],
    ])("the report says: %s", async (sentence, failed) => {
        expect(await report(failed)).toContain(sentence);
    });

    test("a container that Docker cannot start is reported without the log of the last time", async () => {
        const output = await report(
            container("web", { Status: "exited", ExitCode: 128, Error: "bind: address already in use" }),
        );
        expect(output).toContain("container shop-dev-web cannot be started: bind: address already in use");
        expect(output).not.toContain("bye");
    });

    test("containers that run, or have exited with code 0, are not reported", async () => {
        const fine = [
            container("a", { Health: { Status: "healthy", Log: [] } }),
            container("b", {}),
            container("d", { OOMKilled: true, Health: { Status: "healthy", Log: [] } }),
            container("c", { Status: "exited" }),
        ];
        expect(await report(...fine)).not.toContain("shop-dev-");
    });

    test("nothing is reported if no Docker Engine answers, as the update has reported that", async () => {
        sandbox.program("docker", "echo cannot connect >&2; exit 1");
        expect(await runStep(sandbox, "explain", "shop")).toMatchObject({ code: 0, output: "" });
    });
});
