import { nanoseconds } from "./duration";
import { toRecord } from "./labels";
import { TaskInputs } from "./service-properties";
import { ContainerSpec, FileReference, Mount, Privileges } from "./swarm-api";

type Inputs = TaskInputs["containerSpec"];
type MountInputs = NonNullable<Inputs["mounts"]>[number];

/** What Swarm is asked to run in each container, from what the program declares. */
export function containerSpec(inputs: Inputs, image: string): ContainerSpec {
    return {
        Image: image,
        Labels: toRecord(inputs.labels),
        Command: inputs.commands,
        Args: inputs.args,
        Hostname: inputs.hostname,
        Env: assignments(inputs.env),
        Dir: inputs.dir,
        User: inputs.user,
        Groups: inputs.groups,
        Privileges: privileges(inputs.privileges),
        ReadOnly: inputs.readOnly,
        Mounts: inputs.mounts?.map(mount),
        StopSignal: inputs.stopSignal,
        // Left out, it is no time at all: officially so.
        StopGracePeriod: time(inputs.stopGracePeriod),
        Healthcheck: {
            Test: inputs.healthcheck?.tests,
            Interval: time(inputs.healthcheck?.interval),
            Timeout: time(inputs.healthcheck?.timeout),
            StartPeriod: time(inputs.healthcheck?.startPeriod),
            Retries: inputs.healthcheck?.retries ?? 0,
        },
        Hosts: inputs.hosts?.map(({ ip, host }) => `${ip} ${host}`),
        DNSConfig: {
            Nameservers: inputs.dnsConfig?.nameservers,
            Search: inputs.dnsConfig?.searches,
            Options: inputs.dnsConfig?.options,
        },
        Secrets: inputs.secrets?.map(({ secretId, secretName, ...at }) => ({
            SecretID: secretId,
            SecretName: secretName,
            ...file(at),
        })),
        Configs: inputs.configs?.map(({ configId, configName, ...at }) => ({
            ConfigID: configId,
            ConfigName: configName,
            ...file(at),
        })),
        Isolation: inputs.isolation,
        Sysctls: inputs.sysctl,
        CapabilityAdd: inputs.capAdds,
        CapabilityDrop: inputs.capDrops,
        Init: inputs.init ?? false,
    };
}

/** In nanoseconds; what is left out or no duration is none. */
export function time(text = ""): number {
    return nanoseconds(text) ?? 0;
}

/** Sorted, because another order would be another specification, and replace every container. */
export function assignments(values: Record<string, string> = {}): string[] {
    return Object.entries(values)
        .map(([key, value]) => `${key}=${value}`)
        .sort();
}

function mount({ type, target, source, readOnly, ...options }: MountInputs): Mount {
    const { bindOptions, volumeOptions, tmpfsOptions } = options;
    return {
        Type: type,
        Target: target,
        Source: source,
        ReadOnly: readOnly,
        ...(bindOptions && { BindOptions: { Propagation: bindOptions.propagation } }),
        ...(volumeOptions && {
            VolumeOptions: {
                NoCopy: volumeOptions.noCopy,
                Labels: toRecord(volumeOptions.labels),
                DriverConfig: { Name: volumeOptions.driverName, Options: volumeOptions.driverOptions },
            },
        }),
        ...(tmpfsOptions && {
            TmpfsOptions: { SizeBytes: tmpfsOptions.sizeBytes, Mode: tmpfsOptions.mode },
        }),
    };
}

function file(at: { fileName: string; fileUid: string; fileGid: string; fileMode: number }): FileReference {
    return { File: { Name: at.fileName, UID: at.fileUid, GID: at.fileGid, Mode: at.fileMode } };
}

function privileges(inputs: Inputs["privileges"]): Privileges | undefined {
    if (!inputs) return undefined;
    const { credentialSpec, seLinuxContext } = inputs;
    return {
        ...(credentialSpec && {
            CredentialSpec: { File: credentialSpec.file, Registry: credentialSpec.registry },
        }),
        ...(seLinuxContext && {
            SELinuxContext: {
                Disable: seLinuxContext.disable,
                User: seLinuxContext.user,
                Role: seLinuxContext.role,
                Type: seLinuxContext.type,
                Level: seLinuxContext.level,
            },
        }),
    };
}
