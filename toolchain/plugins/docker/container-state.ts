import type Docker from "dockerode";
import { isUnchanged } from "../../plugin/diff.ts";
import type { Value, Values } from "../../plugin/values.ts";
import { containerProperties, type ContainerInputs } from "./container-properties.ts";
import { portKey } from "./container-options.ts";
import { goDuration } from "./duration.ts";

const MEBIBYTE = 1024 * 1024;

/** Adds fields that are missing in dockerode's types. */
type Inspection = Docker.ContainerInspectInfo & {
    Config: { StopSignal?: string; StopTimeout?: number };
    HostConfig: { LogConfig: { Type: string } };
};

/** Always part of the state: the official provider treats them as unknown if missing, and replaces the container. */
const UNSET = { command: [], entrypoints: [], envs: [], securityOpts: [] };

/** The state after an inspection: the declared inputs, updated where the container differs, and the outputs. */
export function containerState(declared: Values, container: Docker.ContainerInspectInfo): Values {
    const state: Values = { ...declared };
    for (const [key, value] of Object.entries(inspectedInputs(container as Inspection, declared))) {
        const property = containerProperties[key as keyof typeof containerProperties];
        // Keep the program's spelling of equivalent values.
        const isSame =
            isUnchanged(property, value, declared[key]) && isUnchanged(property, declared[key], value);
        if (!isSame) state[key] = value;
    }
    return { ...UNSET, ...state, ...outputs(container) };
}

/**
 * The state after an update: the requested inputs, even if Docker ignored some of them, as in the official provider. A refresh
 * then shows the difference.
 */
export function updatedState(inputs: ContainerInputs, container: Docker.ContainerInspectInfo): Values {
    const declared = inputs as Values;
    const entries = Object.entries(containerProperties)
        .filter(([key, { inPlace, computed }]) => inPlace && (!computed || declared[key] !== undefined))
        .map(([key]) => [key, declared[key]]);
    return { ...containerState(declared, container), ...(Object.fromEntries(entries) as Values) };
}

/** Does not read environment and labels: they include those of the image, which cannot be told apart. */
function inspectedInputs(container: Inspection, declaredValues: Values): Values {
    const declared = declaredValues as Partial<ContainerInputs>;
    const { Config: config, HostConfig: host, State: state } = container;
    const inspected: Record<string, unknown> = {
        name: container.Name.replace(/^\//, ""),
        image: declared.image?.startsWith("sha256:") ? container.Image : config.Image,
        command: config.Cmd,
        entrypoints: [config.Entrypoint ?? []].flat(),
        hostname: config.Hostname,
        domainname: config.Domainname,
        user: config.User,
        workingDir: config.WorkingDir,
        tty: config.Tty,
        stdinOpen: config.OpenStdin,
        stopSignal: config.StopSignal,
        stopTimeout: config.StopTimeout,
        healthcheck: healthcheck(config.Healthcheck),
        readOnly: host.ReadonlyRootfs,
        privileged: host.Privileged,
        publishAllPorts: host.PublishAllPorts,
        restart: host.RestartPolicy?.Name ?? "no",
        maxRetryCount: host.RestartPolicy?.MaximumRetryCount,
        rm: host.AutoRemove,
        runtime: host.Runtime,
        memory: toMebibytes(host.Memory),
        memoryReservation: toMebibytes(host.MemoryReservation),
        memorySwap: toMebibytes(host.MemorySwap),
        shmSize: toMebibytes(host.ShmSize),
        cpus: host.NanoCpus ? String(host.NanoCpus / 1e9) : undefined,
        cpuShares: host.CpuShares,
        cpuSet: host.CpusetCpus,
        capabilities: capabilities(host),
        securityOpts: host.SecurityOpt ?? [],
        groupAdds: host.GroupAdd ?? [],
        dns: host.Dns ?? [],
        hosts: (host.ExtraHosts as string[] | null)?.map((entry) => splitHost(entry)) ?? [],
        ipcMode: host.IpcMode,
        init: host.Init ?? false,
        sysctls: host.Sysctls ?? {},
        tmpfs: host.Tmpfs ?? {},
        logDriver: host.LogConfig.Type,
        networkMode: host.NetworkMode,
        ports: ports(container, declared),
        // A stopped container that must run becomes a change, so that the next update starts it.
        mustRun: declared.mustRun !== false && !state.Running ? false : declared.mustRun,
    };
    const present = Object.entries(inspected).filter(([, value]) => value !== undefined && value !== null);
    return Object.fromEntries(present) as Values;
}

function outputs(container: Docker.ContainerInspectInfo): Values {
    return {
        bridge: (container.NetworkSettings as { Bridge?: string }).Bridge ?? "",
        ...(!container.State.Running && { exitCode: container.State.ExitCode }),
        networkDatas: Object.entries(container.NetworkSettings.Networks).map(([networkName, network]) => ({
            networkName,
            ipAddress: network.IPAddress,
            ipPrefixLength: network.IPPrefixLen,
            gateway: network.Gateway,
            globalIpv6Address: network.GlobalIPv6Address,
            globalIpv6PrefixLength: network.GlobalIPv6PrefixLen,
            ipv6Gateway: network.IPv6Gateway,
            macAddress: network.MacAddress,
        })),
    };
}

/** The declared ports with the host ports that Docker chose. A stopped container has no ports. */
function ports({ State, NetworkSettings }: Docker.ContainerInspectInfo, declared: Partial<ContainerInputs>) {
    if (!declared.ports || !State.Running) return declared.ports;
    return declared.ports.map((port) => {
        const bindings = (
            NetworkSettings.Ports as Record<string, { HostIp: string; HostPort: string }[] | null>
        )[portKey(port)];
        const binding =
            bindings?.find(
                ({ HostIp, HostPort }) => HostIp === port.ip && Number(HostPort) === port.external,
            ) ?? bindings?.find(({ HostIp }) => HostIp === port.ip);
        return binding ? { ...port, external: Number(binding.HostPort) } : port;
    });
}

function healthcheck(check: Docker.HealthConfig | null | undefined): Value | undefined {
    if (!check) return undefined;
    const { Test = [], Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 } = check;
    return {
        tests: Test,
        interval: goDuration(Interval),
        timeout: goDuration(Timeout),
        startPeriod: goDuration(StartPeriod),
        startInterval: goDuration((check as { StartInterval?: number }).StartInterval ?? 0),
        retries: Retries,
    };
}

function capabilities({ CapAdd, CapDrop }: Docker.HostConfig) {
    const [adds, drops] = [CapAdd as string[] | null, CapDrop as string[] | null];
    return adds?.length || drops?.length ? { adds: adds ?? [], drops: drops ?? [] } : undefined;
}

/** Splits `host:ip` at the first colon: an IPv6 address contains more. */
function splitHost(entry: string) {
    const colon = entry.indexOf(":");
    return { host: entry.slice(0, colon), ip: entry.slice(colon + 1) };
}

/** Converts bytes to MiB; -1 means no limit. */
function toMebibytes(bytes: number | undefined): number | undefined {
    return bytes !== undefined && bytes > 0 ? Math.floor(bytes / MEBIBYTE) : bytes;
}
