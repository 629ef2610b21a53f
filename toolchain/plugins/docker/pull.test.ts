import { Context } from "../../plugin/provider";
import { Daemon } from "./daemon";
import { pull } from "./pull";

test.each([
    ["redis:8", "check its name, and the login for its registry: no such host"],
    [
        "sha256:1d",
        "it was removed since it was built or pulled; run pulumi up with --refresh, and if it was built",
    ],
])("a pull of %s that fails names the remedy", async (image, remedy) => {
    const docker = { pull: () => Promise.reject(new Error("no such host")) };
    const daemon = { docker, registryAuth: [] } as unknown as Daemon;
    const context = { status: () => undefined } as unknown as Context;
    await expect(pull(daemon, image, context)).rejects.toThrow(
        `image ${image} is not on the Docker daemon and could not be pulled; ${remedy}`,
    );
});
