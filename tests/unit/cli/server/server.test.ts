import { FakeServer } from "./fake-server.ts";

let server: FakeServer;
beforeEach(() => {
    server = new FakeServer();
});
afterEach(() => {
    server.dispose();
});

const SETUP = "setup deploy@shop --yes";

describe("drydock server setup", () => {
    test("prepares an empty machine, and changes nothing the second time", async () => {
        server.write("online", "");
        const first = await server.drydock(`${SETUP} --security-updates`);
        expect(first.output).toContain("1. Limit the log of each container to 3 files of 10 MB");
        expect(first.output).toContain("bypass ufw");
        expect(first.output).toMatch(/deploy@shop is ready\./);
        expect(first.code).toBe(0);
        const install = "apt-get install --yes --no-install-recommends --no-remove";
        expect(server.changes().map((call) => call.replace(/(--option \S+ )+/, ""))).toEqual([
            "dpkg --configure -a",
            "apt-get update",
            `${install} ca-certificates`,
            "apt-get update",
            `${install} docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin apparmor`,
            "systemctl enable --now docker",
            "usermod --append --groups docker deploy",
            "dpkg --configure -a",
            "apt-get update",
            `${install} unattended-upgrades`,
        ]);
        expect(JSON.parse(server.read("etc/docker/daemon.json"))).toEqual({
            "log-driver": "json-file",
            "log-opts": { "max-size": "10m", "max-file": "3" },
        });
        expect(server.read("etc/apt/sources.list.d/drydock-docker.sources")).toBe(
            [
                "Types: deb",
                "URIs: https://download.docker.com/linux/debian",
                "Suites: trixie",
                "Components: stable",
                "Architectures: amd64",
                "Signed-By: /etc/apt/keyrings/drydock-docker.asc\n",
            ].join("\n"),
        );

        const second = await server.drydock(`${SETUP} --security-updates`);
        expect(second.output).toContain("Nothing to do.");
        expect(second.code).toBe(0);
        expect(server.changes()).toEqual([]);
        expect((await server.drydock("check deploy@shop --security-updates")).code).toBe(0);
    });

    test("installs the distribution's package if Docker's repository cannot be reached", async () => {
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain("cannot be used: Could not resolve 'download.docker.com'. Using docker.io");
        expect(code).toBe(0);
        expect(server.changes().join("\n")).toMatch(/ docker\.io apparmor$/m);
        expect(server.has("etc/apt/sources.list.d/drydock-docker.sources")).toBe(false);
    });

    test("does not change another source of packages of Docker, even when it removes its own", async () => {
        server.write("online", "");
        server.write("no-docker-ce", "");
        const files = ["etc/apt/sources.list.d/docker.sources", "etc/apt/keyrings/docker.asc"];
        for (const file of files) server.write(file, "ours");
        const { output } = await server.drydock(SETUP);
        expect(output).toContain("It lacks docker-ce for trixie");
        expect(files.map((file) => server.read(file))).toEqual(["ours", "ours"]);
        expect(server.has("etc/apt/sources.list.d/drydock-docker.sources")).toBe(false);
    });

    test("says that the machine is not ready if it has a problem that setup does not fix", async () => {
        server.installDocker();
        server.write("proc/net/tcp", `0: 00000000:0050 00000000:0000 0A 0 0 0 0 0 7 1\n`);
        const { code, output } = await server.drydock(SETUP);
        expect(output).toMatch(/deploy@shop is not ready yet: see ✗ above\n$/);
        expect(code).toBe(1);
    });

    test("asks before it changes anything, and ends with exit code 2 without a terminal", async () => {
        const { code, output } = await server.drydock("setup deploy@shop");
        expect(output).toContain("2. Install Docker Engine");
        expect(output).toContain(
            "✗ setup needs a confirmation, but this is not an interactive terminal\n  Pass --yes.",
        );
        expect(code).toBe(2);
        expect(server.changes()).toEqual([]);
    });

    test("adds the rotation of logs to daemon.json, keeps the rest, and restarts Docker", async () => {
        server.installDocker();
        server.write("etc/docker/daemon.json", '{\n    "bip": "10.9.0.1/24"\n}\n');
        const { code, output } = await server.drydock(SETUP);
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(server.read("etc/docker/daemon.json")).toBe(
            `{\n    "bip": "10.9.0.1/24",\n    "log-driver": "json-file",\n    "log-opts": {\n        "max-size": "10m",\n        "max-file": "3"\n    }\n}\n`,
        );
        expect(server.changes()).toEqual(["systemctl restart docker"]);
    });

    test("replaces daemon.json atomically, and keeps its mode and a link to it", async () => {
        server.installDocker();
        server.write("etc/shared.json", "{}");
        server.sandbox.run(
            `cd ${server.root}/etc; chmod 640 shared.json; ln shared.json former; ln -s ../shared.json docker/daemon.json`,
        );
        expect((await server.drydock(SETUP)).code).toBe(0);
        expect(server.read("etc/former")).toBe("{}");
        expect(server.read("etc/docker/daemon.json")).toContain("max-size");
        const { output } = server.sandbox.run(
            `stat -c %a ${server.root}/etc/shared.json; readlink ${server.root}/etc/docker/daemon.json`,
        );
        expect(output).toBe("640\n../shared.json\n");
    });

    test("restarts Docker only if running containers keep running", async () => {
        server.installDocker();
        server.write("running", "2");
        const { code, output } = await server.drydock(SETUP);
        expect(output).toMatch(
            /! Restart .*but 2 containers run\n.* `sudo systemctl restart docker` on the machine/,
        );
        expect(code).toBe(0);
        expect(server.changes()).toEqual([]);
        // The restart stays pending until Docker is restarted.
        server.sandbox.run(`touch -d 2020-01-01 ${server.root}/var/run/docker.pid`);
        expect((await server.drydock("check deploy@shop")).output).toContain("! Restart");

        server.write("live-restore", "true");
        expect((await server.drydock(SETUP)).code).toBe(0);
        expect(server.changes()).toEqual(["systemctl restart docker"]);
    });

    test("leaves daemon.json as it is if Docker refuses the result", async () => {
        server.installDocker();
        const text = '{ "refused": true }';
        server.write("etc/docker/daemon.json", text);
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain("✗ A step failed on deploy@shop: Limit the log");
        expect(output).toContain("Docker refuses the settings");
        expect(code).toBe(1);
        expect(server.read("etc/docker/daemon.json")).toBe(text);
        expect(server.changes()).toEqual([]);
    });

    test.each([
        ["etc/os-release", 'ID=fedora\nPRETTY_NAME="Fedora 42"\n', "Fedora 42 is neither Debian nor Ubuntu"],
        ["etc/docker/daemon.json", "{", "/etc/docker/daemon.json cannot be read: "],
    ])("changes nothing if %s has %j", async (file, text, message) => {
        server.write(file, text);
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain(`✗ deploy@shop cannot be set up: ${message}`);
        expect(code).toBe(1);
        expect(server.changes()).toEqual([]);
    });

    test("needs root, or sudo without a password", async () => {
        server.sandbox.program("sudo", "exit 1");
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain("✗ deploy@shop cannot be set up: deploy is not root, and cannot use sudo");
        expect(output).toContain("deploy ALL=(ALL) NOPASSWD: ALL");
        expect(code).toBe(1);
        expect(server.changes()).toEqual([]);
    });

    test("shows the end of what a step printed when it failed", async () => {
        server.sandbox.program("apt-get", "echo 'E: Unable to correct problems'; exit 100");
        const { code, output } = await server.drydock(SETUP);
        expect(output).toMatch(
            /✗ A step failed on deploy@shop: Install Docker Engine .*\n(.*\n)* {4}E: Unable/,
        );
        expect(code).toBe(1);
    });

    test("waits for another apt-get, as on a machine that was just created", async () => {
        const busy = (message: string) => `[ -e $ROOT/waited ] || { echo "${message}" >&2; exit 100; }`;
        server.sandbox.program(
            "dpkg",
            busy("dpkg: error: dpkg frontend lock was locked by /usr/bin/apt-get process with pid 7"),
        );
        server.sandbox.program("sleep", "touch $ROOT/waited");
        expect((await server.drydock(SETUP)).code).toBe(0);
        expect(server.changes().slice(0, 3)).toEqual([
            "dpkg --configure -a",
            "dpkg --configure -a",
            "apt-get update",
        ]);
    });

    test("leaves daemon.json alone if dockerd has options about logs", async () => {
        server.installDocker();
        server.write("proc/1/cmdline", "dockerd\0--log-driver=journald\0");
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain("set by the options of dockerd");
        expect(code).toBe(0);
        expect(server.has("etc/docker/daemon.json")).toBe(false);
    });

    test("limits logs if dockerd has other options about its own log", async () => {
        server.installDocker();
        server.write("proc/1/cmdline", "dockerd\0--log-level=warn\0");
        expect((await server.drydock(SETUP)).code).toBe(0);
        expect(server.read("etc/docker/daemon.json")).toContain("max-size");
    });

    test("warns if ufw is active", async () => {
        server.installDocker();
        server.write("etc/ufw/ufw.conf", "ENABLED=yes\n");
        const { output } = await server.drydock(SETUP);
        expect(output).toMatch(/! Firewall +ufw is active\n +Ports that Docker publishes bypass ufw/);
    });

    test("starts Docker with its init script if there is no systemd", async () => {
        server.sandbox.run(`rm -r ${server.root}/run/systemd`);
        server.sandbox.program("update-rc.d", "mkdir -p $ROOT/etc/rc2.d; touch $ROOT/etc/rc2.d/S01docker");
        server.sandbox.program("service", "touch $ROOT/up");
        const { code, output } = await server.drydock(SETUP);
        expect(output).toContain("! Services  there is no systemd");
        expect(code).toBe(0);
        expect(server.changes()).toContain("service docker start");
    });
});

