import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Values } from "../../plugin/values.ts";
import { connect, type ConnectionConfig, daemonHost } from "./connection.ts";

/** The Docker daemon that the provider works on. */
export class Daemon {
    private client: Docker | undefined;
    private config: ConnectionConfig = {};

    get docker(): Docker {
        if (!this.client) throw new Error("the provider was not configured");
        return this.client;
    }

    /** The provider's registry logins. */
    get registryAuth() {
        return this.config.registryAuth ?? [];
    }

    async configure(config: Values): Promise<void> {
        this.config = config;
        this.client = connect(this.config, process.env);
        if (this.config.disableDockerDaemonCheck) return;
        await this.client.ping().catch((error: unknown) => {
            const host = daemonHost(this.config, process.env);
            throw new Error(
                `no Docker daemon answers at ${host}: ${errorReason(error)}. Start it, or set docker:host to its address`,
            );
        });
    }
}

/** The daemon's error message without the client's prefix, or the reason for an abort. */
export function errorReason(error: unknown): string {
    const { json, message, name, cause } = error as Error & { json?: { message?: string } };
    if (name === "AbortError" && cause) return errorReason(cause);
    return (json?.message ?? (message || String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, "")).trim();
}

/** Whether the daemon answered 404. */
export function isNotFound(error: unknown): boolean {
    return (error as { statusCode?: number }).statusCode === 404;
}

/** The result, or undefined if the daemon answers 404. */
export async function undefinedIfNotFound<T>(inspection: Promise<T>): Promise<T | undefined> {
    try {
        return await inspection;
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw new Error(errorReason(error), { cause: error });
    }
}

/**
 * Sends options in the body of a request only. By default, dockerode also puts them into the URL, which proxies log and
 * which limits their size (see "_query" and "_body" in dockerode's README).
 */
export function inBody<T extends object>(body: T, query: Record<string, string> = {}): T {
    return { _query: query, _body: body } as unknown as T;
}

/** Prefixes an error message with a description of the operation. */
export async function attempt<T>(description: string, operation: Promise<T>): Promise<T> {
    try {
        return await operation;
    } catch (error) {
        throw new Error(`${description}: ${errorReason(error)}`, { cause: error });
    }
}

/** Retries an operation every 500 ms while it fails with a transient error. */
export async function retryWhile<T>(
    isTransient: (error: unknown) => boolean,
    seconds: number,
    signal: AbortSignal,
    operation: () => Promise<T>,
): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await operation();
        } catch (error) {
            if (!isTransient(error) || Date.now() > deadline) throw error;
        }
        await sleep(500, undefined, { signal });
    }
}
