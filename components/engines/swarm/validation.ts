import { statSync } from "node:fs";
import { EndpointMode, PublishMode } from "../engine.ts";
import type { EngineSpecificArgs } from "../spec.ts";
import { quote, refuse } from "../../shared/validation.ts";
import { chosenVariables } from "../../shared/wiring.ts";
import { validateShellEnvironment } from "../../container/environment.ts";

/** Docker's limit for a config, in bytes. */
const MAX_CONFIG_SIZE = 1000 * 1024;

/** @throws pulumi.InputPropertyError for arguments that a Swarm does not support */
export function validate(args: EngineSpecificArgs, at = ""): void {
    const { image, build, publish, ports = {}, swarm, dump, tmpfs = {}, ulimits, tty } = args;
    for (const [name, value] of Object.entries({ ulimits, tty }))
        if (value !== undefined)
            refuse(`${at}${name}`, "a Swarm has no such option for its services; leave it out");
    const published = Object.entries({ publish, ...publishOf(ports) }).filter(
        ([, value]) => value !== undefined,
    );
    for (const [path, value] of published)
        if (value?.ip !== undefined)
            refuse(`${at}${path}.ip`, "a Swarm publishes on all addresses of its nodes; leave ip out");
    const { endpointMode, publishMode } = swarm ?? {};
    if (
        published.length > 0 &&
        endpointMode === EndpointMode.DnsRoundRobin &&
        publishMode !== PublishMode.Host
    )
        refuse(
            `${at}swarm.publishMode`,
            "the routing mesh needs a virtual IP, but endpointMode is dnsrr; set publishMode to host, or leave endpointMode out",
        );
    if (build && !build.push)
        refuse(
            "build.push",
            "required: the nodes of a Swarm pull the image; set push.image to its name in a registry",
        );
    if (typeof image === "string" && image.startsWith("sha256:"))
        refuse(
            "image",
            `${quote(image)} is an ID, which only one machine can resolve; use the name of the image in a registry`,
        );
    validateShellEnvironment(chosenVariables(args, at));
    const size = dump === undefined ? 0 : statSync(dump).size;
    if (size > MAX_CONFIG_SIZE)
        refuse(
            "dump",
            `${quote(dump)} has ${Math.ceil(size / 1024)} KiB, but a Docker config has at most 1000; leave it out, and load it once Redis is running`,
        );
    for (const [path, options] of Object.entries(tmpfs)) {
        if (!/^((size=\d+[kmg]?|mode=0?(1777|[0-7]{3}))(,|$))*$/i.test(options))
            refuse(
                `${at}tmpfs.${path}`,
                `${quote(options)} has an option that a Swarm does not support; use size and mode, for example size=64m,mode=1777`,
            );
    }
}

/** The arguments that publish named ports, by path. */
function publishOf(
    ports: NonNullable<EngineSpecificArgs["ports"]>,
): Record<string, { ip?: unknown } | undefined> {
    return Object.fromEntries(
        Object.entries(ports).map(([name, { publish }]) => [`ports.${name}.publish`, publish]),
    );
}
