import type { Component } from "./components.ts";
import type { Step } from "./events.ts";
import { databaseNameRisks } from "./resources/database-name.ts";
import { databaseRisks } from "./resources/databases.ts";
import { isMovedToOtherEngine } from "./resources/docker-provider.ts";
import { otherEngineRisks, unmountedDataRisks } from "./resources/mounts.ts";
import { generatedPasswordRisks, userPasswordRisks, recordedPasswordRisks } from "./resources/password.ts";
import { redisConfigRisks } from "./resources/redis-config.ts";
import { serverVersionRisks } from "./resources/server-version.ts";
import { removalCommandRisks, volumeRisks } from "./resources/volume.ts";

/** Data that a change deletes, detaches, makes unreadable or locks clients out of. */
export interface Risk {
    component: string;
    /** A sentence about the component, without secrets. */
    description: string;
}

/** @param components of the whole plan, which may share a volume */
type Rule = (step: Step, component: Component, unmasked: Step, components: Component[]) => string[];

/** Rules by type of resource. */
const RULES: Record<string, Rule | undefined> = {
    Command: (step, component) => [
        ...removalCommandRisks(step, component),
        ...recordedPasswordRisks(step, component),
    ],
    Container: (step, component, unmasked, components) => [
        ...unmountedDataRisks(step, components),
        ...otherEngineRisks(step, component),
        ...databaseNameRisks(step, unmasked),
        ...userPasswordRisks(unmasked, component),
    ],
    PostgresService: databaseRisks,
    RandomPassword: generatedPasswordRisks,
    RedisService: redisConfigRisks,
    Secret: (step, _, unmasked) => databaseNameRisks(step, unmasked),
    ServiceConfig: (step, _, unmasked) => databaseNameRisks(step, unmasked),
    Volume: volumeRisks,
};

/**
 * @param unmasked the same steps with their secrets, which are compared and not shown
 * @param components of the whole plan
 */
export function risksOf(component: Component, unmasked: Map<string, Step>, components: Component[]): Risk[] {
    const found = component.steps.flatMap((step) => {
        const type = step.type.split(":").at(-1) ?? "";
        return RULES[type]?.(step, component, unmasked.get(step.urn) ?? step, components) ?? [];
    });
    return [...new Set([...serverVersionRisks(component), ...found])].map((description) => ({
        component: component.name,
        description,
    }));
}

/** Risks of the whole environment. */
export function environmentRisks(unmasked: Step[]): Risk[] {
    const description = "it moves to another Docker Engine: its data is kept on the old one";
    return isMovedToOtherEngine(unmasked) ? [{ component: "environment", description }] : [];
}
