/** What a machine lacks to run stacks, and the steps that provide it. */
import { GIB, isCurrent, LITTLE_SPACE, MINIMUM_DOCKER, NO_SPACE } from "../doctor.ts";
import type { Finding } from "../findings.ts";
import { formatBytes } from "../output.ts";
import { withLogRotation } from "./daemon-settings.ts";
import type { Facts } from "./facts.ts";

/** Functions of setup.sh, in the order in which `setup` carries them out. */
const STEP_NAMES = [
    "configure_daemon",
    "install_docker",
    "start_docker",
    "restart_docker",
    "add_to_group",
    "enable_security_updates",
] as const;

export interface Step {
    name: (typeof STEP_NAMES)[number];
    /** What it does, in the imperative mood. */
    sentence: string;
    variables?: Record<string, string>;
}

export interface Requirements {
    /** Ports that have to be free. */
    ports: number[];
    securityUpdates: boolean;
}

export interface Assessment {
    findings: Finding[];
    /** Findings that keep `setup` from carrying out its steps. */
    obstacles: Finding[];
    steps: Step[];
}

/** A check of one subject. */
interface Part {
    findings?: Finding[];
    obstacles?: Finding[];
    steps?: Step[];
}

/** Memory and swap below which Rails, Postgres and Redis may not fit. */
const LITTLE_MEMORY = GIB;

/** How Docker and firewalls interact. */
export const FIREWALL_NOTE =
    "Ports that Docker publishes bypass ufw: other machines reach them even if ufw blocks them. " +
    "Databases are not published, unless the program says so. To limit who reaches a published port, bind it to an address " +
    "such as 127.0.0.1, or use the firewall of your provider.";

export function assess(facts: Facts, requirements: Requirements): Assessment {
    const logs = assessLogs(facts);
    const parts = [
        assessDocker(facts),
        assessUser(facts),
        logs,
        assessRestart(facts, logs.steps !== undefined),
        assessUpdates(facts, requirements),
        { findings: [assessPorts(facts, requirements), assessDisk(facts), assessMemory(facts)] },
        assessFirewall(facts),
    ];
    const wanted = parts.flatMap(({ steps = [] }) => steps);
    const steps = STEP_NAMES.flatMap((name) => wanted.find((step) => step.name === name) ?? []);
    const system = assessSystem(facts, steps.length > 0);
    const all = [system, ...parts];
    const obstacles = all.flatMap(({ obstacles: found = [] }) => found);
    return { findings: all.flatMap(({ findings = [] }) => findings).concat(obstacles), obstacles, steps };
}

/** @param isNeeded whether there is something to do; otherwise, obstacles are only warnings */
function assessSystem({ os, osName, privileges, user, init }: Facts, isNeeded: boolean): Part {
    const status = isNeeded ? "error" : "warning";
    const obstacles: Finding[] = [];
    if (os !== "debian" && os !== "ubuntu")
        obstacles.push({
            check: "System",
            status,
            message: `${osName} is neither Debian nor Ubuntu`,
            remedy: "Install Docker Engine yourself: https://docs.docker.com/engine/install",
        });
    if (privileges === "none")
        obstacles.push({
            check: "User",
            status,
            message: `${user} is not root, and cannot use sudo without a password`,
            remedy: `Name a user who can, such as root, or write \`${user} ALL=(ALL) NOPASSWD: ALL\` into /etc/sudoers.d/${user}.`,
        });
    if (init === undefined)
        obstacles.push({
            check: "Services",
            status,
            message: "there is neither systemd nor an init script to start services",
            remedy: "Make the machine start dockerd at boot.",
        });
    const findings: Finding[] = obstacles.some(({ check }) => check === "System")
        ? []
        : [{ check: "System", status: "ok", message: osName }];
    if (init === "sysv")
        findings.push({
            check: "Services",
            status: "warning",
            message: "there is no systemd; the init script starts Docker",
            remedy: "Check that the machine runs its init scripts when it starts.",
        });
    return { findings, obstacles };
}

