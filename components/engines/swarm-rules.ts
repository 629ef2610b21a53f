import { EndpointMode, EngineDependent, PublishMode } from "../engine";
import { refuse } from "../validation";

/** @throws pulumi.InputPropertyError for what a Swarm cannot do */
export function validate({ image, build, publish, swarm, tmpfs = {} }: EngineDependent): void {
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
        refuse("image", `${image} is an ID, which one machine knows; use a name in a registry`);
    for (const [path, options] of Object.entries(tmpfs)) {
        if (!/^((size=\d+[kmg]?|mode=0?(1777|[0-7]{3}))(,|$))*$/i.test(options))
            refuse(
                `tmpfs.${path}`,
                `${options} is more than a Swarm knows; use size and mode, such as size=64m,mode=1777`,
            );
    }
}
