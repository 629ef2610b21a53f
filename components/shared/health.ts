import type { HealthCheck } from "../engines/index.ts";
import { readScriptBody } from "./scripts.ts";
import {
    isBoolean,
    isCommand,
    isHostHeader,
    isIntegerFrom,
    isUrlPath,
    quote,
    refuse,
    validate,
} from "./validation.ts";

/** Seconds between checks until the first success, and after a failure. */
const STARTING_INTERVAL = 2;

/** Seconds between checks after a success. */
const HEALTHY_INTERVAL = 30;

/** Timing of a health check, in seconds. */
export interface HealthTimeArgs {
    /** Time between checks. By default, checks are frequent while the container starts or fails, and rare while it is
     *  healthy: a container that stops answering becomes unhealthy within 70 s. @default 2 until the first success and
     *  after a failure, 30 after a success */
    interval?: number;
    /** Time that a check may take. @default 5 */
    timeout?: number;
    /** Consecutive failures that make the container unhealthy. @default 5 */
    retries?: number;
    /** Time after the start during which failures do not count. @default `waitTimeout` */
    startPeriod?: number;
    /** Time that an update waits for the container to become healthy. @default 120 */
    waitTimeout?: number;
}

/** Health check of a container: an HTTP request, a TCP port, a command, or none. All times are in seconds. */
export interface HealthArgs extends HealthTimeArgs {
    /** Path of an HTTP GET request that must return a status below 400, for example `/up`. Redirects count as success and
     *  are not followed. The request uses the address that other containers use: an application that listens on localhost
     *  only is unhealthy. */
    path?: string;
    /** `Host` header of the request, for applications that allow only some host names. @default `127.0.0.1:<port>` */
    host?: string;
    /** Command to run instead of an HTTP request; exit code 0 is healthy. Started by the image's shell (`/bin/sh`), but not
     *  interpreted by it: for `$VAR` or `|`, write `["sh", "-c", "..."]`. If the image has no shell, set `interval`. */
    command?: string[];
    /** Checks that something listens on the TCP port, instead of sending an HTTP request. Opens no connection.
     *  @default false */
    tcp?: boolean;
    /** Turns off the health check, including that of the image: an update then only waits until the container has run for 5 s.
     *  @default false */
    disabled?: boolean;
}

export function validateHealth(health: HealthArgs = {}, propertyPath = "health"): void {
    const { path, host, command, tcp, disabled } = health;
    if (typeof health !== "object")
        refuse(propertyPath, `${quote(health)} is not a health check; write { path: "/up" }`);
    validate({
        [`${propertyPath}.tcp`]: [tcp, isBoolean],
        [`${propertyPath}.disabled`]: [disabled, isBoolean],
    });
    const kinds = Object.entries({ path, command, tcp: tcp ? true : undefined })
        .filter(([, value]) => value !== undefined)
        .map(([kind]) => `${propertyPath}.${kind}`);
    const [kind = "", otherKind] = kinds;
    if (otherKind !== undefined) refuse(kind, `${kind} and ${otherKind} are both set; keep one`);
    if (host !== undefined && kinds.length > 0 && path === undefined)
        refuse(`${propertyPath}.host`, `${kind} sends no request; leave ${propertyPath}.host out`);
    const set = Object.keys(health).filter((key) => health[key as keyof HealthArgs] !== undefined);
    const [other] = set.filter((key) => key !== "disabled");
    if (disabled && other !== undefined)
        refuse(
            `${propertyPath}.disabled`,
            `${propertyPath}.disabled and ${propertyPath}.${other} are both set; keep one`,
        );
    validate({
        [`${propertyPath}.path`]: [path, isUrlPath],
        [`${propertyPath}.host`]: [host, isHostHeader],
        [`${propertyPath}.command`]: [command, isHealthCommand],
        [`${propertyPath}.interval`]: [health.interval, isIntegerFrom(1)],
        [`${propertyPath}.timeout`]: [health.timeout, isIntegerFrom(1)],
        [`${propertyPath}.retries`]: [health.retries, isIntegerFrom(1)],
        [`${propertyPath}.startPeriod`]: [health.startPeriod, isIntegerFrom(0)],
        [`${propertyPath}.waitTimeout`]: [health.waitTimeout, isIntegerFrom(1)],
    });
}

