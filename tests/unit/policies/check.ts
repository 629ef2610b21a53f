import { type ResourceValidationArgs, unknownCheckingProxy } from "@pulumi/policy";
import { DEFAULTS, type PolicyConfig } from "../../../policies/config.ts";
import { policies } from "../../../policies/pack.ts";
import { CONTAINER, type Properties, type Resource, TASK_CONTAINER } from "../../../policies/resource.ts";
import { rules } from "../../../policies/rules/index.ts";

/** The types in the URN of a container of a RailsWebApp, of a PostgresService, and of a task. */
export const APPLICATION = ["drydock:index:RailsWebApp", "drydock:index:WebApp", CONTAINER];
export const DATABASE = ["drydock:index:PostgresService", CONTAINER];
export const TASK = ["drydock:index:RailsWebApp", "drydock:index:Task", TASK_CONTAINER];

/** Returns the message of a policy about a resource: by default a container in the stack `prod`. */
export function check(
    policy: string,
    resource: Partial<Resource>,
    config: Partial<PolicyConfig> = {},
): string | undefined {
    const rule = rules.find(({ name }) => name === policy);
    if (!rule) throw new Error(`there is no policy ${policy}`);
    const type = resource.type ?? CONTAINER;
    const defaults = { type, name: "x", types: [type], properties: {}, isProtected: false, stack: "prod" };
    return rule.check({ ...defaults, ...resource }, { ...DEFAULTS, ...config });
}

/** Returns what the pack reports in a preview, where reading an unknown value throws. */
export function previewReports(policy: string, resource: Partial<Resource>): string[] {
    const { type = CONTAINER, types = [type], name = "web", properties = {}, isProtected = false } = resource;
    const validate = policies().find((other) => other.name === policy)?.validateResource;
    if (typeof validate !== "function") throw new Error(`there is no policy ${policy}`);
    // Exported, but missing in the types of @pulumi/policy.
    const hideUnknown = unknownCheckingProxy as (props: Properties) => Properties;
    const args = {
        type,
        name,
        urn: `urn:pulumi:dev::shop::${types.join("$")}::${name}`,
        props: hideUnknown(properties),
        opts: { protect: isProtected },
        getConfig: () => ({}),
    } as unknown as ResourceValidationArgs;
    const reports: string[] = [];
    void validate(args, (message) => reports.push(message));
    return reports;
}

/** Properties of a container with environment variables. */
export function env(...envs: string[]): Properties {
    return { envs };
}
