/** Parses the events of Pulumi's engine during a preview (`PULUMI_ENABLE_STREAMING_JSON_PREVIEW`): one JSON object a line. */
import { translateSwarmResource } from "../../policies/swarm.ts";

export type Properties = Record<string, unknown>;

export interface State {
    id?: string;
    parent?: string;
    /** Whether Pulumi refuses to delete it. */
    protect?: boolean;
    inputs: Properties;
    outputs: Properties;
}

export type Operation = "same" | "create" | "update" | "replace" | "delete";

/** What an update would do to one resource. */
export interface Step {
    operation: Operation;
    urn: string;
    type: string;
    name: string;
    old?: State;
    new?: State;
    /** URNs of the resources that each property comes from. Only in a plan with its secrets. */
    propertyDependencies?: Record<string, string[]>;
}

export interface Violation {
    policy: string;
    message: string;
    mandatory: boolean;
}

export interface Plan {
    steps: Step[];
    violations: Violation[];
    errors: string[];
}

interface Event {
    resourcePreEvent?: { metadata: { op: string; urn: string; type: string; old?: State; new?: State } };
    policyEvent?: { policyName: string; message: string; enforcementLevel: string };
    diagnosticEvent?: { severity: string; message: string };
}

/** Marks a secret. Its value is masked unless `--show-secrets` is given. */
export const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";
const UNKNOWN_SIGNATURE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Pulumi's message if a policy reads an unknown value. It is not a violation. */
const UNKNOWN_TO_POLICY = /^can't run policy .* during preview: /s;

/** Stands for a secret value, or for one that is not known before the update. */
export const MASK = "[secret]";
export const UNKNOWN = "[known after the update]";

/** A replacement has three events. `replace` is the one with both states. */
const OPERATIONS: Record<string, Operation | undefined> = {
    same: "same",
    create: "create",
    update: "update",
    replace: "replace",
    delete: "delete",
};

export function planOf(output: string): Plan {
    const events = output.split("\n").flatMap(parsed);
    const plan: Plan = { steps: [], violations: [], errors: [] };
    for (const { resourcePreEvent, policyEvent, diagnosticEvent } of events) {
        if (resourcePreEvent) plan.steps.push(...stepOf(resourcePreEvent.metadata));
        if (policyEvent && !UNKNOWN_TO_POLICY.test(policyEvent.message)) {
            const { policyName, message, enforcementLevel } = policyEvent;
            const lines = message.trim().split("\n");
            const mandatory = enforcementLevel === "mandatory";
            plan.violations.push({ policy: policyName, message: lines.at(-1) ?? "", mandatory });
        }
        if (diagnosticEvent?.severity === "error") plan.errors.push(diagnosticEvent.message.trim());
    }
    return plan;
}

/**
 * The output of a preview for people: the messages of its events, and the lines that are not events. A program or a policy
 * pack that ends with an error reports it in messages that are not errors.
 */
export function readableOutput(output: string): string {
    return output
        .split("\n")
        .flatMap((line) => {
            const [event] = parsed(line);
            return event ? (event.diagnosticEvent?.message.trimEnd() ?? []) : line;
        })
        .filter((line) => line !== "")
        .join("\n");
}

function parsed(line: string): Event[] {
    try {
        return [JSON.parse(line) as Event];
    } catch {
        return []; // Progress output.
    }
}

function stepOf({
    op,
    urn,
    type,
    old,
    new: next,
}: NonNullable<Event["resourcePreEvent"]>["metadata"]): Step[] {
    const operation = OPERATIONS[op];
    if (operation === undefined) return [];
    const name = urn.split("::").at(-1) ?? urn;
    return [
        translateSwarmStep({
            operation,
            urn,
            type,
            name,
            old: old && stateOf(old),
            new: next && stateOf(next),
        }),
    ];
}

/** The same plan for a state that protects these resources, and no others. */
export function withProtection(plan: Plan, urns: string[]): Plan {
    const steps = plan.steps.map((step) => ({
        ...step,
        old: step.old && { ...step.old, protect: urns.includes(step.urn) },
    }));
    return { ...plan, steps };
}

/** Type of a resource according to its URN. */
export function typeIn(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Translates the properties of a Swarm's services into those of containers, so that both are described alike. */
export function translateSwarmStep(step: Step): Step {
    const translate = (state: State | undefined) => {
        if (!state) return undefined;
        const { type, properties } = translateSwarmResource({ type: step.type, properties: state.inputs });
        return { type, state: { ...state, inputs: properties } };
    };
    const [old, next] = [translate(step.old), translate(step.new)];
    return { ...step, type: (old ?? next)?.type ?? step.type, old: old?.state, new: next?.state };
}

function stateOf({ id, parent, protect, inputs, outputs }: State): State {
    return {
        ...{ id, parent, protect },
        inputs: decode(inputs) as Properties,
        outputs: decode(outputs) as Properties,
    };
}

/** Replaces the engine's encoding of secrets and unknown values. */
export function decode(value: unknown): unknown {
    if (value === UNKNOWN_SIGNATURE) return UNKNOWN;
    if (Array.isArray(value)) return value.map(decode);
    if (typeof value !== "object" || value === null) return value;
    if (SECRET_SIGNATURE in value) {
        const { plaintext } = value as { plaintext?: string };
        return plaintext === undefined ? MASK : decode(JSON.parse(plaintext));
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => key !== "__defaults")
            .map(([key, inner]) => [key, decode(inner)]),
    );
}
