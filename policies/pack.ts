import * as policy from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { advisory } from "./advisory.ts";
import { mandatory, type Rule } from "./mandatory.ts";
import type { Properties, Resource } from "./resource.ts";
import { asOnDockerEngine, volumeRemovalJob } from "./swarm.ts";
import { DEFAULTS, isOneOf, type Settings } from "./settings.ts";

const LIST = (type: "string" | "number", description: string, value: unknown[]) =>
    ({ type: "array", items: { type }, description, default: value }) as const;

const SCHEMA: policy.PolicyConfigSchema = {
    properties: {
        databasePorts: LIST("number", "Ports of databases, in the container", DEFAULTS.databasePorts),
        databaseImages: LIST("string", "Ends of the names of databases' images", DEFAULTS.databaseImages),
        throwawayStacks: LIST("string", "Stacks that may lose their data", DEFAULTS.throwawayStacks),
        exempt: LIST("string", "Names of resources that the policy leaves alone", DEFAULTS.exempt),
    },
};

/** The policies, for a pack of one's own: `new PolicyPack("mine", { policies: [...policies(), ...] })`. */
export function policies(): policy.ResourceValidationPolicy[] {
    return [
        ...mandatory.map((rule) => toPolicy(rule, "mandatory")),
        ...advisory.map((rule) => toPolicy(rule, "advisory")),
    ];
}

function toPolicy({ name, description, check }: Rule, enforcementLevel: policy.EnforcementLevel) {
    return {
        name,
        description,
        enforcementLevel,
        configSchema: SCHEMA,
        validateResource: (args: policy.ResourceValidationArgs, report: policy.ReportViolation) => {
            const settings = { ...DEFAULTS, ...args.getConfig<Partial<Settings>>() };
            if (isOneOf(settings.exempt, args.name)) return;
            const wrong = whereKnown(() => check(seen(args), settings));
            if (wrong !== undefined) report(`${args.name}: ${wrong}`);
        },
    };
}

/** A policy has nothing to say of a value that only the update knows: the update checks it then. */
function whereKnown(check: () => string | undefined): string | undefined {
    try {
        return check();
    } catch (error) {
        if (error instanceof policy.UnknownValueError) return undefined;
        throw error;
    }
}

function seen({ type, name, urn, props, opts }: policy.ResourceValidationArgs): Resource {
    const types = urn.split("::")[2] ?? type;
    return {
        ...asOnDockerEngine({ type, properties: props as Properties }),
        volumeRemovalJob: volumeRemovalJob({ type, properties: props as Properties }),
        name,
        types,
        isProtected: opts.protect,
        stack: pulumi.getStack(),
    };
}
