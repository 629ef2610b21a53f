import { Swarm } from "../e2e/swarm/cluster.ts";
import { SwarmPrograms } from "../e2e/swarm/programs.ts";

const swarm = new Swarm();
const programs = new SwarmPrograms(swarm);
beforeAll(async () => {
    await swarm.up();
});
afterAll(async () => {
    await programs.clone.dispose();
    await swarm.dispose();
});

describe("arguments that are removed", () => {
    const stack = "options";
    afterAll(() => programs.destroy(stack));

    /**
     * Specs of services according to Docker, without the component's name, and without the names and IDs of secrets and
     * configs, which differ with each version of their content.
     */
    const specs = (...components: string[]) =>
        components.map((component) => {
            const service = `drydock-${stack}-${component}`;
            const text = swarm.docker(1, `service inspect --format '{{json .Spec}}' ${service}`);
            const [name = ""] = component.split("-");
            const same = text
                .replaceAll(name, "NAME")
                .replace(/"(Secret|Config)(ID|Name)":"[^"]*"/g, '"$1$2":""');
            return JSON.parse(same) as unknown;
        });

    test("leave the same spec as in a service that never had them", async () => {
        const own = `swarm: { endpointMode: "dnsrr" }, engine: "swarm", image: "redis:8", health: { command: ["true"] }`;
        const program = (app: string, worker: string) => `
            for (const name of ["fresh", "changed"]) {
                const [app, worker] = name === "changed" ? [${app}, ${worker}] : [{}, {}];
                new drydock.WebApp(name, {
                    ${own},
                    ...app,
                    processes: { worker: { command: ["sleep", "infinity"], ...worker } },
                });
            }
            return {};`;
        const options = `workingDirectory: "/srv", hostname: "other", init: true, sharedMemory: "32m", labels: { team: "shop" },
            logging: { driver: "json-file", options: { "max-size": "1m" } }, extraHosts: { "mail.internal": "192.0.2.1" },
            memory: "64m", cpus: 0.5, stopTimeout: 1, restart: "on-failure", readOnly: true, tmpfs: { "/tmp": "" },
            user: "1000", capabilities: [], env: { A: "1" }`;
        await programs.deploy(
            stack,
            program(`{ ${options}, command: ["sleep", "infinity"] }`, `{ ${options} }`),
        );
        const task = swarm.docker(
            1,
            `service inspect --format '{{json .Spec.TaskTemplate}}' drydock-${stack}-changed`,
        );
        expect(JSON.parse(task)).toMatchObject({
            ContainerSpec: {
                Dir: "/srv",
                Hostname: "other",
                Init: true,
                Labels: { team: "shop" },
                User: "1000",
            },
            LogDriver: { Name: "json-file", Options: { "max-size": "1m" } },
        });
        await programs.deploy(stack, program("{}", "{}"));
        expect(specs("changed", "changed-worker")).toEqual(specs("fresh", "fresh-worker"));
    });
});

describe("ports, host names and processes", () => {
    const stack = "names";
    afterAll(() => programs.destroy(stack));

    const node = () => swarm.docker(1, "info --format '{{.Name}}'");
    const program = (options: string) => `
        const swarm = { endpointMode: "dnsrr", publishMode: "host", constraints: ["node.hostname == ${node()}"] };
        const app = { engine: "swarm", image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] } };
        const cache = new drydock.RedisService("cache", { engine: "swarm", swarm: { endpointMode: "dnsrr" } }, ${options});
        new drydock.WebApp("web", {
            ...app,
            swarm,
            links: { cache: cache.connection },
            aliases: ["app"],
            stopTimeout: 1,
            ports: {
                zones: { port: 53, publish: { port: 20053 } },
                dns: { port: 53, protocol: "udp", publish: { port: 20053 } },
            },
            processes: { bot: { command: ["sleep", "infinity"], overlap: false, after: ["web"] } },
        });
        return {};`;
    const inspect = (service: string, format: string) =>
        swarm.docker(1, `service inspect --format '{{${format}}}' drydock-${stack}-${service}`);
    const resolves = (name: string) => {
        const web = swarm.docker(1, `ps --quiet --filter name=drydock-${stack}-web.1`);
        return swarm.docker(1, `exec ${web} sh -c 'getent hosts ${name} || true'`) !== "";
    };

    test("are as declared, and do not replace a database of an earlier version", async () => {
        // Which gave services no short names.
        const withoutNames = `{ transforms: [({ type, props, opts }) => {
            if (type !== "docker:index/service:Service") return undefined;
            const networksAdvanceds = pulumi.output(props.taskSpec.networksAdvanceds).apply((all) => all.map(({ id }) => ({ id })));
            return { props: { ...props, taskSpec: { ...props.taskSpec, networksAdvanceds } }, opts };
        }] }`;
        await programs.deploy(stack, program(withoutNames));
        const id = inspect("cache", ".ID");
        expect([resolves("cache"), resolves("app"), resolves("web-bot")]).toEqual([false, true, true]);
        const ports = JSON.parse(inspect("web", "json .Endpoint.Ports")) as unknown[];
        expect(ports).toMatchObject([
            { Protocol: "tcp", TargetPort: 53, PublishedPort: 20053 },
            { Protocol: "udp", TargetPort: 53, PublishedPort: 20053 },
        ]);
        const orders = ["web-bot", "cache"].map((name) => inspect(name, ".Spec.UpdateConfig.Order"));
        expect(orders).toEqual(["stop-first", "stop-first"]);

        await programs.deploy(stack, program("{}"));
        expect(inspect("cache", ".ID")).toBe(id);
        const options = `--stack ${stack} --expect-no-changes --refresh --config docker:host=${swarm.host()}`;
        const preview = await programs.clone.run(`. ./env; pulumi preview ${options}`);
        expect(preview).toSucceed();
    });
});

describe("a service that moves from a Docker Engine to a Swarm on the same machine, and back", () => {
    const stack = "moving";
    const cache = `drydock-${stack}-cache`;
    const update = (engine: string) =>
        programs.deploy(
            stack,
            `new drydock.RedisService("cache", { engine: "${engine}", passwordless: true, swarm: { endpointMode: "dnsrr" } }); return {};`,
        );
    const redis = (command: string) => {
        const container = swarm.docker(1, `ps --quiet --filter name=${cache}`);
        return swarm.docker(1, `exec ${container} redis-cli ${command}`);
    };
    const volumes = () =>
        [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock.moving"));

    test("keeps its data on the Swarm", async () => {
        await update("docker");
        redis("SET cargo rum");
        await update("swarm");
        expect(redis("GET cargo")).toBe("rum");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
    });

    test("keeps its data on the way back", async () => {
        redis("SET cargo gold");
        swarm.docker(1, `service rm ${cache}`);
        await update("docker");
        expect(redis("GET cargo")).toBe("gold");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
        expect(swarm.docker(1, "node ls --quiet --filter node.label=drydock.data.drydock.moving.cache")).toBe(
            "",
        );
    });

    test("leaves nothing after destroy", async () => {
        await programs.destroy(stack);
        expect(volumes()).toEqual(["", "", ""]);
        expect(swarm.docker(1, "service ls --quiet")).toBe("");
    });
});
