import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, PublishMode } from "../engine.ts";
import type { ContainerEngine, ContainerSpec, HealthCheck, Mount } from "../spec.ts";
import { serviceHooks } from "../data-guard.ts";
import { createVolume, makeWritable } from "./volumes.ts";
import { createNetwork } from "./network.ts";
import { resolveNodeLabels } from "./placement.ts";
import { createFiles, hasEnvironmentFile, startCommand } from "./files.ts";
import { validate } from "./validation.ts";
import { dockerScript, engineHost } from "../docker-command.ts";
import { readScriptBody } from "../../shared/scripts.ts";
import { SECONDS_UP, keepsRunningCheck } from "../keeps-running.ts";
import {
    capability,
    goDuration,
    healthcheck,
    aliasTrigger,
    hostEntries,
    ignoredAliasChanges,
    ignoredHealthChanges,
    networksOf,
    labelArgs,
    labelsOf,
    definedNames,
    healthTriggers,
} from "../provider-values.ts";

const MEBIBYTE = 1024 * 1024;

/** How long an update waits for a container without a health check, in seconds. */
const START_TIME = 120;

/** A Docker Swarm: each container is a service. */
export const swarmEngine: ContainerEngine = {
    createContainer,
    keepsRunningCheck: (id, { name, swarm }, opts) =>
        swarm?.replicas === 0 ? undefined : keepsRunningCheck(import.meta.dirname, name, id, opts),
    stopBeforeDeletion: (id, { parent }) => ({
        ...dockerScript(parent, readScriptBody(import.meta.dirname, "stop-service.sh"), { SERVICE: id }),
        create: "sh -s create",
        delete: "sh -s delete",
        triggers: [id],
    }),
    waitForShutdown,
    createNetwork,
    createVolume,
    createVolumeRemoval: () => undefined,
    makeWritable,
    imageReference: ({ repoDigest, name }) =>
        pulumi.all([repoDigest, name]).apply(([digest, image]) => {
            // A preview has not pulled the image yet.
            if (digest !== "" || pulumi.runtime.isDryRun()) return digest;
            throw new pulumi.RunError(
                `${image} is not in a registry, so the nodes of a Swarm cannot pull it`,
            );
        }),
    publishedAddress: ({ hostPort }, { parent }) => pulumi.interpolate`${engineHost(parent)}:${hostPort}`,
    validate,
};

/** A Swarm removes a service at once. Its containers stop later, and until then use the databases that they link to. */
function waitForShutdown(
    networks: pulumi.Input<pulumi.Input<string>[]>,
    { parent }: pulumi.CustomResourceOptions,
) {
    const ids = pulumi.output(networks).apply((list) => list.join(" "));
    const script = readScriptBody(import.meta.dirname, "shutdown.sh");
    return { ...dockerScript(parent, script, { NETWORKS: ids }), delete: "sh" };
}

function createContainer(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { parallelism = 1 } = spec.swarm ?? {};
    // Two servers on the same data would corrupt it.
    const replicas = spec.stateful ? 1 : (spec.swarm?.replicas ?? 1);
    return new docker.Service(
        name,
        {
            name: spec.name,
            // Labels of the service only: changing labels of its containers replaces them.
            labels: labelArgs(spec.component),
            taskSpec: {
                containerSpec: containerSpec(name, spec, opts),
                networksAdvanceds: networksOf(spec, opts.parent),
                placement: placement(spec, opts.parent),
                resources: { limits: limits(spec) },
                logDriver: spec.logging && { name: spec.logging.driver, options: spec.logging.options },
                restartPolicy: { condition: restartCondition(spec.restart), delay: "2s", window: "0s" },
            },
            mode: spec.onEachNode ? { global: true } : { replicated: { replicas } },
            ...updates(spec),
            endpointSpec: endpoint(spec),
            convergeConfig: spec.onEachNode
                ? undefined
                : {
                      delay: "1s",
                      timeout: duration(timeToConverge(Math.ceil(replicas / parallelism), spec.health)),
                  },
        },
        pulumi.mergeOptions(opts, {
            // Both services would have the same name.
            deleteBeforeReplace: true,
            hooks: serviceHooks(name, spec, opts),
            replacementTrigger: definedNames({
                init: spec.init,
                aliases: aliasTrigger(spec),
                ...healthTriggers(spec),
            }),
            ignoreChanges: [
                // The provider reads the platforms of the image from its registry, and reports a change.
                "taskSpec.placement.platforms",
                ...ignoredAliasChanges(spec, "taskSpec.networksAdvanceds"),
                ...ignoredHealthChanges(spec).map((field) => `taskSpec.containerSpec.healthcheck.${field}`),
            ],
        }),
    );
}

function containerSpec(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { secrets, configs } = createFiles(name, spec, opts);
    return {
        image: spec.image,
        ...startCommand(name, spec, opts),
        env: hasEnvironmentFile(spec) ? undefined : spec.env,
        secrets,
        configs,
        mounts: [...(spec.mounts ?? []).map(mount), ...tmpfsMounts(spec)],
        hosts: pulumi
            .output(spec.reachesHost ?? false)
            .apply((reachesHost) => hostEntries(reachesHost, spec.extraHosts)),
        healthcheck: healthcheck(spec, duration),
        dir: spec.workingDirectory,
        user: spec.user,
        hostname: spec.hostname,
        init: spec.init,
        readOnly: spec.readOnly,
        labels: spec.labels && labelsOf(spec),
        capDrops: ["ALL"],
        capAdds: spec.capabilities?.map(capability),
        stopGracePeriod: duration(spec.stopTimeout ?? spec.defaultStopTimeout),
    };
}

