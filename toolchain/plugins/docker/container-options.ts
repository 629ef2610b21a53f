import type Docker from "dockerode";
import type { ContainerInputs } from "./container-properties.ts";
import { nanoseconds } from "./duration.ts";
import { toRecord } from "./labels.ts";

const MEBIBYTE = 1024 * 1024;

/** The API's options for creating a container. The program declares memory in MiB. */
export function containerOptions(inputs: ContainerInputs): Docker.ContainerCreateOptions {
    return {
        Image: inputs.image,
        Cmd: inputs.command,
        Entrypoint: inputs.entrypoints,
        Env: inputs.envs,
        Labels: toRecord(inputs.labels),
        Hostname: inputs.hostname,
        Domainname: inputs.domainname,
        User: inputs.user,
        WorkingDir: inputs.workingDir,
        Tty: inputs.tty,
        OpenStdin: inputs.stdinOpen,
        StopSignal: inputs.stopSignal,
        StopTimeout: inputs.stopTimeout,
        Healthcheck: healthcheck(inputs),
        ExposedPorts: Object.fromEntries((inputs.ports ?? []).map((port) => [portKey(port), {}])),
        Volumes: Object.fromEntries(mountPoints(inputs).map((path) => [path, {}])),
        HostConfig: { ...resources(inputs), ...security(inputs), ...storage(inputs), ...networking(inputs) },
    };
}

/** The options that Docker can change on a running container. */
export function updateOptions(inputs: ContainerInputs) {
    const { memory = 0, memoryReservation, memorySwap, cpuShares, cpuSet } = inputs;
    return {
        Memory: memory * MEBIBYTE,
        MemoryReservation: memoryReservation * MEBIBYTE,
        MemorySwap: mebibytesOrUnlimited(memorySwap),
        CpuShares: cpuShares,
        CpusetCpus: cpuSet,
        RestartPolicy: { Name: inputs.restart, MaximumRetryCount: inputs.maxRetryCount ?? 0 },
    };
}

function resources(inputs: ContainerInputs) {
    return {
        ...updateOptions(inputs),
        NanoCpus: inputs.cpus === undefined ? undefined : Math.round(Number(inputs.cpus) * 1e9),
        ShmSize: inputs.shmSize === undefined ? undefined : inputs.shmSize * MEBIBYTE,
        Ulimits: inputs.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
        Sysctls: inputs.sysctls,
        Init: inputs.init ?? false,
        Runtime: inputs.runtime,
        AutoRemove: inputs.rm,
        LogConfig: { Type: inputs.logDriver ?? "", Config: inputs.logOpts ?? {} },
    };
}

function mebibytesOrUnlimited(amount: number | undefined): number | undefined {
    return amount !== undefined && amount > 0 ? amount * MEBIBYTE : amount;
}

function security(inputs: ContainerInputs) {
    return {
        Privileged: inputs.privileged,
        ReadonlyRootfs: inputs.readOnly,
        CapAdd: inputs.capabilities?.adds,
        CapDrop: inputs.capabilities?.drops,
        SecurityOpt: inputs.securityOpts,
        GroupAdd: inputs.groupAdds,
        IpcMode: inputs.ipcMode,
    };
}

function storage({ volumes = [], tmpfs }: ContainerInputs) {
    const mounted = volumes.filter(({ hostPath, volumeName }) => hostPath ?? volumeName);
    return {
        Binds: mounted.map(
            ({ hostPath, volumeName, containerPath, readOnly }) =>
                `${hostPath ?? volumeName ?? ""}:${containerPath ?? ""}:${readOnly ? "ro" : "rw"}`,
        ),
        VolumesFrom: volumes.flatMap(({ fromContainer }) => (fromContainer ? [fromContainer] : [])),
        Tmpfs: tmpfs,
    };
}

function mountPoints({ volumes = [] }: ContainerInputs): string[] {
    return volumes.flatMap(({ containerPath }) => (containerPath ? [containerPath] : []));
}

function networking(inputs: ContainerInputs) {
    const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
    for (const port of inputs.ports ?? []) {
        (bindings[portKey(port)] ??= []).push({ HostIp: port.ip, HostPort: String(port.external ?? 0) });
    }
    return {
        NetworkMode: inputs.networkMode,
        PortBindings: bindings,
        PublishAllPorts: inputs.publishAllPorts,
        Dns: inputs.dns,
        ExtraHosts: inputs.hosts?.map(({ host, ip }) => `${host}:${ip}`),
    };
}

export function portKey({ internal, protocol }: { internal: number; protocol: string }): string {
    return `${internal}/${protocol}`;
}

function healthcheck({ healthcheck: check }: ContainerInputs) {
    if (!check) return undefined;
    return {
        Test: check.tests,
        Interval: nanoseconds(check.interval),
        Timeout: nanoseconds(check.timeout),
        StartPeriod: nanoseconds(check.startPeriod),
        // Docker Engine before version 25 rejects it.
        ...(check.startInterval !== "0s" && { StartInterval: nanoseconds(check.startInterval) }),
        Retries: check.retries,
    };
}
