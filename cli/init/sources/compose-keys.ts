import type { Outcome } from "../report.ts";

/** The outcome of a key that has no argument of its own. */
export interface KeyNote {
    outcome: Outcome;
    argument?: string;
    note: string;
}

const leftOut = (note: string): KeyNote => ({ outcome: "left out", note });
const changed = (note: string, argument = ""): KeyNote => ({ outcome: "changed", argument, note });
/** A property of the container that a transform sets. */
const transform = (property: string, note = ""): KeyNote =>
    leftOut(`set \`${property}\` of \`docker.Container\` by a transform${note && `; ${note}`}`);
const UNKNOWN = leftOut("the provider has no such property");
const WINDOWS = leftOut("is for Windows only");

/** Keys of a service in a Compose file that are not read. See docs/reference/compose.md. */
export const NOTES: Record<string, KeyNote> = {
    annotations: UNKNOWN,
    attach: changed("an update shows no logs; `drydock logs` does"),
    blkio_config: transform("deviceReadBps"),
    cgroup: transform("cgroupnsMode"),
    cgroup_parent: transform("cgroupParent"),
    cpu_count: WINDOWS,
    cpu_percent: WINDOWS,
    cpu_period: leftOut("use `cpus`"),
    cpu_quota: leftOut("use `cpus`"),
    cpu_rt_period: UNKNOWN,
    cpu_rt_runtime: UNKNOWN,
    cpu_shares: transform("cpuShares"),
    cpuset: transform("cpuSet"),
    credential_spec: WINDOWS,
    develop: leftOut("nothing watches files; mount the source directory"),
    device_cgroup_rules: transform("deviceCgroupRules"),
    devices: transform("devices"),
    dns: transform("dns"),
    dns_opt: transform("dnsOpts"),
    dns_search: transform("dnsSearches"),
    domainname: transform("domainname"),
    external_links: leftOut("link to a connection that you write, or to one of another stack"),
    gpus: transform("gpus"),
    group_add: transform("groupAdds"),
    ipc: transform("ipcMode"),
    isolation: WINDOWS,
    label_file: leftOut("read the file in the program, and pass `labels`"),
    mac_address: UNKNOWN,
    mem_reservation: transform("memoryReservation"),
    mem_swappiness: UNKNOWN,
    memswap_limit: transform("memorySwap"),
    models: leftOut("needs Docker Model Runner"),
    network_mode: leftOut("a container joins the networks of its links; publish ports instead of `host`"),
    oom_kill_disable: UNKNOWN,
    oom_score_adj: UNKNOWN,
    pid: transform("pidMode"),
    pids_limit: UNKNOWN,
    platform: leftOut(
        "an image runs on the platform of the Docker Engine; `build.platform` for an image that is built",
    ),
    post_start: leftOut("use a `Task` that links to the service"),
    pre_stop: leftOut("trap the stop signal in the container"),
    privileged: transform("privileged", "the policy `not-privileged` refuses it"),
    profiles: leftOut("is not started by default; declare it under a condition on a setting of the stack"),
    provider: leftOut("use a Pulumi provider"),
    pull_refresh_after: leftOut("updates run when you start them"),
    runtime: transform("runtime"),
    security_opt: transform("securityOpts", "`no-new-privileges` is always set"),
    stop_signal: transform("stopSignal"),
    storage_opt: transform("storageOpts"),
    sysctls: transform("sysctls"),
    use_api_socket: leftOut(
        "gives the container control of the Docker Engine; the policy `no-docker-socket` refuses it",
    ),
    userns_mode: transform("usernsMode"),
    uts: UNKNOWN,
    volumes_from: leftOut("mount the same `Volume` in both"),
};
