import type { EnforcementLevel } from "@pulumi/policy";
import type { PolicyConfig } from "../config.ts";
import type { Resource } from "../resource.ts";

/** A policy about one resource. Add it to the list in index.ts. */
export interface Rule {
    /** Name of the policy, by which users configure it. */
    name: string;
    /** A statement that is true for every resource that follows the rule. */
    description: string;
    /** `mandatory` rules stop an update, `advisory` rules warn. */
    level: Extract<EnforcementLevel, "mandatory" | "advisory">;
    /** Returns what is wrong and what to do about it: `it is privileged; leave out privileged`. */
    check: (resource: Resource, config: PolicyConfig) => string | undefined;
}
