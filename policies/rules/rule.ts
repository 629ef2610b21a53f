import type { EnforcementLevel } from "@pulumi/policy";
import type { PolicyConfig } from "../config.ts";
import type { Resource } from "../resource.ts";

/** A policy about one resource. Add it to the list in index.ts. */
export interface Rule {
    /** Name of the policy, by which users configure it. */
    name: string;
    /** The rule as a statement about every resource that follows it. */
    description: string;
    /** `mandatory` rules stop an update, `advisory` rules warn. */
    level: Extract<EnforcementLevel, "mandatory" | "advisory">;
    /** Returns what is wrong and what to do about it: `it is privileged; leave out privileged`. */
    check: (resource: Resource, config: PolicyConfig) => string | undefined;
}
