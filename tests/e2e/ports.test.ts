import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

describe("ports, host names and processes", () => {
    const programs = new Programs();
    const stack = "ports";
    let port = 0;
    beforeAll(async () => {
        port = await freePort();
    });
    afterAll(() => programs.dispose());

    /** A Redis, an application of three processes, and one in front of it. */
    const program = (cache = "{}", options = "{}") => `
        const cache = new drydock.RedisService("cache", ${cache}, ${options});
        const echo = '$s = IO::Socket::INET->new(LocalPort => 8080, Proto => "udp"); $s->send("udp $b") while $s->recv($b, 9)';
        const server = (port) => ["redis-server", "--protected-mode", "no", "--port", port];
        const web = new drydock.WebApp("web", {
            image: "redis:8",
            command: server("3000"),
            health: { tcp: true },
            stopTimeout: 1,
            aliases: ["app"],
            ports: { media: { port: 7000, endPort: 7002, publish: {} } },
            processes: {
                clock: { command: ["sleep", "infinity"], after: ["web", "cable"], health: { command: ["true"] } },
                cable: {
                    command: server("8080"),
                    health: { tcp: true },
                    ports: { cable: { port: 8080, scheme: "redis", publish: { port: ${port} } } },
                },
                echo: {
                    command: ["perl", "-MIO::Socket::INET", "-e", echo],
                    ports: { echo: { port: 8080, protocol: "udp", publish: { port: ${port} } } },
                },
            },
        });
        const { web: http, cable } = { web: web.endpoints.web, cable: web.endpoints.cable };
        new drydock.WebApp("front", {
            image: "redis:8",
            command: ["sleep", "infinity"],
            health: { command: ["true"] },
            stopTimeout: 1,
            links: { cache: cache.connection, http, cable },
        });
        return { endpoints: web.endpoints };`;

    const exec = (container: string, command: string) =>
        programs.shell(`docker exec drydock-${stack}-${container} sh -c '${command}' 2>&1 || true`);
    const resolves = (container: string, name: string) => exec(container, `getent hosts ${name}`) !== "";
    const inspect = (container: string, format: string) =>
        programs.shell(`docker inspect --format '${format}' drydock-${stack}-${container}`);

    test("are as declared", async () => {
        // An earlier version gave services no short names.
        const withoutNames = `{ transforms: [({ type, props, opts }) => type === "docker:index/container:Container"
            ? { props: { ...props, networksAdvanced: pulumi.output(props.networksAdvanced).apply((all) => all.map(({ name }) => ({ name }))) }, opts }
            : undefined] }`;
        const { code, output } = await programs.up(stack, program("{}", withoutNames));
        expect({ code, output }).toSucceed();

        expect(exec("front", "redis-cli -h web -p 3000 ping; redis-cli -h app -p 3000 ping")).toBe(
            "PONG\nPONG",
        );
        expect(exec("front", "redis-cli -u $CABLE_URL ping; redis-cli -h web-cable -p 8080 ping")).toBe(
            "PONG\nPONG",
        );
        expect(exec("front", "echo $HTTP_URL")).toBe(`http://drydock-${stack}-web:3000`);
        expect(exec("web", "redis-cli -h web-cable -p 8080 ping")).toBe("PONG");
        // Front has a long name only, on the networks that it joins.
        expect(resolves("web", `drydock-${stack}-front`)).toBe(true);
        expect(resolves("web", "front")).toBe(false);
        expect(resolves("web", "cache")).toBe(false);

        const udp = `exec 3<>/dev/udp/127.0.0.1/${port}; echo -n hi >&3; timeout 5 head -c 6 <&3`;
        expect(programs.shell(`bash -c '${udp}'`)).toBe("udp hi");
        expect(
            programs.shell(`bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; echo PING >&3; head -1 <&3'`),
        ).toBe("+PONG");
        const media = programs.shell(`docker port drydock-${stack}-web`).split("\n");
        expect(media.map((line) => line.split(" ")[0])).toEqual(["7000/tcp", "7001/tcp", "7002/tcp"]);
        const endpoints = JSON.parse(
            programs.shell(`. ./env; pulumi stack output --stack ${stack} --json endpoints`),
        ) as Record<string, unknown>;
        const [first = 0, , last = 0] = media.map((line) => Number(line.split(":")[1]));
        expect(endpoints).toMatchObject({
            media: { port: 7000, address: `127.0.0.1:${first}-${last}` },
            cable: { scheme: "redis", port: 8080, address: `127.0.0.1:${port}` },
            echo: { scheme: "udp", port: 8080, address: `127.0.0.1:${port}` },
        });
        expect(last - first).toBe(2);
        const started = (container: string) => Date.parse(inspect(container, "{{.State.StartedAt}}"));
        expect(started("web-clock")).toBeGreaterThan(started("web-cable"));
    });

    soakTest("of a database do not replace it, unless the user sets or removes them", async () => {
        const ids = [inspect("cache", "{{.Id}}")];
        expect(resolves("front", "cache")).toBe(false);
        const { output } = await programs.up(stack, program());
        expect(output).not.toMatch(/^ +[-+~]/m);
        ids.push(inspect("cache", "{{.Id}}"));
        await programs.up(stack, program('{ aliases: ["redis"] }'));
        ids.push(inspect("cache", "{{.Id}}"));
        expect([resolves("front", "redis"), resolves("front", "cache")]).toEqual([true, true]);
        await programs.up(stack, program());
        ids.push(inspect("cache", "{{.Id}}"));
        expect([resolves("front", "redis"), resolves("front", "cache")]).toEqual([false, true]);
        expect(ids[1]).toBe(ids[0]);
        expect(new Set(ids).size).toBe(3);

        const options = `--stack ${stack} --expect-no-changes --refresh`;
        const preview = await programs.clone.run(`. ./env; pulumi preview ${options}`);
        expect(preview).toSucceed();
    });

    test("that are ambiguous are refused in the preview", async () => {
        const other = `const other = { scheme: "redis", host: "far", port: 1, network: "n", aliases: ["cache"] };
            new drydock.WebApp("third", { image: "redis:8", links: { cache: cache.connection, other } });`;
        const { code, output } = await programs.up(stack, program().replace("return {", `${other} return {`));
        expect({ code, output }).toFail();
        expect(output).toContain(
            `links.other: "cache" is a host name of far and also of links.cache (drydock-${stack}-cache)`,
        );
    });
});
