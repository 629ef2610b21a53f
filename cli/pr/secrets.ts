import { translateSwarmStep, decode, type Plan, type Properties, type Step, typeIn } from "./events.ts";

interface Deployment {
    deployment?: { resources?: { urn: string; inputs?: Properties }[] };
}

interface PlanFile {
    resourcePlans?: Record<string, { goal?: Goal } | undefined>;
}

interface Goal {
    inputDiff?: Difference;
    propertyDependencies?: Record<string, string[]>;
}

interface Difference {
    adds?: Properties;
    updates?: Properties;
    deletes?: string[];
}

/**
 * Adds the secrets to a plan: the inputs in the state, with the differences in the plan file applied.
 *
 * @param plan with masked secrets
 * @param state output of `pulumi stack export --show-secrets`
 * @param file plan file of `pulumi preview --save-plan --show-secrets`
 */
export function withSecrets(plan: Plan, state: string, file: string): Plan {
    const { deployment } = JSON.parse(state || "{}") as Deployment;
    const inputs = new Map(
        deployment?.resources?.map(({ urn, inputs = {} }) => [urn, decode(inputs) as Properties]),
    );
    const { resourcePlans = {} } = JSON.parse(file) as PlanFile;
    const unmask = (step: Step): Step => {
        const before = inputs.get(step.urn) ?? {};
        const { inputDiff: difference, propertyDependencies } = resourcePlans[step.urn]?.goal ?? {};
        const type = typeIn(step.urn); // Not translated.
        const old = step.old && { ...step.old, inputs: before };
        if (!difference) {
            const translated = translateSwarmStep({ ...step, type, old, new: undefined });
            return { ...step, old: translated.old, propertyDependencies };
        }
        const next = step.new && { ...step.new, inputs: applyDifference(before, difference) };
        return translateSwarmStep({ ...step, type, old, new: next, propertyDependencies });
    };
    const steps = new Set(plan.steps.map(({ urn }) => urn));
    // Default providers, of which the engine sends no events.
    const providers = [...inputs.keys()].filter(
        (urn) => typeIn(urn).startsWith("pulumi:providers:") && !steps.has(urn),
    );
    return { ...plan, steps: [...plan.steps, ...providers.map(defaultProvider)].map(unmask) };
}

function defaultProvider(urn: string): Step {
    const state = { inputs: {}, outputs: {} };
    return { operation: "same", urn, type: typeIn(urn), name: "default", old: state, new: state };
}

function applyDifference(
    inputs: Properties,
    { adds = {}, updates = {}, deletes = [] }: Difference,
): Properties {
    const kept = Object.entries(inputs).filter(([key]) => !deletes.includes(key));
    return {
        ...Object.fromEntries(kept),
        ...(decode(adds) as Properties),
        ...(decode(updates) as Properties),
    };
}
