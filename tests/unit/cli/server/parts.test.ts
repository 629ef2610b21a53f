import { assess, type Requirements } from "../../../../cli/server/assess.ts";
import { withLogRotation } from "../../../../cli/server/daemon-settings.ts";
import { parseDestination } from "../../../../cli/server/destination.ts";
import { type DockerFacts, type Facts, parseFacts } from "../../../../cli/server/facts.ts";
import { connectionError } from "../../../../cli/server/remote.ts";

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

const WISHES: Requirements = { ports: [80, 443], securityUpdates: false };

const docker = (facts: Partial<DockerFacts>) => ({ docker: { ...READY.docker, ...facts } });

function assessed(facts: Partial<Facts>, requirements: Partial<Requirements> = {}) {
    const { findings, obstacles, steps } = assess({ ...READY, ...facts }, { ...WISHES, ...requirements });
    return {
        findings: findings
            .filter(({ status }) => status !== "ok")
            .map(({ status, check, message }) => `${status} ${check}: ${message}`),
        obstacles: obstacles.length,
        steps: steps.map(({ name }) => name),
    };
}

describe("of a machine", () => {
    test("that is ready, nothing is wrong", () => {
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
    ])("%s", (_, facts, finding, steps) => {
        expect(assessed(facts)).toMatchObject({ findings: [finding], steps });
    });

    test.each<[string, Partial<Facts>]>([
        ["Docker is a snap", docker({ daemon: undefined, command: "/usr/bin/snap" })],
        ["the docker command is Podman", docker({ daemon: undefined, isPodman: true })],
        ["it is not Debian", { os: "fedora", ...docker({ enabled: false }) }],
        ["there is no sudo", { privileges: "none", ...docker({ enabled: false }) }],
    ])("setup is refused if %s", (_, facts) => {
        expect(assessed(facts).obstacles).toBe(1);
    });

    test("options of the daemon about logs stay", () => {
        const daemon = { ...READY.daemon, settings: undefined, logFlags: true };
        expect(assessed({ daemon })).toEqual({ findings: [], obstacles: 0, steps: [] });
    });

    test("security updates are only missing if they are wanted", () => {
        const { steps } = assessed({}, { securityUpdates: true });
        expect(steps).toEqual(["enable_security_updates"]);
        expect(assessed({ securityUpdates: true }, { securityUpdates: true }).steps).toEqual([]);
    });

    test("what the login prints is ignored", () => {
        const { user, privileges } = parseFacts(
            "Welcome\nfact user deploy\nfact privileges sudo\nfact docker \n",
        );
        expect({ user, privileges }).toEqual({ user: "deploy", privileges: "sudo" });
    });
});

describe("daemon.json", () => {
    const rotated = { "log-driver": "json-file", "log-opts": { "max-size": "10m", "max-file": "3" } };

    test.each<[string | undefined, unknown]>([
        [undefined, rotated],
        ["", rotated],
        ['{"debug": true}', { debug: true, ...rotated }],
        [
            '{"log-opts": {"max-file": "9", "tag": "x"}}',
            { ...rotated, "log-opts": { "max-size": "10m", "max-file": "9", tag: "x" } },
        ],
    ])("%j gets the rotation of logs", (text, expected) => {
        const settings = withLogRotation(text);
        expect(settings.kind).toBe("change");
        expect(JSON.parse(settings.kind === "change" ? settings.content : "")).toEqual(expected);
    });

    test.each([
        ['{"log-driver": "local"}', "other-driver"],
        ['{"log-opts": {"max-size": "1g"}}', "rotated"],
        ["[]", "invalid"],
        ["{", "invalid"],
        ['{"log-opts": []}', "invalid"],
    ])("%j stays as it is", (text, kind) => {
        expect(withLogRotation(text).kind).toBe(kind);
    });
});

describe("the machine", () => {
    test.each([
        ["deploy@shop.example.com", "ssh://deploy@shop.example.com"],
        ["ssh://deploy@192.0.2.7:2222", "ssh://deploy@192.0.2.7:2222"],
        ["deploy@[2001:db8::1]:22", "ssh://deploy@[2001:db8::1]:22"],
        ["alias", "ssh://alias"],
    ])("%s is %s", (text, address) => {
        expect(parseDestination(text).address).toBe(address);
    });

    test.each([
        "",
        "-oProxyCommand=x",
        "a@-x",
        "user:secret@host",
        "a b@host",
        "host:70000",
        "http://host",
        "host/path",
    ])("cannot be %j", (text) => {
        expect(() => parseDestination(text)).toThrow(`${text} does not name a machine`);
    });
});

test.each([
    ["Host key verification failed.", "ssh does not know the host key of a@b:22", "Run `ssh -p 22 a@b` once"],
    [
        "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
        "The host key of a@b:22 is not the one that ssh knows",
        "ssh-keygen -R",
    ],
    ["a@b: Permission denied (publickey).", "a@b:22 does not accept your ssh key", "ssh-copy-id -p 22 a@b"],
    [
        "ssh: Could not resolve hostname b: Name or service not known",
        "The host name of a@b:22 is unknown",
        "DNS",
    ],
    ["ssh: connect to host b port 22: Connection timed out", "a@b:22 does not answer", "firewall"],
    [
        "kex_exchange_identification: read",
        "ssh to a@b:22 failed: kex_exchange_identification: read",
        "ssh -p 22 a@b",
    ],
])("ssh's %j is explained", (stderr, message, remedy) => {
    const error = connectionError("a@b:22", stderr);
    expect(error.message).toBe(message);
    expect(error.remedy).toContain(remedy);
});
