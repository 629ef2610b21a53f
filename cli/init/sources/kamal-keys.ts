import type { KeyNote } from "./compose-keys.ts";

/** Placeholders in the templates of Rails and Kamal. */
export const PLACEHOLDERS = {
    hosts: new Set(["192.168.0.1", "192.168.0.2", "192.168.0.3", "192.168.0.4", "app.example.com"]),
    users: new Set(["your-user", "my-user", "user"]),
};

/** Whether a host is a placeholder that was never replaced. */
export function isPlaceholder(host: string): boolean {
    return (
        PLACEHOLDERS.hosts.has(host) || /^<|your[-_.]?(server|domain|host|ip|app)|server[-_]ip/i.test(host)
    );
}

/** Keys in Compose, by the option of `docker run`. */
export const FLAG_KEYS: Record<string, string | undefined> = {
    "add-host": "extra_hosts",
    "cap-add": "cap_add",
    "cap-drop": "cap_drop",
    "cpu-shares": "cpu_shares",
    "cpuset-cpus": "cpuset",
    cpus: "cpus",
    device: "devices",
    dns: "dns",
    entrypoint: "entrypoint",
    gpus: "gpus",
    "group-add": "group_add",
    hostname: "hostname",
    init: "init",
    ipc: "ipc",
    label: "labels",
    memory: "mem_limit",
    "memory-reservation": "mem_reservation",
    "memory-swap": "memswap_limit",
    network: "networks",
    "oom-kill-disable": "oom_kill_disable",
    pid: "pid",
    "pids-limit": "pids_limit",
    platform: "platform",
    privileged: "privileged",
    publish: "ports",
    "read-only": "read_only",
    restart: "restart",
    "security-opt": "security_opt",
    "shm-size": "shm_size",
    "stop-signal": "stop_signal",
    "stop-timeout": "stop_grace_period",
    sysctl: "sysctls",
    tmpfs: "tmpfs",
    ulimit: "ulimits",
    user: "user",
    userns: "userns_mode",
    volume: "volumes",
    workdir: "working_dir",
};

const leftOut = (note: string): KeyNote => ({ outcome: "left out", note });
const changed = (note: string, argument = ""): KeyNote => ({ outcome: "changed", argument, note });

/** Keys of deploy.yml without an argument of their own. See docs/reference/kamal.md. */
export const KAMAL_NOTES: Record<string, KeyNote | undefined> = {
    aliases: changed("verbs of the command: `drydock console`, `drydock logs`, `drydock run`"),
    allow_empty_roles: changed("a condition in the program"),
    asset_path: changed(
        "the gateway keeps public/assets, public/packs and public/vite of earlier releases; set `assets` for other directories",
        "assets",
    ),
    boot: changed("on a Swarm", "swarm.parallelism"),
    drain_timeout: changed("the server stops taking requests at the stop signal", "stopTimeout"),
    error_pages_path: leftOut("the gateway answers with status 502 and no page"),
    hooks_path: changed("see the hooks"),
    hooks_output: changed("see the hooks"),
    minimum_version: changed("the version of the package in infra/package.json"),
    output: leftOut("Pulumi logs to the terminal"),
    primary_role: changed(
        "the component is the web server, and the other roles are its processes",
        "processes",
    ),
    readiness_delay: changed("a process without a health check must run for 5 s"),
    registry: changed("to push images: `build.push`; to pull them: the setting `docker:registryAuth`"),
    require_destination: changed("every update names a stack"),
    retain_containers: changed("images are kept, not containers", "keepReleases"),
    run_directory: leftOut("Drydock keeps no files of its own on the host"),
    secrets_path: changed("secrets are encrypted in the stack's configuration"),
    sshkit: leftOut("Drydock opens one connection to one Docker Engine"),
    stop_wait_time: changed("set `stopTimeout`", "stopTimeout"),
};
