import {
    inTermsOfDockerEngine,
    type Operation,
    type Plan,
    type State,
    type Step,
} from "../../../preview/events.ts";
import { type Summary, summaryOf } from "../../../preview/summary.ts";

export type Inputs = Record<string, unknown>;
export type Change = [type: string, name: string, operation: Operation, from: Inputs, to: Inputs];

export const CONTAINER = "docker:index/container:Container";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const VOLUME = "docker:index/volume:Volume";
export const PASSWORD = "random:index/randomPassword:RandomPassword";
export const SECRET = "docker:index/secret:Secret";
export const SERVICE = "docker:index/service:Service";
export const COMMAND = "command:local:Command";
export const TASK_CONTAINER = "drydock:index:TaskContainer";

/** A component that is there before and after, and resources of it that change. */
export function component(kind: string, ...changes: Change[]): Step[] {
    const own = `urn:pulumi:prod::shop::drydock:index:${kind}::it`;
    const state = (inputs: Inputs): State => ({ parent: own, inputs, outputs: {} });
    return [
        {
            operation: "same",
            urn: own,
            type: `drydock:index:${kind}`,
            name: "it",
            old: { inputs: {}, outputs: {} },
            new: { inputs: {}, outputs: {} },
        },
        ...changes.map(([type, name, operation, from, to]) =>
            inTermsOfDockerEngine({
                operation,
                type,
                name,
                urn: `urn:pulumi:prod::shop::drydock:index:${kind}$${type}::${name}`,
                ...(operation !== "create" && { old: state(from) }),
                ...(operation !== "delete" && { new: state(to) }),
            }),
        ),
    ];
}

/** @param open the same with their secrets */
export function summary(steps: Step[], open = steps): Summary {
    const plan = (of: Step[]): Plan => ({ steps: of, violations: [], errors: [] });
    const circumstances = { base: "main", head: "fix", seconds: 1, lossAccepted: false };
    return summaryOf(plan(steps), plan(open), circumstances);
}

/** What is at risk, without the names of components. */
export function risks(steps: Step[], open = steps): string[] {
    return summary(steps, open).risks.map(({ what }) => what);
}
