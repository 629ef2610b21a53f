import { existsSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import { addressIn } from "../../../../cli/cluster/network.ts";
import { refuseOtherSystems } from "../../../../cli/cluster/up.ts";
import { FakeMachine } from "./fake-machine.ts";

let machine: FakeMachine;
beforeEach(async () => {
    machine = await new FakeMachine().start();
});
afterEach(() => {
    machine.dispose();
});

/** A port that nothing listens on, and that the system gives to no connection. */
const PORT = "28417";
const up = (...args: string[]) => machine.cluster("up", "--port", PORT, ...args);
const down = (...args: string[]) => machine.cluster("down", ...args);
const ALL = ["mirror", "registry", "1", "2", "3"].map((part) => `shop-swarm-${part}`);
const isRedis = (name: string) => name.includes("redis");
const names = () => machine.containers.map(({ name }) => name).sort();
const running = () => machine.containers.filter(({ status }) => status === "running").length;

describe("cluster up", () => {
    test("starts three nodes, a registry and a mirror, and says where they are", async () => {
        const { code, out, err } = await up();
        expect({ code, err }).toMatchObject({ code: 0 });
        expect(names()).toEqual([...ALL].sort());
        expect(machine.nodes()).toEqual(["node-1", "node-2", "node-3"]);
        expect(out).toContain("The local cluster shop-swarm is running: a Swarm of three managers");
        expect(out).toContain("  node-2  172.30.0.12      unix://.drydock/swarm/node-2/docker.sock\n");
        expect(out).toContain(`  http://localhost:${PORT}  port 8080 of node-1\n`);
        expect(out).toContain("user drydock, password local-cluster");
        expect(err).toContain("→ Joining node-3 to the Swarm\n");
    });

    test("gives the nodes their privileges, socket, registries, name servers and proxies", async () => {
        Object.assign(process.env, { http_proxy: "http://proxy", NO_PROXY: "10.0.0.1" });
        await up();
        const { spec } = machine.container("shop-swarm-2");
        expect(spec).toMatchObject({
            Hostname: "node-2",
            Cmd: expect.arrayContaining([
                "--dns",
                "192.0.2.53",
                "--registry-mirror=http://mirror:5000",
            ]) as unknown,
            HostConfig: {
                CapAdd: ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"],
                MaskedPaths: [],
                Mounts: [
                    { Target: "/sys/fs/cgroup" },
                    { Source: join(machine.directory, ".drydock/swarm/node-2"), Target: "/run/node" },
                ],
            },
        });
        expect(spec.Env).toContain("http_proxy=http://proxy");
        expect(spec.Env).toContain("no_proxy=10.0.0.1,registry,mirror,172.30.0.0/16");
        expect(spec.HostConfig?.PortBindings).toBeUndefined();
    });

    test("changes nothing the second time", async () => {
        await up();
        machine.changes.length = 0;
        const { code, out } = await up();
        expect(code).toBe(0);
        expect(machine.changes).toEqual([]);
        expect(out).toContain("is running");
    });

    test("pulls the images that are missing", async () => {
        machine.images.delete("redis:8");
        const { err } = await up();
        expect(err).toContain("→ Pulling redis:8\n");
        expect(machine.changes.filter((change) => change.includes("/images/create"))).toHaveLength(1);
    });

    test("pushes an image under its ID too, again if another has its name, and leaves no names on this machine", async () => {
        await up();
        expect(machine.pushed).toHaveLength(10);
        machine.images.set("redis:8", "sha256:new");
        await up();
        expect(machine.pushed.slice(10).map((name) => name.replace(/^[^/]*/, ""))).toEqual([
            "/library/redis:new",
            "/library/redis:8",
        ]);
        expect([...machine.images.keys()].filter((name) => name.includes("library/"))).toEqual([]);
    });

    test("pushes an image again after a killed run removed it", async () => {
        machine.beforeRequest = (request) => {
            if (!/^POST \/images\/.*redis\/push/.test(request) || machine.pushed.some(isRedis)) return;
            setImmediate(() => {
                for (const name of [...machine.registry.keys()].filter(isRedis))
                    machine.registry.delete(name);
            });
        };
        expect(await up()).toMatchObject({ code: 0 });
        expect(machine.pushed.filter(isRedis)).toHaveLength(4);
        expect([...machine.registry.keys()].filter(isRedis)).toHaveLength(2);
    });

    test("pushes again after a push that failed", async () => {
        let failed = false;
        machine.beforeRequest = (request) => {
            if (!/^POST \/images\/.*redis\/push/.test(request) || failed) return;
            failed = true;
            throw new Error("connection reset by peer");
        };
        expect(await up()).toMatchObject({ code: 0 });
        expect(failed).toBe(true);
        expect([...machine.registry.keys()].filter(isRedis)).toHaveLength(2);
    });

    test("says why the last push failed", async () => {
        machine.beforeRequest = (request) => {
            if (/^POST \/images\/.*redis\/push/.test(request)) throw new Error("connection refused");
        };
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain("✗ redis:8 cannot be pushed to the mirror: connection refused\n  Try again");
    });

    test("waits for a mirror that does not listen yet", async () => {
        const fetchOnce = jest
            .spyOn(globalThis, "fetch")
            .mockRejectedValueOnce(new TypeError("fetch failed"));
        expect(await up()).toMatchObject({ code: 0 });
        fetchOnce.mockRestore();
        expect(machine.pushed).toHaveLength(10);
    });

    test("pushes the images if the mirror does not list them", async () => {
        const { fetch } = globalThis;
        let failed = false;
        const spy = jest.spyOn(globalThis, "fetch").mockImplementation((url, options) => {
            if (failed || options?.method !== "HEAD") return fetch(url, options);
            failed = true;
            return Promise.reject(new TypeError("fetch failed"));
        });
        expect(await up()).toMatchObject({ code: 0 });
        spy.mockRestore();
        expect(failed).toBe(true);
    });

    test("fails if the mirror does not keep what is pushed", async () => {
        machine.registry.set = () => machine.registry;
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toMatch(
            /✗ \S+ cannot be pushed to the mirror: it does not have the image\n {2}Try again/,
        );
    });

    test("restarts a node that was killed, and replaces one that is lost", async () => {
        await up();
        machine.kill("shop-swarm-2");
        expect(await up()).toMatchObject({ code: 0 });
        expect(running()).toBe(5);
        machine.kill("shop-swarm-3");
        machine.containers.splice(machine.containers.indexOf(machine.container("shop-swarm-3")), 1);
        const { code, err } = await up();
        expect(code).toBe(0);
        expect(err).toContain("Joining node-3");
        expect(machine.nodes()).toEqual(["node-1", "node-2", "node-3"]);
    });

    test("finishes after a run that failed at any change", async () => {
        await up();
        expect(machine.changes.length).toBeGreaterThan(40);
        // Of the images, one is enough: the same happens to the others.
        const kindOf = (change: string) => change.replace(/\/images\/.*?(\/tag|\/push)?$/, "/images$1");
        const kinds = machine.changes.map(kindOf);
        const points = kinds.flatMap((kind, i) =>
            kind.includes("/images") && kinds.indexOf(kind) < i ? [] : [i],
        );
        for (const failing of points) {
            machine.dispose();
            machine = await new FakeMachine().start();
            let broken = false;
            machine.beforeRequest = () => {
                broken ||= machine.changes.length > failing;
                if (broken) throw new Error("the power is off");
            };
            const { code, err } = await up();
            // Some changes only remove what a killed run may have left.
            if (code !== 0) expect(err).toMatch(/✗ .*\n {2}\S/);
            machine.beforeRequest = () => undefined;
            expect({ failing, ...(await up()) }).toMatchObject({ code: 0 });
            expect(names()).toEqual([...ALL].sort());
            expect(running()).toBe(5);
            expect(machine.networks.map(({ Name }) => Name)).toEqual(["shop-swarm"]);
            expect(machine.nodes()).toEqual(["node-1", "node-2", "node-3"]);
            expect(machine.container("shop-swarm-registry").files).toBeGreaterThan(0);
            expect([...machine.images.keys()].filter((name) => name.includes("library/"))).toEqual([]);
        }
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
        "ends with exit code 130 at %s, and the next finishes",
        async (signal) => {
            machine.beforeRequest = (request) => {
                if (request.startsWith("POST /images") && request.endsWith("push")) process.emit(signal);
            };
            const { code, err } = await up();
            expect(code).toBe(130);
            expect(err).toContain(
                "✗ The start of shop-swarm was interrupted\n  Run `drydock cluster up` again to finish it, or `drydock cluster down`",
            );
            machine.beforeRequest = () => undefined;
            expect(await up()).toMatchObject({ code: 0 });
            expect([...machine.images.keys()].filter((name) => name.includes("library/"))).toEqual([]);
        },
    );
});

describe("cluster up refuses", () => {
    test("a port that is in use, before it creates anything", async () => {
        const server = createServer();
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        const { port } = server.address() as AddressInfo;
        const { code, err } = await machine.cluster("up", "--port", String(port));
        server.close();
        expect(code).toBe(2);
        expect(err).toContain(
            `Port ${port} of this machine, on which the application is published, is in use`,
        );
        expect(err).toContain("SWARM_PORT=8090");
        expect(machine.changes).toEqual([]);
        expect(existsSync(join(machine.directory, ".drydock"))).toBe(false);
    });

    test("to start a cluster whose port another program has taken meanwhile", async () => {
        const server = createServer();
        const listen = (port: number) => new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
        await listen(0);
        const { port } = server.address() as AddressInfo;
        await new Promise((done) => server.close(done));
        expect(await machine.cluster("up", "--port", String(port))).toMatchObject({ code: 0 });
        machine.kill("shop-swarm-1");
        machine.changes.length = 0;
        await listen(port);
        const { code, err } = await machine.cluster("up");
        expect(code).toBe(1);
        expect(err).toContain(`✗ Port ${port} of this machine`);
        expect(err).toContain(
            `  Stop the program that uses port ${port}, or remove the cluster and choose another port: ` +
                "`drydock cluster down`, `drydock cluster up --port 8090`.",
        );
        expect(machine.changes).toEqual([]);
        await new Promise((done) => server.close(done));
        expect(await machine.cluster("up")).toMatchObject({ code: 0 });
    });

    test("a port other than that of the cluster", async () => {
        await up();
        machine.changes.length = 0;
        const { code, err } = await machine.cluster("up", "--port", "28418");
        expect(code).toBe(2);
        expect(err).toContain(`✗ The local cluster publishes the application on port ${PORT}, not 28418\n`);
        expect(err).toContain("`drydock cluster down`, `drydock cluster up --port 28418`.");
        expect(machine.changes).toEqual([]);
        expect((await machine.cluster("up")).out).toContain(`http://localhost:${PORT}`);
    });

    test("a project whose path is too long for the sockets, before it creates anything", async () => {
        const directory = `${"x".repeat(50)}/${"y".repeat(50)}`;
        machine.write(`${directory}/Pulumi.yaml`, "name: deep\nruntime: yaml\n");
        machine.cwd = join(machine.directory, directory);
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain("docker.sock, the path of a node's socket, is longer than 107 bytes");
        expect(err).toContain("  Move the project to a directory with a shorter path.");
        expect(machine.changes).toEqual([]);
        expect(existsSync(join(machine.cwd, ".drydock"))).toBe(false);
    });

    test.each(["1", "3", "mirror", "name-servers"])(
        "to use or remove a foreign container %s",
        async (part) => {
            const name = `shop-swarm-${part}`;
            machine.containers.push({ name, spec: { Image: "x" }, status: "running", files: 0 });
            const { code, err } = await up();
            expect(code).toBe(1);
            expect(err).toContain(
                `✗ The container ${name} exists, but does not belong to the local cluster\n  Choose another name: --name <name>`,
            );
            expect(machine.changes).toEqual([]);
            await down();
            expect(names()).toEqual([name]);
        },
    );

    test.each([
        [["--port", "70000"], "'70000' is invalid. Use 1 to 65535."],
        [["--port", "x"], "'x' is invalid. Use 1 to 65535."],
        [
            ["--name", "Sea View"],
            "'Sea View' is not a valid name for the cluster\n  Use lowercase letters, digits and dashes",
        ],
    ])("%j", async (args, message) => {
        const { code, err } = await machine.cluster("up", ...args);
        expect(code).toBe(2);
        expect(err).toContain(message);
        expect(machine.changes).toEqual([]);
    });

    test("values of the environment too", async () => {
        process.env.SWARM_PORT = "0";
        expect((await machine.cluster("up")).err).toContain("'0' from env 'SWARM_PORT' is invalid");
        process.env.SWARM_PORT = PORT;
        process.env.SWARM = "sea";
        expect((await machine.cluster("up")).out).toContain("The local cluster sea is running");
    });

    test("a name other than that of the cluster", async () => {
        await up("--name", "sea");
        expect((await up()).out).toContain("The local cluster sea is running");
        const { code, err } = await up("--name", "lake");
        expect(code).toBe(2);
        expect(err).toContain(
            "The local cluster of this project is sea, not lake\n  Leave out --name and SWARM",
        );
    });

    test("the cluster of another project, also to remove it", async () => {
        await up();
        const other = await new FakeMachine().start();
        other.containers.push(machine.container("shop-swarm-1"));
        for (const verb of ["up", "down"]) {
            const { code, err } = await other.cluster(verb, "--name", "shop-swarm");
            expect(code).toBe(1);
            expect(err).toContain(
                `The local cluster shop-swarm belongs to another project, in ${machine.directory}`,
            );
            expect(other.changes).toEqual([]);
        }
        other.dispose();
    });

    test("the cluster of a project that was moved, until it is removed", async () => {
        await up();
        for (const mount of machine.container("shop-swarm-1").spec.HostConfig?.Mounts ?? [])
            if (mount.Target === "/run/node") mount.Source = "/moved/.drydock/swarm";
        machine.changes.length = 0;
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ The local cluster shop-swarm was created by a project in /moved. Its nodes cannot move with a project.",
        );
        expect(err).toContain("  Remove the cluster, and start it again: `drydock cluster down`, ");
        expect(machine.changes).toEqual([]);
        expect(await down()).toMatchObject({ code: 0 });
        expect(await up()).toMatchObject({ code: 0 });
    });

    test.each([
        ["shop-swarm", 1, "The network shop-swarm exists, but does not belong to the local cluster"],
        ["shop-swarm-probe", 0, ""],
    ])("to use or remove a foreign network %s", async (name, expectedCode, message) => {
        machine.networks.push({ Id: "foreign", Name: name, Labels: {}, Subnet: "10.0.0.0/24" });
        const { code, err } = await up();
        expect(code).toBe(expectedCode);
        expect(err).toContain(message);
        await down();
        expect(machine.networks.map(({ Id }) => Id)).toEqual(["foreign"]);
    });

    test("a Docker Engine on another machine", async () => {
        await machine.listenRemotely();
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain("needs the Docker Engine of this machine, but tcp://127.0.0.1");
        expect(err).toContain("  Unset DOCKER_HOST and DOCKER_CONTEXT.\n");
        expect(machine.changes).toEqual([]);
    });

    test("to run outside of a project", async () => {
        machine.cwd = dirname(machine.directory);
        const { code, err } = await up();
        expect(code).toBe(2);
        expect(err).toContain("✗ There is no Pulumi project in");
        expect(machine.changes).toEqual([]);
    });

    test.each(["darwin", "win32"] as const)("to run on %s", (platform) => {
        expect(() => {
            refuseOtherSystems(platform);
        }).toThrow("The local cluster needs Linux");
        refuseOtherSystems("linux");
    });
});

describe("cluster up explains", () => {
    const fails = (part: string, message: string) => {
        machine.beforeRequest = (request) => {
            if (request.includes(part)) throw new Error(message);
        };
        return up();
    };

    test.each([
        [
            "/networks/create",
            "all predefined address pools have been fully subnetted",
            "`docker network prune` removes",
        ],
        [
            "/build",
            "apt-get update failed",
            "The build installs Debian packages: check that Docker reaches the Debian mirror",
        ],
        ["/build", "write /var/lib: no space left on device", "The disk is full: `docker image prune` and"],
        [
            "shop-swarm-registry/start",
            "no space left on device",
            "The disk is full: `docker image prune` and",
        ],
        ["shop-swarm-2/start", "operation not permitted", "Nodes need a kernel with overlayfs"],
        ["/containers/create", "conflict", "Try again, or remove the cluster first: `drydock cluster down`."],
        ["node-2 POST /swarm/join", "can't reach the manager", "Try again, or remove the cluster first"],
    ])("a failure of %s: %s", async (part, message, remedy) => {
        const { code, err } = await fails(part, message);
        expect(code).toBe(1);
        expect(err).toContain(`: ${message}`);
        expect(err).toContain(`\n  ${remedy}`);
    });

    test("an image that cannot be pulled", async () => {
        machine.images.delete("registry:2");
        const { err } = await fails("/images/create", "no such host");
        expect(err).toContain(
            "✗ registry:2 cannot be pulled: no such host\n  Try again, run `docker pull registry:2`",
        );
        expect(machine.containers).toEqual([]);
    });

    test("a node that ends, with the end of its log", async () => {
        machine.beforeRequest = (request) => {
            if (request !== "node-2 GET /_ping") return;
            machine.container("shop-swarm-2").status = "exited";
            throw new Error("not ready");
        };
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ shop-swarm-2 does not start. The end of its log:\n    dockerd: no overlayfs\n",
        );
    });

    test("a directory that cannot be written", async () => {
        machine.write(".drydock", "a file");
        const { code, err } = await up();
        expect(code).toBe(1);
        expect(err).toContain(".drydock/swarm cannot be written: ");
        expect(machine.containers).toEqual([]);
    });
});

