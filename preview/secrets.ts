import { inTermsOfDockerEngine, plain, type Plan, type Properties, type Step, typeIn } from "./events.ts";

interface Deployment {
    deployment?: { resources?: { urn: string; inputs?: Properties }[] };
}

interface PlanFile {
    resourcePlans?: Record<string, { goal?: { inputDiff?: Difference } } | undefined>;
}

interface Difference {
    adds?: Properties;
    updates?: Properties;
    deletes?: string[];
}

/**
 * A plan with its secrets: the inputs that the state has, and what the plan file changes in them.
 *
 * @param plan with its secrets masked
 * @param state what `pulumi stack export --show-secrets` prints
 * @param file what `pulumi preview --save-plan --show-secrets` writes
 */
export function opened(plan: Plan, state: string, file: string): Plan {
    const { deployment } = JSON.parse(state || "{}") as Deployment;
    const inputs = new Map(
        deployment?.resources?.map(({ urn, inputs = {} }) => [urn, plain(inputs) as Properties]),
    );
    const { resourcePlans = {} } = JSON.parse(file) as PlanFile;
    const open = (step: Step): Step => {
        const before = inputs.get(step.urn) ?? {};
        const difference = resourcePlans[step.urn]?.goal?.inputDiff;
        const raw = typeIn(step.urn);
        const old = step.old && { ...step.old, inputs: before };
        if (!difference) {
            const translated = inTermsOfDockerEngine({ ...step, type: raw, old, new: undefined });
            return { ...step, old: translated.old };
        }
        const next = step.new && { ...step.new, inputs: applied(before, difference) };
        return inTermsOfDockerEngine({ ...step, type: raw, old, new: next });
    };
    const told = new Set(plan.steps.map(({ urn }) => urn));
    // Providers that nobody has made: the engine tells no step of theirs.
    const providers = [...inputs.keys()].filter(
        (urn) => typeIn(urn).startsWith("pulumi:providers:") && !told.has(urn),
    );
    return { ...plan, steps: [...plan.steps, ...providers.map(defaultProvider)].map(open) };
}

function defaultProvider(urn: string): Step {
    const state = { inputs: {}, outputs: {} };
    return { operation: "same", urn, type: typeIn(urn), name: "default", old: state, new: state };
}

function applied(inputs: Properties, { adds = {}, updates = {}, deletes = [] }: Difference): Properties {
    const kept = Object.entries(inputs).filter(([key]) => !deletes.includes(key));
    return { ...Object.fromEntries(kept), ...(plain(adds) as Properties), ...(plain(updates) as Properties) };
}