function mount({ path: target, volume, hostPath, readOnly = false }: Mount) {
    if (hostPath === undefined) return { type: "volume", source: volume, target, readOnly };
    if (volume === undefined) return { type: "bind", source: hostPath, target, readOnly };
    // The source of a `Volume`: whether it is a volume or a directory is known only once it resolves.
    const directory = pulumi.output<string | undefined>(hostPath);
    return {
        type: directory.apply((known) => (known === undefined ? "volume" : "bind")),
        source: pulumi.all([directory, volume]).apply(([known, name]) => known ?? name),
        target,
        readOnly,
    };
}

/** The tmpfs mounts, and /dev/shm as one of them: a service has no option for its size. */
function tmpfsMounts({ tmpfs = {}, sharedMemory }: ContainerSpec) {
    const mounts = Object.entries(tmpfs).map(([target, options]) => {
        const [, size, unit = ""] = /\bsize=(\d+)([kmg]?)/i.exec(options) ?? [];
        // 1777 is the default: if it were set, the provider would read back no mode and report a change.
        const [, mode] = /\bmode=(?!0?1777\b)(\d+)/.exec(options) ?? [];
        const factor = { "": 1, k: 1024, m: MEBIBYTE, g: 1024 * MEBIBYTE }[unit.toLowerCase()] ?? 1;
        return {
            target,
            // 0 means no limit, and keeps the block from being empty, which the provider does not support.
            sizeBytes: Number(size ?? 0) * factor,
            mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
        };
    });
    const all = [
        ...mounts,
        ...(sharedMemory === undefined
            ? []
            : [{ target: "/dev/shm", sizeBytes: sharedMemory * MEBIBYTE, mode: undefined }]),
    ];
    return all.map(({ target, ...tmpfsOptions }) => ({ type: "tmpfs", target, tmpfsOptions }));
}

/** A service with data runs on the node that has the data. */
function placement({ mounts = [], swarm = {} }: ContainerSpec, component: pulumi.Resource | undefined) {
    return {
        constraints: resolveNodeLabels(mounts, component).apply((labels) => [
            ...labels.flatMap((label) => (label === undefined ? [] : `node.labels.${label}==true`)),
            ...(swarm.constraints ?? []).map((constraint) => constraint.replace(/ *(==|!=) */, "$1")),
        ]),
        prefs: swarm.spread === undefined ? undefined : [swarm.spread],
        // 0 means no limit. If left out, an earlier limit would stay, and the block might be empty.
        maxReplicas: swarm.replicasPerNode ?? 0,
    };
}

/**
 * 0 means no limit. If left out, an earlier limit would stay, and the provider panics if the block is empty
 * (resource_docker_service_structures.go, createResources).
 */
function limits({ memory = 0, cpus = 0 }: ContainerSpec) {
    return { memoryBytes: memory * MEBIBYTE, nanoCpus: Math.round(cpus * 1e9) };
}

function restartCondition(restart = "always"): string {
    return { no: "none", "on-failure": "on-failure" }[restart] ?? "any";
}

/** Rolling update, start-first for stateless services. Rolls back if the new tasks do not become healthy. */
function updates({ stateful, overlap = true, mounts = [], ports = [], swarm }: ContainerSpec) {
    const { parallelism = 1, publishMode, replicasPerNode } = swarm ?? {};
    // Start-first needs a free port on the node, and room for another replica (moby 40797).
    const publishesOnHost = ports.length > 0 && publishMode === PublishMode.Host;
    const isLimited = replicasPerNode !== undefined;
    const stopsFirst = !overlap || mounts.some((mount) => mount.stopsFirst);
    const isStopFirst = stateful === true || stopsFirst || publishesOnHost || isLimited;
    const order = isStopFirst ? "stop-first" : "start-first";
    const step = { parallelism, delay: "0s", monitor: `${SECONDS_UP}s`, maxFailureRatio: "0.0", order };
    return {
        updateConfig: { ...step, failureAction: "rollback" },
        rollbackConfig: { ...step, failureAction: "pause" },
    };
}

function endpoint({ ports = [], swarm = {} }: ContainerSpec) {
    const { endpointMode = EndpointMode.VirtualIp, publishMode = PublishMode.Ingress } = swarm;
    const published = ports.map(({ containerPort, hostPort, protocol = "tcp" }) => ({
        targetPort: containerPort,
        publishedPort: hostPort,
        protocol,
        publishMode,
    }));
    return { mode: endpointMode, ports: published.length === 0 ? undefined : published };
}

/** Seconds for all steps of a rolling update and of its rollback. */
function timeToConverge(steps: number, health: HealthCheck | undefined): number {
    return (health?.waitTimeout ?? START_TIME) * Math.max(1, steps) * 2;
}

/** A duration as the provider reads it back for a service: `1m` and not `1m0s`. */
function duration(seconds: number): string {
    return goDuration(seconds).replace(/(?<=[hm])0[ms]/g, "");
}