function assessDocker({ docker, privileges, init }: Facts): Part {
    const { daemon, command = "", isPodman, userVersion, rootVersion, enabled } = docker;
    const failed = (message: string, remedy?: string): Finding => ({
        check: "Docker",
        status: "error",
        message,
        ...(remedy !== undefined && { remedy }),
    });
    if (isPodman)
        return {
            obstacles: [
                failed("the docker command is Podman", "Remove it: `sudo apt-get remove podman-docker`."),
            ],
        };
    if ([daemon, command].some((path = "") => /^\/snap\/|\/snap$/.test(path)))
        return {
            obstacles: [
                failed(
                    "Docker is installed as a snap, which cannot use all directories",
                    "Move its data elsewhere, remove it (`sudo snap remove docker`), and try again.",
                ),
            ],
        };
    const start: Step = { name: "start_docker", sentence: "Start Docker now and at boot" };
    if (daemon === undefined)
        return {
            findings: [failed("not installed")],
            steps: [
                {
                    name: "install_docker",
                    sentence:
                        "Install Docker Engine from Docker's apt repository, or docker.io of the distribution if that cannot be reached",
                },
                start,
            ],
        };
    if (command === "")
        return {
            findings: [failed("the docker command is not installed")],
            steps: [{ name: "install_docker", sentence: "Install the docker command (docker-cli)" }, start],
        };
    const version = userVersion ?? rootVersion;
    if (version === undefined)
        return privileges === "none"
            ? { findings: [failed("installed, but it does not answer this user")] }
            : { findings: [failed("installed, but it does not answer")], steps: [start] };
    const findings = isCurrent(version)
        ? [{ check: "Docker", status: "ok" as const, message: version }]
        : [failed(version, `Update it to ${MINIMUM_DOCKER.join(".")} or newer.`)];
    if (enabled || init === undefined) return { findings };
    return { findings: [...findings, failed("does not start at boot")], steps: [start] };
}

function assessUser({
    user,
    privileges,
    docker: { daemon, userVersion, rootVersion, inGroup },
}: Facts): Part {
    if (privileges === "root") return { findings: [{ check: "User", status: "ok", message: user }] };
    if (userVersion !== undefined)
        return { findings: [{ check: "User", status: "ok", message: `${user} can use Docker` }] };
    const message = `${user} cannot use Docker`;
    if (!inGroup)
        return {
            findings: [{ check: "User", status: "error", message }],
            steps: [
                {
                    name: "add_to_group",
                    sentence: `Add ${user} to the group docker, whose members can become root on the machine`,
                    variables: { LOGIN: user },
                },
            ],
        };
    if (daemon === undefined || rootVersion === undefined) return {};
    const remedy = `${user} is in the group docker: end all ssh connections to the machine, and try again. Also check DOCKER_HOST there.`;
    return { findings: [{ check: "User", status: "error", message, remedy }] };
}

function assessLogs({ daemon: { settings, unreadable, logFlags } }: Facts): Part {
    const check = "Logs";
    if (unreadable)
        return {
            findings: [
                {
                    check,
                    status: "warning",
                    message: "/etc/docker/daemon.json cannot be read",
                    remedy: "Name a user who can use sudo.",
                },
            ],
        };
    if (logFlags) return { findings: [{ check, status: "ok", message: "set by the options of dockerd" }] };
    const rotation = withLogRotation(settings);
    switch (rotation.kind) {
        case "invalid":
            return {
                obstacles: [
                    {
                        check,
                        status: "error",
                        message: `/etc/docker/daemon.json cannot be read: ${rotation.reason}`,
                        remedy: "Correct the file on the machine.",
                    },
                ],
            };
        case "other-driver":
            return {
                findings: [{ check, status: "ok", message: `handled by the log driver ${rotation.driver}` }],
            };
        case "rotated":
            return { findings: [{ check, status: "ok", message: "are rotated" }] };
        case "change": {
            const others = settings === undefined ? "" : ", whose other settings stay";
            return {
                findings: [{ check, status: "error", message: "a container's log grows without limit" }],
                steps: [
                    {
                        name: "configure_daemon",
                        sentence: `Limit the log of each container to 3 files of 10 MB, in /etc/docker/daemon.json${others}`,
                        variables: { DAEMON_JSON: rotation.content },
                    },
                ],
            };
        }
    }
}

