import * as pulumi from "@pulumi/pulumi";
import { HOST_GATEWAY_NAME } from "../shared/connection.ts";
import { reserveHostNames } from "../shared/host-names.ts";
import { drydockLabels } from "../shared/names.ts";
import { reportErrorsOn } from "../shared/validation.ts";
import type { ContainerSpec, HealthCheck } from "./spec.ts";

/**
 * Names of the arguments that are set, for `replacementTrigger`. The provider keeps the current value of an argument that
 * is left out (optional and computed, in Terraform's terms); with this trigger, leaving it out replaces the resource. The
 * first trigger of a resource replaces nothing (shouldTriggerReplace in Pulumi), so states from before stay as they are.
 */
export function definedNames(args: Record<string, unknown>): string[] {
    return Object.keys(args)
        .filter((name) => args[name] !== undefined)
        .sort();
}

/**
 * A network keeps its name when its component is renamed with an alias: containers of other stacks may be on it, which
 * Pulumi does not move to another network.
 */
export const IGNORED_NETWORK_CHANGES = ["name", "labels"];

/** @param others labels besides those of everything that Drydock creates */
export function labelArgs(component: string, others: Record<string, pulumi.Input<string>> = {}) {
    return Object.entries<pulumi.Input<string>>({ ...drydockLabels(component), ...others }).map(
        ([label, value]) => ({ label, value }),
    );
}

/** The user's labels of a container. */
export function labelsOf({ labels = {} }: ContainerSpec) {
    return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

/** A Linux capability as the provider reads it back. */
export function capability(name: string): string {
    return name === "ALL" ? name : `CAP_${name}`;
}

/** @param duration formats seconds as the provider reads them back */
export function healthcheck(
    { test, interval, timeout, retries, startPeriod }: HealthCheck,
    duration: (seconds: number) => string,
) {
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
 * Fields of the health check whose new defaults wait until something else replaces a container with data. A replacement
 * uses the values of the program (`goal.Properties` in Pulumi's step_generator.go).
 */
export function ignoredHealthChanges({ stateful, health }: ContainerSpec): string[] {
    if (!stateful || !health) return [];
    return ["tests", ...HEALTH_FIELDS.filter((field) => !health.setByUser?.includes(field))];
}

/** Arguments for `definedNames`: the health check, and its fields that are ignored once the user no longer sets them. */
export function healthTriggers(spec: ContainerSpec): Record<string, unknown> {
    const { stateful, health, healthDisabled, healthDisabledByDefault } = spec;
    const fields = HEALTH_FIELDS.filter((field) => stateful && health?.setByUser?.includes(field));
    return {
        healthcheck: health,
        ...(stateful && health?.choice !== undefined && { [`healthcheck.tests ${health.choice}`]: true }),
        // Its absence would leave the image's health check off.
        healthDisabled: healthDisabled && !healthDisabledByDefault ? true : undefined,
        ...Object.fromEntries(fields.map((field) => [`healthcheck.${field}`, true])),
    };
}

/** The networks of a container, with the host names that it answers to there besides its name. */
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
 * Changes of host names that wait until something else replaces a container with data: earlier versions gave it none.
 * Names of the user's do not wait.
 *
 * @param networks property with the networks
 */
export function ignoredAliasChanges(
    { stateful, aliases, aliasesSetByUser }: ContainerSpec,
    networks: string,
) {
    return stateful && aliases !== undefined && !aliasesSetByUser ? [`${networks}[*].aliases`] : [];
}

/** Value for `definedNames`: with it, taking the user's host names out replaces the container, although it is ignored. */
export function aliasTrigger({ stateful, aliasesSetByUser }: ContainerSpec): true | undefined {
    return stateful && aliasesSetByUser ? true : undefined;
}

/** A duration as Go formats it. The provider reads back `1m0s` for a container with `60s`, and reports a change. */
export function goDuration(seconds: number): string {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const fields = [hours > 0 && `${hours}h`, seconds >= 60 && `${minutes}m`, `${seconds % 60}s`];
    return fields.filter(Boolean).join("");
}

/** Host entries of a container that connects to the machine that it runs on. */
export function hostEntries(reachesHost: boolean) {
    return reachesHost ? [{ host: HOST_GATEWAY_NAME, ip: "host-gateway" }] : [];
}

/** Host entries that the user has added. */
export function extraHostEntries(extraHosts: Record<string, string> = {}) {
    return Object.entries(extraHosts).map(([host, ip]) => ({ host, ip }));
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
