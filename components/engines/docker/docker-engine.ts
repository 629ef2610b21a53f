import { randomBytes, scryptSync } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    capability,
    goDuration,
    healthcheck,
    hostAddress,
    hostEntries,
    IGNORED_NETWORK_CHANGES,
    aliasTrigger,
    ignoredAliasChanges,
    ignoredHealthChanges,
    networksOf,
    labelArgs,
    labelsOf,
    definedNames,
    healthTriggers,
} from "../provider-values.ts";
import { toDnsLabel } from "../../shared/dns-label.ts";
import { engineHost } from "../docker-command.ts";
import { containerProperties } from "./container-properties.ts";
import { containerHooks } from "../data-guard.ts";
import { validate } from "./validation.ts";
import { createVolume, createVolumeRemoval, makeWritable } from "./volumes.ts";
import { failureHooks } from "./failure-report.ts";
import type { ContainerEngine, ContainerFile, ContainerSpec, NetworkSpec } from "../spec.ts";
import { fileLabels } from "../file-labels.ts";
import { keepsRunningCheck } from "../keeps-running.ts";

/**
 * Properties whose change must replace the container: the provider reports an update in place, but changes nothing
 * (kreuzwerker/terraform-provider-docker 988). `#initerror` is the error of a container that never became healthy, which the
 * provider leaves as it is (pulumi/pulumi 17881).
 */
const REPLACE_ON_CHANGES = ["#initerror", "healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "rm"];

const LOOPBACK = "127.0.0.1";

/** Docker's default is to keep logs without limit. */
const DEFAULT_LOGGING = { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } };

/** A Docker Engine: each `ContainerSpec` becomes a container on its machine. */
export const dockerEngine: ContainerEngine = {
    createContainer,
    keepsRunningCheck: (id, { name }, opts) => keepsRunningCheck(import.meta.dirname, name, id, opts),
    createNetwork,
    createVolume,
    createVolumeRemoval,
    makeWritable,
    imageReference: ({ imageId }) => pulumi.output(imageId),
    publishedAddress: ({ ip = LOOPBACK, hostPort }, { parent }) =>
        pulumi
            .all([engineHost(parent), ip, hostPort])
            .apply(([machine, address, port]) => hostAddress(machine, address, port)),
    validate,
};

function createContainer(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const containerName = spec.rollingUpdate ? uniqueName(spec.name) : spec.name;
    return new docker.Container(
        name,
        {
            name: containerName,
            image: spec.image,
            ...containerProperties({ ...spec, logging: spec.logging ?? DEFAULT_LOGGING }),
            envs: (spec.env ?? spec.secretEnv) && environment(spec),
            labels: [...labelArgs(spec.component, fileLabels(spec.name, spec.files)), ...labelsOf(spec)],
            uploads: spec.files?.map(upload),
            volumes: spec.mounts?.map(({ path, volume, hostPath, readOnly }) => ({
                containerPath: path,
                volumeName: volume,
                hostPath,
                readOnly,
            })),
            networksAdvanced: networksOf(spec, opts.parent)?.apply((networks) =>
                // In a rolling update, a Command adds the aliases once the container is healthy.
                networks.map(({ id, aliases }) => ({
                    name: id,
                    aliases: spec.rollingUpdate ? undefined : aliases,
                })),
            ),
            ports: ports(spec),
            hosts: hosts(spec),
            healthcheck: healthcheck(spec, goDuration),
            wait: spec.health !== undefined,
            waitTimeout: spec.health?.waitTimeout,
            capabilities: { drops: ["ALL"], adds: spec.capabilities?.map(capability) },
            securityOpts: ["no-new-privileges"],
            restart: spec.restart ?? "unless-stopped",
            // The first is for `docker stop` and a reboot, the second for Pulumi.
            stopTimeout: spec.stopTimeout ?? spec.defaultStopTimeout,
            destroyGraceSeconds: spec.stopTimeout ?? spec.defaultStopTimeout,
        },
        pulumi.mergeOptions(opts, {
            // Two containers cannot have the same name or port, and must not use the same data.
            deleteBeforeReplace: !spec.rollingUpdate,
            hooks: {
                ...containerHooks(name, spec, opts),
                ...failureHooks(name, { ...spec, name: containerName }, opts),
            },
            // Docker changes a memory limit in place, but cannot remove it.
            replaceOnChanges: [...REPLACE_ON_CHANGES, ...(spec.memory === undefined ? ["memory"] : [])],
            ignoreChanges: deferredChanges(spec),
            replacementTrigger: replacementTrigger(spec),
        }),
    );
}

