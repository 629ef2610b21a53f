import {
    translateSwarmStep,
    type Operation,
    type Plan,
    type State,
    type Step,
} from "../../../../cli/pr/events.ts";
import { type Summary, summaryOf } from "../../../../cli/pr/summary.ts";

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

/** The steps of an existing component `it`, some of whose resources change. */
export function component(kind: string, ...changes: Change[]): Step[] {
    const componentUrn = `urn:pulumi:prod::shop::drydock:index:${kind}::it`;
    const state = (inputs: Inputs): State => ({ parent: componentUrn, inputs, outputs: {} });
    return [
        {
            operation: "same",
            urn: componentUrn,
            type: `drydock:index:${kind}`,
            name: "it",
            old: { inputs: {}, outputs: {} },
            new: { inputs: {}, outputs: {} },
        },
        ...changes.map(([type, name, operation, from, to]) =>
            translateSwarmStep({
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

/** @param unmasked the same steps with their secrets */
export function summary(steps: Step[], unmasked = steps): Summary {
    const plan = (of: Step[]): Plan => ({ steps: of, violations: [], errors: [] });
    const context = { base: "main", head: "fix", seconds: 1, dataLossAccepted: false };
    return summaryOf(plan(steps), plan(unmasked), context);
}

/** The descriptions of the risks. */
export function risks(steps: Step[], unmasked = steps): string[] {
    return summary(steps, unmasked).risks.map(({ description }) => description);
}
