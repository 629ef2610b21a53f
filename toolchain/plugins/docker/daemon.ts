import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { Values } from "../../plugin/values";
import { connect, ConnectionConfig, daemonHost } from "./connection";

/** The Docker daemon that the provider works on. */
export class Daemon {
    private client: Docker | undefined;
    private config: ConnectionConfig = {};

    get docker(): Docker {
        if (!this.client) throw new Error("the provider was not configured");
        return this.client;
    }

    /** Logins that the provider was given, for registries by address. */
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
                `no Docker daemon answers at ${host}: ${reasonOf(error)}. Start it, or set docker:host to where it is`,
            );
        });
    }
}

/** What the daemon said, without the client's own words around it; of what was aborted, why it was. */
export function reasonOf(error: unknown): string {
    const { json, message, name, cause } = error as Error & { json?: { message?: string } };
    if (name === "AbortError" && cause) return reasonOf(cause);
    return (json?.message ?? (message || String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, "")).trim();
}

/** The daemon knows nothing by that name. */
export function isNotFound(error: unknown): boolean {
    return (error as { statusCode?: number }).statusCode === 404;
}

/** The result, or undefined where the daemon knows nothing by that name. */
export async function found<T>(inspection: Promise<T>): Promise<T | undefined> {
    try {
        return await inspection;
    } catch (error) {
        if (isNotFound(error)) return undefined;
        throw new Error(reasonOf(error), { cause: error });
    }
}

/**
 * Options of a request that go into its body. dockerode would send them in the URL as well, where every proxy between
 * here and the engine logs them, and where a megabyte is too much (dockerode, README: "_query" and "_body").
 */
export function inBody<T extends object>(body: T, query: Record<string, string> = {}): T {
    return { _query: query, _body: body } as unknown as T;
}

/** The result; a failure begins with what was tried. */
export async function attempt<T>(what: string, operation: Promise<T>): Promise<T> {
    try {
        return await operation;
    } catch (error) {
        throw new Error(`${what}: ${reasonOf(error)}`, { cause: error });
    }
}

/** Tries the operation every half second while it fails with a reason that time may cure. */
export async function retryWhile<T>(
    curable: (error: unknown) => boolean,
    seconds: number,
    signal: AbortSignal,
    operation: () => Promise<T>,
): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await operation();
        } catch (error) {
            if (!curable(error) || Date.now() > deadline) throw error;
        }
        await sleep(500, undefined, { signal });
    }
}
