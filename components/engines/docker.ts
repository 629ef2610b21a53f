import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { HOST_MACHINE } from "../connection";
import { labels } from "../names";
import { ContainerSpec, HealthCheck, Running } from "./spec";

/**
 * Changes that the provider reports as made in place without making them, and a container that never
 * became healthy, which it leaves as it is (kreuzwerker/terraform-provider-docker 988, pulumi/pulumi 17881).
 */
const REPLACING = ["#initerror", "healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "rm"];

/** Runs a container on a Docker Engine. */
export function runContainer(name: string, spec: ContainerSpec, opts: pulumi.CustomResourceOptions): Running {
    const container = new docker.Container(
        name,
        {
            name: spec.name,
            image: spec.image,
            command: spec.command,
            entrypoints: spec.entrypoint,
            envs: spec.env && pulumi.output(spec.env).apply(variables),
            labels: labelArgs(spec.component),
            uploads: spec.files?.map(({ path, content, source, mode }) => ({
                file: path,
                content,
                source,
                permissions: mode,
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
                    ip: spec.publish.ip,
                },
            ],
            hosts:
                spec.reachesHost === undefined
                    ? undefined
                    : pulumi.output(spec.reachesHost).apply(hostEntries),
            healthcheck: spec.health && healthcheck(spec.health),
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
            destroyGraceSeconds: spec.stopTimeout,
        },
        // A container's name, its port and its volume can belong to one container at a time.
        pulumi.mergeOptions(opts, { deleteBeforeReplace: true, replaceOnChanges: REPLACING }),
    );
    return { ready: whenMade(container), resource: container };
}

/** A resource's URN is known in previews, and otherwise once the resource is made. */
function whenMade(resource: pulumi.Resource): Promise<void> {
    return new Promise((made) => {
        resource.urn.apply(() => {
            made();
        });
    });
}

/** A network that only what is linked joins. */
export function makeNetwork(
    name: string,
    component: string,
    physicalName: string,
    opts: pulumi.CustomResourceOptions,
) {
    const network = new docker.Network(name, { name: physicalName, labels: labelArgs(component) }, opts);
    return network.name;
}

/** A volume. Nothing but its removal from the program removes it: a changed label must not cost the data. */
export function makeVolume(
    name: string,
    component: string,
    physicalName: string,
    opts: pulumi.CustomResourceOptions,
) {
    const volume = new docker.Volume(
        name,
        { name: physicalName, labels: labelArgs(component) },
        pulumi.mergeOptions(opts, { ignoreChanges: ["labels", "driver", "driverOpts"] }),
    );
    return volume.name;
}

function labelArgs(component: string) {
    return Object.entries(labels(component)).map(([label, value]) => ({ label, value }));
}

/** As the provider reads it back. */
function capability(name: string): string {
    return name === "ALL" ? name : `CAP_${name}`;
}

function variables(env: Record<string, string>): string[] {
    return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function hostEntries(reachesHost: boolean) {
    return reachesHost ? [{ host: HOST_MACHINE, ip: "host-gateway" }] : [];
}

function healthcheck({ test, interval, timeout, retries, startPeriod }: HealthCheck) {
    return {
        tests: test,
        interval: goDuration(interval),
        timeout: goDuration(timeout),
        startPeriod: goDuration(startPeriod),
        retries,
    };
}

/** As Go writes durations: the provider reads back `1m0s`, and takes `60s` for a change. */
function goDuration(seconds: number): string {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const parts = [hours > 0 && `${hours}h`, seconds >= 60 && `${minutes}m`, `${seconds % 60}s`];
    return parts.filter(Boolean).join("");
}

/** As the provider reads it back: 1 as `1.0`. */
function canonicalCpus(cpus: number): string {
    return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}
