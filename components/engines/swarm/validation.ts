import { statSync } from "node:fs";
import { EndpointMode, PublishMode } from "../engine.ts";
import type { EngineSpecificArgs } from "../spec.ts";
import { quote, refuse } from "../../shared/validation.ts";
import { validateShellEnvironment } from "../../shared/wiring.ts";

/** Docker's limit on a config, in bytes. */
const LARGEST_FILE = 1000 * 1024;

/** @throws pulumi.InputPropertyError for what a Swarm cannot do */
export function validate({ image, build, publish, swarm, dump, tmpfs = {}, env }: EngineSpecificArgs): void {
    if (publish?.ip !== undefined)
        refuse("publish.ip", "a Swarm publishes on every address of its nodes; leave ip out");
    const { endpointMode, publishMode } = swarm ?? {};
    if (publish && endpointMode === EndpointMode.DnsRoundRobin && publishMode !== PublishMode.Host)
        refuse(
            "swarm.publishMode",
            "the routing mesh needs virtual IPs, and endpointMode is dnsrr; set publishMode to host, or leave endpointMode out",
        );
    if (build && !build.push)
        refuse("build.push", "the nodes of a Swarm pull what they run; set push.image to where they find it");
    if (typeof image === "string" && image.startsWith("sha256:"))
        refuse("image", `${quote(image)} is an ID, which one machine knows; use a name in a registry`);
    validateShellEnvironment(env);
    const size = dump === undefined ? 0 : statSync(dump).size;
    if (size > LARGEST_FILE)
        refuse(
            "dump",
            `${quote(dump)} has ${Math.ceil(size / 1024)} KiB, and a Swarm hands at most 1000 to its nodes; leave it out, and load it once Redis is up`,
        );
    for (const [path, options] of Object.entries(tmpfs)) {
        if (!/^((size=\d+[kmg]?|mode=0?(1777|[0-7]{3}))(,|$))*$/i.test(options))
            refuse(
                `tmpfs.${path}`,
                `${quote(options)} is more than a Swarm knows; use size and mode, such as size=64m,mode=1777`,
            );
    }
}