describe("the configuration of the stack", () => {
    const project = (config: string) => {
        server.sandbox.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        server.sandbox.write("Pulumi.production.yaml", config);
    };
    const config = () => server.sandbox.run("cat Pulumi.production.yaml").output;

    test("gets the address of the machine, and keeps its other settings", async () => {
        server.installDocker();
        project("# ours\nconfig:\n  shop:port: 80 # of the gateway\n");
        const { output } = await server.drydock(`${SETUP} --stack production`);
        expect(output).toContain("2. Restart Docker");
        expect(output).toContain("Set docker:host of the stack production to ssh://deploy@shop");
        expect(output).toContain("Wrote docker:host: ssh://deploy@shop into Pulumi.production.yaml");
        expect(output).toContain("`drydock up --stack production`");
        expect(config()).toBe(
            "# ours\nconfig:\n  shop:port: 80 # of the gateway\n  docker:host: ssh://deploy@shop\n",
        );
        expect((await server.drydock(`${SETUP} --stack production`)).output).toContain("Nothing to do.");
    });

    test.each(["", "config: {}\n"])("is written if it is %j", async (text) => {
        server.installDocker();
        project(text);
        expect((await server.drydock(`${SETUP} --stack production`)).code).toBe(0);
        expect(config()).toMatch(/^config:\s*\{?\s*docker:host: ssh:\/\/deploy@shop\s*\}?\n$/);
    });

    test.each(["docker:host: ssh://deploy@old", "docker:context: old"])(
        "is not changed if it has %s",
        async (line) => {
            project(`config:\n  ${line}\n`);
            const { code, output } = await server.drydock(`${SETUP} --stack production`);
            expect(output).toContain(`✗ The stack production has ${line} in its configuration`);
            expect(code).toBe(2);
            expect(config()).toBe(`config:\n  ${line}\n`);
        },
    );

    test.each([
        ["", "docker:index/container:Container", 2],
        ["", "docker:index/volume:Volume", 2],
        ["", "random:index/randomPassword:RandomPassword", 0],
        ["ssh://deploy@old", "docker:index/volume:Volume", 0],
    ])("with the state of a stack on %j with a %s: exit code %i", async (host, type, expected) => {
        server.installDocker();
        project("config: {}\n");
        const provider = {
            type: "pulumi:providers:docker",
            urn: "urn:pulumi:production::shop::pulumi:providers:docker::default_5_0_0",
            inputs: { host },
        };
        server.sandbox.write(
            ".drydock/state/.pulumi/stacks/shop/production.json",
            JSON.stringify({ version: 3, checkpoint: { latest: { resources: [provider, { type }] } } }),
        );
        const { code, output } = await server.drydock(`${SETUP} --stack production`);
        expect(code).toBe(expected);
        if (expected === 0) return;
        expect(output).toContain(
            "✗ The stack production runs on this machine, and its data would stay here\n  To move it, bring up a second stack",
        );
        expect(config()).toBe("config: {}\n");
        expect(server.sandbox.run("ls calls").code).not.toBe(0);
    });

    test("needs a project", async () => {
        const { code, output } = await server.drydock(`${SETUP} --stack production`);
        expect(output).toContain("✗ There is no Pulumi project");
        expect(code).toBe(2);
    });
});

