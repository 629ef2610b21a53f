import * as pulumi from "@pulumi/pulumi";
import { HOST_GATEWAY_NAME } from "../shared/connection.ts";
import { reserveHostNames } from "../shared/host-names.ts";
import { drydockLabels } from "../shared/names.ts";
import { reportErrorsOn } from "../shared/validation.ts";
import type { ContainerSpec } from "./spec.ts";

/**
 * Names of the arguments that are set, for `replacementTrigger`. When an argument is removed, the provider keeps its
 * current value (optional and computed, in Terraform's terms); with this trigger, removing it replaces the resource. The
 * first trigger of a resource replaces nothing (shouldTriggerReplace in Pulumi), so existing resources are not replaced.
 */
export function definedNames(args: Record<string, unknown>): string[] {
    return Object.keys(args)
        .filter((name) => args[name] !== undefined)
        .sort();
}

/**
 * A network keeps its name when its component is renamed with an alias: it may have containers of other stacks, which this
 * stack's update cannot move to another network.
 */
export const IGNORED_NETWORK_CHANGES = ["name", "labels"];

/** @param further labels in addition to `drydockLabels` */
export function labelArgs(component: string, further: Record<string, pulumi.Input<string>> = {}) {
    return Object.entries<pulumi.Input<string>>({ ...drydockLabels(component), ...further }).map(
        ([label, value]) => ({ label, value }),
    );
}

/** The labels that the user sets on a container. */
export function labelsOf({ labels = {} }: ContainerSpec) {
    return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

/** A Linux capability as the provider reads it back. */
export function capability(name: string): string {
    return name === "ALL" ? name : `CAP_${name}`;
}

/** Turns off a health check of the image. */
const NO_HEALTH_CHECK = { tests: ["NONE"] };

/** @param duration formats seconds as the provider reads them back */
export function healthcheck(
    { health, healthDisabled }: ContainerSpec,
    duration: (seconds: number) => string,
) {
    if (healthDisabled) return NO_HEALTH_CHECK;
    if (health === undefined) return undefined;
    const { test, interval, timeout, retries, startPeriod } = health;
    return {
        tests: test,
        interval: duration(interval),
        timeout: duration(timeout),
        startPeriod: duration(startPeriod),
        retries,
    };
}

const HEALTH_FIELDS = ["interval", "timeout", "startPeriod", "retries"];

/**
 * Fields of a health check whose changed defaults do not replace a container with data: they wait until something else
 * does. A replacement uses the values of the program (`goal.Properties` in Pulumi's step_generator.go).
 */
export function ignoredHealthChanges({ stateful, health }: ContainerSpec): string[] {
    if (!stateful || !health) return [];
    return ["tests", ...HEALTH_FIELDS.filter((field) => !health.setByUser?.includes(field))];
}

/** Arguments for `definedNames`: the health check, and each field that the user sets on a container with data. */
export function healthTriggers(spec: ContainerSpec): Record<string, unknown> {
    const { stateful, health, healthDisabled, healthDisabledByDefault } = spec;
    const fields = HEALTH_FIELDS.filter((field) => stateful && health?.setByUser?.includes(field));
    return {
        healthcheck: health,
        ...(stateful && health?.choice !== undefined && { [`healthcheck.tests ${health.choice}`]: true }),
        // Otherwise, removing `disabled` would leave the image's health check off.
        healthDisabled: healthDisabled && !healthDisabledByDefault ? true : undefined,
        ...Object.fromEntries(fields.map((field) => [`healthcheck.${field}`, true])),
    };
}

/** The networks of a container, each with the aliases that it has there besides its name. */
export function networksOf(
    { name, replicaOf = name, networks, ownNetwork, aliases = [] }: ContainerSpec,
    component: pulumi.Resource | undefined,
) {
    if (networks === undefined) return undefined;
    return pulumi.all([pulumi.output(networks), pulumi.output(ownNetwork)]).apply(([ids, own]) => {
        if (own !== undefined)
            reportErrorsOn(component, () => {
                reserveHostNames(replicaOf, own, aliases);
            });
        return ids.map((id) => ({ id, aliases: id === own && aliases.length > 0 ? aliases : undefined }));
    });
}

/**
 * Changes of default aliases do not replace a container with data (earlier versions set no aliases): they wait until
 * something else does. Aliases that the user sets replace it.
 *
 * @param networks name of the property that lists the networks
 */
export function ignoredAliasChanges(
    { stateful, aliases, aliasesSetByUser }: ContainerSpec,
    networks: string,
) {
    return stateful && aliases !== undefined && !aliasesSetByUser ? [`${networks}[*].aliases`] : [];
}

/** Value for `definedNames`, so that removing the user's aliases replaces a container with data. */
export function aliasTrigger({ stateful, aliasesSetByUser }: ContainerSpec): true | undefined {
    return stateful && aliasesSetByUser ? true : undefined;
}

/** A duration as Go formats it. For `60s`, the provider would read back `1m0s` and report a change. */
export function goDuration(seconds: number): string {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const fields = [hours > 0 && `${hours}h`, seconds >= 60 && `${minutes}m`, `${seconds % 60}s`];
    return fields.filter(Boolean).join("");
}

/**
 * Entries for the hosts file of a container.
 *
 * @param reachesHost whether `host.docker.internal` resolves to the machine that runs the container
 */
export function hostEntries(reachesHost: boolean, extraHosts: Record<string, string> = {}) {
    return [
        ...(reachesHost ? [{ host: HOST_GATEWAY_NAME, ip: "host-gateway" }] : []),
        ...Object.entries(extraHosts).map(([host, ip]) => ({ host, ip })),
    ];
}

/**
 * Address of a published port as seen from this machine.
 *
 * @param machine host name of the machine that publishes it
 */
export function hostAddress(machine: string, address: string, port: number): string {
    const isWildcard = address === "0.0.0.0" || address === "::";
    const host = isWildcard ? machine : address.includes(":") ? `[${address}]` : address;
    return `${host}:${port}`;
}
