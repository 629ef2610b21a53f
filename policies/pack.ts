import * as policy from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULTS, matchesAny, type PolicyConfig } from "./config.ts";
import type { Properties, Resource } from "./resource.ts";
import { rules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import { translateSwarmResource, volumeRemovalJob } from "./swarm.ts";

const CONFIG_SCHEMA: policy.PolicyConfigSchema = {
    properties: {
        databasePorts: listSchema("number", "Container ports of databases", DEFAULTS.databasePorts),
        databaseImages: listSchema("string", "Ends of the names of database images", DEFAULTS.databaseImages),
        throwawayStacks: listSchema("string", "Stacks that may lose their data", DEFAULTS.throwawayStacks),
        exempt: listSchema("string", "Names of resources that the policy ignores", DEFAULTS.exempt),
    },
};

function listSchema(type: "string" | "number", description: string, value: unknown[]) {
    return { type: "array", items: { type }, description, default: value } as const;
}

/** The policies, to use in a pack of your own: `new PolicyPack("mine", { policies: [...policies(), ...] })`. */
export function policies(): policy.ResourceValidationPolicy[] {
    return rules.map(toPolicy);
}

function toPolicy({ name, description, level, check }: Rule): policy.ResourceValidationPolicy {
    return {
        name,
        description,
        enforcementLevel: level,
        configSchema: CONFIG_SCHEMA,
        validateResource: (args, report) => {
            const config = { ...DEFAULTS, ...args.getConfig<Partial<PolicyConfig>>() };
            if (matchesAny(config.exempt, args.name)) return;
            const message = skipUnknown(() => check(toResource(args), config));
            if (message !== undefined) report(`${args.name}: ${message}`);
        },
    };
}

/** Skips a check that reads an unknown value in a preview. The update checks it. */
function skipUnknown(check: () => string | undefined): string | undefined {
    try {
        return check();
    } catch (error) {
        if (error instanceof policy.UnknownValueError) return undefined;
        throw error;
    }
}

function toResource({ type, name, urn, props, opts }: policy.ResourceValidationArgs): Resource {
    const resource = { type, properties: props as Properties };
    return {
        ...translateSwarmResource(resource),
        volumeRemovalJob: volumeRemovalJob(resource),
        name,
        types: (urn.split("::")[2] ?? type).split("$"),
        isProtected: opts.protect,
        stack: pulumi.getStack(),
    };
}
