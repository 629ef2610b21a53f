import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

describe("after an update that has failed", () => {
    const box = new Sandbox();
    afterAll(() => {
        box.dispose();
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

    /** What is said of these containers, which have all written the same. */
    function report(...containers: object[]): string {
        const resources = [
            { type: "pulumi:pulumi:Stack", urn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev" },
        ];
        box.program("pulumi", `echo '${JSON.stringify({ deployment: { resources } })}'`);
        const backtrace = "\\tfrom /gems/x.rb:1:in y\\n".repeat(40);
        box.program(
            "docker",
            `case $1 in
ps) printf '1\\n' ;;
inspect) echo '${JSON.stringify(containers)}' ;;
logs) printf 'Read-only file system (Errno::EROFS)\\n${backtrace}' >&2; echo bye ;;
esac`,
        );
        const { output } = box.run(`node ${join(ROOT, "scripts/failure.ts")} dev`);
        expect(box.calls()).toContain(
            "docker ps --all --quiet --no-trunc --filter label=drydock.project=shop --filter label=drydock.stack=dev",
        );
        return output;
    }

    test("a container that is not healthy is told with its last check and its last lines", () => {
        const health = {
            Status: "unhealthy",
            Log: [{ Output: "first" }, { Output: "GET /up answers 403.\n" }],
        };
        expect(report(container("web", { Health: health }))).toContain(`
✗ container shop-dev-web is unhealthy
  its last health check said: GET /up answers 403.
  its last lines, without backtraces:
    Read-only file system (Errno::EROFS)
    bye
`);
    });

    test.each<[string, object]>([
        [
            "container shop-dev-a exits again and again, with code 3",
            container("a", { Status: "restarting", ExitCode: 3 }),
        ],
        [
            "exits again and again, with code 0 (success: its command must stay in the foreground)",
            container("a", { Status: "restarting" }),
        ],
        ["container shop-dev-a has exited with code 7", container("a", { Status: "exited", ExitCode: 7 })],
        [
            "was killed as it needed more than its memory of 64 MiB (OOMKilled): raise memory",
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
    ])("says: %s", (sentence, failed) => {
        expect(report(failed)).toContain(sentence);
    });

    test("nothing is said of what works or has done its work", () => {
        const fine = [
            container("a", { Health: { Status: "healthy", Log: [] } }),
            container("b", {}),
            container("d", { OOMKilled: true, Health: { Status: "healthy", Log: [] } }),
            container("c", { Status: "exited" }),
        ];
        expect(report(...fine)).not.toContain("shop-dev-");
    });

    test("nothing is said where no Docker Engine answers, which the update has told", () => {
        box.program("docker", "echo cannot connect >&2; exit 1");
        expect(box.run(`node ${join(ROOT, "scripts/failure.ts")} dev`)).toEqual({ code: 0, output: "" });
    });
});
