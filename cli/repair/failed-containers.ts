/** Why containers of a stack fail: the official plugins only report that a container is not healthy. */
import { isBacktraceLine } from "../../components/engines/backtrace.ts";
import { docker, dockerLogs, type Environment } from "../docker-environment.ts";
import { formatCount } from "../output.ts";

interface Inspected {
    Id: string;
    Name: string;
    RestartCount: number;
    Config: { Healthcheck?: unknown };
    HostConfig: { Memory: number };
    State: {
        Status: string;
        ExitCode: number;
        OOMKilled: boolean;
        /** Why Docker could not start it. */
        Error?: string;
        Health?: { Status: string; Log: { Output: string }[] | null };
    };
}

const LAST_LINES = 20;

/** A paragraph for each container that is restarting, has failed, or is not healthy. */
export function failedContainers(env: Environment, project: string, stack: string): string[] {
    const labels = [`drydock.project=${project}`, `drydock.stack=${stack}`];
    const filters = labels.flatMap((label) => ["--filter", `label=${label}`]);
    const ids = docker(env, "ps", "--all", "--quiet", "--no-trunc", ...filters)
        .split("\n")
        .filter(Boolean);
    if (ids.length === 0) return [];
    const containers = JSON.parse(docker(env, "inspect", "--type", "container", ...ids)) as Inspected[];
    return containers.flatMap((container) => {
        const { Name, State } = container;
        if (State.Status !== "running" && State.Error)
            return [`container ${Name.replace("/", "")} cannot be started: ${State.Error}`];
        const fault = faultOf(container);
        return fault === undefined ? [] : [[fault, ...details(env, container)].join("\n  ")];
    });
}

function faultOf({ Name, RestartCount, HostConfig, State }: Inspected): string | undefined {
    const { Status, ExitCode, OOMKilled, Health } = State;
    const name = `container ${Name.replace("/", "")}`;
    // The kernel may have killed one of its processes, which the container has restarted.
    if (Status === "running" && (Health === undefined || Health.Status === "healthy")) return undefined;
    if (OOMKilled) {
        const limit = HostConfig.Memory > 0 ? ` of ${Math.round(HostConfig.Memory / 1024 / 1024)} MiB` : "";
        return `${name} was killed because it used more than its memory limit${limit} (OOMKilled). Raise \`memory\``;
    }
    const foreground = ExitCode === 0 ? " (success: its command must stay in the foreground)" : "";
    if (Status === "restarting")
        return `${name} keeps restarting: it exits with code ${ExitCode}${foreground}`;
    if ((Status === "exited" || Status === "dead") && ExitCode !== 0)
        return `${name} exited with code ${ExitCode}`;
    if (Status !== "running" || Health === undefined) return undefined;
    const restarts = RestartCount > 0 ? `, and was restarted ${formatCount(RestartCount, "time")}` : "";
    return `${name} is ${Health.Status === "unhealthy" ? "unhealthy" : "not healthy yet"}${restarts}`;
}

function details(env: Environment, { Id, State }: Inspected): string[] {
    const check = State.Health?.Log?.at(-1)?.Output.trim();
    const lines = dockerLogs(env, Id, 500)
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "" && !isBacktraceLine(line))
        .slice(-LAST_LINES);
    return [
        ...(check ? [`its last health check printed: ${check.replace(/\n/g, "\n  ")}`] : []),
        ...(lines.length > 0
            ? ["the last lines of its log, without backtraces:", ...lines.map((line) => `  ${line}`)]
            : []),
    ];
}