describe("the configuration of the stack swarm", () => {
    const file = () => join(machine.directory, "Pulumi.swarm.yaml");

    test("is written, and kept the second time", async () => {
        const { err, out } = await up();
        expect(err).toContain("Pulumi.swarm.yaml, the configuration of a stack on the cluster");
        expect(out).toContain(
            "Next: give the components `engine: Engine.Swarm` on this stack, and run `drydock up --stack swarm`.",
        );
        expect(parse(readFileSync(file(), "utf8"))).toEqual({
            config: {
                "drydock:development": "true",
                "docker:host": "unix://.drydock/swarm/docker.sock",
                "docker:registryAuth": [
                    { address: "registry:5000", username: "drydock", password: "local-cluster" },
                ],
                "drydock:nodes": {
                    "node-1": "unix://.drydock/swarm/docker.sock",
                    "node-2": "unix://.drydock/swarm/node-2/docker.sock",
                    "node-3": "unix://.drydock/swarm/node-3/docker.sock",
                },
            },
        });
        const second = await up();
        expect(second.err).not.toContain("Pulumi.swarm.yaml");
        expect(second.out).toContain("Next: `drydock up --stack swarm`.");
    });

    test("is written into a directory that does not exist yet", async () => {
        machine.write("Pulumi.yaml", "name: shop\nruntime: yaml\nstackConfigDir: stacks\n");
        expect(await up()).toMatchObject({ code: 0 });
        expect(existsSync(join(machine.directory, "stacks/Pulumi.swarm.yaml"))).toBe(true);
    });

    test("stays as it is if the stack is elsewhere", async () => {
        const content = "config:\n  docker:host: ssh://me@one\n";
        machine.write("Pulumi.swarm.yaml", content);
        expect((await up()).out).toContain(
            "Next: set docker:host of a stack to unix://.drydock/swarm/docker.sock.",
        );
        expect(readFileSync(file(), "utf8")).toBe(content);
    });

    test("is that of the project in infra/, whose files may be in the repository's .drydock", async () => {
        machine.write("infra/Pulumi.yaml", "name: store\nruntime: yaml\n");
        rmSync(join(machine.directory, "Pulumi.yaml"));
        machine.write(".drydock/state/.keep", "");
        expect((await up()).out).toContain("The local cluster store-swarm is running");
        const { config } = parse(
            readFileSync(join(machine.directory, "infra/Pulumi.swarm.yaml"), "utf8"),
        ) as {
            config: Record<string, unknown>;
        };
        expect(config["docker:host"]).toBe("unix://../.drydock/swarm/docker.sock");
        expect(existsSync(join(machine.directory, ".drydock/swarm/docker.sock"))).toBe(true);
    });
});

