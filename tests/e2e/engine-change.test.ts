import { Programs } from "./programs.ts";
import { Swarm } from "./swarm.ts";

describe("a service that moves from a Docker Engine to a Swarm on it, and back", () => {
    const programs = new Programs();
    const swarm = new Swarm(programs.clone);
    const cache = "drydock-moving-cache";

    beforeAll(async () => {
        await swarm.up();
    });
    afterAll(() => swarm.dispose());

    const up = (engine: string) =>
        programs.up(
            "moving",
            `new drydock.RedisService("cache", { engine: "${engine}", passwordless: true, swarm: { endpointMode: "dnsrr" } }); return {};`,
            {},
            `--refresh --config docker:host=${swarm.host()}`,
        );
    const succeeds = async (engine: string) => {
        const { code, output } = await up(engine);
        if (code !== 0) throw new Error(output);
    };
    const redis = (command: string) => {
        const container = swarm.docker(1, `ps --quiet --filter name=${cache}`);
        return swarm.docker(1, `exec ${container} redis-cli ${command}`);
    };
    const volumes = () =>
        [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock.moving"));

    test("keeps its data", async () => {
        await succeeds("docker");
        redis("SET cargo rum");
        await succeeds("swarm");
        expect(redis("GET cargo")).toBe("rum");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
    });

    test("keeps it on the way back, too", async () => {
        redis("SET cargo gold");
        swarm.docker(1, `service rm ${cache}`);
        await succeeds("docker");
        expect(redis("GET cargo")).toBe("gold");
        expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
    });

    test("leaves nothing when it goes", async () => {
        const down = await programs.clone.run(". ./env; pulumi destroy --yes --skip-preview --stack moving");
        expect(down).toMatchObject({ code: 0 });
        expect(volumes()).toEqual(["", "", ""]);
        expect(swarm.docker(1, "service ls --quiet")).toBe("");
    });
});
