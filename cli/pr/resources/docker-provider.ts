import type { State, Step } from "../events.ts";
import { equal, string } from "../values.ts";

/**
 * The Docker provider connects to another Docker Engine. A preview does not show that nothing runs there: it does not
 * read the state of resources.
 */
export function isMovedToOtherEngine(steps: Step[]): boolean {
    return steps.some(
        ({ type, old, new: next }) =>
            type === "pulumi:providers:docker" && old && next && !equal(addressOf(old), addressOf(next)),
    );
}

/** As in the provider, a context takes precedence over a host. */
function addressOf({ inputs }: State): string {
    return string(inputs.context) || string(inputs.host) || "unix:///var/run/docker.sock";
}
