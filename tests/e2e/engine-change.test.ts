import { Programs } from "./programs.ts";
import { Swarm } from "./swarm.ts";

describe("a service that moves from a Docker Engine to a Swarm on the same machine, and back", () => {
    const programs = new Programs();
    const swarm = new Swarm(programs.clone);
    const cache = "drydock-moving-cache";

    beforeAll(async () => {
        await swarm.up();
    });
    afterAll(() => swarm.dispose());

    const update = (engine: string) =>
        programs.up(
            "moving",
            `new drydock.RedisService("cache", { engine: "${engine}", passwordless: true, swarm: { endpointMode: "dnsrr" } }); return {};`,
            {},
            `--refresh --config docker:host=${swarm.host()}`,
        );
    const deploy = async (engine: string) => {
        const { code, output } = await update(engine);
        if (code !== 0) throw new Error(output);
    };
    const redis = (command: string) => {
        const container = swarm.docker(1, `ps --quiet --filter name=${cache}`);
        return swarm.docker(1, `exec ${container} redis-cli ${command}`);
    };
    const volumes = () =>
        [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock.moving"));

    test("keeps its data on the Swarm", async () => {
        await deploy("docker");
        redis("SET cargo rum");
        await deploy("swarm");
        expect(redis("GET cargo")).toBe("rum");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
    });

    test("keeps its data on the way back", async () => {
        redis("SET cargo gold");
        swarm.docker(1, `service rm ${cache}`);
        await deploy("docker");
        expect(redis("GET cargo")).toBe("gold");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
    });

    test("leaves nothing after destroy", async () => {
        const down = await programs.clone.run(". ./env; pulumi destroy --yes --skip-preview --stack moving");
        expect(down).toMatchObject({ code: 0 });
        expect(volumes()).toEqual(["", "", ""]);
        expect(swarm.docker(1, "service ls --quiet")).toBe("");
    });
});
