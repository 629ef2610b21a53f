import { fromRecord } from "./labels";
import { shortDuration } from "./duration";
import { ContainerSpec, FileReference, Mount } from "./swarm-api";

/** What a program would declare to get these containers. */
export function containerSpecState(spec: ContainerSpec) {
    const { Privileges: privileges, Healthcheck: check, DNSConfig: dns } = spec;
    return {
        image: spec.Image,
        labels: some(fromRecord(spec.Labels)),
        commands: some(spec.Command),
        args: some(spec.Args),
        hostname: spec.Hostname,
        env: spec.Env && Object.fromEntries(spec.Env.map(assignment)),
        dir: spec.Dir,
        user: spec.User,
        groups: some(spec.Groups),
        privileges: privileges && {
            credentialSpec: privileges.CredentialSpec && {
                file: privileges.CredentialSpec.File,
                registry: privileges.CredentialSpec.Registry,
            },
            seLinuxContext: privileges.SELinuxContext && {
                disable: privileges.SELinuxContext.Disable,
                user: privileges.SELinuxContext.User,
                role: privileges.SELinuxContext.Role,
                type: privileges.SELinuxContext.Type,
                level: privileges.SELinuxContext.Level,
            },
        },
        readOnly: spec.ReadOnly,
        mounts: some(spec.Mounts?.map(mount)),
        stopSignal: spec.StopSignal,
        stopGracePeriod: spec.StopGracePeriod === undefined ? undefined : shortDuration(spec.StopGracePeriod),
        healthcheck: check && {
            tests: some(check.Test),
            interval: shortDuration(check.Interval ?? 0),
            timeout: shortDuration(check.Timeout ?? 0),
            startPeriod: shortDuration(check.StartPeriod ?? 0),
            retries: check.Retries ?? 0,
        },
        hosts: some(
            spec.Hosts?.map((entry) => {
                const [ip = "", host = ""] = entry.split(" ");
                return { ip, host };
            }),
        ),
        dnsConfig: dns && {
            nameservers: some(dns.Nameservers),
            searches: some(dns.Search),
            options: some(dns.Options),
        },
        secrets: some(
            spec.Secrets?.map((secret) => ({
                secretId: secret.SecretID,
                secretName: secret.SecretName,
                ...file(secret),
            })),
        ),
        configs: some(
            spec.Configs?.map((config) => ({
                configId: config.ConfigID,
                configName: config.ConfigName,
                ...file(config),
            })),
        ),
        isolation: spec.Isolation,
        sysctl: spec.Sysctls,
        capAdds: some(spec.CapabilityAdd),
        capDrops: some(spec.CapabilityDrop),
        init: spec.Init,
    };
}

/** Docker writes nothing for an empty list or null. */
export function some<T>(items: T[] | null | undefined): T[] | undefined {
    return items?.length ? items : undefined;
}

function assignment(text: string): [string, string] {
    const [key = "", ...value] = text.split("=");
    return [key, value.join("=")];
}

function mount({ BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs, ...at }: Mount) {
    return {
        type: at.Type,
        target: at.Target,
        source: at.Source,
        readOnly: at.ReadOnly ?? false,
        bindOptions: bind && { propagation: bind.Propagation },
        volumeOptions: volume && {
            noCopy: volume.NoCopy ?? false,
            labels: fromRecord(volume.Labels),
            driverName: volume.DriverConfig?.Name,
            driverOptions: volume.DriverConfig?.Options,
        },
        tmpfsOptions: tmpfs && { sizeBytes: tmpfs.SizeBytes ?? 0, mode: (tmpfs.Mode ?? 0) & 0o777 },
    };
}

function file({ File }: FileReference) {
    return File && { fileName: File.Name, fileUid: File.UID, fileGid: File.GID, fileMode: File.Mode };
}
