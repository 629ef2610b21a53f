import type { HealthCheck } from "../engines/index.ts";
import { readScriptBody } from "./scripts.ts";
import { isCommand, isHostHeader, isIntegerFrom, isUrlPath, quote, refuse, validate } from "./validation.ts";

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
    /** Time after the start in which failures do not count. @default `waitTimeout` */
    startPeriod?: number;
    /** Time that an update waits for the container to become healthy. @default 120 */
    waitTimeout?: number;
}

/** Health check of a container: an HTTP request or a command. All times are in seconds. */
export interface HealthArgs extends HealthTimeArgs {
    /** Path of an HTTP GET request that must return a status below 400, for example `/up`. Redirects count as success and
     *  are not followed. The request uses the address that other containers use: an application that listens on localhost
     *  only is unhealthy. */
    path?: string;
    /** `Host` header of the request, for applications that allow only some host names. @default `127.0.0.1:<port>` */
    host?: string;
    /** Command to run instead of an HTTP request; exit code 0 is healthy. Runs in a shell of the image. If the image has no
     *  shell, set `interval`. */
    command?: string[];
}

export function validateHealth(health: HealthArgs = {}, propertyPath = "health"): void {
    const { path, host, command } = health;
    if (typeof health !== "object")
        refuse(propertyPath, `${quote(health)} is not a health check; write { path: "/up" }`);
    if (path !== undefined && command !== undefined)
        refuse(
            `${propertyPath}.path`,
            `${propertyPath}.path and ${propertyPath}.command are both set; keep one`,
        );
    if (host !== undefined && command !== undefined)
        refuse(
            `${propertyPath}.host`,
            `${propertyPath}.command sends no request; leave ${propertyPath}.host out`,
        );
    validate({
        [`${propertyPath}.path`]: [path, isUrlPath],
        [`${propertyPath}.host`]: [host, isHostHeader],
        [`${propertyPath}.command`]: [command, isCommand],
        [`${propertyPath}.interval`]: [health.interval, isIntegerFrom(1)],
        [`${propertyPath}.timeout`]: [health.timeout, isIntegerFrom(1)],
        [`${propertyPath}.retries`]: [health.retries, isIntegerFrom(1)],
        [`${propertyPath}.startPeriod`]: [health.startPeriod, isIntegerFrom(0)],
        [`${propertyPath}.waitTimeout`]: [health.waitTimeout, isIntegerFrom(1)],
    });
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
    const { command, host = `127.0.0.1:${port}`, timeout = 5, ...times } = health;
    const request = shellCommand("health-http.sh", String(port), path, host, String(timeout));
    return buildHealthCheck(command ?? request, { ...times, timeout });
}

/** Command that runs a check on the address that other containers use. @param command to which the address is appended */
export function checkAtContainerAddress(command: string[]): string[] {
    return shellCommand("health-address.sh", ...command);
}

function shellCommand(file: string, ...args: string[]): string[] {
    return ["/bin/sh", "-c", readScriptBody(import.meta.dirname, file), "health", ...args];
}
