import { join } from "node:path";
import { Application } from "../e2e/application.ts";
import type { CommandResult } from "../e2e/clone.ts";
import { freePort } from "../e2e/network.ts";
import { createPosixPath } from "../e2e/posix-path.ts";

const PROGRAM = `import { EndpointMode, Engine, RedisService, WebApp } from "pulumi-drydock";
const on = { engine: Engine.Swarm, swarm: { endpointMode: EndpointMode.DnsRoundRobin } };
const cache = new RedisService("cache", on);
new WebApp("web", {
    ...on,
    image: "registry:5000/web",
    build: { context: "web", push: {} },
    swarm: { ...on.swarm, replicas: 3 },
    links: { redis: cache.connection },
    health: { command: ["true"] },
});
`;

/** The repository of an application, without a clone of Drydock and without the extensions of GNU. */
describe("with the packed library in an application's repository, drydock", () => {
    const name = `fleet${process.pid}`;
    const cluster = `${name}-swarm`;
    const application = new Application(name);
    const path = join(application.directory, ".path");
    const command = `cd ${application.directory} && PATH=${path} exec node infra/node_modules/pulumi-drydock/dist/cli/bin.js`;
    const drydock = (line: string): Promise<CommandResult> => application.clone.run(`${command} ${line}`);
    let up = "";
    const objects = () =>
        application.shell(
            `docker ps --all --quiet --filter name=${cluster}; docker network ls --quiet --filter name=${cluster}`,
        );
    const volumes = () => application.shell("docker volume ls --quiet").split("\n");
    const nodes = () =>
        application.shell(
            `docker --host unix://${application.directory}/infra/.drydock/swarm/docker.sock node ls --format '{{.Hostname}} {{.Status}}'`,
        );
    const compilerOptions = { target: "es2022", module: "node16", moduleResolution: "node16", noCheck: true };

    beforeAll(async () => {
        application.write("infra/Pulumi.yaml", `name: ${name}\nruntime: nodejs\n`);
        application.write("infra/package.json", JSON.stringify({ name, private: true }));
        application.write("infra/tsconfig.json", JSON.stringify({ compilerOptions }));
        application.write("infra/index.ts", PROGRAM);
        application.write("infra/web/Dockerfile", 'FROM redis:8\nENTRYPOINT ["sleep", "600"]\n');
        createPosixPath(path, ["docker"]);
        up = `cluster up --port ${await freePort()}`;
    });
    afterAll(async () => {
        await drydock("cluster down");
        await application.dispose();
    });

    test("cluster up is interrupted by Ctrl-C, and the next one finishes", async () => {
        const interrupted = application.clone.start(`${command} ${up}`);
        await interrupted.waitForOutput("Starting three nodes");
        interrupted.kill("SIGINT");
        const first = await interrupted.ended;
        expect(first).toExitWith(130);
        expect(first.output).toContain(`The start of ${cluster} was interrupted`);

        const { code, output } = await drydock(up);
        expect({ code, output }).toSucceed();
        expect(output).toContain("Writing ");
        expect(output).toContain("unix://.drydock/swarm/node-2/docker.sock");
        expect(nodes().split("\n").sort()).toEqual(["node-1 Ready", "node-2 Ready", "node-3 Ready"]);
        // Names of the images that are pushed to the mirror.
        const mirror = application.shell(`docker port ${cluster}-mirror 5000`).trim();
        expect(mirror).toMatch(/^127\.0\.0\.1:\d+$/);
        expect(application.shell("docker images --format '{{.Repository}}'")).not.toContain(`${mirror}/`);
    });

    test("a stack runs on the cluster, with an image from its registry", async () => {
        const { code, output } = await drydock("up --stack swarm");
        expect({ code, output }).toSucceed();
        expect(output).toMatch(/^web +web +3\/3 +node-\d +healthy /m);
    });

    test("cluster down leaves nothing behind, but the configuration of the stack", async () => {
        const before = application
            .shell(
                `docker inspect --format '{{range .Mounts}}{{.Name}} {{end}}' ${cluster}-1 ${cluster}-mirror`,
            )
            .split(/\s+/)
            .filter(Boolean);
        expect(before).toHaveLength(2);
        const { code, output } = await drydock("cluster down");
        expect({ code, output }).toSucceed();
        expect(output).toContain("Removing the state of stack swarm, which was on the cluster");
        expect(objects()).toBe("");
        expect(volumes().filter((volume) => before.includes(volume))).toEqual([]);
        expect(application.shell(`ls -A ${application.directory}/infra/.drydock`)).not.toContain("swarm");
        expect(application.read("infra/Pulumi.swarm.yaml")).toContain(
            "docker:host: unix://.drydock/swarm/docker.sock",
        );
        const { output: status } = await drydock("status --stack swarm");
        expect(status).toContain("has no stack swarm");
    });
});