describe("drydock server check", () => {
    test("prints what is missing as JSON, changes nothing, and ends with exit code 1", async () => {
        const { code, output } = await server.drydock("check deploy@shop:2222 --json");
        expect(code).toBe(1);
        expect(JSON.parse(output)).toMatchObject({
            host: "ssh://deploy@shop:2222",
            ok: false,
            findings: expect.arrayContaining([
                { check: "System", status: "ok", message: "Debian GNU/Linux 13 (trixie)" },
                { check: "Docker", status: "error", message: "not installed" },
                { check: "Memory", status: "ok", message: "2.0 GiB with swap" },
            ]) as unknown,
            steps: expect.arrayContaining(["Start Docker now and at boot"]) as unknown,
        });
        expect(server.changes()).toEqual([]);
    });

    test("names the program that uses a port, unless a container publishes it", async () => {
        server.installDocker();
        server.write("etc/docker/daemon.json", '{ "log-opts": { "max-size": "1m" } }');
        server.sandbox.run(`touch -d 2020-01-01 ${server.root}/etc/docker/daemon.json`);
        const listen = (port: string, inode: number, program: string) => {
            const line = `0: 00000000:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 ${inode} 1\n`;
            server.write("proc/net/tcp", server.read("proc/net/tcp") + line);
            server.write(`proc/${inode}/comm`, `${program}\n`);
            server.sandbox.run(
                `mkdir ${server.root}/proc/${inode}/fd; ln -s 'socket:[${inode}]' ${server.root}/proc/${inode}/fd/3`,
            );
        };
        listen("0050", 7, "docker-proxy");
        const { code, output } = await server.drydock("check deploy@shop");
        expect(output).toContain("✓ Ports   443 free; 80 published by containers");
        expect(code).toBe(0);
        listen("01BB", 8, "nginx");
        const taken = await server.drydock("check deploy@shop");
        expect(taken.output).toContain("✗ Ports   in use by other programs: 443 (nginx)");
        expect(taken.code).toBe(1);
        expect((await server.drydock("check deploy@shop --ports 80,8443")).code).toBe(0);
    });

    test("asks Docker about a port whose program only root sees", async () => {
        server.installDocker();
        server.sandbox.program("sudo", "exit 1");
        server.write("etc/docker/daemon.json", '{ "log-opts": { "max-size": "1m" } }');
        server.sandbox.run(`touch -d 2020-01-01 ${server.root}/etc/docker/daemon.json`);
        server.write("proc/net/tcp", "0: 00000000:01BB 00000000:0000 0A 0 0 0 0 0 7 1\n");
        expect((await server.drydock("check deploy@shop")).output).toContain("443 (an unknown program)");
        server.write("published", "0123456789ab\n");
        const { code, output } = await server.drydock("check deploy@shop");
        expect(output).toContain("✓ Ports   80 free; 443 published by containers");
        expect(code).toBe(0);
    });

    test("measures the disk of /var/lib/docker if Docker does not name its directory", async () => {
        server.installDocker();
        server.write("partial-info", "");
        server.sandbox.program(
            "df",
            'echo "/dev/x 0 0 $((1024 * 1024)) 0% ${@: -1}"; echo "${@: -1}" >$ROOT/measured',
        );
        await server.drydock("check deploy@shop");
        expect(server.read("measured")).toBe(`${server.root}/var/lib\n`);
    });

    test.each([
        ["Permission denied (publickey).", "deploy@shop does not accept your ssh key"],
        ["ssh: connect to host shop port 22: Connection refused", "deploy@shop does not answer"],
    ])("explains %j", async (stderr, message) => {
        server.sandbox.program("ssh", `echo '${stderr}' >&2; exit 255`);
        const { code, output } = await server.drydock("check deploy@shop");
        expect(output).toContain(`✗ ${message}\n  `);
        expect(output).toContain(stderr);
        expect(code).toBe(1);
    });
});
