import * as pulumi from "@pulumi/pulumi";
import { perUpdate } from "../shared/per-update.ts";

/** Whether hooks can be registered, which Pulumi's mocks do not support. */
export function hasHooks(): boolean {
    const monitor = pulumi.runtime.getMonitor() as { registerResourceHook?: unknown } | undefined;
    return typeof monitor?.registerResourceHook === "function";
}

/** How many hooks were registered with a name. */
const registered = perUpdate(() => new Map<string, number>());

export function createHook(name: string, run: pulumi.ResourceHookFunction): pulumi.ResourceHook {
    return new pulumi.ResourceHook(uniqueName(name), run);
}

/** A hook that runs after a failed operation. The operation is not retried. */
export function createErrorHook(
    name: string,
    run: (args: pulumi.ErrorHookArgs) => Promise<void>,
): pulumi.ErrorHook {
    return new pulumi.ErrorHook(uniqueName(name), async (args) => {
        await run(args);
        return false;
    });
}

/** Pulumi requires unique names for hooks, but components with different parents may have the same name. */
function uniqueName(name: string): string {
    const counts = registered();
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `drydock ${name}${count > 1 ? ` ${count}` : ""}`;
}
