import type { AddressInfo } from "node:net";
import { listen } from "../network.ts";
import type { Swarm } from "./cluster.ts";
import { soakTest } from "../soak-test.ts";

const READY = ["node-1 Ready manager", "node-2 Ready manager", "node-3 Ready manager"];

export function describeCluster(swarm: Swarm): void {
    describe("make swarm-up", () => {
        /** Creates a service without a virtual IP, which not every kernel supports. */
        const createService = (name: string, node: number, command: string, options = "") =>
            swarm.docker(
                1,
                `service create --quiet --name ${name} --endpoint-mode dnsrr --constraint node.hostname==node-${node} ${options} ${command}`,
            );

        test("makes a Swarm of three managers", () => {
            const nodes = swarm
                .docker(1, "node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'")
                .replace(/Leader|Reachable/g, "manager")
                .split("\n")
                .sort();
            expect(nodes).toEqual(READY);
        });

        test("changes nothing the second time", async () => {
            const before = containers(swarm, "{{.ID}} {{.Names}} {{.State}}");
            const output = await swarm.up();
            expect(output).not.toContain("Joining");
            expect(output).toContain("For real machines, create");
            expect(output).toContain(`node-3  ${swarm.address(3)}`);
            expect(containers(swarm, "{{.ID}} {{.Names}} {{.State}}")).toBe(before);
        });

        test("mirrors images of Docker Hub for its nodes, with a digest", () => {
            swarm.docker(3, "pull --quiet redis:8");
            expect(swarm.docker(3, "image inspect --format '{{index .RepoDigests 0}}' redis:8")).toMatch(
                /^redis@sha256:[0-9a-f]{64}$/,
            );
        });

        soakTest("lets a task on one node reach a service on another by its name", () => {
            swarm.docker(1, "network create --driver overlay --attachable sea");
            createService("cache", 3, "redis:8", "--network sea");
            const ask = `for _ in $(seq 300); do redis-cli -h cache ping && exec sleep infinity; sleep 1; done; exit 1`;
            createService("asks", 1, `redis:8 sh -c '${ask}'`, "--network sea");
            expect(swarm.docker(1, "service logs --raw asks")).toContain("PONG");
            swarm.docker(1, "service rm cache asks");
            swarm.docker(1, "network rm sea");
        });

        soakTest("has a registry, from which nodes pull with the login that was used to push", () => {
            const image = "registry:5000/fleet/cache:1";
            const client = `--config ${swarm.clone.dir}/.drydock/login`;
            swarm.docker(1, "pull --quiet redis:8");
            swarm.docker(1, `tag redis:8 ${image}`);
            expect(() => swarm.docker(1, `${client} push --quiet ${image}`)).toThrow(/no basic auth/);
            swarm.docker(1, `${client} login --username drydock --password local-cluster registry:5000`);
            swarm.docker(1, `${client} push --quiet ${image}`);
            expect(() => swarm.docker(3, `pull --quiet ${image}`)).toThrow(/no basic auth/);
            swarm.docker(
                1,
                `${client} service create --quiet --name pulled --with-registry-auth --constraint node.hostname==node-3 ${image}`,
            );
            expect(swarm.docker(3, "ps --filter name=pulled --format '{{.Image}}'")).toContain(image);
            swarm.docker(1, "service rm pulled");
        });
    });
}

/** After this, the cluster is gone. */
export function describeClusterRemoval(swarm: Swarm): void {
    /** Creates a stack with state on the local cluster that is now configured for the given host. */
    const createStack = (stack: string, host: string) => {
        const provider = {
            urn: `urn:pulumi:${stack}::drydock::pulumi:providers:docker::default`,
            custom: true,
            id: "7ee2e8c0-0c3b-4c0e-9d0f-4a1c1f0b6a11",
            type: "pulumi:providers:docker",
            inputs: { host: "unix://.drydock/swarm/docker.sock" },
        };
        const state = { version: 3, deployment: { manifest: {}, resources: [provider] } };
        swarm.clone.shell(`. ./env && mkdir -p .drydock/state && pulumi stack init ${stack} &&
            pulumi config set --stack ${stack} docker:host ${host} &&
            echo '${JSON.stringify(state)}' | pulumi stack import --stack ${stack}`);
    };

    test("make swarm-down removes the cluster with its data, and the state of the stacks on it", async () => {
        createStack("swarm", "unix://.drydock/swarm/docker.sock");
        createStack("moved", "ssh://me@one");
        const volumes: string[] = containers(swarm, "{{.Mounts}}").match(/\b[0-9a-f]{64}\b/g) ?? [];
        expect(volumes).toHaveLength(5);
        const { code, output } = await swarm.make("swarm-down");
        expect({ code, output }).toSucceed();
        expect(output).toContain(`This removes all data on ${swarm.name}.`);
        expect(output).toContain("Removing the state of stack swarm, which was on the cluster");
        const stacks = JSON.parse(swarm.clone.shell(". ./env && pulumi stack ls --json")) as {
            name: string;
        }[];
        expect(stacks.map(({ name }) => name)).toEqual(["moved"]);
        expect(swarm.dockerObjects()).toBe("");
        const left = swarm.clone.shell("docker volume ls --quiet").split("\n");
        expect(left.filter((volume) => volumes.includes(volume))).toEqual([]);
        expect(swarm.clone.shell("ls .drydock")).not.toContain("swarm");
        expect(await swarm.make("swarm-down")).toSucceed();
    });

    test("make swarm-up names a port that is in use before it creates anything", async () => {
        const server = await listen(0);
        const { port } = server.address() as AddressInfo;
        const { code, output } = await swarm.clone.run("make swarm-up", {
            SWARM: swarm.name,
            SWARM_PORT: String(port),
        });
        server.close();
        expect({ code, output }).toExitWith(2);
        expect(output).toContain(`Port ${port} of this machine`);
        expect(output).toContain("SWARM_PORT=8090");
        expect(swarm.dockerObjects()).toBe("");
    });
}

function containers(swarm: Swarm, format: string): string {
    return swarm.clone.shell(`docker ps --all --no-trunc --filter name=${swarm.name} --format '${format}'`);
}
