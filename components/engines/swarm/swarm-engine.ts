import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { EndpointMode, PublishMode } from "../engine.ts";
import { engineHost } from "../docker-command.ts";
import type { ContainerEngine, ContainerSpec, HealthCheck, Mount } from "../spec.ts";
import { serviceHooks } from "../data-guard.ts";
import { createVolume } from "./volumes.ts";
import { createNetwork } from "./network.ts";
import { filesOf, hasEnvironmentFile, startWith } from "./files.ts";
import { validate } from "./validation.ts";
import { waitForShutdown } from "./shutdown.ts";
import { serviceStaysUp } from "../stays-up.ts";
import {
    capability,
    goDuration,
    healthcheck,
    hostEntries,
    ignoredHealth,
    keptHealth,
    keptWhenRemoved,
    labelArgs,
} from "../values.ts";

const MEBIBYTE = 1024 * 1024;

/** How long an update waits for a container that says nothing of its health, in seconds. */
const START_TIME = 120;

/** Docker Swarm: services on many machines. */
export const swarmEngine: ContainerEngine = {
    createContainer,
    staysUpScript: serviceStaysUp,
    waitForShutdown,
    createNetwork,
    createVolume,
    createVolumeRemoval: () => undefined,
    imageReference: ({ repoDigest, name }) =>
        pulumi.all([repoDigest, name]).apply(([digest, image]) => {
            // In a preview there is none yet.
            if (digest !== "" || pulumi.runtime.isDryRun()) return digest;
            throw new pulumi.RunError(`${image} came from no registry: the nodes of a Swarm cannot pull it`);
        }),
    publishedAddress: ({ hostPort }, { parent }) => pulumi.interpolate`${engineHost(parent)}:${hostPort}`,
    validate,
};

function createContainer(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { parallelism = 1 } = spec.swarm ?? {};
    // Two on the same data would destroy it.
    const replicas = spec.stateful ? 1 : (spec.swarm?.replicas ?? 1);
    return new docker.Service(
        name,
        {
            name: spec.name,
            // On the service alone: a change of its containers' would replace it.
            labels: labelArgs(spec.component),
            taskSpec: {
                containerSpec: containerSpec(name, spec, opts),
                networksAdvanceds:
                    spec.networks && pulumi.output(spec.networks).apply((ids) => ids.map((id) => ({ id }))),
                placement: placement(spec),
                resources: { limits: limits(spec) },
                restartPolicy: { condition: restartCondition(spec.restart), delay: "2s", window: "0s" },
            },
            mode: { replicated: { replicas } },
            ...updates(spec),
            endpointSpec: endpoint(spec),
            convergeConfig: {
                delay: "1s",
                timeout: duration(timeToConverge(Math.ceil(replicas / parallelism), spec.health)),
            },
        },
        // What replaces a service, such as another network, cannot make the new one beside the old: they have one name.
        pulumi.mergeOptions(opts, {
            deleteBeforeReplace: true,
            hooks: serviceHooks(name, spec, opts),
            replacementTrigger: keptWhenRemoved(keptHealth(spec)),
            ignoreChanges: [
                // What the image's platforms are, the provider asks its registry, and then takes for a change.
                "taskSpec.placement.platforms",
                ...ignoredHealth(spec).map((part) => `taskSpec.containerSpec.healthcheck.${part}`),
            ],
        }),
    );
}

function containerSpec(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions) {
    const { secrets, configs } = filesOf(name, spec, opts);
    return {
        image: spec.image,
        ...startWith(name, spec, opts),
        env: hasEnvironmentFile(spec) ? undefined : spec.env,
        secrets,
        configs,
        mounts: [...(spec.mounts ?? []).map(mount), ...memoryMounts(spec)],
        hosts: pulumi.output(spec.reachesHost ?? false).apply(hostEntries),
        healthcheck: spec.health && healthcheck(spec.health, duration),
        user: spec.user,
        readOnly: spec.readOnly,
        capDrops: ["ALL"],
        capAdds: spec.capabilities?.map(capability),
        stopGracePeriod: duration(spec.stopTimeout ?? spec.defaultStopTimeout),
    };
}

