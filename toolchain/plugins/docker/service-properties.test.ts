import { check } from "../../plugin/check";
import { Values } from "../../plugin/values";
import { serviceProperties } from "./service-properties";

const containerSpec = { image: "redis:8" };

test.each<[string, Values, string]>([
    ["a mode of resolution", { endpointSpec: { mode: "lvs" } }, "endpointSpec.mode"],
    ["a ratio", { updateConfig: { maxFailureRatio: "2" } }, "updateConfig.maxFailureRatio"],
    ["a duration", { convergeConfig: { timeout: "5" } }, "convergeConfig.timeout"],
    ["a count", { mode: { replicated: { replicas: -1 } } }, "mode.replicated.replicas"],
    [
        "a mount's type",
        { taskSpec: { containerSpec: { image: "a", mounts: [{ type: "npipe", target: "/a" }] } } },
        "taskSpec.containerSpec.mounts[0].type",
    ],
    ["a missing image", { taskSpec: { containerSpec: {} } }, "taskSpec.containerSpec.image"],
])("%s that Swarm would not take is told by its path", (_, inputs, property) => {
    const { failures } = check(
        serviceProperties,
        { name: "app", taskSpec: { containerSpec }, ...inputs },
        {},
    );
    expect(failures).toMatchObject([{ property }]);
});
