import { statSync } from "node:fs";
import { EndpointMode, PublishMode } from "../engine.ts";
import type { EngineSpecificArgs } from "../spec.ts";
import { quote, refuse } from "../../shared/validation.ts";
import { chosenVariables } from "../../shared/wiring.ts";
import { validateShellEnvironment } from "../../container/environment.ts";

/** Docker's limits for a config and for a secret, in bytes. */
const MAX_CONFIG_SIZE = 1000 * 1024;
const MAX_SECRET_SIZE = 500 * 1024;

/** @throws pulumi.InputPropertyError for arguments that a Swarm does not support */
export function validate(args: EngineSpecificArgs, at = ""): void {
    const {
        image,
        build,
        publish,
        ports = {},
        swarm,
        dump,
        tmpfs = {},
        ulimits,
        tty,
        stdinOpen,
        files,
    } = args;
    for (const [name, value] of Object.entries({ ulimits, tty, stdinOpen }))
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
            `${quote(dump)} has ${Math.ceil(size / 1024)} KiB, but a Docker config can hold at most 1000; leave it out, and load it once Redis is running`,
        );
    validateFiles(files, false, at);
    validateTmpfs(tmpfs, at);
}

/** @throws pulumi.InputPropertyError for mount options that a Swarm does not support */
export function validateTmpfs(tmpfs: EngineSpecificArgs["tmpfs"] = {}, at = ""): void {
    for (const [path, options] of Object.entries(tmpfs)) {
        if (!/^((size=\d+[kmg]?|mode=0?(1777|[0-7]{3}))(,|$))*$/i.test(options))
            refuse(
                `${at}tmpfs.${path}`,
                `${quote(options)} has an option that a Swarm does not support; use size and mode, for example size=64m,mode=1777`,
            );
    }
}

/** The `publish` arguments of named ports, by path. */
function publishOf(
    ports: NonNullable<EngineSpecificArgs["ports"]>,
): Record<string, { ip?: unknown } | undefined> {
    return Object.fromEntries(
        Object.entries(ports).map(([name, { publish }]) => [`ports.${name}.publish`, publish]),
    );
}

/**
 * The content of an Output is checked during the update.
 *
 * @param secret whether the files become secrets instead of configs
 * @throws pulumi.InputPropertyError for files of a size that Docker refuses
 */
export function validateFiles(files: EngineSpecificArgs["files"] = {}, secret = false, at = ""): void {
    for (const [path, { source, content }] of Object.entries(files)) {
        if (source !== undefined) checkFileSize(statSync(source).size, `${at}files.${path}`, secret);
        if (typeof content === "string")
            checkFileSize(Buffer.byteLength(content), `${at}files.${path}`, secret);
    }
}

/** @throws pulumi.InputPropertyError if Docker refuses a secret or a config of this size */
export function checkFileSize(bytes: number, property: string, secret = false): void {
    const limit = secret ? MAX_SECRET_SIZE : MAX_CONFIG_SIZE;
    if (bytes === 0)
        refuse(property, "is empty, which a Swarm does not allow; write a line break, or leave it out");
    if (bytes > limit)
        refuse(
            property,
            `has ${Math.ceil(bytes / 1024)} KiB, but on a Swarm ${secret ? "a secret" : "a file"} can hold at most ${limit / 1024}; copy it into the image with build, or mount a volume`,
        );
}