/** Keywords that start the `test` of a Compose file and the `HEALTHCHECK` of a Dockerfile. Nothing runs them as a program. */
const COMPOSE_KEYWORDS = new Map<unknown, string>([
    ["CMD", "leave it out"],
    ["CMD-SHELL", 'write ["sh", "-c", "..."]'],
    ["NONE", "set disabled"],
]);

function isHealthCommand(command: unknown): string | undefined {
    const [first] = Array.isArray(command) ? (command as unknown[]) : [];
    const remedy = COMPOSE_KEYWORDS.get(first);
    return remedy === undefined
        ? isCommand(command)
        : `${quote(first)} is not a program in the image; ${remedy}`;
}

/**
 * Refuses timings for a container without a health check. They do not apply to a HEALTHCHECK of the image either: Docker
 * would merge them, but the provider would report the image's command as a change at every update.
 *
 * @param remedy arguments that set a health check
 */
export function refuseTimesWithoutCheck(
    { interval, timeout, retries, startPeriod, waitTimeout }: HealthArgs,
    propertyPath: string,
    remedy: string,
): void {
    for (const [key, value] of Object.entries({ interval, timeout, retries, startPeriod, waitTimeout }))
        if (value !== undefined)
            refuse(
                `${propertyPath}.${key}`,
                `there is no health check to time (a HEALTHCHECK of the image keeps its own timing); set ${remedy}, or leave ${key} out`,
            );
}

/** @param command program and arguments; exit code 0 is healthy */
export function buildHealthCheck(command: string[], health: HealthTimeArgs = {}): HealthCheck {
    const { interval, timeout = 5, retries = 5, waitTimeout = 120, startPeriod = waitTimeout } = health;
    const setByUser = Object.keys(health).filter((key) => health[key as keyof HealthTimeArgs] !== undefined);
    const common = { retries, startPeriod, waitTimeout, setByUser };
    // With a fixed interval, the command needs no shell.
    if (interval !== undefined) return { test: ["CMD", ...command], interval, timeout, ...common };
    const pause = HEALTHY_INTERVAL - STARTING_INTERVAL;
    const limit = timeout + 1;
    return {
        test: ["CMD", ...shellCommand("health-pause.sh", String(pause), String(limit), ...command)],
        interval: STARTING_INTERVAL,
        timeout: pause + limit + 1,
        ...common,
    };
}

/** Health check of a container that serves HTTP. */
export function buildHttpHealthCheck(port: number, health: HealthArgs, path: string): HealthCheck {
    const { host = `127.0.0.1:${port}`, timeout = 5, ...times } = health;
    const request = shellCommand("health-http.sh", String(port), path, host, String(timeout));
    return buildHealthCheck(request, { ...times, timeout });
}

/** Health check of a container that listens on a TCP port. */
export function buildTcpHealthCheck(port: number, health: HealthTimeArgs = {}): HealthCheck {
    return buildHealthCheck(shellCommand("health-tcp.sh", String(port)), health);
}

/** Adds the default check of a container that listens on a TCP port, unless the user sets a check. */
export function withTcpDefault(health: HealthArgs = {}): HealthArgs {
    const { path, command, disabled } = health;
    return path === undefined && command === undefined && !disabled ? { ...health, tcp: true } : health;
}

/**
 * The health check that the user sets, or the default one.
 *
 * @param port of the container; without one, only `command` sets a check
 * @param defaultPath of the HTTP request, if the user sets no check; without one, there is no default check
 */
export function resolveHealthCheck(
    health: HealthArgs = {},
    port?: number,
    defaultPath?: string,
): { health?: HealthCheck; healthDisabled?: boolean } {
    const { path = defaultPath, host, command, tcp, disabled, ...times } = health;
    if (disabled) return { healthDisabled: true };
    if (command !== undefined) return { health: buildHealthCheck(command, times) };
    if (port === undefined) return {};
    if (tcp) return { health: buildTcpHealthCheck(port, times) };
    return path === undefined ? {} : { health: buildHttpHealthCheck(port, { host, ...times }, path) };
}

/**
 * Command that runs a check on the address that other containers use.
 *
 * @param command the check, to which the address is appended
 */
export function checkAtContainerAddress(command: string[]): string[] {
    return shellCommand("health-address.sh", ...command);
}

function shellCommand(file: string, ...args: string[]): string[] {
    return ["/bin/sh", "-c", readScriptBody(import.meta.dirname, file), "health", ...args];
}