function mount({ path, volume, hostPath, readOnly = false }: Mount) {
    return hostPath === undefined
        ? { type: "volume", source: volume, target: path, readOnly }
        : { type: "bind", source: hostPath, target: path, readOnly };
}

/** Memory file systems; /dev/shm is one of them, as a service has no size for it. */
function memoryMounts({ tmpfs = {}, sharedMemory }: ContainerSpec) {
    const mounts = Object.entries(tmpfs).map(([target, options]) => {
        const [, size, unit = ""] = /\bsize=(\d+)([kmg]?)/i.exec(options) ?? [];
        // 1777 is what Docker makes it, and reads back as a change where it is said.
        const [, mode] = /\bmode=(?!0?1777\b)(\d+)/.exec(options) ?? [];
        const factor = { "": 1, k: 1024, m: MEBIBYTE, g: 1024 * MEBIBYTE }[unit.toLowerCase()] ?? 1;
        return {
            target,
            // 0 is no limit, and no empty block.
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

/** What has data runs where the data is, and nowhere else. */
function placement({ mounts = [], swarm = {} }: ContainerSpec) {
    const labels = mounts.flatMap(({ nodeLabel }) => nodeLabel ?? []);
    return {
        constraints: pulumi
            .all(labels)
            .apply((marks) => [
                ...marks.map((mark) => `node.labels.${mark}==true`),
                ...(swarm.constraints ?? []).map((constraint) => constraint.replace(/ *(==|!=) */, "$1")),
            ]),
        prefs: swarm.spread === undefined ? undefined : [swarm.spread],
        // Never an empty block; and a limit that is left out would stay as it was.
        maxReplicas: swarm.replicasPerNode ?? 0,
    };
}

/**
 * 0 is no limit. Left out, a limit would stay as it was, and the provider ends in a panic where the block is empty
 * (resource_docker_service_structures.go, createResources).
 */
function limits({ memory = 0, cpus = 0 }: ContainerSpec) {
    return { memoryBytes: memory * MEBIBYTE, nanoCpus: Math.round(cpus * 1e9) };
}

function restartCondition(restart = "always"): string {
    return { no: "none", "on-failure": "on-failure" }[restart] ?? "any";
}

/** Step by step: the new first, where there may be two at a time; and back, where the new does not become healthy. */
function updates({ stateful, publish, swarm }: ContainerSpec) {
    const { parallelism = 1, publishMode, replicasPerNode } = swarm ?? {};
    // A port of a node belongs to one container at a time, as data does; and where each node has as many as it
    // may, none has room for a new one (moby 40797).
    const onHost = publish !== undefined && publishMode === PublishMode.Host;
    const full = replicasPerNode !== undefined;
    const order = (stateful ?? (onHost || full)) ? "stop-first" : "start-first";
    const step = { parallelism, delay: "0s", monitor: "5s", maxFailureRatio: "0.0", order };
    return {
        updateConfig: { ...step, failureAction: "rollback" },
        rollbackConfig: { ...step, failureAction: "pause" },
    };
}

function endpoint({ publish, swarm = {} }: ContainerSpec) {
    const { endpointMode = EndpointMode.VirtualIp, publishMode = PublishMode.Ingress } = swarm;
    const ports = publish && [
        {
            targetPort: publish.containerPort,
            publishedPort: publish.hostPort,
            protocol: "tcp",
            publishMode,
        },
    ];
    return { mode: endpointMode, ports };
}

/** An update goes step by step, and back the same way where it has to. */
function timeToConverge(steps: number, health: HealthCheck | undefined): number {
    return (health?.waitTimeout ?? START_TIME) * Math.max(1, steps) * 2;
}

/** Of a service the provider reads back `1m` and `1h`, and takes `1m0s` for a change. */
function duration(seconds: number): string {
    return goDuration(seconds).replace(/(?<=[hm])0[ms]/g, "");
}
