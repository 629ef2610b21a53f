import * as pulumi from "@pulumi/pulumi";

/**
 * Keeps state for one update. A process can run several updates in sequence: unit tests, component providers and
 * programs of the Automation API do.
 *
 * @returns a function that returns the state of the current update; the first call of an update creates it
 */
export function perUpdate<T>(create: () => T): () => T {
    let current: { update: unknown; state: T } | undefined;
    return () => {
        const update = currentUpdate();
        if (current === undefined || current.update !== update) current = { update, state: create() };
        return current.state;
    };
}

/**
 * A value that differs between updates. A component provider has a client for each component, and all clients of an
 * update have the address of the same server. Mocks have no address.
 */
function currentUpdate(): unknown {
    const monitor = pulumi.runtime.getMonitor() as { getChannel?(): { getTarget(): string } } | undefined;
    return monitor?.getChannel?.().getTarget() ?? monitor;
}