/**
 * Name of a container that starts while the one that it replaces still runs. Each run of the program generates a new name,
 * which only a replacement uses (deferredChanges).
 */
function uniqueName(name: string): string {
    return toDnsLabel(`${name}-${randomBytes(3).toString("hex")}`);
}

/** Undefined if the container publishes no port, so that existing states do not change. */
function ports({ ports = [] }: ContainerSpec) {
    if (ports.length === 0) return undefined;
    return ports.map(({ containerPort, hostPort, ip = LOOPBACK, protocol }) => ({
        internal: containerPort,
        external: hostPort,
        ip,
        // Left out if it is the default, so that existing states do not change.
        ...(protocol === "udp" && { protocol }),
    }));
}

/** Undefined if the container needs no entries, so that existing states do not change. */
function hosts({ reachesHost, extraHosts }: ContainerSpec) {
    if (reachesHost === undefined && extraHosts === undefined) return undefined;
    return pulumi.output(reachesHost ?? false).apply((known) => hostEntries(known, extraHosts));
}

/**
 * Changes that wait until something else replaces the container: new defaults, and files that are not worth a
 * replacement. A replacement uses the values of the program (continueStepsFromDiff in Pulumi's step_generator.go).
 *
 * `uploads` can only be ignored as a whole: the list is secret, and its length changes.
 */
function deferredChanges(spec: ContainerSpec): string[] {
    return [
        ...ignoredHealthChanges(spec).map((field) => `healthcheck.${field}`),
        ...(spec.healthDisabledByDefault ? ["healthcheck"] : []),
        ...ignoredAliasChanges(spec, "networksAdvanced"),
        ...(spec.rollingUpdate ? ["name"] : []),
        // A refresh also reads the networks that a Command connected.
        ...(spec.joinsNetworksLater ? ["networksAdvanced"] : []),
        ...(spec.stopTimeout === undefined ? ["stopTimeout"] : []),
        ...(spec.logging === undefined ? ["logDriver", "logOpts"] : []),
        ...(spec.files?.some(({ deferred }) => deferred) ? ["uploads"] : []),
    ];
}

/**
 * Replaces the container for changes that the provider does not report: an argument that is removed, and a file that is not
 * deferred (if one file is, changes of all uploads are ignored).
 */
function replacementTrigger(spec: ContainerSpec): pulumi.Input<unknown> {
    const { name, files = [], command, entrypoint, user, stopTimeout } = spec;
    const { workingDirectory, hostname, init, logging } = spec;
    const names = definedNames({
        command,
        entrypoint,
        user,
        stopTimeout,
        workingDirectory,
        hostname,
        init,
        logging,
        // Databases created by earlier versions have a size, but no trigger for it.
        sharedMemory: spec.hasDefaultSharedMemory ? undefined : spec.sharedMemory,
        aliases: aliasTrigger(spec),
        ...healthTriggers(spec),
    });
    const triggers = spec.joinsNetworksLater
        ? pulumi
              .unsecret(pulumi.output(spec.networks ?? []))
              .apply((ids) => [...names, ...[...new Set(ids)].sort()])
        : names;
    if (!files.some(({ deferred }) => deferred)) return triggers;
    const undeferred = files.filter(({ deferred }) => !deferred);
    // Pulumi 3.259 stores a secret trigger as null. This hash is not secret: it is too slow for guessing passwords.
    const hash = pulumi
        .output(
            undeferred.map(({ path, content, contentBase64, source }) => ({
                path,
                content,
                contentBase64,
                source,
            })),
        )
        .apply((contents) => scryptSync(JSON.stringify(contents), name, 32).toString("hex"));
    return pulumi.all([triggers, pulumi.unsecret(hash)]).apply(([all, digest]) => [...all, digest]);
}

function createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions) {
    const args = { name: spec.name, labels: labelArgs(spec.component) };
    return new docker.Network(
        name,
        args,
        pulumi.mergeOptions(opts, { ignoreChanges: IGNORED_NETWORK_CHANGES }),
    ).name;
}

function upload({ path, content, contentBase64, source, executable, mode, owner, group }: ContainerFile) {
    return {
        file: path,
        content,
        contentBase64,
        source,
        permissions: executable ? "0755" : mode,
        // Left out for root, the provider's default: it has had these properties only since version 5.2.
        owner: owner ? String(owner) : undefined,
        group: group ? String(group) : undefined,
    };
}

function environment({ env, secretEnv = {} }: ContainerSpec) {
    return pulumi.output(secretEnv).apply((secret) => variables({ ...env, ...secret }));
}

function variables(env: Record<string, string>): string[] {
    return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
