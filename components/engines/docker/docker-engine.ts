import { scryptSync } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    capability,
    goDuration,
    healthcheck,
    hostAddress,
    hostEntries,
    ignoredHealth,
    keptHealth,
    keptWhenRemoved,
    KEPT_BY_NETWORKS,
    labelArgs,
} from "../values.ts";
import { engineHost } from "../docker-command.ts";
import { containerHooks } from "../data-guard.ts";
import { createVolume, createVolumeRemoval } from "./volumes.ts";
import { failureHooks } from "./failure-report.ts";
import type { ContainerEngine, ContainerSpec, NetworkSpec } from "../spec.ts";
import { containerStaysUp } from "../stays-up.ts";

/**
 * Changes that the provider reports as made in place without making them, and a container that never
 * became healthy, which it leaves as it is (kreuzwerker/terraform-provider-docker 988, pulumi/pulumi 17881).
 */
const REPLACING = ["#initerror", "healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "rm"];

/** Reached from the machine itself alone. */
const LOOPBACK = "127.0.0.1";

/** Docker Engine: containers on one machine. */
export const dockerEngine: ContainerEngine = {
    createContainer,
    staysUpScript: containerStaysUp,
    createNetwork,
    createVolume,
    createVolumeRemoval,
    imageReference: (image) => image.imageId,
    publishedAddress: ({ ip = LOOPBACK, hostPort }, { parent }) =>
        pulumi
            .all([engineHost(parent), ip, hostPort])
            .apply(([machine, address, port]) => hostAddress(machine, address, port)),
    validate: () => undefined,
};

function createContainer(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    return new docker.Container(
        name,
        {
            name: spec.name,
            image: spec.image,
            command: spec.command,
            entrypoints: spec.entrypoint,
            envs: (spec.env ?? spec.secretEnv) && environment(spec),
            labels: labelArgs(spec.component),
            uploads: spec.files?.map(({ path, content, source, executable }) => ({
                file: path,
                content,
                source,
                permissions: executable ? "0755" : undefined,
            })),
            volumes: spec.mounts?.map(({ path, volume, hostPath, readOnly }) => ({
                containerPath: path,
                volumeName: volume,
                hostPath,
                readOnly,
            })),
            tmpfs: spec.tmpfs,
            networksAdvanced:
                spec.networks &&
                pulumi.output(spec.networks).apply((names) => names.map((network) => ({ name: network }))),
            ports: spec.publish && [
                {
                    internal: spec.publish.containerPort,
                    external: spec.publish.hostPort,
                    ip: spec.publish.ip ?? LOOPBACK,
                },
            ],
            hosts:
                spec.reachesHost === undefined
                    ? undefined
                    : pulumi.output(spec.reachesHost).apply(hostEntries),
            healthcheck: spec.health && healthcheck(spec.health, goDuration),
            wait: spec.health !== undefined,
            waitTimeout: spec.health?.waitTimeout,
            memory: spec.memory,
            // Unset, the daemon chooses twice the memory, which the provider then takes for a change.
            memorySwap: spec.memory && spec.memory * 2,
            shmSize: spec.sharedMemory,
            cpus: spec.cpus === undefined ? undefined : canonicalCpus(spec.cpus),
            user: spec.user,
            readOnly: spec.readOnly,
            capabilities: { drops: ["ALL"], adds: spec.capabilities?.map(capability) },
            securityOpts: ["no-new-privileges"],
            restart: spec.restart ?? "unless-stopped",
            // The one is for `docker stop` and a reboot, the other for Pulumi.
            stopTimeout: spec.stopTimeout ?? spec.defaultStopTimeout,
            destroyGraceSeconds: spec.stopTimeout ?? spec.defaultStopTimeout,
        },
        pulumi.mergeOptions(opts, {
            // A container's name, its port and its volume can belong to one container at a time.
            deleteBeforeReplace: true,
            hooks: { ...containerHooks(name, spec, opts), ...failureHooks(name, spec, opts) },
            // Docker changes a limit on memory in place, but reads none as "leave it as it is".
            replaceOnChanges: [...REPLACING, ...(spec.memory === undefined ? ["memory"] : [])],
            ignoreChanges: deferredChanges(spec),
            replacementTrigger: replacementTrigger(spec),
        }),
    );
}

/**
 * Changes that wait until the container is replaced for another reason, whereupon the engine takes the program's value
 * (pulumi, step_generator.go, continueStepsFromDiff): new defaults, and files that are not worth a replacement. Of the
 * latter, changes of all uploads are ignored (those of a single one cannot be: the list is a secret, and an added file
 * changes its length).
 */
function deferredChanges(spec: ContainerSpec): string[] {
    return [
        ...ignoredHealth(spec).map((part) => `healthcheck.${part}`),
        ...(spec.stopTimeout === undefined ? ["stopTimeout"] : []),
        ...(spec.files?.some(({ deferred }) => deferred) ? ["uploads"] : []),
    ];
}

/**
 * What replaces the container and is no change to the provider: the removal of an argument, and a changed file where
 * changes of uploads are ignored. A state from before the trigger has none, which replaces nothing.
 */
function replacementTrigger(spec: ContainerSpec): pulumi.Input<unknown> {
    const { name, files = [], command, entrypoint, user, stopTimeout } = spec;
    const kept = keptWhenRemoved({ command, entrypoint, user, stopTimeout, ...keptHealth(spec) });
    if (!files.some(({ deferred }) => deferred)) return kept;
    const others = files.filter(({ deferred }) => !deferred);
    // Not a secret, which Pulumi 3.259 puts into the state as null: a hash that is too slow for guessing passwords.
    const hash = pulumi
        .output(others.map(({ path, content, source }) => ({ path, content, source })))
        .apply((contents) => scryptSync(JSON.stringify(contents), name, 32).toString("hex"));
    return pulumi.unsecret(hash).apply((files) => [...kept, files]);
}

function createNetwork(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions) {
    const args = { name: spec.name, labels: labelArgs(spec.component) };
    return new docker.Network(name, args, pulumi.mergeOptions(opts, { ignoreChanges: KEPT_BY_NETWORKS }))
        .name;
}

function environment({ env, secretEnv = {} }: ContainerSpec) {
    return pulumi.output(secretEnv).apply((secret) => variables({ ...env, ...secret }));
}

function variables(env: Record<string, string>): string[] {
    return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** As the provider reads it back: 1 as `1.0`. */
function canonicalCpus(cpus: number): string {
    return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}
