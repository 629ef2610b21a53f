import { Programs } from "./programs.ts";
import { Swarm } from "./swarm.ts";

/** Small programs on one Swarm. Each describe has a stack of its own. */
const programs = new Programs();
const swarm = new Swarm(programs.clone);

beforeAll(async () => {
    await swarm.up();
});
afterAll(() => swarm.dispose());

async function deploy(stack: string, program: string): Promise<void> {
    const options = `--refresh --config docker:host=${swarm.host()}`;
    const { code, output } = await programs.up(stack, program, {}, options);
    if (code !== 0) throw new Error(output);
}

async function destroy(stack: string): Promise<void> {
    const command = `. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`;
    expect(await programs.clone.run(command)).toMatchObject({ code: 0 });
}

describe("arguments that are removed", () => {
    const stack = "options";
    afterAll(() => destroy(stack));

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

    test("leave the spec of a service that never had them", async () => {
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
        await deploy(stack, program(`{ ${options}, command: ["sleep", "infinity"] }`, `{ ${options} }`));
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
        await deploy(stack, program("{}", "{}"));
        expect(specs("changed", "changed-worker")).toEqual(specs("fresh", "fresh-worker"));
    });
});

describe("a service that moves from a Docker Engine to a Swarm on the same machine, and back", () => {
    const stack = "moving";
    const cache = `drydock-${stack}-cache`;
    const update = (engine: string) =>
        deploy(
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
    });

    test("leaves nothing after destroy", async () => {
        await destroy(stack);
        expect(volumes()).toEqual(["", "", ""]);
        expect(swarm.docker(1, "service ls --quiet")).toBe("");
    });
});
