/** What Pulumi's engine says during a preview (`PULUMI_ENABLE_STREAMING_JSON_PREVIEW`): one JSON object a line. */
import { asOnDockerEngine } from "../policies/swarm.ts";

export type Properties = Record<string, unknown>;

export interface State {
    id?: string;
    parent?: string;
    inputs: Properties;
    outputs: Properties;
}

export type Operation = "same" | "create" | "update" | "replace" | "delete";

/** What a preview would do with one resource. */
export interface Step {
    operation: Operation;
    urn: string;
    type: string;
    name: string;
    old?: State;
    new?: State;
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

/** The sign on a value that is secret; the value itself is masked, unless secrets were asked for. */
const SECRET = "4dabf18193072939515e22adb298388d";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What Pulumi says of a policy that reads a value which only the update knows: advice to nobody. */
const UNKNOWN_TO_POLICY = /^can't run policy .* during preview: /s;

/** In place of a value that is secret, or not known before the update. */
export const MASK = "[secret]";
export const LATER = "[known after the update]";

/** A replacement is told as three steps; of them, `replace` has both states. */
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

function parsed(line: string): Event[] {
    try {
        return [JSON.parse(line) as Event];
    } catch {
        return []; // What is not an event is for a person.
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
        inTermsOfDockerEngine({
            operation,
            urn,
            type,
            name,
            old: old && stateOf(old),
            new: next && stateOf(next),
        }),
    ];
}

/** The type of a resource, as its URN has it. */
export function typeIn(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** What a Swarm runs is told of in the same words as what a Docker Engine runs; what is to go, as what it is. */
export function inTermsOfDockerEngine(step: Step): Step {
    const translated = (state: State | undefined) => {
        if (!state) return undefined;
        const { type, properties } = asOnDockerEngine({ type: step.type, properties: state.inputs });
        return { type, state: { ...state, inputs: properties } };
    };
    const [old, next] = [translated(step.old), translated(step.new)];
    return { ...step, type: (old ?? next)?.type ?? step.type, old: old?.state, new: next?.state };
}

function stateOf({ id, parent, inputs, outputs }: State): State {
    return { id, parent, inputs: plain(inputs) as Properties, outputs: plain(outputs) as Properties };
}

/** A value without the engine's own marks. */
export function plain(value: unknown): unknown {
    if (value === UNKNOWN) return LATER;
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (SECRET in value) {
        const { plaintext } = value as { plaintext?: string };
        return plaintext === undefined ? MASK : plain(JSON.parse(plaintext));
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => key !== "__defaults")
            .map(([key, inner]) => [key, plain(inner)]),
    );
}
