import * as pulumi from "@pulumi/pulumi";
import { isBacktraceLine } from "../backtrace.ts";
import { createDockerClient, type DockerClient, outputLines } from "../docker-command.ts";
import { createErrorHook, hasHooks } from "../hooks.ts";
import type { ContainerSpec } from "../spec.ts";

/** The official provider's error for a container that does not become healthy in time. It gives no reason. */
const UNEXPLAINED_FAILURE = "container failed to be in healthy state";

const LAST_LINES = 20;

/** Hooks that report why a container did not become healthy, where the provider does not. */
export function failureHooks(
    name: string,
    spec: ContainerSpec,
    { parent }: pulumi.CustomResourceOptions,
): pulumi.ResourceHookBinding {
    if (spec.health === undefined || !hasHooks()) return {};
    const docker = createDockerClient(parent);
    const report = createErrorHook(`${name} failure`, async ({ errors }) => {
        if (!errors.some((error) => error.includes(UNEXPLAINED_FAILURE))) return;
        await pulumi.log.error(await failureReport(docker, spec.name));
    });
    return { onError: [report] };
}

/** Describes the state of a container, the output of its last health check, and its last lines of output. */
export async function failureReport(docker: DockerClient, container: string): Promise<string> {
    try {
        const { State, RestartCount } = JSON.parse(
            await docker("container", "inspect", "--format", "{{json .}}", container),
        ) as Inspected;
        const check = State.Health?.Log?.at(-1)?.Output.trim();
        const output = outputLines(await docker("logs", "--tail", "500", container)).filter(
            (line) => !isBacktraceLine(line),
        );
        return [
            `The container ${container} is ${describeState(State, RestartCount)}.`,
            ...(check ? [`Output of its last health check: ${check}`] : []),
            ...(output.length > 0 ? ["Its last lines of output:", ...output.slice(-LAST_LINES)] : []),
        ].join("\n");
    } catch (error) {
        return `The container ${container} could not be inspected: ${String(error)}`;
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

function describeState(
    { Status, ExitCode, OOMKilled, Health }: Inspected["State"],
    restarts: number,
): string {
    const ended = OOMKilled
        ? ", after it ran out of memory (OOMKilled): raise memory"
        : Status === "running"
          ? ""
          : `, after it exited with code ${ExitCode}`;
    const isStarting = Health?.Status === "starting";
    const health =
        Status === "running" && Health ? ` and ${isStarting ? "not healthy yet" : Health.Status}` : "";
    return `${Status}${health}${restarts > 0 ? `, was restarted ${restarts} times` : ""}${ended}`;
}
