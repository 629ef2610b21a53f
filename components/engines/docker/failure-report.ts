import * as pulumi from "@pulumi/pulumi";
import { type Docker, dockerOf, errorHook, hasHooks, lines } from "../hooks.ts";
import type { ContainerSpec } from "../spec.ts";

/** All that the official provider says of a container that does not become healthy in time. */
const UNEXPLAINED = "container failed to be in healthy state";

const LAST_LINES = 20;

/** Lines of a backtrace by Ruby, JavaScript or Java: the error above them is what counts. */
const FRAME = /^\s*(from \S+:\d+.*|at \S.*|\/\S+:\d+:in .*)$/;

/** A hook that shows why a container did not become healthy, where the provider does not. */
export function failureHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (spec.health === undefined || !hasHooks()) return {};
    const docker = dockerOf(parent);
    const report = errorHook(`${name} failure`, async ({ errors }) => {
        if (!errors.some((error) => error.includes(UNEXPLAINED))) return;
        await pulumi.log.error(await failureReport(docker, spec.name));
    });
    return { onError: [report] };
}

/** How a container is, its last health check, and its last lines without backtraces. */
export async function failureReport(docker: Docker, container: string): Promise<string> {
    try {
        const { State, RestartCount } = JSON.parse(
            await docker("container", "inspect", "--format", "{{json .}}", container),
        ) as Inspected;
        const check = State.Health?.Log?.at(-1)?.Output.trim();
        const output = lines(await docker("logs", "--tail", "500", container)).filter(
            (line) => !FRAME.test(line),
        );
        return [
            `The container ${container} is ${describe(State, RestartCount)}.`,
            ...(check ? [`Its last health check said: ${check}`] : []),
            ...(output.length > 0 ? ["Its last lines:", ...output.slice(-LAST_LINES)] : []),
        ].join("\n");
    } catch (error) {
        return `The container ${container} could not be examined: ${String(error)}`;
    }
}

interface Inspected {
    RestartCount: number;
    State: {
        Status: string;
        ExitCode: number;
        OOMKilled: boolean;
        Health?: { Status: string; Log: { Output: string }[] | null };
    };
}

function describe({ Status, ExitCode, OOMKilled, Health }: Inspected["State"], restarts: number): string {
    const ended = OOMKilled
        ? ", and was killed as it needed more than its memory (OOMKilled): raise memory"
        : Status === "running"
          ? ""
          : `, after it exited with code ${ExitCode}`;
    const isStarting = Health?.Status === "starting";
    const health =
        Status === "running" && Health ? ` and ${isStarting ? "not healthy yet" : Health.Status}` : "";
    return `${Status}${health}${restarts > 0 ? `, and was restarted ${restarts} times` : ""}${ended}`;
}
