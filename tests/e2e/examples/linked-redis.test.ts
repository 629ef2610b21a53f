import { Clone } from "../clone.ts";
import { Example } from "../example.ts";

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

    test("the image's ENTRYPOINT gets the arguments in place of its CMD, and no password", () => {
        expect(example.inspect("redis", "{{json .Config.Entrypoint}}")).toBe('["/usr/bin/redis-server"]');
        expect(example.inspect("redis", "{{json .Config.Cmd}}")).toBe('["/usr/local/etc/redis/redis.conf"]');
        expect(example.inspect("redis", "{{json .Config.Volumes}} {{json .Config.ExposedPorts}}")).toBe(
            '{"/redis-data":{}} {"6379/tcp":{}}',
        );
        expect(example.inspect("redis", "{{json .}}")).not.toContain("docker pass");
    });

    test("Redis asks for the password", () => {
        expect(example.exec("redis", "redis-cli ping")).toContain("NOAUTH");
        expect(example.redis("redis", "ping")).toBe("PONG");
    });

    test("the linked container has its environment, and reaches it", () => {
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

    test("nothing else reaches it: it is not published, and on a network of its own", () => {
        expect(clone.shell(`docker port ${example.container("redis")}`)).toBe("");
        const address = example.inspect("redis", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
        const attempt = (where: string) =>
            clone.shell(
                `docker run --rm debian:trixie-slim timeout 3 bash -c 'echo >/dev/tcp/${where}/6379' 2>/dev/null && echo reached || echo not reached`,
            );
        expect(attempt(address)).toBe("not reached\n");
        expect(attempt(example.container("redis"))).toBe("not reached\n");
    });

    test("data in the image's own directory outlives the container", async () => {
        example.redis("redis", "SET cargo rum");
        example.redis("redis", "SAVE");
        clone.shell(`docker rm --force ${example.container("redis")}`);
        const { code } = await clone.run(
            `. ./env; cd examples/linked-redis; pulumi up --yes --skip-preview --refresh --stack test`,
        );
        expect(code).toBe(0);
        expect(example.redis("redis", "GET cargo")).toBe("rum");
    });
});
