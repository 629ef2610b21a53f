import { inTermsOfDockerEngine, Operation, Plan, State, Step } from "../../../preview/events";
import { Summary, summaryOf } from "../../../preview/summary";

export type Inputs = Record<string, unknown>;
export type Change = [type: string, name: string, operation: Operation, from: Inputs, to: Inputs];

export const CONTAINER = "docker:index/container:Container";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const VOLUME = "docker:index/volume:Volume";
export const PASSWORD = "random:index/randomPassword:RandomPassword";
export const SECRET = "docker:index/secret:Secret";
export const SERVICE = "docker:index/service:Service";
export const COMMAND = "command:local:Command";

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

export function summary(steps: Step[]): Summary {
    const plan: Plan = { steps, violations: [], errors: [] };
    return summaryOf(plan, plan, { base: "main", head: "fix", seconds: 1, lossAccepted: false });
}

/** What is at risk, without the names of components. */
export function risks(steps: Step[]): string[] {
    return summary(steps).risks.map(({ what }) => what);
}
