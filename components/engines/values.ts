import { HOST_GATEWAY_NAME } from "../shared/connection.ts";
import { drydockLabels } from "../shared/names.ts";
import type { ContainerSpec, HealthCheck } from "./spec.ts";

/**
 * The names of the arguments that are set, of those that the provider keeps as they are when they are left out
 * (optional and computed, as Terraform says): as `replacementTrigger`, they make the removal of one a replacement.
 * Pulumi does not replace a resource that gets its first trigger (shouldTriggerReplace), so that state of an earlier
 * version stays as it is.
 */
export function keptWhenRemoved(args: Record<string, unknown>): string[] {
    return Object.keys(args)
        .filter((name) => args[name] !== undefined)
        .sort();
}

/**
 * A network keeps its name when its component is renamed (Pulumi's `aliases`). Another network could only be made once
 * nothing is on the old one, and what other stacks and programs in other languages have on it, Pulumi does not remove.
 */
export const KEPT_BY_NETWORKS = ["name", "labels"];

export function labelArgs(component: string) {
    return Object.entries(drydockLabels(component)).map(([label, value]) => ({ label, value }));
}

/** As the provider reads it back. */
export function capability(name: string): string {
    return name === "ALL" ? name : `CAP_${name}`;
}

/** @param duration how the provider reads seconds back */
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

const HEALTH_PARTS = ["interval", "timeout", "startPeriod", "retries"];

/**
 * The parts of a health check, as the provider calls them, whose new defaults wait for the next replacement of a
 * container that holds data. Whatever replaces it, the engine uses the program's values then
 * (`goal.Properties` in Pulumi's step_generator.go).
 */
export function ignoredHealth({ stateful, health }: ContainerSpec): string[] {
    if (!stateful || !health) return [];
    return ["tests", ...HEALTH_PARTS.filter((part) => !health.setByUser?.includes(part))];
}

/** For `keptWhenRemoved`: the health check, and those of its parts that are ignored once the user no longer sets them. */
export function keptHealth({ stateful, health }: ContainerSpec): Record<string, unknown> {
    const parts = HEALTH_PARTS.filter((part) => stateful && health?.setByUser?.includes(part));
    return { healthcheck: health, ...Object.fromEntries(parts.map((part) => [`healthcheck.${part}`, true])) };
}

/** As Go writes durations: of a container the provider reads back `1m0s`, and takes `60s` for a change. */
export function goDuration(seconds: number): string {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const parts = [hours > 0 && `${hours}h`, seconds >= 60 && `${minutes}m`, `${seconds % 60}s`];
    return parts.filter(Boolean).join("");
}

/** The name of the machine that a container runs on, where it is asked for. */
export function hostEntries(reachesHost: boolean) {
    return reachesHost ? [{ host: HOST_GATEWAY_NAME, ip: "host-gateway" }] : [];
}

/** A published port, as seen from here. @param machine what the machine is called that it is published on */
export function hostAddress(machine: string, address: string, port: number): string {
    const everywhere = address === "0.0.0.0" || address === "::";
    const host = everywhere ? machine : address.includes(":") ? `[${address}]` : address;
    return `${host}:${port}`;
}