describe("cluster down", () => {
    test("removes everything of the cluster, and nothing else", async () => {
        await up();
        machine.networks.push({ Id: "other", Name: "other", Labels: {}, Subnet: "" });
        machine.containers.push({ name: "other", spec: { Image: "x" }, status: "running", files: 0 });
        // Names that a killed push has left.
        machine.images.set(`127.0.0.1:${mirrorPort()}/library/redis:8`, "sha256:1");
        const { code, out, err } = await down();
        expect({ code, out }).toEqual({ code: 0, out: "This removes all data on shop-swarm.\n" });
        expect(err).toContain("→ Removing shop-swarm\n");
        expect(names()).toEqual(["other"]);
        expect(machine.networks.map(({ Name }) => Name)).toEqual(["other"]);
        expect([...machine.images.keys()].filter((name) => name.includes("library/"))).toEqual([]);
        expect(existsSync(join(machine.directory, ".drydock"))).toBe(false);
    });

    describe("of the state of a stack", () => {
        const SOCKET = "unix://.drydock/swarm/docker.sock";
        const provider = (name: string, host: string) => ({
            type: "pulumi:providers:docker",
            urn: `urn:pulumi:swarm::shop::pulumi:providers:docker::${name}`,
            inputs: { host },
        });
        const writeState = (...resources: object[]) => {
            machine.write(
                ".drydock/state/.pulumi/stacks/shop/swarm.json",
                JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }),
            );
        };
        const remove = () => {
            const removed: string[] = [];
            const workspace = {
                removeStack: (name: string) => {
                    removed.push(name);
                    return Promise.resolve();
                },
            };
            jest.spyOn(LocalWorkspace, "create").mockResolvedValue(workspace as unknown as LocalWorkspace);
            return down().then((result) => ({ ...result, removed }));
        };

        test("removes it if all its resources were on the cluster", async () => {
            await up();
            writeState(provider("default_5_0_0", SOCKET), provider("two", SOCKET));
            const { removed, err } = await remove();
            expect(err).toContain("Removing the state of stack swarm, which was on the cluster");
            expect(removed).toEqual(["swarm"]);
        });

        test("keeps it if it has resources on another machine", async () => {
            await up();
            writeState(provider("default_5_0_0", SOCKET), provider("other", "ssh://deploy@shop"));
            const { code, removed, err } = await remove();
            expect({ code, removed }).toEqual({ code: 0, removed: [] });
            expect(err).toContain("! The state of the stack swarm is kept: only part of its resources");
        });

        test("names the command that removes it if it is in another backend", async () => {
            await up();
            process.env.PULUMI_BACKEND_URL = "s3://our-state";
            const { code, removed, err } = await remove();
            expect({ code, removed }).toEqual({ code: 0, removed: [] });
            expect(err).toContain(
                "! The state of the stack swarm is in s3://our-state. Remove it with `drydock pulumi stack rm --stack swarm --force --preserve-config`.",
            );
        });
    });

    test("succeeds if there is no cluster", async () => {
        expect(await down()).toMatchObject({ code: 0, out: "There is no local cluster shop-swarm.\n" });
    });

    test("removes what a run left that was killed at any change", async () => {
        await up();
        const complete = machine.changes.length;
        for (let failing = 0; failing < complete; failing += 5) {
            machine.dispose();
            machine = await new FakeMachine().start();
            machine.beforeRequest = () => {
                if (machine.changes.length > failing) throw new Error("the power is off");
            };
            await up();
            machine.beforeRequest = () => undefined;
            expect(await down()).toMatchObject({ code: 0 });
            expect({ containers: names(), networks: machine.networks }).toEqual({
                containers: [],
                networks: [],
            });
        }
    });

    test("finishes after a run that failed", async () => {
        await up();
        machine.beforeRequest = (request) => {
            if (request === "DELETE /containers/shop-swarm-2") throw new Error("device or resource busy");
        };
        const { code, err } = await down();
        expect(code).toBe(1);
        expect(err).toContain(
            "✗ Parts of shop-swarm cannot be removed: device or resource busy\n  Run `drydock cluster down` again",
        );
        machine.beforeRequest = () => undefined;
        expect(await down()).toMatchObject({ code: 0 });
        expect(names()).toEqual([]);
    });
});

const mirrorPort = () =>
    (machine.container("shop-swarm-mirror").server?.address() as AddressInfo | undefined)?.port ?? 0;

test.each([
    ["172.20.0.0/16", 13, "172.20.0.13"],
    ["10.1.2.64/28", 8, "10.1.2.72"],
])("in %s, address %i is %s", (subnet, number, address) => {
    expect(addressIn(subnet, number)).toBe(address);
});
