import { assess, type Requirements } from "../../../../cli/server/assess.ts";
import type { DockerFacts, Facts } from "../../../../cli/server/facts.ts";

const GIB = 1024 ** 3;

/** A machine that is ready. */
const READY: Facts = {
    user: "deploy",
    privileges: "sudo",
    os: "ubuntu",
    osName: "Ubuntu 24.04 LTS",
    init: "systemd",
    docker: {
        daemon: "/usr/bin/dockerd",
        command: "/usr/bin/docker",
        isPodman: false,
        userVersion: "28.1.0",
        rootVersion: "28.1.0",
        inGroup: true,
        enabled: true,
        liveRestore: false,
        running: 0,
    },
    daemon: {
        settings: '{"log-opts": {"max-size": "10m"}}',
        unreadable: false,
        restartPending: false,
        logFlags: false,
    },
    securityUpdates: false,
    ufw: false,
    listeners: new Map(),
    disk: 20 * GIB,
    memory: 2 * GIB,
};

const REQUIREMENTS: Requirements = { ports: [80, 443], securityUpdates: false };

const docker = (facts: Partial<DockerFacts>) => ({ docker: { ...READY.docker, ...facts } });

function assessed(facts: Partial<Facts>, requirements: Partial<Requirements> = {}) {
    const { findings, obstacles, steps } = assess(
        { ...READY, ...facts },
        { ...REQUIREMENTS, ...requirements },
    );
    return {
        findings: findings
            .filter(({ status }) => status !== "ok")
            .map(({ status, check, message }) => `${status} ${check}: ${message}`),
        obstacles: obstacles.length,
        steps: steps.map(({ name }) => name),
    };
}

describe("the assessment of a machine", () => {
    test("finds nothing wrong with one that is ready", () => {
        expect(assessed({})).toEqual({ findings: [], obstacles: 0, steps: [] });
    });

    test.each<[string, Partial<Facts>, string, string[]]>([
        [
            "without the docker command",
            docker({ command: undefined, userVersion: undefined, rootVersion: undefined }),
            "error Docker: the docker command is not installed",
            ["install_docker", "start_docker"],
        ],
        [
            "whose Docker is stopped",
            docker({ userVersion: undefined, rootVersion: undefined }),
            "error Docker: installed, but it does not answer",
            ["start_docker"],
        ],
        [
            "whose Docker does not start with it",
            docker({ enabled: false }),
            "error Docker: does not start at boot",
            ["start_docker"],
        ],
        [
            "whose user is not in the group",
            docker({ userVersion: undefined, inGroup: false }),
            "error User: deploy cannot use Docker",
            ["add_to_group"],
        ],
        [
            "whose user is in the group, and cannot use Docker",
            docker({ userVersion: undefined }),
            "error User: deploy cannot use Docker",
            [],
        ],
        ["with an old Docker", docker({ userVersion: "19.03.8" }), "error Docker: 19.03.8", []],
        [
            "whose Docker has an older daemon.json",
            { daemon: { ...READY.daemon, restartPending: true } },
            "error Restart: Docker has to be restarted to use the newest daemon.json",
            ["restart_docker"],
        ],
        [
            "whose Docker has an older daemon.json, and containers",
            { daemon: { ...READY.daemon, restartPending: true }, ...docker({ running: 1 }) },
            "warning Restart: Docker has to be restarted to use the newest daemon.json, but 1 container runs",
            [],
        ],
        [
            "whose daemon.json cannot be read",
            { daemon: { ...READY.daemon, settings: undefined, unreadable: true } },
            "warning Logs: /etc/docker/daemon.json cannot be read",
            [],
        ],
        ["with a full disk", { disk: GIB / 2 }, "error Disk: 512 MiB free for Docker's data", []],
        ["with a small disk", { disk: 2 * GIB }, "warning Disk: 2.0 GiB free for Docker's data", []],
        ["with little memory", { memory: GIB / 2 }, "warning Memory: 512 MiB with swap", []],
        ["with ufw", { ufw: true }, "warning Firewall: ufw is active", []],
        [
            "without sudo",
            { privileges: "none" },
            "warning User: deploy is not root, and cannot use sudo without a password",
            [],
        ],
        [
            "with Alpine",
            { os: "alpine", osName: "Alpine" },
            "warning System: Alpine is neither Debian nor Ubuntu",
            [],
        ],
        [
            "without services",
            { init: undefined },
            "warning Services: there is neither systemd nor an init script to start services",
            [],
        ],
    ])("reports one %s", (_, facts, finding, steps) => {
        expect(assessed(facts)).toMatchObject({ findings: [finding], steps });
    });

    test.each<[string, Partial<Facts>]>([
        ["Docker is a snap", docker({ daemon: undefined, command: "/usr/bin/snap" })],
        ["the docker command is Podman", docker({ daemon: undefined, isPodman: true })],
        ["it runs Fedora", { os: "fedora", ...docker({ enabled: false }) }],
        ["there is no sudo", { privileges: "none", ...docker({ enabled: false }) }],
    ])("refuses the setup if %s", (_, facts) => {
        expect(assessed(facts).obstacles).toBe(1);
    });

    test("accepts options of dockerd about logs", () => {
        const daemon = { ...READY.daemon, settings: undefined, logFlags: true };
        expect(assessed({ daemon })).toEqual({ findings: [], obstacles: 0, steps: [] });
    });

    test("requires security updates only if they are wanted", () => {
        const { steps } = assessed({}, { securityUpdates: true });
        expect(steps).toEqual(["enable_security_updates"]);
        expect(assessed({ securityUpdates: true }, { securityUpdates: true }).steps).toEqual([]);
    });
});