/**
 * Docker reads daemon.json when it starts.
 *
 * @param willChange whether a step changes daemon.json
 */
function assessRestart({ daemon: { restartPending }, docker }: Facts, willChange: boolean): Part {
    const { rootVersion, userVersion, running, liveRestore } = docker;
    const isRunning = (rootVersion ?? userVersion) !== undefined;
    if (!isRunning || !(restartPending || willChange)) return {};
    const containers = running === 1 ? "1 container runs" : `${running} containers run`;
    const message = `Docker has to be restarted to use ${willChange ? "the new" : "the newest"} daemon.json`;
    if (running > 0 && !liveRestore)
        return {
            findings: [
                {
                    check: "Restart",
                    status: "warning",
                    message: `${message}, but ${containers}`,
                    remedy: "When the containers may be down for a few seconds, run `sudo systemctl restart docker` on the machine.",
                },
            ],
        };
    const reason = running === 0 ? "no container runs" : `${containers}, and live-restore keeps them running`;
    return {
        findings: [{ check: "Restart", status: "error", message }],
        steps: [
            { name: "restart_docker", sentence: `Restart Docker, so that it uses daemon.json (${reason})` },
        ],
    };
}

function assessUpdates({ securityUpdates }: Facts, requirements: Requirements): Part {
    if (securityUpdates)
        return {
            findings: [{ check: "Updates", status: "ok", message: "security updates are installed daily" }],
        };
    if (!requirements.securityUpdates) return {};
    return {
        findings: [
            {
                check: "Updates",
                status: "error",
                message: "security updates are not installed automatically",
            },
        ],
        steps: [
            {
                name: "enable_security_updates",
                sentence: "Install unattended-upgrades, which installs security updates daily",
            },
        ],
    };
}

/** Ports that Docker itself listens on are those of containers. */
function assessPorts({ listeners }: Facts, { ports }: Requirements): Finding {
    const isDocker = (program = "") => program === "docker-proxy" || program === "dockerd";
    const list = (some: number[]) => some.join(", ");
    const taken = ports.filter((port) => listeners.has(port) && !isDocker(listeners.get(port)));
    if (taken.length > 0) {
        const users = taken.map((port) => `${port} (${listeners.get(port) ?? ""})`);
        return {
            check: "Ports",
            status: "error",
            message: `in use by other programs: ${users.join(", ")}`,
            remedy: "Stop them, or name the ports that your applications use: `--ports 8080,8443`.",
        };
    }
    const published = ports.filter((port) => listeners.has(port));
    const free = ports.filter((port) => !listeners.has(port));
    const parts = [
        ...(free.length > 0 ? [`${list(free)} free`] : []),
        ...(published.length > 0 ? [`${list(published)} published by containers`] : []),
    ];
    return { check: "Ports", status: "ok", message: parts.join("; ") };
}

function assessDisk({ disk }: Facts): Finding {
    const message = `${formatBytes(disk)} free for Docker's data`;
    if (disk >= LITTLE_SPACE) return { check: "Disk", status: "ok", message };
    return {
        check: "Disk",
        status: disk < NO_SPACE ? "error" : "warning",
        message,
        remedy: "Images and databases need several GiB: make room, or use a larger disk.",
    };
}

function assessMemory({ memory }: Facts): Finding {
    const message = `${formatBytes(memory)} with swap`;
    if (memory >= LITTLE_MEMORY) return { check: "Memory", status: "ok", message };
    return {
        check: "Memory",
        status: "warning",
        message,
        remedy: "A Rails application with Postgres and Redis needs about 1 GiB: add memory or swap.",
    };
}

function assessFirewall({ ufw }: Facts): Part {
    if (!ufw) return {};
    return {
        findings: [{ check: "Firewall", status: "warning", message: "ufw is active", remedy: FIREWALL_NOTE }],
    };
}
