import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { isIsolated } from "../network.ts";

describe("linked-redis", () => {
    const clone = new Clone();
    const example = new Example(clone, "linked-redis");
    beforeAll(async () => {
        example.configure({ "!password": "docker pass" });
        await example.up();
    });
    afterAll(async () => {
        await example.make("down");
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("starts Redis by the ENTRYPOINT of its image, with other arguments than CMD and without the password", () => {
        expect(example.inspect("redis", "{{json .Config.Entrypoint}}")).toBe('["/usr/bin/redis-server"]');
        expect(example.inspect("redis", "{{json .Config.Cmd}}")).toBe('["/usr/local/etc/redis/redis.conf"]');
        expect(example.inspect("redis", "{{json .Config.Volumes}} {{json .Config.ExposedPorts}}")).toBe(
            '{"/redis-data":{}} {"6379/tcp":{}}',
        );
        expect(example.inspect("redis", "{{json .}}")).not.toContain("docker pass");
    });

    test("requires the password", () => {
        expect(example.exec("redis", "redis-cli ping")).toContain("NOAUTH");
        expect(example.redis("redis", "ping")).toBe("PONG");
    });

    test("gives the linked container the variables of docker run --link, and a connection", () => {
        const host = example.container("redis");
        const expected = {
            DB_NAME: `/${example.container("web")}/db`,
            DB_PORT: `tcp://${host}:6379`,
            DB_PORT_6379_TCP: `tcp://${host}:6379`,
            DB_ENV_PASSWORD: "docker pass",
        };
        expect(example.environment("web")).toMatchObject(expected);
        const { environment } = example.outputs() as { environment: string };
        expect(environment).toContain(`DB_PORT=${expected.DB_PORT}\n`);
        expect(environment).toContain("DB_ENV_PASSWORD=docker pass\n");
        expect(example.inspect("web", "{{.State.Health.Status}}")).toBe("healthy");
    });

    test("is not published, and not reachable from other networks", () => {
        expect(clone.shell(`docker port ${example.container("redis")}`)).toBe("");
        const address = example.inspect("redis", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
        const connects = (where: string) =>
            clone.shell(
                `docker run --rm debian:trixie-slim timeout 10 bash -c 'echo >/dev/tcp/${where}/6379' 2>/dev/null && echo reached || echo not reached`,
            ) === "reached\n";
        for (const where of [address, example.container("redis")])
            expect(isIsolated(() => connects(where))).toBe(true);
    });

    test("keeps data in the volume of the image when the container is removed", async () => {
        example.redis("redis", "SET cargo rum");
        example.redis("redis", "SAVE");
        clone.shell(`docker rm --force ${example.container("redis")}`);
        const { code, output } = await clone.run(
            `. ./env; cd examples/linked-redis; pulumi up --yes --skip-preview --refresh --stack test`,
        );
        expect({ code, output }).toSucceed();
        expect(example.redis("redis", "GET cargo")).toBe("rum");
    });
});
