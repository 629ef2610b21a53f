import { failureReport } from "../../../../components/engines/docker/failure-report.ts";

interface State {
    Status: string;
    ExitCode?: number;
    OOMKilled?: boolean;
    Health?: { Status: string; Log: { Output: string }[] };
}

const dockerWith =
    (State: State, logs = "", RestartCount = 0) =>
    (...words: string[]) =>
        Promise.resolve(words[0] === "logs" ? logs : JSON.stringify({ State, RestartCount }));

test("reports the last health check and the last lines, without the backtrace", async () => {
    const health = { Status: "unhealthy", Log: [{ Output: "first" }, { Output: "GET /up answers 500.\n" }] };
    const logs = "Booting\nRead-only file system (Errno::EROFS)\n\tfrom /app/config.rb:3:in 'open'\n";
    const docker = dockerWith({ Status: "running", Health: health }, logs);
    await expect(failureReport(docker, "shop-dev-web")).resolves.toBe(
        [
            "The container shop-dev-web is running and unhealthy.",
            "Output of its last health check: GET /up answers 500.",
            "Its last lines of output:",
            "Booting",
            "Read-only file system (Errno::EROFS)",
        ].join("\n"),
    );
});

test.each<[string, State, number, string]>([
    [
        "one that keeps exiting",
        { Status: "restarting", ExitCode: 3 },
        7,
        "restarting, was restarted 7 times, after it exited with code 3.",
    ],
    [
        "one that ran out of memory",
        { Status: "exited", ExitCode: 137, OOMKilled: true },
        0,
        "exited, after it ran out of memory (OOMKilled): raise memory.",
    ],
])("reports how a container ended: %s", async (_, state, restarts, says) => {
    await expect(failureReport(dockerWith(state, "", restarts), "web")).resolves.toBe(
        `The container web is ${says}`,
    );
});

test("reports that a container cannot be inspected", async () => {
    const docker = () => Promise.reject(new Error("no such container: web"));
    await expect(failureReport(docker, "web")).resolves.toContain("no such container: web");
});
